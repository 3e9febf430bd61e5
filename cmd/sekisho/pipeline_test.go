package main

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"testing"
	"time"

	"sekisho/audit"
	"sekisho/audit/account"
	"sekisho/audit/emulator"
	"sekisho/audit/rules"
	"sekisho/config"
)

// Which rules that sweep are left to a deep run: in a standard run that was asked for, all but those whose very ID was
// asked for; else not those either that a framework needs.
func TestWhichRulesAreDeepOnly(t *testing.T) {
	t.Parallel()
	const fsbp, regions, users = "fsbp", "access-analyzer", "ssh-key-age"
	tests := map[string]struct {
		settings config.Settings
		want     []string // of regions and users
	}{
		"auto":                              {config.Settings{Depth: audit.DepthAuto}, []string{regions, users}},
		"auto, for a framework":             {config.Settings{Depth: audit.DepthAuto, Frameworks: []string{fsbp}}, []string{users}},
		"deep, for a framework":             {config.Settings{Depth: audit.DepthDeep, Frameworks: []string{fsbp}}, []string{users}},
		"standard, for a framework":         {config.Settings{Depth: audit.DepthStandard, Frameworks: []string{fsbp}}, []string{regions, users}},
		"auto, named":                       {config.Settings{Depth: audit.DepthAuto, Rules: []string{regions, users}}, nil},
		"standard, named":                   {config.Settings{Depth: audit.DepthStandard, Rules: []string{users, "*"}}, []string{regions}},
		"standard, named, for a framework":  {config.Settings{Depth: audit.DepthStandard, Rules: []string{regions, users}, Frameworks: []string{fsbp}}, nil},
		"standard, matched by a glob":       {config.Settings{Depth: audit.DepthStandard, Rules: []string{"ssh-*", "access-a*"}}, []string{regions, users}},
		"standard, left out all the same":   {config.Settings{Depth: audit.DepthStandard, Rules: []string{"*"}, SkipRules: []string{users}}, []string{regions}},
		"auto, with only others to be read": {config.Settings{Depth: audit.DepthAuto, Rules: []string{"root"}}, nil},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			selection, _, err := selectRules(&config.Config{Settings: test.settings})
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, r := range selection.DeepOnly {
				if !slices.Contains(selection.Rules, r) {
					t.Errorf("got %s for a deep run only, and not selected; want it among the selected", r.ID)
				}
				if r.ID == regions || r.ID == users {
					got = append(got, r.ID)
				}
			}
			slices.Sort(got)
			if !slices.Equal(got, test.want) {
				t.Errorf("got %q for a deep run only, want %q", got, test.want)
			}
		})
	}
}

// What a deep run alone looks at is read with the rest only where a deep run was asked for.
func TestSectionsOfADeepRun(t *testing.T) {
	t.Parallel()
	for depth, want := range map[audit.Depth]bool{audit.DepthStandard: false, audit.DepthAuto: false, audit.DepthDeep: true} {
		selection, _, err := selectRules(&config.Config{Settings: config.Settings{Depth: depth}})
		if err != nil {
			t.Fatal(err)
		}
		sections := sectionsFor(certain(selection, depth), rules.Points())
		if got := slices.Contains(sections, account.AccessAnalyzersSection); got != want {
			t.Errorf("%s: got the analyzers read with the rest: %t, want %t", depth, got, want)
		}
		if !slices.Contains(sections, account.CredentialReportSection) {
			t.Errorf("%s: got no credential report, want it", depth)
		}
	}
}

// The rules judge a snapshot once that nothing more is wanted of: what they said as it was looked at last is the report, to the last
// word that of an account that is judged by itself. Of any other snapshot they said nothing.
func TestWhatIsWantedOfLastIsJudgedOnce(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 22, 5, 0, 0, 0, time.UTC)
	part, whole := emulator.Demo(now), emulator.Demo(now)
	part.PerUser = map[string]*account.UserAnswers{}
	c, err := config.Load(config.Sources{})
	if err != nil {
		t.Fatal(err)
	}
	report := func(judged *account.Snapshot, forget bool) (data []byte, asked int) {
		e, err := examinationOf(t.Context(), c, func(o *audit.Options) {
			o.DueDays, o.Interrupted = 30, func() bool { asked++; return false }
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := e.read(t.Context(), func(_ context.Context, _ []account.Section, wants func(*account.Snapshot) []account.Want) (*account.Snapshot, error) {
			if len(wants(part)) == 0 || e.begun.judgement != nil {
				t.Errorf("got a judgement kept of a part of the account: %t, or nothing wanted of it; want more", e.begun.judgement != nil)
			}
			if more := wants(whole); len(more) > 0 {
				t.Errorf("got %v wanted of the whole account, want nothing", more)
			}
			return whole, nil
		}); err != nil {
			t.Fatal(err)
		}
		if forget {
			e.begun = begun{}
		}
		asked = 0
		r, on := e.judge(judged)
		if on == nil || e.begun.judgement != nil {
			t.Error("got nothing that fixes are made of, or a judgement kept for another report")
		}
		if data, err = json.Marshal(r); err != nil {
			t.Fatal(err)
		}
		return data, asked
	}
	got, once := report(whole, false)
	want, twice := report(whole, true)
	if !bytes.Equal(got, want) {
		t.Errorf("got a report of %d bytes that differs from one of %d of what is judged by itself", len(got), len(want))
	}
	if _, other := report(emulator.Demo(now), false); once >= twice/2 || other != twice {
		t.Errorf("got the rules go on %d times where they had judged, %d where they hadn't, and %d of another snapshot; want them to judge once", once, twice, other)
	}
}
