package main

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"reflect"
	"time"

	"sekisho/audit"
	"sekisho/audit/account"
	"sekisho/audit/evidence"
	"sekisho/audit/rules"
	"sekisho/config"
	"sekisho/report"
	"sekisho/report/files"
	"sekisho/report/format"
	"sekisho/report/sanitize"
	"sekisho/report/saved"
)

// buildEvidence makes evidence of a snapshot under these settings, unsigned. A report of the snapshot as it was saved
// spares judging it again, unless reading what is written gives another snapshot. What it holds is concluded from the
// snapshot as it is written, so that someone who reads it concludes the same: JSON has no place for bytes that aren't
// UTF-8, for one. The same settings and the same snapshot always give the same bytes.
func buildEvidence(ctx context.Context, c *config.Config, s *account.Snapshot, r *audit.Report, from *saved.File) (*evidence.Archive, error) {
	set, err := evidence.RuleSetOf(rules.Catalogue())
	if err != nil {
		return nil, fmt.Errorf("making evidence: %w", err)
	}
	kept, text, err := asWritten(s, from)
	if err != nil {
		return nil, err
	}
	if kept != s {
		r = nil
	}
	if r == nil {
		if r, _, err = examine(ctx, c, fromMemory(kept)); err != nil {
			return nil, fmt.Errorf("making evidence: %w", err)
		}
	}
	parts, err := evidenceParts(ctx, c, r, tool())
	if err != nil {
		return nil, err
	}
	return evidence.New(tool(), set, kept, append(parts, text...)...)
}

// asWritten is a snapshot as someone reads it who has it from evidence, with its text where that is written already. One
// that was read from what is written is that.
func asWritten(s *account.Snapshot, from *saved.File) (kept *account.Snapshot, text []evidence.Part, err error) {
	var known [sha256.Size]byte
	if from != nil && from.Snapshot == s {
		known = from.Text
	}
	kept, written, err := account.AsWritten(s, evidence.SnapshotName, known)
	if err != nil {
		return nil, nil, fmt.Errorf("making evidence: %w", err)
	}
	text = []evidence.Part{evidence.PartOf(evidence.SnapshotName, written)}
	if kept == s || reflect.DeepEqual(kept, s) {
		return s, text, nil
	}
	return kept, nil, nil
}

// evidenceParts are those of a report, in the name of a version: what two versions conclude and write alike is the same,
// byte for byte.
func evidenceParts(ctx context.Context, c *config.Config, r *audit.Report, tool audit.Tool) ([]evidence.Part, error) {
	r.Tool = tool
	var parts []evidence.Part
	for name, kind := range map[string]string{evidence.ReportName: "json", evidence.PageName: "html"} {
		f, err := report.Formats().Named(kind)
		if err != nil {
			return nil, fmt.Errorf("making evidence: %w", err)
		}
		parts = append(parts, evidence.Part{Name: name, Write: func(w io.Writer) error {
			return f.Render(files.Until{Context: ctx, Writer: w}, r, format.Options{})
		}})
	}
	for _, f := range r.Frameworks {
		section, err := frameworkSection(f)
		if err != nil {
			return nil, fmt.Errorf("making evidence: %w", err)
		}
		parts = append(parts, evidence.PartOf(evidence.FrameworkName(f.ID), section))
	}
	settings, err := c.Record()
	if err != nil {
		return nil, fmt.Errorf("making evidence: %w", err)
	}
	return append(parts, evidence.PartOf(evidence.ConfigurationName, settings)), nil
}

// frameworkSection writes what the report says of a framework, for those who want nothing else.
func frameworkSection(f audit.FrameworkResult) ([]byte, error) {
	text, err := json.MarshalIndent(f, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("writing the section of %s: %w", f.ID, err)
	}
	return append(sanitize.JSON(text), '\n'), nil
}

// recordedSources are the settings under which evidence was made. Its exceptions were granted for a year at most then;
// how long that is from now is no matter.
func recordedSources(ctx context.Context, a *evidence.Archive, now time.Time) config.Sources {
	settings, _ := a.Part(evidence.ConfigurationName)
	if a.Manifest.TakenAt.After(now) {
		now = a.Manifest.TakenAt
	}
	sources := system{now: func() time.Time { return now }}.sources(ctx, "")
	sources.Recorded = append([]byte{}, settings...)
	return sources
}
