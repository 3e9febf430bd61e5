package collect

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/accessanalyzer"
	accountapi "github.com/aws/aws-sdk-go-v2/service/account"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"sekisho/audit/account"
)

// Options says how to sign in and how to call.
type Options struct {
	// Profile and Region are as for the aws command; empty means what the environment and the configuration files say.
	Profile, Region string
	// RoleARN is a role to assume on top of whatever credentials there are, with ExternalID where its trust policy
	// demands one.
	RoleARN, ExternalID string
	// MFASerial is the ARN or serial number of the person's MFA device. With it the session is made with MFA: by
	// GetSessionToken, or where the profile assumes a role, in that call. TokenCode is the device's code, six digits;
	// empty: Prompt is asked.
	MFASerial, TokenCode string
	// Prompt asks the person for the six digits of an MFA device. Nil: there is no terminal, and a missing code is an
	// error with a hint.
	Prompt func(ctx context.Context, serial string) (string, error)

	// Endpoint is the base endpoint of every service. Empty: the SDK's own resolution, which honours AWS_ENDPOINT_URL.
	Endpoint string
	// StaticKeys uses made-up credentials and ignores the AWS environment and its configuration files, as the demo
	// does. It needs an Endpoint.
	StaticKeys bool

	// HTTPClient sends the requests. Nil: the SDK's own, with less patience for a host that does not answer.
	HTTPClient aws.HTTPClient

	// Connections is how many there may be to one host at a time. 0: as many as are asked for.
	Connections int
	// MaxRPS caps the attempts per second of all calls together. 0: no fixed cap.
	MaxRPS float64
	// AttemptTimeout is how long one attempt of a call may take. 0: 30 seconds. Sign-in calls get 5 at most.
	AttemptTimeout time.Duration
	// MaxAnswer is how many bytes of an answer are read, decoded. 0: 64 MiB.
	MaxAnswer int64
	// TolerateAbsent are elements, of those that [shape.Tolerable] lists, which AWS may leave out of its answers: they
	// are taken for empty lists, and the snapshot says so.
	TolerateAbsent []string
	// Retryer makes the retryer of a client. Nil: an adaptive one. It must ask an error whether it is retryable, as the
	// SDK's own do.
	Retryer func() aws.Retryer
	// Now is the machine's clock, which AWS's answers put right. Nil: time.Now.
	Now func() time.Time
	// Observe is told of every call begun, throttled, retried and done, concurrently. May be nil.
	Observe func(Event)
	// Allowed are the actions of the collectors, "iam:ListUsers". What is neither among them nor a sign-in call is
	// refused before it is sent.
	Allowed []string

	// anonymous leaves out the question who is signed in, which a store that is not AWS's can't answer.
	anonymous bool
}

// Session is a signed-in caller and the clients of the caller's account, one a service: retries and their pace are kept
// per client, so all calls to a service share it. Access Analyzer has one for each region.
type Session struct {
	IAM *iam.Client
	// Account is AWS Account Management, which has one endpoint in a partition, as IAM has.
	Account *accountapi.Client
	// Config makes further clients, which are guarded and counted alike.
	Config aws.Config
	Caller account.Caller
	// TakenAt is the run's "now": when the first answer came, by AWS's clock. MachineTime is the same by this machine's.
	// UTC, whole seconds.
	TakenAt, MachineTime time.Time
	// Endpoints are the addresses that are asked in place of AWS's own, by service.
	Endpoints map[string]string
	// Warnings are for the person who runs the audit, such as that they are signed in as root. They may grow while
	// calls are made: read them after SignIn, and after Collect.
	Warnings []string

	options Options
	client  *client
	facts   *facts
	codes   *codes
	// profileMFA is set when the profile assumes a role and MFASerial went into that call.
	profileMFA bool
	role       string // the ARN of the role that was assumed last; "" for none
	member     bool   // of an account that another session's caller got into
}

