package clifiles

import (
	"cmp"
	"encoding/base64"
	"encoding/csv"
	"fmt"
	"slices"
	"strings"
	"time"

	"sekisho/audit/account"
	"sekisho/audit/message"
)

// looksLikeReport reports whether a text begins with the header of a credential report.
func looksLikeReport(data []byte) bool {
	header, _, _ := strings.Cut(string(data[:min(len(data), 4096)]), "\n")
	columns, err := csv.NewReader(strings.NewReader(strings.ToLower(header))).Read()
	return err == nil && slices.Contains(columns, "user") && slices.Contains(columns, "user_creation_time")
}

func takeCredentialReport(r *reader, a answer) error {
	var d decoder
	var encoded, format string
	var generated time.Time
	err := cmp.Or(d.field(a, "Content", &encoded), d.field(a, "ReportFormat", &format), d.field(a, "GeneratedTime", &generated))
	if err != nil {
		return err
	}
	content, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		return fmt.Errorf("decoding the credential report's Content: %w", err)
	}
	if format != "" && format != "text/csv" {
		return fmt.Errorf("got a credential report of format %q, want text/csv", format)
	}
	return r.credentialReport(a.file, string(content), generated)
}

// credentialReport takes the report as CSV, with the time at which AWS made it where that is known.
func (r *reader) credentialReport(file, content string, generated time.Time) error {
	content = strings.TrimRight(strings.ReplaceAll(strings.TrimPrefix(content, "\ufeff"), "\r\n", "\n"), "\n")
	err := account.CredentialReportCells(content, func(column, cell string) error {
		if column != "arn" {
			return nil
		}
		if _, err := account.ParseARN(cell); err != nil {
			return fmt.Errorf("reading the credential report: %w", err)
		}
		return r.owned(file, cell)
	})
	if err != nil {
		return err
	}
	if err := r.report.set(file, "the credential report", content); err != nil {
		return err
	}
	if !generated.IsZero() {
		if !r.generated.IsZero() && !r.generated.Equal(generated) {
			return contradiction(r.report.file, file, fmt.Errorf("got credential reports of %s and %s, want one",
				r.generated.Format(time.RFC3339), generated.Format(time.RFC3339)))
		}
		r.generated = generated
	}
	return nil
}

// reportAt is when AWS made the credential report: not before the newest date in it, where no file tells. Earlier
// rather than later: what other answers tell of the time since is then seen as a change.
func (r *reader) reportAt() time.Time {
	if !r.generated.IsZero() {
		return r.generated.UTC()
	}
	at := r.newestInReport()
	r.warn(r.report.file, message.New("is a credential report without GeneratedTime; it is taken as made at %s, the newest date in it", at.Format(time.RFC3339)))
	return at
}

// newestInReport is the newest date of what has happened in the report, as far as it may be believed.
func (r *reader) newestInReport() time.Time {
	var newest time.Time
	_ = account.CredentialReportCells(r.report.value, func(column, cell string) error { // it was read without an error before
		// The next rotation is still to come.
		if at, err := time.Parse(time.RFC3339, cell); err == nil && column != "password_next_rotation" && r.believable(at) {
			newest = latest(newest, at.UTC())
		}
		return nil
	})
	return newest
}
