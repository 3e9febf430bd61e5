package report

import (
	"io"
	"net/url"
	"regexp"
	"strings"
	"time"

	"sekisho/audit"
	"sekisho/audit/account"
	"sekisho/audit/message"
	"sekisho/report/wording"
)

type sarifText struct {
	Text     string `json:"text"`
	Markdown string `json:"markdown,omitempty"`
}

type sarifRule struct {
	ID               string         `json:"id"`
	ShortDescription sarifText      `json:"shortDescription"`
	FullDescription  sarifText      `json:"fullDescription"`
	Help             sarifText      `json:"help"`
	Configuration    sarifLevel     `json:"defaultConfiguration"`
	Properties       map[string]any `json:"properties"`
}

type sarifLevel struct {
	Level string `json:"level"`
}

type sarifResult struct {
	RuleID       string            `json:"ruleId"`
	RuleIndex    int               `json:"ruleIndex"`
	Kind         string            `json:"kind"`
	Level        string            `json:"level"`
	Message      sarifText         `json:"message"`
	Locations    []sarifLocation   `json:"locations"`
	Fingerprints map[string]string `json:"partialFingerprints"`
	// Suppressions are there for each result of a run or for none (section 3.27.23).
	Suppressions []sarifSuppression `json:"suppressions,omitzero"`
	Properties   sarifProperties    `json:"properties"`
}

type sarifSuppression struct {
	Kind          string            `json:"kind"`
	Status        string            `json:"status"`
	Justification string            `json:"justification"`
	Properties    map[string]string `json:"properties"`
}

type sarifLocation struct {
	Physical sarifPhysical  `json:"physicalLocation"`
	Logical  []sarifLogical `json:"logicalLocations"`
}

type sarifPhysical struct {
	Artifact struct {
		URI string `json:"uri"`
	} `json:"artifactLocation"`
	Region struct {
		StartLine int `json:"startLine"`
	} `json:"region"`
}

type sarifLogical struct {
	Name               string `json:"name"`
	FullyQualifiedName string `json:"fullyQualifiedName"`
	Kind               string `json:"kind"`
}

type sarifProperties struct {
	Status     string           `json:"status"`
	Severity   string           `json:"severity"`
	Account    string           `json:"account"`
	Resource   string           `json:"resource"`
	Item       string           `json:"item,omitempty"`
	ObservedAt string           `json:"observedAt"`
	Evidence   []audit.Evidence `json:"evidence"`
	Controls   []audit.Control  `json:"controls"`
}

type sarifNotification struct {
	Level   string    `json:"level"`
	Message sarifText `json:"message"`
}

const sarifSchema = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"

// SARIF writes the findings as SARIF 2.1.0: what fails as results of kind fail, what is unknown as results of kind
// open, of which SARIF needs level none, and then the run isn't a successful one. A failure that an exception covers is
// suppressed, from outside the sources. Passes are left out: code scanning takes 25,000 results at most. There are no
// files, so the logical location is the resource; the physical one, without which GitHub drops a result, is a relative
// path that is made of its ARN. The fingerprints say which results of two runs are the same.
func SARIF(w io.Writer, r *audit.Report) error {
	records := identified(r)
	index := make(map[string]int, len(r.Rules))
	for i := range r.Rules {
		index[r.Rules[i].ID] = i
	}
	s := newStream(w, "SARIF")
	return s.sarif(sarifRun{
		id: "sekisho/" + r.Account.ID + "/", tool: r.Tool, rules: r.Rules, successful: r.Summary.Unknown == 0, at: r.TakenAt, notifications: sarifNotifications(r),
		properties: map[string]any{
			"account": r.Account, "caller": r.Caller, "takenAt": instant(r.TakenAt), "summary": r.Summary, "securityStatus": r.SecurityStatus, "notSelected": r.NotSelected,
		},
	}, func() {
		for c := range records.findings() {
			i, ok := index[c.rule.ID]
			if !ok {
				i = -1
			}
			s.item(sarifResultOf(r, c, i))
		}
	})
}

// sarifRun is what a run says beside its results.
type sarifRun struct {
	id            string
	tool          audit.Tool
	rules         []audit.RuleResult
	successful    bool
	at            time.Time
	notifications []sarifNotification
	properties    map[string]any
}

// sarif writes a document of one run, whose results are the items that are written meanwhile.
func (s *stream) sarif(run sarifRun, results func()) error {
	s.text(`{"version":"2.1.0","$schema":"` + sarifSchema + `","runs":[{"automationDetails":`)
	s.value(map[string]string{"id": run.id})
	s.text(",\n\"tool\":{\"driver\":{\"name\":")
	s.value(run.tool.Name)
	s.text(`,"version":`)
	s.value(run.tool.Version)
	s.list(`,"rules":`)
	for i := range run.rules {
		s.item(sarifRuleOf(&run.rules[i]))
	}
	s.end("}},\n\"invocations\":[")
	s.value(map[string]any{
		"executionSuccessful": run.successful, "startTimeUtc": instant(run.at), "toolExecutionNotifications": run.notifications,
	})
	s.list("],\n\"results\":")
	results()
	s.end(",\n\"properties\":")
	s.value(run.properties)
	s.text("}]}\n")
	return s.close()
}

