package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"sekisho/audit"
	"sekisho/audit/account"
	"sekisho/audit/evidence"
	"sekisho/audit/framework"
	"sekisho/audit/rules"
	"sekisho/config"
	"sekisho/report"
	"sekisho/report/format"
	"sekisho/report/sanitize"
)

// buildEvidence makes evidence of a snapshot under these settings, unsigned. What it holds is concluded from the snapshot as it is written, so
// that whoever reads it concludes the same: JSON has no place for bytes that aren't UTF-8, for one. The same settings and the same snapshot
// always give the same bytes.
func buildEvidence(ctx context.Context, c *config.Config, s *account.Snapshot) (*evidence.Archive, error) {
	set, err := evidence.RuleSetOf(rules.Catalogue())
	if err != nil {
		return nil, fmt.Errorf("making evidence: %w", err)
	}
	return buildEvidenceAs(ctx, c, s, audit.Tool{Name: "sekisho", Version: version()}, set)
}

// buildEvidenceAs is as buildEvidence, in the name of another version: what two versions conclude and write alike is the same, byte for byte.
func buildEvidenceAs(ctx context.Context, c *config.Config, s *account.Snapshot, tool audit.Tool, set evidence.RuleSet) (*evidence.Archive, error) {
	var text bytes.Buffer
	if err := s.Write(&text); err != nil {
		return nil, fmt.Errorf("making evidence: writing the snapshot: %w", err)
	}
	kept, err := account.Read(&text, evidence.SnapshotName)
	if err != nil {
		return nil, fmt.Errorf("making evidence: %w", err)
	}
	r, _, err := examine(ctx, c, fromMemory(kept))
	if err != nil {
		return nil, fmt.Errorf("making evidence: %w", err)
	}
	r.Tool = tool
	var parts []evidence.Part
	for name, kind := range map[string]string{evidence.ReportName: "json", evidence.PageName: "html"} {
		var out bytes.Buffer
		f, err := report.Formats().Named(kind)
		if err == nil {
			err = f.Render(&out, r, format.Options{})
		}
		if err != nil {
			return nil, fmt.Errorf("making evidence: %w", err)
		}
		parts = append(parts, evidence.Part{Name: name, Data: out.Bytes()})
	}
	for _, f := range r.Frameworks {
		section, err := frameworkSection(f)
		if err != nil {
			return nil, fmt.Errorf("making evidence: %w", err)
		}
		parts = append(parts, evidence.Part{Name: evidence.FrameworkName(f.ID), Data: section})
	}
	settings, err := c.Record()
	if err != nil {
		return nil, fmt.Errorf("making evidence: %w", err)
	}
	parts = append(parts, evidence.Part{Name: evidence.ConfigurationName, Data: settings})
	return evidence.New(tool, set, kept, parts...)
}

// frameworkSection writes what the report says of a framework, for those who want nothing else.
func frameworkSection(f audit.FrameworkResult) ([]byte, error) {
	text, err := json.MarshalIndent(f, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("writing the section of %s: %w", f.ID, err)
	}
	return append(sanitize.JSON(text), '\n'), nil
}

// fromMemory is a source that asks nobody.
func fromMemory(s *account.Snapshot) source {
	return func(context.Context, []account.Section, func(*account.Snapshot) []account.Want) (*account.Snapshot, error) {
		return s, nil
	}
}

// fromEvidence reads the snapshot of a file of evidence.
func fromEvidence(path string) source {
	return func(context.Context, []account.Section, func(*account.Snapshot) []account.Want) (*account.Snapshot, error) {
		a, err := openEvidence(path)
		if err != nil {
			return nil, err
		}
		return a.Snapshot()
	}
}

// recordedSources are the settings under which evidence was made. Its exceptions were granted for a year at most then; how long that is from
// now is no matter.
func recordedSources(a *evidence.Archive, now time.Time) config.Sources {
	settings, _ := a.Part(evidence.ConfigurationName)
	if a.Manifest.TakenAt.After(now) {
		now = a.Manifest.TakenAt
	}
	return config.Sources{
		Recorded: append([]byte{}, settings...), Catalogue: rules.Catalogue(), Formats: report.Formats().Names(), Frameworks: framework.IDs(),
		Now: func() time.Time { return now },
	}
}

// isEvidence reports whether a file is a zip archive, by its first bytes. Of a pipe, such as a shell makes of another command's output, they
// could be read only once, and evidence can't be read from one.
func isEvidence(path string) bool {
	if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() {
		return false
	}
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	head := make([]byte, 4)
	_, err = io.ReadFull(f, head)
	return err == nil && string(head) == "PK\x03\x04"
}

// openEvidence reads a file of evidence that is to be used: one that is damaged is as wrong as one that can't be read. Nobody looks at its
// signature.
func openEvidence(path string) (*evidence.Archive, error) {
	a, err := readEvidence(path, evidence.Open)
	var format *evidence.FormatError
	if errors.As(err, &format) {
		return nil, usagef("sekisho evidence verify "+path+" lists all that is wrong with it", "%w", err)
	}
	return a, err
}

// readEvidence reads a file of evidence, by evidence.Read or evidence.Open.
func readEvidence(path string, read func(io.ReaderAt, int64, evidence.Limits) (*evidence.Archive, error)) (*evidence.Archive, error) {
	f, err := os.Open(path)
	var info fs.FileInfo
	if err == nil {
		defer f.Close()
		info, err = f.Stat()
	}
	if err == nil && !info.Mode().IsRegular() {
		err = errors.New("got what is no file")
	}
	if err != nil {
		var cause *fs.PathError
		if errors.As(err, &cause) {
			err = cause.Err
		}
		return nil, usagef("", "reading the evidence %s: %w", path, err)
	}
	a, err := read(f, info.Size(), evidence.DefaultLimits())
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return a, nil
}
