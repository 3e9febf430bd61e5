package main

import (
	"strings"
	"testing"
)

func TestService(t *testing.T) {
	t.Parallel()
	s := &source{files: map[string][]byte{
		"data/actions/iam.json": []byte(`{
			"createuser": {"name": "CreateUser", "accessLevel": "Write", "resourceTypes": [{"name": "User", "required": true}]},
			"listusers": {"name": "ListUsers", "accessLevel": "List", "resourceTypes": []},
			"tag": {"name": "Tag", "accessLevel": "Tagging, Write", "resourceTypes": [{"name": "mfa", "required": false}, {"name": "user", "required": false}]}}`),
		"data/resourceTypes/iam.json": []byte(`{
			"user": {"key": "user", "arn": "arn:${Partition}:iam::${Account}:user/${UserNameWithPath}"},
			"mfa": {"key": "mfa", "arn": "arn:${Partition}:iam::${Account}:mfa/${Name}, arn:${Partition}:s3:::${BucketName}"}}`),
	}}
	var b strings.Builder
	actions, formats, err := s.service(&b, "iam")
	if err != nil || actions != 3 || formats != 3 {
		t.Fatalf("got %d actions, %d formats, %v, want 3, 3, no error", actions, formats, err)
	}
	want := "= iam\n+ iam::#:user/*\n+ iam::#:mfa/*\n+ s3:::<\nL - ListUsers\nT 0,1,2? Tag\nW 0 CreateUser\n"
	if b.String() != want {
		t.Errorf("got:\n%s\nwant:\n%s", b.String(), want)
	}
}

func TestServiceRefusesWhatItDoesNotKnow(t *testing.T) {
	t.Parallel()
	for name, actions := range map[string]string{
		"level":         `{"x": {"name": "X", "accessLevel": "Secret"}}`,
		"resource type": `{"x": {"name": "X", "accessLevel": "Read", "resourceTypes": [{"name": "nowhere"}]}}`,
		"shape":         `[]`,
	} {
		s := &source{files: map[string][]byte{"data/actions/a.json": []byte(actions)}}
		if _, _, err := s.service(&strings.Builder{}, "a"); err == nil {
			t.Errorf("%s: got no error", name)
		}
	}
}

func TestTornPackageMakesNoCatalogue(t *testing.T) {
	t.Parallel()
	s, err := newSource(map[string][]byte{
		"package.json":       []byte(`{"version": "1.2.3", "updatedAt": "2026-09-26T04:46:59.905Z"}`),
		"data/services.json": []byte(`[]`),
	})
	if err != nil || s.date != "2026-09-26" {
		t.Fatalf("got date %q, %v, want 2026-09-26", s.date, err)
	}
	if _, err := s.catalogue(); err == nil || !strings.Contains(err.Error(), "want at least") {
		t.Errorf("got error %v, want it to ask for more services", err)
	}
}
