package collect

import (
	"context"
	"crypto/sha1"
	"encoding/hex"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/iam"

	"sekisho/audit/account"
)

func TestSignInTellsWhoIsSignedIn(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 22, 14, 0, 0, 999, time.FixedZone("JST", 9*60*60))
	o := demo(newFakeAWS(t, nil))
	o.Now = func() time.Time { return now }
	s := signedIn(t, o)
	at := time.Date(2026, 11, 22, 5, 0, 0, 0, time.UTC)
	want := account.Caller{AccountID: "123456789012", Partition: "aws", ARN: fakeCaller, UserID: "AIDAEXAMPLE", At: at}
	if s.Caller != want || !s.TakenAt.Equal(at) || len(s.Warnings) != 0 {
		t.Errorf("got %+v at %s, warnings %v; want %+v", s.Caller, s.TakenAt, s.Warnings, want)
	}
}

func TestDemoIgnoresTheEnvironment(t *testing.T) {
	home(t, "[default]\nregion = cn-north-1\nendpoint_url = http://192.0.2.1:1\n")
	keys(t, "AKIAREALEXAMPLE", "a-real-token")
	t.Setenv("AWS_PROFILE", "there-is-none")
	for _, name := range []string{"AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_IAM", "AWS_ENDPOINT_URL_STS", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"} {
		t.Setenv(name, "http://192.0.2.1:1")
	}
	t.Setenv("AWS_REGION", "nonsense")
	t.Setenv("AWS_CA_BUNDLE", "/nowhere")
	server := newFakeAWS(t, nil)
	s := signedIn(t, demo(server))
	if _, err := s.IAM.GetAccountSummary(context.Background(), &iam.GetAccountSummaryInput{}); err != nil {
		t.Fatal(err)
	}
	if got := server.last(t, "GetAccountSummary"); got.key != "AKIAIOSFODNN7EXAMPLE" || got.region != "us-east-1" {
		t.Errorf("got %s in %s, want the made-up key in us-east-1", got.key, got.region)
	}
}

func TestRegionFollowsThePartition(t *testing.T) {
	for name, test := range map[string]struct {
		caller, region, profile string
		want                    string
		warned                  bool
	}{
		"default":            {caller: fakeCaller, want: "us-east-1"},
		"chosen":             {caller: fakeCaller, region: "eu-west-1", want: "eu-west-1"},
		"of the profile":     {caller: fakeCaller, profile: "[default]\nregion = ap-northeast-1\n", want: "ap-northeast-1"},
		"China":              {caller: "arn:aws-cn:iam::123456789012:user/a", want: "cn-north-1"},
		"GovCloud":           {caller: "arn:aws-us-gov:iam::123456789012:user/a", want: "us-gov-west-1"},
		"Europe":             {caller: "arn:aws-eusc:iam::123456789012:user/a", want: "eusc-de-east-1"},
		"chosen, and wrong":  {caller: "arn:aws-cn:iam::123456789012:user/a", region: "us-west-2", want: "us-west-2", warned: true},
		"unknown partition":  {caller: "arn:aws-mars:iam::123456789012:user/a", want: "us-east-1", warned: true},
		"chosen in GovCloud": {caller: "arn:aws-us-gov:iam::123456789012:user/a", region: "us-gov-east-1", want: "us-gov-east-1"},
	} {
		t.Run(name, func(t *testing.T) {
			home(t, test.profile)
			keys(t, "AKIAALICEEXAMPLE", "")
			server := newFakeAWS(t, map[string]http.HandlerFunc{"GetCallerIdentity": identity(test.caller)})
			s := signedIn(t, Options{Endpoint: server.URL, Region: test.region, Retryer: fastRetryer, Allowed: []string{"iam:ListUsers"}})
			if _, err := s.IAM.ListUsers(context.Background(), &iam.ListUsersInput{}); err != nil {
				t.Fatal(err)
			}
			if s.Config.Region != test.want || len(s.Warnings) == 0 == test.warned {
				t.Errorf("got %s, warnings %v; want %s", s.Config.Region, s.Warnings, test.want)
			}
			if s.Caller.Partition != strings.Split(test.caller, ":")[1] {
				t.Errorf("got partition %s of %s", s.Caller.Partition, test.caller)
			}
		})
	}
}

