package policy

import (
	"slices"
	"testing"
)

func TestCatalogueHeadMatchesItsContent(t *testing.T) {
	t.Parallel()
	info := Catalogue()
	c := loadCatalogue()
	if len(c.services) != info.Services || len(c.names) != info.Actions {
		t.Errorf("got %d services and %d actions, want %d and %d as the head says", len(c.services), len(c.names), info.Services, info.Actions)
	}
	if len(CatalogueDate()) != len("2026-09-26") {
		t.Errorf("got date %q, want YYYY-MM-DD", CatalogueDate())
	}
	if !slices.IsSortedFunc(c.services, func(a, b catalogueService) int { return slices.Compare([]byte(a.name), []byte(b.name)) }) {
		t.Error("services are not sorted, lookups would miss some")
	}
}

func TestCatalogueLookup(t *testing.T) {
	t.Parallel()
	c := loadCatalogue()
	iam := c.service("iam").count()
	for _, test := range []struct {
		pattern string
		count   int
		known   bool
	}{
		{"*", len(c.names), true},
		{"*:*", len(c.names), true},
		{"iam:*", iam, true},
		{"IAM:*", iam, true},
		{"iam:CreateUser", 1, true},
		{"iam:createUSER", 1, true},
		{"iam:Create?ser", 1, true},
		{"iam:NoSuchThing", 0, false},
		{"nosuchservice:*", 0, false},
		{"iam:NoSuch*", 0, false},
	} {
		set, known := c.lookup(test.pattern)
		if set.count() != test.count || known != test.known {
			t.Errorf("lookup(%q): got %d actions, known %v, want %d, %v", test.pattern, set.count(), known, test.count, test.known)
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
