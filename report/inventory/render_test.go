package inventory_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"sekisho/audit"
	"sekisho/audit/account"
	"sekisho/audit/emulator"
	"sekisho/audit/inventory"
	"sekisho/report/format"
	report "sekisho/report/inventory"
)

var update = flag.Bool("update", false, "rewrite the golden files of testdata")

var now = time.Date(2026, 11, 22, 5, 0, 0, 0, time.UTC)

func ref[T any](v T) *T { return &v }

func daysAgo(n int) inventory.When { return inventory.When{At: now.AddDate(0, 0, -n)} }

var never = inventory.When{Never: true}

func base() *inventory.Inventory {
	return &inventory.Inventory{
		Schema: inventory.Schema, Tool: audit.Tool{Name: "sekisho", Version: "0.0.0-test"},
		Account: audit.AccountInfo{ID: "123456789012", Partition: "aws", Alias: ref("acme"), SignInURL: "https://acme.signin.aws.amazon.com/console"},
		Caller:  "arn:aws:iam::123456789012:user/auditor", TakenAt: now, CredentialReportAt: ref(now.Add(-2 * time.Hour)),
		Depth: audit.DepthResult{Requested: audit.DepthAuto, Ran: audit.DepthDeep}, Unknown: []inventory.Unknown{}, Notes: []inventory.Note{}, Gaps: []account.Gap{},
		Calls: account.Calls{ByAction: map[string]int{}, SignIn: map[string]int{}},
	}
}

// bare is a user who has nothing at all.
func bare(name string) inventory.User {
	return inventory.User{
		Name: name, Path: "/", ARN: "arn:aws:iam::123456789012:user/" + name, ID: ref("AIDAEXAMPLE"), Created: daysAgo(10),
		Groups: []string{}, Tags: []account.Tag{}, MFA: ref(false), MFADevices: []inventory.Device{}, AccessKeys: []inventory.AccessKey{},
		Password: inventory.Password{Enabled: ref(false), LastUsed: never, LastChanged: never, NextRotation: never, MustChange: ref(false)},
		SSHKeys:  []inventory.SSHKey{}, ServiceCredentials: []inventory.ServiceCredential{}, SigningCertificates: []inventory.SigningCertificate{},
		Admin: ref("no"), MFAEnforced: inventory.MFAEnforced{Console: &inventory.Enforced{Verdict: "no_access", Sure: true}, AccessKey: &inventory.Enforced{Verdict: "no_access", Sure: true}},
		Unknown: []inventory.Unknown{},
	}
}

// full is a user who has something of every kind.
func full(name string) inventory.User {
	u := bare(name)
	u.Path, u.ARN = "/people/", "arn:aws:iam::123456789012:user/people/"+name
	u.Groups = []string{"developers", "operators"}
	u.Tags = []account.Tag{{Key: "department", Value: "情報システム"}, {Key: "email", Value: "a@example.com"}}
	u.Password = inventory.Password{Enabled: ref(true), LastUsed: daysAgo(1), LastChanged: daysAgo(40), NextRotation: inventory.When{At: now.AddDate(0, 0, 50)}, MustChange: ref(true)}
	u.MFA = ref(true)
	u.MFADevices = []inventory.Device{
		{Serial: "GAHT12345678", Kind: account.MFAHardware, EnabledSince: daysAgo(400)},
		{Serial: "arn:aws:iam::123456789012:u2f/user/" + name + "/key-EXAMPLE", Kind: account.MFAFIDO, EnabledSince: daysAgo(20)},
	}
	u.AccessKeys = []inventory.AccessKey{
		{ID: ref("AKIAIOSFODNN7EXAMPLE"), Slot: 1, Status: "active", Created: daysAgo(40), AgeDays: 40, LastUsed: daysAgo(1), Service: ref("ec2"), Region: ref("ap-northeast-1")},
		{ID: ref("AKIAI44QH8DHBEXAMPLE"), Slot: 2, Status: "inactive", Created: daysAgo(1), AgeDays: 1, LastUsed: never, Service: ref("N/A"), Region: ref("N/A")},
	}
	u.SSHKeys = []inventory.SSHKey{{ID: "APKAEXAMPLE", Status: "active", Uploaded: daysAgo(30)}}
	u.ServiceCredentials = []inventory.ServiceCredential{
		{ID: "ACCAEXAMPLE1", Service: "codecommit.amazonaws.com", Name: name + "-at-123456789012", Status: "active", Created: daysAgo(30), Expires: never},
		{ID: "ACCAEXAMPLE2", Service: "bedrock.amazonaws.com", Name: "", APIKey: true, Status: "expired", Created: daysAgo(100), Expires: daysAgo(10)},
	}
	u.SigningCertificates = []inventory.SigningCertificate{{ID: ref("CERTEXAMPLE"), Slot: 1, Status: "inactive", Uploaded: daysAgo(70), Expires: daysAgo(-10)}}
	u.Admin = ref("possibly")
	u.MFAEnforced = inventory.MFAEnforced{Console: &inventory.Enforced{Verdict: "enforced", Sure: true}, AccessKey: &inventory.Enforced{Verdict: "leaky"}}
	return u
}