func TestRootIsWarned(t *testing.T) {
	t.Parallel()
	server := newFakeAWS(t, map[string]http.HandlerFunc{"GetCallerIdentity": identity("arn:aws:iam::123456789012:root")})
	s := signedIn(t, demo(server))
	if len(s.Warnings) != 1 || !strings.HasPrefix(s.Warnings[0], "signed in as root") {
		t.Errorf("got %q, want a warning about root", s.Warnings)
	}
	s.warn("")
	s.warn(s.Warnings[0])
	if len(s.Warnings) != 1 {
		t.Errorf("got %q, want every warning once", s.Warnings)
	}
}

func TestSessionTokenOfTheEnvironment(t *testing.T) {
	home(t, "")
	keys(t, "ASIAALICEEXAMPLE", "a-session-token")
	server := newFakeAWS(t, nil)
	t.Setenv("AWS_ENDPOINT_URL", server.URL)
	s := signedIn(t, Options{Retryer: fastRetryer})
	if got := server.last(t, "GetCallerIdentity").key; got != "ASIAALICEEXAMPLE" || !s.facts.temporary {
		t.Errorf("got %s, want the environment's session", got)
	}
}

// TestSignInFails is about the errors of issue 2: one clear error, a useful hint, and soon.
func TestSignInFails(t *testing.T) {
	closed := newFakeAWS(t, nil)
	closed.Close()
	secure := httptest.NewUnstartedServer(http.NotFoundHandler())
	secure.Config.ErrorLog = log.New(io.Discard, "", 0)
	secure.StartTLS()
	defer secure.Close()
	denied := "User: arn:aws:iam::123456789012:user/alice is not authorized to perform: sts:GetCallerIdentity with an explicit deny"
	for name, test := range map[string]struct {
		profile string
		set     map[string]string
		noKeys  bool
		answers map[string]http.HandlerFunc
		options Options
		err     string // the whole error, or with … at its end how it begins
		hints   []string
		asked   []string
	}{
		"no credentials": {
			noKeys: true,
			err:    "getting credentials: found none in the environment, a profile, or the metadata of an instance",
			hints:  []string{"aws sso login", "--profile", "AWS_ACCESS_KEY_ID", "sekisho audit --demo"},
		},
		"no such profile": {
			options: Options{Profile: "nobody"},
			err:     "reading the AWS configuration: failed to get shared config profile, nobody", hints: []string{"aws configure list-profiles"},
		},
		"wrong region": {
			options: Options{Region: "nonsense"}, set: map[string]string{"AWS_ENDPOINT_URL": ""},
			err: `choosing a region: got "nonsense", want the name of an AWS region such as us-east-1`, hints: []string{"--region us-east-1", "AWS_REGION"},
		},
		"unreachable": {
			set: map[string]string{"AWS_ENDPOINT_URL": closed.URL},
			err: "asking AWS who is signed in (sts:GetCallerIdentity): dial tcp …", hints: []string{"AWS_ENDPOINT_URL"},
		},
		"expired": {
			answers: map[string]http.HandlerFunc{"GetCallerIdentity": fail(403, "ExpiredToken", "The security token included in the request is expired")},
			err:     "asking AWS who is signed in (sts:GetCallerIdentity): ExpiredToken: The security token included in the request is expired",
			hints:   []string{"sign in again", "AWS_SESSION_TOKEN"}, asked: []string{"GetCallerIdentity"},
		},
		"denied": {
			answers: map[string]http.HandlerFunc{"GetCallerIdentity": fail(403, "AccessDenied", denied)},
			err:     "asking AWS who is signed in (sts:GetCallerIdentity): AccessDenied: " + denied, hints: []string{"needs no permission"}, asked: []string{"GetCallerIdentity"},
		},
		"unknown key, no region": {
			answers: map[string]http.HandlerFunc{"GetCallerIdentity": fail(403, "InvalidClientTokenId", "The security token included in the request is invalid.")},
			err:     "asking AWS who is signed in (sts:GetCallerIdentity): InvalidClientTokenId: The security token included in the request is invalid.",
			hints:   []string{"us-east-1 was asked", "--region cn-north-1"}, asked: []string{"GetCallerIdentity"},
		},
		"unknown key, chosen region": {
			options: Options{Region: "eu-west-1"},
			answers: map[string]http.HandlerFunc{"GetCallerIdentity": fail(403, "InvalidClientTokenId", "invalid")},
			err:     "asking AWS who is signed in (sts:GetCallerIdentity): InvalidClientTokenId: invalid", hints: []string{"deleted or deactivated", "eu-west-1"}, asked: []string{"GetCallerIdentity"},
		},
		"clock": {
			answers: map[string]http.HandlerFunc{"GetCallerIdentity": fail(403, "SignatureDoesNotMatch", "Signature expired: 20261122T000000Z is now earlier than 20261122T044500Z")},
			err:     "asking AWS who is signed in (sts:GetCallerIdentity): SignatureDoesNotMatch: Signature expired: …", hints: []string{"clock"}, asked: []string{"GetCallerIdentity"},
		},
		"wrong secret": {
			answers: map[string]http.HandlerFunc{"GetCallerIdentity": fail(403, "SignatureDoesNotMatch", "The request signature we calculated does not match. Check your key.\n\nThe Canonical String for this request should have been\n'POST\n/\nx-amz-security-token:a-session-token")},
			err:     "asking AWS who is signed in (sts:GetCallerIdentity): SignatureDoesNotMatch: The request signature we calculated does not match. Check your key.",
			hints:   []string{"secret access key", "clock"}, asked: []string{"GetCallerIdentity"},
		},
		"AWS is down": {
			answers: map[string]http.HandlerFunc{"GetCallerIdentity": raw(500, "text/html", "<html><br>")},
			err:     "asking AWS who is signed in (sts:GetCallerIdentity): got HTTP status 500 and no error of AWS's", asked: []string{"GetCallerIdentity", "GetCallerIdentity"},
		},
		"throttled": {
			answers: map[string]http.HandlerFunc{"GetCallerIdentity": fail(400, "Throttling", "Rate exceeded")},
			err:     "asking AWS who is signed in (sts:GetCallerIdentity): Throttling: Rate exceeded", asked: []string{"GetCallerIdentity", "GetCallerIdentity"},
		},
		"a hotel": {
			answers: map[string]http.HandlerFunc{"GetCallerIdentity": raw(200, "text/html", "<html><body>Welcome</body></html>")},
			err:     "asking AWS who is signed in (sts:GetCallerIdentity): got an answer that is empty, cut off or not AWS's XML",
			hints:   []string{"not AWS", "proxy"}, asked: []string{"GetCallerIdentity", "GetCallerIdentity"},
		},
		"broken configuration": {
			noKeys: true, options: Options{Profile: "chain"},
			profile: "[profile chain]\nrole_arn = " + fakeRole + "\ncredential_source = Mars\n",
			err:     "reading the AWS configuration: …", hints: []string{"~/.aws/config"},
		},
		"certificate nobody knows": {
			set: map[string]string{"AWS_ENDPOINT_URL": secure.URL},
			err: "asking AWS who is signed in (sts:GetCallerIdentity): tls: failed to verify certificate: …", hints: []string{"AWS_CA_BUNDLE"},
		},
		"not AWS": {
			answers: map[string]http.HandlerFunc{"GetCallerIdentity": ok("GetCallerIdentity", "<Arn>hello</Arn><Account>123456789012</Account><UserId>AIDAEXAMPLE</UserId>")},
			err:     `asking AWS who is signed in (sts:GetCallerIdentity): got "hello", want an ARN (arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE)`, asked: []string{"GetCallerIdentity"},
		},
		"role refused": {
			options: Options{RoleARN: fakeRole},
			answers: map[string]http.HandlerFunc{"AssumeRole": fail(403, "AccessDenied", "User is not authorized to perform: sts:AssumeRole")},
			err:     "assuming the role " + fakeRole + ": AccessDenied: User is not authorized to perform: sts:AssumeRole", hints: []string{"trust policy", "--external-id", "--mfa-serial"}, asked: []string{"AssumeRole"},
		},
		"role refused by Force-MFA": {
			options: Options{RoleARN: fakeRole},
			answers: map[string]http.HandlerFunc{"AssumeRole": fail(403, "AccessDenied", "not authorized to perform: sts:AssumeRole with an explicit deny in an identity-based policy")},
			err:     "assuming the role …", hints: []string{"--mfa-serial", "--token-code"}, asked: []string{"AssumeRole"},
		},
		"role's STS is down": {
			options: Options{RoleARN: fakeRole},
			answers: map[string]http.HandlerFunc{"AssumeRole": fail(503, "ServiceUnavailable", "later")},
			err:     "assuming the role " + fakeRole + ": ServiceUnavailable: later", asked: []string{"AssumeRole", "AssumeRole"},
		},
		"half a code": {
			options: Options{MFASerial: fakeSerial, TokenCode: "12345"},
			err:     "reading --token-code: got a code that is not six digits", hints: []string{"six digits"},
		},
		"a passkey for a device": {
			options: Options{MFASerial: "arn:aws:iam::123456789012:u2f/user/alice/key-ABCDEFGHIJKLMNOP"},
			err:     "reading --mfa-serial: got a passkey or security key, which shows no code", hints: []string{"virtual or hardware device", "`aws login`"},
		},
		"a phone for a device": {
			options: Options{MFASerial: "arn:aws:iam::123456789012:sms-mfa/alice", TokenCode: "123456"},
			err:     "reading --mfa-serial: got a phone that is sent its codes, …", hints: []string{"virtual or hardware device"},
		},
		"a user for a device": {
			options: Options{MFASerial: "arn:aws:iam::123456789012:user/staff/alice", TokenCode: "123456"},
			err:     "reading --mfa-serial: got the ARN of user/staff/alice, want that of an MFA device", hints: []string{":mfa/NAME", "list-mfa-devices"},
		},
		"half an ARN for a device": {
			options: Options{MFASerial: "arn:aws:iam::mfa/alice"},
			err:     `reading --mfa-serial: got "arn:aws:iam::mfa/alice", want an ARN …`, hints: []string{":mfa/NAME"},
		},
		"external ID alone": {
			options: Options{ExternalID: "x"},
			err:     "signing in: got an external ID and no role to assume with it", hints: []string{"--role-arn"},
		},
		"role that is no ARN": {
			options: Options{RoleARN: "auditor"},
			err:     `reading --role-arn: got "auditor", want an ARN …`, hints: []string{"arn:aws:iam::"},
		},
		"SSO never logged in": {
			noKeys: true, options: Options{Profile: "work"},
			profile: "[profile work]\nsso_session = corp\nsso_account_id = 123456789012\nsso_role_name = audit\nregion = us-east-1\n" +
				"[sso-session corp]\nsso_region = us-east-1\nsso_start_url = https://example.awsapps.com/start\n",
			err: "getting credentials: …", hints: []string{"aws sso login --profile work"},
		},
		"SSO of the old kind": {
			noKeys: true, set: map[string]string{"AWS_PROFILE": "old"},
			profile: "[profile old]\nsso_account_id = 123456789012\nsso_role_name = audit\nsso_region = us-east-1\nsso_start_url = https://example.awsapps.com/start\n",
			err:     "getting credentials: …", hints: []string{"aws sso login --profile old"},
		},
		"aws login over": {
			noKeys: true, options: Options{Profile: "console"},
			profile: "[profile console]\nlogin_session = arn:aws:iam::123456789012:user/alice\nregion = us-east-1\n",
			err:     "getting credentials: …", hints: []string{"aws login --profile console"},
		},
		"credential_process that talks": {
			noKeys: true, options: Options{Profile: "tool"},
			profile: "[profile tool]\ncredential_process = echo SecretAccessKey=very-secret\n",
			err:     "getting credentials: running the profile's credential_process: got output that is not the JSON of credentials",
		},
	} {
		t.Run(name, func(t *testing.T) {
			home(t, test.profile)
			server := newFakeAWS(t, test.answers)
			t.Setenv("AWS_ENDPOINT_URL", server.URL)
			if !test.noKeys {
				keys(t, "ASIAALICEEXAMPLE", "a-session-token")
			}
			for name, value := range test.set {
				t.Setenv(name, value)
				if value == "" {
					os.Unsetenv(name)
				}
			}
			test.options.Retryer = fastRetryer
			if test.options.MFASerial != "" {
				t.Setenv("AWS_SESSION_TOKEN", "")
			}
			_, err := SignIn(context.Background(), test.options)
			var own *Error
			if !errors.As(err, &own) {
				t.Fatalf("got %v, want an *Error", err)
			}
			begin, open := strings.CutSuffix(test.err, "…")
			if !strings.HasPrefix(err.Error(), begin) || !open && err.Error() != begin {
				t.Errorf("got error %q, want %q", err, test.err)
			}
			for _, want := range test.hints {
				if !strings.Contains(own.Hint, want) {
					t.Errorf("got hint %q, want %q in it", own.Hint, want)
				}
			}
			if got := server.asked(); !slices.Equal(got, append([]string{}, test.asked...)) {
				t.Errorf("got %v asked, want %v", got, test.asked)
			}
			for _, secret := range []string{"the-secret", "a-session-token", "very-secret", "secret-of"} {
				if strings.Contains(err.Error()+own.Hint, secret) {
					t.Errorf("got %q in %q (%s)", secret, err, own.Hint)
				}
			}
			if strings.ContainsAny(err.Error()+own.Hint, "\n\r") {
				t.Errorf("got several lines: %q", err)
			}
		})
	}
}

