package collect

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/iam"
)

// hangUp ends the connection in the middle of an answer.
func hangUp(body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "5000")
		w.Write([]byte(body))
		w.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	}
}

// hang never answers, until the client goes away.
func hang(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }

func TestAttempts(t *testing.T) {
	t.Parallel()
	const whole = `<ListUsersResponse><ListUsersResult><Users></Users><IsTruncated>false</IsTruncated></ListUsersResult></ListUsersResponse>`
	for name, test := range map[string]struct {
		answer   http.HandlerFunc
		attempts int
		code     string
	}{
		"throttled":           {fail(400, "Throttling", "Rate exceeded"), 10, "Throttling"},
		"too many requests":   {raw(429, "text/plain", "slow down"), 10, "InvalidAnswer"},
		"quota":               {fail(409, "LimitExceeded", "Cannot exceed quota"), 1, "LimitExceeded"},
		"denied":              {fail(403, "AccessDenied", "no"), 1, "AccessDenied"},
		"gone":                {fail(404, "NoSuchEntity", "no such user"), 1, "NoSuchEntity"},
		"service failure":     {fail(500, "ServiceFailure", "The request processing has failed"), 3, "ServiceFailure"},
		"unavailable":         {fail(503, "ServiceUnavailable", "later"), 3, "ServiceUnavailable"},
		"HTML with 500":       {raw(500, "text/html", "<!doctype html>\n<html lang=en><title>500 Internal Server Error</title><p>Oops <br></html>"), 3, "ServiceFailure"},
		"nothing with 502":    {raw(502, "text/plain", ""), 3, "ServiceFailure"},
		"HTML with 404":       {raw(404, "text/html", "<html><p>no</html>"), 3, "InvalidAnswer"},
		"connection cut":      {hangUp("<ListUsersResponse><ListUsersResult><Users><mem"), 3, "TornAnswer"},
		"answer cut":          {raw(200, "text/xml", whole[:len(whole)-30]), 3, "TornAnswer"},
		"answer cut at start": {raw(200, "text/xml", "<ListUsersResponse>"), 3, "TornAnswer"},
		"empty answer":        {raw(200, "text/xml", ""), 3, "TornAnswer"},
		"a sign-in page":      {raw(200, "text/html", "<html><body>Welcome to the hotel</body></html>"), 3, "TornAnswer"},
		"text":                {raw(200, "text/plain", "ok"), 3, "TornAnswer"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := newFakeAWS(t, map[string]http.HandlerFunc{"ListUsers": test.answer})
			s := signedIn(t, demo(server))
			_, err := s.IAM.ListUsers(context.Background(), &iam.ListUsersInput{})
			code, message, abort := Classify(err)
			if code != test.code || abort != nil || message == "" {
				t.Errorf("got code %q, message %q, abort %v; want %q (%v)", code, message, abort, test.code, err)
			}
			if got := len(server.asked()) - 1; got != test.attempts {
				t.Errorf("got %d attempts, want %d", got, test.attempts)
			}
		})
	}
}

func TestNoAnswerEndsInATimeout(t *testing.T) {
	t.Parallel()
	server := newFakeAWS(t, map[string]http.HandlerFunc{"ListUsers": hang})
	synctest.Test(t, func(t *testing.T) {
		s := signedIn(t, server.inProcess())
		began := time.Now()
		_, err := s.IAM.ListUsers(t.Context(), &iam.ListUsersInput{})
		if code, _, abort := Classify(err); code != "Timeout" || abort != nil {
			t.Errorf("got code %q, abort %v; want Timeout (%v)", code, abort, err)
		}
		if took, attempts := time.Since(began), server.count("ListUsers"); took != 3*attemptTimeout || attempts != 3 {
			t.Errorf("got an end after %s and %d attempts, want three of %s", took, attempts, attemptTimeout)
		}
	})
}

