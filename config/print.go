package config

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Print writes the effective settings as a commented configuration file, and beside each setting that was given where
// it came from. Loading what it writes gives the same settings.
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
		head := line[:strings.Index(line, ":")]
		if entries := c.raw[key].entries; len(entries) > 0 {
			fmt.Fprintf(&out, "%s: # from %s\n  %s\n", head, printable(origin), strings.ReplaceAll(text, "\n", "\n  "))
			continue
		}
		fmt.Fprintf(&out, "%s: %s # from %s\n", head, text, printable(origin))
	}
	_, err := io.WriteString(w, out.String())
	return err
}

// yaml writes the value on one line, and entries on lines of their own.
func (v value) yaml() (string, error) {
	text, err := yaml.Marshal(v.node())
	return strings.TrimSpace(string(text)), err
}

func (v value) node() *yaml.Node {
	switch {
	case v.entries != nil:
		list := &yaml.Node{Kind: yaml.SequenceNode}
		for _, e := range v.entries {
			list.Content = append(list.Content, e.node())
		}
		return list
	case v.many:
		list := &yaml.Node{Kind: yaml.SequenceNode, Style: yaml.FlowStyle}
		for _, item := range v.list {
			list.Content = append(list.Content, scalar(item))
		}
		return list
	}
	return scalar(v.text)
}

// node writes the keys in the order in which they came; dots become levels.
func (e entry) node() *yaml.Node {
	top := &yaml.Node{Kind: yaml.MappingNode}
	groups := map[string]*yaml.Node{}
	for _, key := range e.keys {
		within := top
		group, name, nested := strings.Cut(key, ".")
		if !nested {
			name = key
		} else if within = groups[group]; within == nil {
			within = &yaml.Node{Kind: yaml.MappingNode}
			groups[group] = within
			top.Content = append(top.Content, scalar(group), within)
		}
		within.Content = append(within.Content, scalar(name), e.values[key].node())
	}
	return top
}

func scalar(text string) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Style: scalarStyle(text), Value: text}
}

// scalarStyle leaves plain words and numbers bare and quotes the rest.
func scalarStyle(s string) yaml.Style {
	plain := s != "" && s != "null" && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789-._") == "" && !strings.HasPrefix(s, "-")
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
