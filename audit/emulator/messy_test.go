package emulator_test

import (
	"bytes"
	"slices"
	"testing"

	"sekisho/audit"
	"sekisho/audit/account"
	"sekisho/audit/emulator"
	"sekisho/audit/rules"
)

func TestMessyCompanyFailsWhatever(t *testing.T) {
	t.Parallel()
	s := emulator.Messy(300, 1, now)
	if err := s.Validate(); err != nil {
		t.Fatal(err)
	}
	report, wants := audit.Evaluate(s, rules.Catalogue(), audit.Options{Thresholds: audit.DefaultThresholds(), Points: rules.Points(), Depth: audit.DepthDeep})
	if len(wants) > 0 {
		t.Errorf("got the wants %v, want none: the snapshot holds every live answer", wants)
	}
	orderly := []string{
		"root-no-signing-certificates", "root-centralized", "individual-users", "groups-grant-permissions", "account-alias", "identity-federation",
		"password-policy",
		"user-tags", "role-tags", "analyzer-tags", // until tags are asked for
	}
	for _, r := range report.Rules {
		if fails := r.Status == audit.StatusFail; fails == slices.Contains(orderly, r.ID) {
			t.Errorf("got %s of %s: %d fail, %d pass, %d unknown", r.Status, r.ID, r.Fail, r.Pass, r.Unknown)
		}
	}
}

func TestMessyCompanyIsTheSameForTheSameSeed(t *testing.T) {
	t.Parallel()
	text := func(s *account.Snapshot) string {
		var out bytes.Buffer
		if err := s.Write(&out); err != nil {
			t.Fatal(err)
		}
		return out.String()
	}
	s := emulator.Messy(250, 1, now)
	d := s.AuthorizationDetails.Value
	if len(d.Users) != 264 || len(d.Roles) != 50 || len(d.Groups) != 12 {
		t.Errorf("got %d users, %d roles, %d groups, want 264, 50 and 12", len(d.Users), len(d.Roles), len(d.Groups))
	}
	keys := 0
	for _, answers := range s.PerUser {
		keys += len(answers.AccessKeys.Value)
	}
	if keys < 200 || keys > 400 {
		t.Errorf("got %d access keys of 264 users, want one each or so", keys)
	}
	if text(s) != text(emulator.Messy(250, 1, now)) {
		t.Error("got another company by the same seed")
	}
	if text(s) == text(emulator.Messy(250, 2, now)) {
		t.Error("got the same company by another seed")
	}
}
