package access

import (
	"fmt"
	"strings"
	"testing"

	"sekisho/audit/policy"
)

// A policy far beyond AWS's limits must end in an answer in bounded time; every statement meets every other here.
func TestHugePolicyIsTooLarge(t *testing.T) {
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
	d := parseForTest(t, "huge", policy.Identity, []byte(text.String()))
	a := Analyze(&Subject{Name: "alice", Account: "123456789012", Identity: []*policy.Document{d}})
	if got := a.Findings(); len(got) != 4 || got[0].Status != FindingUnknown {
		t.Errorf("got findings %+v, want four unknown ones", got)
	}
	if got := a.Paths[Console].Verdict; got != Undecided || !a.TooLarge {
		t.Errorf("got %v, too large %v, want unknown and true", got, a.TooLarge)
	}
}

// Many statements that are alike are no burden.
func TestLongPolicyIsAnalysed(t *testing.T) {
	t.Parallel()
	text := strings.Repeat(`{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::a/*"},{"Effect":"Deny","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"},`, 5000)
	d := parseForTest(t, "long", policy.Identity, []byte(`{"Version":"2012-10-17","Statement":[`+strings.TrimSuffix(text, ",")+`]}`))
	a := Analyze(&Subject{Name: "alice", Account: "123456789012", Identity: []*policy.Document{d}})
	if got := a.Paths[Console].Verdict; got != NotEnforced {
		t.Errorf("got %v, want not_enforced", got)
	}
	a.Findings()
	if got := a.Leaks(Console); len(got) != 1 || got[0].Service != "s3" {
		t.Errorf("got %+v, want s3", got)
	}
}

// Patterns that are long, many or full of wildcards end in an answer too.
func TestOddPatternsAreAnalysed(t *testing.T) {
	t.Parallel()
	repeat := func(text string, n int) string { return strings.Repeat(text, n) }
	var many strings.Builder
	for i := range 6_000 {
		fmt.Fprintf(&many, `,"arn:aws:s3:::b%d/*"`, i)
	}
	for name, statements := range map[string]string{
		"one long pattern":       `{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::` + repeat("*a", 100_000) + `"},{"Effect":"Deny","Action":"*","Resource":"arn:aws:s3:::` + repeat("*b", 100_000) + `"}`,
		"an action of wildcards": `{"Effect":"Allow","Action":"s3:` + repeat("*a", 100) + `","Resource":"*"}`,
		"many resources":         `{"Effect":"Allow","Action":"s3:*","Resource":["*"` + many.String() + `]},{"Effect":"Deny","Action":"s3:*","NotResource":["arn:aws:s3:::x"` + many.String() + `]}`,
		"many wide actions":      `{"Effect":"Allow","Action":["*"` + repeat(`,"*:?*a*"`, 10_000) + `],"Resource":"*"}`,
		"deep variables":         `{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::` + repeat("${aws:username}*", 5_000) + `"}`,
	} {
		d, err := policy.Parse("odd", policy.Identity, []byte(`{"Version":"2012-10-17","Statement":[`+statements+`]}`))
		if err != nil {
			continue // refused is an answer
		}
		a := Analyze(&Subject{Name: "alice", Account: "123456789012", Identity: []*policy.Document{d}})
		a.Findings()
		a.Leaks(Console)
		if a.Paths[Console].Verdict == Enforced {
			t.Errorf("%s: got enforced", name)
		}
	}
}

