package collect

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
)

func TestCheckCode(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{"123456": "123456", " 123 456\n": "123456", "12345": "", "1234567": "", "12345a": "", "１２３４５６": "", "": ""} {
		got, err := checkCode(in)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%q: got %q, %v; want %q", in, got, err, want)
		}
		if err != nil && in != "" && strings.Contains(err.Error(), in) {
			t.Errorf("%q: got %q, want an error that does not repeat it", in, err)
		}
	}
}

func TestCodesAreUsedOnce(t *testing.T) {
	t.Parallel()
	c := &codes{given: "123456"}
	if !c.unused() {
		t.Error("got a fresh code as used")
	}
	if got, err := c.next(context.Background(), fakeSerial); got != "123456" || err != nil || c.unused() {
		t.Errorf("got %q, %v, unused %v; want the given code", got, err, c.unused())
	}
	_, err := c.next(context.Background(), fakeSerial)
	if err == nil || !strings.Contains(err.Error(), "used already") || !strings.Contains(Hint(err), "--token-code") {
		t.Errorf("got %v (%s), want an error about the used code", err, Hint(err))
	}
}

func TestCodesNeedATerminal(t *testing.T) {
	t.Parallel()
	_, err := (&codes{}).next(context.Background(), fakeSerial)
	var own *Error
	if !errors.As(err, &own) || err.Error() != "asking for the code of the MFA device "+fakeSerial+": there is no terminal to ask on" || own.Hint != "pass the six digits with --token-code" {
		t.Errorf("got %v (%s)", err, Hint(err))
	}
}

func TestCodesAskOneAtATime(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	inside, asked := 0, 0
	c := &codes{prompt: func(context.Context, string) (string, error) {
		mu.Lock()
		inside++
		asked++
		if inside > 1 {
			t.Error("got two prompts at once")
		}
		mu.Unlock()
		mu.Lock()
		inside--
		mu.Unlock()
		return "654321", nil
	}}
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			if code, err := c.next(context.Background(), fakeSerial); code != "654321" || err != nil {
				t.Errorf("got %q, %v", code, err)
			}
		})
	}
	group.Wait()
	if asked != 8 {
		t.Errorf("got %d prompts, want 8", asked)
	}
}

func TestSessionWithMFA(t *testing.T) {
	home(t, "")
	keys(t, "AKIAALICEEXAMPLE", "")
	server := newFakeAWS(t, map[string]http.HandlerFunc{"GetCallerIdentity": identity(fakeCaller)})
	asked := []string{}
	s := signedIn(t, Options{
		Endpoint: server.URL, Retryer: fastRetryer, MFASerial: fakeSerial,
		Prompt: func(_ context.Context, serial string) (string, error) {
			asked = append(asked, serial)
			return "123 456", nil
		},
	})
	sent := server.last(t, "GetSessionToken")
	if sent.form.Get("SerialNumber") != fakeSerial || sent.form.Get("TokenCode") != "123456" || sent.form.Get("DurationSeconds") != "43200" || sent.key != "AKIAALICEEXAMPLE" {
		t.Errorf("got %v signed by %s, want the device, the code and 12 hours, signed by the user's key", sent.form, sent.key)
	}
	if got := server.last(t, "GetCallerIdentity").key; got != "ASIAMFAEXAMPLE" {
		t.Errorf("got GetCallerIdentity signed by %s, want the session's key", got)
	}
	if !slices.Equal(asked, []string{fakeSerial}) || len(s.Warnings) != 0 {
		t.Errorf("got asked for %v, warnings %v; want asked once for the device", asked, s.Warnings)
	}
	if bill := s.Calls(); bill.Total != 0 || bill.SignIn["sts:GetSessionToken"] != 1 || bill.SignIn["sts:GetCallerIdentity"] != 1 {
		t.Errorf("got %+v, want sign-in calls apart", bill)
	}
}

