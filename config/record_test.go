package config_test

import (
	"bytes"
	"reflect"
	"strings"
	"testing"

	"sekisho/config"
)

func TestRecordedSettingsLoadAgain(t *testing.T) {
	t.Parallel()
	content := "aws: {role_arn: 'arn:aws:iam::123456789012:role/audit', external_id: between-us}\nskip_rules: [user-mfa]\nfail_on: none\n" + `
tags: {required: [owner, "\u30bf\u30b0"]}
thresholds_for:
  - users: [ci-*, "tag:kind=machine"]
    thresholds: {access_key_max_age_days: 30}
` + twoExceptions
	src := given(t, content, []string{"SEKISHO_RULES=access-key-*,mfa"}, "--profile=null", "--max-rps=2.5", "--no-color", "--framework=fsbp,cis-7.0")
	first, err := config.Load(src)
	if err != nil {
		t.Fatal(err)
	}
	written, err := first.Record()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`"schema": "sekisho/configuration/v1"`, `"sha256": "` + first.SHA256 + `"`, `"access_key_max_age_days": "30"`, `"password_reuse": "24"`,
		`"profile": "null"`, `"expires": "2027-03-01"`, `"fresh": "false"`,
	} {
		if !strings.Contains(string(written), want) {
			t.Errorf("got %s\nwant it to contain %s", written, want)
		}
	}
	if strings.Contains(string(written), "between-us") || strings.Contains(string(written), "external_id") {
		t.Errorf("got %s\nwant no external ID in it", written)
	}
	again := given(t, "", nil)
	again.Recorded = written
	second, err := config.Load(again)
	if err != nil {
		t.Fatalf("loading what was recorded: %v\n%s", err, written)
	}
	if second.Source != first.Source || second.SHA256 != first.SHA256 || second.Source == "" {
		t.Errorf("got the file %q with sum %q, want %q with %q", second.Source, second.SHA256, first.Source, first.SHA256)
	}
	want := first.Settings
	want.AWS.ExternalID = ""
	if !reflect.DeepEqual(second.Settings, want) {
		t.Errorf("got  %+v\nwant %+v", second.Settings, want)
	}
	if rewritten, err := second.Record(); err != nil || !bytes.Equal(rewritten, written) {
		t.Errorf("got %s and error %v\nwant the same record again: %s", rewritten, err, written)
	}
}

// What a run made of --fresh is what is recorded, for its report says so too.
func TestRecordSaysWhetherUsersWereReadLive(t *testing.T) {
	t.Parallel()
	c, err := config.Load(given(t, "", nil, "--fresh"))
	if err != nil {
		t.Fatal(err)
	}
	c.Refresh.Fresh = false
	written, err := c.Record()
	if err != nil || !strings.Contains(string(written), `"fresh": "false"`) {
		t.Errorf("got %s and error %v, want fresh false", written, err)
	}
}

func TestFlagsOverrideWhatIsRecorded(t *testing.T) {
	t.Parallel()
	src := given(t, "", nil, "--fail-on=critical")
	src.Recorded = []byte(`{"schema":"sekisho/configuration/v1","settings":{"fail_on":"low","depth":"deep"}}`)
	c, err := config.Load(src)
	if err != nil {
		t.Fatal(err)
	}
	if c.FailOn.String() != "critical" || c.Depth != "deep" || c.Source != "" {
		t.Errorf("got %s, %s and file %q, want critical, deep and no file", c.FailOn, c.Depth, c.Source)
	}
}

func TestRecordErrors(t *testing.T) {
	t.Parallel()
	const head = `{"schema":"sekisho/configuration/v1","settings":{`
	tests := map[string]struct{ content, want, hint string }{
		"no JSON":           {"rules: []", "the recorded configuration: reading JSON: invalid character 'r' looking for beginning of value", ""},
		"more behind it":    {head + "}} {}", "the recorded configuration: reading JSON: got something behind its end", ""},
		"another schema":    {`{"schema":"x"}`, `the recorded configuration: got schema "x", want "sekisho/configuration/v1"`, ""},
		"unknown key":       {head + `"foo":"1"}}`, "the recorded configuration: foo: got a key that this version doesn't know", ""},
		"unknown inner key": {head + `"aws":{"foo":"1"}}}`, "the recorded configuration: aws.foo: got a key that this version doesn't know", ""},
		"number":            {head + `"timeout":3}}`, "the recorded configuration: timeout: got what is neither a text nor a list of texts", ""},
		"list of numbers":   {head + `"rules":[3]}}`, "the recorded configuration: rules: got what is neither a text nor a list of texts", ""},
		"null":              {head + `"rules":null}}`, "the recorded configuration: rules: got what is neither a text nor a list of texts", ""},
		"text for entries":  {head + `"exceptions":"x"}}`, "the recorded configuration: exceptions: got what is no list of entries, each of them keys with values", ""},
		"texts for entries": {head + `"exceptions":["x"]}}`, "the recorded configuration: exceptions: got what is no list of entries, each of them keys with values", ""},
		"entry's key": {
			head + `"exceptions":[{"foo":"1"}]}}`, "the recorded configuration: exceptions[0].foo: got a key that this version doesn't know", "",
		},
		"bad value": {head + `"depth":"abyss"}}`, `the recorded configuration: depth: got "abyss", want one of standard, deep, auto`, ""},
		"entry's value": {
			head + `"exceptions":[{"rule":"nothing"}]}}`,
			`the recorded configuration: exceptions[0].rule: got rule "nothing", want an ID, a glob of IDs or a category that exists (see sekisho rules)`,
			"sekisho rules lists the rules and their categories",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			src := given(t, "", nil)
			src.Recorded = []byte(test.content)
			_, err := config.Load(src)
			checkError(t, src, err, test.want, test.hint)
		})
	}
}
