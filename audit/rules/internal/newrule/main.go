// Newrule lays out a new rule: its value, its line in the catalogue and its archive of cases. See make rule.
package main

import (
	_ "embed"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"sekisho/audit"
	"sekisho/audit/rules"
)

func main() {
	var n layout
	root := flag.String("root", ".", "the folder of go.mod")
	flag.StringVar(&n.id, "id", "", "the rule's ID, in kebab-case")
	flag.StringVar(&n.title, "title", "", "the claim: \"Root has no access key\"")
	flag.StringVar(&n.category, "category", "", "its category, whose last rule it becomes")
	flag.StringVar(&n.severity, "severity", "", "critical, high, medium, low or info")
	flag.StringVar(&n.file, "file", "", "the file of its topic in audit/rules; a new one unless it exists")
	flag.Parse()
	written, err := n.write(*root)
	if err != nil {
		fmt.Fprintf(os.Stderr, "newrule: error: %v\n", err)
		os.Exit(1)
	}
	fmt.Printf("Laid out in:\n  %s\nFill in what go test ./audit/rules names, then make generate.\n", strings.Join(written, "\n  "))
}

// What a file starts with that is new, a rule's value, and the cases of its archive.
var (
	//go:embed head.tmpl
	head string
	//go:embed rule.tmpl
	rule string
	//go:embed cases.tmpl
	cases string
)

type layout struct{ id, title, category, severity, file string }

// write puts all three parts in place, and returns the files. Nothing is written unless everything can be.
func (n layout) write(root string) ([]string, error) {
	folder := filepath.Join(root, "audit", "rules")
	if n.file == "" {
		n.file = strings.ReplaceAll(n.id, "-", "") + ".go"
	}
	topic, catalogue := filepath.Join(folder, n.file), filepath.Join(folder, "catalogue.go")
	archive := filepath.Join(root, "testdata", "rules", n.id+".txtar")
	if !regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`).MatchString(n.id) || strings.ContainsAny(n.file, `/\`) || filepath.Ext(n.file) != ".go" {
		return nil, fmt.Errorf("got the ID %q and the file %q, want a kebab-case ID and the name of a .go file", n.id, n.file)
	}
	if _, err := os.Stat(archive); !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("there is a rule %s: %s exists", n.id, archive)
	}
	categories, err := os.ReadFile(filepath.Join(root, "audit", "rule.go"))
	if err != nil {
		return nil, err
	}
	constant := regexp.MustCompile(`(Category\w+)\s+Category = "` + regexp.QuoteMeta(n.category) + `"`).FindSubmatch(categories)
	var severity audit.Severity
	if err := severity.UnmarshalText([]byte(n.severity)); err != nil || constant == nil {
		return nil, fmt.Errorf("got the category %q and the severity %q, want one of sekisho rules and one of critical, high, medium, low, info", n.category, n.severity)
	}
	if n.title == "" {
		n.title = "FILL IN: the claim"
	}
	listed, err := os.ReadFile(catalogue)
	if err != nil {
		return nil, err
	}
	before, err := os.ReadFile(topic)
	if errors.Is(err, os.ErrNotExist) {
		before = []byte(head)
	} else if err != nil {
		return nil, err
	}
	value := fmt.Sprintf(rule, n.variable(), n.id, n.title, constant[1], strings.ToUpper(n.severity[:1])+n.severity[1:])
	files := map[string]string{topic: string(before) + value, catalogue: n.list(string(listed)), archive: cases}
	for name, content := range files {
		if err := os.WriteFile(name, []byte(content), 0o644); err != nil {
			return nil, err
		}
	}
	return []string{topic, catalogue, archive}, nil
}

// list puts the rule behind the last one of its category: the catalogue's lines stand in the order of its rules.
func (n layout) list(catalogue string) string {
	last := 0
	for i, r := range rules.Catalogue() {
		if string(r.Category) == n.category {
			last = i
		}
	}
	at := regexp.MustCompile(`(?m)^\t\w+,\n`).FindAllStringIndex(catalogue, -1)[last][1]
	return catalogue[:at] + "\t" + n.variable() + ",\n" + catalogue[at:]
}

// variable is the ID as Go writes it: mfa-passkey-cli becomes mfaPasskeyCLI.
func (n layout) variable() string {
	words := strings.Split(n.id, "-")
	for i, word := range words[1:] {
		if slices.Contains([]string{"api", "cli", "id", "kms", "mfa", "sms", "ssh"}, word) {
			words[i+1] = strings.ToUpper(word)
		} else {
			words[i+1] = strings.ToUpper(word[:1]) + word[1:]
		}
	}
	return strings.Join(words, "")
}
