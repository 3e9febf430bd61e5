package collect

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
)

const (
	fakeCaller = "arn:aws:iam::123456789012:user/alice"
	fakeSerial = "arn:aws:iam::123456789012:mfa/alice"
	fakeRole   = "arn:aws:iam::210987654321:role/auditor"

	fakeSession = "arn:aws:sts::210987654321:assumed-role/auditor/sekisho" // of the role, by the key ASIAROLEEXAMPLE
)

// jsonOperations are the calls of the services that speak JSON.
var jsonOperations = map[string]string{
	"POST /listRegions": "ListRegions", "POST /getAlternateContact": "GetAlternateContact", "GET /analyzer": "ListAnalyzers",
}

// request is one call as AWS saw it: its parameters are a query's form, or the members of a JSON body.
type request struct {
	action string
	form   url.Values
	key    string // the access key ID that signed it
	region string
}

// fakeAWS answers AWS's calls with what the test says, and remembers what it was asked.
type fakeAWS struct {
	*httptest.Server
	answers map[string]http.HandlerFunc // by action

	mu   sync.Mutex
	seen []request
}

// newFakeAWS starts a server that knows one caller and hands out sessions; answers go before its own.
func newFakeAWS(t *testing.T, answers map[string]http.HandlerFunc) *fakeAWS {
	t.Helper()
	f := &fakeAWS{answers: map[string]http.HandlerFunc{
		"GetCallerIdentity": func(w http.ResponseWriter, r *http.Request) {
			if strings.Contains(r.Header.Get("Authorization"), "Credential=ASIAROLEEXAMPLE/") {
				identity(fakeSession)(w, r)
				return
			}
			identity(fakeCaller)(w, r)
		},
		"GetSessionToken": ok("GetSessionToken", sessionKeys("ASIAMFAEXAMPLE")),
		"AssumeRole": ok("AssumeRole", sessionKeys("ASIAROLEEXAMPLE")+
			"<AssumedRoleUser><Arn>arn:aws:sts::210987654321:assumed-role/auditor/sekisho</Arn><AssumedRoleId>AROAEXAMPLE:sekisho</AssumedRoleId></AssumedRoleUser>"),
		"GetAccountSummary": ok("GetAccountSummary", "<SummaryMap><entry><key>Users</key><value>3</value></entry></SummaryMap>"),
		"ListUsers":         ok("ListUsers", "<Users></Users><IsTruncated>false</IsTruncated>"),
	}}
	for action, answer := range answers {
		f.answers[action] = answer
	}
	f.Server = httptest.NewServer(http.HandlerFunc(f.serve))
	t.Cleanup(f.Close)
	return f
}

func (f *fakeAWS) serve(w http.ResponseWriter, r *http.Request) {
	w.Header()["Date"] = nil // says nothing of the time unless a test does
	body, _ := io.ReadAll(r.Body)
	form, _ := url.ParseQuery(string(body))
	seen := request{action: form.Get("Action"), form: form}
	if operation := jsonOperations[r.Method+" "+r.URL.Path]; operation != "" {
		seen.action, seen.form = operation, r.URL.Query()
		var fields map[string]any
		_ = json.Unmarshal(body, &fields)
		for name, value := range fields {
			seen.form.Set(name, fmt.Sprint(value))
		}
		r.Form = seen.form
	} else {
		r.Form = form
	}
	if _, scope, ok := strings.Cut(r.Header.Get("Authorization"), "Credential="); ok {
		parts := strings.Split(scope, "/")
		seen.key, seen.region = parts[0], parts[2]
		r.Header.Set("Signed-Region", seen.region)
	}
	f.mu.Lock()
	f.seen = append(f.seen, seen)
	answer := f.answers[seen.action]
	f.mu.Unlock()
	if answer == nil {
		fail(http.StatusBadRequest, "InvalidAction", "the fake does not know "+seen.action)(w, r)
		return
	}
	answer(w, r)
}

// asked returns the actions that arrived, in order.
func (f *fakeAWS) asked() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	actions := []string{}
	for _, r := range f.seen {
		actions = append(actions, r.action)
	}
	return actions
}

// count returns how many requests of an action arrived.
func (f *fakeAWS) count(action string) int {
	n := 0
	for _, asked := range f.asked() {
		if asked == action {
			n++
		}
	}
	return n
}

// last returns the last request of an action.
func (f *fakeAWS) last(t *testing.T, action string) request {
	t.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	for i := len(f.seen) - 1; i >= 0; i-- {
		if f.seen[i].action == action {
			return f.seen[i]
		}
	}
	t.Fatalf("%s never arrived", action)
	return request{}
}

