package evidence

import (
	"fmt"
	"reflect"
	"slices"
	"time"

	"sekisho/audit/account"
	"sekisho/audit/message"
)

// Problem is something wrong with an archive. Part is the name of the part concerned, empty for the archive as a whole.
type Problem struct {
	Part string
	Kind Kind
	Text message.Message // what came, what was wanted
}

// Message says what is wrong, and with what.
func (p Problem) Message() message.Message {
	if p.Part == "" {
		return message.New("%s: %s", kinds[p.Kind], p.Text)
	}
	return message.New("%s: %q: %s", kinds[p.Kind], p.Part, p.Text)
}

func (p Problem) String() string { return p.Message().String() }

// Kind says what has happened.
type Kind string

// The kinds of problems.
const (
	KindChanged  Kind = "changed"  // a part is not the one of the manifest, or not the one that the archive has a checksum of
	KindRemoved  Kind = "removed"  // the manifest, or evidence as such, has a part that isn't there
	KindAdded    Kind = "added"    // a part is there that the manifest doesn't have
	KindManifest Kind = "manifest" // the manifest contradicts itself or the snapshot
	KindForm     Kind = "form"     // the archive is not in its one form
)

var kinds = map[Kind]message.Message{
	KindChanged: message.New("changed"), KindRemoved: message.New("removed"), KindAdded: message.New("added"),
	KindManifest: message.New("manifest"), KindForm: message.New("form"),
}

// Verify lists all that is wrong: parts that are not those of the manifest, a manifest that isn't about the snapshot,
// and any byte by which the archive differs from the one that Write makes of its parts. It says nothing of the
// signature, nor whether the reports follow from the snapshot.
func (a *Archive) Verify() []Problem {
	v := &verifier{archive: a}
	v.sums()
	v.checksums()
	v.subject()
	v.form()
	return v.problems
}

type verifier struct {
	archive  *Archive
	problems []Problem
}

func (v *verifier) report(kind Kind, part string, text message.Message) {
	v.problems = append(v.problems, Problem{part, kind, text})
}

// sums compares the parts with the manifest.
func (v *verifier) sums() {
	listed := map[string]bool{}
	last := ""
	for i, want := range v.archive.Manifest.Parts {
		if err := checkName(want.Name); err != nil {
			v.report(KindManifest, ManifestName, message.New("part %d of the list: %s", i, err))
			continue
		}
		if want.Name == ManifestName || want.Name == SignatureName || want.Name <= last {
			v.report(KindManifest, ManifestName, message.New(
				"got %q in the list of parts, want neither the manifest nor its signature, and the names sorted, each once", want.Name))
		}
		last = want.Name
		listed[want.Name] = true
		at := v.archive.index(want.Name)
		if at < 0 {
			v.report(KindRemoved, want.Name, message.New("the manifest has it, the archive has not"))
			continue
		}
		switch got := v.archive.parts[at]; {
		case got.size != want.Size:
			v.report(KindChanged, want.Name, message.New("got %d bytes, want %d", got.size, want.Size))
		case got.sum != want.SHA256:
			v.report(KindChanged, want.Name, message.New("got SHA-256 %s, want %s", got.sum, want.SHA256))
		}
	}
	for _, name := range v.archive.Names() {
		if !listed[name] {
			v.report(KindAdded, name, message.New("the archive has it, the manifest has not"))
		}
	}
	for _, name := range []string{SnapshotName, ReportName, PageName, ConfigurationName} {
		if v.archive.index(name) < 0 && !listed[name] {
			v.report(KindRemoved, name, message.New("evidence always has it"))
		}
	}
}

// checksums compares all files of the archive with their CRC-32. That is all there is to tell of a change of the
// manifest that was not meant, where nobody signed.
func (v *verifier) checksums() {
	if v.archive.file == nil {
		return // it was made, not read
	}
	for _, e := range v.archive.file.entries {
		told := slices.ContainsFunc(v.problems, func(p Problem) bool { return p.Part == e.name })
		if e.crc != e.declared && !told {
			v.report(KindChanged, e.name, message.New("got CRC-32 %s, want %s as the archive has it", hexadecimal(e.crc), hexadecimal(e.declared)))
		}
	}
}

