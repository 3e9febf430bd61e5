package html

import (
	"reflect"
	"testing"

	"sekisho/report/sanitize"
)

func TestProse(t *testing.T) {
	t.Parallel()
	text := func(s sanitize.Text) block { return block{Spans: []span{{Text: s}}} }
	tests := []struct {
		name, in string
		want     []block
	}{
		{"empty", "", nil},
		{"lines of a paragraph are joined", "one\ntwo\n\nthree", []block{text("one two"), text("three")}},
		{"a command on its own line", "Type this:\naws iam delete-login-profile --user-name NAME\nthen wait.",
			[]block{text("Type this:"), {Code: "aws iam delete-login-profile --user-name NAME"}, text("then wait.")}},
		{"a command behind its introduction", "Command line: $ aws iam get-user", []block{text("Command line:"), {Code: "aws iam get-user"}}},
		{"a command that goes on", "aws iam create-user \\\n  --user-name NAME", []block{{Code: "aws iam create-user \\\n  --user-name NAME"}}},
		{"a sentence that goes on with aws", "with the\naws command line", []block{text("with the aws command line")}},
		{"indented", "a\n    sudo ls\nb", []block{text("a"), {Code: "sudo ls"}, text("b")}},
		{"fenced", "```sh\nls\n\npwd\n```\nb", []block{{Code: "ls\n\npwd"}, text("b")}},
		{"a fence that stays open", "```\nls", []block{{Code: "ls"}}},
		{"items", "- one\n- two\n2. three", []block{
			{Item: true, Spans: []span{{Text: "- one"}}}, {Item: true, Spans: []span{{Text: "- two"}}}, {Item: true, Spans: []span{{Text: "2. three"}}}}},
		{"backticks", "choose `A` or `B`", []block{{Spans: []span{{Text: "choose "}, {Text: "A", Code: true}, {Text: " or "}, {Text: "B", Code: true}}}}},
		{"a lone backtick", "a ` b", []block{text("a ` b")}},
		{"what can't be seen", "a\u202eb `c\x1b`", []block{{Spans: []span{{Text: `a\u202eb `}, {Text: `c\u001b`, Code: true}}}}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if got := prose(test.in); !reflect.DeepEqual(got, test.want) {
				t.Errorf("got %+v, want %+v", got, test.want)
			}
		})
	}
}

func TestBarPartsFillTheWidthAndHideNothing(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name                string
		fail, unknown, pass int
		want                []barPart
	}{
		{"nothing", 0, 0, 0, nil},
		{"passes only", 0, 0, 7, []barPart{{"pass", "0.00%", "100.00%"}}},
		{"shares", 1, 1, 2, []barPart{{"fail", "0.00%", "25.00%"}, {"unknown", "25.00%", "25.00%"}, {"pass", "50.00%", "50.00%"}}},
		{"two among five thousand", 2, 0, 4998, []barPart{{"fail", "0.00%", "1.50%"}, {"pass", "1.50%", "98.50%"}}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if got := barParts(test.fail, test.unknown, test.pass); !reflect.DeepEqual(got, test.want) {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}
