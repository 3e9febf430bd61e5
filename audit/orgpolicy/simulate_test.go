package orgpolicy

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"maps"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"sekisho/audit/policy"
)

var (
	simulator   = flag.String("simulator", "", "the folder of node's modules with @cloud-copilot/iam-simulate in it")
	simulations = flag.Int("simulations", 1000, "how many decisions are compared")
	firstOf     = flag.Uint64("first", 1, "the number of the first")
)

// simulation is a request with all policies, as @cloud-copilot/iam-simulate reads it.
type simulation struct {
	Request struct {
		Principal string `json:"principal"`
		Action    string `json:"action"`
		Resource  struct {
			Resource string `json:"resource"`
			Account  string `json:"accountId"`
		} `json:"resource"`
		Context map[string]any `json:"contextVariables"` // strings, and lists of them
	} `json:"request"`
	Identity []simulated `json:"identityPolicies"`
	Boundary []simulated `json:"permissionBoundaryPolicies,omitempty"`
	SCPs     []level     `json:"serviceControlPolicies"`
	RCPs     []level     `json:"resourceControlPolicies"`
}

type simulated struct {
	Name   string          `json:"name"`
	Policy json.RawMessage `json:"policy"`
}

type level struct {
	At       string      `json:"orgIdentifier"`
	Policies []simulated `json:"policies"`
}

// quirk is a way in which the simulator differs that is known.
type quirk int

const (
	bindsManager quirk = iota
	bindsServiceLinked
	shortNotResource
	shortInRCP
	unresolved
	together // several of them at once
)

// known say why they are right. One explains a difference only where a decision with it is that of the simulator.
var known = [...]string{
	bindsManager:       "policies of the organization don't bind the account that manages it, which the simulator isn't told",
	bindsServiceLinked: "they don't bind service-linked roles, which the simulator treats as other roles",
	shortNotResource:   "a NotResource with an ARN of fewer than six fields that is not the resource's says nothing to the simulator, which calls that conservative",
	shortInRCP:         "an ARN of fewer than six fields in a resource control policy is invalid to the simulator",
	unresolved:         "a NotResource with a variable that has no value says nothing to the simulator, even of what no value would make it match",
	together:           "several of these together",
}

// TestAgreesWithSimulator compares decisions under random trees of an organization's policies with those of another
// evaluator, which knows nothing of this one. make test-simulate runs it.
func TestAgreesWithSimulator(t *testing.T) {
	if *simulator == "" {
		t.Skip("make test-simulate compares")
	}
	cmd := exec.CommandContext(t.Context(), "node", "../../testdata/simulate/judge.js", *simulator)
	cmd.Stdin = &asked{next: *firstOf, end: *firstOf + uint64(*simulations)}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var complaints strings.Builder
	cmd.Stderr = &complaints
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	answers := bufio.NewScanner(out)
	answers.Buffer(nil, 1<<20)
	got, named, unexplained, compared := map[policy.Result]int{}, map[string]int{}, 0, 0
	for ; compared < *simulations && answers.Scan(); compared++ {
		of := newDice(*firstOf + uint64(compared)).roll()
		decision := of.decide(t)
		got[decision.Result]++
		theirs, why := answers.Text(), ""
		if theirs == spelled(decision) {
			continue
		}
		for q := range together + 1 {
			if why == "" && theirs == spelled(of.with(t, q)) {
				why = known[q]
			}
		}
		if named[why]++; why == "" {
			if unexplained++; unexplained <= 5 {
				text, _ := json.Marshal(of.simulation)
				t.Errorf("%d: got %s by %v, the simulator says %s\n%s", *firstOf+uint64(compared), decision.Result, decision.By, theirs, text)
			}
		}
	}
	if err := cmd.Wait(); err != nil || compared < *simulations {
		t.Errorf("got %d answers of %d: %v: %s", compared, *simulations, err, complaints.String())
	}
	delete(named, "")
	t.Logf("%d decisions compared: %d allowed, %d denied explicitly, %d implicitly", compared, got[policy.Allowed], got[policy.ExplicitDeny], got[policy.ImplicitDeny])
	for _, why := range slices.Sorted(maps.Keys(named)) {
		t.Logf("%d known differences: %s", named[why], why)
	}
	t.Logf("%d differences unexplained", unexplained)
	for _, r := range []policy.Result{policy.Allowed, policy.ExplicitDeny, policy.ImplicitDeny} {
		if got[r] < *simulations/10 {
			t.Errorf("got %d of %d decisions %s, want a tenth: the dice are loaded", got[r], *simulations, r)
		}
	}
}

// asked are simulations, a line each, made as they are read.
type asked struct {
	next, end uint64
	line      []byte
}

func (a *asked) Read(into []byte) (int, error) {
	if len(a.line) == 0 && a.next == a.end {
		return 0, io.EOF
	}
	if len(a.line) == 0 {
		text, err := json.Marshal(newDice(a.next).roll().simulation)
		if err != nil {
			return 0, err
		}
		a.line, a.next = append(text, '\n'), a.next+1
	}
	n := copy(into, a.line)
	a.line = a.line[n:]
	return n, nil
}

// spelled is a decision as the simulator writes it.
func spelled(d policy.Decision) string {
	return map[policy.Result]string{policy.Allowed: "Allowed", policy.ExplicitDeny: "ExplicitlyDenied", policy.ImplicitDeny: "ImplicitlyDenied"}[d.Result]
}

// TestDiceAreWhole holds, without the other evaluator, that each random request can be decided, and that all kinds come up.
func TestDiceAreWhole(t *testing.T) {
	t.Parallel()
	seen := map[string]int{}
	for i := range uint64(300) {
		of := newDice(i).roll()
		seen[of.decide(t).Result.String()]++
		seen[fmt.Sprintf("%d levels", len(of.simulation.SCPs))]++
		seen[of.arn()]++
		if text, again := fmt.Sprint(of.simulation), fmt.Sprint(newDice(i).roll().simulation); text != again {
			t.Fatalf("%d: got %s and %s of the same dice", i, text, again)
		}
	}
	if len(seen) < 3+3+5 || seen["depends"] > 0 {
		t.Errorf("got %v, want all decisions, depths and principals, and nothing unknown", seen)
	}
}
