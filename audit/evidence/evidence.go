package evidence

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"sekisho/audit"
	"sekisho/audit/account"
	"sekisho/audit/lists"
	"sekisho/audit/message"
)

// ManifestSchema identifies the JSON form of a Manifest. Added keys are no new version.
const ManifestSchema = "sekisho/evidence/v1"

// The names of the parts. CredentialReport is there where the snapshot has one, the signature where somebody signed.
const (
	ManifestName         = "manifest.json"
	SignatureName        = "manifest.json.sig" // an armored SSH signature of the manifest's bytes
	SnapshotName         = "snapshot.json"
	CredentialReportName = "credential-report.csv" // as AWS sent it
	ReportName           = "report.json"
	PageName             = "report.html"
	ConfigurationName    = "configuration.json"
)

// FrameworkName is the name of the part that holds the section of a framework.
func FrameworkName(id string) string { return "frameworks/" + id + ".json" }

// Manifest says what the evidence is about, and what belongs to it. The signature is of its bytes.
type Manifest struct {
	Schema             string        `json:"schema"`
	Tool               audit.Tool    `json:"tool"`
	Rules              RuleSet       `json:"rules"`
	Account            string        `json:"account"`
	Partition          string        `json:"partition"`
	Caller             string        `json:"caller"`
	TakenAt            time.Time     `json:"taken_at"`
	CredentialReportAt *time.Time    `json:"credential_report_at"`
	Calls              account.Calls `json:"calls"`
	Parts              []PartSum     `json:"parts"` // sorted by name; neither the manifest nor its signature is among them
}

// PartSum is what the manifest says of a part. SHA256 is in lower-case hexadecimal.
type PartSum struct {
	Name   string `json:"name"`
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
}

// RuleSet tells one catalogue of rules from another.
type RuleSet struct {
	Count  int    `json:"count"`
	SHA256 string `json:"sha256"`
}

// Part is what is to be one file of the archive.
type Part struct {
	Name  string
	Write func(io.Writer) error
}

// PartOf is a part of these bytes.
func PartOf(name string, data []byte) Part {
	return Part{name, func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	}}
}

// Archive is evidence: its parts, the manifest that lists them, and the manifest's signature, which is empty where
// nobody signed.
type Archive struct {
	Manifest  Manifest
	Signature []byte

	manifest []byte            // the bytes that are signed
	parts    []held            // sorted by name
	snapshot *account.Snapshot // nil until somebody asks
	file     *layout           // of the file; nil for an archive that was not read
}

// held is a part of an archive.
type held struct {
	name string
	packed
}

// New makes the evidence of an audit. The snapshot, which must be one that writing and reading leave as it is, is
// written, unless a part is its text already, and with it its credential report. The archive that it returns is not
// signed.
func New(tool audit.Tool, set RuleSet, s *account.Snapshot, parts ...Part) (*Archive, error) {
	return build(new(packer), tool, set, s, parts)
}

// Expect is as New, for an archive that another one is compared with: it keeps no bytes of its parts.
func Expect(tool audit.Tool, set RuleSet, s *account.Snapshot, parts ...Part) (*Archive, error) {
	return build(&packer{forgets: true}, tool, set, s, parts)
}

func build(p *packer, tool audit.Tool, set RuleSet, s *account.Snapshot, parts []Part) (*Archive, error) {
	parts = slices.Clone(parts)
	if !slices.ContainsFunc(parts, func(p Part) bool { return p.Name == SnapshotName }) {
		parts = append(parts, Part{SnapshotName, s.Write})
	}
	a := &Archive{snapshot: s, Manifest: Manifest{
		Schema: ManifestSchema, Tool: tool, Rules: set,
		Account: s.Caller.AccountID, Partition: s.Caller.Partition, Caller: s.Caller.ARN,
		TakenAt: s.TakenAt, Calls: s.Calls,
	}}
	if r := s.CredentialReport; r != nil {
		a.Manifest.CredentialReportAt = &r.Value.GeneratedAt
		parts = append(parts, PartOf(CredentialReportName, []byte(r.Value.Content)))
	}
	slices.SortFunc(parts, func(x, y Part) int { return strings.Compare(x.Name, y.Name) })
	for _, part := range parts {
		made, err := p.pack(part.Write)
		if err != nil {
			return nil, fmt.Errorf("making evidence: writing %s: %w", part.Name, err)
		}
		a.parts = append(a.parts, held{part.Name, made})
		a.Manifest.Parts = append(a.Manifest.Parts, PartSum{part.Name, made.size, made.sum})
	}
	var manifest bytes.Buffer
	encoder := json.NewEncoder(&manifest)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(a.Manifest); err != nil {
		return nil, fmt.Errorf("making evidence: writing the manifest: %w", err)
	}
	a.manifest = manifest.Bytes()
	for _, problem := range a.Verify() {
		return nil, fmt.Errorf("making evidence: %s", problem)
	}
	return a, nil
}

