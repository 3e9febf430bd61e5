package audit

import (
	"strings"
	"testing"
	"time"

	"sekisho/audit/account"
)

// excepted evaluates alice's failure, carol's unknown and bob's pass under exceptions.
func excepted(t *testing.T, exceptions ...Exception) *Report {
	t.Helper()
	s := snapshot([]string{"alice", "bob", "carol"}, reported("alice", true, false, ""), reported("bob", true, true, ""))
	for i := range exceptions {
		e := &exceptions[i]
		e.Reason, e.Owner = "why", "who"
		if e.Expires.IsZero() {
			e.Expires = now.AddDate(0, 1, 0)
		}
		if err := e.Validate([]*Rule{mfaRule(), keyRule()}, now); err != nil {
			t.Fatal(err)
		}
	}
	r, _ := Evaluate(s, []*Rule{mfaRule()}, Options{Thresholds: DefaultThresholds(), Exceptions: exceptions})
	return r
}

func TestExceptionBearsAFailure(t *testing.T) {
	t.Parallel()
	for _, resource := range []string{
		"arn:aws:iam::123456789012:user/alice", "alice", "user/alice", "al*", "arn:aws:iam::*:user/*", "AIDAALICE", "*",
	} {
		r := excepted(t, Exception{Rule: "console-*", Resource: resource, Account: "123456789012"})
		f := r.Findings[0]
		if f.Status != StatusFail || f.Exception == nil || f.Exception.Reason != "why" || f.Exception.Owner != "who" {
			t.Errorf("%s: got %+v, want alice's failure with its exception", resource, f)
		}
		if rule := r.Rules[0]; rule.Status != StatusFail || rule.Fail != 1 || rule.Excepted != 1 || r.Summary.Fail != 1 || r.Summary.Excepted != 1 {
			t.Errorf("%s: got %+v, want one failure that is excepted", resource, rule)
		}
		if e := r.Exceptions[0]; e.State != ExceptionUsed || e.Findings != 1 {
			t.Errorf("%s: got %+v, want it used once", resource, e)
		}
		for _, f := range r.Findings[1:] {
			if f.Exception != nil {
				t.Errorf("%s: got the exception on %+v, want it on failures alone", resource, f)
			}
		}
	}
}

func TestExceptionThatBearsNothing(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		exception Exception
		state     ExceptionState
		note      string
	}{
		"another name":        {Exception{Rule: "console-mfa", Resource: "alic"}, ExceptionUnused, "misspelt, or gone? The nearest is user/alice"},
		"a pass":              {Exception{Rule: "console-mfa", Resource: "bob"}, ExceptionUnused, "remove it"},
		"an unknown":          {Exception{Rule: "console-mfa", Resource: "carol"}, ExceptionNotJudged, ""},
		"another account":     {Exception{Rule: "console-mfa", Resource: "alice", Account: "210987654321"}, ExceptionOtherAccount, ""},
		"a rule not run":      {Exception{Rule: "key-age", Resource: "alice"}, ExceptionNotJudged, ""},
		"expired":             {Exception{Rule: "console-mfa", Resource: "alice", Expires: now}, ExceptionExpired, "expired on 2026-11-22"},
		"pinned to a former":  {Exception{Rule: "console-mfa", Resource: "alice", UniqueID: "AIDAFORMERALICE"}, ExceptionUnused, "remove it"},
		"expired, and unused": {Exception{Rule: "console-mfa", Resource: "bob", Expires: now.Add(-time.Hour)}, ExceptionExpired, "expired on"},
	} {
		r := excepted(t, test.exception)
		got := r.Exceptions[0]
		if got.State != test.state || !strings.Contains(got.Note, test.note) || (test.note == "") != (got.Note == "") {
			t.Errorf("%s: got %s, %q, want %s, %q", name, got.State, got.Note, test.state, test.note)
		}
		if r.Findings[0].Exception != nil || r.Rules[0].Excepted != 0 || r.Summary.Excepted != 0 {
			t.Errorf("%s: got an excepted failure %+v, want none", name, r.Findings[0])
		}
	}
}

