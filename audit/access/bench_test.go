package access

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"testing"
	"time"

	"sekisho/audit/policy"
)

// benchPolicies makes policies as accounts have them: 10 statements each, with services' actions by name and wildcard,
// some resources of one's own, MFA policies and conditions.
func benchPolicies(b testing.TB, n int) []*policy.Document {
	rng := rand.New(rand.NewPCG(1, 2))
	c := policy.Actions()
	var docs []*policy.Document
	for i := range n {
		text := `{"Version":"2012-10-17","Statement":[`
		for j := range 10 {
			if j > 0 {
				text += ","
			}
			service := c.Services[rng.IntN(len(c.Services))].Name
			name := c.Names[rng.IntN(len(c.Names))]
			switch rng.IntN(10) {
			case 0, 1, 2:
				text += fmt.Sprintf(`{"Effect":"Allow","Action":["%s:Get*","%s:List*","%s"],"Resource":"*"}`, service, service, name)
			case 3, 4:
				text += fmt.Sprintf(`{"Effect":"Allow","Action":["s3:GetObject","s3:PutObject"],"Resource":["arn:aws:s3:::bucket-%d/*","arn:aws:s3:::bucket-%d"]}`, rng.IntN(500), rng.IntN(500))
			case 5:
				text += `{"Effect":"Allow","Action":["iam:*AccessKey*","iam:EnableMFADevice"],"Resource":"arn:aws:iam::*:user/${aws:username}"}`
			case 6:
				text += fmt.Sprintf(`{"Effect":"Allow","Action":"%s:*","Resource":"*","Condition":{"IpAddress":{"aws:SourceIp":"192.0.2.0/24"}}}`, service)
			case 7:
				text += fmt.Sprintf(`{"Effect":"Deny","Action":"%s:Delete*","Resource":"*"}`, service)
			case 8:
				text += fmt.Sprintf(`{"Effect":"Allow","Action":"%s","Resource":"arn:aws:%s:*:*:thing/%d/*"}`, name, service, rng.IntN(100))
			default:
				text += `{"Effect":"Allow","Action":"iam:CreateVirtualMFADevice","Resource":"arn:aws:iam::*:mfa/${aws:username}"}`
			}
		}
		docs = append(docs, parseForTest(b, fmt.Sprintf("policy-%d", i), policy.Identity, []byte(text+"]}")))
	}
	docs[0] = parseForTest(b, "admin", policy.Identity, []byte(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`))
	docs[1] = parseForTest(b, "mfa", policy.Identity, []byte(`{"Version":"2012-10-17","Statement":{"Effect":"Deny","NotAction":["iam:CreateVirtualMFADevice","iam:EnableMFADevice","sts:GetSessionToken"],"Resource":"*","Condition":{"BoolIfExists":{"aws:MultiFactorAuthPresent":"false"}}}}`))
	return docs
}

// BenchmarkAnalyze5000 judges 5,000 users in 50 groups, three groups each, that carry 300 policies of 10 statements,
// six policies a group, with all findings; half of the groups have the MFA policy, some have admin.
func BenchmarkAnalyze5000(b *testing.B) {
	docs := benchPolicies(b, 300)
	rng := rand.New(rand.NewPCG(3, 4))
	groups := make([][]*policy.Document, 50)
	for g := range groups {
		groups[g] = append(groups[g], docs[6*g:6*g+6]...)
		if g%2 == 0 {
			groups[g] = append(groups[g], docs[1])
		}
		if g%10 == 0 {
			groups[g] = append(groups[g], docs[0])
		}
	}
	now := time.Date(2026, 11, 22, 5, 0, 0, 0, time.UTC)
	subjects := make([]*Subject, 5000)
	for i := range subjects {
		s := &Subject{Name: fmt.Sprintf("user%d", i), Account: "123456789012", Tags: map[string]string{}, Now: now}
		for range 3 {
			s.Identity = append(s.Identity, groups[rng.IntN(len(groups))]...)
		}
		subjects[i] = s
	}
	policy.Actions()
	b.ReportAllocs()
	for b.Loop() {
		a := NewAnalyzer()
		out := a.AnalyzeAll(subjects)
		verdicts := map[Enforcement]int{}
		for _, analysis := range out {
			analysis.Findings()
			verdicts[analysis.Paths[AccessKey].Verdict]++
		}
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		b.ReportMetric(float64(m.HeapAlloc)/1e6, "MB-held")
		b.ReportMetric(float64(verdicts[NotEnforced]), "not-enforced")
		b.ReportMetric(float64(verdicts[Enforced]), "enforced")
		runtime.KeepAlive(out)
	}
}
