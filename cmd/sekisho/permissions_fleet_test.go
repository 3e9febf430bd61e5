package main

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

const (
	fleetHub          = "arn:aws:iam::123456789012:role/auditor"
	fleetOrganization = "o-exampleorgid"
)

// fleetPermissions is what sekisho permissions --fleet prints in a format.
func fleetPermissions(t *testing.T, format string, more ...string) string {
	t.Helper()
	status, stdout, stderr := called(t, nil, append([]string{"permissions", "--fleet", "--hub", fleetHub, "--organization", fleetOrganization, "-f", format}, more...)...)
	if status != statusClean {
		t.Fatalf("got exit status %d and %s", status, stderr)
	}
	return stdout
}

type printedPolicy struct {
	Statement []struct {
		Action    any
		Resource  string
		Principal map[string]string
		Condition map[string]map[string]string
	}
}

func (p printedPolicy) actions() []string {
	var all []string
	for _, s := range p.Statement {
		switch action := s.Action.(type) {
		case string:
			all = append(all, action)
		case []any:
			for _, a := range action {
				all = append(all, a.(string))
			}
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

type printedFleet struct {
	Hub   printedPolicy `json:"hub_policy"`
	Trust printedPolicy `json:"role_trust_policy"`
	Role  printedPolicy `json:"role_policy"`
}

func printed(t *testing.T, more ...string) printedFleet {
	t.Helper()
	var p printedFleet
	if err := json.Unmarshal([]byte(fleetPermissions(t, "json", more...)), &p); err != nil {
		t.Fatal(err)
	}
	return p
}

// The forms say the same, and the role trusts nobody but the hub, within the organization.
func TestFleetPermissionFormats(t *testing.T) {
	t.Parallel()
	p := printed(t)
	trust := p.Trust.Statement[0]
	if trust.Principal["AWS"] != fleetHub || trust.Condition["StringEquals"]["aws:PrincipalOrgID"] != fleetOrganization {
		t.Errorf("got the trust policy %+v, want the hub of the organization", trust)
	}
	if last := p.Hub.Statement[2]; last.Resource != "arn:aws:iam::*:role/SekishoAudit" {
		t.Errorf("got %q to assume, want the one role", last.Resource)
	}
	action := regexp.MustCompile(`[a-z-]+:[A-Z][A-Za-z]+`)
	want := slices.Concat(p.Hub.actions(), p.Role.actions())
	slices.Sort(want)
	want = slices.Compact(want)
	for _, format := range []string{"terraform", "cloudformation"} {
		text := fleetPermissions(t, format)
		got := slices.DeleteFunc(action.FindAllString(text, -1), func(name string) bool {
			return name == "aws:PrincipalOrgID" || name == "sts:ExternalId"
		})
		slices.Sort(got)
		if got = slices.Compact(got); !slices.Equal(got, want) {
			t.Errorf("%s: got the actions %v, want %v", format, got, want)
		}
		if !strings.Contains(text, fleetHub) || !strings.Contains(text, fleetOrganization) {
			t.Errorf("%s: got %s, want the hub and the organization named", format, text)
		}
	}
	var template map[string]any
	if err := yaml.Unmarshal([]byte(fleetPermissions(t, "cloudformation")), &template); err != nil {
		t.Error(err)
	}
}

// Tags of accounts are read where somebody chooses by them.
func TestFleetPermissionsOfTags(t *testing.T) {
	t.Parallel()
	const reads = "organizations:ListTagsForResource"
	if slices.Contains(printed(t).Hub.actions(), reads) || !slices.Contains(printed(t, "--tags").Hub.actions(), reads) {
		t.Errorf("want %s with --tags alone", reads)
	}
}

// Sessions of members' root users are allowed where somebody asks for them, and for one task alone, in every form.
func TestFleetPermissionsOfMemberRoot(t *testing.T) {
	t.Parallel()
	const task = "arn:aws:iam::aws:policy/root-task/IAMAuditRootUserCredentials"
	if actions := printed(t).Hub.actions(); slices.Contains(actions, "sts:AssumeRoot") {
		t.Error("got sts:AssumeRoot that nobody asked for")
	}
	statements := printed(t, "--member-root").Hub.Statement
	last := statements[len(statements)-1]
	if last.Action != "sts:AssumeRoot" || last.Resource != "arn:aws:iam::*:root" || last.Condition["StringEquals"]["sts:TaskPolicyArn"] != task {
		t.Errorf("got %+v, want sessions of root for one task", last)
	}
	for _, format := range []string{"terraform", "cloudformation"} {
		text := fleetPermissions(t, format, "--member-root")
		if strings.Count(text, "sts:AssumeRoot") != 1 || strings.Count(text, task) != 1 || !strings.Contains(text, "arn:aws:iam::*:root") {
			t.Errorf("%s: got %s, want sessions of root for one task", format, text)
		}
		if without := fleetPermissions(t, format); strings.Contains(without, "AssumeRoot\"") || strings.Contains(without, "MEMBER_ROOT") {
			t.Errorf("%s: got %s, want nothing of root", format, without)
		}
	}
	var template map[string]any
	if err := yaml.Unmarshal([]byte(fleetPermissions(t, "cloudformation", "--member-root")), &template); err != nil {
		t.Error(err)
	}
}

func TestFleetPermissionsUsage(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		arguments []string
		says      string
	}{
		{[]string{"--hub", fleetHub}, "without --fleet"},
		{[]string{"--member-root"}, "without --fleet"},
		{[]string{"--fleet"}, "--hub: got"},
		{[]string{"--fleet", "--hub", "arn:aws:s3:::b", "--organization", fleetOrganization}, "--hub: got"},
		{[]string{"--fleet", "--hub", fleetHub, "--organization", "x"}, "--organization: got"},
		{[]string{"--fleet", "--hub", fleetHub, "--organization", fleetOrganization, "--role", "a b"}, "--role: got"},
		{[]string{"--fleet", "--hub", fleetHub, "--organization", fleetOrganization, "--commands"}, "want one"},
	} {
		status, _, stderr := called(t, nil, append([]string{"permissions"}, test.arguments...)...)
		if status != statusUsage || !strings.Contains(stderr, test.says) {
			t.Errorf("%v: got exit status %d and %s, want %q", test.arguments, status, stderr, test.says)
		}
	}
}