func TestRecovers(t *testing.T) {
	t.Parallel()
	for name, trouble := range map[string]http.HandlerFunc{
		"throttled": fail(400, "Throttling", "Rate exceeded"),
		"failing":   fail(500, "ServiceFailure", "failed"),
		"torn":      hangUp("<ListUsersResponse>"),
		"cut off":   raw(200, "text/xml", "<ListUsersResponse>"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			answer := "<Users><member><Path>/</Path><UserName>bob</UserName><UserId>AIDABOBEXAMPLE</UserId><Arn>arn:aws:iam::123456789012:user/bob</Arn>" +
				"<CreateDate>2024-05-01T00:00:00Z</CreateDate></member></Users><IsTruncated>false</IsTruncated>"
			server := newFakeAWS(t, map[string]http.HandlerFunc{"ListUsers": times(trouble, trouble, ok("ListUsers", answer))})
			s := signedIn(t, demo(server))
			out, err := s.IAM.ListUsers(context.Background(), &iam.ListUsersInput{})
			if err != nil || len(out.Users) != 1 || *out.Users[0].UserName != "bob" {
				t.Errorf("got %v, %v; want bob at the third attempt", out, err)
			}
			if bill := s.Calls(); bill.ByAction["iam:ListUsers"] != 1 || bill.Retried != 2 {
				t.Errorf("got %+v, want one call, retried twice", bill)
			}
		})
	}
}

// TestThrottlingIsNotCountedAsFailing: AWS that throttled a call twice and then fails is asked again, as often as where
// it fails from the start, and never more than ten times in all.
func TestThrottlingIsNotCountedAsFailing(t *testing.T) {
	t.Parallel()
	throttled, failing := fail(400, "Throttling", "Rate exceeded"), fail(500, "ServiceFailure", "failed")
	for name, test := range map[string]struct {
		answers  []http.HandlerFunc
		attempts int
	}{
		"throttled twice, then failing":    {[]http.HandlerFunc{throttled, throttled, failing}, 5},
		"throttled twice, then torn":       {[]http.HandlerFunc{throttled, throttled, hangUp("<ListUsersResponse>")}, 5},
		"throttled twice, then denied":     {[]http.HandlerFunc{throttled, throttled, fail(403, "AccessDenied", "no")}, 3},
		"failing between throttling":       {[]http.HandlerFunc{failing, throttled, failing, throttled, failing}, 5},
		"failing twice, then throttled":    {[]http.HandlerFunc{failing, failing, throttled}, 10},
		"throttled nine times, then fails": {append(slices.Repeat([]http.HandlerFunc{throttled}, 9), failing), 10},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := newFakeAWS(t, map[string]http.HandlerFunc{"ListUsers": times(test.answers...)})
			s := signedIn(t, server.inProcess())
			if err := listUsersOf(s); err == nil {
				t.Error("got an answer, want an error")
			}
			if got := server.count("ListUsers"); got != test.attempts {
				t.Errorf("got %d attempts, want %d", got, test.attempts)
			}
		})
	}
}

// TestIdentityIsAskedForTwice, whatever AWS says to it.
func TestIdentityIsAskedForTwice(t *testing.T) {
	t.Parallel()
	throttled, failing := fail(400, "Throttling", "Rate exceeded"), fail(500, "ServiceFailure", "failed")
	for name, answers := range map[string][]http.HandlerFunc{
		"throttled": {throttled}, "failing": {failing}, "throttled, then failing": {throttled, failing}, "failing, then throttled": {failing, throttled},
	} {
		server := newFakeAWS(t, map[string]http.HandlerFunc{"GetCallerIdentity": times(answers...)})
		if _, err := SignIn(t.Context(), server.inProcess()); err == nil {
			t.Errorf("%s: got an answer, want an error", name)
		}
		if got := server.count("GetCallerIdentity"); got != 2 {
			t.Errorf("%s: got %d attempts, want 2", name, got)
		}
	}
}

