package collect

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/credentials/processcreds"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// listUsersOf makes one call of a session and returns its error.
func listUsersOf(s *Session) error {
	_, err := s.IAM.ListUsers(context.Background(), &iam.ListUsersInput{})
	return err
}

func TestClassify(t *testing.T) {
	t.Parallel()
	operation := func(err error) error {
		return &smithy.OperationError{ServiceID: "IAM", OperationName: "ListUsers", Err: err}
	}
	dial := &net.OpError{Op: "dial", Net: "tcp", Addr: &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 443}, Err: errors.New("i/o timeout")}
	for name, test := range map[string]struct {
		err           error
		code, message string
		abort         bool
	}{
		"nothing":       {nil, "", "", false},
		"of AWS":        {operation(&smithy.GenericAPIError{Code: "AccessDenied", Message: "User: x is not\n authorized"}), "AccessDenied", "User: x is not authorized", false},
		"expired":       {operation(&smithy.GenericAPIError{Code: "ExpiredToken", Message: "expired"}), "ExpiredToken", "expired", true},
		"expired later": {operation(&smithy.GenericAPIError{Code: "RequestExpired", Message: "Request has expired."}), "RequestExpired", "Request has expired.", true},
		"renewal":       {operation(&credentialsError{errors.New("no more")}), "Error", "no more", true},
		"interrupted":   {operation(&smithy.CanceledError{Err: context.Canceled}), "Cancelled", "interrupted", true},
		"time limit":    {context.DeadlineExceeded, "Cancelled", "the time limit was reached", true},
		"an attempt":    {operation(&timeoutError{30e9}), "Timeout", "got no answer within 30s", false},
		"no such host": {operation(&smithyhttp.RequestSendError{Err: &url.Error{Op: "Post", URL: "https://iam.example/", Err: &net.OpError{Op: "dial", Err: &net.DNSError{Name: "iam.example", Err: "no such host", IsNotFound: true}}}}),
			"ConnectionError", "the host iam.example does not exist", false},
		"no DNS": {operation(&smithyhttp.RequestSendError{Err: &net.DNSError{Name: "iam.example", Err: "server misbehaving"}}), "ConnectionError", "looking up the host iam.example: server misbehaving", false},
		"dial":   {operation(&smithyhttp.RequestSendError{Err: &url.Error{Op: "Post", URL: "https://iam.example/", Err: dial}}), "ConnectionError", "dial tcp 192.0.2.1:443: i/o timeout", false},
		"process": {&processcreds.ProviderError{Err: fmt.Errorf("parse failed of process output: %s, error: %w", "very-secret", errors.New("bad"))},
			"Credentials", "running the profile's credential_process: got output that is not the JSON of credentials", false},
		"our own": {errMarker, "InvalidAnswer", "got a truncated answer without a new Marker", false},
	} {
		code, message, abort := Classify(test.err)
		if code != test.code || message != test.message || (abort != nil) != test.abort {
			t.Errorf("%s: got %q %q %v, want %q %q", name, code, message, abort, test.code, test.message)
		}
	}
}

func TestADialTimeoutDoesNotEndTheRun(t *testing.T) {
	t.Parallel()
	dialer := net.Dialer{Timeout: 1}
	_, err := dialer.Dial("tcp", "127.0.0.1:9")
	if err == nil || !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("got %v, want Go's time-out, which calls itself a deadline", err)
	}
	if _, _, abort := Classify(&smithyhttp.RequestSendError{Err: err}); abort != nil {
		t.Errorf("got the run ended by %v, want a gap", abort)
	}
}

func TestOneLine(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ in, want string }{
		"lines and tabs": {"a\r\n\tb  c\u2028d", "a b c d"},
		"escapes":        {"a\x1b[31mb", "a [31mb"},
		"request ID":     {"no (Service: Iam, Status Code: 403, Request ID: 0a1b2c3d-0000-1111-2222-333344445555)", "no (Service: Iam, Status Code: 403"},
		"canonical":      {"Check your key.\n\nThe Canonical String for this request\nx-amz-security-token:abc", "Check your key."},
		"encoded":        {"denied. Encoded authorization failure message: " + strings.Repeat("aB3_", 100), "denied. Encoded authorization failure message: […]"},
		"an ARN":         {"arn:aws:iam::123456789012:user/" + strings.Repeat("dir/", 30) + "alice", "arn:aws:iam::123456789012:user/" + strings.Repeat("dir/", 30) + "alice"},
		"long":           {strings.Repeat("語 ", 2000), strings.TrimSpace(strings.Repeat("語 ", 500)) + " …"},
	} {
		if got := oneLine(test.in); got != test.want {
			t.Errorf("%s: got %q, want %q", name, got, test.want)
		}
	}
}

