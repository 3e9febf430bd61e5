package audit

import (
	"fmt"
	"slices"
	"strings"

	"sekisho/audit/lists"
	"sekisho/audit/message"
)

// Verdict is how an account stands by a recommendation of a framework, or by one rule that decides it.
type Verdict string

// The verdicts. What is not assessed is neither met nor missed: nobody looked.
const (
	VerdictPass          Verdict = "pass"
	VerdictFail          Verdict = "fail"
	VerdictUnknown       Verdict = "unknown"
	VerdictNotApplicable Verdict = "not_applicable"
	VerdictNotAssessed   Verdict = "not_assessed"
)

// Verdicts lists the verdicts in the order in which they are counted.
func Verdicts() []Verdict {
	return []Verdict{VerdictPass, VerdictFail, VerdictUnknown, VerdictNotApplicable, VerdictNotAssessed}
}

// UnmarshalText reads a verdict and refuses what is none.
func (v *Verdict) UnmarshalText(text []byte) error {
	if !slices.Contains(Verdicts(), Verdict(text)) {
		names := lists.Map(Verdicts(), func(known Verdict) string { return string(known) })
		return fmt.Errorf("got verdict %q, want one of %s", text, strings.Join(names, ", "))
	}
	*v = Verdict(text)
	return nil
}

// FrameworkResult says how the account stands by one framework: by every recommendation of its part on IAM, in its own
// order.
type FrameworkResult struct {
	ID              string                 `json:"id"` // "cis-7.0"
	Title           string                 `json:"title"`
	Summary         FrameworkSummary       `json:"summary"`
	Recommendations []RecommendationResult `json:"recommendations"`
}

// FrameworkSummary counts recommendations by their verdicts.
type FrameworkSummary struct {
	Pass          int `json:"pass"`
	Fail          int `json:"fail"`
	Unknown       int `json:"unknown"`
	NotApplicable int `json:"not_applicable"`
	NotAssessed   int `json:"not_assessed"`
}

// Count returns how many recommendations have the verdict.
func (s FrameworkSummary) Count(v Verdict) int {
	switch v {
	case VerdictPass:
		return s.Pass
	case VerdictFail:
		return s.Fail
	case VerdictUnknown:
		return s.Unknown
	case VerdictNotApplicable:
		return s.NotApplicable
	}
	return s.NotAssessed
}

// RecommendationResult is the verdict on one recommendation and what it rests on.
type RecommendationResult struct {
	ID      string  `json:"id"` // the framework's number: "2.10", "IAM.5"
	Title   string  `json:"title"`
	Verdict Verdict `json:"verdict"`
	// Reason says why a recommendation is not assessed; it is empty for the others. Text is the same, for translation.
	Reason string          `json:"reason,omitempty"`
	Text   message.Message `json:"text,omitzero"`
	// Rules decide the recommendation, in the order of the catalogue; there are none where no rule does.
	Rules []RecommendationRule `json:"rules"`
	// Excepted is how many of the failures of its rules an exception covers. They are failures all the same.
	Excepted int `json:"excepted,omitempty"`
}

// RecommendationRule is what one rule contributes. Its verdict is not_assessed where it was not selected, and where the
// configuration doesn't name what it looks for.
type RecommendationRule struct {
	ID      string  `json:"id"`
	Verdict Verdict `json:"verdict"`
	// Failing are the resources of its failures, in the order of the findings: short as in [Passed], but for the account
	// itself and its root user, who share an ARN and go by the finding's name.
	Failing []string `json:"failing"`
	// Unknown is how many of its findings are unknown.
	Unknown int `json:"unknown,omitempty"`
}
