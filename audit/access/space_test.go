package access

import (
	"slices"
	"strings"
	"testing"

	"sekisho/audit/policy"
)

// What a pattern concerns hangs on its shape alone: looked up by the shape, it is what matching the pattern itself with
// all formats gives.
func TestPatternsOfOneShapeConcernTheSame(t *testing.T) {
	t.Parallel()
	s := newSpace("aws", "123456789012", "")
	fill := []string{"web-825", "*", "x9_*", "*-2397", "?b-77", "a-*-z9", "web-825/*", "?", "123456789012", "table", "*z9?"}
	for i, format := range s.formats {
		if i%11 != 0 && !s.mixed[policy.ARNField(string(format), 2)] {
			continue
		}
		for _, text := range fill {
			pattern := strings.ReplaceAll(strings.ReplaceAll(format.Text(), "**", "*"), "*", text)
			g := policy.PatternGlob(pattern)
			got, r := s.shape(g), &resource{glob: g}
			if want := s.taking(g); !slices.Equal(slices.Collect(got.takes.All()), slices.Collect(want.All())) {
				t.Errorf("%s: got %d actions that take it, want %d", pattern, got.takes.Count(), want.Count())
			}
			if contains := slices.ContainsFunc(s.formats, g.Contains); contains && s.words.ForeignTo(pattern) {
				t.Errorf("%s: got a word that is in no format, and a format that the pattern contains", pattern)
			}
			if want := s.covered(got.takes, r.contains); !slices.Equal(slices.Collect(got.covers.All()), slices.Collect(want.All())) {
				t.Errorf("%s: got %d covered actions, want %d", pattern, got.covers.Count(), want.Count())
			}
		}
	}
	first, second := s.shape(policy.PatternGlob("arn:aws:sqs:*:123456789012:web-825")), s.shape(policy.PatternGlob("arn:aws:sqs:*:123456789012:orders_9"))
	if first != second {
		t.Error("got two shapes for two queues, want one")
	}
	for pattern, want := range map[string]bool{
		"arn:aws:sqs:*:123456789012:web-825": true, "arn:aws:s3:::${aws:username}-412/*": true, "arn:aws:sqs:*:123456789012:*": false,
		"arn:aws:iam::*:role/*": false, "*": false, "arn:aws:s3:::${web-825": false, "arn:aws:s3:::${web-825}": false,
	} {
		if got := s.words.ForeignTo(pattern); got != want {
			t.Errorf("%s: got %v, want %v", pattern, got, want)
		}
	}
}
