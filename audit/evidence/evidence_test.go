package evidence

import (
	"bytes"
	"crypto/ed25519"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"sekisho/audit"
	"sekisho/audit/account"
)

var taken = time.Date(2026, 11, 22, 5, 0, 0, 0, time.UTC)

const header = "user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,password_next_rotation,mfa_active," +
	"access_key_1_active,access_key_1_last_rotated,access_key_1_last_used_date,access_key_1_last_used_region,access_key_1_last_used_service," +
	"access_key_2_active,access_key_2_last_rotated,access_key_2_last_used_date,access_key_2_last_used_region,access_key_2_last_used_service," +
	"cert_1_active,cert_1_last_rotated,cert_2_active,cert_2_last_rotated\n"

func snapshot() *account.Snapshot {
	generated := taken.Add(-time.Hour)
	return &account.Snapshot{
		Schema: account.SnapshotSchema, TakenAt: taken,
		Caller: account.Caller{AccountID: "123456789012", Partition: "aws", ARN: "arn:aws:iam::123456789012:user/auditor", UserID: "AIDACKCEVSQ6C2EXAMPLE", At: taken},
		CredentialReport: &account.Answer[account.CredentialReport]{
			Action: "iam:GetCredentialReport", Began: taken, Ended: taken, Complete: true,
			Value: account.CredentialReport{GeneratedAt: generated, Content: header},
		},
		Gaps:  []account.Gap{},
		Calls: account.Calls{Total: 3, ByAction: map[string]int{"iam:GetCredentialReport": 3}, SignIn: map[string]int{"sts:GetCallerIdentity": 1}},
	}
}

var tool = audit.Tool{Name: "sekisho", Version: "v1.2.3"}

func parts() []Part {
	return []Part{
		PartOf(ReportName, []byte(`{"schema":"sekisho/report/v1"}`)),
		PartOf(PageName, []byte("<!doctype html>")),
		PartOf(ConfigurationName, []byte(`{"schema":"sekisho/configuration/v1"}`)),
		PartOf(FrameworkName("cis-7.0"), []byte(`{"id":"cis-7.0"}`)),
	}
}

// archive makes evidence, signed by a key that is the same in each test.
func archive(t *testing.T) *Archive {
	t.Helper()
	a, err := New(tool, RuleSet{Count: 2, SHA256: strings.Repeat("0", 64)}, snapshot(), parts()...)
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Sign(signer(t, 1)); err != nil {
		t.Fatal(err)
	}
	return a
}

// signer makes the Ed25519 key of a seed.
func signer(t *testing.T, seed byte) ssh.Signer {
	t.Helper()
	s, err := ssh.NewSignerFromKey(ed25519.NewKeyFromSeed(bytes.Repeat([]byte{seed}, ed25519.SeedSize)))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func bytesOf(t *testing.T, a *Archive) []byte {
	t.Helper()
	var file bytes.Buffer
	if err := a.Write(&file); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

func readBytes(data []byte) (*Archive, error) {
	return Read(bytes.NewReader(data), int64(len(data)), DefaultLimits())
}

func TestArchiveComesBackWhole(t *testing.T) {
	t.Parallel()
	made := archive(t)
	a, err := readBytes(bytesOf(t, made))
	if err != nil {
		t.Fatal(err)
	}
	if problems := a.Verify(); len(problems) > 0 {
		t.Errorf("got problems %v, want none", problems)
	}
	want := []string{"configuration.json", "credential-report.csv", "frameworks/cis-7.0.json", "report.html", "report.json", "snapshot.json"}
	if got := a.Names(); !slices.Equal(got, want) {
		t.Errorf("got parts %v, want %v", got, want)
	}
	if got, _ := a.Part(CredentialReportName); string(got) != header {
		t.Errorf("got credential report %q, want it as AWS sent it", got)
	}
	m := a.Manifest
	if m.Tool != tool || m.Account != "123456789012" || m.Partition != "aws" || !m.TakenAt.Equal(taken) || m.Calls.Total != 3 || m.CredentialReportAt == nil {
		t.Errorf("got manifest %+v, want that of the snapshot", m)
	}
	if !bytes.Equal(a.manifest, made.manifest) || !bytes.Equal(a.Signature, made.Signature) {
		t.Error("got another manifest or signature than was written")
	}
	s, err := a.Snapshot()
	if err != nil || s.Caller.ARN != m.Caller {
		t.Errorf("got snapshot %+v and error %v, want that of %s", s, err, m.Caller)
	}
}

func TestSameEvidenceGivesTheSameBytes(t *testing.T) {
	t.Parallel()
	first := archive(t)
	others := parts()
	slices.Reverse(others)
	second, err := New(tool, first.Manifest.Rules, snapshot(), others...)
	if err != nil {
		t.Fatal(err)
	}
	if err := second.Sign(signer(t, 1)); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(bytesOf(t, first), bytesOf(t, second)) {
		t.Error("got other bytes of parts that came in another order, want the same")
	}
}

// The bytes are a contract: evidence that was written years ago is compared with what is written today.
func TestBytesOfAnArchive(t *testing.T) {
	t.Parallel()
	const want = "c3ff057f467a22a1190cc01e9619c24d4486fc647cdc32387053bc2500096054"
	if got := packBytes(written(t, two())).sum; got != want {
		t.Errorf("got an archive with SHA-256 %s, want %s", got, want)
	}
}

func TestEvidenceWithoutACredentialReport(t *testing.T) {
	t.Parallel()
	s := snapshot()
	s.CredentialReport = nil
	a, err := New(tool, RuleSet{}, s, parts()...)
	if err != nil {
		t.Fatal(err)
	}
	if _, there := a.Part(CredentialReportName); there || a.Manifest.CredentialReportAt != nil {
		t.Error("got a credential report, want none")
	}
}

func TestNewRefusesWhatVerifyWouldFind(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		parts []Part
		want  string
	}{
		"no page":      {parts()[:1], `"report.html": evidence always has it`},
		"a part twice": {append(parts(), PartOf(PageName, nil)), "each once"},
		"a bad name":   {append(parts(), PartOf(FrameworkName("../x"), nil)), "a path with .."},
	} {
		if _, err := New(tool, RuleSet{}, snapshot(), test.parts...); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want an error with %q", name, err, test.want)
		}
	}
}

