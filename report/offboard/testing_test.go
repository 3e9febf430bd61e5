package offboard_test

import (
	"time"

	"sekisho/audit"
	"sekisho/audit/message"
	"sekisho/audit/offboard"
)

var (
	taken = time.Date(2026, 11, 22, 5, 0, 0, 0, time.UTC)
	used  = time.Date(2026, 11, 21, 18, 30, 0, 0, time.UTC)
)

const prefix = "arn:aws:iam::123456789012:"

// reportOn is the report on one active user of a name, with one thing of each kind, all called by that name too.
func reportOn(name string) *offboard.Report {
	arn := prefix + "user/" + name
	detail := message.New("its trust policy names %s", arn)
	entry := func(kind offboard.Kind, status string) offboard.Entry {
		return offboard.Entry{Kind: kind, ID: string(kind) + name, User: arn, Status: status, Source: "iam:Get", At: taken}
	}
	virtual := entry(offboard.KindMFADevice, "assigned")
	virtual.ID, virtual.Device = prefix+"mfa/"+name, "virtual"
	key := entry(offboard.KindAccessKey, "active")
	key.LastUsed, key.Service, key.Severity = &used, "s3", offboard.Critical
	trust := entry(offboard.KindRoleTrust, "trusted")
	trust.ID, trust.Detail = prefix+"role/"+name, &detail
	return &offboard.Report{
		Schema: offboard.Schema, Tool: audit.Tool{Name: "sekisho", Version: "devel"}, Account: offboard.AccountInfo{ID: "123456789012", Partition: "aws"},
		Caller: prefix + "user/auditor", TakenAt: taken, TimeZone: "UTC", MatchTags: []string{"email"},
		Notes: []message.Message{message.New("the endpoint of %s is asked without encryption", name)}, Endpoints: map[string]string{"iam": "http://192.0.2.1/" + name},
		People: []offboard.PersonResult{{
			Query: name, LastDay: "2026-10-31", Users: []string{arn}, Verdict: offboard.Active, Severity: offboard.Critical,
			Summary: message.New("%d ways in are left", 6),
			Accounts: []offboard.UserFacts{{
				ARN: arn, Name: name, ID: "AIDACKCEVSQ6C2EXAMPLE", Created: taken.AddDate(-1, 0, 0), MatchedBy: "name",
				Groups:   []offboard.GroupGrant{{Name: "group" + name, Read: true, Policies: []offboard.PolicyGrant{{Name: "AdministratorAccess", ARN: "arn:aws:iam::aws:policy/AdministratorAccess", Admin: "yes"}}}},
				Policies: []offboard.PolicyGrant{{Name: "inline" + name, Admin: "no"}, {Name: "managed", ARN: prefix + "policy/" + name, Admin: "maybe"}},
			}},
			WaysIn: []offboard.Entry{
				entry(offboard.KindPassword, "active"), key, entry(offboard.KindSSHKey, "active"), entry(offboard.KindServiceCredential, "active"),
				entry(offboard.KindCertificate, "active"), trust,
			},
			LeftOver: []offboard.Entry{virtual},
			Mentions: []offboard.Mention{
				{Kind: offboard.MentionDevice, Resource: prefix + "mfa/unassigned" + name, Detail: message.New("an unassigned virtual MFA device that has the user's name")},
				{Kind: offboard.MentionResource, Resource: prefix + "policy/manage", Item: "v1" + name, Detail: message.New("it names %s", arn)},
			},
			Notes: []message.Message{message.New("the user was called %s", name)},
		}},
		Orphans:   []offboard.Orphan{{Role: prefix + "role/old", ID: "AIDAOLDOLDOLDEXAMPLE", Query: name}},
		Checklist: []offboard.CheckItem{{ID: "root", Text: message.New("Did the person know root's password?")}},
	}
}