func TestSessionWithMFAThenRole(t *testing.T) {
	home(t, "")
	keys(t, "AKIAALICEEXAMPLE", "")
	server := newFakeAWS(t, map[string]http.HandlerFunc{"GetCallerIdentity": identity("arn:aws:sts::210987654321:assumed-role/auditor/sekisho")})
	s := signedIn(t, Options{
		Endpoint: server.URL, Retryer: fastRetryer, MFASerial: fakeSerial, TokenCode: "123456", RoleARN: fakeRole, ExternalID: "ticket-7",
	})
	if got, want := server.asked(), []string{"GetSessionToken", "AssumeRole", "GetCallerIdentity"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	sent := server.last(t, "AssumeRole")
	if sent.key != "ASIAMFAEXAMPLE" || sent.form.Get("RoleArn") != fakeRole || sent.form.Get("ExternalId") != "ticket-7" ||
		sent.form.Get("DurationSeconds") != "3600" || sent.form.Get("RoleSessionName") != "sekisho" || sent.form.Has("TokenCode") {
		t.Errorf("got %v signed by %s, want the role with the session that has MFA", sent.form, sent.key)
	}
	if got := server.last(t, "GetCallerIdentity").key; got != "ASIAROLEEXAMPLE" {
		t.Errorf("got the caller asked with %s, want the role's key", got)
	}
	if s.Caller.ARN != "arn:aws:sts::210987654321:assumed-role/auditor/sekisho" {
		t.Errorf("got caller %s", s.Caller.ARN)
	}
}

func TestProfileRoleWithMFA(t *testing.T) {
	const profiles = `
[profile people]
aws_access_key_id = AKIAALICEEXAMPLE
aws_secret_access_key = the-secret
[profile audit]
region = eu-central-1
role_arn = arn:aws:iam::210987654321:role/auditor
source_profile = people
mfa_serial = arn:aws:iam::123456789012:mfa/alice
[profile plain]
role_arn = arn:aws:iam::210987654321:role/auditor
source_profile = people
duration_seconds = 7200
role_session_name = alice
[profile oldphone]
role_arn = arn:aws:iam::210987654321:role/auditor
source_profile = people
mfa_serial = GAHT12345678
`
	for name, test := range map[string]struct {
		options  Options
		duration string
		session  string
	}{
		"prompt":                {Options{Profile: "audit", Prompt: func(context.Context, string) (string, error) { return "123456", nil }}, "3600", "sekisho"},
		"code":                  {Options{Profile: "audit", TokenCode: "123456"}, "3600", "sekisho"},
		"device by the option":  {Options{Profile: "plain", TokenCode: "123456", MFASerial: fakeSerial}, "7200", "alice"},
		"option before profile": {Options{Profile: "oldphone", TokenCode: "123456", MFASerial: fakeSerial}, "3600", "sekisho"},
	} {
		t.Run(name, func(t *testing.T) {
			home(t, profiles)
			server := newFakeAWS(t, nil)
			t.Setenv("AWS_ENDPOINT_URL", server.URL) // the SDK's own client for roles does not look at it
			test.options.Retryer = fastRetryer
			s := signedIn(t, test.options)
			if got, want := server.asked(), []string{"AssumeRole", "GetCallerIdentity"}; !slices.Equal(got, want) {
				t.Errorf("got %v, want %v", got, want)
			}
			sent := server.last(t, "AssumeRole")
			if sent.key != "AKIAALICEEXAMPLE" || sent.form.Get("SerialNumber") != fakeSerial || sent.form.Get("TokenCode") != "123456" ||
				sent.form.Get("DurationSeconds") != test.duration || sent.form.Get("RoleSessionName") != test.session {
				t.Errorf("got %v signed by %s", sent.form, sent.key)
			}
			if len(s.Warnings) != 0 {
				t.Errorf("got warnings %v, want none", s.Warnings)
			}
		})
	}
}

func TestProfileRoleWithAPasskey(t *testing.T) {
	home(t, `
[default]
aws_access_key_id = AKIAALICEEXAMPLE
aws_secret_access_key = the-secret
[profile audit]
role_arn = arn:aws:iam::210987654321:role/auditor
source_profile = default
mfa_serial = arn:aws:iam::123456789012:u2f/user/alice/key-ABCDEFGHIJKLMNOP
`)
	server := newFakeAWS(t, nil)
	ask := func(context.Context, string) (string, error) {
		t.Error("got a question for its code")
		return "123456", nil
	}
	for _, code := range []string{"", "123456"} {
		_, err := SignIn(context.Background(), Options{Profile: "audit", Endpoint: server.URL, Prompt: ask, TokenCode: code})
		if err == nil || !strings.Contains(err.Error(), "got a passkey or security key") || !strings.Contains(Hint(err), "virtual or hardware") {
			t.Errorf("got %v (%s), want an error that names the passkey", err, Hint(err))
		}
	}
	if got := server.asked(); len(got) != 0 {
		t.Errorf("got %v sent, want nothing", got)
	}
}

func TestProfileRoleWithMFAAndNoTerminal(t *testing.T) {
	home(t, `
[default]
aws_access_key_id = AKIAALICEEXAMPLE
aws_secret_access_key = the-secret
[profile audit]
role_arn = arn:aws:iam::210987654321:role/auditor
source_profile = default
mfa_serial = arn:aws:iam::123456789012:mfa/alice
`)
	server := newFakeAWS(t, nil)
	_, err := SignIn(context.Background(), Options{Profile: "audit", Endpoint: server.URL})
	if err == nil || !strings.Contains(err.Error(), "no terminal") || !strings.Contains(Hint(err), "--token-code") {
		t.Errorf("got %v (%s), want an error that names --token-code", err, Hint(err))
	}
	if got := server.asked(); len(got) != 0 {
		t.Errorf("got %v sent, want nothing", got)
	}
}

func TestMFAWithSessionCredentialsIsNotAsked(t *testing.T) {
	home(t, "")
	keys(t, "ASIAALICEEXAMPLE", "a-session-token")
	server := newFakeAWS(t, nil)
	s := signedIn(t, Options{Endpoint: server.URL, Retryer: fastRetryer, MFASerial: fakeSerial, TokenCode: "123456"})
	if got, want := server.asked(), []string{"GetCallerIdentity"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if len(s.Warnings) != 2 || !strings.Contains(s.Warnings[0], "--mfa-serial was not used") || !strings.Contains(s.Warnings[1], "--token-code was not used") {
		t.Errorf("got %q, want warnings about both options", s.Warnings)
	}
}

func TestWrongCodeIsExplained(t *testing.T) {
	home(t, "")
	keys(t, "AKIAALICEEXAMPLE", "")
	server := newFakeAWS(t, map[string]http.HandlerFunc{
		"GetSessionToken": fail(403, "AccessDenied", "MultiFactorAuthentication failed with invalid MFA one time pass code. "),
	})
	_, err := SignIn(context.Background(), Options{Endpoint: server.URL, Retryer: fastRetryer, MFASerial: fakeSerial, TokenCode: "123456"})
	if err == nil || err.Error() != "getting a session with MFA: AccessDenied: MultiFactorAuthentication failed with invalid MFA one time pass code." || !strings.Contains(Hint(err), "next one") {
		t.Errorf("got %v (%s)", err, Hint(err))
	}
	if got, want := server.asked(), []string{"GetSessionToken"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v: a code is good once", got, want)
	}
}
