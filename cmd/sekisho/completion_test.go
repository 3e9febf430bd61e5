package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// What a shell offers, as it asks for it.
func TestCompletion(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	for name, content := range map[string]string{
		"config": "[default]\nregion = us-east-1\n[profile prod]\n[sso-session x]\n# [profile no]\n", "credentials": "[backup]\n[prod]\n[torn\n",
	} {
		if err := os.MkdirAll(filepath.Join(home, ".aws"), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(home, ".aws", name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, test := range []struct {
		line string // the last word is being typed
		want []string
		not  []string
	}{
		{"", []string{"access", "audit", "diff", "evidence", "inventory", "offboard"}, []string{"man"}},
		{"audit --rules ", []string{"mfa", "console-mfa", "root"}, []string{"cis-7.0"}},
		{"audit --rules mfa,", []string{"mfa,console-mfa"}, []string{"mfa,mfa", "console-mfa"}},
		{"audit --skip-rules ", []string{"access-key-rotation"}, nil},
		{"permissions --rules ", []string{"passwords"}, nil},
		{"audit --framework ", []string{"cis-7.0", "fsbp"}, nil},
		{"audit --framework cis-7.0,", []string{"cis-7.0,fsbp"}, []string{"cis-7.0,cis-7.0"}},
		{"audit -f ", []string{"sarif", "ocsf", "table"}, nil},
		{"diff --format ", []string{"markdown", "html"}, []string{"sarif"}},
		{"inventory -f ", []string{"csv"}, []string{"markdown"}},
		{"access can -f ", []string{"table", "json"}, []string{"dot"}},
		{"access can user/alice ", []string{"s3:", "iam:"}, nil},
		{"access can user/alice s3:GetB", []string{"s3:GetBucketPolicy"}, []string{"s3:PutObject", "s3:"}},
		{"access can user/alice s3:GetObject ", []string{":4"}, []string{"s3:"}},
		{"access who-can -f ", []string{"dot"}, nil},
		{"access who-can s3:GetObject i", []string{"iam:"}, []string{"s3:"}},
		{"policy can --action kms:Dec", []string{"kms:Decrypt"}, nil},
		{"access paths --to ", []string{"admin", ":4"}, nil},
		{"access paths -f ", []string{"dot", "mermaid"}, []string{"csv"}},
		{"plan -f ", []string{"html"}, []string{"csv"}},
		{"plan --goal ", []string{"status", "critical", "root", "console-mfa"}, []string{"cis-7.0"}},
		{"plan --goal status,", []string{"status,critical"}, []string{"status,status"}},
		{"offboard -f ", []string{"table", "json", "html"}, []string{"csv"}},
		{"rules -f ", []string{"text"}, []string{"table"}},
		{"permissions -f ", []string{"terraform"}, []string{"table"}},
		{"policy -f ", []string{"json"}, nil},
		{"policy can -f ", []string{"json"}, nil},
		{"evidence verify -f ", []string{"json"}, nil},
		{"policy can --mfa ", []string{"absent"}, nil},
		{"audit --depth ", []string{"standard", "deep", "auto"}, nil},
		{"audit --fail-on ", []string{"critical", "none"}, []string{"unknown"}},
		{"audit --profile ", []string{"default", "prod", "backup"}, []string{"no", "torn", "x"}},
		{"rules ", []string{"console-mfa"}, nil},
		{"diff ", []string{"json", "zip", ":8"}, nil},
		{"diff a.json ", []string{"json", "zip", ":8"}, nil},
		{"diff a.json b.json ", []string{":4"}, []string{"json"}},
		{"evidence ", []string{"verify"}, nil},
		{"evidence verify ", []string{"zip", ":8"}, nil},
		{"offboard --leavers ", []string{"csv", ":8"}, nil},
		{"audit --role-arn ", []string{":4"}, nil},
		{"audit --from ", []string{":0"}, nil},
		{"policy ", []string{"can", ":0"}, nil},
	} {
		words := append([]string{cobra.ShellCompNoDescRequestCmd}, strings.Split(test.line, " ")...)
		status, stdout, stderr := called(t, []string{"HOME=" + home}, words...)
		if status != statusClean {
			t.Errorf("%q: got exit status %d and %q, want something to offer", test.line, status, stderr)
		}
		got := strings.Fields(stdout)
		for _, value := range test.want {
			if !slices.Contains(got, value) {
				t.Errorf("%q: got %q, want %q among it", test.line, got, value)
			}
		}
		for _, value := range test.not {
			if slices.Contains(got, value) {
				t.Errorf("%q: got %q, want it without %q", test.line, got, value)
			}
		}
	}
}

// Each flag named --format offers what its command says that it takes, and no name is for a flag or a command that
// isn't there.
func TestCompletionOfWhatThereIs(t *testing.T) {
	t.Parallel()
	values, arguments := completed(process()), arguments()
	flags, paths := map[string]bool{}, map[string]bool{}
	walk(rootCommand(process()), func(cmd *cobra.Command) {
		path := cmd.CommandPath()
		paths[path] = true
		cmd.LocalFlags().VisitAll(func(flag *pflag.Flag) { flags[flag.Name] = true })
		flag := cmd.LocalFlags().Lookup("format")
		shows := !slices.Contains([]string{"sekisho", "sekisho access", "sekisho evidence", "sekisho fleet", "sekisho fleet manifest", "sekisho fleet plan", "sekisho fleet run", "sekisho version", "sekisho man"}, path) && !strings.HasPrefix(path, "sekisho completion")
		output := cmd.LocalFlags().Lookup("output")
		if shows != (flag != nil) || shows != (output != nil && output.Annotations[ofFolder] == nil) || shows != (flag != nil && len(flag.Annotations[formatsOf]) > 0) {
			t.Errorf("%s: got --format %v, want it with formats, and --output, of every command that shows something", path, flag)
		}
		if flag == nil {
			return
		}
		for _, format := range flag.Annotations[formatsOf] {
			if !strings.Contains(flag.Usage, format) {
				t.Errorf("%s --format %s: got the usage %q, want it named", path, format, flag.Usage)
			}
		}
	})
	for name := range values {
		if !flags[name] {
			t.Errorf("got values for --%s, which no command has", name)
		}
	}
	for path := range arguments {
		if !paths[path] {
			t.Errorf("got arguments of %s, which is no command", path)
		}
	}
}
