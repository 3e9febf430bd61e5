package account

import (
	"bytes"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

// Each value of a snapshot is checked, one by one: what AWS can't have said is refused. Empty, null, negative, the zero
// time or another truth are taken only of the values in testdata/unchecked.txt, for nothing hangs on them, or that they
// are lacking says something.
func TestEveryValueIsChecked(t *testing.T) {
	t.Parallel()
	s := full()
	s.PasswordPolicy.Value = &PasswordPolicy{MinimumPasswordLength: 14, MaxPasswordAgeDays: 90, PasswordReusePrevention: 24}
	d := &s.AuthorizationDetails.Value
	attached, inline := []AttachedPolicy{{"ReadOnlyAccess", "arn:aws:iam::aws:policy/ReadOnlyAccess"}}, []InlinePolicy{{"own", "{}"}}
	d.Users[0].Groups, d.Users[0].Tags, d.Users[0].AttachedPolicies, d.Users[0].InlinePolicies = []string{"staff"}, []Tag{{"k", "v"}}, attached, inline
	d.Groups = []GroupDetail{{Name: "staff", ID: "AGPAEXAMPLE", ARN: "arn:aws:iam::123456789012:group/staff", Path: "/", Created: longAgo, AttachedPolicies: attached, InlinePolicies: inline}}
	d.Roles = []RoleDetail{{
		Name: "app", ID: "AROAEXAMPLE", ARN: "arn:aws:iam::123456789012:role/app", Path: "/", Created: longAgo, TrustPolicy: "{}", AttachedPolicies: attached,
		InlinePolicies: inline, Tags: []Tag{{"k", "v"}}, InstanceProfiles: []InstanceProfile{{Name: "app", ARN: "arn:aws:iam::123456789012:instance-profile/app", Created: longAgo}},
	}}
	d.Policies = []PolicyDetail{{
		Name: "own", ID: "ANPAEXAMPLE", ARN: "arn:aws:iam::123456789012:policy/own", Path: "/", Created: longAgo, Updated: longAgo, DefaultVersion: "v1",
		Versions: []PolicyVersion{{ID: "v1", Created: longAgo, Default: true, Document: "{}"}},
	}}
	s.PerUser["alice"].LoginProfile.Value = &LoginProfile{Created: longAgo}
	s.PerUser["alice"].MFADevices.Value = []ListedMFADevice{{Serial: "GAHT12345678", EnabledSince: longAgo}}
	s.PerUser["carol"] = &UserAnswers{Gone: read("iam:GetUser", true)}
	s.SAMLProviders.Value = []Provider{{ARN: "arn:aws:iam::123456789012:saml-provider/x"}}
	s.BillingContact.Value = &AlternateContact{Name: "Money", Phone: "1"}
	var buffer bytes.Buffer
	if err := s.Write(&buffer); err != nil {
		t.Fatal(err)
	}
	if _, err := Read(bytes.NewReader(buffer.Bytes()), "s"); err != nil {
		t.Fatal(err)
	}
	var tree any
	if err := json.Unmarshal(buffer.Bytes(), &tree); err != nil {
		t.Fatal(err)
	}
	var taken []string
	try := func(place string) {
		data, err := json.Marshal(tree)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Read(bytes.NewReader(data), "s"); err == nil {
			taken = append(taken, place)
		}
	}
	eachValue(tree, "", func(place string, value any, set func(any)) {
		set(damaged(value))
		try(place)
		set(value)
	})
	slices.Sort(taken)
	got := strings.Join(slices.Compact(taken), "\n") + "\n"
	want, err := os.ReadFile("testdata/unchecked.txt")
	if err != nil || got != string(want) {
		t.Errorf("got as usable (%v)\n%s\nwant\n%s", err, got, want)
	}
}

// damaged is what a value of its kind can't be, as a rule.
func damaged(value any) any {
	switch v := value.(type) {
	case string:
		if _, err := time.Parse(time.RFC3339, v); err == nil {
			return "0001-01-01T00:00:00Z"
		}
		return ""
	case float64:
		return -1
	case bool:
		return !v
	}
	return nil
}

// eachValue goes through a tree of JSON, with each value's place, without indexes, and what puts another in its stead.
func eachValue(tree any, place string, visit func(place string, value any, set func(any))) {
	switch tree := tree.(type) {
	case map[string]any:
		for key, value := range tree {
			visit(place+"."+key, value, func(other any) { tree[key] = other })
			eachValue(value, place+"."+key, visit)
		}
	case []any:
		for i, value := range tree {
			visit(place+"[]", value, func(other any) { tree[i] = other })
			eachValue(value, place+"[]", visit)
		}
	}
}

// An answer ends no earlier than it began.
func TestAnswersEndAfterTheyBegan(t *testing.T) {
	t.Parallel()
	s := full()
	s.SAMLProviders.Ended = s.SAMLProviders.Began
	if err := s.Validate(); err != nil {
		t.Errorf("got %v of an answer of no time at all, want none", err)
	}
	s.SAMLProviders.Ended = s.SAMLProviders.Began.Add(-time.Nanosecond)
	if err := s.Validate(); err == nil || !strings.Contains(err.Error(), "saml_providers: got an answer that ended before it began") {
		t.Errorf("got %v of an answer that ended before it began, want that", err)
	}
	if err := Describe(SAMLProvidersSection).Validate(s); err == nil {
		t.Error("got no error of its section, want one")
	}
	if err := (&UserAnswers{User: &Answer[ListedUser]{}}).Validate(); err == nil || !strings.HasPrefix(err.Error(), "per_user.user") {
		t.Errorf("got %v of an empty answer about a user, want its place", err)
	}
}

// A report that can't be read as a table of users is refused, with what is wrong.
func TestUnusableCredentialReports(t *testing.T) {
	t.Parallel()
	const head = "user,arn,user_creation_time"
	for content, want := range map[string]string{
		"":                             "empty credential report",
		"\"":                           "reading the credential report's header",
		"user,arn":                     `without the column "user_creation_time"`,
		"arn,user_creation_time":       `without the column "user"`,
		"user,user_creation_time":      `without the column "arn"`,
		head + ", ARN ":                `column "arn" twice`,
		head + "\na,b":                 "", // rows are their users' business
		head + "\na,b,c\n,b,c":         "",
		head + "\na,b,c\nb,b,c\na,b,c": "",
		head + "\na,b,c":               "",
		"\ufeff" + head:                "",
	} {
		if err := ParseCredentialReport(content); (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want an error with %q", content, err, want)
		}
	}
}

func TestPartsOfARNs(t *testing.T) {
	t.Parallel()
	for arn, want := range map[string]string{
		"arn:aws:iam::123456789012:user/alice": "user/alice", "arn:aws:s3:::bucket": "bucket", "arn:aws:iam::aws:policy/p:q": "policy/p:q",
		"arn:aws:iam::123456789012:": "arn:aws:iam::123456789012:", "arn:aws:iam::123456789012": "arn:aws:iam::123456789012",
		"alice": "alice", "": "", "a:b:c:d:e:f": "a:b:c:d:e:f",
	} {
		if got := ShortARN(arn); got != want {
			t.Errorf("%s: got %q, want %q", arn, got, want)
		}
	}
	for arn, want := range map[string]bool{"arn:aws:iam::aws:policy/ReadOnlyAccess": true, "arn:aws:iam::123456789012:policy/p": false, "aws": false, "": false} {
		if got := OfAWS(arn); got != want {
			t.Errorf("%s: got %t, want %t", arn, got, want)
		}
	}
}

// Rules ask of each policy and of each finding whose an ARN is; AllocsPerRun allows no parallel test.
func TestARNsAreSplitWithoutAllocating(t *testing.T) {
	for _, arn := range []string{"arn:aws:iam::aws:policy/ReadOnlyAccess", "arn:aws-cn:s3:::bucket/a:b", "arn:aws:iam::123456789012:user/division/alice"} {
		if n := testing.AllocsPerRun(10, func() { _, _ = ParseARN(arn) }); n > 0 {
			t.Errorf("%s: got %v allocations, want none", arn, n)
		}
	}
}