func TestSSO(t *testing.T) {
	for name, test := range map[string]struct {
		expires string
		answer  http.HandlerFunc
		fails   bool
	}{
		"signed in": {"2099-01-01T00:00:00Z", raw(200, "application/json",
			`{"roleCredentials":{"accessKeyId":"ASIASSOEXAMPLE","secretAccessKey":"s","sessionToken":"t","expiration":4070908800000}}`), false},
		"token over":    {"2020-01-01T00:00:00Z", nil, true},
		"token revoked": {"2099-01-01T00:00:00Z", refusedBySSO, true},
	} {
		t.Run(name, func(t *testing.T) {
			home(t, "[profile work]\nsso_account_id = 123456789012\nsso_role_name = audit\nsso_region = us-east-1\nsso_start_url = https://example.awsapps.com/start\n")
			cache := filepath.Join(os.Getenv("HOME"), ".aws", "sso", "cache")
			if err := os.MkdirAll(cache, 0o700); err != nil {
				t.Fatal(err)
			}
			sum := sha1.Sum([]byte("https://example.awsapps.com/start")) // how the aws command names the file
			token := `{"accessToken":"an-sso-token","expiresAt":"` + test.expires + `","startUrl":"https://example.awsapps.com/start","region":"us-east-1"}`
			if err := os.WriteFile(filepath.Join(cache, hex.EncodeToString(sum[:])+".json"), []byte(token), 0o600); err != nil {
				t.Fatal(err)
			}
			portal := httptest.NewServer(test.answer)
			defer portal.Close()
			t.Setenv("AWS_ENDPOINT_URL_SSO", portal.URL)
			server := newFakeAWS(t, nil)
			t.Setenv("AWS_ENDPOINT_URL", server.URL)
			s, err := SignIn(context.Background(), Options{Profile: "work", Retryer: fastRetryer})
			if test.fails {
				if err == nil || Hint(err) != "run `aws sso login --profile work`" || strings.Contains(err.Error(), "an-sso-token") {
					t.Errorf("got %v (%s), want the way to sign in again", err, Hint(err))
				}
				return
			}
			if err != nil {
				t.Fatalf("got %v (%s)", err, Hint(err))
			}
			if got := server.last(t, "GetCallerIdentity").key; got != "ASIASSOEXAMPLE" || s.Calls().SignIn["sso:GetRoleCredentials"] != 1 {
				t.Errorf("got %s, calls %v; want the role's key for one call", got, s.Calls().SignIn)
			}
		})
	}
}

