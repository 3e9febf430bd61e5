package emulator

import (
	"context"
	"fmt"
	"maps"
	"net"
	"net/http"
	"sync"
	"time"

	"sekisho/audit/account"
)

// Options say how the emulated AWS behaves. The zero value is an AWS at its best.
type Options struct {
	// Clock is AWS's clock: answers are dated by it, the life of the credential report and the throttle run by it. By default it shows the
	// snapshot's time when the server is made, and runs on from there, so that a snapshot's report never gets old by
	// lying in a file.
	Clock func() time.Time
	// Latency is how long each answer takes at least.
	Latency time.Duration
	// Throttle limits the rate of requests; the zero value doesn't.
	Throttle Throttle
	// Deny and DenyExplicitly list actions ("iam:ListUsers"; globs as in path.Match) that answer AccessDenied: because
	// nothing allows them, or because a policy denies them.
	Deny, DenyExplicitly []string
	// RequireMFA refuses, as a Force-MFA policy does, whatever isn't signed with credentials of a GetSessionToken or
	// AssumeRole with a token code; save for GetCallerIdentity and GetSessionToken.
	RequireMFA bool
	// TokenCode is the only MFA code that is accepted; empty accepts any six digits.
	TokenCode string
	// Faults are tried in order; the first that applies is what the request gets.
	Faults []Fault
	// PageCap is the largest number of items on a page, however many were asked for; 0 is no cap.
	PageCap int
	// EmptyFirst has the lists of JSON services begin with a page that is empty and not the last, as AWS Organizations and
	// Identity Center may.
	EmptyFirst bool
	// Report is how the credential report comes about.
	Report ReportLife
	// Observe is told of each request that was counted ("iam:ListUsers"), concurrently, before it is answered. May be nil.
	Observe func(action string)
}

// Throttle is a token bucket, by Options.Clock. A request that finds it empty gets HTTP 400 Throttling, from a JSON
// service HTTP 429.
type Throttle struct {
	PerSecond float64 // 0 or less: no limit
	Burst     int     // the bucket's size, at least 1
	PerAction bool    // a bucket for each action instead of one for all
}

// Server is an http.Handler that answers as IAM, STS, AWS Account Management and IAM Access Analyzer. It is safe for
// concurrent use; the snapshot must not change meanwhile.
type Server struct {
	snapshot *account.Snapshot
	options  Options
	clock    func() time.Time
	keyOwner map[string]string // access key ID to user name
	merged   func() *account.Account
	sessions *sessions
	// organization is what the account belongs to; nil for none.
	organization *Organization

	mu        sync.Mutex
	requests  int
	calls     map[string]int
	throttled int
	hits      []int // matching requests, by fault
	buckets   map[string]*bucket
	report    reportState
}

// New makes a server of a snapshot.
func New(s *account.Snapshot, o Options) *Server {
	server := &Server{
		snapshot: s,
		options:  o,
		clock:    o.Clock,
		keyOwner: map[string]string{},
		merged:   sync.OnceValue(func() *account.Account { return account.New(s) }),
		calls:    map[string]int{},
		hits:     make([]int, len(o.Faults)),
		buckets:  map[string]*bucket{},
		sessions: newSessions(),
	}
	if server.clock == nil {
		began := time.Now()
		server.clock = func() time.Time { return s.TakenAt.Add(time.Since(began)) }
	}
	for name, answers := range s.PerUser {
		if answers.AccessKeys != nil {
			for _, key := range answers.AccessKeys.Value {
				server.keyOwner[key.ID] = name
			}
		}
		for id := range answers.AccessKeyLastUsed {
			server.keyOwner[id] = name
		}
	}
	server.report = newReportState(s, o.Report)
	return server
}

// Calls tells how many requests each action ("iam:ListUsers") got, retries and refused ones included.
func (s *Server) Calls() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.calls)
}

// Throttled tells how many requests Options.Throttle refused.
func (s *Server) Throttled() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.throttled
}

// Start listens on a free port of 127.0.0.1, serves, and returns the endpoint's URL and what stops it: open connections
// are cut.
func (s *Server) Start() (endpoint string, stop func(), err error) { return s.Listen("127.0.0.1:0") }

