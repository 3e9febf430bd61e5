package audit

import (
	"fmt"
	"strings"
)

// Severity is how much a failure matters.
type Severity int

// The severities, mildest first.
const (
	Info Severity = iota
	Low
	Medium
	High
	Critical
)

var severityNames = [...]string{"info", "low", "medium", "high", "critical"}

// Severities lists the severities, worst first.
func Severities() []Severity { return []Severity{Critical, High, Medium, Low, Info} }

func (s Severity) String() string {
	if s < Info || s > Critical {
		return fmt.Sprintf("Severity(%d)", int(s))
	}
	return severityNames[s]
}

// MarshalText gives the name in lower case.
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads a name.
func (s *Severity) UnmarshalText(text []byte) error {
	parsed, err := ParseSeverity(string(text))
	*s = parsed
	return err
}

// ParseSeverity reads a name, in any case.
func ParseSeverity(name string) (Severity, error) {
	for i, n := range severityNames {
		if strings.EqualFold(n, name) {
			return Severity(i), nil
		}
	}
	return Info, fmt.Errorf("got severity %q, want one of %s", name, strings.Join(severityNames[:], ", "))
}

// Status is the answer to one question. Its zero value is StatusUnknown.
type Status int

// The four answers.
const (
	StatusUnknown Status = iota
	StatusPass
	StatusFail
	StatusNotApplicable
)

var statusNames = [...]string{"unknown", "pass", "fail", "not_applicable"}

func (s Status) String() string {
	if s < StatusUnknown || s > StatusNotApplicable {
		return fmt.Sprintf("Status(%d)", int(s))
	}
	return statusNames[s]
}

// MarshalText gives the name: unknown, pass, fail or not_applicable.
func (s Status) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads a name.
func (s *Status) UnmarshalText(text []byte) error {
	for i, n := range statusNames {
		if n == string(text) {
			*s = Status(i)
			return nil
		}
	}
	return fmt.Errorf("got status %q, want one of %s", text, strings.Join(statusNames[:], ", "))
}