func sarifRuleOf(rule *audit.RuleResult) sarifRule {
	tags := []string{"security", string(rule.Category)}
	for _, c := range rule.Controls {
		tags = append(tags, "external/"+c.Framework+"/"+c.ID)
	}
	var markdown strings.Builder
	for _, part := range []struct{ title, text string }{{"", rule.Why}, {"How it is judged", rule.How}, {"Fix", rule.Fix}} {
		if part.title != "" {
			markdown.WriteString("\n\n**" + part.title + ".** ")
		}
		markdown.WriteString(string(md(part.text)))
	}
	return sarifRule{
		ID: rule.ID, ShortDescription: sarifText{Text: sarifPlain(rule.Title)}, FullDescription: sarifText{Text: sarifPlain(rule.Why)},
		Help: sarifText{
			Text:     message.New("%s\n\nHow it is judged: %s\n\nFix: %s", sarifPlain(rule.Why), sarifPlain(rule.How), sarifPlain(rule.Fix)).String(),
			Markdown: markdown.String(),
		},
		Configuration: sarifLevel{levelOf(rule.Severity)},
		Properties: map[string]any{
			"tags": unique(tags), "security-severity": score(rule.Severity), "precision": "very-high", "severity": rule.Severity, "controls": rule.Controls,
			"status": rule.Status, "pass": rule.Pass, "fail": rule.Fail, "unknown": rule.Unknown, "notApplicable": rule.NotApplicable,
		},
	}
}

func sarifResultOf(r *audit.Report, c record, rule int) sarifResult {
	kind, level, text := "fail", levelOf(c.severity), c.where()+": "+c.message
	if c.status != audit.StatusFail {
		kind, level, text = "open", "none", message.New("Unknown, and no pass: %s", text).String()
	}
	var suppressions []sarifSuppression
	if r.Summary.Excepted > 0 {
		suppressions = sarifSuppressions(c)
	}
	location := sarifLocation{Logical: []sarifLogical{{Name: c.where(), FullyQualifiedName: c.resource, Kind: "resource"}}}
	location.Physical.Artifact.URI = resourcePath(r, c.resource)
	location.Physical.Region.StartLine = 1
	return sarifResult{
		RuleID: c.rule.ID, RuleIndex: rule, Kind: kind, Level: level, Message: sarifText{Text: sarifPlain(text)}, Locations: []sarifLocation{location},
		// GitHub knows the second name alone.
		Fingerprints: map[string]string{"sekisho/v1": c.id, "primaryLocationLineHash": c.id + ":1"},
		Suppressions: suppressions,
		Properties: sarifProperties{
			Status: c.status.String(), Severity: c.severity.String(), Account: r.Account.ID, Resource: c.resource, Item: c.item,
			ObservedAt: instant(c.observed), Evidence: c.evidence, Controls: c.rule.Controls,
		},
	}
}

func sarifSuppressions(c record) []sarifSuppression {
	e := c.exception
	if e == nil {
		return []sarifSuppression{}
	}
	properties := map[string]string{"owner": e.Owner, "expires": instant(e.Expires)}
	if e.Ticket != "" {
		properties["ticket"] = e.Ticket
	}
	return []sarifSuppression{{Kind: "external", Status: "accepted", Justification: prose(wording.Exception(e).String()), Properties: properties}}
}

// sarifNotifications are the calls that failed, errors where a verdict is lacking for it, else warnings; notes, and the
// addresses that were asked in place of AWS's own.
func sarifNotifications(r *audit.Report) []sarifNotification {
	level := "warning"
	if r.Summary.Unknown > 0 {
		level = "error"
	}
	list := []sarifNotification{}
	for _, m := range remarksOf(r) {
		of := "note"
		if m.lacks() {
			of = level
		}
		list = append(list, sarifNotification{of, sarifText{Text: sarifPlain(m.text.String())}})
	}
	return list
}

var placeholder = regexp.MustCompile(`\{\d+\}`)

// sarifPlain is a text in which SARIF finds no link, [text](target), and no placeholder, {0}.
func sarifPlain(s string) string {
	s = prose(s)
	if strings.Contains(s, "](") {
		s = strings.NewReplacer(`\`, `\\`, "[", `\[`, "]", `\]`).Replace(s)
	}
	return placeholder.ReplaceAllString(s, "{$0}")
}

// resourcePath is a path for people: aws/123456789012/user/alice. No part of it means another folder.
func resourcePath(r *audit.Report, arn string) string {
	parts := append([]string{r.Account.Partition, r.Account.ID}, strings.Split(account.ShortARN(arn), "/")...)
	for i, part := range parts {
		if strings.Trim(part, ".") == "" {
			part = "_" + part
		}
		// A colon in the first part would make it a scheme.
		parts[i] = strings.ReplaceAll(url.PathEscape(part), ":", "%3A")
	}
	return strings.Join(parts, "/")
}

func levelOf(severity audit.Severity) string {
	switch severity {
	case audit.Critical, audit.High:
		return "error"
	case audit.Medium:
		return "warning"
	}
	return "note"
}

// score is a number of GitHub's scale: from 9 critical, from 7 high, from 4 medium, above 0 low.
func score(severity audit.Severity) string {
	switch severity {
	case audit.Critical:
		return "9.5"
	case audit.High:
		return "8.0"
	case audit.Medium:
		return "5.5"
	case audit.Low:
		return "2.5"
	}
	return "0.0"
}

func unique(list []string) []string {
	seen := map[string]bool{}
	kept := []string{}
	for _, s := range list {
		if !seen[s] {
			seen[s] = true
			kept = append(kept, s)
		}
	}
	return kept
}