func TestHintsOfReads(t *testing.T) {
	invalid := fail(403, "InvalidClientTokenId", "The security token included in the request is invalid.")
	deny := fail(403, "AccessDenied", "User: arn:aws:iam::123456789012:user/alice is not authorized to perform: iam:ListUsers with an explicit deny in an identity-based policy")
	for name, test := range map[string]struct {
		token   string
		options Options
		answer  http.HandlerFunc
		code    string
		hint    string // empty: none
	}{
		"forced MFA":               {answer: deny, code: "AccessDenied", hint: hintForcedMFA},
		"forced MFA, and has it":   {options: Options{MFASerial: fakeSerial, TokenCode: "123456"}, answer: deny, code: "AccessDenied"},
		"an MFA guard of any kind": {answer: fail(403, "AccessDenied", "not authorized to perform: iam:ListUsers with an explicit deny"), code: "AccessDenied", hint: hintForcedMFA},
		"resource-based":           {answer: fail(403, "AccessDenied", "not authorized to perform: iam:ListUsers with an explicit deny in a resource-based policy"), code: "AccessDenied"},
		"plain denial":             {answer: fail(403, "AccessDenied", "not authorized to perform: iam:ListUsers because no identity-based policy allows it"), code: "AccessDenied"},
		"session without MFA":      {token: "a-token", answer: invalid, code: "InvalidClientTokenId", hint: hintNoMFA},
		"session with MFA":         {options: Options{MFASerial: fakeSerial, TokenCode: "123456"}, answer: invalid, code: "InvalidClientTokenId"},
		"nothing to say":           {answer: fail(500, "ServiceFailure", "failed"), code: "ServiceFailure"},
	} {
		t.Run(name, func(t *testing.T) {
			home(t, "")
			keys(t, "AKIAALICEEXAMPLE", test.token)
			server := newFakeAWS(t, map[string]http.HandlerFunc{"ListUsers": test.answer})
			test.options.Endpoint, test.options.Retryer, test.options.Allowed = server.URL, fastRetryer, []string{"iam:ListUsers"}
			s := signedIn(t, test.options)
			err := listUsersOf(s)
			code, _, abort := Classify(err)
			if code != test.code || abort != nil {
				t.Errorf("got code %q, abort %v; want a gap with %q", code, abort, test.code)
			}
			if got := Hint(err); got != test.hint {
				t.Errorf("got hint %q, want %q", got, test.hint)
			}
		})
	}
}

// What no sign-in with MFA is known to change is told for what it is, whether it denies or only does not allow.
func TestHintsNameThePolicyThatRefuses(t *testing.T) {
	t.Parallel()
	for name, begin := range map[string]string{
		"service control policy": "a service control policy (SCP) of the organization", "resource control policy": "a resource control policy (RCP) of the organization",
		"permissions boundary": "the permissions boundary of the user or role", "session policy": "the policy that the session was made with",
		"VPC endpoint policy": "the policy of the VPC endpoint on the way",
	} {
		for _, why := range []string{"with an explicit deny in a " + name, "because no " + name + " allows the iam:ListUsers action"} {
			for _, call := range []string{"ListUsers", "AssumeRole", "ListRegions"} {
				message := "user: arn:aws:iam::123456789012:user/alice is not authorized to perform: iam:" + call + " " + why
				if got := hintDenied(call, strings.ToLower(message), &facts{}); !strings.HasPrefix(got, begin) || strings.Contains(got, "--mfa-serial") {
					t.Errorf("%s, %s: got hint %q, want %q", call, why, got, begin)
				}
			}
		}
	}
}

func TestExpiredSessionEndsTheRun(t *testing.T) {
	t.Parallel()
	server := newFakeAWS(t, map[string]http.HandlerFunc{"ListUsers": fail(403, "ExpiredToken", "The security token included in the request is expired")})
	_, _, abort := Classify(listUsersOf(signedIn(t, demo(server))))
	if abort == nil || abort.Error() != "reading the account: ExpiredToken: The security token included in the request is expired" || !strings.Contains(Hint(abort), "sign in again") {
		t.Errorf("got %v (%s)", abort, Hint(abort))
	}
}

func TestCredentialsThatCannotBeRenewedEndTheRun(t *testing.T) {
	home(t, "")
	keys(t, "AKIAALICEEXAMPLE", "")
	short := strings.ReplaceAll(sessionKeys("ASIAROLEEXAMPLE"), "2099", "2020") // over before it begins, so every call renews it
	renewable := ok("AssumeRole", short)
	server := newFakeAWS(t, map[string]http.HandlerFunc{
		"AssumeRole": times(renewable, renewable, fail(403, "AccessDenied", "not authorized to perform: sts:AssumeRole")),
	})
	s := signedIn(t, Options{Endpoint: server.URL, Retryer: fastRetryer, RoleARN: fakeRole, Allowed: []string{"iam:ListUsers"}})
	_, _, abort := Classify(listUsersOf(s))
	if abort == nil || abort.Error() != "renewing the credentials: AccessDenied: not authorized to perform: sts:AssumeRole" || !strings.Contains(Hint(abort), "trust policy") {
		t.Errorf("got %v (%s), want the run ended", abort, Hint(abort))
	}
	if bill := s.Calls(); bill.SignIn["sts:AssumeRole"] != 3 || bill.Retried != 0 {
		t.Errorf("got %+v, want one attempt to renew", bill)
	}
}

func TestErrorNamesTheFailedCall(t *testing.T) {
	t.Parallel()
	denied := &smithy.OperationError{ServiceID: "IAM", OperationName: "ListUsers", Err: &smithy.GenericAPIError{Code: "AccessDenied", Message: "no"}}
	err := &Error{Doing: "reading the account", Err: failed("iam:ListUsers", denied), Hint: "ask"}
	if got, want := err.Error(), "reading the account: iam:ListUsers: AccessDenied: no"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if !errors.Is(err, denied) || Hint(fmt.Errorf("auditing: %w", err)) != "ask" {
		t.Errorf("got neither the cause nor the hint through the wrapping")
	}
}
