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
	s := newWorld("aws", "123456789012").at("")
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

// What a template is to a set for each name that may stand in it is found once, where that hangs on no name; the answer is
// that for the name.
func TestTemplatesAreRelatedAsTheyStand(t *testing.T) {
	t.Parallel()
	templates := []string{
		"arn:aws:iam::*:user/${aws:username}", "arn:aws:s3:::home/${aws:username}/*", "arn:aws:sqs:*:*:${aws:username}-7", "arn:aws:sns:*:${aws:username}",
		"arn:aws:sqs:${aws:username}", "arn:aws:s*:*${aws:username}", "arn:aws:s3:::*-${aws:username}", "arn:aws:sqs:eu-?:*:a${aws:username}?",
	}
	others := append([]string{
		"*", "arn:aws:iam::*:user/*", "arn:aws:iam::*:user/bob", "arn:aws:s3:::home/*", "arn:aws:s3:::home/bob/*", "arn:aws:s3:::home/b*", "arn:aws:sqs:*", "arn:aws:sqs:*:*:*-7",
		"arn:aws:sqs:*:*:bob-7", "arn:aws:sns:*:*:*:*", "arn:aws:sqs:eu-1:*:?????", "arn:aws:s3:::*-b?b",
	}, templates...)
	quoted := func(texts []string) string { return `["` + strings.Join(texts, `", "`) + `"]` }
	var statements []string
	for _, o := range others {
		for _, kind := range []string{"Resource", "NotResource"} {
			statements = append(statements, `{"Effect": "Deny", "Action": "*", "`+kind+`": "`+o+`"}`)
		}
	}
	statements = append(statements, `{"Effect": "Deny", "Action": "*", "Resource": `+quoted(others[1:8])+`}`, `{"Effect": "Allow", "Action": "*", "Resource": `+quoted(templates)+`}`)
	s := withStatements(t, strings.Join(statements, ","))
	sp := NewAnalyzer().space(s)
	work, once := sp.borrow(), 0
	for _, name := range []string{"bob", "bib", "a", "x-7", "bob:*", "bob", "home"} {
		who := *s
		who.Name = name
		r := sp.reacher(work, &who)
		for _, g := range r.allows[0].own {
			for i := range r.denies {
				set := r.denies[i].sure
				if got, want := work.relate(set, g.resource), relationTo(set, g.resource); got != want {
					t.Errorf("%s of %s: got %d to %s, want %d", g.resource.text(), name, got, set.of[0].text(), want)
				}
			}
		}
		if once == 0 {
			once = len(work.relations)
		}
	}
	if got := len(work.relations); once == 0 || got != once {
		t.Errorf("got %d answers remembered for seven names and %d for one, want as many", got, once)
	}
}

// The beginning of a list that is kept of many is kept once.
func TestFirstsAreKeptOnce(t *testing.T) {
	t.Parallel()
	s := newWorld("aws", "123456789012").at("").borrow()
	long := []string{"iam:*", "s3:GetObject", "sqs:*"}
	one, other := s.first(2, long), s.first(2, slices.Clone(long))
	if !slices.Equal(one, long[:2]) || &one[0] != &other[0] || cap(one) != 2 || &one[0] == &long[0] {
		t.Errorf("got %v and %v, want the first two, copied once", one, other)
	}
	if got := s.first(3, []string{"iam:*s3:GetObject"}); len(got) != 1 {
		t.Errorf("got %v, want one text", got)
	}
}
