package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sekisho/audit/account"
	"sekisho/audit/emulator"
)

// messyCommand is what is asked of the snapshot of a company in which all kinds of things went wrong.
type messyCommand struct {
	name string
	args []string
	want int
}

// messyCommands keeps the snapshots of such a company, as it was and a while later, and lists what is asked of them.
func messyCommands(tb testing.TB, users int, now time.Time) []messyCommand {
	tb.Helper()
	folder := tb.TempDir()
	path := func(name string) string { return filepath.Join(folder, name) }
	s := emulator.Messy(users, 1, now)
	s.PerUser = nil // a standard run asks for hardly anybody
	keep(tb, path("old.json"), s)
	age(s)
	keep(tb, path("new.json"), s)
	return []messyCommand{
		{"audit", []string{"audit", "--from", path("old.json"), "-f", "json"}, statusFinding},
		{"inventory", []string{"inventory", "--from", path("old.json"), "-f", "csv"}, statusClean},
		{"diff", []string{"diff", path("old.json"), path("new.json"), "-f", "json"}, statusFinding},
		{"evidence", []string{"audit", "--from", path("old.json"), "--quiet", "--evidence", path("evidence.zip")}, statusFinding},
		{"verify", []string{"evidence", "verify", path("evidence.zip")}, statusClean},
	}
}

func (c messyCommand) run(tb testing.TB) {
	tb.Helper()
	var stderr strings.Builder
	sys := system{stdin: strings.NewReader(""), stdout: io.Discard, stderr: &stderr, now: time.Now}
	if got := run(tb.Context(), c.args, sys); got != c.want {
		tb.Fatalf("%s: got exit status %d and %q, want %d", c.name, got, stderr.String(), c.want)
	}
}

// BenchmarkMessy is what the commands take for large companies.
func BenchmarkMessy(b *testing.B) {
	now := time.Now().UTC().Truncate(time.Second)
	for _, users := range []int{1250, 5000} {
		for _, c := range messyCommands(b, users, now) {
			b.Run(fmt.Sprintf("%s/users=%d", c.name, users), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					c.run(b)
				}
			})
		}
	}
}

// What is measured does what it should.
func TestMessyCompany(t *testing.T) {
	t.Parallel()
	for _, c := range messyCommands(t, 40, evidenceTaken) {
		c.run(t)
	}
}

// age makes of a snapshot one of a while later: users are gone, policies allow more, roles less.
func age(s *account.Snapshot) {
	d := &s.AuthorizationDetails.Value
	for i := range d.Policies {
		if i%40 == 0 {
			v := &d.Policies[i].Versions[0]
			v.Document = strings.Replace(v.Document, `"Action":[`, `"Action":["sqs:*",`, 1)
		}
	}
	for i := range d.Roles {
		if i%30 == 0 {
			d.Roles[i].AttachedPolicies = d.Roles[i].AttachedPolicies[:0]
		}
	}
	for i := range d.Users {
		if i%50 == 0 {
			d.Users[i].Groups = []string{}
		}
	}
}

func keep(b testing.TB, path string, s *account.Snapshot) {
	b.Helper()
	f, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	if err := s.Write(f); err != nil {
		b.Fatal(err)
	}
	if err := f.Close(); err != nil {
		b.Fatal(err)
	}
}
