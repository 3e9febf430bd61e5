package emulator

import (
	"encoding/base64"
	"net/http"
	"time"

	"sekisho/audit/account"
)

// reportLifetime is how long AWS serves one credential report before it makes another (IAM User Guide, credential
// reports).
const reportLifetime = 4 * time.Hour

// ReportLife says how the credential report comes about. The zero value: the snapshot's report is there from the start,
// and once it has expired the next one takes one answer of STARTED.
type ReportLife struct {
	// Absent: there is no report until somebody has one made.
	Absent bool
	// InProgress is how many answers of INPROGRESS follow on the one of STARTED at least.
	InProgress int
	// Takes is how long making one takes at least, by Options.Clock.
	Takes time.Duration
}

// reportState is where the report is in its life. Server.mu guards it.
type reportState struct {
	life      ReportLife
	present   bool
	generated time.Time
	making    bool
	began     time.Time
	answers   int // of INPROGRESS, for the report in the making
}

func newReportState(s *account.Snapshot, life ReportLife) reportState {
	state := reportState{life: life}
	if r := s.CredentialReport; r != nil && !life.Absent {
		state.present, state.generated = true, r.Value.GeneratedAt
	}
	return state
}

func (r *reportState) fresh(now time.Time) bool {
	return r.present && now.Sub(r.generated) < reportLifetime
}

// ask is GenerateCredentialReport: it returns the state and, where AWS has one, its description.
func (r *reportState) ask(now time.Time) (state, description string) {
	switch {
	case r.fresh(now):
		return "COMPLETE", ""
	case !r.making:
		r.making, r.began, r.answers = true, now, 0
		return "STARTED", "No report exists. Starting a new report generation task"
	case r.answers < r.life.InProgress || now.Sub(r.began) < r.life.Takes:
		r.answers++
		return "INPROGRESS", ""
	}
	r.making, r.present, r.generated = false, true, now.UTC().Truncate(time.Second)
	return "COMPLETE", ""
}

func (s *Server) generateCredentialReport(q *request) (any, *apiError) {
	if failed := s.gap(account.CredentialReportSection, "", q.action()); failed != nil {
		return nil, failed
	}
	result := struct {
		State       string
		Description string `xml:",omitempty"`
	}{State: "COMPLETE"}
	if s.snapshot.CredentialReport == nil {
		// A run that failed to fetch the report had it made before.
		if s.gap(account.CredentialReportSection, "", "iam:GetCredentialReport") == nil {
			return nil, s.denied(q)
		}
		return result, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	result.State, result.Description = s.report.ask(s.clock())
	return result, nil
}

func (s *Server) getCredentialReport(q *request) (any, *apiError) {
	if failed := s.gap(account.CredentialReportSection, "", q.action()); failed != nil {
		return nil, failed
	}
	r := s.snapshot.CredentialReport
	if r == nil && s.gap(account.CredentialReportSection, "", "iam:GenerateCredentialReport") == nil {
		return nil, s.denied(q)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	// IAM's own messages for these three are just "Unknown".
	switch {
	case s.report.making:
		return nil, &apiError{http.StatusNotFound, "ReportInProgress", "Unknown"}
	case r == nil || !s.report.present:
		return nil, &apiError{http.StatusGone, "ReportNotPresent", "Unknown"}
	case !s.report.fresh(s.clock()):
		return nil, &apiError{http.StatusGone, "ReportExpired", "Unknown"}
	}
	return struct {
		Content       string
		ReportFormat  string
		GeneratedTime timestamp
	}{base64.StdEncoding.EncodeToString([]byte(r.Value.Content)), "text/csv", timestamp(s.report.generated)}, nil
}