func hexadecimal(sum uint32) string { return fmt.Sprintf("%08x", sum) }

// subject compares the manifest, and the credential report, with the snapshot.
func (v *verifier) subject() {
	if v.archive.index(SnapshotName) < 0 {
		return // reported already
	}
	s, err := v.archive.Snapshot()
	if err != nil {
		v.report(KindChanged, SnapshotName, message.Of(err))
		return
	}
	m := v.archive.Manifest
	compare := func(what string, got, want any) {
		if !reflect.DeepEqual(got, want) {
			v.report(KindManifest, ManifestName, message.New("got %s %s, want %s as the snapshot has it", what, got, want))
		}
	}
	compare("account", m.Account, s.Caller.AccountID)
	compare("partition", m.Partition, s.Caller.Partition)
	compare("caller", m.Caller, s.Caller.ARN)
	compare("taken_at", stamp(&m.TakenAt), stamp(&s.TakenAt))
	compare("calls", m.Calls, s.Calls)
	at := v.archive.index(CredentialReportName)
	var report *account.CredentialReport
	if s.CredentialReport != nil {
		report = &s.CredentialReport.Value
	}
	switch {
	case report == nil:
		compare("credential_report_at", stamp(m.CredentialReportAt), stamp(nil))
		if at >= 0 {
			v.report(KindAdded, CredentialReportName, message.New("the snapshot has no credential report"))
		}
	case at < 0:
		v.report(KindRemoved, CredentialReportName, message.New("the snapshot has a credential report"))
	default:
		compare("credential_report_at", stamp(m.CredentialReportAt), stamp(&report.GeneratedAt))
		if v.archive.parts[at].sum != sum([]byte(report.Content)) {
			v.report(KindChanged, CredentialReportName, message.New("it is not the credential report of the snapshot"))
		}
	}
}

func stamp(t *time.Time) any {
	if t == nil {
		return message.New("none")
	}
	return t.UTC().Format(time.RFC3339Nano)
}

// form compares the file with what is written of its parts. They are the same bytes in both, so that it is their order
// and all around them that may differ.
func (v *verifier) form() {
	limits := DefaultLimits()
	size := int64(0)
	entries := v.archive.canonical()
	for _, e := range entries {
		size += localSize + directorySize + 2*int64(len(e.name)) + e.size
		if err := checkName(e.name); err != nil {
			v.report(KindForm, e.name, message.Of(err))
		}
		if e.size > limits.Part {
			v.report(KindForm, e.name, message.New("got %d bytes, want %d at most", e.size, limits.Part))
		}
	}
	if size+endSize > limits.File {
		v.report(KindForm, "", message.New("got %d bytes, want %d at most", size+endSize, limits.File))
	}
	was := v.archive.file
	if was == nil {
		return // it was made, not read
	}
	if is, err := layOut(entries); err != nil {
		v.report(KindForm, "", message.Of(err))
	} else if at := was.differs(is); at >= 0 {
		v.report(KindForm, "", message.New("the archive is not what is written of its parts: byte %d differs, in %s", at, was.place(at)))
	}
}

// differs returns the first byte at which an archive differs from another one with the same parts, -1 for none.
func (l *layout) differs(other *layout) int64 {
	at := int64(0)
	for i, was := range l.frame {
		is := other.frame[min(i, len(other.frame)-1)]
		for j := range max(len(was), len(is)) {
			if j >= len(was) || j >= len(is) || was[j] != is[j] {
				return at + int64(j)
			}
		}
		if at += int64(len(was)); i < len(l.entries) {
			at += l.entries[i].size
		}
	}
	return -1
}

// place names what is at an offset of the file.
func (l *layout) place(offset int64) message.Message {
	at := int64(0)
	for i, e := range l.entries {
		if at += int64(len(l.frame[i])); offset < at {
			return message.New("the header of %q", e.name)
		}
		if at += e.size; offset < at {
			return message.New("%q", e.name)
		}
	}
	return message.New("the directory")
}
