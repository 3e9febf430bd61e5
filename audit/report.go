package audit

import (
	"slices"
	"time"

	"sekisho/audit/account"
	"sekisho/audit/message"
)

// ReportSchema identifies the JSON form of a Report. Added keys are no new version.
const ReportSchema = "sekisho/report/v1"

// Evidence is one thing that AWS said; see [account.Evidence].
type Evidence = account.Evidence

// Report is the whole answer. It is complete: every format is rendered from it alone.
type Report struct {
	Schema             string         `json:"schema"`
	Tool               Tool           `json:"tool"`
	Demo               bool           `json:"demo,omitempty"`
	Account            AccountInfo    `json:"account"`
	Caller             string         `json:"caller"`
	TakenAt            time.Time      `json:"taken_at"`
	CredentialReportAt *time.Time     `json:"credential_report_at"`
	Configuration      Configuration  `json:"configuration"`
	Depth              DepthResult    `json:"depth"`
	SecurityStatus     SecurityStatus `json:"security_status"`
	Summary            Summary        `json:"summary"`
	Rules              []RuleResult   `json:"rules"`
	NotSelected        []NotSelected  `json:"not_selected"`
	// Findings are what fails or is unknown: worst severity first, then by rule, resource and item.
	Findings      []Finding                 `json:"findings"`
	Passed        map[string]Passed         `json:"passed"`
	NotApplicable map[string][]Inapplicable `json:"not_applicable"`
	Users         []UserRow                 `json:"users"`
	// Enforcement says of each user whether MFA is registered and enforced, sorted by name.
	Enforcement []EnforcementRow `json:"mfa_enforcement"`
	// AccessPaths say who can become an administrator, and by which steps.
	AccessPaths *AccessPaths `json:"access_paths,omitempty"`
	// Frameworks are those that were asked for, in that order.
	Frameworks []FrameworkResult `json:"frameworks,omitempty"`
	// Exceptions are those of the configuration, with what became of them: those that ask for something first.
	Exceptions []ExceptionResult `json:"exceptions,omitempty"`
	// FirstSteps are what is worth doing first; absent where nothing grave fails, and of what is new since a baseline.
	FirstSteps []FirstStep `json:"first_steps,omitempty"`
	// Due is what will fail before long, where that was asked for.
	Due *Due `json:"due,omitempty"`
	// Baseline is set in a report that holds only what is new since another one.
	Baseline *Baseline     `json:"baseline,omitempty"`
	Gaps     []account.Gap `json:"gaps"`
	// Notes say what else is to be known of the answers. Endpoints are the addresses that were asked in place of AWS's own.
	Notes []message.Message `json:"notes,omitempty"`
	// OrganizationPolicies says whether the policies of the organization above the account were read.
	OrganizationPolicies PoliciesKnown     `json:"organization_policies,omitempty"`
	Endpoints            map[string]string `json:"endpoints,omitempty"`
	Declined             []account.Decline `json:"declined,omitempty"`
	// Tolerated are the elements that AWS left out and that count as empty lists.
	Tolerated []account.Tolerated `json:"tolerated,omitempty"`
	Calls     account.Calls       `json:"calls"`
}

// FirstStep is one of the first steps of a plan. Nobody has tried it: sekisho plan does.
type FirstStep struct {
	Message  string          `json:"message"`
	Text     message.Message `json:"text"`
	Severity Severity        `json:"severity"` // of the gravest finding that it clears
	Findings int             `json:"findings"` // that its changes are the fix of; others may go with them
	Kind     string          `json:"kind"`     // "command", "person" or "decision"
	Risk     string          `json:"risk"`     // "low", "medium" or "high"
}

// Baseline says since when a report tells what is new, and counts the findings that are left out, for the baseline has
// them too.
type Baseline struct {
	TakenAt  time.Time `json:"taken_at"`
	Failing  int       `json:"failing"`
	Excepted int       `json:"excepted"` // of the failing
	Unknown  int       `json:"unknown"`
	// NotInBaseline are the rules that did not run for the baseline; their findings are all in the report.
	NotInBaseline []string `json:"rules_not_in_baseline"`
}

// Tool is the program that made the report.
type Tool struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

// AccountInfo names the account. Alias is null where it isn't known and "" where there is none.
type AccountInfo struct {
	ID        string  `json:"id"`
	Partition string  `json:"partition"`
	Alias     *string `json:"alias"`
	SignInURL string  `json:"sign_in_url"`
}

