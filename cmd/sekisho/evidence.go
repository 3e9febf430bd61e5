package main

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"sekisho/audit"
	"sekisho/audit/evidence"
	"sekisho/audit/rules"
	"sekisho/config"
	"sekisho/report"
	"sekisho/report/saved"
)

func evidenceCommand(sys system) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "evidence",
		Short: "Check the evidence that audit --evidence wrote",
		Args:  noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return usagef("", "got no command, want sekisho evidence verify FILE")
		},
	}
	cmd.AddCommand(evidenceVerifyCommand(sys))
	return cmd
}

func evidenceVerifyCommand(sys system) *cobra.Command {
	var signers, identity string
	cmd := &cobra.Command{
		Use:   "verify FILE",
		Short: "Check that evidence is whole, who signed it, and that its report follows from its snapshot",
		Long: "Check a file of evidence: that every part is the one of the manifest and no byte differs from what is written of them, who signed the " +
			"manifest, and that evaluating the snapshot again, under the recorded configuration, gives the recorded reports. AWS is asked " +
			"nothing. A key that is allowed for a time only must have been so when the snapshot was taken. Exit status: 0 all is well, 1 something " +
			"is wrong with the file, 2 wrong usage, 4 the file is whole, and this version can't tell whether its report follows from its snapshot.",
		Example: "  sekisho evidence verify 2026-11.zip\n  sekisho evidence verify 2026-11.zip --allowed-signers auditors --identity alice@example.com",
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usagef(cmd.CommandPath()+" --help shows its flags", "got %d arguments, want the file of the evidence", len(args))
			}
			return nil
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVar(&signers, "allowed-signers", "", "`FILE` of keys and whose they are, as of ssh-keygen -Y verify; one of them must have signed")
	f.StringVar(&identity, "identity", "", "`PRINCIPAL` of that file who must have signed")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		allowed := cmd.Flags().Changed("allowed-signers")
		switch {
		case allowed && signers == "":
			return usagef("", "--allowed-signers: got an empty name, want a file")
		case cmd.Flags().Changed("identity") && identity == "":
			return usagef("", "--identity: got an empty name, want a principal of --allowed-signers")
		case identity != "" && !allowed:
			return usagef("", "got --identity without --allowed-signers, want the file that says whose keys are whose")
		}
		var list *evidence.AllowedSigners
		if allowed {
			var err error
			if list, err = readAllowedSigners(signers); err != nil {
				return err
			}
		}
		return verifyEvidence(cmd.Context(), sys, args[0], list, identity)
	}
	return cmd
}

func readAllowedSigners(path string) (*evidence.AllowedSigners, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, usagef("", "--allowed-signers: %w", err)
	}
	defer f.Close()
	list, err := evidence.ParseAllowedSigners(f, path, time.Local)
	if err != nil {
		return nil, usagef("", "--allowed-signers: %w", err)
	}
	return list, nil
}

// checks are what is printed of evidence: a line each, then a verdict.
type checks struct {
	w      io.Writer
	err    error
	wrong  int
	unsure bool
}

func (c *checks) line(state, what, format string, args ...any) {
	if c.err == nil {
		_, c.err = fmt.Fprintf(c.w, "%-7s  %-9s  %s\n", state, what, report.Terminal(fmt.Sprintf(format, args...)))
	}
}

func (c *checks) ok(what, format string, args ...any)   { c.line("ok", what, format, args...) }
func (c *checks) note(what, format string, args ...any) { c.line("note", what, format, args...) }

func (c *checks) bad(what, format string, args ...any) {
	c.wrong++
	c.line("WRONG", what, format, args...)
}

func (c *checks) unknown(what, format string, args ...any) {
	c.unsure = true
	c.line("unknown", what, format, args...)
}