// RuleSetOf sums a catalogue up: all that is written about its rules, in the order of their IDs. What a rule does is
// code, which the tool's version tells.
func RuleSetOf(catalogue []*audit.Rule) (RuleSet, error) {
	type documentation struct {
		ID, Title            string
		Category             audit.Category
		Severity             audit.Severity
		OffByDefault         bool
		Sweep                audit.Sweep
		Needs, Uses, Details []account.Fact
		Controls             []audit.Control
		Point                int
		PointTitle           string
		Why, How, Fix        string
	}
	rules := make([]documentation, len(catalogue))
	for i, r := range catalogue {
		rules[i] = documentation{
			r.ID, r.Title, r.Category, r.Severity, r.OffByDefault, r.Sweep, r.Needs, r.Uses, r.Details, r.Controls, r.Point, r.PointTitle,
			r.Why, r.How, r.Fix.String(),
		}
	}
	slices.SortFunc(rules, func(a, b documentation) int { return strings.Compare(a.ID, b.ID) })
	text, err := json.Marshal(rules)
	if err != nil {
		return RuleSet{}, fmt.Errorf("summing up the rules: %w", err)
	}
	return RuleSet{Count: len(rules), SHA256: sum(text)}, nil
}

// Part returns the bytes of a part, and whether it is there.
func (a *Archive) Part(name string) ([]byte, bool) {
	i := a.index(name)
	if i < 0 {
		return nil, false
	}
	return a.parts[i].bytes(), true
}

func (a *Archive) index(name string) int {
	return slices.IndexFunc(a.parts, func(p held) bool { return p.name == name })
}

// Agree reports whether both archives have a part, with the same bytes.
func (a *Archive) Agree(other *Archive, name string) bool {
	i, j := a.index(name), other.index(name)
	return i >= 0 && j >= 0 && a.parts[i].sum == other.parts[j].sum
}

// Names lists the parts, sorted, without the manifest and its signature.
func (a *Archive) Names() []string {
	return lists.Map(a.parts, func(p held) string { return p.name })
}

// Snapshot reads what AWS said, the first time.
func (a *Archive) Snapshot() (*account.Snapshot, error) {
	if a.snapshot != nil {
		return a.snapshot, nil
	}
	data, ok := a.Part(SnapshotName)
	if !ok {
		return nil, &FormatError{SnapshotName, errMissing}
	}
	var err error
	a.snapshot, err = account.Read(bytes.NewReader(data), SnapshotName)
	return a.snapshot, err
}

// Write writes the archive in its one form.
func (a *Archive) Write(w io.Writer) error {
	l, err := layOut(a.canonical())
	if err == nil {
		err = l.write(w)
	}
	if err != nil {
		return message.Errorf("writing evidence: %s", err)
	}
	return nil
}

// canonical lists what is written, in order.
func (a *Archive) canonical() []entry {
	files := map[string]packed{ManifestName: packBytes(a.manifest)}
	if len(a.Signature) > 0 {
		files[SignatureName] = packBytes(a.Signature)
	}
	for _, p := range a.parts {
		files[p.name] = p.packed
	}
	var entries []entry
	for _, name := range slices.Sorted(maps.Keys(files)) {
		entries = append(entries, newEntry(name, files[name]))
	}
	return entries
}

func sum(data []byte) string {
	s := sha256.Sum256(data)
	return hex.EncodeToString(s[:])
}