func TestUnpinnedExceptionSaysHowToPinIt(t *testing.T) {
	t.Parallel()
	r := excepted(t, Exception{Rule: "console-mfa", Resource: "alice"})
	if got, want := r.Exceptions[0].Note, "not pinned: someone who gets that name later inherits it; add unique_id: AIDAALICE"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	for _, e := range []Exception{
		{Rule: "console-mfa", Resource: "alice", UniqueID: "AIDAALICE"}, {Rule: "console-mfa", Resource: "AIDAALICE"}, {Rule: "console-mfa", Resource: "a*"},
	} {
		if r := excepted(t, e); r.Exceptions[0].Note != "" || r.Exceptions[0].State != ExceptionUsed {
			t.Errorf("%+v: got %+v, want nothing to say", e, r.Exceptions[0])
		}
	}
}

// A tag names all users and roles that have it. Where tags weren't read it may name anybody, and where nobody has it that is told.
func TestExceptionByTag(t *testing.T) {
	t.Parallel()
	arn := func(short string) string { return "arn:aws:iam::123456789012:" + short }
	kinds := []kind{
		{prefix: "user", tags: map[string]ownTags{
			arn("user/a"): {[]account.Tag{{Key: "Kind", Value: "machine"}}, true}, arn("user/b"): {[]account.Tag{{Key: "kind", Value: "person"}}, true}, arn("user/c"): {nil, false},
		}},
		{prefix: "role", tags: map[string]ownTags{arn("role/a"): {[]account.Tag{{Key: "kind", Value: "robot"}}, true}}},
	}
	for tag, want := range map[string]struct {
		state    ExceptionState
		findings int
	}{
		"kind=machine": {ExceptionUsed, 1}, "kind=person": {ExceptionUsed, 1}, "kind=robot": {ExceptionUsed, 2}, "kind=other": {ExceptionNotJudged, 0}, "Kind=Machine": {ExceptionNotJudged, 0},
	} {
		r := &Report{TakenAt: now, Account: AccountInfo{ID: "123456789012"}, Rules: []RuleResult{{ID: "console-mfa"}}}
		for _, short := range []string{"user/a", "user/b", "user/c", "role/a", "role/a", "root"} {
			r.Findings = append(r.Findings, Finding{Rule: "console-mfa", Status: StatusFail, Resource: arn(short), Name: short[strings.IndexByte(short, '/')+1:], Item: "x"})
		}
		e := Exception{Rule: "*", Resource: "tag:" + tag, Expires: now.AddDate(0, 1, 0)}
		except(r, []*Rule{mfaRule()}, []Exception{e}, kinds)
		if got := r.Exceptions[0]; got.State != want.state || got.Findings != want.findings || got.Note != "" {
			t.Errorf("%s: got %+v, want %+v and no note", tag, got, want)
		}
	}
	if got := untagged("kind=other", kinds); !got.Empty() {
		t.Errorf("got %q where a user's tags weren't read, want nothing", got)
	}
	for resource, fit := range map[string]bool{"tag:kind": false, "tag:=x": false, "tag:k=": true} {
		if err := (Exception{Rule: "*", Resource: resource, Reason: "r", Owner: "o", Expires: now.AddDate(0, 1, 0)}).Validate([]*Rule{mfaRule()}, now); (err == nil) != fit {
			t.Errorf("%s: got %v", resource, err)
		}
	}
}

