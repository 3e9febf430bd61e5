package config_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spf13/pflag"

	"sekisho/audit"
	"sekisho/config"
)

var catalogue = []*audit.Rule{
	{ID: "root-mfa", Category: audit.CategoryRoot},
	{ID: "console-mfa", Category: audit.CategoryMFA},
	{ID: "user-mfa", Category: audit.CategoryMFA},
	{ID: "access-key-rotation", Category: audit.CategoryAccessKeys},
	{ID: "access-key-unused", Category: audit.CategoryAccessKeys},
}

// given are sources with a file of the given content ("" for none), variables and arguments.
func given(t *testing.T, content string, environ []string, args ...string) config.Sources {
	t.Helper()
	flags := pflag.NewFlagSet("audit", pflag.ContinueOnError)
	for _, name := range []string{"profile", "region", "role-arn", "external-id", "mfa-serial", "fail-on", "timeout", "max-rps", "format", "depth", "due"} {
		flags.String(name, "", "")
	}
	flags.StringSlice("rules", nil, "")
	flags.StringSlice("skip-rules", nil, "")
	flags.StringSlice("framework", nil, "")
	flags.Bool("no-color", false, "")
	flags.Bool("fresh", false, "")
	if err := flags.Parse(args); err != nil {
		t.Fatal(err)
	}
	src := config.Sources{
		Bytes: readFile, Environ: environ, Flags: flags, Catalogue: catalogue, Formats: []string{"table", "json", "html"}, Frameworks: []string{"cis-7.0", "cis-5.0", "fsbp"},
		Now: func() time.Time { return time.Date(2026, time.November, 22, 10, 0, 0, 0, time.UTC) },
	}
	if content != "" {
		src.File = filepath.Join(t.TempDir(), "sekisho.yaml")
		if err := os.WriteFile(src.File, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return src
}

func readFile(path string, _ int64) ([]byte, error) { return os.ReadFile(path) }

func TestDefaults(t *testing.T) {
	t.Parallel()
	c, err := config.Load(given(t, "", []string{"HOME=/nowhere", "AWS_REGION=eu-central-1"}))
	if err != nil {
		t.Fatal(err)
	}
	if c.Thresholds != audit.DefaultThresholds() {
		t.Errorf("got thresholds %+v, want %+v", c.Thresholds, audit.DefaultThresholds())
	}
	if c.Read.Limit() != 512<<20 {
		t.Errorf("got files read of up to %d bytes, want 512 MiB", c.Read.Limit())
	}
	if c.FailOn.String() != "low" || c.Refresh.MaxUsers != 100 || c.Timeout != 10*time.Minute || c.MaxRPS != 0 {
		t.Errorf("got fail_on %s, max_users %d, timeout %s, max_rps %v, want low, 100, 10m, 0", c.FailOn, c.Refresh.MaxUsers, c.Timeout, c.MaxRPS)
	}
	if c.Output != (config.Output{Format: "table", Color: config.ColorAuto}) || c.AWS != (config.AWS{}) || len(c.Rules)+len(c.SkipRules)+len(c.Frameworks) > 0 {
		t.Errorf("got %+v, want a table in colour where there is a terminal, nothing for AWS and every rule", c)
	}
	if c.Depth != audit.DepthAuto || c.Refresh.Fresh || len(c.Tags.Required)+len(c.ThresholdsFor)+len(c.Exceptions) > 0 {
		t.Errorf("got %+v, want the depth auto, nothing read afresh, no tag required, no threshold for single users and no exception", c)
	}
	if want := []string{"email", "Email", "owner"}; !slices.Equal(c.Offboard.MatchTags, want) {
		t.Errorf("got the tags %q that tell whose a user is, want %q", c.Offboard.MatchTags, want)
	}
	if c.Source != "" || c.SHA256 != "" || c.Origin("fail_on") != "" {
		t.Errorf("got source %q, sum %q and origin %q without a file, want none", c.Source, c.SHA256, c.Origin("fail_on"))
	}
}

func TestPrecedence(t *testing.T) {
	t.Parallel()
	const file = "fail_on: medium\n"
	environ := []string{"SEKISHO_FAIL_ON=high"}
	tests := map[string]struct {
		content string
		environ []string
		args    []string
		want    string
		origin  string
	}{
		"default":                        {"", nil, nil, "low", ""},
		"file over default":              {file, nil, nil, "medium", "FILE, line 1"},
		"variable over file":             {file, environ, nil, "high", "SEKISHO_FAIL_ON"},
		"flag over variable":             {file, environ, []string{"--fail-on=critical"}, "critical", "--fail-on"},
		"flag over default":              {"", nil, []string{"--fail-on=NONE"}, "none", "--fail-on"},
		"an empty variable is not set":   {file, []string{"SEKISHO_FAIL_ON="}, nil, "medium", "FILE, line 1"},
		"the default, given, is a given": {file, nil, []string{"--fail-on=low"}, "low", "--fail-on"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			src := given(t, test.content, test.environ, test.args...)
			c, err := config.Load(src)
			if err != nil {
				t.Fatal(err)
			}
			origin := c.Origin("fail_on")
			if src.File != "" {
				origin = strings.Replace(origin, src.File, "FILE", 1)
			}
			if c.FailOn.String() != test.want || origin != test.origin {
				t.Errorf("got %s from %q, want %s from %q", c.FailOn, origin, test.want, test.origin)
			}
		})
	}
}

func TestEveryKindOfSetting(t *testing.T) {
	t.Parallel()
	content := `
aws: {profile: "123", region: eu-central-1, role_arn: "arn:aws:iam::123456789012:role/ops/audit", external_id: 0123}
rules: [mfa, access-key-*]
skip_rules: [user-mfa]
frameworks: [cis-7.0]
mfa: {machine_users: [ci-*, "tag:kind=machine"]}
accounts: {trusted: [012345678901]}
tags: {required: [owner, "cost centre"]}
offboard: {match_tags: [mail]}
depth: standard
max_rps: 2.5
timeout: 90s
thresholds:
  access_key_inactive_days: 0
`
	environ := []string{"SEKISHO_THRESHOLDS_PASSWORD_REUSE= 12 ", "SEKISHO_SKIP_RULES=console-mfa, user-mfa", "SEKISHO_REFRESH_MAX_USERS=0"}
	c, err := config.Load(given(t, content, environ, "--no-color", "--fresh", "--rules=mfa", "--rules=root,root-*", "--framework=fsbp, cis-5.0", "--framework=fsbp", "--format=json"))
	if err != nil {
		t.Fatal(err)
	}
	wantAWS := config.AWS{Profile: "123", Region: "eu-central-1", RoleARN: "arn:aws:iam::123456789012:role/ops/audit", ExternalID: "0123"}
	if c.AWS != wantAWS {
		t.Errorf("got %+v, want %+v", c.AWS, wantAWS)
	}
	if got, want := strings.Join(c.Rules, " "), "mfa root root-*"; got != want {
		t.Errorf("got rules %q, want %q", got, want)
	}
	if got, want := strings.Join(c.SkipRules, " "), "console-mfa user-mfa"; got != want {
		t.Errorf("got skip_rules %q, want %q", got, want)
	}
	if got, want := strings.Join(c.Frameworks, " "), "fsbp cis-5.0"; got != want {
		t.Errorf("got frameworks %q, want %q", got, want)
	}
	if got := c.Audit(); !slices.Equal(got.MachineUsers, []string{"ci-*", "tag:kind=machine"}) || !slices.Equal(got.TrustedAccounts, []string{"012345678901"}) {
		t.Errorf("got %+v, want the machine users and the trusted account, its leading 0 too", got)
	}
	if got := c.Audit().RequiredTags; !slices.Equal(got, []string{"owner", "cost centre"}) || c.Depth != audit.DepthStandard || !c.Refresh.Fresh {
		t.Errorf("got the tags %q, the depth %s and fresh %t, want those that were set", got, c.Depth, c.Refresh.Fresh)
	}
	if got := c.Offboard.MatchTags; !slices.Equal(got, []string{"mail"}) {
		t.Errorf("got the tags %q that tell whose a user is, want mail alone", got)
	}
	want := audit.DefaultThresholds()
	want.AccessKeyInactiveDays, want.PasswordReuse = 0, 12
	if c.Thresholds != want {
		t.Errorf("got %+v, want %+v", c.Thresholds, want)
	}
	if c.MaxRPS != 2.5 || c.Timeout != 90*time.Second || c.Refresh.MaxUsers != 0 || c.Output != (config.Output{Format: "json", Color: config.ColorNever}) {
		t.Errorf("got %+v, want max_rps 2.5, timeout 90s, max_users 0, json without colour", c)
	}
	if len(c.SHA256) != 64 {
		t.Errorf("got the sum %q, want 64 hexadecimal digits", c.SHA256)
	}
}

// An empty list in a nearer place overrides a list in a farther one.
func TestEmptyListOverrides(t *testing.T) {
	t.Parallel()
	c, err := config.Load(given(t, "skip_rules: [user-mfa]", nil, "--skip-rules="))
	if err != nil {
		t.Fatal(err)
	}
	if len(c.SkipRules) != 0 || c.Origin("skip_rules") != "--skip-rules" {
		t.Errorf("got %v from %q, want none from --skip-rules", c.SkipRules, c.Origin("skip_rules"))
	}
}

func TestFileErrors(t *testing.T) {
	t.Parallel()
	tests := map[string]refusal{
		"unknown key":         {"\nfail_onn: low", `FILE, line 2: fail_onn: got an unknown key`, "did you mean fail_on?"},
		"key of a group":      {"max_users: 5", `FILE, line 1: max_users: got an unknown key`, "did you mean refresh.max_users?"},
		"key in other case":   {"Fail_On: low", `FILE, line 1: Fail_On: got an unknown key`, "did you mean fail_on?"},
		"unknown threshold":   {"thresholds:\n  access_key_max_age: 9", `FILE, line 2: thresholds.access_key_max_age: got an unknown key`, "did you mean thresholds.access_key_max_age_days?"},
		"secret":              {"aws:\n  secret_access_key: x", `FILE, line 2: aws.secret_access_key: got a secret or a code, which has no place in a configuration file`, "keys and tokens come from the AWS environment and profiles, MFA codes from --token-code or the prompt"},
		"token code":          {"aws: {token_code: 123456}", `FILE, line 1: aws.token_code: got a secret or a code, which has no place in a configuration file`, "keys and tokens come from the AWS environment and profiles, MFA codes from --token-code or the prompt"},
		"negative age":        {"thresholds: {user_inactive_days: -1}", `FILE, line 1: thresholds.user_inactive_days: got "-1", want a whole number of days from 1 to 36500`, ""},
		"senseless zero":      {"thresholds: {access_key_max_age_days: 0}", `FILE, line 1: thresholds.access_key_max_age_days: got "0", want a whole number of days from 1 to 36500`, ""},
		"fraction":            {"thresholds: {password_reuse: 1.5}", `FILE, line 1: thresholds.password_reuse: got "1.5", want a whole number of passwords from 1 to 24`, ""},
		"too big":             {"thresholds: {root_unused_days: 99999999999999999999}", `FILE, line 1: thresholds.root_unused_days: got "99999999999999999999", want a whole number of days from 1 to 36500`, ""},
		"not a number":        {"max_rps: .nan", `FILE, line 1: max_rps: got ".nan", want a number of requests a second from 0.01 to 10000, or 0 for no limit`, ""},
		"NaN":                 {"max_rps: NaN", `FILE, line 1: max_rps: got "NaN", want a number of requests a second from 0.01 to 10000, or 0 for no limit`, ""},
		"infinite":            {"max_rps: Inf", `FILE, line 1: max_rps: got "Inf", want a number of requests a second from 0.01 to 10000, or 0 for no limit`, ""},
		"too many requests":   {"max_rps: 10000.5", `FILE, line 1: max_rps: got "10000.5", want a number of requests a second from 0.01 to 10000, or 0 for no limit`, ""},
		"too few requests":    {"max_rps: 0.009", `FILE, line 1: max_rps: got "0.009", want a number of requests a second from 0.01 to 10000, or 0 for no limit`, ""},
		"negative rate":       {"max_rps: -3", `FILE, line 1: max_rps: got "-3", want a number of requests a second from 0.01 to 10000, or 0 for no limit`, ""},
		"list for a number":   {"max_rps: [1]", `FILE, line 1: max_rps: got a list, want a number of requests a second from 0.01 to 10000, or 0 for no limit`, ""},
		"time without unit":   {"timeout: 60", `FILE, line 1: timeout: got "60", want a duration from 1s to 24h such as 90s or 10m`, "a duration has a unit: 60s or 60m"},
		"no time":             {"timeout: 0s", `FILE, line 1: timeout: got "0s", want a duration from 1s to 24h such as 90s or 10m`, ""},
		"bad severity":        {"fail_on: hihg", `FILE, line 1: fail_on: got "hihg", want one of info, low, medium, high, critical, none`, "did you mean high?"},
		"bad format":          {"output: {format: jsn}", `FILE, line 1: output.format: got "jsn", want one of table, json, html`, "did you mean json?"},
		"unknown rule":        {"skip_rules:\n  - user-mfa\n  - consol-mfa", `FILE, line 2: skip_rules: got rule "consol-mfa", want an ID, a glob of IDs or a category that exists (see sekisho rules)`, "did you mean console-mfa?"},
		"unknown framework":   {"frameworks: [fsbp, CIS-7.1]", `FILE, line 1: frameworks: got framework "CIS-7.1", want one of cis-7.0, cis-5.0, fsbp`, "did you mean cis-7.0?"},
		"empty framework":     {"frameworks: ['']", `FILE, line 1: frameworks: got framework "", want one of cis-7.0, cis-5.0, fsbp`, ""},
		"rule glob":           {"rules: ['[a']", `FILE, line 1: rules: got rule pattern "[a": syntax error in pattern`, "sekisho rules lists the rules and their categories"},
		"empty rule":          {"rules: ['']", `FILE, line 1: rules: got an empty name among the rules, want an ID, a glob of IDs or a category`, ""},
		"bad role":            {"aws: {role_arn: audit}", `FILE, line 1: aws.role_arn: got "audit", want a role's ARN such as arn:aws:iam::123456789012:role/audit`, ""},
		"bad region":          {"aws: {region: eu central 1}", `FILE, line 1: aws.region: got "eu central 1", want a region such as eu-central-1`, ""},
		"ID without role":     {"aws: {external_id: abc}", `FILE, line 1: aws.external_id: got an external ID without a role, want aws.role_arn too`, "an external ID is only sent along when a role is assumed: give --role-arn too, or leave both to the profile"},
		"machine glob":        {"mfa: {machine_users: [ci-*, '[']}", `FILE, line 1: mfa.machine_users: got the machine users "[", want a glob of user names or tag:KEY=VALUE: syntax error in pattern`, ""},
		"machine tag":         {"mfa: {machine_users: [tag:kind]}", `FILE, line 1: mfa.machine_users: got the machine users "tag:kind", want a glob of user names or tag:KEY=VALUE`, ""},
		"empty machine":       {"mfa: {machine_users: ['']}", `FILE, line 1: mfa.machine_users: got an empty entry in the list, want none such`, ""},
		"fleet role":          {"fleet: {roles: [{ou: Workloads}]}", `FILE, line 1: fleet.roles[0]: got no role, want a name or an ARN`, ""},
		"fleet role's tag":    {"fleet: {roles: [{role: x, tag: env}]}", `FILE, line 1: fleet.roles[0]: got the tag "env", want KEY=VALUE`, ""},
		"delegated name":      {"fleet: {delegated_admins: [acme]}", `FILE, line 1: fleet.delegated_admins: got the delegated administrator "acme", want a number of 12 digits, or one with a service: 111122223333=guardduty.amazonaws.com`, ""},
		"trusted name":        {"accounts: {trusted: [123456789012, acme]}", `FILE, line 1: accounts.trusted: got the trusted account "acme", want a number of 12 digits`, ""},
		"bad depth":           {"depth: deeep", `FILE, line 1: depth: got "deeep", want one of standard, deep, auto`, "did you mean deep?"},
		"neither yes nor no":  {"refresh: {fresh: 1}", `FILE, line 1: refresh.fresh: got "1", want true or false`, ""},
		"list for yes or no":  {"refresh: {fresh: ['true']}", `FILE, line 1: refresh.fresh: got a list, want true or false`, ""},
		"long tag key":        {"tags: {required: [" + strings.Repeat("あ", 129) + "]}", `FILE, line 1: tags.required: got the tag key "` + strings.Repeat("あ", 129) + `", want up to 128 letters, digits, spaces and characters of _.:/=+@-`, ""},
		"tag key":             {"tags: {required: [a*]}", `FILE, line 1: tags.required: got the tag key "a*", want up to 128 letters, digits, spaces and characters of _.:/=+@-`, ""},
		"no value":            {"fail_on:\nmax_rps: 1", `FILE, line 1: fail_on: got no value, want one ("" for an empty text, [] for an empty list)`, ""},
		"value for a group":   {"thresholds: 5", `FILE, line 1: thresholds: got "5", want keys with values`, ""},
		"group for a value":   {"fail_on: {a: b}", `FILE, line 1: fail_on: got keys with values, want a value`, ""},
		"list in a list":      {"rules: [[mfa]]", `FILE, line 1: rules: got a list in the list, want a name`, ""},
		"alias":               {"aws: {profile: &a x, region: *a}", `FILE, line 1: aws.region: got an alias, want a value`, ""},
		"list for everything": {"- a", `FILE, line 1: got a list, want keys with values`, ""},
		"prose":               {"hello", `FILE, line 1: got "hello", want keys with values`, ""},
		"twice":               {"max_rps: 1\nfail_on: low\nmax_rps: 2", `FILE, line 3: max_rps: got the key a second time (it stands in line 1 too), want it once`, ""},
		"group twice":         {"aws: {profile: a}\naws: {region: eu-west-1}", `FILE, line 2: aws: got the key a second time (it stands in line 1 too), want it once`, ""},
		"tab":                 {"aws:\n\tprofile: x", `FILE, line 2: got a tab at the start of the line, want spaces`, "YAML is indented with spaces only"},
		"UTF-16":              {"\xff\xfef\x00", `FILE: got bytes that are not UTF-8, want a YAML file`, ""},
		"not UTF-8":           {"\xe9\x80", `FILE: got bytes that are not UTF-8, want a YAML file`, ""},
		"not YAML":            {"fail_on: [low", `FILE: reading YAML: line 1: did not find expected ',' or ']'`, ""},
		"two documents":       {"fail_on: low\n---\nfail_on: high", `FILE: got more than one YAML document, want one`, ""},
	}
	refuses(t, tests)
}

func TestRatesUpToTheLimitsAreTaken(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]float64{"0": 0, "0.01": 0.01, "10000": 10000} {
		if c, err := config.Load(given(t, "max_rps: "+text, nil)); err != nil || c.MaxRPS != want {
			t.Errorf("%s: got %v, want %v", text, err, want)
		}
	}
}

