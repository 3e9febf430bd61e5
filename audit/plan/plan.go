package plan

import (
	"time"

	"sekisho/audit"
	"sekisho/audit/account"
	"sekisho/audit/change"
	"sekisho/audit/message"
)

// Schema identifies the JSON form of a Plan. Added keys are no new version.
const Schema = "sekisho/plan/v1"

// Plan is the whole answer. It is complete: every format is rendered from it alone. Lists are never null.
type Plan struct {
	Schema             string            `json:"schema"`
	Tool               audit.Tool        `json:"tool"`
	Demo               bool              `json:"demo,omitempty"`
	Account            audit.AccountInfo `json:"account"`
	TakenAt            time.Time         `json:"taken_at"`
	CredentialReportAt *time.Time        `json:"credential_report_at"`
	// Goal is what was asked for: status, severities and rules.
	Goal []string `json:"goal"`
	// Reached is whether nothing that fails of the goal is left after the last step, and nothing of it is unknown.
	Reached bool     `json:"reached"`
	Before  Standing `json:"before"`
	After   Standing `json:"after"`
	Steps   []Step   `json:"steps"`
	// Waits are what time alone clears. They are outside the goal.
	Waits []Wait `json:"waits"`
}

// Standing is how the account stands before or after a step. Failures with an exception, and what time alone clears,
// are not counted.
type Standing struct {
	Complete   int            `json:"complete"`   // points of the Security Status
	Applicable int            `json:"applicable"` // points that apply
	Failing    map[string]int `json:"failing_by_severity"`
	Left       int            `json:"goal_left"`    // failures of the goal
	Unknown    int            `json:"goal_unknown"` // what of the goal is unknown
}

// Kind says who does a step.
type Kind string

// The kinds.
const (
	ByCommand Kind = "command"  // commands do it
	ByPerson  Kind = "person"   // only a person can
	Decision  Kind = "decision" // a person decides what is right, for no change is known that is
)

// Step is one step of a plan: equal work on one or many.
type Step struct {
	Number   int             `json:"number"`
	Title    string          `json:"title"`
	Text     message.Message `json:"text"`
	Kind     Kind            `json:"kind"`
	Rule     string          `json:"rule"` // the rule whose fix it is
	Severity audit.Severity  `json:"severity"`
	Risk     Risk            `json:"risk"`
	Stages   []change.Stage  `json:"stages"`
	Work     []Work          `json:"work"`
	// Guide says of a decision what there is to do, and Page is AWS's page on it.
	Guide []Advice `json:"guide,omitempty"`
	Page  string   `json:"page,omitempty"`
	// Touches are the ARNs of those whose rights or credentials it changes, sorted.
	Touches []string `json:"touches"`
	// Clears are the findings that are gone after it, and Adds those that are new then.
	Clears []Ref `json:"clears"`
	Adds   []Ref `json:"adds"`
	// ProvedWith are the numbers of all steps after which the snapshot was judged at once; one alone is the step itself.
	ProvedWith []int    `json:"proved_with"`
	After      Standing `json:"after"`
}

// Advice is a step of the fix of a rule, with words in capitals in its command for what is the reader's own.
type Advice struct {
	Text    string `json:"text"`
	Command string `json:"command,omitempty"`
}

// Work is what a step does to one thing.
type Work struct {
	Resource   string          `json:"resource"`
	ResourceID string          `json:"resource_id,omitempty"` // the unique ID, where it is known
	Name       string          `json:"name"`
	Item       string          `json:"item"`
	Use        message.Message `json:"use"` // when it was used last, and what tells
	LastUsed   *time.Time      `json:"last_used"`
	Changes    []Change        `json:"changes"`
	Findings   int             `json:"findings"` // that ask for it
}

// Change is one change of a step, with what undoes it.
type Change struct {
	change.Step
	Stage change.Stage
}

// Ref is a finding, in short.
type Ref struct {
	Rule     string         `json:"rule"`
	Severity audit.Severity `json:"severity"`
	Status   audit.Status   `json:"status"`
	Resource string         `json:"resource"`
	Item     string         `json:"item"`
	Name     string         `json:"name"`
	Message  string         `json:"message"`
}

// Wait is what a time clears by itself.
type Wait struct {
	Title  string          `json:"title"`
	Text   message.Message `json:"text"`
	Clears []Ref           `json:"clears"`
}

// Options are what a plan depends on beside the account.
type Options struct {
	Goal  Goal
	Rules []*audit.Rule // the catalogue, in its order
	// Judge judges a snapshot, as the one that the plan begins with was; it returns nil where it is interrupted.
	Judge       func(*account.Snapshot) (*audit.Report, *audit.Fixing)
	Interrupted audit.Interrupted
}
