package collect

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/accessanalyzer"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"sekisho/audit/account"
)

// elsewhere is a host that answers anything, and counts what it is asked.
func elsewhere(t *testing.T, answer http.HandlerFunc) (url string, asked *atomic.Int32) {
	t.Helper()
	asked = &atomic.Int32{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		answer(w, r)
	}))
	t.Cleanup(server.Close)
	return server.URL, asked
}

func redirect(to string, status int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, to, status) }
}

func TestRedirectIsNotFollowed(t *testing.T) {
	t.Parallel()
	for _, status := range []int{301, 302, 303, 307, 308} {
		other, asked := elsewhere(t, object(`{"analyzers":[]}`))
		server := newFakeAWS(t, map[string]http.HandlerFunc{"ListAnalyzers": redirect(other+"/analyzer", status), "ListUsers": redirect(other, status)})
		o := demo(server)
		o.Allowed = append(o.Allowed, analyzersAction)
		s := signedIn(t, o)
		_, get := s.accessAnalyzer("us-east-1").ListAnalyzers(t.Context(), &accessanalyzer.ListAnalyzersInput{})
		_, post := s.IAM.ListUsers(t.Context(), &iam.ListUsersInput{})
		for what, err := range map[string]error{"GET": get, "POST": post} {
			code, message, abort := Classify(err)
			if code != "Redirected" || message != "got a redirect to "+other+", want an answer: it was not followed" || abort != nil {
				t.Errorf("%s %d: got code %q (%s), abort %v; want that the redirect is refused", what, status, code, message, abort)
			}
		}
		if asked.Load() != 0 || server.count("ListAnalyzers") != 1 || server.count("ListUsers") != 1 {
			t.Errorf("%d: got %d requests elsewhere and %v, want none and each call once", status, asked.Load(), server.asked())
		}
	}
}

// A redirect of the machine's own endpoints would bring somebody else's credentials, or give away a token.
func TestRedirectedCredentialsAreRefused(t *testing.T) {
	const credentials = `{"Code":"Success","AccessKeyId":"ASIASTRANGEREXAMPLE","SecretAccessKey":"s","Token":"t","Expiration":"2099-01-01T00:00:00Z"}`
	for name, variable := range map[string]string{"container": "AWS_CONTAINER_CREDENTIALS_FULL_URI", "instance": "AWS_EC2_METADATA_SERVICE_ENDPOINT"} {
		t.Run(name, func(t *testing.T) {
			home(t, "")
			os.Unsetenv("AWS_EC2_METADATA_DISABLED")
			other, asked := elsewhere(t, object(credentials))
			server := newFakeAWS(t, nil)
			local := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.Method == http.MethodPut {
					w.Header().Set("X-Aws-Ec2-Metadata-Token-Ttl-Seconds", "300")
					w.Write([]byte("metadata-token"))
					return
				}
				redirect(other, http.StatusTemporaryRedirect)(w, r)
			}))
			t.Cleanup(local.Close)
			t.Setenv(variable, local.URL)
			_, err := SignIn(t.Context(), Options{Endpoint: server.URL, Retryer: fastRetryer})
			if err == nil || !strings.HasPrefix(err.Error(), "getting credentials: got a redirect to "+other) || Hint(err) != hintNotAWS {
				t.Errorf("got %v (hint: %s), want that the redirect was refused", err, Hint(err))
			}
			if asked.Load() != 0 {
				t.Errorf("got %d requests elsewhere, want none", asked.Load())
			}
		})
	}
}

func TestClockIsThatOfTheFirstAnswer(t *testing.T) {
	t.Parallel()
	machine := time.Date(2026, 11, 22, 5, 0, 0, 700e6, time.UTC)
	for name, test := range map[string]struct {
		date   string
		want   time.Time
		warned bool
	}{
		"no date":     {"", machine.Truncate(time.Second), false},
		"odd date":    {"yesterday", machine.Truncate(time.Second), false},
		"a bit later": {"Sun, 22 Nov 2026 05:05:00 GMT", machine.Truncate(time.Second).Add(5 * time.Minute), false},
		"later":       {"Sun, 22 Nov 2026 05:05:01 GMT", machine.Truncate(time.Second).Add(5*time.Minute + time.Second), true},
		"earlier":     {"Sat, 21 Nov 2026 05:00:00 GMT", machine.Truncate(time.Second).Add(-24 * time.Hour), true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dated := func(date string, answer http.HandlerFunc) http.HandlerFunc {
				return func(w http.ResponseWriter, r *http.Request) {
					if date != "" {
						w.Header().Set("Date", date)
					}
					answer(w, r)
				}
			}
			server := newFakeAWS(t, map[string]http.HandlerFunc{
				"GetCallerIdentity": dated(test.date, identity(fakeCaller)),
				"ListUsers":         dated("Thu, 01 Jan 2099 00:00:00 GMT", ok("ListUsers", "<Users></Users><IsTruncated>false</IsTruncated>")),
			})
			o := demo(server)
			o.Now = func() time.Time { return machine }
			s := signedIn(t, o)
			if !test.want.After(machine) && !test.warned { // else what comes later would be the first
				server.answers["ListUsers"] = ok("ListUsers", "<Users></Users><IsTruncated>false</IsTruncated>")
			}
			snapshot, err := s.Collect(t.Context(), Plan{Sections: []account.Section{account.UsersSection}})
			if err != nil {
				t.Fatal(err)
			}
			if !snapshot.TakenAt.Equal(test.want) || !snapshot.MachineTime.Equal(machine.Truncate(time.Second)) {
				t.Errorf("got a snapshot of %s, by the machine %s; want %s and %s", snapshot.TakenAt, snapshot.MachineTime, test.want, machine)
			}
			if at := snapshot.Users.Ended; !at.Equal(test.want) || !s.Caller.At.Equal(test.want) {
				t.Errorf("got an answer of %s and a caller of %s, want %s", at, s.Caller.At, test.want)
			}
			if warned := len(s.Warnings) > 0; warned != test.warned || warned && !strings.HasPrefix(s.Warnings[0], "this machine's clock says 2026-11-22T05:00:00Z, AWS's "+test.want.Format(time.RFC3339)) {
				t.Errorf("got the warnings %q, want one: %t", s.Warnings, test.warned)
			}
		})
	}
}

