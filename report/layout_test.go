package report

import (
	"slices"
	"strings"
	"testing"
)

func TestWrap(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, in string
		columns  int
		want     []string
	}{
		{"short", "a b", 10, []string{"a b"}},
		{"at words", "one two three", 7, []string{"one two", "three"}},
		{"a long word stays whole", "on arn:aws:iam::123456789012:policy/Force-MFA now", 10, []string{"on", "arn:aws:iam::123456789012:policy/Force-MFA", "now"}},
		{"several blanks", "one  two   three", 8, []string{"one  two", "three"}},
		{"Japanese", "関所は旅人を調べる", 8, []string{"関所は旅", "人を調べ", "る"}},
		{"no full stop at a line's start", "関所は旅人。", 10, []string{"関所は旅", "人。"}},
		{"no bracket at a line's end", "関所は「旅人」", 8, []string{"関所は", "「旅人」"}},
		{"mixed", "user 山田 has no MFA", 9, []string{"user 山田", "has no", "MFA"}},
		{"nothing", "", 10, []string{""}},
		{"no room at all", "a b", -1, []string{"a", "b"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if got := wrap(test.in, test.columns); !slices.Equal(got, test.want) {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func FuzzWrapKeepsText(f *testing.F) {
	f.Add("user/alice signs in  with 関所の、パスワード alone", 12)
	f.Fuzz(func(t *testing.T, s string, columns int) {
		lines := wrap(Terminal(s), columns%200)
		blankless := func(s string) string { return strings.ReplaceAll(s, " ", "") }
		if got := strings.Join(lines, ""); blankless(got) != blankless(Terminal(s)) {
			t.Errorf("got %q from %q", lines, s)
		}
	})
}

func TestNextStep(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"Console: IAM, Users. Command: aws iam list-users": "Next, in the console: IAM, Users.",
		"Sign in as root.\nThen go on.":                    "Next: Sign in as root.",
	} {
		if got := nextStep(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}
