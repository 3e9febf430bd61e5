package config_test

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"sekisho/audit"
	"sekisho/config"
)

func TestWhichFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first, second, missing := filepath.Join(dir, "1.yaml"), filepath.Join(dir, "2.yaml"), filepath.Join(dir, "none.yaml")
	for path, content := range map[string]string{first: "max_rps: 1", second: "# nothing but a comment\n"} {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	tests := map[string]struct {
		file   string
		search []string
		want   string
	}{
		"the first that exists": {"", []string{missing, first, second}, first},
		"the one that is named": {second, []string{first}, second},
		"none":                  {"", []string{missing}, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, err := config.Load(config.Sources{Bytes: readFile, File: test.file, Search: test.search, Catalogue: catalogue})
			if err != nil {
				t.Fatal(err)
			}
			if c.Source != test.want {
				t.Errorf("got the file %q, want %q", c.Source, test.want)
			}
		})
	}
	t.Run("a file that is named must exist", func(t *testing.T) {
		t.Parallel()
		src := config.Sources{Bytes: readFile, File: missing, Search: []string{first}}
		_, err := config.Load(src)
		checkError(t, src, err, "FILE: reading the configuration file: no such file or directory", "")
	})
	t.Run("a folder is no file", func(t *testing.T) {
		t.Parallel()
		src := config.Sources{Bytes: readFile, Search: []string{dir}}
		_, err := config.Load(src)
		checkError(t, config.Sources{File: dir}, err, "FILE: reading the configuration file: is a directory", "")
	})
}

// What is printed is itself a configuration file that gives the same settings, whatever they are.
func TestPrintedSettingsLoadAgain(t *testing.T) {
	t.Parallel()
	content := "aws: {profile: \"tab\\t #\", mfa_serial: 'arn:aws:iam::123456789012:mfa/alice'}\nskip_rules: [user-mfa]\nfail_on: none\n"
	content = strings.Replace(content, "tab\\t", "two: words", 1)
	environ := []string{"SEKISHO_RULES=access-key-*,mfa", "SEKISHO_THRESHOLDS_ACCESS_KEY_MAX_AGE_DAYS=60"}
	src := given(t, content, environ, "--profile=null", "--max-rps=2.5", "--no-color", "--timeout=1h")
	first, err := config.Load(src)
	if err != nil {
		t.Fatal(err)
	}
	printsAgain(t, first,
		"\n  access_key_max_age_days: 60 # from SEKISHO_THRESHOLDS_ACCESS_KEY_MAX_AGE_DAYS\n",
		"\nfail_on: none # from "+src.File+", line 3\n",
		"\nrules: [\"access-key-*\", mfa] # from SEKISHO_RULES\n",
		"\n  profile: \"null\" # from --profile\n",
		"\n  password_reuse: 24\n",
		"# SHA-256: "+first.SHA256+"\n",
		"\n  # password-reuse: number of former passwords that the password policy must refuse.\n",
	)
}

// printsAgain prints a configuration, looks for texts in it, and loads it: what is printed is a file that gives the
// same settings.
func printsAgain(t *testing.T, first *config.Config, texts ...string) {
	t.Helper()
	var printed strings.Builder
	if err := first.Print(&printed); err != nil {
		t.Fatal(err)
	}
	for _, text := range texts {
		if !strings.Contains(printed.String(), text) {
			t.Errorf("got %s\nwant it to contain %q", printed.String(), text)
		}
	}
	second, err := config.Load(given(t, printed.String(), nil))
	if err != nil {
		t.Fatalf("loading what was printed: %v\n%s", err, printed.String())
	}
	if !reflect.DeepEqual(second.Settings, first.Settings) {
		t.Errorf("got  %+v\nwant %+v", second.Settings, first.Settings)
	}
}

func TestFailOn(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		failOn config.FailOn
		want   []audit.Severity
	}{
		"info":     {config.FailOn{Severity: audit.Info}, []audit.Severity{audit.Critical, audit.High, audit.Medium, audit.Low, audit.Info}},
		"high":     {config.FailOn{Severity: audit.High}, []audit.Severity{audit.Critical, audit.High}},
		"critical": {config.FailOn{Severity: audit.Critical}, []audit.Severity{audit.Critical}},
		"none":     {config.FailOn{Never: true}, nil},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []audit.Severity
			for _, s := range audit.Severities() {
				if test.failOn.Reached(s) {
					got = append(got, s)
				}
			}
			if !reflect.DeepEqual(got, test.want) {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}