func TestVariableAndFlagErrors(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		environ    string
		flag       string
		want, hint string
	}{
		"unknown variable":    {"SEKISHO_FAIL_ONN=low", "", "SEKISHO_FAIL_ONN: got an unknown variable, want the name of a setting", "did you mean SEKISHO_FAIL_ON?"},
		"far from any":        {"SEKISHO_HORSE=1", "", "SEKISHO_HORSE: got an unknown variable, want the name of a setting", "a variable's name is SEKISHO_ and a key of the configuration in capitals, with _ for the dots"},
		"bad variable":        {"SEKISHO_THRESHOLDS_PASSWORD_REUSE=lots", "", `SEKISHO_THRESHOLDS_PASSWORD_REUSE: got "lots", want a whole number of passwords from 1 to 24`, ""},
		"list of entries":     {"SEKISHO_EXCEPTIONS=[]", "", "SEKISHO_EXCEPTIONS: got a variable, want a list of entries in the configuration file", "set it in the file, under exceptions"},
		"other entries":       {"SEKISHO_THRESHOLDS_FOR=x", "", "SEKISHO_THRESHOLDS_FOR: got a variable, want a list of entries in the configuration file", "set it in the file, under thresholds_for"},
		"bad fresh variable":  {"SEKISHO_REFRESH_FRESH=yes", "", `SEKISHO_REFRESH_FRESH: got "yes", want true or false`, ""},
		"bad depth of a flag": {"", "--depth=full", `--depth: got "full", want one of standard, deep, auto`, ""},
		"bad flag":            {"", "--max-rps=fast", `--max-rps: got "fast", want a number of requests a second from 0.01 to 10000, or 0 for no limit`, ""},
		"empty flag":          {"", "--fail-on=", `--fail-on: got "", want one of info, low, medium, high, critical, none`, ""},
		"bad rule of a flag":  {"", "--rules=mfa,acess-key-rotation", `--rules: got rule "acess-key-rotation", want an ID, a glob of IDs or a category that exists (see sekisho rules)`, "did you mean access-key-rotation?"},
		"ID without a role":   {"", "--external-id=abc", `--external-id: got an external ID without a role, want aws.role_arn too`, "an external ID is only sent along when a role is assumed: give --role-arn too, or leave both to the profile"},
		"bad MFA device name": {"", "--mfa-serial=a b c d e f", `--mfa-serial: got "a b c d e f", want a device's ARN such as arn:aws:iam::123456789012:mfa/alice, or a hardware serial number`, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var args []string
			if test.flag != "" {
				args = []string{test.flag}
			}
			src := given(t, "", []string{test.environ}, args...)
			_, err := config.Load(src)
			checkError(t, src, err, test.want, test.hint)
		})
	}
}

// refusal is a file that can't be used: what is wrong with it, and the hint.
type refusal struct{ content, want, hint string }

func refuses(t *testing.T, tests map[string]refusal) {
	t.Helper()
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			src := given(t, test.content, nil)
			_, err := config.Load(src)
			checkError(t, src, err, test.want, test.hint)
		})
	}
}

func checkError(t *testing.T, src config.Sources, err error, want, hint string) {
	t.Helper()
	var e *config.Error
	if !errors.As(err, &e) {
		t.Fatalf("got error %v, want a *config.Error", err)
	}
	got := e.Error()
	if src.File != "" {
		got = strings.ReplaceAll(got, src.File, "FILE")
	}
	if got != want {
		t.Errorf("got error %s\nwant      %s", got, want)
	}
	if e.Hint != hint {
		t.Errorf("got hint %q, want %q", e.Hint, hint)
	}
}
