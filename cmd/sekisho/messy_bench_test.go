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

// BenchmarkMessy is what the commands take for saved snapshots of companies in which all kinds of things went wrong,
// and for how they were a while later.
func BenchmarkMessy(b *testing.B) {
	now := time.Now().UTC().Truncate(time.Second)
	for _, users := range []int{1250, 5000} {
		folder := b.TempDir()
		path := func(name string) string { return filepath.Join(folder, name) }
		s := emulator.Messy(users, 1, now)
		s.PerUser = nil // a standard run asks for hardly anybody
		keep(b, path("old.json"), s)
		age(s)
		keep(b, path("new.json"), s)
		for _, command := range []struct {
			name string
			args []string
			want int
		}{
			{"audit", []string{"audit", "--from", path("old.json"), "-f", "json"}, statusFinding},
			{"inventory", []string{"inventory", "--from", path("old.json"), "-f", "csv"}, statusUnknown},
			{"diff", []string{"diff", path("old.json"), path("new.json"), "-f", "json"}, statusFinding},
			{"evidence", []string{"audit", "--from", path("old.json"), "--quiet", "--evidence", path("evidence.zip")}, statusFinding},
			{"verify", []string{"evidence", "verify", path("evidence.zip")}, statusClean},
		} {
			b.Run(fmt.Sprintf("%s/users=%d", command.name, users), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					var stderr strings.Builder
					sys := system{stdin: strings.NewReader(""), stdout: io.Discard, stderr: &stderr, now: time.Now}
					if got := run(b.Context(), command.args, sys); got != command.want {
						b.Fatalf("got exit status %d and %q, want %d", got, stderr.String(), command.want)
					}
				}
			})
		}
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

func keep(b *testing.B, path string, s *account.Snapshot) {
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