// Configuration says under which settings the report was made. SHA256 is of the configuration file's bytes; Source and
// it are empty where there was none.
type Configuration struct {
	Source       string     `json:"source"`
	SHA256       string     `json:"sha256"`
	Thresholds   Thresholds `json:"thresholds"`
	SkippedRules []string   `json:"skipped_rules"`
	// MachineUsers, TrustedAccounts and PrivateIssuers are those of the Settings.
	MachineUsers    []string `json:"mfa_machine_users"`
	TrustedAccounts []string `json:"trusted_accounts"`
	PrivateIssuers  []string `json:"private_issuers"`
	RequiredTags    []string `json:"required_tags"`
	// UserThresholds are the thresholds of single users.
	UserThresholds []UserThresholds `json:"user_thresholds"`
	// Fresh is set where every user was read live.
	Fresh bool `json:"fresh"`
}

// SecurityStatus is the console's old panel. Complete counts the points that pass, and nothing else; Applicable those
// that apply to the account.
type SecurityStatus struct {
	Complete   int          `json:"complete"`
	Applicable int          `json:"applicable"`
	Total      int          `json:"total"`
	Items      []StatusItem `json:"items"`
}

// StatusItem is one of its points.
type StatusItem struct {
	Rule    string `json:"rule"`
	Title   string `json:"title"`
	Status  Status `json:"status"`
	Message string `json:"message"` // the first failing or unknown finding; "" for a pass
	Fix     string `json:"fix"`
}

// Summary counts verdicts about resources, not rules.
type Summary struct {
	Pass             int            `json:"pass"`
	Fail             int            `json:"fail"`
	Unknown          int            `json:"unknown"`
	NotApplicable    int            `json:"not_applicable"`
	Excepted         int            `json:"excepted"` // of the failures, those that an exception covers
	FailedBySeverity map[string]int `json:"failed_by_severity"`
}

// RuleResult is a rule that ran, with its documentation.
type RuleResult struct {
	ID            string    `json:"id"`
	Title         string    `json:"title"`
	Problem       string    `json:"problem"`
	Category      Category  `json:"category"`
	Severity      Severity  `json:"severity"`
	Controls      []Control `json:"controls"`
	Why           string    `json:"why"`
	How           string    `json:"how"`
	Fix           string    `json:"fix"`
	Under         string    `json:"under,omitempty"` // see Rule
	Status        Status    `json:"status"`
	Pass          int       `json:"pass"`
	Fail          int       `json:"fail"`
	Unknown       int       `json:"unknown"`
	NotApplicable int       `json:"not_applicable"`
	Excepted      int       `json:"excepted"` // of the failures, those that an exception covers
}

// Finding is one verdict that is a failure or unknown.
type Finding struct {
	Rule     string   `json:"rule"`
	Status   Status   `json:"status"`
	Severity Severity `json:"severity"`
	// Resource is an ARN; the account's own is that of its root user. Item is a thing inside it, such as an access key's
	// ID.
	Resource string `json:"resource"`
	Item     string `json:"item"`
	Name     string `json:"name"`
	// ResourceID is the unique ID (AIDA…, AGPA…, AROA…, ANPA…) of a user, group, role or policy, where it is known.
	ResourceID string          `json:"resource_id,omitempty"`
	Message    string          `json:"message"`
	Text       message.Message `json:"text"`
	// Fix says what to change for this very finding, where that is more than the rule's own; FixText is what it is made
	// of.
	Fix     string          `json:"fix,omitempty"`
	FixText message.Message `json:"fix_text,omitzero"`
	// Steps are those of the rule's fix with what they take for this very finding: of the first findings of a rule.
	Steps []FindingStep `json:"steps,omitempty"`
	// Concerns are the names of those whom the finding is about, beside the resource; Statements are the statements of
	// policies that make it one, as "POLICY#SID".
	Concerns   []string `json:"concerns,omitempty"`
	Statements []string `json:"statements,omitempty"`
	// Notes say what could not be told of a failure that stands all the same, and what else a reader should know.
	Notes    []message.Message `json:"notes,omitempty"`
	Evidence []Evidence        `json:"evidence"`
	// Exception is what covers the failure, which stays one.
	Exception *Exception `json:"exception,omitempty"`
}

// FindingStep is a step of a finding's fix. Where only a person can do it there is no command, but the way through the
// console. Files are the documents that the command reads, by name.
type FindingStep struct {
	Message string            `json:"message"`
	Text    message.Message   `json:"text"`
	Command string            `json:"command,omitempty"`
	Console []message.Message `json:"console,omitempty"`
	Files   map[string]string `json:"files,omitempty"`
}

// Passed lists the resources of a rule that pass, by short ARN ("user/bob", "user/bob#AKIA…" for a thing inside one),
// and the answers that the verdicts rest on.
type Passed struct {
	Resources []string `json:"resources"`
	Sources   []Source `json:"sources"`
}

