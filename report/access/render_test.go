package access_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"html"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"sekisho/audit/access"
	"sekisho/audit/account"
	"sekisho/audit/emulator"
	"sekisho/audit/message"
	report "sekisho/report/access"
	"sekisho/report/format"
	"sekisho/report/sanitize"
)

const (
	prefix  = "arn:aws:iam::123456789012:"
	hostile = "x\"]\n\x1b[31m%%{init}%%<b>`\u202e"
)

// paths has somebody of every standing; who is called by a hostile name does so in a way that is told by it.
func paths() report.Paths {
	alice, boss := prefix+"user/alice", prefix+"role/boss"
	step := access.Step{ID: "assume-role", From: alice, To: boss, How: message.New("assumes %s", hostile), Actions: []string{"sts:AssumeRole"}, By: []string{hostile}}
	sure, on := step, step
	limited := step
	limited.To, limited.Sure = prefix+"role/limited", true
	sure.Sure, on.On = true, message.New("a function that has %s", hostile)
	return report.Paths{Ascents: &access.Ascents{
		Account: &account.Account{ID: "123456789012", Partition: "aws", CallerARN: prefix + "user/" + hostile, TakenAt: time.Date(2026, 11, 22, 5, 0, 0, 0, time.UTC)},
		Outside: []access.Ascent{{ARN: "somebody at " + hostile, Who: message.New("somebody at %s", hostile), Standing: access.MayAscend,
			Chain: &access.Chain{To: boss, Steps: []access.Step{{ID: "assume-role", From: "somebody at " + hostile, To: boss, How: message.New("assumes role/boss"), Actions: []string{"sts:AssumeRole"}}}}}},
		Gaps: []message.Message{message.New("the list of roles is not complete: %s", hostile)},
		List: []access.Ascent{
			{ARN: alice, Standing: access.CanAscend, Chain: &access.Chain{To: boss, Sure: true, Steps: []access.Step{sure}}},
			{ARN: alice, Standing: access.CanAscend, Chain: &access.Chain{To: boss, Sure: true, Steps: []access.Step{sure}}},
			{ARN: alice, Standing: access.MayAscend, Chain: &access.Chain{To: boss, Steps: []access.Step{step, on}}},
			{ARN: prefix + "user/maybe", Standing: access.MayAscend, Chain: &access.Chain{To: prefix + "user/maybe"}},
			{ARN: alice, Standing: access.MayAscend, Chain: &access.Chain{To: prefix + "role/limited", Steps: []access.Step{limited}}},
			{ARN: prefix + "user/" + hostile, Standing: access.Undetermined, Why: message.New("%s", hostile)},
			{ARN: prefix + "role/root", Standing: access.Already},
			{ARN: prefix + "role/linked", Standing: access.Inapplicable, Why: message.New("service-linked")},
			{ARN: prefix + "role/poor", Standing: access.CannotAscend},
		},
	}}
}

func render(t *testing.T, name string) string {
	t.Helper()
	return renderOf(t, name, paths())
}

func renderOf(t *testing.T, name string, of report.Paths) string {
	t.Helper()
	f, err := report.Formats().Named(name)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := f.Render(&out, of, format.Options{Width: 100}); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// Each format tells of each standing, and what a way hangs on.
func TestEveryStandingIsTold(t *testing.T) {
	t.Parallel()
	for name, wanted := range map[string][]string{
		"table": {
			"user/alice can become an administrator in 1 step\n", "user/alice can possibly become an administrator in 2 steps\n",
			"possibly: it hangs on conditions of which nothing is known\n", "possibly: it hangs on a function that has ",
			"user/maybe is possibly an administrator already\n  possibly: what user/maybe may do hangs on conditions", "not known: ", "possibly: what role/limited may do hangs on conditions", "role/root is an administrator already\n",
			"role/linked is not judged: service-linked\n", "role/poor can't become an administrator\n", "Note: the list of roles is not complete",
		},
		"dot": {
			`n1 -> n2 [label="assumes x`, `, style=dashed];`, `n2 -> n3 [label="has all rights"];`, `n4 -> n3 [label="has all rights", style=dashed];`, `n5 -> n3 [label="has all rights", style=dashed];`,
			"not known", `[label="role/poor can&#39;t become an administrator"];`, "list of roles is not complete",
		},
		"mermaid": {
			`n1 -->|"assumes x`, `n1 -.->|"assumes x`, `n2 -->|"has all rights"| n3`, `n4 -.->|"has all rights"| n3`, "not known",
			`["role/poor can#39;t become an administrator"]`, "list of roles is not complete",
		},
	} {
		got := render(t, name)
		for _, want := range wanted {
			if !strings.Contains(got, want) {
				t.Errorf("%s: got\n%s\nwant %q in it", name, got, want)
			}
		}
	}
	var read struct {
		Paths []struct {
			Status string
			Steps  []struct {
				By      []string
				Sure    bool
				HangsOn string `json:"hangs_on"`
			}
		}
	}
	if err := json.Unmarshal([]byte(render(t, "json")), &read); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, p := range read.Paths {
		got = append(got, p.Status)
	}
	if want := "can can possible possible possible unknown administrator not_applicable cannot"; strings.Join(got, " ") != want {
		t.Errorf("got %q, want %s", got, want)
	}
	if s := read.Paths[2].Steps; s[0].Sure || s[0].HangsOn == "" || !strings.HasPrefix(s[1].HangsOn, "a function") || s[0].By[0] != hostile {
		t.Errorf("got the steps %+v, want what each hangs on, and its statements", s)
	}
}

// A way that two have in common is drawn once.
func TestEdgesAreDrawnOnce(t *testing.T) {
	t.Parallel()
	if got := render(t, "dot"); strings.Count(got, "n1 -> n2 ") != 2 { // sure, and possible
		t.Errorf("got\n%s\nwant each edge once", got)
	}
}

// Names can't steer a terminal, end a label, or be directives of a graph.
func TestNamesAreHarmless(t *testing.T) {
	t.Parallel()
	for _, name := range report.Formats().Names() {
		got := render(t, name)
		unwanted := []string{"\x1b", "\u202e"}
		if name == "html" {
			unwanted = append(unwanted, "<b>", "<script")
		}
		if name == "dot" || name == "mermaid" {
			unwanted = append(unwanted, `x"`, "%%", "<b>", "`", "{init")
		}
		for _, text := range unwanted {
			if strings.Contains(got, text) {
				t.Errorf("%s: got %q in\n%s", name, text, got)
			}
		}
	}
}

var errFull = errors.New("no space left on device")

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errFull }

