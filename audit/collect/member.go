package collect

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/aws/smithy-go/middleware"
)

// In signs in to another account: with the role, which this session's caller assumes, or as this session's caller where
// role is empty. What is read there is counted apart, and so are retries; connections are shared, and so is the pace of
// calls that AWS throttles for their caller whatever account they are about.
func (s *Session) In(ctx context.Context, role, externalID string, allowed []string, observe func(Event)) (*Session, error) {
	o := s.options
	o.RoleARN, o.ExternalID, o.Allowed, o.Observe = role, externalID, allowed, observe
	o.MFASerial, o.TokenCode, o.Prompt = "", "", nil
	member := newSession(o)
	member.member = true
	member.client.governors = s.client.governed()
	*member.facts = *s.facts
	if err := member.prepare(); err != nil {
		return nil, err
	}
	member.Config = s.Config.Copy()
	member.Config.APIOptions = []func(*middleware.Stack) error{member.client.install}
	for _, step := range []func(context.Context) error{member.assumeRole, member.identify} {
		if err := step(ctx); err != nil {
			return nil, s.refused(role, err)
		}
	}
	return member.ready(), nil
}

// refused says what a person may do about a role that can't be assumed. AWS says the same where the role is not there and
// where it does not trust the caller.
func (s *Session) refused(role string, err error) error {
	var own *Error
	if role == "" || !errors.As(err, &own) || Passing(err) {
		return err
	}
	return &Error{Doing: own.Doing, Err: own.Err, Hint: "the account must have this role, its trust policy must allow " + s.Caller.ARN + ", with the external ID if it asks for " +
		"one, and that caller must be allowed sts:AssumeRole on it"}
}

// Passing reports whether what ended a sign-in or a run may pass by itself, or with new credentials of the caller: AWS
// throttled or failed, the network did, credentials ended, the run was interrupted.
func Passing(err error) bool {
	_, _, abort := Classify(err)
	code, _ := reason(err)
	return abort != nil || isThrottle(err) || isTimeout(err) || isTorn(err) || isConnection(err) || httpStatus(err) >= http.StatusInternalServerError ||
		slices.Contains(expiredCodes, code) || code == "ConnectionError" || code == "Cancelled"
}

// governor paces the calls of all sessions of a run that AWS limits for their caller: as fast as they come, until AWS
// throttles one; then slower, and faster again as they are let through.
type governor struct {
	pacer
}

const (
	slowest = 2 * time.Second
	slower  = 20 * time.Millisecond // the least pause after a throttled call
	free    = time.Millisecond      // a shorter pause is none
)

// governedActions are, by service or action, the calls that have a governor: STS and Organizations throttle by the
// caller's account, and the making of credential reports has throttled scans of whole organizations.
var governedActions = []string{"sts", "organizations", "iam:GenerateCredentialReport"}

func newGovernors() map[string]*governor {
	all := map[string]*governor{}
	for _, name := range governedActions {
		all[name] = &governor{pacer{now: time.Now, sleep: sleep}}
	}
	return all
}

// governed makes the governors, once, when there is a second session.
func (c *client) governed() map[string]*governor {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.governors == nil {
		c.governors = newGovernors()
	}
	return c.governors
}

// governor is that of a call; nil for none.
func (c *client) governor(this *call) *governor {
	if g := c.governors[this.action]; g != nil {
		return g
	}
	service, _, _ := strings.Cut(this.action, ":")
	return c.governors[service]
}

// heard takes in what AWS made of an attempt.
func (g *governor) heard(throttled bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case throttled:
		g.interval = min(slowest, max(slower, 2*g.interval))
	case g.interval < free:
		g.interval = 0
	default:
		g.interval = g.interval * 9 / 10
	}
}
