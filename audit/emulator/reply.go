package emulator

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"sekisho/audit/account"
)

// apiError is an error as AWS answers it.
type apiError struct {
	status        int
	code, message string
}

var (
	errThrottling   = &apiError{http.StatusBadRequest, "Throttling", "Rate exceeded"}
	errInvalidToken = &apiError{http.StatusForbidden, "InvalidClientTokenId", "The security token included in the request is invalid."}
)

// statusOf is the HTTP status with which IAM sends an error code (IAM API reference, "Common errors" and the errors of each action).
func statusOf(code string) int {
	switch code {
	case "AccessDenied", "AccessDeniedException", "InvalidClientTokenId", "ExpiredToken", "SignatureDoesNotMatch", "MissingAuthenticationToken", "OptInRequired":
		return http.StatusForbidden
	case "NoSuchEntity", "ReportInProgress":
		return http.StatusNotFound
	case "ReportNotPresent", "ReportExpired":
		return http.StatusGone
	case "LimitExceeded", "ConcurrentModification":
		return http.StatusConflict
	case "ServiceFailure", "InternalFailure", "InternalError":
		return http.StatusInternalServerError
	case "ServiceUnavailable":
		return http.StatusServiceUnavailable
	}
	return http.StatusBadRequest
}

// denied is the answer for an action that no policy allows the caller.
func (s *Server) denied(q *request) *apiError {
	return &apiError{http.StatusForbidden, "AccessDenied", fmt.Sprintf(
		"User: %s is not authorized to perform: %s on resource: %s because no identity-based policy allows the %s action",
		s.callerOf(q).ARN, q.action(), resourceOf(q), q.action())}
}

// deniedExplicitly is the answer for an action that a policy denies the caller.
func (s *Server) deniedExplicitly(q *request) *apiError {
	return &apiError{http.StatusForbidden, "AccessDenied", fmt.Sprintf(
		"User: %s is not authorized to perform: %s on resource: %s with an explicit deny in an identity-based policy",
		s.callerOf(q).ARN, q.action(), resourceOf(q))}
}

// resourceOf names what a request is about as AccessDenied messages do.
func resourceOf(q *request) string {
	if name := q.form.Get("UserName"); name != "" {
		return "user " + name
	}
	return "*"
}

// noSuchEntity is the answer where there is nothing of that name.
func noSuchEntity(format string, args ...any) *apiError {
	return &apiError{http.StatusNotFound, "NoSuchEntity", fmt.Sprintf(format, args...)}
}

// unread is the answer for what the snapshot doesn't hold: the error that the snapshot's run got, or AccessDenied.
func (s *Server) unread(q *request, section account.Section, resource string) *apiError {
	if failed := s.gap(section, resource, q.action()); failed != nil {
		return failed
	}
	return s.denied(q)
}

// gap is the error that the snapshot's run got for an action, or nil.
func (s *Server) gap(section account.Section, resource, action string) *apiError {
	for _, g := range s.snapshot.Gaps {
		if g.Section == section && g.Resource == resource && g.Action == action {
			return &apiError{statusOf(g.Code), g.Code, g.Message}
		}
	}
	return nil
}

// answered returns an answer's value, or the error that stands in its place.
func answered[T any](s *Server, q *request, section account.Section, resource string, a *account.Answer[T]) (T, *apiError) {
	if a == nil {
		var none T
		return none, s.unread(q, section, resource)
	}
	return a.Value, nil
}

// rest is what a list that broke off answers after its last item; nil for a whole one.
func rest[T any](s *Server, q *request, section account.Section, resource string, a *account.Answer[T]) *apiError {
	if a.Complete {
		return nil
	}
	return s.unread(q, section, resource)
}

// members is a list in AWS's form: an element for the list, one called member for each item.
type members[T any] struct {
	Members []T `xml:"member"`
}

// timestamp is a time as AWS writes it: UTC, with a fraction only where there is one.
type timestamp time.Time

// MarshalText gives RFC 3339.
func (t timestamp) MarshalText() ([]byte, error) {
	return []byte(time.Time(t).UTC().Format(time.RFC3339Nano)), nil
}

func stamp(t *time.Time) *timestamp {
	if t == nil {
		return nil
	}
	return (*timestamp)(t)
}

// render is the answer to a request. What XML can't hold at all, control characters, becomes U+FFFD.
func render(q *request, result any) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "<%sResponse xmlns=\"%s\">\n", q.name, q.namespace())
	if result != nil {
		encoder := xml.NewEncoder(&b)
		if err := encoder.EncodeElement(result, xml.StartElement{Name: xml.Name{Local: q.name + "Result"}}); err != nil {
			panic(fmt.Sprintf("rendering the answer of %s: %v", q.action(), err)) // of a type that encoding/xml doesn't take
		}
	}
	fmt.Fprintf(&b, "\n<ResponseMetadata><RequestId>%s</RequestId></ResponseMetadata>\n</%sResponse>\n", q.id, q.name)
	return b.Bytes()
}

func writeError(w http.ResponseWriter, q *request, e *apiError) {
	kind := "Sender"
	if e.status >= http.StatusInternalServerError {
		kind = "Receiver"
	}
	var code, message strings.Builder
	_ = xml.EscapeText(&code, []byte(e.code)) // a Builder takes everything
	_ = xml.EscapeText(&message, []byte(e.message))
	write(w, q, e.status, fmt.Appendf(nil,
		"<ErrorResponse xmlns=\"%s\">\n<Error><Type>%s</Type><Code>%s</Code><Message>%s</Message></Error>\n<RequestId>%s</RequestId>\n</ErrorResponse>\n",
		q.namespace(), kind, code.String(), message.String(), q.id))
}

func write(w http.ResponseWriter, q *request, status int, body []byte) {
	w.Header().Set("x-amzn-RequestId", q.id)
	setLength(w, body)
	w.WriteHeader(status)
	_, _ = w.Write(body) // the client may have gone
}

func setLength(w http.ResponseWriter, body []byte) {
	w.Header().Set("Content-Type", "text/xml")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
}