// Source is an API action and the time for which its answer holds.
type Source struct {
	Source     string    `json:"source"`
	ObservedAt time.Time `json:"observed_at"`
}

// Inapplicable lists the resources to which a rule does not apply, for one reason.
type Inapplicable struct {
	Reason    string          `json:"reason"`
	Text      message.Message `json:"text"`
	Resources []string        `json:"resources"`
}

// UserRow is one user as the report shows it. What isn't known is null.
type UserRow struct {
	Name       string         `json:"name"`
	ARN        string         `json:"arn"`
	Created    *time.Time     `json:"created"`
	Groups     []string       `json:"groups"`
	Password   PasswordRow    `json:"password"`
	MFAActive  *bool          `json:"mfa_active"`
	MFA        []MFARow       `json:"mfa"` // as far as the devices were seen; null where nothing is known
	AccessKeys []AccessKeyRow `json:"access_keys"`
}

// EnforcementRow says of one user which MFA devices there are, and what the policies let the password and the access
// key do without MFA.
type EnforcementRow struct {
	Name string `json:"name"`
	ARN  string `json:"arn"`
	// Password, MFAActive and ActiveKeys are null where not known.
	Password   *bool `json:"password"`
	MFAActive  *bool `json:"mfa_active"`
	ActiveKeys *int  `json:"active_keys"`
	// Kinds are of the devices that were seen.
	Kinds []account.MFAKind `json:"kinds"`
	// Admin is "yes", "possibly" (under conditions on which nothing is known), "no" or "unknown".
	Admin     string         `json:"admin"`
	Console   EnforcedOnPath `json:"console"`
	AccessKey EnforcedOnPath `json:"access_key"`
	// Reason says why a verdict is unknown: which policy could not be read. Text is the same as data, which reports of
	// older versions lack.
	Reason string          `json:"reason,omitempty"`
	Text   message.Message `json:"text,omitzero"`
}

// EnforcedOnPath is the verdict on one way in: "enforced", "leaky", "not_enforced", "no_access" or "unknown", as for
// somebody who has such a credential and signs in without MFA.
type EnforcedOnPath struct {
	Verdict string `json:"verdict"`
	// Sure is false where all that leaks does so only under conditions on which nothing is known.
	Sure bool `json:"sure"`
	// Services is in how many services something is open; Leaks are the gravest of them.
	Services int       `json:"services,omitempty"`
	Leaks    []LeakRow `json:"leaks"`
}

// LeakRow is what is open without MFA in one service. Actions are the first few of Count; "s3:*" stands for all of a
// service.
type LeakRow struct {
	Service string   `json:"service"`
	Actions []string `json:"actions"`
	Count   int      `json:"count"`
	Sure    bool     `json:"sure"`
	By      []string `json:"by"` // the statements, "POLICY#SID"
}

// PasswordRow is a user's console password. LastUsed is null for one that was never used, which LastUsedKnown tells
// from one of whose use nothing was read.
type PasswordRow struct {
	Enabled       *bool      `json:"enabled"`
	LastUsed      *time.Time `json:"last_used"`
	LastUsedKnown bool       `json:"last_used_known"`
	LastChanged   *time.Time `json:"last_changed"`
	ResetRequired *bool      `json:"reset_required,omitempty"` // whether it must be changed at the next sign-in; absent where that was not read
}

// MFARow is one MFA device.
type MFARow struct {
	Serial       string          `json:"serial"`
	Kind         account.MFAKind `json:"kind"`
	EnabledSince *time.Time      `json:"enabled_since"`
}

// AccessKeyRow is one access key; ID is "" until it was read. LastUsedKnown is as for the password.
type AccessKeyRow struct {
	ID            string     `json:"id"`
	Slot          int        `json:"slot"`
	Active        bool       `json:"active"`
	Created       time.Time  `json:"created"`
	LastUsed      *time.Time `json:"last_used"`
	LastUsedKnown bool       `json:"last_used_known"`
	Service       string     `json:"service,omitempty"`
	Region        string     `json:"region,omitempty"`
}

// PoliciesKnown says whether the policies of an organization above an account were read.
type PoliciesKnown string

// What is known of them.
const (
	PoliciesRead    PoliciesKnown = "read"
	PoliciesNotRead PoliciesKnown = "not_read"
)

// Remarks are the notes for people: with that on policies of the organization, which counts for no answer that lacks.
func (r *Report) Remarks() []message.Message {
	if r.OrganizationPolicies != PoliciesNotRead {
		return r.Notes
	}
	return append(slices.Clip(r.Notes), message.New("Service control policies of an organization are not considered, for they were not read. They only take away"))
}