func refusedBySSO(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Amzn-Errortype", "UnauthorizedException")
	raw(401, "application/json", `{"message":"Session token not found or invalid"}`)(w, r)
}

func TestSilentServerDoesNotHoldTheSignIn(t *testing.T) {
	t.Parallel()
	server := newFakeAWS(t, map[string]http.HandlerFunc{"GetCallerIdentity": hang})
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		_, err := SignIn(t.Context(), server.inProcess())
		if err == nil || err.Error() != "asking AWS who is signed in (sts:GetCallerIdentity): got no answer within 5s" || Hint(err) == "" {
			t.Errorf("got %v (%s)", err, Hint(err))
		}
		if took := time.Since(began); took != 2*signInAttemptTimeout {
			t.Errorf("got the error after %s, want it after two attempts", took)
		}
	})
	if got := newLimits(0, 0); got.signIn != 5*time.Second || got.attempt != 30*time.Second {
		t.Errorf("got %+v, want 30 seconds, and 5 to sign in", got)
	}
}

func TestInterruptedSignIn(t *testing.T) {
	home(t, "")
	keys(t, "AKIAALICEEXAMPLE", "")
	server := newFakeAWS(t, nil)
	ctx, cancel := context.WithCancel(context.Background())
	_, err := SignIn(ctx, Options{Endpoint: server.URL, MFASerial: fakeSerial, Prompt: func(ctx context.Context, _ string) (string, error) {
		cancel()
		<-ctx.Done()
		return "", ctx.Err()
	}})
	if !errors.Is(err, context.Canceled) || !strings.HasSuffix(err.Error(), "interrupted") || Hint(err) != "" {
		t.Errorf("got %v (%s), want interrupted", err, Hint(err))
	}
	if got := server.asked(); len(got) != 0 {
		t.Errorf("got %v, want nothing sent", got)
	}
}
