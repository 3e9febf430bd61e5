package emulator

import (
	"io"
	"net/http"
	"path"
	"slices"
	"time"
)

// Fault is something that goes wrong with the requests that it matches.
type Fault struct {
	// Action is "iam:ListUsers", or a glob as in path.Match; empty matches all.
	Action string
	// User matches requests about that user only (the parameter UserName); empty matches all.
	User string
	// Region matches requests that are signed for that region only; empty matches all.
	Region string
	// FirstPage matches, of a list's pages, this one and those after it; 0 and 1 match all.
	FirstPage int
	// FirstCall and LastCall say which of the matching requests fail, counted from 1; 0 stands for the first and for no
	// end.
	FirstCall, LastCall int

	Kind Kind
	// Status, Code and Message are the answer of a fault of kind ErrorReply.
	Status        int
	Code, Message string
}

// Kind is what goes wrong.
type Kind int

// The kinds of faults.
const (
	ErrorReply       Kind = iota // the error that Status, Code and Message say
	ServiceFailure               // HTTP 500 ServiceFailure
	Throttling                   // HTTP 400 Throttling, of a JSON service HTTP 429
	Denied                       // HTTP 403 AccessDenied: nothing allows it
	ExplicitlyDenied             // HTTP 403 AccessDenied: a policy denies it
	ExpiredToken                 // HTTP 403 ExpiredToken
	TornReply                    // the right answer, an error too, cut off in the middle
	Hang                         // no answer until the client gives up
	HTMLError                    // HTTP 500 with a page for people
	WrongXML                     // HTTP 200 with well-formed XML, or JSON, that is no answer
	BadXML                       // HTTP 200 with XML that ends in the middle of a tag, or JSON in the middle of a name
)

// matches reports whether a request is one of those that the fault is for.
func (f *Fault) matches(q *request) bool {
	switch {
	case f.Action != "" && !globMatches(f.Action, q.action()),
		f.User != "" && f.User != q.form.Get("UserName"),
		f.Region != "" && f.Region != q.scope.region:
		return false
	}
	return f.FirstPage <= 1 || pageOf(q.marker()) >= f.FirstPage
}

// due reports whether the nth of the matching requests fails.
func (f *Fault) due(n int) bool {
	return n >= f.FirstCall && (f.LastCall == 0 || n <= f.LastCall)
}

// breaks lets a fault that is no answer of AWS's take over the request.
func (f *Fault) breaks(w http.ResponseWriter, r *http.Request, q *request) bool {
	switch f.Kind {
	case Hang:
		<-r.Context().Done()
		panic(http.ErrAbortHandler) // else net/http would send an empty answer where the server ends before the client
	case HTMLError:
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.WriteHeader(http.StatusInternalServerError)
		_, _ = io.WriteString(w, "<!doctype html><html><body><h1>500 Internal Server Error</h1></body></html>\n")
	case WrongXML:
		write(w, q, http.StatusOK, q.body("<Inventory><Item>1</Item></Inventory>", `{"Inventory":{"Item":1}}`))
	case BadXML:
		write(w, q, http.StatusOK, q.body("<"+q.name+"Response xmlns=\""+q.namespace()+"\"><"+q.name+"Result><Unclo", `{"Unclo`))
	default:
		return false
	}
	return true
}

// body is what a fault sends: in the form of the service, XML or JSON.
func (q *request) body(xml, json string) []byte {
	if q.json {
		return []byte(json)
	}
	return []byte(xml)
}

// refusal is the error with which the fault answers, if it does.
func (f *Fault) refusal(s *Server, q *request) *apiError {
	switch f.Kind {
	case ErrorReply:
		status := f.Status
		if status == 0 {
			status = statusOf(f.Code)
		}
		return &apiError{status, f.Code, f.Message}
	case ServiceFailure:
		return q.fails("ServiceFailure", "The request processing has failed because of an unknown error, exception or failure.")
	case Throttling:
		return q.throttled()
	case Denied:
		return s.denied(q)
	case ExplicitlyDenied:
		return s.deniedExplicitly(q)
	case ExpiredToken:
		return q.fails("ExpiredToken", "The security token included in the request is expired")
	}
	return nil
}

// writeTorn sends the first half of an answer whose length was announced, and cuts the connection.
func writeTorn(w http.ResponseWriter, q *request, status int, body []byte) {
	setLength(w, q, body)
	w.WriteHeader(status)
	_, _ = w.Write(body[:len(body)/2])
	_ = http.NewResponseController(w).Flush()
	panic(http.ErrAbortHandler) // the way net/http has for it
}

// bucket is a token bucket.
type bucket struct {
	tokens float64
	at     time.Time
}

// throttle takes a token for a request and reports whether there was none.
func (s *Server) throttle(action string) bool {
	limit := s.options.Throttle
	if limit.PerSecond <= 0 {
		return false
	}
	key := ""
	if limit.PerAction {
		key = action
	}
	size := float64(max(1, limit.Burst))
	now := s.clock()
	s.mu.Lock()
	defer s.mu.Unlock()
	b := s.buckets[key]
	if b == nil {
		b = &bucket{size, now}
		s.buckets[key] = b
	}
	b.tokens = min(size, b.tokens+max(0, now.Sub(b.at).Seconds())*limit.PerSecond)
	b.at = now
	if b.tokens < 1 {
		s.throttled++
		return true
	}
	b.tokens--
	return false
}

func matchesAny(patterns []string, action string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool { return globMatches(pattern, action) })
}

// globMatches is path.Match; a pattern that is malformed matches nothing.
func globMatches(pattern, action string) bool {
	ok, err := path.Match(pattern, action)
	return ok && err == nil
}
