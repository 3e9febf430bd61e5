package report_test

import (
	"bytes"
	"encoding/json"
	"io"
	"runtime"
	"slices"
	"testing"

	"sekisho/audit"
	"sekisho/report"
)

type memory struct{ bytes.Buffer }

func (m *memory) WriteTo(w io.Writer) (int64, error) {
	n, err := w.Write(m.Bytes())
	return int64(n), err
}

// void forgets what it is told.
type void struct{ written int }

func (v *void) Write(p []byte) (int, error) {
	v.written += len(p)
	return len(p), nil
}
func (v *void) WriteTo(io.Writer) (int64, error) { return 0, nil }

// ofAccount is a report as that of another account.
func ofAccount(r *audit.Report, id string) *audit.Report {
	other := *r
	other.Account.ID = id
	return &other
}

// The verdicts of many accounts are those of each by itself, in one document.
func TestVerdictsOfManyAccounts(t *testing.T) {
	t.Parallel()
	r := bad()
	for name, one := range map[string]func(io.Writer, *audit.Report) error{"ocsf": report.OCSF, "asff": report.ASFF} {
		v := report.NewVerdicts(name, new(memory))
		var want []any
		for _, id := range []string{"111122223333", "222233334444"} {
			if err := v.Add(ofAccount(r, id)); err != nil {
				t.Fatal(err)
			}
			want = append(want, listOf(t, func(w io.Writer) error { return one(w, ofAccount(r, id)) })...)
		}
		for range 2 { // to a file, and to stdout
			got := listOf(t, func(w io.Writer) error { return v.Write(w, report.Whole{}) })
			if len(want) == 0 || !bytes.Equal(marshalled(t, got), marshalled(t, want)) {
				t.Errorf("%s: got %d verdicts that are not the %d of the accounts", name, len(got), len(want))
			}
		}
	}
}

func listOf(t *testing.T, write func(io.Writer) error) (list []any) {
	t.Helper()
	var out bytes.Buffer
	if err := write(&out); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(out.Bytes(), &list); err != nil {
		t.Fatal(err)
	}
	return list
}

func marshalled(t *testing.T, v any) []byte {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// SARIF of many accounts is one run, for code scanning takes twenty of a file at most.
func TestSARIFOfManyAccountsIsOneRun(t *testing.T) {
	t.Parallel()
	v, ids := report.NewVerdicts("sarif", new(memory)), []string{"111122223333", "222233334444"}
	for _, id := range ids {
		if err := v.Add(ofAccount(bad(), id)); err != nil {
			t.Fatal(err)
		}
	}
	var out bytes.Buffer
	if err := v.Write(&out, report.Whole{ID: "run", Properties: map[string]any{"summary": 1}}); err != nil {
		t.Fatal(err)
	}
	var got struct {
		Runs []struct {
			Tool struct {
				Driver struct {
					Rules []struct {
						ID         string
						Properties struct{ Fail, Unknown int }
					}
				}
			}
			Invocations []struct{ ExecutionSuccessful bool }
			Results     []struct {
				RuleID              string
				RuleIndex           int
				PartialFingerprints map[string]string
				Suppressions        *[]any
				Locations           []struct {
					LogicalLocations []struct{ Name, Kind string }
				}
			}
		}
	}
	if err := json.Unmarshal(out.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if len(got.Runs) != 1 || got.Runs[0].Invocations[0].ExecutionSuccessful {
		t.Fatalf("got %d runs, want one, and that not a success", len(got.Runs))
	}
	run := got.Runs[0]
	failing, seen := map[string]int{}, map[string]bool{}
	for _, result := range run.Results {
		id := result.PartialFingerprints["sekishoAccount/v1"]
		logical := result.Locations[0].LogicalLocations
		if !slices.Contains(ids, id) || logical[len(logical)-1].Name != id || logical[len(logical)-1].Kind != "account" || result.Suppressions == nil {
			t.Errorf("got %+v, want its account in fingerprint and place, and whether it is suppressed", result)
		}
		if run.Tool.Driver.Rules[result.RuleIndex].ID != result.RuleID {
			t.Errorf("got the rule %d for %s", result.RuleIndex, result.RuleID)
		}
		if seen[result.PartialFingerprints["sekisho/v1"]] {
			t.Errorf("got the fingerprint of %s twice", result.RuleID)
		}
		seen[result.PartialFingerprints["sekisho/v1"]] = true
		failing[result.RuleID]++
	}
	for _, rule := range run.Tool.Driver.Rules {
		if failing[rule.ID] != rule.Properties.Fail+rule.Properties.Unknown {
			t.Errorf("%s: got %d results, want as many as it counts in both accounts: %+v", rule.ID, failing[rule.ID], rule.Properties)
		}
	}
}

// However many accounts there are, nothing of them stays in memory.
func TestVerdictsKeepNothing(t *testing.T) {
	r := bad()
	spool := new(void)
	v := report.NewVerdicts("sarif", spool)
	live := func(accounts int) uint64 {
		for range accounts {
			if err := v.Add(r); err != nil {
				t.Fatal(err)
			}
		}
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	few := live(10)
	before := spool.written
	many := live(200)
	if many > few+1<<17 || spool.written < 15*before {
		t.Errorf("got %d bytes alive after 210 accounts and %d after 10, want no more; %d were written", many, few, spool.written)
	}
}
