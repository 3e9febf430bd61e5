package policy

import (
	"slices"
	"testing"
)

func TestCatalogueHeadMatchesItsContent(t *testing.T) {
	t.Parallel()
	info := AboutCatalogue()
	c := Actions()
	if len(c.Services) != info.Services || len(c.Names) != info.Actions {
		t.Errorf("got %d services and %d actions, want %d and %d as the head says", len(c.Services), len(c.Names), info.Services, info.Actions)
	}
	if len(CatalogueDate()) != len("2026-09-26") {
		t.Errorf("got date %q, want YYYY-MM-DD", CatalogueDate())
	}
	if !slices.IsSortedFunc(c.Services, func(a, b CatalogueService) int { return slices.Compare([]byte(a.Name), []byte(b.Name)) }) {
		t.Error("services are not sorted, lookups would miss some")
	}
}

func TestCatalogueLookup(t *testing.T) {
	t.Parallel()
	c := Actions()
	iam := c.Service("iam").Count()
	for _, test := range []struct {
		pattern string
		count   int
		known   bool
	}{
		{"*", len(c.Names), true},
		{"*:*", len(c.Names), true},
		{"iam:*", iam, true},
		{"IAM:*", iam, true},
		{"iam:CreateUser", 1, true},
		{"iam:createUSER", 1, true},
		{"iam:Create?ser", 1, true},
		{"iam:NoSuchThing", 0, false},
		{"nosuchservice:*", 0, false},
		{"iam:NoSuch*", 0, false},
	} {
		set, known := c.Lookup(test.pattern)
		if set.Count() != test.count || known != test.known {
			t.Errorf("lookup(%q): got %d actions, known %v, want %d, %v", test.pattern, set.Count(), known, test.count, test.known)
		}
	}
}

func BenchmarkParseCatalogue(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := parseCatalogue(catalogueText); err != nil {
			b.Fatal(err)
		}
	}
}
