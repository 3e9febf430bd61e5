package html_test

import (
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"sekisho/audit"
	"sekisho/audit/message"
	"sekisho/report/html"
)

func TestPageIsWellFormed(t *testing.T) {
	t.Parallel()
	for name, r := range map[string]*audit.Report{"sample": sample(), "empty": {}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			page := parse(t, render(t, r))
			if page.lang != "en" {
				t.Errorf("got lang %q, want en", page.lang)
			}
			for _, element := range []string{"main", "nav", "header", "footer", "h1"} {
				if got := page.elements[element]; got == 0 || got > 1 && element != "header" {
					t.Errorf("got %d <%s>, want one", got, element)
				}
			}
			for id, n := range page.ids {
				if n != 1 {
					t.Errorf("got the id %q %d times, want it once", id, n)
				}
			}
			for _, ref := range page.references {
				if page.ids[ref] == 0 {
					t.Errorf("got a reference to #%s, which is not in the page", ref)
				}
			}
		})
	}
}

func TestPolicyAllowsJustTheInlineStyleAndScript(t *testing.T) {
	t.Parallel()
	out := render(t, sample())
	policy := regexp.MustCompile(`http-equiv="Content-Security-Policy" content="([^"]*)"`).FindStringSubmatch(out)
	if policy == nil {
		t.Fatal("got no Content-Security-Policy")
	}
	got := strings.NewReplacer("&#39;", "'", "&#43;", "+").Replace(policy[1])
	want := fmt.Sprintf("default-src 'none'; style-src '%s'; script-src '%s'; base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
		digest(inside(t, out, "style")), digest(inside(t, out, "script")))
	if got != want {
		t.Errorf("got policy\n%s\nwant\n%s", got, want)
	}
	if strings.Contains(out, "ZgotmplZ") {
		t.Error("html/template refused a value")
	}
}

func TestNothingIsFetched(t *testing.T) {
	t.Parallel()
	out := render(t, sample())
	page := parse(t, out)
	for _, attribute := range page.attributes {
		name, value := attribute.Name.Local, attribute.Value
		switch {
		case name == "src" || name == "srcset" || name == "style" || name == "action" || strings.HasPrefix(name, "on"):
			t.Errorf("got attribute %s=%q, want none of its kind", name, value)
		case name == "href" && !strings.HasPrefix(value, "#") && value != "https://acme-kk.signin.aws.amazon.com/console":
			t.Errorf("got a link to %q, want only places in the page and the sign-in page", value)
		}
	}
	for _, element := range []string{"link", "img", "iframe", "object", "embed", "form", "base"} {
		if page.elements[element] != 0 {
			t.Errorf("got a <%s>, want none", element)
		}
	}
	for _, element := range []string{"style", "script"} {
		for _, fetch := range []string{"http:", "https:", "//fonts", "@import", "fetch(", "XMLHttpRequest", "innerHTML", "url(/", "url(\""} {
			if strings.Contains(inside(t, out, element), fetch) {
				t.Errorf("got %q in the <%s>", fetch, element)
			}
		}
	}
}

