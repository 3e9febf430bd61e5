package policy

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// A policy far beyond AWS's limits must end in an answer in bounded time; every statement meets every other here.
func TestHugePolicyIsAnalysedInTime(t *testing.T) {
	t.Parallel()
	var text strings.Builder
	text.WriteString(`{"Version":"2012-10-17","Statement":[`)
	for i := range 10_000 {
		effect := "Allow"
		if i%2 == 1 {
			effect = "Deny"
		}
		if i > 0 {
			text.WriteByte(',')
		}
		fmt.Fprintf(&text, `{"Effect":"%s","Action":"s3:GetObject","Resource":"arn:aws:s3:::*%d/*a%d*b*"}`, effect, i%7, i)
	}
	text.WriteString(`]}`)
	start := time.Now()
	d := parseForTest(t, "huge", Identity, []byte(text.String()))
	a := Analyze(&Subject{Name: "alice", Account: "123456789012", Identity: []*Document{d}})
	if got := a.Findings(); len(got) != 4 || got[0].Status != FindingUnknown {
		t.Errorf("got findings %+v, want four unknown ones", got)
	}
	if got := a.Paths[Console].Verdict; got != VerdictUnknown || !a.TooLarge {
		t.Errorf("got %v, too large %v, want unknown and true", got, a.TooLarge)
	}
	if took := time.Since(start); took > 20*time.Second {
		t.Errorf("took %v, want less than 20 s", took)
	}
}

// Many statements that are alike are no burden.
func TestLongPolicyIsAnalysed(t *testing.T) {
	t.Parallel()
	text := strings.Repeat(`{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::a/*"},{"Effect":"Deny","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"},`, 5000)
	d := parseForTest(t, "long", Identity, []byte(`{"Version":"2012-10-17","Statement":[`+strings.TrimSuffix(text, ",")+`]}`))
	a := Analyze(&Subject{Name: "alice", Account: "123456789012", Identity: []*Document{d}})
	if got := a.Paths[Console].Verdict; got != NotEnforced {
		t.Errorf("got %v, want not_enforced", got)
	}
	a.Findings()
	if got := a.Leaks(Console); len(got) != 1 || got[0].Service != "s3" {
		t.Errorf("got %+v, want s3", got)
	}
}

// Patterns that are long, many or full of wildcards end in an answer too.
func TestOddPatternsAreAnalysedInTime(t *testing.T) {
	t.Parallel()
	repeat := func(text string, n int) string { return strings.Repeat(text, n) }
	var many strings.Builder
	for i := range 30_000 {
		fmt.Fprintf(&many, `,"arn:aws:s3:::b%d/*"`, i)
	}
	for name, statements := range map[string]string{
		"one long pattern":       `{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::` + repeat("*a", 500_000) + `"},{"Effect":"Deny","Action":"*","Resource":"arn:aws:s3:::` + repeat("*b", 500_000) + `"}`,
		"an action of wildcards": `{"Effect":"Allow","Action":"s3:` + repeat("*a", 100) + `","Resource":"*"}`,
		"many resources":         `{"Effect":"Allow","Action":"s3:*","Resource":["*"` + many.String() + `]},{"Effect":"Deny","Action":"s3:*","NotResource":["arn:aws:s3:::x"` + many.String() + `]}`,
		"many wide actions":      `{"Effect":"Allow","Action":["*"` + repeat(`,"*:?*a*"`, 50_000) + `],"Resource":"*"}`,
		"deep variables":         `{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::` + repeat("${aws:username}*", 20_000) + `"}`,
	} {
		start := time.Now()
		d, err := Parse("odd", Identity, []byte(`{"Version":"2012-10-17","Statement":[`+statements+`]}`))
		if err != nil {
			continue // refused is an answer
		}
		a := Analyze(&Subject{Name: "alice", Account: "123456789012", Identity: []*Document{d}})
		a.Findings()
		a.Leaks(Console)
		if a.Paths[Console].Verdict == Enforced {
			t.Errorf("%s: got enforced", name)
		}
		if took := time.Since(start); took > 20*time.Second {
			t.Errorf("%s: took %v, want less than 20 s", name, took)
		}
	}
}
