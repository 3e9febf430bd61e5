package main

import (
	"slices"
	"testing"

	"sekisho/audit"
	"sekisho/audit/account"
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