// unknowable is a user of whom the name alone is known.
func unknowable(i *inventory.Inventory, name string) inventory.User {
	i.Notes = []inventory.Note{
		{Number: 1, Kind: inventory.NotRead, Text: "iam:GetCredentialReport failed: AccessDenied: not authorized", Fields: 9},
		{Number: 2, Kind: inventory.NotLooked, Text: "SSH public keys: not looked at in a standard run", Fields: 1},
	}
	u := inventory.User{Name: name, Path: "/", ARN: "arn:aws:iam::123456789012:user/" + name}
	for _, field := range []string{
		"unique_id", "created", "groups", "tags", "password.enabled", "password.last_used", "password.last_changed", "password.next_rotation", "password.must_change", "mfa",
		"mfa_devices", "access_keys", "service_credentials", "signing_certificates", "admin", "mfa_enforced.console", "mfa_enforced.access_key",
	} {
		u.Unknown = append(u.Unknown, inventory.Unknown{Field: field, Note: 1})
	}
	u.Unknown = append(u.Unknown, inventory.Unknown{Field: "ssh_keys", Note: 2})
	return u
}

// partly is a user of whom only some of each thing is known.
func partly(name string) inventory.User {
	u := full(name)
	u.MFADevices = u.MFADevices[:1]
	u.AccessKeys[0].ID, u.AccessKeys[1].ID = nil, nil
	u.AccessKeys[1].LastUsed, u.AccessKeys[1].Service, u.AccessKeys[1].Region = inventory.When{}, nil, nil
	u.SigningCertificates[0].ID, u.SigningCertificates[0].Expires = nil, inventory.When{}
	u.Password.OrLater, u.Password.MustChange = true, nil
	for _, field := range []string{"mfa_devices", "access_keys.id", "access_keys.last_used", "signing_certificates.expires", "service_credentials", "password.must_change"} {
		u.Unknown = append(u.Unknown, inventory.Unknown{Field: field, Note: 1})
	}
	return u
}

const nasty = "=cmd|' /C calc'!A0 <script>alert(1)</script>\x1b[2J\u202eevil\n@x"

func hostile() *inventory.Inventory {
	i := base()
	i.Account.Alias = ref(nasty)
	u := full(nasty)
	u.Path, u.Groups, u.Tags = "/"+nasty+"/", []string{nasty, "-1+1"}, []account.Tag{{Key: nasty, Value: nasty}}
	u.MFADevices[0].Serial, u.AccessKeys[0].ID, u.AccessKeys[0].Service = nasty, ref(nasty), ref(nasty)
	u.SSHKeys[0].ID, u.ServiceCredentials[0].Service, u.ServiceCredentials[0].Name = nasty, nasty, nasty
	i.Users = inventory.List[inventory.User]{Rows: []inventory.User{u}, Asked: true, Complete: true}
	return i
}

