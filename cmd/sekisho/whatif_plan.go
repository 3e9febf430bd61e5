package main

import (
	"context"
	"fmt"

	"sekisho/audit/account"
	"sekisho/audit/change"
	reportplan "sekisho/report/plan"
	"sekisho/report/saved"
)

// readPlans reads the plans among changes, and of them some steps where any are named.
func readPlans(ctx context.Context, sys system, all []asked, steps string, limit int64) error {
	plans := 0
	for i := range all {
		a := &all[i]
		if a.kind != toPlan {
			continue
		}
		plans++
		data, err := saved.Bytes(ctx, sys.files.Input(a.flag, a.file), limit)
		if err != nil {
			return unreadableFile("plan", a.file, err)
		}
		if a.plan, err = reportplan.ReadJSON(data); err != nil {
			return usagef("sekisho plan -o plan.json writes one", "%s: %w", a.flag, err)
		}
		if steps != "" {
			if err := a.plan.Only(steps); err != nil {
				return usagef("", "--steps: %w", err)
			}
		}
		for _, step := range a.plan.Steps {
			if len(step.Changes) == 0 {
				sys.warn(fmt.Sprintf("the step %d is a decision, and nothing is tried of it", step.Number))
			}
		}
	}
	if steps != "" && plans == 0 {
		return usagef("sekisho whatif --plan plan.json --steps 1-4", "got --steps and no --plan, want both")
	}
	return nil
}

// listedBy are the sections that tell of what a parameter names.
var listedBy = map[string]account.Section{
	"AccessKeyId": account.AccessKeysSection, "CertificateId": account.SigningCertificatesSection, "SSHPublicKeyId": account.SSHPublicKeysSection,
	"SerialNumber": account.MFADevicesSection,
}

// planWants is what has to be read to make the changes of a plan.
func planWants(a *account.Account, k *reportplan.Kept, add func(*account.User, ...account.Section)) {
	for _, step := range k.Steps {
		for _, c := range step.Changes {
			name, _ := c.With["UserName"].(string)
			u := a.User(name)
			for parameter, section := range listedBy {
				if u != nil && c.With[parameter] != nil {
					add(u, section)
				}
			}
		}
	}
}

// carryOut makes the changes of a plan's steps, in order, as its script does, and tells what that leaves out.
func (a *asked) carryOut(s *account.Snapshot) ([]change.Step, []change.Change, *account.Snapshot, error) {
	if a.plan.AccountID != s.Caller.AccountID {
		return nil, nil, nil, fmt.Errorf("got a plan for the account %s, want one for %s", a.plan.AccountID, s.Caller.AccountID)
	}
	var all []change.Step
	for _, step := range a.plan.Steps {
		all = append(all, step.Changes...)
	}
	return change.Exactly(s, all)
}
