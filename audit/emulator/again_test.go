package emulator_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"sekisho/audit/account"
	"sekisho/audit/collect"
	"sekisho/audit/emulator"
)

// collected is what a run reads of an emulator, save for calls: every section that there is a collector for, of every
// user too.
func collected(t *testing.T, of *account.Snapshot, how emulator.Options) *account.Snapshot {
	t.Helper()
	_, c := serve(t, of, how)
	session, err := collect.SignIn(t.Context(), collect.Options{
		Endpoint: c.endpoint, StaticKeys: true, Retryer: func() aws.Retryer { return aws.NopRetryer{} }, Allowed: collect.Actions(),
		Now: func() time.Time { return now },
	})
	if err != nil {
		t.Fatal(err)
	}
	plan := collect.Plan{MaxUsers: 100, Wants: func(s *account.Snapshot) (wants []account.Want) {
		if s.Users == nil {
			return nil
		}
		for _, u := range s.Users.Value {
			for _, c := range collect.Collectors() {
				if c.Section.PerUser() && !s.Answered(c.Section, u.Name, u.ID) {
					wants = append(wants, account.Want{Section: c.Section, User: u.Name, UserID: u.ID})
				}
			}
		}
		return wants
	}}
	for _, c := range collect.Collectors() {
		if !c.Section.PerUser() {
			plan.Sections = append(plan.Sections, c.Section)
		}
	}
	s, err := session.Collect(t.Context(), plan)
	if err != nil {
		t.Fatal(err)
	}
	s.Calls = account.Calls{}
	return s
}

func written(t *testing.T, s *account.Snapshot) string {
	t.Helper()
	var b bytes.Buffer
	if err := s.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestSnapshotWithGapsComesBackTheSame: what a run could not read, a run against its snapshot can't read either.
func TestSnapshotWithGapsComesBackTheSame(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		faults []emulator.Fault
		gaps   int
	}{
		"none":           {nil, 0},
		"regions":        {[]emulator.Fault{{Action: "account:ListRegions", Kind: emulator.Denied}}, 1},
		"two regions":    {[]emulator.Fault{{Region: "eu-west-1", Kind: emulator.Denied}, {Region: "eu-north-1", Kind: emulator.ServiceFailure}}, 2},
		"a contact":      {[]emulator.Fault{{Action: "account:GetAlternateContact", LastCall: 1, Kind: emulator.Throttling}}, 1},
		"a user's keys":  {[]emulator.Fault{{Action: "iam:ListSSHPublicKeys", User: "nakamura.riku", Kind: emulator.Denied}}, 1},
		"certificates":   {[]emulator.Fault{{Action: "iam:List*Certificates", Kind: emulator.Denied}}, 1 + 5}, // the first five users are refused, and nobody else is asked
		"a torn refusal": {[]emulator.Fault{{Action: "iam:ListOrganizationsFeatures", Kind: emulator.TornReply}}, 1},
		"pages":          {[]emulator.Fault{{Action: "iam:ListServiceSpecificCredentials", FirstPage: 2, Kind: emulator.ServiceFailure}}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			first := collected(t, emulator.Demo(now), emulator.Options{Faults: test.faults, PageCap: 3})
			if len(first.Gaps) != test.gaps {
				t.Errorf("got the gaps %v, want %d", first.Gaps, test.gaps)
			}
			if x, y := written(t, first), written(t, collected(t, first, emulator.Options{})); x != y {
				at := 0
				for x[at] == y[at] {
					at++
				}
				t.Errorf("got another snapshot of the snapshot: …%.300s\nwant …%.300s", y[max(0, at-150):], x[max(0, at-150):])
			}
		})
	}
}
