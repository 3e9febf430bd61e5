package collect

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"sekisho/audit/account"
	"sekisho/audit/lists"
)

// redirectError is an answer that would send the client to another address. AWS sends none for a read, and what is
// there may be anybody's.
type redirectError struct{ to string }

func (e *redirectError) Error() string {
	return fmt.Sprintf("got a redirect to %s, want an answer: it was not followed", oneLine(e.to))
}

// refuseRedirects makes a transport send nothing that a redirect asks for. The SDK's client follows some redirects of a
// GET and takes no other policy. A transport is told of a redirect by the request alone, and asks for the proxy of each
// request before it sends it; HTTP/2 would not ask where a connection is open already, so it is off.
func refuseRedirects(t *http.Transport) {
	proxy := t.Proxy
	t.Proxy = func(r *http.Request) (*url.URL, error) {
		switch {
		case r.Response != nil:
			return nil, &redirectError{r.URL.Scheme + "://" + r.URL.Host}
		case proxy == nil:
			return nil, nil
		}
		return proxy(r)
	}
	t.ForceAttemptHTTP2, t.TLSNextProto = false, map[string]func(string, *tls.Conn) http.RoundTripper{}
}

// clock is the time of a run, which is AWS's: the machine's own, put right once, by the first answer that has a date.
type clock struct {
	now func() time.Time // the machine's

	mu      sync.Mutex
	set     bool
	machine time.Time // when the first answer came
	ahead   time.Duration
}

// arrived looks at an answer before anybody reads it: is it one, and of when? The machine's own endpoints are not AWS.
func (c *client) arrived(ctx context.Context, in middleware.DeserializeInput, next middleware.DeserializeHandler) (middleware.DeserializeOutput, middleware.Metadata, error) {
	out, metadata, err := next.HandleDeserialize(ctx, in)
	response, ok := out.RawResponse.(*smithyhttp.Response)
	switch {
	case err != nil || !ok:
	case response.StatusCode/100 == 3:
		to := "an address that it does not tell"
		if u, err := response.Location(); err == nil {
			to = u.Scheme + "://" + u.Host
		}
		err = &redirectError{to}
	case !callOf(ctx).local:
		c.clock.see(response.Header.Get("Date"))
	}
	return out, metadata, err
}

// see takes the date of an answer, where it is the first.
func (c *clock) see(date string) {
	at, err := http.ParseTime(date)
	c.mu.Lock()
	defer c.mu.Unlock()
	if err == nil && !c.set {
		c.set, c.machine = true, c.now()
		c.ahead = at.Sub(c.machine.Truncate(time.Second)) // a date has whole seconds
	}
}

// aws is the time by AWS's clock, or by the machine's until AWS said what it is.
func (c *clock) aws() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now().Add(c.ahead)
}

// began is when the first answer came, by AWS's clock and by the machine's, in whole seconds; now, where no answer had a
// date.
func (c *clock) began() (aws, machine time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.set {
		c.machine = c.now()
	}
	machine = c.machine.UTC().Truncate(time.Second)
	return machine.Add(c.ahead), machine
}

// endpoints are the addresses that are asked in place of AWS's own, by service.
func (s *Session) endpoints() map[string]string {
	if s.options.StaticKeys {
		return nil // those of a stand-in that the program itself started
	}
	asked := map[string]string{}
	for service, base := range map[string]*string{
		"sts": s.sts().Options().BaseEndpoint, "iam": s.IAM.Options().BaseEndpoint, "account": s.Account.Options().BaseEndpoint,
		"access-analyzer": s.accessAnalyzer(s.Config.Region).Options().BaseEndpoint,
	} {
		if u, err := url.Parse(aws.ToString(base)); base != nil && err == nil {
			asked[service] = (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String() // what else an address may hold is a secret
		}
	}
	return asked
}

// sent is what a call sends that AWS may say again in an error, and that is nobody's business.
func sent(parameters any) []string {
	var secrets []string
	switch in := parameters.(type) {
	case *sts.AssumeRoleInput:
		secrets = []string{aws.ToString(in.ExternalId), aws.ToString(in.TokenCode)}
	case *sts.GetSessionTokenInput:
		secrets = []string{aws.ToString(in.TokenCode)}
	}
	return append(secrets, lists.Map(secrets, oneLine)...)
}

// masked takes out of a text of AWS's what the calls sent that an error is about.
func masked(err error, text string) string {
	for found := (*callError)(nil); errors.As(err, &found); err = found.err {
		for _, secret := range found.sent {
			if secret != "" {
				text = strings.ReplaceAll(text, secret, "[…]")
			}
		}
	}
	return text
}

// taken is a snapshot that holds what a session knows, and no answer yet.
func (s *Session) taken() *account.Snapshot {
	return &account.Snapshot{
		Schema: account.SnapshotSchema, TakenAt: s.TakenAt, MachineTime: s.MachineTime, Endpoints: s.Endpoints, Caller: s.Caller,
		PerUser: map[string]*account.UserAnswers{}, Gaps: []account.Gap{},
	}
}