func TestRuleSet(t *testing.T) {
	t.Parallel()
	a, b := &audit.Rule{ID: "a", Why: "because"}, &audit.Rule{ID: "b"}
	of := func(rules ...*audit.Rule) RuleSet {
		set, err := RuleSetOf(rules)
		if err != nil {
			t.Fatal(err)
		}
		return set
	}
	if of(a, b) != of(b, a) {
		t.Error("got another sum of the rules in another order, want the same")
	}
	changed := *a
	changed.Why = "for another reason"
	if of(a, b) == of(&changed, b) {
		t.Error("got the same sum of a rule with another reason, want another")
	}
	if got := of(a, b).Count; got != 2 {
		t.Errorf("got %d rules, want 2", got)
	}
}

// found reports whether reading or verifying a file tells that something is wrong.
func found(data []byte) bool {
	a, err := readBytes(data)
	return err != nil || len(a.Verify()) > 0
}

func TestEveryChangedByteIsFound(t *testing.T) {
	t.Parallel()
	file := bytesOf(t, archive(t))
	random := rand.New(rand.NewPCG(1, 2))
	for range 1000 {
		at, flip := random.IntN(len(file)), byte(1+random.IntN(255))
		changed := bytes.Clone(file)
		changed[at] ^= flip
		if !found(changed) {
			t.Errorf("byte %d of %d changed from %#02x to %#02x: got nothing wrong", at, len(file), file[at], changed[at])
		}
	}
}

func TestEveryFlippedBitOfTheHeadersIsFound(t *testing.T) {
	t.Parallel()
	a := archive(t)
	file := bytesOf(t, a)
	read, err := readBytes(file)
	if err != nil {
		t.Fatal(err)
	}
	for at := range file {
		if place := read.file.place(int64(at)); !strings.HasPrefix(place.String(), "the ") {
			continue
		}
		for bit := range 8 {
			changed := bytes.Clone(file)
			changed[at] ^= 1 << bit
			if !found(changed) {
				t.Errorf("bit %d of byte %d changed, in %s: got nothing wrong", bit, at, read.file.place(int64(at)))
			}
		}
	}
}

func TestEveryCutAndInsertionIsFound(t *testing.T) {
	t.Parallel()
	file := bytesOf(t, archive(t))
	random := rand.New(rand.NewPCG(3, 4))
	for i := range 1000 {
		at := random.IntN(len(file))
		var changed []byte
		what := ""
		switch i % 4 {
		case 0:
			what, changed = "cut off", file[:at]
		case 1:
			n := 1 + random.IntN(len(file)-at)
			what, changed = fmt.Sprintf("%d bytes taken out", n), slices.Concat(file[:at], file[at+n:])
		case 2:
			inserted := make([]byte, 1+random.IntN(40))
			for j := range inserted {
				inserted[j] = byte(random.Uint32())
			}
			what, changed = fmt.Sprintf("%d bytes put in", len(inserted)), slices.Concat(file[:at], inserted, file[at:])
		default:
			what, changed = "the rest twice", slices.Concat(file, file[at:])
		}
		if !found(changed) {
			t.Errorf("byte %d of %d, %s: got nothing wrong", at, len(file), what)
		}
	}
}

