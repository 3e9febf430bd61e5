package fleet

import (
	"cmp"
	"io"
	"strings"

	"sekisho/audit"
	"sekisho/audit/account"
	"sekisho/audit/fleet"
	"sekisho/audit/message"
	"sekisho/report"
	"sekisho/report/format"
)

// Merged is a fleet's report, and what was written of each account meanwhile.
type Merged struct {
	*fleet.Report
	// Verdicts are the documents of the formats that list every verdict of every account; what nobody wants is not there.
	Verdicts map[string]*report.Verdicts
	// Beside is the folder that holds a report of each audited account, or empty; End is how the names of these files end.
	Beside, End string
	// CSV is the file that lists the accounts, where one is written along with the page; else empty.
	CSV string
}

// verdictFormats are the formats that hold every verdict of every account.
func verdictFormats() []format.Format[*Merged] {
	var all []format.Format[*Merged]
	for _, name := range report.VerdictFormats() {
		f := format.Format[*Merged]{Name: name, Render: func(w io.Writer, m *Merged, _ format.Options) error {
			return m.Verdicts[name].Write(w, m.whole())
		}}
		if name == "sarif" {
			f.Extensions = []string{".sarif"}
		}
		all = append(all, f)
	}
	return all
}

func (m *Merged) whole() report.Whole {
	return report.Whole{
		ID: m.RunID, Tool: m.Tool, At: m.MadeAt, Decided: m.Summary.Unknown == 0 && m.Summary.UnknownFindings == 0,
		Properties: map[string]any{
			"organization": m.Organization, "manifestSha256": m.Manifest, "summary": m.Summary, "points": m.Points, "reportsTrusted": m.Trusted, "foreignObjects": m.Foreign,
			"notes": m.Notes,
		},
	}
}

// Complete adds what no account's report says: which accounts are unknown or not audited, and the verdicts about the
// organization.
func (m *Merged) Complete() error {
	var others []*audit.Report
	for i := range m.Accounts {
		if row := &m.Accounts[i]; row.Status != fleet.Audited {
			others = append(others, m.silent(row))
		}
	}
	if len(m.OrganizationRules) > 0 {
		others = append(others, m.ofOrganization())
	}
	for _, document := range m.Verdicts {
		for _, r := range others {
			if err := document.AddAlone(r); err != nil {
				return err
			}
		}
	}
	return nil
}

// partition is that of the roles.
func (m *Merged) partition() string {
	for i := range m.Accounts {
		if arn, err := account.ParseARN(m.Accounts[i].Role); err == nil {
			return arn.Partition
		}
	}
	return "aws"
}

func (m *Merged) empty(id string) *audit.Report {
	return &audit.Report{Tool: m.Tool, TakenAt: m.MadeAt, Demo: m.Demo, Account: audit.AccountInfo{ID: id, Partition: m.partition()}, Passed: map[string]audit.Passed{}}
}

// accountAudited is what an account that was not audited fails to be.
var accountAudited = audit.RuleResult{
	ID: "account-audited", Title: "The account was audited", Category: "answers", Status: audit.StatusUnknown,
	Why: "Nothing is known of an account that was not audited: neither that something fails in it, nor that nothing does.",
	How: "An account is audited if its report is there and follows from what was read.",
	Fix: "Do what the message says, and repeat the audit.", Controls: []audit.Control{},
}

// silent stands for the report of an account that has none.
func (m *Merged) silent(row *fleet.Row) *audit.Report {
	r, rule := m.empty(row.ID), accountAudited
	rule.Severity, rule.Unknown = audit.Info, 1
	text := message.New("not audited: %s", row.Text)
	if row.Status == fleet.Unknown {
		rule.Severity = audit.High
		text = message.New("unknown account: %s", row.Text)
	}
	if name := cmp.Or(row.Alias, row.Name); name != "" {
		r.Account.Alias = &name
	}
	r.Rules = []audit.RuleResult{rule}
	r.Findings = []audit.Finding{{
		Rule: rule.ID, Status: audit.StatusUnknown, Severity: rule.Severity, Resource: account.RootARN(r.Account.Partition, row.ID), Name: "account",
		Message: text.String(), Text: text, Evidence: []audit.Evidence{},
	}}
	r.Summary.Unknown = 1
	return r
}

// ofOrganization are the verdicts about the organization, as those about the account that manages it.
func (m *Merged) ofOrganization() *audit.Report {
	r := m.empty(m.Organization.Management)
	root := account.RootARN(r.Account.Partition, r.Account.ID)
	for _, v := range m.OrganizationRules {
		rule := audit.RuleResult{ID: v.ID, Title: v.Title, Problem: v.Problem, Category: audit.CategoryOrganization, Severity: v.Severity, Why: v.Why, How: v.How, Fix: v.Fix, Status: v.Status, Controls: []audit.Control{}}
		switch v.Status {
		case audit.StatusPass:
			rule.Pass = 1
			r.Passed[v.ID] = audit.Passed{Resources: []string{strings.TrimPrefix(root, "arn:"+r.Account.Partition+":iam::"+r.Account.ID+":")}}
		case audit.StatusNotApplicable:
			rule.NotApplicable = 1
		default:
			if rule.Fail = 1; v.Status == audit.StatusUnknown {
				rule.Fail, rule.Unknown = 0, 1
				r.Summary.Unknown++
			}
			if v.Exception != nil {
				rule.Excepted = 1
				r.Summary.Excepted++
			}
			r.Findings = append(r.Findings, audit.Finding{
				Exception: v.Exception, Rule: v.ID, Status: v.Status, Severity: v.Severity, Resource: root, Name: "organization", Message: v.Message, Text: v.Text,
				Evidence: []audit.Evidence{},
			})
		}
		r.Rules = append(r.Rules, rule)
	}
	return r
}