func hostileRoles() *inventory.Inventory {
	i := base()
	i.Notes = []inventory.Note{{Number: 1, Kind: inventory.NotRead, Text: nasty, Fields: 1}}
	i.Roles = inventory.List[inventory.Role]{Asked: true, Complete: true, Rows: []inventory.Role{
		{
			Name: nasty, Path: "/", ARN: "arn:aws:iam::123456789012:role/x", ID: "AROAEXAMPLE", Created: daysAgo(3), LastUsed: never, LastUsedRegion: "N/A",
			Trusts: []string{nasty, "anyone"}, AttachedPolicies: []string{nasty}, InlinePolicies: []string{}, Boundary: "arn:aws:iam::123456789012:policy/" + nasty,
			Tags: []account.Tag{}, Admin: ref("yes"), Unknown: []inventory.Unknown{},
		},
		{
			Name: "torn", Path: "/a/", ARN: "arn:aws:iam::123456789012:role/a/torn", ID: "AROAEXAMPLE2", Created: daysAgo(3), LastUsed: daysAgo(2), LastUsedRegion: "us-east-1",
			AttachedPolicies: []string{}, InlinePolicies: []string{"own"}, Tags: []account.Tag{}, Unknown: []inventory.Unknown{{Field: "trusts", Note: 1}, {Field: "admin", Note: 1}},
		},
	}}
	return i
}

func groups() *inventory.Inventory {
	i := base()
	i.Notes = []inventory.Note{{Number: 1, Kind: inventory.NotRead, Text: "the list of groups may lack some", Fields: 2}}
	i.Unknown = []inventory.Unknown{{Field: "groups", Note: 1}}
	i.Groups = inventory.List[inventory.Group]{Asked: true, Rows: []inventory.Group{
		{Name: "empty", Path: "/", ARN: "arn:aws:iam::123456789012:group/empty", ID: "AGPAEXAMPLE", Created: daysAgo(9), Members: []string{}, AttachedPolicies: []string{}, InlinePolicies: []string{}, Unknown: []inventory.Unknown{}},
		{Name: "開発", Path: "/", ARN: "arn:aws:iam::123456789012:group/開発", ID: "AGPAEXAMPLE2", Created: daysAgo(9), Members: []string{"山田太郎"}, AttachedPolicies: []string{"ReadOnlyAccess"},
			InlinePolicies: []string{"own"}, Unknown: []inventory.Unknown{{Field: "members", Note: 1}}},
	}}
	return i
}

func people() *inventory.Inventory {
	i := base()
	i.Demo = true
	exposed := bare("exposed")
	exposed.Password.Enabled, exposed.Password.LastUsed, exposed.Password.LastChanged = ref(true), daysAgo(1), daysAgo(9)
	exposed.MFAEnforced.Console = &inventory.Enforced{Verdict: "not_enforced", Sure: true}
	rows := []inventory.User{bare("bare"), exposed, full("full"), full("山田太郎＠経理"), unknowable(i, "nobody-knows"), partly("partly"), full(strings.Repeat("long-", 12) + "name")}
	i.Users = inventory.List[inventory.User]{Rows: rows, Asked: true, Complete: true}
	return i
}

func none() *inventory.Inventory {
	i := base()
	i.Account.Alias, i.Caller, i.CredentialReportAt = nil, "", nil
	i.Users = inventory.List[inventory.User]{Asked: true}
	i.Notes = []inventory.Note{{Number: 1, Kind: inventory.NotRead, Text: "the list of users may lack some: authorization-details was not read", Fields: 1}, {Number: 2, Kind: inventory.NotRead, Text: "account-aliases was not read", Fields: 1}}
	i.Unknown = []inventory.Unknown{{Field: "account.alias", Note: 2}, {Field: "users", Note: 1}}
	return i
}

