package permissions_test

import (
	"errors"
	"io"
	"strings"
	"testing"

	"sekisho/audit/account"
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
