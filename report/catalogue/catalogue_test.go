package catalogue_test

import (
	"errors"
	"io"
	"strings"
	"testing"

	"sekisho/audit"
	"sekisho/audit/framework"
	"sekisho/audit/message"
	"sekisho/report/catalogue"
	"sekisho/report/format"
)

var (
	rules = []*audit.Rule{
		{ID: "root-a", Title: "Root is well", Problem: "Root is not well", Category: audit.CategoryRoot, Severity: audit.Critical, Why: "It can do all, and nobody can take anything from it, so that what is signed with its key is never refused by any policy.", How: "Looks.", Fix: audit.Fix{Steps: []audit.FixStep{{Text: "Console: look", Command: "aws look"}, {Text: "Do"}}, Page: "https://docs.aws.amazon.com/do.html"},
			Controls: []audit.Control{{Framework: "cis-7.0", ID: "1.1"}, {Framework: "cis-7.0", ID: "1.2"}, {Framework: "cis-6.0", ID: "9"}, {Framework: "fsbp", ID: "IAM.1"}}},
		{ID: "root-bb", Title: "B", Problem: "No B", Category: audit.CategoryRoot, Severity: audit.Low, OffByDefault: true, Why: "b", How: "b", Fix: audit.Fix{Steps: []audit.FixStep{{Text: "b"}}}},
		{ID: "mfa", Title: "M", Problem: "No M", Category: audit.CategoryMFA, Severity: audit.Info, Sweep: audit.SweepUsers, Why: "m", How: "m", Fix: audit.Fix{Steps: []audit.FixStep{{Text: "m"}}}},
	}
	frameworks = []*framework.Framework{
		{ID: "cis-7.0", Title: "CIS", Recommendations: []framework.Recommendation{
			{ID: "1.1", Title: "First", Rules: []string{"root-a", "mfa"}}, {ID: "1.10", Title: "Second", NotAssessed: message.New("a matter of people")},
		}},
		{ID: "fsbp", Title: "Best", Recommendations: []framework.Recommendation{{ID: "IAM.1", Title: "Third", Rules: []string{"mfa"}}}},
	}
)

// What is listed, explained and summed up stands there, each thing where it belongs, and nothing that a rule lacks.
func TestListing(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		listing    catalogue.Listing
		text, json string
	}{
		"a list":     {catalogue.Listing{Rules: rules}, listText, ""},
		"explained":  {catalogue.Listing{Rules: rules, Explained: true}, explainedText, ""},
		"frameworks": {catalogue.Listing{Frameworks: frameworks}, frameworkText, frameworkJSON},
		"one rule":   {catalogue.Listing{Rules: rules[1:2]}, "root\n  root-bb  low\n\n1 rule. sekisho rules ID explains one.\n", ruleJSON},
	} {
		var text, json strings.Builder
		if err := errors.Join(catalogue.Text(&text, test.listing, format.Options{Width: 200}), catalogue.JSON(&json, test.listing)); err != nil {
			t.Fatal(err)
		}
		if text.String() != test.text {
			t.Errorf("%s: got\n%s\nwant\n%s", name, text.String(), test.text)
		}
		if test.json != "" && json.String() != test.json {
			t.Errorf("%s: got\n%s\nwant\n%s", name, json.String(), test.json)
		}
		reader, writer := io.Pipe()
		reader.Close()
		if err := catalogue.Text(writer, test.listing, format.Options{}); !errors.Is(err, io.ErrClosedPipe) {
			t.Errorf("%s: got %v of a closed pipe, want %v", name, err, io.ErrClosedPipe)
		}
	}
}

const (
	listText = `root
  root-a   critical  cis-7.0 1.1, cis-7.0 1.2, fsbp IAM.1
  root-bb  low

mfa
  mfa      info

3 rules. sekisho rules ID explains one.
`
	explainedText = `root-a
Root is well

Fails as  Root is not well
Category  root
Severity  critical
Controls  cis-7.0 1.1, cis-7.0 1.2, cis-6.0 9, fsbp IAM.1

Why
  It can do all, and nobody can take anything from it, so that what is signed with its key is never
  refused by any policy.

How it is judged
  Looks.

How to fix it
  1. Console: look:
      aws look
  2. Do.
  AWS: https://docs.aws.amazon.com/do.html
root-bb
B

Fails as  No B
Category  root
Severity  low

Off by default: runs only where --rules or the configuration names it.

Why
  b

How it is judged
  b

How to fix it
  b.
mfa
M

Fails as  No M
Category  mfa
Severity  info

Deep runs only (--depth): takes a call for each of the users.

Why
  m

How it is judged
  m

How to fix it
  m.
`
	frameworkText = `cis-7.0
CIS

  1.1   First
        root-a, mfa
  1.10  Second
        not assessed: a matter of people

2 recommendations, 1 of them decided by rules.

fsbp
Best

  IAM.1  Third
         mfa

1 recommendation, 1 of them decided by rules.
`
	frameworkJSON = `[
  {
    "id": "cis-7.0",
    "title": "CIS",
    "recommendations": [
      {
        "id": "1.1",
        "title": "First",
        "rules": [
          "root-a",
          "mfa"
        ]
      },
      {
        "id": "1.10",
        "title": "Second",
        "rules": [],
        "reason": "a matter of people"
      }
    ]
  },
  {
    "id": "fsbp",
    "title": "Best",
    "recommendations": [
      {
        "id": "IAM.1",
        "title": "Third",
        "rules": [
          "mfa"
        ]
      }
    ]
  }
]
`
	ruleJSON = `[
  {
    "id": "root-bb",
    "title": "B",
    "problem": "No B",
    "category": "root",
    "severity": "low",
    "off_by_default": true,
    "sweep": "",
    "controls": [],
    "why": "b",
    "how": "b",
    "fix": "b."
  }
]
`
)
