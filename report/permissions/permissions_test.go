package permissions_test

import (
	"errors"
	"io"
	"strings"
	"testing"

	"sekisho/audit/account"
	"sekisho/audit/clifiles"
	"sekisho/report/format"
	"sekisho/report/permissions"
)

// The script asks what is needed: once, region by region and user by user, with a limit where there is one.
func TestCommands(t *testing.T) {
	t.Parallel()
	const (
		report, regions, users, limit = "generate-credential-report", "for region in $regions", `for user in "$@"`, `if [ "$#" -gt 200 ]; then`
		analyzers, devices            = `ask "access-analyzers-$region" 'accessanalyzer' 'list-analyzers' --region "$region"`, `ask "mfa-devices-$user" 'iam' 'list-mfa-devices' --user-name "$user"`
	)
	all := []string{report, regions, users, limit, analyzers, devices, "ask 'account-summary' 'iam' 'get-account-summary'\n", "ask 'ssh-public-keys"}
	for name, test := range map[string]struct {
		needs permissions.Needs
		want  []string
	}{
		"nothing":     {permissions.Needs{}, nil},
		"the account": {permissions.Needs{Sections: []account.Section{account.AccountSummarySection, account.CredentialReportSection}}, []string{all[6], report}},
		"regions":     {permissions.Needs{Sections: []account.Section{account.AccessAnalyzersSection}}, []string{regions, analyzers}},
		"not swept":   {permissions.Needs{Sections: []account.Section{account.MFADevicesSection}, MostUsers: 200}, nil},
		"every user":  {permissions.Needs{Sections: []account.Section{account.MFADevicesSection}, Swept: permissions.SweptSections}, []string{users, devices}},
		"up to so many": {permissions.Needs{Sections: []account.Section{account.MFADevicesSection}, Swept: permissions.SweptSections, MostUsers: 200},
			[]string{users, devices, limit}},
	} {
		var script strings.Builder
		if err := permissions.Commands(&script, test.needs); err != nil {
			t.Fatal(err)
		}
		if want := strings.Contains(strings.Join(test.want, ""), limit); !strings.HasPrefix(script.String(), "#!/bin/sh\n") || strings.Contains(script.String(), `if [ "$#" -gt `) != want {
			t.Errorf("%s: got\n%s\nwant a script, with a limit %t", name, script.String(), want)
		}
		for _, part := range all {
			wanted := false
			for _, want := range test.want {
				wanted = wanted || part == want
			}
			if n := strings.Count(script.String(), part); n > 1 && part != report || (n > 0) != wanted {
				t.Errorf("%s: got %d times %q in\n%s\nwant it %t", name, n, part, script.String(), wanted)
			}
		}
	}
}

// What an answer doesn't tell of itself is asked for by a query, for the user or region that the loop is at.
func TestQueriesOfCommands(t *testing.T) {
	t.Parallel()
	var needs permissions.Needs
	for _, d := range account.Descriptors() {
		needs.Sections = append(needs.Sections, d.Section)
	}
	needs.Swept = needs.Sections
	var script strings.Builder
	if err := permissions.Commands(&script, needs); err != nil {
		t.Fatal(err)
	}
	queries := 0
	for _, section := range needs.Sections {
		for _, c := range clifiles.CommandsFor(section) {
			query := ""
			switch {
			case c.Each != clifiles.EachAccount && c.Each != clifiles.EachRegion && c.Each != clifiles.EachUser:
				continue // is asked for what the answers of others name
			case c.Query != "" && c.Each == clifiles.EachAccount:
				query = " --query '" + strings.ReplaceAll(c.Query, "'", `'\''`) + "'"
			case c.Query != "":
				query = ` --query "` + strings.ReplaceAll(c.Query, "%s", "$"+string(c.Each)) + `"`
			}
			if query != "" {
				queries++
			}
			found := false
			for line := range strings.Lines(script.String()) {
				found = found || strings.Contains(line, "ask ") && strings.Contains(line, string(section)) && strings.Contains(line, "'"+strings.Join(c.Args, "' '")+"'") &&
					strings.Contains(line, " --query ") == (query != "") && strings.HasSuffix(line, query+"\n")
			}
			if !found {
				t.Errorf("got no line that asks for %s of %s with %q, want one, in\n%s", c.Args, section, query, script.String())
			}
		}
	}
	if queries < 3 {
		t.Errorf("got %d commands with a query, want some of each kind", queries)
	}
}

// Each format has the actions, in order, and tells of a writer that fails.
func TestPolicyFormats(t *testing.T) {
	t.Parallel()
	actions := []string{"iam:GetUser", "iam:ListUsers"}
	for i, want := range []string{
		"      \"Action\": [\n        \"iam:GetUser\",\n        \"iam:ListUsers\"\n      ],\n",
		"    actions = [\n      \"iam:GetUser\",\n      \"iam:ListUsers\",\n    ]\n",
		"            Action:\n              - iam:GetUser\n              - iam:ListUsers\n            Resource: \"*\"\n",
	} {
		f := permissions.Formats()[i]
		var got strings.Builder
		if err := f.Render(&got, actions, format.Options{}); err != nil || strings.Count(got.String(), want) != 1 {
			t.Errorf("%s: got %v and\n%s\nwant\n%s", f.Name, err, got.String(), want)
		}
		reader, writer := io.Pipe()
		reader.Close()
		if err := f.Render(writer, actions, format.Options{}); !errors.Is(err, io.ErrClosedPipe) {
			t.Errorf("%s: got %v of a closed pipe, want %v", f.Name, err, io.ErrClosedPipe)
		}
	}
	reader, writer := io.Pipe()
	reader.Close()
	if err := permissions.Commands(writer, permissions.Needs{}); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("got %v of a closed pipe, want %v", err, io.ErrClosedPipe)
	}
}