// SignIn finds credentials, makes sessions with MFA and roles as the options say, and asks AWS who is signed in. Its
// errors are all *Error.
func SignIn(ctx context.Context, o Options) (*Session, error) {
	s := newSession(o)
	if err := s.prepare(); err != nil {
		return nil, err
	}
	steps := []func(context.Context) error{s.load, s.signInWithMFA, s.assumeRole, s.identify}
	if o.StaticKeys {
		steps = []func(context.Context) error{s.static, s.identify}
	}
	if o.anonymous {
		steps = steps[:len(steps)-1]
	}
	for _, step := range steps {
		if err := step(ctx); err != nil {
			return nil, err
		}
	}
	if s.codes.unused() {
		s.warn("--token-code was not used: nothing in this sign-in asks for an MFA code")
	}
	return s.ready(), nil
}

// ready makes the clients of a session that knows who is signed in.
func (s *Session) ready() *Session {
	s.IAM = iam.NewFromConfig(s.Config, func(o *iam.Options) { o.BaseEndpoint = s.endpoint(o.BaseEndpoint) })
	s.Account = accountapi.NewFromConfig(s.Config, func(o *accountapi.Options) { o.BaseEndpoint = s.endpoint(o.BaseEndpoint) })
	s.TakenAt, s.MachineTime = s.client.clock.began()
	s.Endpoints = s.endpoints()
	for _, warning := range s.taken().Warnings() {
		s.warn(warning.String())
	}
	return s
}

func newSession(o Options) *Session {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Retryer == nil {
		o.Retryer = newRetryer
	}
	known := &facts{profile: cmp.Or(o.Profile, os.Getenv("AWS_PROFILE"), os.Getenv("AWS_DEFAULT_PROFILE")), endpoint: o.Endpoint != ""}
	return &Session{
		options: o, facts: known, codes: &codes{prompt: o.Prompt},
		client: &client{
			clock: &clock{now: o.Now}, reads: o.Allowed, tolerate: o.TolerateAbsent, pace: newPacer(o.MaxRPS), limits: newLimits(o.AttemptTimeout, o.MaxAnswer),
			observe: o.Observe, facts: known, tolerated: map[tolerated]int{},
			calls: account.Calls{ByAction: map[string]int{}, SignIn: map[string]int{}},
		},
	}
}

// Calls is the bill so far. Total counts the reads; sign-in calls are counted apart, throttled and retried attempts for
// both.
func (s *Session) Calls() account.Calls { return s.client.bill() }

// prepare refuses what can't work before anything is sent.
func (s *Session) prepare() error {
	o := s.options
	if o.TokenCode != "" {
		code, err := checkCode(o.TokenCode)
		if err != nil {
			return &Error{Doing: "reading --token-code", Err: err, Hint: "pass the six digits that the MFA device shows now"}
		}
		s.codes.given = code
	}
	if err := checkDevice("reading --mfa-serial", o.MFASerial); err != nil {
		return err
	}
	if o.ExternalID != "" && o.RoleARN == "" {
		return &Error{Doing: "signing in", Err: errors.New("got an external ID and no role to assume with it"), Hint: "pass --role-arn as well"}
	}
	if _, err := account.ParseARN(o.RoleARN); o.RoleARN != "" && err != nil {
		return &Error{Doing: "reading --role-arn", Err: err, Hint: "a role's ARN looks like arn:aws:iam::123456789012:role/NAME"}
	}
	if o.StaticKeys && o.Endpoint == "" {
		return &Error{Doing: "signing in", Err: errors.New("got made-up credentials and no endpoint that takes them")}
	}
	return nil
}

// signInWithMFA makes a session with MFA out of the person's own keys.
func (s *Session) signInWithMFA(ctx context.Context) error {
	if s.options.MFASerial == "" || s.profileMFA {
		return nil
	}
	if s.facts.temporary {
		s.warn("--mfa-serial was not used: the credentials are a session's already, and a session can't get another one with MFA")
		return nil
	}
	s.Config.Credentials = aws.NewCredentialsCache(&sessionToken{client: s.sts(), serial: s.options.MFASerial, codes: s.codes, ctx: ctx})
	if err := s.retrieve(ctx, "getting a session with MFA"); err != nil {
		return err
	}
	s.facts.mfa = true
	return nil
}

