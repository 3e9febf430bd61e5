package collect

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"syscall"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

const (
	maxAttempts          = 10 // of a call that AWS throttles
	maxAttemptsFailing   = 3  // of a call that fails on AWS's side, or whose answer is torn
	maxAttemptsSigningIn = 2  // of a sign-in call, so that a person is not kept waiting for an error

	attemptTimeout       = 30 * time.Second
	signInAttemptTimeout = 5 * time.Second
	connectTimeout       = 5 * time.Second

	maxAnswer = 64 << 20 // bytes of an answer, decoded
	maxError  = 1 << 20  // bytes of an error, and of what others than AWS's API answer
)

// limits is how long one attempt may take, and how many bytes of its answer are read.
type limits struct {
	attempt, signIn time.Duration
	answer          int64
}

func newLimits(attempt time.Duration, answer int64) limits {
	if attempt <= 0 {
		attempt = attemptTimeout
	}
	if answer <= 0 {
		answer = maxAnswer
	}
	return limits{attempt: attempt, signIn: min(attempt, signInAttemptTimeout), answer: answer}
}

// newRetryer makes the retryer of one client: adaptive, so that the client slows down where AWS throttles it, and
// without the SDK's retry quota, which in adaptive mode never refills and then loses calls. How often a failure is
// worth another attempt is decided by retries.
func newRetryer() aws.Retryer {
	return retry.NewAdaptiveMode(func(o *retry.AdaptiveModeOptions) {
		o.StandardOptions = append(o.StandardOptions, func(o *retry.StandardOptions) {
			o.MaxAttempts = maxAttempts
			o.RateLimiter = ratelimit.None
		})
	})
}

// installAttempts puts the steps in that every attempt passes: the body that may be let go of early, within the SDK's
// retries the pace and the decision whether to try again, within the signing the time limit (resolving credentials may
// mean waiting for a person), and nearest to the wire the check that an answer is whole.
func (c *client) installAttempts(stack *middleware.Stack) error {
	if err := stack.Build.Add(middleware.BuildMiddlewareFunc("SekishoBody", readOnly), middleware.After); err != nil {
		return err
	}
	if _, ok := stack.Finalize.Get("Retry"); !ok {
		return fmt.Errorf("preparing %s: got an operation without a Retry step", stack.ID())
	}
	if err := stack.Finalize.Insert(middleware.FinalizeMiddlewareFunc("SekishoAttempt", c.attempt), "Retry", middleware.After); err != nil {
		return err
	}
	if err := stack.Finalize.Insert(middleware.FinalizeMiddlewareFunc("SekishoTimeout", c.send), "Signing", middleware.After); err != nil {
		return err
	}
	return stack.Deserialize.Add(middleware.DeserializeMiddlewareFunc("SekishoWhole", c.receive), middleware.After)
}

// readOnly leaves a request's body no method but Read and Seek. The SDK closes the body as soon as an answer begins,
// while net/http may still be looking whether the body goes on. To a Read it says io.EOF then, which is the end; but it
// says the same to WriteTo, where io.EOF is a failure, on which net/http cuts the connection in the middle of the
// answer. On a busy machine this happens, to a client of any server.
func readOnly(ctx context.Context, in middleware.BuildInput, next middleware.BuildHandler) (middleware.BuildOutput, middleware.Metadata, error) {
	if request, ok := in.Request.(*smithyhttp.Request); ok {
		if body, ok := request.GetStream().(io.ReadSeeker); ok {
			bare, err := request.SetStream(struct{ io.ReadSeeker }{body})
			if err != nil {
				return middleware.BuildOutput{}, middleware.Metadata{}, fmt.Errorf("preparing the body of a request: %w", err)
			}
			in.Request = bare
		}
	}
	return next.HandleBuild(ctx, in)
}

// attempt makes one attempt of a call and says whether another one is worth it.
func (c *client) attempt(ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler) (middleware.FinalizeOutput, middleware.Metadata, error) {
	this := callOf(ctx)
	this.attempts++
	if this.local {
		out, metadata, err := next.HandleFinalize(ctx, in)
		if err != nil && this.attempts >= maxAttemptsSigningIn {
			err = &attemptError{err: err}
		}
		return out, metadata, err
	}
	if this.attempts > 1 {
		c.retried(this)
	}
	if c.pace != nil {
		if err := c.pace.wait(ctx); err != nil {
			return middleware.FinalizeOutput{}, middleware.Metadata{}, &smithy.CanceledError{Err: err}
		}
	}
	governor := c.governor(this)
	if governor != nil {
		if err := governor.wait(ctx); err != nil {
			return middleware.FinalizeOutput{}, middleware.Metadata{}, &smithy.CanceledError{Err: err}
		}
	}
	out, metadata, err := next.HandleFinalize(ctx, in)
	if governor != nil {
		governor.heard(err != nil && isThrottle(err))
	}
	if err == nil {
		return out, metadata, nil
	}
	if isThrottle(err) {
		c.throttled(this)
	} else {
		this.failures++
	}
	return out, metadata, &attemptError{err: err, again: ctx.Err() == nil && this.goesOn(err)}
}

