package collect

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sekisho/audit/account"
)

// Who is signed in is of the account of the role that was assumed last, in whatever way.
func TestRoleOfAnotherAccount(t *testing.T) {
	token := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(token, []byte("a.b.c"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		profile string
		options Options
	}{
		"--role-arn":       {"", Options{RoleARN: fakeRole}},
		"a profile's role": {"[default]\nrole_arn = " + fakeRole + "\ncredential_source = Environment\n", Options{Profile: "default"}},
		"a chain of roles": {"[default]\nrole_arn = " + fakeRole + "\nsource_profile = first\n[profile first]\nrole_arn = arn:aws:iam::123456789012:role/first\n" +
			"credential_source = Environment\n", Options{Profile: "default"}},
		"a token's role": {"[default]\nrole_arn = " + fakeRole + "\nweb_identity_token_file = " + token + "\n", Options{Profile: "default"}},
	} {
		for _, caller := range []string{fakeCaller, "arn:aws-cn:sts::210987654321:assumed-role/auditor/sekisho", fakeSession} {
			t.Run(name+", "+caller, func(t *testing.T) {
				home(t, test.profile)
				keys(t, "AKIAALICEEXAMPLE", "")
				server := newFakeAWS(t, map[string]http.HandlerFunc{
					"AssumeRole":                ok("AssumeRole", sessionKeys("ASIAROLEEXAMPLE")),
					"AssumeRoleWithWebIdentity": ok("AssumeRoleWithWebIdentity", sessionKeys("ASIAROLEEXAMPLE")),
					"GetCallerIdentity":         identity(caller),
				})
				test.options.Endpoint, test.options.Retryer = server.URL, fastRetryer
				_, err := SignIn(t.Context(), test.options)
				want := `asking AWS who is signed in (sts:GetCallerIdentity): got "` + caller + `", want a session of the role ` + fakeRole + `, in its account`
				switch {
				case caller == fakeSession:
					if err != nil {
						t.Errorf("got %v, want the role signed in", err)
					}
				case err == nil || err.Error() != want || Hint(err) != hintNotAWS:
					t.Errorf("got %v (%s), want %s", err, Hint(err), want)
				}
				if got := server.asked(); !slices.Contains(got, "GetCallerIdentity") {
					t.Errorf("got %v asked, want who is signed in", got)
				}
			})
		}
	}
}

// The use of a key of somebody else's is no word about the key that was asked for.
func TestKeyOfSomebodyElse(t *testing.T) {
	t.Parallel()
	for owner, want := range map[string][]string{"<UserName>Alice</UserName>": {}, "": {}, "<UserName>bob</UserName>": {"access-key-last-used/alice iam:GetAccessKeyLastUsed InvalidAnswer"}} {
		s, _ := collected(t, map[string]http.HandlerFunc{
			"ListAccessKeys": ok("ListAccessKeys", "<AccessKeyMetadata><member><UserName>alice</UserName><AccessKeyId>AKIAIOSFODNN7EXAMPLE</AccessKeyId><Status>Active</Status>"+
				"<CreateDate>2026-01-02T00:00:00Z</CreateDate></member></AccessKeyMetadata><IsTruncated>false</IsTruncated>"),
			"GetAccessKeyLastUsed": ok("GetAccessKeyLastUsed", owner+"<AccessKeyLastUsed><ServiceName>N/A</ServiceName><Region>N/A</Region></AccessKeyLastUsed>"),
		}, Plan{Sections: []account.Section{account.AccountSummarySection}, MaxUsers: 1, Wants: once(wantsOf("alice", account.AccessKeyLastUsedSection))})
		if got := gapsOf(s); !slices.Equal(got, want) {
			t.Errorf("%s: got the gaps %v, want %v", owner, got, want)
		}
	}
}

// What is asked about alice isn't answered about bob, and no page names one thing twice.
func TestAnswersToOtherQuestions(t *testing.T) {
	t.Parallel()
	key := func(user, id string) string {
		return "<member><UserName>" + user + "</UserName><SSHPublicKeyId>" + id + "</SSHPublicKeyId><Status>Active</Status><UploadDate>2026-01-02T00:00:00Z</UploadDate></member>"
	}
	for keys, want := range map[string]string{
		key("alice", "APKA1") + key("alice", "APKA2"): "",
		key("alice", "APKA1") + key("bob", "APKA2"):   "got an answer about the user bob, want one about alice",
		key("alice", "APKA1") + key("alice", "APKA1"): "got the SSH public key APKA1 twice in one answer",
		key("alice", "N/A"):                           `ssh_public_keys.value[0].id: got "N/A", want letters and digits`,
	} {
		s, _ := collected(t, map[string]http.HandlerFunc{
			"ListSSHPublicKeys": ok("ListSSHPublicKeys", "<SSHPublicKeys>"+keys+"</SSHPublicKeys><IsTruncated>false</IsTruncated>"),
		}, Plan{Sections: []account.Section{account.AccountSummarySection}, MaxUsers: 1, Wants: once(wantsOf("alice", account.SSHPublicKeysSection))})
		got := ""
		if len(s.Gaps) == 1 {
			got = s.Gaps[0].Message
		}
		if got != want {
			t.Errorf("got %q of %s, want %q", got, keys, want)
		}
	}
}

// A list that goes on for ever ends the run no later than its bounds.
func TestListsThatNeverEnd(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		each int // entries on a page
		name func(page, entry int) string
		want int // pages
	}{
		"the same page again": {2, func(_, entry int) string { return fmt.Sprint(entry) }, 1 + maxStale + 1},
		"empty pages":         {0, nil, maxEmpty + 1},
		"always new":          {maxEntries / 4, func(page, entry int) string { return fmt.Sprint(page, " ", entry) }, 5},
	} {
		n := 0
		list, some, err := pages(func(*string) ([]string, page, error) {
			n++
			part := make([]string, test.each)
			for i := range part {
				part[i] = test.name(n, i)
			}
			next := fmt.Sprint("m", n)
			return part, page{true, &next}, nil
		})
		if err == nil || !strings.HasPrefix(err.Error(), "got a list that doesn't end: ") || n != test.want || !some || len(list) != (n-1)*test.each {
			t.Errorf("%s: got %d entries and %v after %d pages, want an error after %d", name, len(list), err, n, test.want)
		}
	}
}
