package collect

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"

	"sekisho/audit"
	"sekisho/audit/account"
	"sekisho/audit/emulator"
	"sekisho/audit/organization"
	"sekisho/audit/orgpolicy"
)

// demoHub signs in to the account that manages the demo's organization, of which production is asked for its root.
func demoHub(t *testing.T, allowed []string, change func(*organization.Snapshot, map[string]emulator.Member)) (*emulator.Organization, *organization.Snapshot, *Session) {
	t.Helper()
	day := time.Date(2026, 11, 29, 5, 0, 0, 0, time.UTC)
	of, members := emulator.DemoOrganization(day)
	if change != nil {
		change(of, members)
	}
	served, err := emulator.NewOrganization(of, members)
	if err != nil {
		t.Fatal(err)
	}
	s, err := SignIn(t.Context(), Options{
		Endpoint: "http://127.0.0.1:1", StaticKeys: true, HTTPClient: InProcess(served), Allowed: append(organization.Actions(), allowed...), Now: func() time.Time { return day },
		Retryer: fastRetryer,
	})
	if err != nil {
		t.Fatal(err)
	}
	read, err := s.Organization(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return served, read, s
}

const production = "444455556666"

func memberRootVerdict(of *organization.Snapshot) orgpolicy.Verdict {
	bare := *of
	bare.SCPs = nil // which take long to judge
	for _, v := range orgpolicy.Judge(&bare, orgpolicy.Settings{}) {
		if v.ID == "org-member-root" {
			return v
		}
	}
	return orgpolicy.Verdict{}
}

// alone leaves one member of an organization, whose root has no credentials.
func alone(of *organization.Snapshot, members map[string]emulator.Member) {
	of.Accounts.Value = slices.DeleteFunc(of.Accounts.Value, func(a organization.Account) bool {
		return a.ID != production && a.ID != of.Organization.Value.ManagementAccount
	})
	m := members[production]
	made := m.Snapshot
	m.Snapshot = func() *account.Snapshot {
		s := made()
		for _, key := range []string{organization.RootPasswordPresent, "AccountMFAEnabled", organization.RootKeysPresent} {
			s.AccountSummary.Value[key] = 0
		}
		return s
	}
	members[production] = m
}

func TestRootOfMembersIsAsked(t *testing.T) {
	t.Parallel()
	served, of, s := demoHub(t, []string{organization.AssumeRootAction}, nil)
	if err := s.MemberRoots(t.Context(), of, []string{production, "555566667777"}, 2); err != nil || len(of.Gaps) > 0 {
		t.Fatalf("got %v and the gaps %v, want none", err, of.Gaps)
	}
	for _, r := range of.MemberRoots.Value { // the second refuses the role
		if r.Password.Value == nil || len(r.MFADevices.Value) != 1 || r.AccessKeys.Value == nil || len(r.AccessKeys.Value) != 0 || len(r.Summary.Value) != 3 {
			t.Errorf("%s: got %+v, want a password with a device and nothing else", r.ID, r)
		}
	}
	if n := of.Calls.SignIn[organization.AssumeRootAction]; n != 2 || of.Calls.ByAction["iam:GetLoginProfile"] != 2 {
		t.Errorf("got the calls %v, want one session each", of.Calls)
	}
	want := slices.Concat(organization.RootActions(), []string{getCallerIdentity})
	for action := range served.Account("555566667777").Calls() {
		if !slices.Contains(want, action) {
			t.Errorf("got the call %s in a member as root, want none but %v", action, want)
		}
	}
}

// AssumeRoot is let through where somebody asked for it, and for nothing but a look at root's credentials.
func TestSessionsOfRootAreGuarded(t *testing.T) {
	t.Parallel()
	served, of, s := demoHub(t, nil, nil)
	if err := s.MemberRoots(t.Context(), of, []string{production}, 1); err != nil || len(of.Gaps) != 1 || of.Gaps[0].Code != "Refused" {
		t.Errorf("got %v and the gaps %v, want a session that nobody asked for refused", err, of.Gaps)
	}
	if served.Account(of.Organization.Value.ManagementAccount).Calls()[organization.AssumeRootAction] != 0 {
		t.Error("got a call sent, want it refused before")
	}
	_, _, s = demoHub(t, []string{organization.AssumeRootAction}, nil)
	audits := organization.RootTask("aws")
	for name, in := range map[string]*sts.AssumeRootInput{
		"another task":   {TaskPolicyArn: &types.PolicyDescriptorType{Arn: aws.String(strings.Replace(audits, "IAMAudit", "IAMDelete", 1))}, DurationSeconds: aws.Int32(900)},
		"no task":        {DurationSeconds: aws.Int32(900)},
		"for too long":   {TaskPolicyArn: &types.PolicyDescriptorType{Arn: &audits}, DurationSeconds: aws.Int32(901)},
		"of one's own":   {TaskPolicyArn: &types.PolicyDescriptorType{Arn: aws.String("arn:aws:iam::123456789012:policy/root-task/IAMAuditRootUserCredentials")}},
		"named after it": {TaskPolicyArn: &types.PolicyDescriptorType{Arn: aws.String(audits + "AndMore")}},
	} {
		in.TargetPrincipal = aws.String(production)
		var refused *RefusedError
		if _, err := s.sts().AssumeRoot(t.Context(), in); !errors.As(err, &refused) {
			t.Errorf("%s: got %v, want it refused", name, err)
		}
	}
	root, err := s.root(t.Context(), production)
	if err != nil {
		t.Fatal(err)
	}
	for name, call := range map[string]func() error{
		"iam:DeleteLoginProfile": func() error {
			_, err := root.IAM.DeleteLoginProfile(t.Context(), &iam.DeleteLoginProfileInput{})
			return err
		},
		"iam:ListUsers": func() error { _, err := root.IAM.ListUsers(t.Context(), &iam.ListUsersInput{}); return err },
		"sts:AssumeRoot": func() error {
			_, err := root.root(context.Background(), production)
			return err
		},
	} {
		var refused *RefusedError
		if err := call(); !errors.As(err, &refused) || refused.Action != name {
			t.Errorf("%s: got %v of a session of root, want it refused", name, err)
		}
	}
	// What would be sent all the same is refused over there: the session can do nothing else.
	root.client.reads = append(root.client.reads, "iam:ListUsers")
	if _, err := root.IAM.ListUsers(t.Context(), &iam.ListUsersInput{}); errorCode(err) != "AccessDenied" {
		t.Errorf("got %v, want AWS refuse it", err)
	}
}

// Whatever is not read of a member's root is no pass.
func TestNoFalsePassOfRootOfMembers(t *testing.T) {
	t.Parallel()
	asked := func(t *testing.T, change func(*organization.Snapshot, map[string]emulator.Member)) (*organization.Snapshot, error) {
		_, of, s := demoHub(t, []string{organization.AssumeRootAction}, func(of *organization.Snapshot, members map[string]emulator.Member) {
			alone(of, members)
			if change != nil {
				change(of, members)
			}
		})
		return of, s.MemberRoots(t.Context(), of, []string{production}, 1)
	}
	of, err := asked(t, nil)
	if v := memberRootVerdict(of); err != nil || v.Status != audit.StatusPass {
		t.Errorf("got %v and %v, %s, want a pass of a member whose root has nothing", err, v.Status, v.Message)
	}
	for _, action := range append(organization.RootActions(), getCallerIdentity) {
		for _, kind := range []emulator.Kind{emulator.Denied, emulator.TornReply, emulator.ExpiredToken, emulator.WrongXML} {
			of, err := asked(t, func(_ *organization.Snapshot, members map[string]emulator.Member) {
				m := members[production]
				m.Options.Faults = []emulator.Fault{{Action: action, Kind: kind}}
				members[production] = m
			})
			if v := memberRootVerdict(of); err == nil && v.Status == audit.StatusPass && (action != "iam:ListMFADevices") {
				t.Errorf("%s %v: got a pass, want it unknown", action, kind)
			} else if err == nil && len(of.Gaps) == 0 {
				t.Errorf("%s %v: got no gap", action, kind)
			}
		}
	}
	for name, change := range map[string]func(*organization.Snapshot, map[string]emulator.Member){
		"centralized root access is off": func(of *organization.Snapshot, members map[string]emulator.Member) {
			m := members[of.Organization.Value.ManagementAccount]
			made := m.Snapshot
			m.Snapshot = func() *account.Snapshot {
				s := made()
				s.OrganizationsFeatures.Value.Enabled = nil
				return s
			}
			members[of.Organization.Value.ManagementAccount] = m
		},
		"AssumeRoot is denied": func(of *organization.Snapshot, members map[string]emulator.Member) {
			m := members[of.Organization.Value.ManagementAccount]
			m.Options.Deny = []string{organization.AssumeRootAction}
			members[of.Organization.Value.ManagementAccount] = m
		},
	} {
		of, err := asked(t, change)
		if v := memberRootVerdict(of); err != nil || v.Status != audit.StatusUnknown || len(of.Gaps) != 1 || of.Gaps[0].Action != organization.AssumeRootAction {
			t.Errorf("%s: got %v, %v and the gaps %v, want it unknown", name, err, v.Status, of.Gaps)
		}
	}
	_, of, s := demoHub(t, []string{organization.AssumeRootAction}, nil)
	s.Caller.ARN = "arn:aws:iam::123456789012:root"
	if err := s.MemberRoots(t.Context(), of, []string{production}, 1); err == nil || Hint(err) == "" {
		t.Errorf("got %v with root's own credentials, want an error with a hint", err)
	}
}

// IAM's delegated administrator makes sessions of members' root users as well, and no other member does.
func TestRootOfMembersIsAskedByTheDelegatedAdministrator(t *testing.T) {
	t.Parallel()
	const delegate = "222233334444"
	for service, want := range map[string]int{"iam.amazonaws.com": 0, "guardduty.amazonaws.com": 1} {
		_, of, s := demoHub(t, nil, func(of *organization.Snapshot, _ map[string]emulator.Member) {
			of.Delegates.Value[0].Services = []string{service}
		})
		member, err := s.In(t.Context(), "arn:aws:iam::"+delegate+":role/"+emulator.FleetRole, "", []string{organization.AssumeRootAction}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := member.MemberRoots(t.Context(), of, []string{production}, 1); err != nil || len(of.Gaps) != want {
			t.Errorf("%s: got %v and the gaps %v, want %d", service, err, of.Gaps, want)
		}
		// Nobody makes one of the account that manages the organization.
		if err := member.MemberRoots(t.Context(), of, []string{of.Organization.Value.ManagementAccount}, 1); err != nil || of.MemberRoots.Complete {
			t.Errorf("%s: got %v and %+v, want it refused", service, err, of.MemberRoots)
		}
	}
}