// Listen is Start on an address of one's choice (HOST:PORT).
func (s *Server) Listen(address string) (endpoint string, stop func(), err error) {
	return listen(s, address)
}

func listen(h http.Handler, address string) (endpoint string, stop func(), err error) {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return "", nil, fmt.Errorf("starting the emulator: %w", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	server := &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 10 * time.Second,
		BaseContext:       func(net.Listener) context.Context { return ctx },
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = server.Serve(listener) // http.ErrServerClosed once stopped
	}()
	stop = sync.OnceFunc(func() {
		cancel()
		_ = server.Close() // nobody is left to be told of a listener that was closed already
		<-done
	})
	return "http://" + listener.Addr().String(), stop, nil
}

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Date", s.clock().UTC().Format(http.TimeFormat))
	r.Body = http.MaxBytesReader(w, r.Body, maxRequestBytes)
	q, failed := parse(r)
	q.id = s.nextID()
	if failed != nil {
		write(w, q, failed.status, renderError(w, q, failed))
		return
	}
	fault := s.count(q)
	if s.options.Observe != nil {
		s.options.Observe(q.action())
	}
	if !wait(r.Context(), s.options.Latency) {
		panic(http.ErrAbortHandler) // cuts the connection; to return would be an empty answer
	}
	if fault != nil && fault.breaks(w, r, q) {
		return
	}
	result, failed := s.answer(q, r, fault)
	send := write
	if fault != nil && fault.Kind == TornReply {
		send = writeTorn
	}
	if failed != nil {
		send(w, q, failed.status, renderError(w, q, failed))
		return
	}
	send(w, q, http.StatusOK, render(q, result))
}

// answer passes a request through all that can refuse it, in the order in which AWS does, and then to its operation.
func (s *Server) answer(q *request, r *http.Request, fault *Fault) (any, *apiError) {
	if failed := q.addressed(); failed != nil {
		return nil, failed
	}
	if s.throttle(q.action()) {
		return nil, q.throttled()
	}
	var failed *apiError
	if q.session, failed = s.authenticate(q, r); failed != nil {
		return nil, failed
	}
	if fault != nil {
		if failed := fault.refusal(s, q); failed != nil {
			return nil, failed
		}
	}
	if failed := s.authorize(q); failed != nil {
		return nil, failed
	}
	if q.session.root && q.action() != "sts:GetCallerIdentity" {
		if ofRoot, ok := rootOperations[q.action()]; ok && q.form.Get("UserName") == "" {
			return ofRoot(s, q)
		}
		return nil, s.denied(q)
	}
	operation, ok := operations[q.action()]
	if !ok {
		return nil, s.denied(q)
	}
	return operation(s, q)
}

// authorize refuses what the options deny, and what a session may not do.
func (s *Server) authorize(q *request) *apiError {
	exempt := q.action() == "sts:GetCallerIdentity" || q.action() == "sts:GetSessionToken"
	switch {
	case matchesAny(s.options.DenyExplicitly, q.action()):
		return s.deniedExplicitly(q)
	case matchesAny(s.options.Deny, q.action()):
		return s.denied(q)
	case q.session.plain && q.service == "iam":
		// A GetSessionToken without MFA can't call IAM at all (STS API reference, GetSessionToken).
		return q.invalidToken()
	case s.options.RequireMFA && !q.session.mfa && !exempt:
		return s.deniedExplicitly(q)
	}
	return nil
}

// nextID is a request ID, in AWS's form.
func (s *Server) nextID() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests++
	return fmt.Sprintf("00000000-0000-4000-8000-%012d", s.requests)
}

// count enters a request into the bill and returns the fault that it runs into, if any.
func (s *Server) count(q *request) *Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls[q.action()]++
	var first *Fault
	for i := range s.options.Faults {
		fault := &s.options.Faults[i]
		if !fault.matches(q) {
			continue
		}
		s.hits[i]++
		if first == nil && fault.due(s.hits[i]) {
			first = fault
		}
	}
	return first
}

// wait waits, and reports whether the client did so too.
func wait(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
