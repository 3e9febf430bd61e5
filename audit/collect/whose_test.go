package collect

import (
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"testing"
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
