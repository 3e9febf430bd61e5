package diff

import (
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"sekisho/audit"
	"sekisho/audit/account"
	"sekisho/audit/diff"
	"sekisho/report/wording"
)

// Every field that a comparison writes, as its source has it, and every kind and area has words of its own.
func TestEverythingHasWords(t *testing.T) {
	t.Parallel()
	want := []string{"statement", "document", "version", "trust_statement", "trust_document", "trust_version"}
	sources, err := filepath.Glob("../../audit/diff/*.go")
	if err != nil || len(sources) == 0 {
		t.Fatal(err)
	}
	field := regexp.MustCompile(`Field: +"([a-z_]+)"`)
	for _, file := range sources {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range field.FindAllSubmatch(source, -1) {
			want = append(want, string(found[1]))
		}
	}
	for _, kind := range []reflect.Type{reflect.TypeFor[account.PasswordPolicy](), reflect.TypeFor[account.AlternateContact]()} {
		for i := range kind.NumField() {
			name, _, _ := strings.Cut(kind.Field(i).Tag.Get("json"), ",")
			want = append(want, name)
		}
	}
	for _, severity := range audit.Severities() {
		want = append(want, severity.String())
	}
	if len(want) < 40 {
		t.Errorf("got %d names, want those of the fields among them", len(want))
	}
	for _, name := range want {
		if wording.Word(name).Format == "%s" {
			t.Errorf("got no words for %q", name)
		}
	}
	for _, kind := range diff.Kinds() {
		if titles[kind].Empty() {
			t.Errorf("got no title for %s", kind)
		}
	}
	for _, area := range diff.Areas() {
		if areaTitles[area].Empty() {
			t.Errorf("got no title for %s", area)
		}
	}
}