func TestEndpointsOfOnesOwnAreKept(t *testing.T) {
	home(t, "")
	keys(t, "AKIAALICEEXAMPLE", "")
	server := newFakeAWS(t, nil)
	t.Setenv("AWS_ENDPOINT_URL_STS", server.URL)
	t.Setenv("AWS_ENDPOINT_URL_IAM", strings.Replace(server.URL, "http://", "http://alice:secret@", 1)+"/?token=secret")
	t.Setenv("AWS_ENDPOINT_URL_ACCOUNT", "http://192.0.2.1:8080")
	s := signedIn(t, Options{Retryer: fastRetryer, Allowed: []string{"iam:ListUsers"}})
	want := map[string]string{"sts": server.URL, "iam": server.URL + "/", "account": "http://192.0.2.1:8080"}
	if snapshot, err := s.Collect(t.Context(), Plan{Sections: []account.Section{account.UsersSection}}); err != nil || !maps.Equal(snapshot.Endpoints, want) {
		t.Errorf("got %v (%v), want %v", s.Endpoints, err, want)
	}
	if len(s.Warnings) != 1 || !strings.HasPrefix(s.Warnings[0], "the endpoint http://192.0.2.1:8080 is asked without encryption") {
		t.Errorf("got the warnings %q, want one of what isn't on this machine", s.Warnings)
	}
	if got := signedIn(t, demo(server)).Endpoints; len(got) != 0 {
		t.Errorf("got %v for what the program itself serves, want none", got)
	}
}

// AWS says again what it does not take.
func TestWhatWasSentIsNotSaidAgain(t *testing.T) {
	home(t, "[default]\nrole_arn = "+fakeRole+"\nsource_profile = base\nexternal_id = of-the-profile\n[profile base]\naws_access_key_id = AKIAALICEEXAMPLE\naws_secret_access_key = s\n")
	echo := func(w http.ResponseWriter, r *http.Request) {
		fail(400, "ValidationError", "1 validation error detected: Value '"+r.Form.Get("ExternalId")+r.Form.Get("TokenCode")+"' failed to satisfy constraint")(w, r)
	}
	server := newFakeAWS(t, map[string]http.HandlerFunc{"AssumeRole": echo, "GetSessionToken": echo})
	for secret, o := range map[string]Options{
		"of-the-profile":   {},
		"with  two blanks": {Profile: "base", RoleARN: fakeRole, ExternalID: "with  two blanks"},
		"123456":           {Profile: "base", MFASerial: fakeSerial, TokenCode: "123456"},
	} {
		o.Endpoint, o.Retryer = server.URL, fastRetryer
		_, err := SignIn(t.Context(), o)
		if err == nil || !strings.Contains(err.Error(), "ValidationError: 1 validation error detected: Value '[…]' failed") {
			t.Errorf("%s: got %v, want AWS's words without it", secret, err)
			continue
		}
		for _, text := range []string{secret, strings.Join(strings.Fields(secret), " ")} {
			if strings.Contains(err.Error()+Hint(err), text) {
				t.Errorf("got %q, want nothing of %q", err, text)
			}
		}
	}
}

func TestCallerIsOfOneAccount(t *testing.T) {
	t.Parallel()
	for another, want := range map[string]string{
		"<Account>210987654321</Account>": `and the ARN "` + fakeCaller + `", want them to agree`,
		"<Account></Account>":             "got an answer without Account", "": "got an answer without Account",
	} {
		server := newFakeAWS(t, map[string]http.HandlerFunc{"GetCallerIdentity": ok("GetCallerIdentity", "<Arn>"+fakeCaller+"</Arn><UserId>AIDAEXAMPLE</UserId>"+another)})
		_, err := SignIn(t.Context(), demo(server))
		if err == nil || !strings.Contains(err.Error(), want) || Hint(err) != hintNotAWS {
			t.Errorf("%s: got %v (hint: %s), want that the answer is refused", another, err, Hint(err))
		}
	}
}
