package html_test

import (
	"strings"
	"testing"

	"sekisho/audit"
	"sekisho/audit/message"
)

func TestAnExceptedFailureIsMarkedInWords(t *testing.T) {
	t.Parallel()
	out := render(t, sample())
	item := func(id string) string {
		_, rest, _ := strings.Cut(out, `<li id="`+id+`"`)
		item, _, _ := strings.Cut(rest, "</li>")
		return item
	}
	excepted, plain := item("f6"), item("f5")
	for _, want := range []string{` data-excepted="yes"`, `<span class="badge">excepted</span> is active and 120 days old`,
		"<em>Excepted: the build server is being replaced (Platform team, OPS-77, until 2026-12-22)</em>"} {
		if !strings.Contains(excepted, want) {
			t.Errorf("got no %q in %s", want, excepted)
		}
	}
	if strings.Contains(plain, "xcepted") {
		t.Errorf("got %s, want nothing of an exception", plain)
	}
	for _, want := range []string{
		`<input type="checkbox" name="excepted" value="no" /><span>not excepted <b>6</b></span>`, `<input type="checkbox" name="excepted" value="yes" /><span>excepted <b>1</b></span>`,
		`<span class="badge">1 of 2 excepted</span>`, `2 failing (1 excepted)</a>`, `<dt>of them excepted</dt><dd>1</dd>`,
	} {
		if !strings.Contains(out, want) {
			t.Errorf("got no %q", want)
		}
	}
	if strings.Contains(out, `class="group fail excepted"`) {
		t.Error("got a group that looks excepted as a whole, want one of two")
	}
}

func TestARuleWithEveryFailureExceptedStillFails(t *testing.T) {
	t.Parallel()
	r := sample()
	e := r.Exceptions[0].Exception
	for i := range r.Findings {
		if f := &r.Findings[i]; f.Rule == "password-policy" {
			f.Exception = &e
		}
	}
	for i := range r.Rules {
		if rule := &r.Rules[i]; rule.ID == "password-policy" {
			rule.Excepted = rule.Fail
		}
	}
	out := render(t, r)
	for _, want := range []string{`class="group fail excepted" id="g-fail-high-password-policy"`, "Excepted, and not complete all the same.", "3 of 5"} {
		if !strings.Contains(out, want) {
			t.Errorf("got no %q", want)
		}
	}
	_, row, _ := strings.Cut(out, `<tr id="rule-password-policy">`)
	row, _, _ = strings.Cut(row, "</tr>")
	if want := `<span class="word fail">failing</span> <span class="line more">excepted</span>`; !strings.Contains(row, want) {
		t.Errorf("got no %q in %s", want, row)
	}
}

func TestNotesThatRepeatStandOnce(t *testing.T) {
	t.Parallel()
	r := sample()
	r.Findings = nil
	mfa := newRule("console-mfa", "Every user with a console password has an MFA device", audit.Critical, "", "")
	for _, name := range []string{"a", "b", "c"} {
		fail(r, &mfa, user(name), "", name, "signs in with a password alone")
		r.Findings[len(r.Findings)-1].Notes = []message.Message{message.New("refused on resource: user %s", name)}
	}
	out := render(t, r)
	if got := strings.Count(out, "[1] refused on resource: user …"); got != 1 {
		t.Errorf("got the note %d times, want once", got)
	}
	for _, name := range []string{"a", "b", "c"} {
		if want := `signs in with a password alone [1]</span></summary><p class="ev">refused on resource: user ` + name + "</p>"; !strings.Contains(out, want) {
			t.Errorf("got no %q", want)
		}
	}
}

func TestNoExceptionNoSection(t *testing.T) {
	t.Parallel()
	r := sample()
	r.Exceptions, r.Summary.Excepted = nil, 0
	for i := range r.Findings {
		r.Findings[i].Exception = nil
	}
	out := render(t, r)
	for _, absent := range []string{`id="exceptions"`, `href="#exceptions"`, `name="excepted"`, "of them excepted</dt>"} {
		if strings.Contains(out, absent) {
			t.Errorf("got %q where there is no exception", absent)
		}
	}
}
