package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"sekisho/audit/framework"
	"sekisho/audit/message/formats"
	"sekisho/audit/orgpolicy"
	"sekisho/audit/rules"
)

// text is an English text, and where it is said.
type text struct{ English, Where string }

// texts are the formats of messages in the sources below a root, and the documentation of all rules, each once.
func texts(root string) ([]text, error) {
	sources, err := formats.Read(root)
	if err != nil {
		return nil, err
	}
	var all []text
	seen := map[string]bool{"": true}
	add := func(english, where string) {
		if !seen[english] {
			seen[english] = true
			all = append(all, text{english, where})
		}
	}
	for _, format := range sources.All() {
		add(format.Text, "in "+format.File)
	}
	for _, r := range slices.Concat(rules.Catalogue(), orgpolicy.Catalogue()) {
		add(r.Title, "claim of "+r.ID)
		add(r.Problem, "problem of "+r.ID)
		add(r.PointTitle, "point of the Security Status, of "+r.ID)
		add(r.Why, "why "+r.ID)
		add(r.How, "how "+r.ID+" is judged")
		for _, step := range r.Fix.Steps {
			add(step.Text, "fix of "+r.ID)
		}
	}
	for _, id := range framework.IDs() {
		f := framework.Find(rules.Catalogue(), id)
		add(f.Title, "title of "+id)
		for _, r := range f.Recommendations {
			add(r.Title, "recommendation "+r.ID+" of "+id)
		}
	}
	return all, nil
}

const head = `msgid ""
msgstr ""
"Language: ja\n"
"MIME-Version: 1.0\n"
"Content-Type: text/plain; charset=UTF-8\n"
"Content-Transfer-Encoding: 8bit\n"
"Plural-Forms: nplurals=1; plural=0;\n"
`

var quoted = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`, "\t", `\t`)

// write writes a PO file of texts and of their translations, as far as there are any.
func write(w io.Writer, all []text, translations map[string]string) error {
	_, err := io.WriteString(w, head)
	for _, t := range all {
		if err == nil {
			_, err = fmt.Fprintf(w, "\n#. %s\nmsgid \"%s\"\nmsgstr \"%s\"\n", t.Where, quoted.Replace(t.English), quoted.Replace(translations[t.English]))
		}
	}
	return err
}
