package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"sekisho/audit/account"
	"sekisho/audit/collect"
	"sekisho/audit/collect/shape"
	"sekisho/audit/framework"
	"sekisho/audit/rules"
	"sekisho/config"
	"sekisho/report"
	"sekisho/report/files"
	"sekisho/report/saved"
)

// Help and manual pages are made of what commands say of themselves: each says what it does and what its flags are, and
// the README shows it.
func TestCommandsDocumentThemselves(t *testing.T) {
	t.Parallel()
	page := read(t, "..", "..", "README.md")
	walk(rootCommand(process()), func(cmd *cobra.Command) {
		path := cmd.CommandPath()
		if cmd.Hidden || !cmd.HasParent() || cmd.Name() == "version" || strings.HasPrefix(path, "sekisho completion") {
			return
		}
		if cmd.Short == "" || cmd.Long == "" || !strings.Contains(page, path+" ") {
			t.Errorf("%s: got the documentation %q, %q, want a line, paragraphs and a place in the README", path, cmd.Short, cmd.Long)
		}
		cmd.LocalFlags().VisitAll(func(flag *pflag.Flag) {
			if value, usage := pflag.UnquoteUsage(flag); usage == "" || flag.Value.Type() != "bool" && value != strings.ToUpper(value) {
				t.Errorf("%s --%s %s: got the usage %q, want one that names the value, like `FILE`", path, flag.Name, value, flag.Usage)
			}
		})
	})
}

// The policy in the README is what sekisho permissions prints for all rules, and allows what the collectors call, no
// less and no more.
func TestReadmePermissions(t *testing.T) {
	t.Parallel()
	block := readme(t, "```json\n", "```")
	if want := permissions(t, "--rules", "*"); block != want {
		t.Errorf("got\n%s\nwant\n%s", block, want)
	}
	if got, want := allowed(t, block), collect.Actions(); !slices.Equal(got, want) {
		t.Errorf("got the actions\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// What the README shows is what the demo prints, dates aside.
func TestReadmeSample(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		from, line string
		status     int
	}{
		{"```\n", "audit --demo", statusFinding},
		{"```\n$ sekisho access paths --demo user/ci-deploy\n", "access paths --demo user/ci-deploy", statusClean},
		{"```\n$ sekisho whatif --demo --detach AdministratorAccess=group/administrators\n", "whatif --demo --detach AdministratorAccess=group/administrators", statusFinding},
	} {
		sample := readme(t, test.from+"DEMO", "```")
		var stdout, stderr strings.Builder
		sys := system{stdin: strings.NewReader(""), stdout: &stdout, stderr: &stderr, environ: []string{"COLUMNS=100"}, now: time.Now}
		if got := run(t.Context(), strings.Fields(test.line), sys); got != test.status || stderr.Len() > 0 {
			t.Fatalf("%s: got exit status %d and on stderr %q, want %d and nothing", test.line, got, stderr.String(), test.status)
		}
		dates := regexp.MustCompile(`\d{4}-\d\d-\d\d|\d\d:\d\d`)
		got := dates.ReplaceAllString(stdout.String(), "…")
		want := dates.ReplaceAllString("DEMO"+sample, "…")
		if !strings.HasPrefix(got, want) {
			t.Errorf("%s: got what begins with\n%s\nwant what the README shows:\n%s", test.line, got[:min(len(got), len(want))], want)
		}
	}
}

// What is read for all is what the rules need, once each, and never by the user.
func TestSectionsFor(t *testing.T) {
	t.Parallel()
	got := sectionsFor(rules.Points())
	want := []account.Section{
		account.AccountAliasesSection, account.AccountSummarySection, account.AuthorizationDetailsSection, account.PasswordPolicySection,
		account.VirtualMFADevicesSection,
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %v for the points of the Security Status, want %v", got, want)
	}
	if !slices.ContainsFunc(sectionsFor(rules.Catalogue()), func(s account.Section) bool { return s == account.CredentialReportSection }) {
		t.Error("got no credential report for the whole catalogue, want it")
	}
	for _, section := range sectionsFor(rules.Catalogue()) {
		if section.PerUser() {
			t.Errorf("got %s, which is read user by user, want sections of the whole account", section)
		}
	}
}

// The README has the formats of every command, as its register lists them.
func TestReadmeFormats(t *testing.T) {
	t.Parallel()
	var want strings.Builder
	walk(rootCommand(process()), func(cmd *cobra.Command) {
		if flag := cmd.LocalFlags().Lookup("format"); flag != nil {
			fmt.Fprintf(&want, "| `%s` | %s | %s |\n", strings.TrimPrefix(cmd.CommandPath(), "sekisho "),
				strings.Join(flag.Annotations[formatsOf], ", "), strings.Join(flag.Annotations[extensionsOf], " "))
		}
	})
	if got := readme(t, "| command | formats | extensions |\n|---|---|---|\n", "\n\n") + "\n"; got != want.String() {
		t.Errorf("got\n%s\nwant\n%s", got, want.String())
	}
}

// readme is what stands in the README between two texts.
func readme(t *testing.T, from, to string) string {
	t.Helper()
	_, block, _ := strings.Cut(read(t, "..", "..", "README.md"), from)
	block, _, ok := strings.Cut(block, to)
	if !ok {
		t.Fatalf("got no %q with %q behind it in the README, want both", from, to)
	}
	return block
}

func read(t *testing.T, path ...string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(path...))
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// The configuration that the README shows can be used.
func TestReadmeConfiguration(t *testing.T) {
	t.Parallel()
	block := readme(t, "```yaml\n", "```")
	file := filepath.Join(t.TempDir(), "sekisho.yaml")
	if err := os.WriteFile(file, []byte(block), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := config.Load(config.Sources{
		Bytes: func(path string, most int64) ([]byte, error) {
			return saved.Bytes(t.Context(), new(files.Set).Input("--config", path), most)
		},
		File: file, Catalogue: rules.Catalogue(), Formats: report.Formats().Names(), Frameworks: framework.IDs(), Tolerable: shape.Tolerable(),
		Now: func() time.Time { return time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC) },
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Exceptions) != 1 || c.Exceptions[0].Owner != "storage team" || len(c.Audit().UserThresholds) != 1 {
		t.Errorf("got the exceptions %+v and the limits %+v, want those of the README", c.Exceptions, c.Audit().UserThresholds)
	}
}