func TestExceptionMustMeanOneResource(t *testing.T) {
	t.Parallel()
	finding := func(resource, id, name, item string) Finding {
		return Finding{Rule: "console-mfa", Status: StatusFail, Resource: "arn:aws:iam::123456789012:" + resource, ResourceID: id, Name: name, Item: item}
	}
	bear := func(resource string) ExceptionResult {
		r := &Report{TakenAt: now, Account: AccountInfo{ID: "123456789012"}, Rules: []RuleResult{{ID: "console-mfa"}}, Findings: []Finding{
			finding("user/deploy", "AIDADEPLOY", "deploy", ""), finding("role/deploy", "AROADEPLOY", "deploy", ""),
			finding("root", "", "root user", ""), finding("root", "", "account", ""), finding("root", "", "eu-west-1", "eu-west-1"),
			finding("user/zoe", "AIDAZOE", "zoe", "access-key-1"), finding("user/root", "AIDAROOT", "root", ""), finding("role/account", "AROAACCOUNT", "account", ""),
		}}
		except(r, []*Rule{mfaRule()}, []Exception{{Rule: "*", Resource: resource, Expires: now.AddDate(0, 1, 0)}}, nil)
		return r.Exceptions[0]
	}
	for resource, want := range map[string]struct {
		state    ExceptionState
		findings int
		note     string
	}{
		"deploy":                           {ExceptionAmbiguous, 2, "excepts nothing, because it may mean any of role/deploy, user/deploy: write which"},
		"user/deploy":                      {ExceptionUsed, 1, "add unique_id: AIDADEPLOY"},
		"AROADEPLOY":                       {ExceptionUsed, 1, ""},
		"*/deploy":                         {ExceptionUsed, 2, ""},
		"root":                             {ExceptionUsed, 1, ""},
		"root user":                        {ExceptionUsed, 1, ""},
		"account":                          {ExceptionUsed, 2, ""},
		"account#eu-west-1":                {ExceptionUsed, 1, ""},
		"eu-west-1":                        {ExceptionUsed, 1, ""},
		"arn:aws:iam::123456789012:root":   {ExceptionAmbiguous, 3, "account, root"},
		"AKIAIOSFODNN7EXAMPLE":             {ExceptionNotJudged, 0, ""}, // it may be zoe's first key, whose ID isn't known
		"user/zoe#AKIAIOSFODNN7EXAMPLE":    {ExceptionNotJudged, 0, ""},
		"user/deploy#AKIAIOSFODNN7EXAMPLE": {ExceptionUnused, 0, "remove it"},
	} {
		got := bear(resource)
		if got.State != want.state || got.Findings != want.findings || !strings.Contains(got.Note, want.note) || (want.note == "") != (got.Note == "") {
			t.Errorf("%s: got %s of %d findings, %q; want %+v", resource, got.State, got.Findings, got.Note, want)
		}
	}
}

func TestExceptionsThatAskForSomethingComeFirst(t *testing.T) {
	t.Parallel()
	r := excepted(t,
		Exception{Rule: "console-mfa", Resource: "alice", Account: "210987654321"}, Exception{Rule: "console-mfa", Resource: "AIDAALICE"},
		Exception{Rule: "console-mfa", Resource: "bob"}, Exception{Rule: "console-mfa", Resource: "alice", Expires: now})
	want := []ExceptionState{ExceptionExpired, ExceptionUnused, ExceptionUsed, ExceptionOtherAccount}
	for i, e := range r.Exceptions {
		if e.State != want[i] {
			t.Errorf("got %s in place %d, want %s", e.State, i, want[i])
		}
	}
	if r.Findings[0].Exception == nil {
		t.Error("got an expired exception that keeps the valid one from its failure")
	}
}

func TestExceptionsThatAreRefused(t *testing.T) {
	t.Parallel()
	good := Exception{Rule: "console-mfa", Resource: "alice", Reason: "why", Owner: "who", Expires: now.AddDate(1, 0, 0)}
	catalogue := []*Rule{mfaRule()}
	if err := good.Validate(catalogue, now); err != nil {
		t.Fatal(err)
	}
	for want, spoil := range map[string]func(*Exception){
		"without rule":                  func(e *Exception) { e.Rule = "" },
		"without resource":              func(e *Exception) { e.Resource = " " },
		"without reason":                func(e *Exception) { e.Reason = "" },
		"without owner":                 func(e *Exception) { e.Owner = "" },
		"without expires":               func(e *Exception) { e.Expires = time.Time{} },
		"a year at most":                func(e *Exception) { e.Expires = now.AddDate(1, 0, 2) },
		`got rule "console-mfaa"`:       func(e *Exception) { e.Rule = "console-mfaa" },
		`got the account "12345678901"`: func(e *Exception) { e.Account = "12345678901" },
	} {
		e := good
		spoil(&e)
		if err := e.Validate(catalogue, now); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want an error with %q", err, want)
		}
	}
}
