package config

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/spf13/pflag"
	"github.com/spf13/viper"
	"go.yaml.in/yaml/v3"

	"sekisho/audit/lists"
)

const (
	envPrefix = "SEKISHO_"
	fileName  = "sekisho.yaml"
	// A configuration has a few hundred bytes; whatever is bigger was named by mistake.
	mostFileBytes = 1 << 20
)

// SearchPath lists where a configuration file is looked for when none is named: the working folder, then the user's
// configuration folder.
func SearchPath() []string {
	paths := []string{fileName}
	if dir, err := os.UserConfigDir(); err == nil {
		paths = append(paths, filepath.Join(dir, "sekisho", fileName))
	}
	return paths
}

// source is a configuration file; sum is of its bytes. The zero value is that of none.
type source struct {
	path    string
	content []byte
	sum     string
}

// readSettings reads the configuration file, or in its place what was recorded of an earlier run.
func readSettings(src Sources, settings []setting) (source, map[string]value, error) {
	if src.Recorded != nil {
		return parseRecord(src.Recorded, settings)
	}
	file, err := readFile(src)
	if err != nil {
		return source{}, nil, err
	}
	values, err := parseFile(file.path, file.content, settings)
	return file, values, err
}

// readFile reads the file that was named, which must be there, or the first that exists.
func readFile(src Sources) (source, error) {
	candidates := src.Search
	if src.File != "" {
		candidates = []string{src.File}
	}
	for _, path := range candidates {
		content, err := src.Bytes(path, mostFileBytes)
		sum := sha256.Sum256(content)
		if err == nil && src.Text != nil {
			content, err = src.Text(content)
		}
		switch {
		case err == nil:
			return source{path, content, hex.EncodeToString(sum[:])}, nil
		case src.File == "" && errors.Is(err, fs.ErrNotExist):
			continue
		}
		failed := &Error{Where: path, Problem: fmt.Sprintf("reading the configuration file: %v", err)}
		var pathErr *fs.PathError
		var advice interface{ Hint() string }
		switch {
		case errors.As(err, &pathErr):
			failed.Problem = fmt.Sprintf("reading the configuration file: %v", pathErr.Err)
		case errors.As(err, &advice):
			failed.Hint = advice.Hint()
		}
		return source{}, failed
	}
	return source{}, nil
}

// parseFile reads YAML into values by key. Every scalar is taken as the text that stands there, so that a file, a
// variable and a flag are read by one and the same rule.
func parseFile(path string, content []byte, settings []setting) (map[string]value, error) {
	if err := checkBytes(path, content); err != nil {
		return nil, err
	}
	decoder := yaml.NewDecoder(bytes.NewReader(content))
	var document yaml.Node
	err := decoder.Decode(&document)
	if errors.Is(err, io.EOF) {
		return nil, nil // nothing but comments
	}
	if err != nil {
		return nil, &Error{Where: path, Problem: "reading YAML: " + strings.TrimPrefix(err.Error(), "yaml: ")}
	}
	if err := decoder.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return nil, &Error{Where: path, Problem: "got more than one YAML document, want one"}
	}
	p := fileParser{path: path, settings: settings, values: map[string]value{}}
	root := document.Content[0]
	if root.Kind == yaml.ScalarNode && root.Tag == "!!null" {
		return nil, nil
	}
	if err := p.mapping(root, ""); err != nil {
		return nil, err
	}
	return p.values, nil
}

// checkBytes refuses what a YAML parser would report in riddles.
func checkBytes(path string, content []byte) error {
	if !utf8.Valid(content) {
		return &Error{Where: path, Problem: "got bytes that are not UTF-8, want a YAML file"}
	}
	for i, line := range bytes.Split(content, []byte("\n")) {
		if indent := line[:len(line)-len(bytes.TrimLeft(line, " \t"))]; bytes.ContainsRune(indent, '\t') {
			return &Error{Where: at(path, i+1), Problem: "got a tab at the start of the line, want spaces", Hint: "YAML is indented with spaces only"}
		}
	}
	return nil
}