// attemptError carries the decision to the SDK's retryer, which asks an error first whether it is retryable.
type attemptError struct {
	err   error
	again bool
}

func (e *attemptError) Error() string        { return e.err.Error() }
func (e *attemptError) Unwrap() error        { return e.err }
func (e *attemptError) RetryableError() bool { return e.again }

// goesOn reports whether a call whose attempt failed with err is worth another one. Being throttled says nothing about
// whether AWS can answer, so it is not counted against the attempts of a call that fails.
func (c *call) goesOn(err error) bool {
	attempts, failures := maxAttempts, maxAttemptsFailing
	if c.signIn {
		failures = maxAttemptsSigningIn
	}
	if c.action == getCallerIdentity {
		attempts = maxAttemptsSigningIn
	}
	var credentials *credentialsError
	var dns *net.DNSError
	var redirect *redirectError
	switch {
	case c.attempts >= attempts, errors.As(err, &credentials), errors.As(err, &redirect), isSettled(err): // getting credentials had its own attempts
		return false
	case isThrottle(err), isConflict(err):
		return true
	case c.failures >= failures, errors.Is(err, syscall.ECONNREFUSED): // nobody is there
		return false
	case errors.As(err, &dns):
		return !dns.IsNotFound && !c.signIn
	}
	return isTimeout(err) || isTorn(err) || isConnection(err) || httpStatus(err) >= http.StatusInternalServerError
}

// isThrottle reports whether AWS refused the call as one too many. IAM's LimitExceeded is a quota, and waiting does not
// help against it.
func isThrottle(err error) bool {
	if httpStatus(err) == http.StatusTooManyRequests {
		return true
	}
	return retry.IsErrorThrottles(retry.DefaultThrottles).IsErrorThrottle(err).Bool()
}

// isConflict reports whether two wrote an object at the same time, and S3 asks this one to write it again.
func isConflict(err error) bool {
	var api smithy.APIError
	return errors.As(err, &api) && api.ErrorCode() == "ConditionalRequestConflict"
}

// timeoutError is an attempt that was given up. It does not wrap the context's error: the run goes on.
type timeoutError struct{ limit time.Duration }

func (e *timeoutError) Error() string { return fmt.Sprintf("got no answer within %s", e.limit) }

// send bounds the time of one attempt, so that a server that accepts and then says nothing does not hold the run.
func (c *client) send(ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler) (middleware.FinalizeOutput, middleware.Metadata, error) {
	this := callOf(ctx)
	if this.local {
		return next.HandleFinalize(ctx, in) // its answer is read after this step
	}
	limit := c.limits.attempt
	if this.signIn {
		limit = c.limits.signIn
	}
	bounded, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	out, metadata, err := next.HandleFinalize(bounded, in)
	var answered smithy.APIError
	if err != nil && bounded.Err() != nil && ctx.Err() == nil && !errors.As(err, &answered) {
		err = &timeoutError{limit}
	}
	return out, metadata, err
}

// pacer lets at most one attempt pass per interval: a token bucket that holds one token.
type pacer struct {
	interval time.Duration
	now      func() time.Time
	sleep    func(context.Context, time.Duration) error

	mu   sync.Mutex
	free time.Time // when the next token is there
}

// newPacer makes a pacer for a number of attempts a second; none for 0.
func newPacer(rps float64) *pacer {
	if rps <= 0 {
		return nil
	}
	return &pacer{interval: time.Duration(float64(time.Second) / rps), now: time.Now, sleep: sleep}
}

func (p *pacer) wait(ctx context.Context) error {
	p.mu.Lock()
	now := p.now()
	if p.free.Before(now) {
		p.free = now
	}
	pause := p.free.Sub(now)
	p.free = p.free.Add(p.interval)
	p.mu.Unlock()
	if pause <= 0 {
		return ctx.Err()
	}
	return p.sleep(ctx, pause)
}