func TestVerifyNamesWhatHappened(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		spoil func(entries []entry) []entry
		want  []string
	}{
		"nothing": {func(e []entry) []entry { return e }, nil},
		"changed, with a checksum that fits": {
			func(e []entry) []entry { return put(e, ReportName, []byte(`{"schema":"sekisho/report/v2"}`)) },
			[]string{`changed: "report.json": got SHA-256 `},
		},
		"longer": {
			func(e []entry) []entry { return put(e, PageName, []byte("<!doctype html>!")) },
			[]string{`changed: "report.html": got 16 bytes, want 15`},
		},
		"removed": {
			func(e []entry) []entry { return put(e, FrameworkName("cis-7.0"), nil) },
			[]string{`removed: "frameworks/cis-7.0.json": the manifest has it, the archive has not`},
		},
		"added": {
			func(e []entry) []entry { return put(e, "frameworks/fsbp.json", []byte("{}")) },
			[]string{`added: "frameworks/fsbp.json": the archive has it, the manifest has not`},
		},
		"signature removed": {func(e []entry) []entry { return put(e, SignatureName, nil) }, nil},
		"a changed manifest": {
			func(e []entry) []entry { return replace(e, `"account": "123456789012"`, `"account": "210987654321"`) },
			[]string{`manifest: "manifest.json": got account 210987654321, want 123456789012 as the snapshot has it`},
		},
		"another time": {
			func(e []entry) []entry { return replace(e, `"taken_at": "2026`, `"taken_at": "2025`) },
			[]string{`manifest: "manifest.json": got taken_at 2025-11-22T05:00:00Z, want 2026-11-22T05:00:00Z as the snapshot has it`},
		},
		"another bill": {
			func(e []entry) []entry { return replace(e, `"total": 3`, `"total": 2`) },
			[]string{`manifest: "manifest.json": got calls {2 0 0 `},
		},
		"a part that the manifest no longer has": {
			func(e []entry) []entry {
				return put(replace(e, `"name": "report.html"`, `"name": "report.htm"`), "report.htm", []byte("<!doctype html>"))
			},
			[]string{`added: "report.html"`},
		},
		"a list out of order": {
			func(e []entry) []entry { return replace(e, `"name": "report.html"`, `"name": "z"`) },
			[]string{`removed: "z"`, `manifest: "manifest.json": got "report.json" in the list`, `added: "report.html"`},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, err := readBytes(written(t, test.spoil(archive(t).canonical())))
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, p := range a.Verify() {
				got = append(got, p.String())
			}
			if len(got) != len(test.want) {
				t.Fatalf("got %q, want %q", got, test.want)
			}
			for i, want := range test.want {
				if !strings.HasPrefix(got[i], want) {
					t.Errorf("got %q, want it to begin with %q", got[i], want)
				}
			}
		})
	}
}

// An archive whose parts are all right and whose bytes are not is found too, and Open refuses it.
func TestVerifyFindsAnotherForm(t *testing.T) {
	t.Parallel()
	entries := archive(t).canonical()
	slices.Reverse(entries)
	file := written(t, entries)
	a, err := readBytes(file)
	if err != nil {
		t.Fatal(err)
	}
	const want = `form: the archive is not what is written of its parts: byte 14 differs, in the header of "snapshot.json"`
	if got := a.Verify(); len(got) != 1 || got[0].String() != want {
		t.Errorf("got %v, want %s", got, want)
	}
	if _, err := Open(bytes.NewReader(file), int64(len(file)), DefaultLimits()); err == nil || !strings.Contains(err.Error(), "byte 14") {
		t.Errorf("got %v, want Open to refuse it", err)
	}
	good := bytesOf(t, archive(t))
	if a, err := Open(bytes.NewReader(good), int64(len(good)), DefaultLimits()); err != nil || len(a.Names()) != 6 {
		t.Errorf("got %v, want Open to take what is whole", err)
	}
}

// put replaces the data of an entry, adds one, or removes it where there is no data; checksums fit.
func put(entries []entry, name string, data []byte) []entry {
	entries = slices.DeleteFunc(slices.Clone(entries), func(e entry) bool { return e.name == name })
	if data != nil {
		entries = append(entries, newEntry(name, packBytes(data)))
	}
	slices.SortFunc(entries, func(a, b entry) int { return strings.Compare(a.name, b.name) })
	return entries
}

// replace changes the text of the manifest.
func replace(entries []entry, old, text string) []entry {
	i := slices.IndexFunc(entries, func(e entry) bool { return e.name == ManifestName })
	manifest := string(entries[i].bytes())
	if !strings.Contains(manifest, old) {
		panic("the manifest has no " + old)
	}
	return put(entries, ManifestName, []byte(strings.Replace(manifest, old, text, 1)))
}