type fileParser struct {
	path     string
	settings []setting
	values   map[string]value
	keys     []string  // of the values, as they come
	within   string    // "exceptions[2]." inside an entry
	outer    []setting // the settings of the file, inside an entry
}

// mapping takes the keys below a prefix ("" or "aws.").
func (p *fileParser) mapping(node *yaml.Node, prefix string) error {
	name := strings.TrimSuffix(prefix, ".")
	if node.Kind != yaml.MappingNode {
		return p.fail(node, name, fmt.Sprintf("got %s, want keys with values", describe(node)))
	}
	seen := map[string]int{}
	for i := 0; i+1 < len(node.Content); i += 2 {
		key, val := node.Content[i], node.Content[i+1]
		full := prefix + key.Value
		known := p.setting(full)
		if key.Kind != yaml.ScalarNode {
			return p.fail(key, name, fmt.Sprintf("got %s for a key, want a name", describe(key)))
		}
		if line, twice := seen[key.Value]; twice {
			return p.fail(key, full, fmt.Sprintf("got the key a second time (it stands in line %d too), want it once", line))
		}
		seen[key.Value] = key.Line
		var err error
		switch {
		case known != nil && known.fields != nil:
			err = p.entries(val, *known)
		case known != nil:
			p.keys = append(p.keys, full)
			err = p.leaf(val, full)
		case p.isGroup(full):
			err = p.mapping(val, full+".")
		default:
			return p.unknown(key, full)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (p *fileParser) leaf(node *yaml.Node, key string) error {
	v := value{where: at(p.path, node.Line)}
	switch node.Kind {
	case yaml.ScalarNode:
		if node.Tag == "!!null" {
			return p.fail(node, key, `got no value, want one ("" for an empty text, [] for an empty list)`)
		}
		v.text = node.Value
	case yaml.SequenceNode:
		v.many = true
		for _, item := range node.Content {
			if item.Kind != yaml.ScalarNode || item.Tag == "!!null" {
				return p.fail(item, key, fmt.Sprintf("got %s in the list, want a name", describe(item)))
			}
			v.list = append(v.list, item.Value)
		}
	default:
		return p.fail(node, key, fmt.Sprintf("got %s, want a value", describe(node)))
	}
	p.values[key] = v
	return nil
}

// entries takes a list of entries, each of which is a file of its own in small.
func (p *fileParser) entries(node *yaml.Node, s setting) error {
	if node.Kind != yaml.SequenceNode {
		return p.fail(node, s.key, fmt.Sprintf("got %s, want a list of entries, each of them keys with values", describe(node)))
	}
	v := value{entries: []entry{}, where: at(p.path, node.Line)}
	for i, item := range node.Content {
		inner := fileParser{path: p.path, settings: s.fields, values: map[string]value{}, within: entryKey(s.key, i) + ".", outer: p.settings}
		if err := inner.mapping(item, ""); err != nil {
			return err
		}
		v.entries = append(v.entries, entry{values: inner.values, keys: inner.keys, where: at(p.path, item.Line)})
	}
	p.values[s.key] = v
	return nil
}

// setting returns the setting of a key, nil for none.
func (p *fileParser) setting(key string) *setting {
	i := slices.IndexFunc(p.settings, func(s setting) bool { return s.key == key })
	if i < 0 {
		return nil
	}
	return &p.settings[i]
}

func (p *fileParser) isGroup(key string) bool {
	return slices.ContainsFunc(p.settings, func(s setting) bool { return strings.HasPrefix(s.key, key+".") })
}

func (p *fileParser) fail(node *yaml.Node, key, problem string) error {
	return &Error{Where: at(p.path, node.Line), Key: strings.TrimSuffix(p.within+key, "."), Problem: problem}
}

func (p *fileParser) unknown(node *yaml.Node, key string) error {
	err := &Error{Where: at(p.path, node.Line), Key: p.within + key, Problem: "got an unknown key", Hint: suggestKey(key, p.settings)}
	switch {
	case secret(key):
		err.Problem = "got a secret or a code, which has no place in a configuration file"
		err.Hint = "keys and tokens come from the AWS environment and profiles, MFA codes from --token-code or the prompt"
	case slices.ContainsFunc(p.outer, func(s setting) bool { return s.key == key }):
		err.Hint = key + " holds for the whole account: set it outside the list"
	}
	return err
}

// suggestKey looks for the key of the same name elsewhere, then for a similar one.
func suggestKey(key string, settings []setting) string {
	var keys []string
	last := key[strings.LastIndex(key, ".")+1:]
	for _, s := range settings {
		if strings.HasSuffix("."+s.key, "."+last) {
			return fmt.Sprintf("did you mean %s?", s.key)
		}
		keys = append(keys, s.key)
	}
	if hint := Suggest(key, keys); hint != "" {
		return hint
	}
	return "sekisho audit --print-config shows every key"
}

// secret reports whether a key sounds like a credential.
func secret(key string) bool {
	key = strings.ToLower(key)
	words := []string{"secret", "token", "access_key_id", "session_key"}
	return strings.HasSuffix(key, "password") || slices.ContainsFunc(words, func(word string) bool { return strings.Contains(key, word) })
}

// parseEnviron takes the SEKISHO_ variables. One that belongs to no setting is an error, as an unknown key is.
func parseEnviron(environ []string, settings []setting) (map[string]value, error) {
	values := map[string]value{}
	names := lists.Map(settings, func(s setting) string { return s.env() })
	for _, variable := range slices.Sorted(slices.Values(environ)) {
		name, text, _ := strings.Cut(variable, "=")
		if !strings.HasPrefix(name, envPrefix) {
			continue
		}
		i := slices.Index(names, name)
		if i < 0 {
			hint := Suggest(name, names)
			if hint == "" {
				hint = "a variable's name is " + envPrefix + " and a key of the configuration in capitals, with _ for the dots"
			}
			return nil, &Error{Where: name, Problem: "got an unknown variable, want the name of a setting", Hint: hint}
		}
		if text = strings.TrimSpace(text); text != "" {
			if settings[i].fields != nil {
				return nil, &Error{Where: name, Problem: "got a variable, want a list of entries in the configuration file", Hint: "set it in the file, under " + settings[i].key}
			}
			values[settings[i].key] = value{text: text, where: name}
		}
	}
	return values, nil
}

// parseFlags binds the flags that belong to settings and returns where those that were given stand.
func parseFlags(v *viper.Viper, flags *pflag.FlagSet, settings []setting) map[string]value {
	given := map[string]value{}
	if flags == nil {
		return given
	}
	for _, s := range settings {
		flag := flags.Lookup(s.flag)
		if s.flag == "" || flag == nil || !flag.Changed {
			continue
		}
		var val viper.FlagValue = flagValue{flag}
		if s.flag == "no-color" {
			if flag.Value.String() != "true" {
				continue
			}
			val = noColor{flagValue{flag}}
		}
		// The only error is that of a nil flag.
		_ = v.BindFlagValue(s.key, val)
		given[s.key] = value{where: "--" + s.flag}
	}
	return given
}

// flagValue shows a flag to viper.
type flagValue struct{ flag *pflag.Flag }

func (f flagValue) HasChanged() bool    { return f.flag.Changed }
func (f flagValue) Name() string        { return f.flag.Name }
func (f flagValue) ValueString() string { return f.flag.Value.String() }
func (f flagValue) ValueType() string   { return f.flag.Value.Type() }

// noColor turns the flag --no-color into the value of output.color that it stands for.
type noColor struct{ flagValue }

func (noColor) ValueString() string { return ColorNever }
func (noColor) ValueType() string   { return "string" }

// describe names what stands in a YAML file.
func describe(node *yaml.Node) string {
	switch node.Kind {
	case yaml.MappingNode:
		return "keys with values"
	case yaml.SequenceNode:
		return "a list"
	case yaml.AliasNode:
		return "an alias"
	}
	if node.Tag == "!!null" {
		return "nothing"
	}
	return fmt.Sprintf("%q", node.Value)
}

func at(path string, line int) string { return fmt.Sprintf("%s, line %d", path, line) }
