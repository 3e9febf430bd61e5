package policy

import (
	"math/rand/v2"
	"strings"
	"testing"
)

func TestGlobContains(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		d, g                 string
		contains, intersects bool
	}{
		{"*", "arn:aws:s3:::b", true, true},
		{"a*", "a*b*", true, true},
		{"a*b*", "a*", false, true},
		{"a?c", "abc", true, true},
		{"a?c", "a*c", false, true},
		{"a*", "b*", false, false},
		{"*x", "*y", false, false},
		{"a*z", "ab*yz", true, true},
		{"?*", "*?", true, true},
		{"arn:aws:s3:::b/*", "arn:aws:s3:::b", false, false},
		{"a", "a", true, true},
		{"", "*", false, true},
		{"*??", "\u2000", false, true}, // whose last two bytes are 0x80
		{"a??c", "aéc", false, true},   // two bytes, and one character; that they may meet is said too often rather than too seldom
	} {
		d, g := PatternGlob(test.d), PatternGlob(test.g)
		if got := d.Contains(g); got != test.contains {
			t.Errorf("%q contains %q: got %v", test.d, test.g, got)
		}
		if got := d.Intersects(g); got != test.intersects {
			t.Errorf("%q intersects %q: got %v", test.d, test.g, got)
		}
		if got := g.Intersects(d); got != test.intersects {
			t.Errorf("%q intersects %q: got %v", test.g, test.d, got)
		}
	}
}

// A pattern contains another exactly if no text is matched by the second alone; short texts over three letters tell.
func TestGlobAgreesWithMatching(t *testing.T) {
	t.Parallel()
	var texts []string
	for n := range 5 {
		for i := range 1 << (2 * n) {
			text := ""
			for k := range n {
				text += string("ab:/"[i>>(2*k)&3])
			}
			texts = append(texts, text)
		}
	}
	rng := rand.New(rand.NewPCG(5, 6))
	random := func() string {
		text := ""
		for range rng.IntN(5) {
			text += string("ab:*?"[rng.IntN(5)])
		}
		return text
	}
	for range 3000 {
		p, q := random(), random()
		d, g := PatternGlob(p), PatternGlob(q)
		inBoth, onlyQ := false, false
		for _, text := range texts {
			if MatchWildcard(q, text) {
				inBoth = inBoth || MatchWildcard(p, text)
				onlyQ = onlyQ || !MatchWildcard(p, text)
			}
		}
		if d.Contains(g) && onlyQ {
			t.Errorf("%q contains %q: got yes, want no", p, q)
		}
		if !strings.Contains(p, "?") && len(p)+len(q) < 6 && !d.Contains(g) && !onlyQ && inBoth {
			t.Errorf("%q contains %q: got no, want yes", p, q)
		}
		if inBoth && !d.Intersects(g) {
			t.Errorf("%q intersects %q: got no, want yes", p, q)
		}
	}
}

func TestTextsOfAGlob(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][2]string{
		"*": {"", ""}, "role/app": {"role/app", ""}, "role/*-gone-?": {"role/", "-gone-"}, "?ab*": {"", "ab"}, "ab?cd": {"ab", "cd"},
	} {
		if begin, longest := PatternGlob(text).Texts(); begin != want[0] || longest != want[1] {
			t.Errorf("%s: got %q and %q, want %q", text, begin, longest, want)
		}
	}
}

func TestActionSet(t *testing.T) {
	t.Parallel()
	c := Actions()
	whole := c.Every
	for _, s := range c.Services {
		if got := (*Arena)(nil).AddPart(ActionSet{}, whole, s.Lo, s.Hi).Count(); got != s.Hi-s.Lo {
			t.Errorf("%s: got %d actions between, want %d", s.Name, got, s.Hi-s.Lo)
		}
		if !c.Service(s.Name).Within(whole) || whole.Within(c.Service(s.Name)) {
			t.Errorf("%s: want it to be a part of all", s.Name)
		}
	}
}
