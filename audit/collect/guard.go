package collect

import (
	"context"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/smithy-go/middleware"

	"sekisho/audit/account"
	"sekisho/audit/organization"
)

const (
	getCallerIdentity = "sts:GetCallerIdentity"
	getSessionToken   = "sts:GetSessionToken"
	assumeRole        = "sts:AssumeRole"
)

// signInActions establish who is asking. They change nothing in an account, and are let through and counted apart from
// the reads. sts:AssumeRoot is counted along with them, and let through only where a session was made for it, and for no
// other task than to look at root's credentials.
var signInActions = []string{
	getCallerIdentity, getSessionToken, assumeRole, "sts:AssumeRoleWithWebIdentity",
	"sso:GetRoleCredentials", "sso-oidc:CreateToken", "signin:CreateOAuth2Token",
}

// localOperations are those of the SDK's clients for credentials that the machine itself hands out (the instance's
// metadata, the container's endpoint). They speak to a link-local address and not to AWS's API.
var localOperations = []string{"GetMetadata", "getToken", "GetCredentials"}

// Event tells of a call's progress. A call begins (all flags false), may be throttled and retried any number of times,
// and is done.
type Event struct {
	Action    string // "iam:ListUsers"
	SignIn    bool   // one of the calls that establish who is asking
	Throttled bool   // AWS refused this attempt as one too many
	Retried   bool   // another attempt begins
	Done      bool   // the call is over, for better or worse
	Failed    bool   // with Done: it failed
}

// RefusedError is a call that the guard did not let through. Nothing was sent.
type RefusedError struct {
	Action string
}

func (e *RefusedError) Error() string {
	return fmt.Sprintf("refusing to send %s: it is not on the list of reads", e.Action)
}

// client is what all clients of a session share: the list of what may be sent, the bill, and how attempts are made.
type client struct {
	reads    []string
	tolerate []string // elements whose absence is taken for an empty list
	pace     *pacer   // nil: no cap
	// governors pace calls that AWS throttles by the caller, of all sessions of a run; nil where there is one session.
	governors map[string]*governor
	limits    limits
	clock     *clock
	observe   func(Event)
	facts     *facts

	mu        sync.Mutex
	calls     account.Calls
	tolerated map[tolerated]int // answers without the element
}

// tolerated is an element that was absent from answers of an action and that a reader takes for an empty list.
type tolerated struct{ action, element string }

// call is one logical call under way; pages of a list are calls of their own.
type call struct {
	action   string
	user     string // whom it asks about; "" for nobody in particular
	signIn   bool
	local    bool // to an endpoint of the machine itself
	attempts int  // made so far
	failures int  // attempts that failed by something else than throttling
}

type callKey struct{}

// callOf returns the call that a context belongs to; every call has passed the guard, which puts it there.
func callOf(ctx context.Context) *call { return ctx.Value(callKey{}).(*call) }

// install puts the client's steps into the stack of an operation. Every operation of every client made from the
// session's configuration passes here, those of credential providers included.
func (c *client) install(stack *middleware.Stack) error {
	operation := stack.ID()
	begin := middleware.InitializeMiddlewareFunc("SekishoGuard", func(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (middleware.InitializeOutput, middleware.Metadata, error) {
		return c.guard(ctx, operation, in, next)
	})
	if err := stack.Initialize.Add(begin, middleware.Before); err != nil {
		return err
	}
	if err := stack.Deserialize.Add(middleware.DeserializeMiddlewareFunc("SekishoArrived", c.arrived), middleware.After); err != nil {
		return err
	}
	return c.installAttempts(stack)
}

// guard refuses what is not on the list, and counts what is.
func (c *client) guard(ctx context.Context, operation string, in middleware.InitializeInput, next middleware.InitializeHandler) (out middleware.InitializeOutput, metadata middleware.Metadata, err error) {
	// The machine's own endpoints set no service in the context, and when called to renew the credentials of a call
	// under way they see that call's. The stack's name tells.
	if middleware.GetOperationName(ctx) != operation {
		if !slices.Contains(localOperations, operation) {
			return out, metadata, &RefusedError{operation}
		}
		return next.HandleInitialize(context.WithValue(ctx, callKey{}, &call{action: operation, local: true}), in)
	}
	action := actionName(middleware.GetServiceID(ctx), operation)
	this := &call{action: action, user: userOf(in.Parameters), signIn: slices.Contains(signInActions, action) || action == organization.AssumeRootAction}
	if !slices.Contains(signInActions, action) && !slices.Contains(c.reads, action) || reachesFarther(in.Parameters) {
		return out, metadata, &RefusedError{action}
	}
	c.count(this)
	out, metadata, err = next.HandleInitialize(context.WithValue(ctx, callKey{}, this), in)
	c.tell(Event{Action: action, SignIn: this.signIn, Done: true, Failed: err != nil})
	if err == nil {
		return out, metadata, nil
	}
	if cause := ctx.Err(); cause != nil {
		err = &cancelledError{cause}
	}
	return out, metadata, &callError{action: action, facts: c.facts, sent: sent(in.Parameters), attempts: this.attempts, err: err}
}

// userOf is the name of the user whom a call asks about.
func userOf(parameters any) string {
	if field := reflect.Indirect(reflect.ValueOf(parameters)).FieldByName("UserName"); field.IsValid() {
		name, _ := field.Interface().(*string)
		return aws.ToString(name)
	}
	return ""
}

// actionName writes an operation as IAM policies do. The SDK's name of a service and IAM's prefix differ by more than
// case for few.
func actionName(service, operation string) string {
	prefix := strings.ToLower(strings.ReplaceAll(service, " ", "-"))
	switch prefix {
	case "accessanalyzer":
		prefix = "access-analyzer"
	case "sso-admin":
		prefix = "sso"
	}
	return prefix + ":" + operation
}

func (c *client) count(this *call) {
	c.mu.Lock()
	if this.signIn {
		c.calls.SignIn[this.action]++
	} else {
		c.calls.ByAction[this.action]++
		c.calls.Total++
	}
	c.mu.Unlock()
	c.tell(Event{Action: this.action, SignIn: this.signIn})
}

func (c *client) retried(this *call) {
	c.mu.Lock()
	c.calls.Retried++
	c.mu.Unlock()
	c.tell(Event{Action: this.action, SignIn: this.signIn, Retried: true})
}

func (c *client) throttled(this *call) {
	c.mu.Lock()
	c.calls.Throttled++
	c.mu.Unlock()
	c.tell(Event{Action: this.action, SignIn: this.signIn, Throttled: true})
}

func (c *client) tell(e Event) {
	if c.observe != nil {
		c.observe(e)
	}
}

// bill returns a copy of the calls counted so far.
func (c *client) bill() account.Calls {
	c.mu.Lock()
	defer c.mu.Unlock()
	bill := c.calls
	bill.ByAction, bill.SignIn = maps.Clone(bill.ByAction), maps.Clone(bill.SignIn)
	return bill
}

// accepted lists what was taken for empty lists, in a stable order.
func (c *client) accepted() []account.Tolerated {
	c.mu.Lock()
	defer c.mu.Unlock()
	var all []account.Tolerated
	for what, answers := range c.tolerated {
		all = append(all, account.Tolerated{Action: what.action, Element: what.element, Answers: answers})
	}
	slices.SortFunc(all, account.Tolerated.Compare)
	return all
}