func ok(action, result string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/xml")
		fmt.Fprintf(w, "<%[1]sResponse xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\"><%[1]sResult>%[2]s</%[1]sResult><ResponseMetadata><RequestId>0a1b2c3d-example</RequestId></ResponseMetadata></%[1]sResponse>\n", action, result)
	}
}

func identity(arn string) http.HandlerFunc {
	return ok("GetCallerIdentity", "<Arn>"+arn+"</Arn><UserId>AIDAEXAMPLE</UserId><Account>"+strings.Split(arn, ":")[4]+"</Account>")
}

func sessionKeys(id string) string {
	return "<Credentials><AccessKeyId>" + id + "</AccessKeyId><SecretAccessKey>secret-of-" + id + "</SecretAccessKey><SessionToken>token-of-" + id +
		"</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials>"
}

func fail(status int, code, message string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/xml")
		w.WriteHeader(status)
		fmt.Fprintf(w, "<ErrorResponse><Error><Type>Sender</Type><Code>%s</Code><Message>%s</Message></Error><RequestId>0a1b2c3d-0000-1111-2222-333344445555</RequestId></ErrorResponse>", code, message)
	}
}

// object answers in JSON.
func object(body string) http.HandlerFunc { return raw(200, "application/json", body) }

// failJSON answers as the services that speak JSON do.
func failJSON(status int, code, message string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Amzn-ErrorType", code)
		raw(status, "application/json", fmt.Sprintf(`{"message":%q}`, message))(w, r)
	}
}

// byParameter answers by the value of one parameter: "" is for its absence.
func byParameter(name string, answers map[string]http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) { answers[r.Form.Get(name)](w, r) }
}

// byRegion answers by the region that a request is signed for; "" is for all others.
func byRegion(answers map[string]http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		answer := answers[r.Header.Get("Signed-Region")]
		if answer == nil {
			answer = answers[""]
		}
		answer(w, r)
	}
}

func raw(status int, contentType, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(status)
		io.WriteString(w, body)
	}
}

// times answers with each handler in turn, and with the last one from then on.
func times(handlers ...http.HandlerFunc) http.HandlerFunc {
	var mu sync.Mutex
	n := 0
	return func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		h := handlers[min(n, len(handlers)-1)]
		n++
		mu.Unlock()
		h(w, r)
	}
}

// fastRetryer is the SDK's standard retryer without pauses and quota.
func fastRetryer() aws.Retryer {
	return retry.NewStandard(func(o *retry.StandardOptions) {
		o.MaxAttempts, o.RateLimiter = maxAttempts, ratelimit.None
		o.Backoff = retry.BackoffDelayerFunc(func(int, error) (time.Duration, error) { return 0, nil })
	})
}

// demo are options that take nothing from the environment.
func demo(f *fakeAWS) Options {
	return Options{StaticKeys: true, Endpoint: f.URL, Retryer: fastRetryer, Allowed: []string{"iam:GetAccountSummary", "iam:ListUsers"}}
}

// inProcess are the options of demo without a network. In a bubble of testing/synctest time passes with them as soon as
// everybody waits for it.
func (f *fakeAWS) inProcess() Options {
	o := demo(f)
	o.HTTPClient = InProcess(http.HandlerFunc(f.serve))
	return o
}

// signedIn signs in or ends the test.
func signedIn(t *testing.T, o Options) *Session {
	t.Helper()
	s, err := SignIn(context.Background(), o)
	if err != nil {
		t.Fatalf("SignIn: %v (hint: %s)", err, Hint(err))
	}
	return s
}

// home gives the test an AWS environment of its own with this configuration file, and no credentials but those in it.
func home(t *testing.T, configuration string) {
	t.Helper()
	for _, entry := range os.Environ() {
		if name, _, _ := strings.Cut(entry, "="); strings.HasPrefix(name, "AWS_") {
			t.Setenv(name, "") // so that it is restored
			os.Unsetenv(name)
		}
	}
	dir := t.TempDir()
	file := filepath.Join(dir, "config")
	if err := os.WriteFile(file, []byte(configuration), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("HOME", dir)
	t.Setenv("AWS_CONFIG_FILE", file)
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", filepath.Join(dir, "credentials"))
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
}

// keys puts an access key into the environment.
func keys(t *testing.T, id, token string) {
	t.Helper()
	t.Setenv("AWS_ACCESS_KEY_ID", id)
	t.Setenv("AWS_SECRET_ACCESS_KEY", "the-secret-of-"+id)
	if token != "" {
		t.Setenv("AWS_SESSION_TOKEN", token)
	}
}