func TestCancelEndsCallsAtOnce(t *testing.T) {
	t.Parallel()
	server := newFakeAWS(t, map[string]http.HandlerFunc{"ListUsers": hang, "GetAccountSummary": fail(400, "Throttling", "Rate exceeded")})
	const soon = 30 * time.Millisecond
	for name, call := range map[string]func(context.Context, *Session) error{
		"waiting for an answer": func(ctx context.Context, s *Session) error {
			_, err := s.IAM.ListUsers(ctx, &iam.ListUsersInput{})
			return err
		},
		"pausing before the next attempt": func(ctx context.Context, s *Session) error {
			_, err := s.IAM.GetAccountSummary(ctx, &iam.GetAccountSummaryInput{})
			return err
		},
	} {
		synctest.Test(t, func(t *testing.T) {
			o := server.inProcess()
			o.Retryer = newRetryer // the real one, with its pauses
			s := signedIn(t, o)
			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(soon, cancel)
			began := time.Now()
			err := call(ctx, s)
			if took := time.Since(began); took != soon {
				t.Errorf("%s: got an end after %s, want it after %s, at once", name, took, soon)
			}
			_, _, abort := Classify(err)
			if !errors.Is(abort, context.Canceled) || abort.Error() != "reading the account: interrupted" {
				t.Errorf("%s: got %v (of %v), want the run interrupted", name, abort, err)
			}

			ctx, cancel = context.WithTimeout(t.Context(), soon)
			defer cancel()
			err = call(ctx, s)
			if _, _, abort := Classify(err); !errors.Is(abort, context.DeadlineExceeded) || abort.Error() != "reading the account: the time limit was reached" {
				t.Errorf("%s: got %v (of %v), want the run's time limit", name, abort, err)
			}
		})
	}
}

func TestOneAttemptWhereNobodyListens(t *testing.T) {
	t.Parallel()
	server := newFakeAWS(t, nil)
	server.Close()
	o := demo(server)
	retried := 0
	o.Observe = func(e Event) {
		if e.Retried {
			retried++
		}
	}
	_, err := SignIn(context.Background(), o)
	code, message, abort := Classify(err)
	if code != "ConnectionError" || !strings.Contains(message, "connection refused") || abort != nil {
		t.Errorf("got %q %q %v, want a ConnectionError", code, message, abort)
	}
	if retried != 0 {
		t.Errorf("got %d retries, want none", retried)
	}
}

func TestRetryerHasNoQuota(t *testing.T) {
	t.Parallel()
	r := newRetryer().(*retry.AdaptiveMode)
	if r.MaxAttempts() != 10 {
		t.Errorf("got %d attempts, want 10", r.MaxAttempts())
	}
	for i := range 2000 { // the SDK's quota is spent after a hundred
		if _, err := r.GetRetryToken(context.Background(), errors.New("throttled")); err != nil {
			t.Fatalf("got %v at retry %d, want a token always", err, i)
		}
	}
}

func TestPacerSpacesAttempts(t *testing.T) {
	t.Parallel()
	clock := time.Date(2026, 11, 22, 5, 0, 0, 0, time.UTC)
	var pauses []time.Duration
	p := newPacer(4)
	p.now = func() time.Time { return clock }
	p.sleep = func(_ context.Context, d time.Duration) error {
		pauses = append(pauses, d)
		return nil
	}
	for range 4 {
		if err := p.wait(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	clock = clock.Add(10 * time.Second) // idle time is not saved up
	for range 2 {
		if err := p.wait(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	if want := []time.Duration{250 * time.Millisecond, 500 * time.Millisecond, 750 * time.Millisecond, 250 * time.Millisecond}; !slices.Equal(pauses, want) {
		t.Errorf("got %v, want %v", pauses, want)
	}
	if newPacer(0) != nil {
		t.Error("got a pacer for 0 attempts a second, want no cap")
	}
}

func TestMaxRPSHonoursCancel(t *testing.T) {
	t.Parallel()
	server := newFakeAWS(t, nil)
	synctest.Test(t, func(t *testing.T) {
		o := server.inProcess()
		o.MaxRPS = 0.01
		s := signedIn(t, o)
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		var group sync.WaitGroup
		for range 3 {
			group.Go(func() {
				_, err := s.IAM.ListUsers(ctx, &iam.ListUsersInput{})
				if _, _, abort := Classify(err); !errors.Is(abort, context.Canceled) {
					t.Errorf("got %v, want the wait interrupted", err)
				}
			})
		}
		group.Wait()
	})
	if got := server.asked(); !slices.Equal(got, []string{"GetCallerIdentity"}) {
		t.Errorf("got %v, want nothing sent ahead of its time", got)
	}
}