// What is dear to analyse in any other way is refused before it takes long: the verdict is unknown then, and never
// "enforced".
func TestDearPolicyIsTooLarge(t *testing.T) {
	t.Parallel()
	const withoutMFA = `"Condition":{"BoolIfExists":{"aws:MultiFactorAuthPresent":"false"}}`
	for name, test := range map[string]struct {
		n         int
		statement string // %[1]d is its number
	}{
		"wild services":                     {1_500, `{"Effect":"Allow","Action":"*","Resource":"arn:aws:*:*:*:*b%[1]d*"}`},
		"exceptions with variables":         {1_500, `{"Effect":"Allow","Action":"*","NotResource":"arn:aws:s3:::*b%[1]d*/${aws:username}*"}`},
		"MFA policies with exceptions":      {1_500, `{"Effect":"Deny","NotAction":"s3:Get%[1]d*","NotResource":"arn:aws:s3:::x%[1]d",` + withoutMFA + `}`},
		"MFA policies on much":              {8_000, `{"Effect":"Deny","NotAction":"s3:Get%[1]d*","Resource":"arn:aws:s3:::x%[1]d",` + withoutMFA + `}`},
		"unknown actions":                   {6_000, `{"Effect":"Allow","Action":"newthing:Get%[1]d","Resource":"*"}`},
		"one Allow and MFA policy in turns": {1_100, `{"Effect":"Allow","Action":"s3:*","Resource":"*"},{"Effect":"Deny","Action":"s3:*","Resource":"arn:aws:s3:::c%[1]d",` + withoutMFA + `}`},
		"Allows that others may cover":      {1_500, `{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::b%[1]d*"},{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::c%[1]d*","Condition":{"Bool":{"aws:MultiFactorAuthPresent":"true"}}}`},
		"Allows on resources of oneself":    {6_000, `{"Effect":"Allow","Action":"iam:*","Resource":["arn:aws:iam::*:user/b%[1]d","arn:aws:iam::*:user/${aws:username}%[1]d"]}`},
	} {
		var text strings.Builder
		for i := range test.n {
			fmt.Fprintf(&text, test.statement+",", i)
		}
		// The widest comes last, so that a search for what covers the others has to go through them all.
		text.WriteString(`{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::*"}`)
		d := parseForTest(t, name, policy.Identity, []byte(`{"Version":"2012-10-17","Statement":[`+text.String()+`]}`))
		a := Analyze(&Subject{Name: "alice", Account: "123456789012", Identity: []*policy.Document{d}})
		if got := a.Paths[Console].Verdict; got != Undecided || !a.TooLarge || a.Paths[AccessKey].Verdict != Undecided {
			t.Errorf("%s: got %v, too large %v, want unknown and true", name, got, a.TooLarge)
		}
	}
}

// A policy of AWS's size is judged, however much it is made of what is dear.
func TestPolicyOfOrdinarySizeIsJudged(t *testing.T) {
	t.Parallel()
	var text strings.Builder
	for i := range 200 {
		fmt.Fprintf(&text, `{"Effect":"Allow","Action":"ec2:*","NotResource":["arn:aws:ec2:*:*:instance/i-%d","arn:aws:ec2:*:*:volume/${aws:username}%[1]d*"]},`, i)
	}
	text.WriteString(`{"Effect":"Deny","NotAction":"iam:EnableMFADevice","Resource":"*","Condition":{"BoolIfExists":{"aws:MultiFactorAuthPresent":"false"}}}`)
	d := parseForTest(t, "ordinary", policy.Identity, []byte(`{"Version":"2012-10-17","Statement":[`+text.String()+`]}`))
	a := Analyze(&Subject{Name: "alice", Account: "123456789012", Identity: []*policy.Document{d}})
	if got := a.Paths[Console].Verdict; got != Enforced || a.TooLarge {
		t.Errorf("got %v, too large %v, want enforced", got, a.TooLarge)
	}
}

// A resource is as dear as the formats that its pattern is compared with: all there are, those of its service, or none.
func TestWhatResourcesCost(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][2]int{"*": {0, 0}, "arn:aws:*:b": {11, 22}, "arn:aws:s3:::b": {0, 0}} {
		if got := [2]int{measures(text, false), measures(text, true)}; got != want {
			t.Errorf("got %v for %s, and where it is excepted, want %v", got, text, want)
		}
	}
}