// verifyEvidence prints what is found of a file. What can't be read as evidence at all is an error.
func verifyEvidence(ctx context.Context, sys system, path string, allowed *evidence.AllowedSigners, identity string) error {
	a, err := saved.Archive(ctx, path)
	var unreadable *fs.PathError
	var unusable *saved.Error
	switch {
	case err == nil:
	case errors.As(err, &unreadable), errors.As(err, &unusable) && unusable.Got == saved.Folder:
		return err
	default: // that a file is no evidence is something wrong with it, not with the command line
		return errors.New(err.Error())
	}
	c := &checks{w: sys.stdout}
	m := a.Manifest
	c.note("about", "account %s, taken %s by %s, with %s %s and %d rules (SHA-256 %.12s)",
		m.Account, m.TakenAt.UTC().Format(time.RFC3339), m.Caller, m.Tool.Name, m.Tool.Version, m.Rules.Count, m.Rules.SHA256)
	problems := a.Verify()
	for _, p := range problems {
		c.bad("archive", "%s", p)
	}
	if len(problems) == 0 {
		c.ok("archive", "each of its %d parts is the one of the manifest, and no byte is out of place", len(m.Parts))
	}
	signed := checkSignature(c, a, allowed, identity)
	if err := checkConclusions(ctx, sys, c, a); err != nil {
		return err
	}
	switch {
	case c.wrong > 0:
		c.line("WRONG", "verdict", "%d of the checks failed: this is not what was recorded", c.wrong)
	case c.unsure:
		c.line("unknown", "verdict", "the evidence is whole, %s; whether its report follows from its snapshot is for the version that made it to say", signed)
	default:
		c.line("ok", "verdict", "the evidence is whole, %s, and its report follows from its snapshot", signed)
	}
	switch {
	case c.err != nil:
		return fmt.Errorf("writing to stdout: %w", c.err)
	case c.wrong > 0:
		return verdictError(statusFailed)
	case c.unsure:
		return verdictError(statusUnknown)
	}
	return nil
}

// checkSignature says who signed, in words for the verdict too.
func checkSignature(c *checks, a *evidence.Archive, allowed *evidence.AllowedSigners, identity string) string {
	const what = "signature"
	key, err := a.Signer()
	switch {
	case errors.Is(err, evidence.ErrNotSigned) && allowed == nil:
		c.note(what, "none: nothing tells who made this evidence")
		return "not signed"
	case err != nil:
		c.bad(what, "%v", err)
		return ""
	case allowed == nil:
		c.note(what, "signed by %s %s, not checked against allowed signers", key.Type(), evidence.Fingerprint(key))
		return "signed by a key that was not checked"
	}
	who, err := allowed.Principals(key, a.Manifest.TakenAt, identity)
	if err != nil {
		c.bad(what, "%v", err)
		return ""
	}
	c.ok(what, "signed by %s with %s %s, which is allowed", who, key.Type(), evidence.Fingerprint(key))
	return "signed by " + report.Terminal(who)
}

// checkConclusions evaluates the snapshot again. An error is that of a context that ended.
func checkConclusions(ctx context.Context, sys system, c *checks, a *evidence.Archive) error {
	const what = "report"
	recorded, err := recordedReport(a)
	if err != nil {
		c.bad(what, "%v", err)
		return nil
	}
	set, err := evidence.RuleSetOf(rules.Catalogue())
	if err != nil {
		return err
	}
	m := a.Manifest
	same := m.Tool == audit.Tool{Name: "sekisho", Version: version()} && m.Rules == set
	again, err := concludeAgain(ctx, sys, a)
	var setting *config.Error
	switch {
	case ctx.Err() != nil:
		return errors.New("verifying evidence: interrupted")
	case errors.As(err, &setting) && !same:
		c.unknown(what, "it was made by %s with other rules, and this version can't take its configuration: %v", m.Tool.Version, err)
		return nil
	case err != nil:
		c.bad(what, "evaluating the snapshot again: %v", err)
		return nil
	}
	fresh, err := recordedReport(again)
	if err != nil {
		return err
	}
	differences := findingsThatDiffer(recorded, fresh)
	if !same {
		compareVersions(c, a, recorded, differences)
		return compareBytes(c, a, again, same)
	}
	if len(differences) == 0 {
		c.ok(what, "evaluating the snapshot again gives the same %d findings", len(recorded.Findings))
	}
	for i, d := range differences {
		if i == mostDifferences {
			c.bad(what, "and %d more findings differ", len(differences)-i)
			break
		}
		c.bad(what, "%s", d)
	}
	return compareBytes(c, a, again, same)
}

// mostDifferences is how many findings that differ are listed.
const mostDifferences = 10

func concludeAgain(ctx context.Context, sys system, a *evidence.Archive) (*evidence.Archive, error) {
	s, err := a.Snapshot()
	if err != nil {
		return nil, err
	}
	settings, err := config.Load(recordedSources(a, sys.now()))
	if err != nil {
		return nil, err
	}
	return buildEvidenceAs(ctx, settings, s, a.Manifest.Tool, a.Manifest.Rules)
}