func TestErrorsOfTheWriterAreTold(t *testing.T) {
	t.Parallel()
	for _, f := range report.Formats() {
		if err := f.Render(io.Writer(full{}), paths(), format.Options{}); !errors.Is(err, errFull) {
			t.Errorf("%s: got %v, want the writer's error", f.Name, err)
		}
	}
}

// The list of the page says what the JSON says: each way, step by step, with actions, statements and what it hangs on.
func TestTheListOfThePageSaysItAll(t *testing.T) {
	t.Parallel()
	type answer struct {
		Paths, Outside []struct {
			Principal string
			Steps     []struct {
				How         string
				Actions, By []string
				HangsOn     string `json:"hangs_on"`
			}
			HangsOn string `json:"hangs_on"`
		}
	}
	demo := report.Paths{Ascents: ascents(t)}
	for name, of := range map[string]report.Paths{"hostile": paths(), "demo": demo} {
		var read answer
		if err := json.Unmarshal([]byte(renderOf(t, "json", of)), &read); err != nil {
			t.Fatal(err)
		}
		_, list, _ := strings.Cut(renderOf(t, "html", of), `<ol class="chains">`)
		entries := strings.Split(html.UnescapeString(list), "<summary")[1:]
		all := append(read.Outside, read.Paths...)
		for i, p := range all {
			wanted := []string{p.Principal[strings.Index(p.Principal, "/")+1:]}
			for _, s := range p.Steps {
				wanted = append(append(append(append(wanted, s.How), s.Actions...), s.By...), s.HangsOn)
			}
			wanted = append(wanted, p.HangsOn)
			if !slices.ContainsFunc(entries, func(entry string) bool {
				for _, want := range wanted {
					var found bool
					if _, entry, found = strings.Cut(entry, string(sanitize.Terminal(want))); !found {
						return false
					}
				}
				return true
			}) {
				t.Errorf("%s: way %d: got no entry that says, in this order, %q", name, i+1, wanted)
			}
		}
		if len(all) < 5 || name == "demo" && len(entries) != len(all) {
			t.Errorf("%s: got %d ways and %d entries, want all of the account", name, len(all), len(entries))
		}
	}
}

func ascents(t *testing.T) *access.Ascents {
	t.Helper()
	list, err := access.New(account.New(emulator.Demo(time.Date(2026, 11, 22, 5, 0, 0, 0, time.UTC)))).Ascents(nil, "")
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// The page of ways to somebody else speaks of them, and of no administrator.
func TestThePageSpeaksOfTheTarget(t *testing.T) {
	t.Parallel()
	of := paths()
	of.To = prefix + "role/boss"
	of.List = of.List[:1]
	out := renderOf(t, "html", of)
	for _, want := range []string{"<h1>Who can become role/boss</h1>", ">role/boss</text>", ">user/alice can become role/boss in 1 step</summary>", "can become role/boss, 0 possibly"} {
		if !strings.Contains(out, want) {
			t.Errorf("got no %q", want)
		}
	}
	if strings.Contains(out, "dministrator") {
		t.Errorf("got %s, want nothing of administrators", out)
	}
}
