package config

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Print writes the effective settings as a commented configuration file, and beside each setting that was given where it came from.
// Loading what it writes gives the same settings.
func (c *Config) Print(w io.Writer) error {
	var out strings.Builder
	switch {
	case c.Source == "":
		out.WriteString("# Effective settings. No configuration file was read.\n#\n")
	default:
		fmt.Fprintf(&out, "# Effective settings. Configuration file: %s\n# SHA-256: %s\n#\n", printable(c.Source), c.SHA256)
	}
	group := ""
	for line := range strings.Lines(string(defaults)) {
		trimmed := strings.TrimSpace(line)
		name, _, isKey := strings.Cut(trimmed, ":")
		if !isKey || strings.HasPrefix(trimmed, "#") {
			out.WriteString(line)
			continue
		}
		indented := strings.HasPrefix(line, " ")
		key := name
		if indented {
			key = group + "." + name
		} else {
			group = name
		}
		origin, given := c.origins[key]
		if !given {
			out.WriteString(line)
			continue
		}
		text, err := c.raw[key].yaml()
		if err != nil {
			return fmt.Errorf("printing the setting %s: %w", key, err)
		}
		fmt.Fprintf(&out, "%s: %s # from %s\n", line[:strings.Index(line, ":")], text, printable(origin))
	}
	_, err := io.WriteString(w, out.String())
	return err
}

// yaml writes the value on one line.
func (v value) yaml() (string, error) {
	node := yaml.Node{Kind: yaml.ScalarNode, Style: scalarStyle(v.text), Value: v.text}
	if v.many {
		node = yaml.Node{Kind: yaml.SequenceNode, Style: yaml.FlowStyle}
		for _, item := range v.list {
			node.Content = append(node.Content, &yaml.Node{Kind: yaml.ScalarNode, Style: scalarStyle(item), Value: item})
		}
	}
	text, err := yaml.Marshal(&node)
	return strings.TrimSpace(string(text)), err
}

// scalarStyle leaves plain words and numbers bare and quotes the rest.
func scalarStyle(s string) yaml.Style {
	plain := s != "" && s != "null" && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789-.") == "" && !strings.HasPrefix(s, "-")
	if plain {
		return 0
	}
	return yaml.DoubleQuotedStyle
}

// printable keeps a path from ending the comment that it stands in.
func printable(s string) string {
	if quoted := strconv.Quote(s); quoted != `"`+s+`"` {
		return quoted
	}
	return s
}
