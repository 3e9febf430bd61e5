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

// BenchmarkInventory5000 is the whole way for 5,000 users, from a saved snapshot; heap-MB is what is in use at the end,
// garbage included.
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
