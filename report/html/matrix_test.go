package html_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"sekisho/audit"
)

// matrixRow is the markup of one user in the matrix.
func matrixRow(t *testing.T, out, name string) string {
	t.Helper()
	_, section, _ := strings.Cut(out, `<section id="mfa"`)
	section, _, _ = strings.Cut(section, "</section>")
	for row := range strings.SplitSeq(section, "<tr ") {
		if strings.Contains(row, "<code>"+name+"</code></th>") {
			return row
		}
	}
	t.Fatalf("%s is not in the matrix", name)
	return ""
}

func TestMatrixShowsEachVerdictByWordAndClass(t *testing.T) {
	t.Parallel()
	out := render(t, sample())
	for name, want := range map[string][]string{
		"contractor-of-the-summer-project-with-a-long-name-of-64-ch": {`class="long"`, `class="bad">none`, `"v enforced">enforced`, `"v lacking">none`, `"v admin-no">no`, "no device yet: anyone who has the password can enrol one"},
		"deploy": {`"v lacking">none`, `"v leaky">leaks`, "s3, ec2, dynamodb, sqs and 10 more (651 actions)", "<b>sns</b> 44: sns:CreateThing", "(possibly)",
			"by <code>Force-MFA-2#DenyAllExceptListedIfNoMFA</code>, <code>Department-2#0</code>", "<li>and xray, batch</li>"},
		"hanako": {"#d-virtual", " virtual<", "#d-fido", " passkey<", `"v asked">AWS asks`, `"v not_enforced">not enforced`, `"v admin-yes">yes`, "all that is open with MFA"},
		"kenji":  {"#d-hardware", " hardware (2)<", "#d-sms", " SMS<", "#d-other", " other<", `"v admin-possibly">possibly`},
		"taro":   {`class="bad">none`, `"v maybe">may leak`, `"v no_access">no access`, "By the console, possibly:"},
		"yuki":   {`class="vague">unknown`, `"v unknown">unknown`, "not known: the policy Force-MFA could not be read"},
	} {
		row := matrixRow(t, out, name)
		for _, part := range want {
			if !strings.Contains(row, part) {
				t.Errorf("%s: got no %s in\n%s", name, part, row)
			}
		}
	}
	if want := `MFA on each way in <span class="n">6</span>`; !strings.Contains(out, want) {
		t.Errorf("got no %s among the contents", want)
	}
	if want := "2 have an MFA device, of 1 it is not known"; !strings.Contains(out, want) {
		t.Errorf("got no %q", want)
	}
}

// Each class of a cell has a line in the legend, and a sign of its own in the styles, so that none tells by colour
// alone.
func TestMatrixExplainsAndMarksEachVerdict(t *testing.T) {
	t.Parallel()
	out := render(t, sample())
	_, section, _ := strings.Cut(out, `<section id="mfa"`)
	style := inside(t, out, "style")
	classes := map[string]bool{}
	for _, match := range regexp.MustCompile(`<td role="cell" class="v ([a-z_-]+)"`).FindAllStringSubmatch(section, -1) {
		classes[match[1]] = true
	}
	if len(classes) < 10 {
		t.Errorf("got the classes %v, want one at least of each verdict", classes)
	}
	for class := range classes {
		if !strings.HasPrefix(class, "admin-") && !strings.Contains(section, `<dt class="v `+class+`">`) {
			t.Errorf("got no line for %s in the legend", class)
		}
		if !strings.Contains(style, ".v."+class+"::before") {
			t.Errorf("got no sign for %s", class)
		}
	}
}

func TestReportWithoutTheMatrixSaysSo(t *testing.T) {
	t.Parallel()
	r := sample()
	r.Enforcement = nil
	if text := parse(t, render(t, r)).text; !strings.Contains(text, "Not judged: this report doesn't say whose policies enforce MFA.") {
		t.Error("got users and no word on why nothing is said of them")
	}
}

// A large page has rows of those with something to see to, and a line of each other user.
func TestLargeMatrixStaysSmall(t *testing.T) {
	t.Parallel()
	r := large(1000, 0)
	for i := range r.Enforcement {
		e := &r.Enforcement[i]
		e.Console, e.AccessKey = leaking(i), leaking(i)
		e.MFAActive, e.Kinds = new(bool), nil
	}
	out := render(t, r)
	if row := matrixRow(t, out, "employee-00199.department"); !strings.Contains(row, "by Force-MFA-199#DenyAllExceptListedIfNoMFA and 14 more") {
		t.Errorf("got %s, want what leaks", row)
	}
	for _, want := range []string{"<details class=\"rows\"><summary>800 more users, in a line each", "\nemployee-00999.department | none | leaks | leaks | "} {
		if !strings.Contains(out, want) {
			t.Errorf("got no %q in the page", want)
		}
	}
}

// A small page says it with each user, for a reader wants no detour.
func TestSmallMatrixRepeatsLeaks(t *testing.T) {
	t.Parallel()
	r := sample()
	r.Enforcement = nil
	for i := range 20 {
		r.Enforcement = append(r.Enforcement, enforcementOf(fmt.Sprintf("user-%d", i), 0, audit.EnforcedOnPath{Verdict: "leaky", Sure: true,
			Leaks: []audit.LeakRow{{Service: "s3", Actions: []string{"s3:GetObject"}, Count: 1, Sure: true, By: []string{"Data#0"}}}}))
	}
	if got := strings.Count(render(t, r), "<li><b>s3</b>: s3:GetObject by <code>Data#0</code></li>"); got != 20 {
		t.Errorf("got the leak %d times, want 20", got)
	}
}
