package policy

import (
	"io"

	"sekisho/audit/access"
	"sekisho/audit/policy"
	"sekisho/report/sanitize"
)

// The document that "sekisho policy -f json" prints; other programs rely on it. Lists are never null.
type (
	policyReport struct {
		Schema      string          `json:"schema"`
		Catalogue   string          `json:"catalogue"` // date of the catalogue of AWS actions
		Paths       policyPaths     `json:"paths"`
		Enrolment   policyEnrolment `json:"enrolment"`
		FirstSignIn policyPossible  `json:"first_sign_in"`
		SelfService policySelf      `json:"self_service"`
		Findings    []policyFinding `json:"findings"`
	}
	policyPaths struct {
		Console   policyPath `json:"console"`
		AccessKey policyPath `json:"access_key"`
	}
	policyPath struct {
		Verdict   string           `json:"verdict"`
		Sure      bool             `json:"sure"`
		Leaks     []policyLeak     `json:"leaks"`
		Takeovers []policyTakeover `json:"takeovers"`
		Bootstrap []string         `json:"bootstrap"`
		Notes     []string         `json:"notes"`
	}
	policyLeak struct {
		Service   string   `json:"service"`
		Actions   []string `json:"actions"`
		Resources []string `json:"resources"`
		Sure      bool     `json:"sure"`
		By        []string `json:"by"`
	}
	policyTakeover struct {
		Action string `json:"action"`
		Sure   bool   `json:"sure"`
		How    string `json:"how"`
	}
	policyEnrolment struct {
		Possible   *bool  `json:"possible"` // null: it depends on what is not known
		DeviceName string `json:"device_name"`
	}
	policyPossible struct {
		Possible *bool `json:"possible"`
	}
	policySelf struct {
		WithoutMFA []string `json:"without_mfa"`
		WithMFA    []string `json:"with_mfa"`
	}
	policyFinding struct {
		Rule      string `json:"rule"`
		Status    string `json:"status"`
		Statement string `json:"statement"`
		Message   string `json:"message"`
		Fix       string `json:"fix"`
		AllowedBy string `json:"allowed_by"` // the statement that allows what is open
	}
)

// JSON writes the verdict whole.
func JSON(w io.Writer, judged Judged) error {
	out := policyReport{
		Schema: "sekisho/policy/v1", Catalogue: policy.CatalogueDate(),
		Paths:       policyPaths{pathJSON(judged.Analysis, access.Console), pathJSON(judged.Analysis, access.AccessKey)},
		Enrolment:   policyEnrolment{possible(judged.Enrolment.Possible), judged.Enrolment.DeviceName},
		FirstSignIn: policyPossible{possible(judged.FirstSignIn)},
		SelfService: policySelf{textList(judged.SelfService.WithoutMFA), textList(judged.SelfService.WithMFA)},
		Findings:    []policyFinding{},
	}
	for _, f := range judged.findings() {
		out.Findings = append(out.Findings, policyFinding{f.Rule, string(f.Status), f.Statement, f.Message.String(), f.Fix.String(), f.AllowedBy})
	}
	return sanitize.WriteJSON(w, "the verdict on policies", out)
}

func pathJSON(judged *access.Analysis, p access.Path) policyPath {
	out := policyPath{
		Verdict: judged.Paths[p].Verdict.String(), Sure: judged.Paths[p].Sure, Leaks: []policyLeak{}, Takeovers: []policyTakeover{},
		Bootstrap: textList(judged.Bootstrap(p)), Notes: []string{},
	}
	for _, l := range judged.Leaks(p) {
		out.Leaks = append(out.Leaks, policyLeak{l.Service, textList(l.Actions), textList(l.Resources), l.Sure, textList(l.By)})
	}
	for _, t := range judged.Takeovers(p) {
		out.Takeovers = append(out.Takeovers, policyTakeover{t.Action, t.Sure, t.How.String()})
	}
	for _, note := range judged.Notes(p) {
		out.Notes = append(out.Notes, note.String())
	}
	return out
}

func possible(t policy.Truth) *bool {
	if t == policy.Maybe {
		return nil
	}
	yes := t == policy.Yes
	return &yes
}

func textList(texts []string) []string { return append([]string{}, texts...) }