func fixtures() map[string]*inventory.Inventory {
	return map[string]*inventory.Inventory{"people": people(), "hostile": hostile(), "hostile-roles": hostileRoles(), "groups": groups(), "none": none()}
}

func render(t testing.TB, kind string, i *inventory.Inventory, o format.Options) []byte {
	t.Helper()
	f, err := report.Formats().Named(kind)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := f.Render(&b, i, o); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestGolden(t *testing.T) {
	t.Parallel()
	for name, i := range fixtures() {
		for file, text := range map[string][]byte{
			name + ".200.txt":     render(t, "table", i, format.Options{Width: 200}),
			name + ".80.txt":      render(t, "table", i, format.Options{Width: 80}),
			name + ".color.txt":   render(t, "table", i, format.Options{Width: 200, Color: true}),
			name + ".verbose.txt": render(t, "table", i, format.Options{Width: 100, Verbose: true}),
			name + ".csv":         render(t, "csv", i, format.Options{}),
			name + ".json":        render(t, "json", i, format.Options{}),
			name + ".html":        body(t, render(t, "html", i, format.Options{})),
		} {
			path := filepath.Join("testdata", file)
			if *update {
				if err := os.WriteFile(path, text, 0o644); err != nil {
					t.Fatal(err)
				}
				continue
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(text, want) {
				t.Errorf("%s: got\n%s\nwant\n%s", file, text, want)
			}
		}
	}
}

// body is the page without its style, script and their hashes, which are files of their own.
func body(t *testing.T, page []byte) []byte {
	t.Helper()
	_, rest, ok := bytes.Cut(page, []byte("</style>"))
	out, _, found := bytes.Cut(rest, []byte("<script>"))
	if !ok || !found {
		t.Fatal("got a page without style and script")
	}
	return out
}

func TestNoFormatLetsAnAccountSteerAReader(t *testing.T) {
	t.Parallel()
	for name, i := range map[string]*inventory.Inventory{"users": hostile(), "roles": hostileRoles()} {
		for _, kind := range report.Formats().Names() {
			out := string(render(t, kind, i, format.Options{Width: 160, Verbose: true}))
			for _, bad := range []string{"\x1b", "\u202e", "\r"} {
				if strings.Contains(out, bad) {
					t.Errorf("%s as %s: got %q in it, want it escaped", name, kind, bad)
				}
			}
			if kind == "html" && strings.Contains(out, "<script>alert") {
				t.Errorf("%s: got a script of the account's, want it escaped", name)
			}
		}
		rows, err := csv.NewReader(bytes.NewReader(render(t, "csv", i, format.Options{}))).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range rows {
			for c, whole := range row {
				for cell := range strings.SplitSeq(whole, ";") {
					if cell = strings.TrimLeft(cell, " "); cell == "" || strings.ContainsAny(cell[:1], "=+-@\t\r|%") {
						t.Errorf("%s: got the cell %q under %s, want neither a formula nor nothing", name, cell, rows[0][c])
					}
				}
			}
		}
	}
}

func TestCSVIsSafeWhereSemicolonsPartCells(t *testing.T) {
	t.Parallel()
	i := base()
	u := full("x")
	u.Tags = []account.Tag{{Key: "a", Value: "b;c"}, {Key: "a;=1+1", Value: "b; @x"}}
	i.Users = inventory.List[inventory.User]{Rows: []inventory.User{u}, Asked: true, Complete: true}
	rows, err := csv.NewReader(bytes.NewReader(render(t, "csv", i, format.Options{}))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if got, want := rows[1][slices.Index(rows[0], "tags")], `a=b;c; a\u003b=1+1=b\u003b @x`; got != want {
		t.Errorf("got the tags %s, want %s", got, want)
	}
}

func TestCSVSaysWhereAPathOrAnIDIsNotKnown(t *testing.T) {
	t.Parallel()
	i := base()
	i.Groups = inventory.List[inventory.Group]{Rows: []inventory.Group{{Name: "g", ARN: "arn:aws:iam::123456789012:group/g", Created: daysAgo(3)}}, Asked: true, Complete: true}
	rows, err := csv.NewReader(bytes.NewReader(render(t, "csv", i, format.Options{}))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, column := range []string{"path", "unique_id"} {
		if got := rows[1][slices.Index(rows[0], column)]; got != "?" {
			t.Errorf("got %q under %s, want ?", got, column)
		}
	}
}

func TestCSVHasNoEmptyCell(t *testing.T) {
	t.Parallel()
	for name, i := range fixtures() {
		rows, err := csv.NewReader(bytes.NewReader(render(t, "csv", i, format.Options{}))).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range rows {
			if c := slices.Index(row, ""); c >= 0 {
				t.Errorf("%s: got nothing under %s, want ? or (none)", name, rows[0][c])
			}
		}
	}
}

func TestCSVListsOfOneThingHaveOneLength(t *testing.T) {
	t.Parallel()
	rows, err := csv.NewReader(bytes.NewReader(render(t, "csv", people(), format.Options{}))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, prefix := range []string{"mfa_", "access_key_", "ssh_key_", "service_credential_", "certificate_"} {
		for _, row := range rows[1:] {
			length := 0
			for c, title := range rows[0] {
				if !strings.HasPrefix(title, prefix) || strings.HasPrefix(title, "mfa_enforced") {
					continue
				}
				n := len(strings.Split(row[c], "; "))
				if length == 0 {
					length = n
				}
				if n != length {
					t.Errorf("%s: got %d parts under %s (%q), want %d", row[4], n, title, row[c], length)
				}
			}
		}
	}
}

func TestBOMIsForExcel(t *testing.T) {
	t.Parallel()
	out := render(t, "csv", people(), format.Options{BOM: true})
	if !bytes.HasPrefix(out, []byte("\xef\xbb\xbfaccount,")) {
		t.Errorf("got %q, want a byte order mark first", out[:12])
	}
	if plain := render(t, "csv", people(), format.Options{}); !bytes.Equal(out[3:], plain) {
		t.Error("got other rows with the mark than without")
	}
}

func TestCSVRefusesSeveralLists(t *testing.T) {
	t.Parallel()
	i := people()
	i.Roles = hostileRoles().Roles
	err := report.CSV(io.Discard, i, format.Options{})
	if err == nil || !strings.Contains(err.Error(), "one kind of row") {
		t.Errorf("got %v, want an error: a CSV file has one kind of row", err)
	}
}

func TestColumnsAreDocumentedAndUnique(t *testing.T) {
	t.Parallel()
	for _, columns := range [][]report.Column{report.UserColumns(), report.RoleColumns(), report.GroupColumns()} {
		seen := map[string]bool{}
		for _, c := range columns {
			if !regexp.MustCompile(`^[a-z_0-9]+$`).MatchString(c.Name) || seen[c.Name] {
				t.Errorf("got the column %q, want each in snake case and once", c.Name)
			}
			seen[c.Name] = true
		}
	}
}

func TestPageIsWellFormedAndAsksNobody(t *testing.T) {
	t.Parallel()
	for name, i := range fixtures() {
		page := render(t, "html", i, format.Options{})
		decoder := xml.NewDecoder(strings.NewReader(regexp.MustCompile(`(?s)<(style|script)>.*?</(style|script)>|<!DOCTYPE html>`).ReplaceAllString(string(page), "")))
		decoder.Strict = true
		for {
			token, err := decoder.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			start, ok := token.(xml.StartElement)
			if !ok {
				continue
			}
			for _, a := range start.Attr {
				if slices.Contains([]string{"src", "srcset", "style", "onclick"}, a.Name.Local) || a.Name.Local == "href" && !strings.HasPrefix(a.Value, "#") {
					t.Errorf("%s: got %s=%q on <%s>, want a page that needs nothing else", name, a.Name.Local, a.Value, start.Name.Local)
				}
			}
		}
		if !bytes.Contains(page, []byte("default-src &#39;none&#39;")) && !bytes.Contains(page, []byte("default-src 'none'")) {
			t.Errorf("%s: got no Content-Security-Policy", name)
		}
	}
}

// A column of Japanese names is as wide as it looks.
func TestColumnsLineUpUnderWideCharacters(t *testing.T) {
	t.Parallel()
	i := base()
	u, v := bare("山田太郎"), bare("abcdefgh")
	i.Users = inventory.List[inventory.User]{Rows: []inventory.User{u, v}, Asked: true, Complete: true}
	var rests []string
	for line := range strings.SplitSeq(string(render(t, "table", i, format.Options{Width: 200})), "\n") {
		for _, name := range []string{u.Name, v.Name} {
			if rest, ok := strings.CutPrefix(line, name); ok {
				rests = append(rests, rest)
			}
		}
	}
	if len(rests) != 2 || rests[0] != rests[1] {
		t.Errorf("got %q after names of the same width, want the same", rests)
	}
}

func TestWriterErrorsArePassedOn(t *testing.T) {
	t.Parallel()
	for _, f := range report.Formats() {
		if err := f.Render(brokenWriter{}, people(), format.Options{}); !errors.Is(err, errFull) {
			t.Errorf("%s: got %v, want the writer's error", f.Name, err)
		}
	}
}

var errFull = errors.New("disk full")

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, errFull }

func company(tb testing.TB, n int) *bytes.Buffer {
	tb.Helper()
	var saved bytes.Buffer
	if err := emulator.Company(n, now).Write(&saved); err != nil {
		tb.Fatal(err)
	}
	return &saved
}

// inventoryOf goes the whole way from a saved snapshot to the bytes of a format.
func inventoryOf(tb testing.TB, saved []byte, kind string) int {
	tb.Helper()
	s, err := account.Read(bytes.NewReader(saved), "company.json")
	if err != nil {
		tb.Fatal(err)
	}
	i, _ := inventory.Of(s, inventory.Options{Users: true, Depth: audit.DepthStandard})
	return len(render(tb, kind, i, format.Options{Width: 160}))
}

func TestInventoryOfManyUsersIsRenderedWhole(t *testing.T) {
	t.Parallel()
	i, _ := inventory.Of(emulator.Company(1000, now), inventory.Options{Users: true})
	rows, err := csv.NewReader(bytes.NewReader(render(t, "csv", i, format.Options{}))).ReadAll()
	if err != nil || len(rows) != 1001 {
		t.Errorf("got %d rows, %v, want a header and 1000", len(rows), err)
	}
	var parsed struct {
		Users []json.RawMessage `json:"users"`
	}
	if err := json.Unmarshal(render(t, "json", i, format.Options{}), &parsed); err != nil || len(parsed.Users) != 1000 {
		t.Errorf("got %d users, %v, want 1000", len(parsed.Users), err)
	}
}

// BenchmarkInventory5000 is the whole way for 5,000 users, from a saved snapshot; heap-MB is what is in use at the end, garbage included.
func BenchmarkInventory5000(b *testing.B) {
	saved := company(b, 5000).Bytes()
	for _, kind := range report.Formats().Names() {
		b.Run(kind, func(b *testing.B) {
			size, peak := 0, uint64(0)
			for b.Loop() {
				size = inventoryOf(b, saved, kind)
				var m runtime.MemStats
				runtime.ReadMemStats(&m)
				peak = max(peak, m.HeapInuse)
			}
			b.ReportMetric(float64(size)/1e6, "MB-out")
			b.ReportMetric(float64(peak)/1e6, "heap-MB")
			b.ReportMetric(b.Elapsed().Seconds()/float64(b.N), "s/inventory")
		})
	}
}