// assumeRole puts the role of the options on top.
func (s *Session) assumeRole(ctx context.Context) error {
	role := s.options.RoleARN
	if role == "" {
		return nil
	}
	s.Config.Credentials = aws.NewCredentialsCache(stscreds.NewAssumeRoleProvider(s.sts(), role, func(o *stscreds.AssumeRoleOptions) {
		o.RoleSessionName, o.Duration = roleSession, roleDuration
		if s.options.ExternalID != "" {
			o.ExternalID = &s.options.ExternalID
		}
	}))
	s.role = role
	return s.retrieve(ctx, "assuming the role "+role)
}

// identify asks AWS who is signed in. Partition and account come from the answer; where the person chose no region, so
// does the region.
func (s *Session) identify(ctx context.Context) error {
	doing := "asking AWS who is signed in (" + getCallerIdentity + ")"
	out, err := s.sts().GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return s.failed(doing, err)
	}
	arn, err := account.ParseARN(aws.ToString(out.Arn))
	if err != nil {
		return s.failed(doing, err)
	}
	if got := aws.ToString(out.Account); got != arn.Account {
		return &Error{Doing: doing, Err: fmt.Errorf("got the account %q and the ARN %q, want them to agree", got, aws.ToString(out.Arn)), Hint: hintNotAWS}
	}
	if role, err := account.ParseARN(s.role); err == nil && (role.Account != arn.Account || role.Partition != arn.Partition) {
		return &Error{Doing: doing, Err: fmt.Errorf("got %q, want a session of the role %s, in its account", aws.ToString(out.Arn), s.role), Hint: hintNotAWS}
	}
	s.Caller = account.Caller{
		AccountID: arn.Account, Partition: arn.Partition, ARN: aws.ToString(out.Arn), UserID: aws.ToString(out.UserId),
		At: s.now().UTC().Truncate(time.Second),
	}
	if account.IsRootARN(s.Caller.ARN) {
		s.warn("signed in as root: an audit needs none of root's powers; use a user or role with the AWS managed policy SecurityAudit")
	}
	if partitionOf(s.Config.Region) == arn.Partition {
		return nil
	}
	region, known := defaultRegion(arn.Partition)
	switch {
	case !known:
		s.warn(fmt.Sprintf("the account is in the partition %s, which Sekisho does not know; pass --region if calls fail", oneLine(arn.Partition)))
	case s.facts.regionChosen:
		s.warn(fmt.Sprintf("the account is in the partition %s and the region %s is not; pass --region %s if calls fail", arn.Partition, s.Config.Region, region))
	default:
		s.Config.Region, s.facts.region = region, region
	}
	return nil
}

// sts makes a client with the credentials as they are at this step.
func (s *Session) sts() *sts.Client {
	return sts.NewFromConfig(s.Config, func(o *sts.Options) { o.BaseEndpoint = s.endpoint(o.BaseEndpoint) })
}

// accessAnalyzer makes a client of one region, with the retries and the pace of that region alone.
func (s *Session) accessAnalyzer(region string) *accessanalyzer.Client {
	return accessanalyzer.NewFromConfig(s.Config, func(o *accessanalyzer.Options) {
		o.Region, o.BaseEndpoint = region, s.endpoint(o.BaseEndpoint)
	})
}

// endpoint has the options' endpoint go before whatever the SDK resolved for a service.
func (s *Session) endpoint(resolved *string) *string {
	if s.options.Endpoint != "" {
		return &s.options.Endpoint
	}
	return resolved
}

// failed makes the error of a sign-in step.
func (s *Session) failed(doing string, err error) error {
	var own *Error
	if errors.As(err, &own) {
		return own
	}
	return &Error{Doing: doing, Err: err, Hint: hint(err, s.facts)}
}

// warn adds a warning once. It may be called concurrently.
func (s *Session) warn(text string) {
	if text == "" {
		return
	}
	s.client.mu.Lock()
	defer s.client.mu.Unlock()
	if !slices.Contains(s.Warnings, text) {
		s.Warnings = append(s.Warnings, text)
	}
}

func (s *Session) now() time.Time { return s.client.clock.aws() }

// at is the time of an answer, in UTC and whole seconds.
func (s *Session) at() time.Time { return s.now().UTC().Truncate(time.Second) }