func TestTheWholeReportIsInThePage(t *testing.T) {
	t.Parallel()
	r := sample()
	want := []string{r.Account.ID, "Alias" + *r.Account.Alias, r.Caller, "2026-11-22 05:00 UTC", "2026-11-22 03:10 UTC", "1 h 50 min old", r.Account.SignInURL, "Demo.",
		"3 of 5", r.Configuration.Source, r.Configuration.SHA256, "group-not-empty", "ci-*, tag:kind=machine", "444455556666", "access_key_max_age_days", "sekisho 1.2.3", r.Schema,
		"17 in all", "throttled 2 times", "retried 3 times"}
	r.Findings[0].Steps = []audit.FindingStep{{Message: "rotate it", Command: "aws iam do-it --to 'all'", Files: map[string]string{"guard.json": "{the document}"}}, {Message: "watch", Console: []message.Message{message.New("look at the console")}}}
	page := parse(t, render(t, r))
	want = append(want, "rotate itaws iam do-it --to 'all'", "guard.json:", "{the document}", "watch", "look at the console")
	for _, f := range r.Findings {
		want = append(want, f.Message, f.Resource, f.Item)
		for _, n := range f.Notes {
			want = append(want, n.String())
		}
		for _, e := range f.Evidence {
			want = append(want, e.Name, e.Value, e.Source, e.ObservedAt.Format("2006-01-02 15:04"))
		}
	}
	for _, item := range r.SecurityStatus.Items {
		want = append(want, item.Title, item.Message)
	}
	for _, rule := range r.Rules {
		want = append(want, rule.ID, rule.Title, rule.Why, "How of "+rule.ID, "Fix of "+rule.ID)
		for _, c := range rule.Controls {
			want = append(want, c.Framework+" "+c.ID)
		}
		want = append(want, r.Passed[rule.ID].Resources...)
		for _, n := range r.NotApplicable[rule.ID] {
			want = append(append(want, n.Reason), n.Resources...)
		}
	}
	for _, n := range r.NotSelected {
		want = append(want, n.Rule)
		if n.Cost == nil {
			want = append(want, n.Reason)
		}
	}
	want = append(want, "ssh-key-agea call for each user, about 4,321 calls and 15 min", "cost-center", "build-*: access_key_max_age_days 30, user_inactive_days 7", "every user asked for live, but not all was answered",
		"must change it at the next sign-in", "login-profile of 2 users", "access-analyzers in eu-west-1", "1 of 2 excepted", "of them excepted", "1 of 2 asks for something")
	for _, e := range r.Exceptions {
		want = append(want, e.Reason, e.Owner, e.Ticket, e.UniqueID, e.Expires.Format(time.DateOnly), e.Note)
	}
	for _, u := range r.Users {
		want = append(append(want, u.Name), u.Groups...)
		for _, k := range u.AccessKeys {
			want = append(want, k.ID)
		}
	}
	for _, p := range r.AccessPaths.Paths {
		want = append(want, p.Principal[strings.LastIndex(p.Principal, "/")+1:], p.Reason)
		for _, s := range p.Steps {
			want = append(append(append(want, s.How, s.HangsOn), s.Actions...), s.By...)
		}
	}
	want = append(want, r.AccessPaths.Gaps[0].String())
	for _, e := range r.Enforcement {
		want = append(want, e.Name, e.Reason)
	}
	for _, g := range r.Gaps {
		want = append(want, string(g.Section), g.Resource, g.Action, g.Code, strings.ReplaceAll(g.Message, "user "+g.Resource, "user …"))
	}
	for _, d := range r.Declined {
		want = append(append(want, d.Reason), d.Users...)
	}
	for action := range r.Calls.ByAction {
		want = append(want, action)
	}
	for _, note := range r.Notes {
		want = append(want, note.String())
	}
	for service, endpoint := range r.Endpoints {
		want = append(want, endpoint+" ("+service+")")
	}
	want = append(want, "sts:GetCallerIdentity", "passkey or FIDO key", "kind not known", "mfa/hanako-phone since 2025-10-18", "active, 412 d old used 2026-11-21 s3 ap-northeast-1", "inactive, 700 d old use not known")
	for _, text := range want {
		if !strings.Contains(page.text, text) {
			t.Errorf("%q is not in the page", text)
		}
	}
}

// A report that was never filled in must not look like a good one.
func TestAnEmptyReportClaimsNoPass(t *testing.T) {
	t.Parallel()
	text := parse(t, render(t, &audit.Report{})).text
	for _, want := range []string{"0 of 0", "No rule ran.", "Nothing passed.", "No users were seen.", "There is no user to say it of."} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in the page", want)
		}
	}
	if strings.Contains(text, "Demo.") {
		t.Error("got the demo's banner for a report that is not the demo's")
	}
}