func recordedReport(a *evidence.Archive) (*audit.Report, error) {
	data, ok := a.Part(evidence.ReportName)
	if !ok {
		return nil, fmt.Errorf("got no part %s, want one", evidence.ReportName)
	}
	return report.ReadJSON(strings.NewReader(string(data)))
}

// compareBytes compares what is written of the same snapshot, to the last byte. What another version made may have been worded otherwise
// then, so a difference proves nothing; but nor is it shown that such a part follows from the snapshot.
func compareBytes(c *checks, a, again *evidence.Archive, same bool) error {
	const what = "bytes"
	wrong := func(name, problem string) {
		if same {
			c.bad(what, "%q: %s", name, problem)
			return
		}
		c.unknown(what, "%q: %s, as this version writes it; the one that made it may have written otherwise", name, problem)
	}
	differ := 0
	names := slices.Concat(a.Names(), again.Names())
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		old, had := a.Part(name)
		made, has := again.Part(name)
		switch {
		case !has:
			wrong(name, "it is none of the parts that this configuration gives")
		case !had:
			wrong(name, "it is lacking among the parts that this configuration gives")
		case string(old) != string(made):
			wrong(name, "it is not what follows from the snapshot")
		default:
			continue
		}
		differ++
	}
	if differ > 0 {
		return nil
	}
	again.Signature = a.Signature
	was, is := sha256.New(), sha256.New()
	for archive, sum := range map[*evidence.Archive]hash.Hash{a: was, again: is} {
		if err := archive.Write(sum); err != nil {
			return err
		}
	}
	if string(was.Sum(nil)) != string(is.Sum(nil)) {
		wrong(evidence.ManifestName, "it is not the manifest of these parts")
		return nil
	}
	c.ok(what, "written again from the snapshot, the archive is the same, byte for byte")
	return nil
}

// compareVersions says what can be said of a report that another version made: rules may judge otherwise since, and their words may differ.
func compareVersions(c *checks, a *evidence.Archive, recorded *audit.Report, differences []string) {
	const what = "report"
	m := a.Manifest
	if recorded.Account.ID != m.Account || recorded.Caller != m.Caller || !recorded.TakenAt.Equal(m.TakenAt) || recorded.Tool != m.Tool {
		c.bad(what, "got a report on account %s at %s by %s, want that of the manifest", recorded.Account.ID, recorded.TakenAt.Format(time.RFC3339), recorded.Tool.Version)
	}
	for _, f := range recorded.Frameworks {
		var section audit.FrameworkResult
		data, _ := a.Part(evidence.FrameworkName(f.ID))
		if err := json.Unmarshal(data, &section); err != nil || !reflect.DeepEqual(section, f) {
			c.bad(what, "%q: it is not the section of the report", evidence.FrameworkName(f.ID))
		}
	}
	c.note(what, "the evidence was made by another version, %s with %d rules; this is %s", m.Tool.Version, m.Rules.Count, version())
	if len(differences) == 0 {
		c.ok(what, "evaluating the snapshot again gives the same %d findings, by rule, resource, item and status", len(recorded.Findings))
		return
	}
	for _, d := range differences[:min(len(differences), mostDifferences)] {
		c.note(what, "%s", d)
	}
	c.unknown(what, "%d findings differ from those of this version, which may judge otherwise", len(differences))
}

// findingsThatDiffer compares by rule, resource, item and status.
func findingsThatDiffer(recorded, fresh *audit.Report) []string {
	type key struct {
		rule, resource, item string
		status               audit.Status
	}
	count := func(r *audit.Report) map[key]int {
		counts := map[key]int{}
		for _, f := range r.Findings {
			counts[key{f.Rule, f.Resource, f.Item, f.Status}]++
		}
		return counts
	}
	was, is := count(recorded), count(fresh)
	var list []string
	tell := func(k key, what string) {
		resource := k.resource
		if k.item != "" {
			resource += " (" + k.item + ")"
		}
		list = append(list, fmt.Sprintf("%s on %s: %s %s", k.rule, resource, k.status, what))
	}
	for k, n := range was {
		if is[k] < n {
			tell(k, "is recorded, and does not follow from the snapshot")
		}
	}
	for k, n := range is {
		if was[k] < n {
			tell(k, "follows from the snapshot, and is not recorded")
		}
	}
	slices.Sort(list)
	return list
}
