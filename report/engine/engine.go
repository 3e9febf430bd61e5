// Package engine writes what engines that run many processes want of an audit of many accounts. What an engine wants is
// a template in YAML; values are put into it as data, so that none of them means anything else than itself.
package engine

import (
	"embed"
	"fmt"
	"io"
	"strings"

	"go.yaml.in/yaml/v3"

	"sekisho/audit/lists"
	"sekisho/report/format"
	"sekisho/report/sanitize"
)

// Values are what a template is filled with, by name: texts, numbers and lists of them. Where there is none, that part
// of the template is left out.
type Values map[string]any

//go:embed assets
var assets embed.FS

// Kubernetes lists what the CronJobs of a fleet are written as, the default first.
func Kubernetes() format.Register[Values] {
	return format.Register[Values]{
		{Name: "yaml", Extensions: []string{".yaml", ".yml"}, Render: format.Plain(kubernetesYAML)},
		{Name: "json", Extensions: []string{".json"}, Render: format.Plain(kubernetesJSON)},
	}
}

// Batch lists what the jobs of AWS Batch are written as.
func Batch() format.Register[Values] { return object("batch") }

// StepFunctions lists what a state machine and its task are written as.
func StepFunctions() format.Register[Values] { return object("stepfunctions") }

func object(template string) format.Register[Values] {
	return format.Register[Values]{{Name: "json", Extensions: []string{".json"}, Render: format.Plain(func(w io.Writer, v Values) error {
		made, err := v.in(template)
		if err != nil {
			return err
		}
		return writeJSON(w, made)
	})}}
}

func kubernetesYAML(w io.Writer, v Values) error {
	made, err := v.in("kubernetes")
	if err != nil {
		return err
	}
	e := yaml.NewEncoder(w)
	e.SetIndent(2)
	for _, document := range made.Content {
		if err := e.Encode(document); err != nil {
			return fmt.Errorf("writing the manifest as YAML: %w", err)
		}
	}
	return e.Close()
}

func kubernetesJSON(w io.Writer, v Values) error {
	made, err := v.in("kubernetes")
	if err != nil {
		return err
	}
	return writeJSON(w, &yaml.Node{Kind: yaml.MappingNode, Content: []*yaml.Node{
		scalar("apiVersion"), scalar("v1"), scalar("kind"), scalar("List"), scalar("items"), made,
	}})
}

func scalar(text string) *yaml.Node { return &yaml.Node{Kind: yaml.ScalarNode, Value: text} }

func writeJSON(w io.Writer, n *yaml.Node) error {
	var plain any
	if err := n.Decode(&plain); err != nil {
		return fmt.Errorf("writing the manifest as JSON: %w", err)
	}
	return sanitize.WriteJSON(w, "the manifest", plain)
}

// in puts the values into a template.
func (v Values) in(template string) (*yaml.Node, error) {
	text, err := assets.ReadFile("assets/" + template + ".yaml")
	if err != nil {
		return nil, err
	}
	var n yaml.Node
	if err := yaml.Unmarshal(text, &n); err != nil {
		return nil, err
	}
	_, err = v.fill(n.Content[0])
	return n.Content[0], err
}

// fill puts values into a part of a template, and reports whether anything is left of it. A part with the tag !value is
// the value of that name; one with the tag !with-NAME is there where there is such a value.
func (v Values) fill(n *yaml.Node) (kept bool, err error) {
	if n.Kind == yaml.AliasNode {
		*n = *copied(n.Alias)
	}
	n.Anchor = "" // what is the same in several places stands in each
	if name, ok := strings.CutPrefix(n.Tag, "!with-"); ok {
		if v[name] == nil {
			return false, nil
		}
		n.Tag = ""
	}
	if n.Tag == "!value" {
		value := v[n.Value]
		if value == nil {
			return false, nil
		}
		return true, n.Encode(value)
	}
	step := 1 // of a list
	if n.Kind == yaml.MappingNode {
		step = 2 // keys, each with what it holds
	}
	left := n.Content[:0]
	for i := 0; i < len(n.Content); i += step {
		ok, err := v.fill(n.Content[i+step-1])
		if err != nil {
			return false, err
		}
		if ok {
			left = append(left, n.Content[i:i+step]...)
		}
	}
	n.Content = left
	return true, nil
}

// copied is a part of a template once more.
func copied(n *yaml.Node) *yaml.Node {
	c := *n
	c.Content = lists.Map(n.Content, copied)
	return &c
}