func TestHostileStringsComeOutHarmless(t *testing.T) {
	t.Parallel()
	for _, hostile := range []string{
		`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `' onmouseover='alert(1)`, `</style></script><svg onload=alert(1)>`,
		"a\u202Egnp.exe\u2066", "a\x1b[31m\x07\x00", "a\u200Bb\uFEFF\u2028", "bad\xffutf", "{{.Style}}", "javascript:alert(1)", "`", "```", "%s%d%!",
	} {
		t.Run(fmt.Sprintf("%q", hostile), func(t *testing.T) {
			t.Parallel()
			calm, wild := sample(), sample()
			poison(reflect.ValueOf(wild), hostile)
			poison(reflect.ValueOf(calm), "calm")
			out := render(t, wild)
			page, want := parse(t, out), parse(t, render(t, calm))
			for _, element := range []string{"script", "style", "img", "svg", "li", "td"} {
				if got := page.elements[element]; got != want.elements[element] {
					t.Errorf("got %d <%s>, want %d as for harmless strings", got, element, want.elements[element])
				}
			}
			for _, attribute := range page.attributes {
				if strings.HasPrefix(attribute.Name.Local, "on") || attribute.Name.Local == "href" && !strings.HasPrefix(attribute.Value, "#") {
					t.Errorf("got attribute %s=%q", attribute.Name.Local, attribute.Value)
				}
			}
			if i := strings.IndexFunc(out, func(r rune) bool {
				return r < ' ' && r != '\n' || r >= 0x7F && r < 0xA0 || r >= 0x200B && r <= 0x200F || r >= 0x2028 && r <= 0x202E || r >= 0x2066 && r <= 0x2069 || r == 0xFEFF
			}); i >= 0 {
				t.Errorf("got a character that can't be seen in %q", out[max(0, i-80):min(len(out), i+40)])
			}
			if strings.Contains(out, "\xff") {
				t.Error("got bytes that are not UTF-8")
			}
		})
	}
}

func TestSignInAddressThatIsNoneIsNoLink(t *testing.T) {
	t.Parallel()
	r := sample()
	r.Account.SignInURL = "javascript:alert(1)"
	for _, attribute := range parse(t, render(t, r)).attributes {
		if attribute.Name.Local == "href" && !strings.HasPrefix(attribute.Value, "#") {
			t.Errorf("got a link to %q", attribute.Value)
		}
	}
}

func TestSameReportGivesTheSameBytes(t *testing.T) {
	t.Parallel()
	first := render(t, sample())
	for range 5 {
		if again := render(t, sample()); again != first {
			t.Fatal("got other bytes from the same report")
		}
	}
}

// The largest account possible has 5,000 users. What is folded is written compactly, and what the page leaves out it
// says, with the number.
func TestTheLargestAccountStaysSmall(t *testing.T) {
	t.Parallel()
	r := large(5000, 12000)
	out := render(t, r)
	if limit := 5_000_000; len(out) > limit {
		t.Errorf("got %d bytes, want at most %d", len(out), limit)
	}
	if elements := strings.Count(out, "<") - strings.Count(out, "</"); elements > 40_000 {
		t.Errorf("got %d elements, want 40000 at most", elements)
	}
	for _, u := range r.Users {
		if !strings.Contains(out, "<code>"+u.Name+"</code>") && !strings.Contains(out, "\n"+u.Name+" | ") && !strings.Contains(out, ">"+u.Name+" | ") {
			t.Fatalf("the user %s is not in the page", u.Name)
		}
	}
	for _, want := range []string{
		"10,000 of 12,000 findings are here in a line without their evidence, and 1,970 not at all", "1,970 more findings of this rule are not in this page; JSON and CSV have all of them.",
		"4,800 more users, with milder failures or none, in a line each", "4,800 more users, in a line each", `<span class="who">6,000 users: employee-00000.department, `,
	} {
		if !strings.Contains(out, want) {
			t.Errorf("got no %q in the page", want)
		}
	}
	if got := strings.Count(out, "<li id=\"f"); got != 2*15 {
		t.Errorf("got %d findings with their evidence, want 30", got)
	}
	// Why and fix stand with the rule, not with each finding: once in its group, once among the rules.
	if got := strings.Count(out, "Why of console-mfa"); got != 2 {
		t.Errorf("got the reason of one rule %d times, want 2", got)
	}
}

func TestManyPassesNameTheFewOthers(t *testing.T) {
	t.Parallel()
	r := large(200, 0)
	passed := r.Passed["rule-00"]
	passed.Resources = slices.DeleteFunc(slices.Clone(passed.Resources), func(s string) bool { return s == "user/employee-00007.department" })
	r.Passed["rule-00"] = passed
	stray := r.Passed["rule-01"]
	stray.Resources = append(slices.Clone(stray.Resources[1:]), "user/somebody-else")
	r.Passed["rule-01"] = stray
	out := render(t, r)
	row := func(rule string) string {
		section := out[strings.Index(out, `<section id="passed"`):]
		_, row, _ := strings.Cut(section, "<code>"+rule+"</code>")
		row, _, _ = strings.Cut(row, "</details>")
		return row
	}
	if got := row("rule-00"); !strings.Contains(got, "but these:") || !strings.Contains(got, `<p class="names">user/employee-00007.department</p>`) {
		t.Errorf("got %s, want the one user that did not pass", got)
	}
	if got := row("rule-01"); strings.Contains(got, "Every user") || !strings.Contains(got, "user/somebody-else") {
		t.Errorf("got %.300s, want all the names, for one is not in the table", got)
	}
	if got := row("rule-02"); !strings.Contains(got, `Every user of the <a href="#users">table</a>.`) {
		t.Errorf("got %.300s, want every user", got)
	}
}

func TestWriterErrorIsReturned(t *testing.T) {
	t.Parallel()
	want := errors.New("disk full")
	if err := html.Render(brokenWriter{want}, sample()); !errors.Is(err, want) {
		t.Errorf("got error %v, want %v", err, want)
	}
}
