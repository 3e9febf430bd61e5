package emulator

import (
	"bytes"
	"encoding/json"
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

// fails is an error that all services know: by IAM's code for it, or, of a JSON service, by its own.
func (q *request) fails(code, message string) *apiError {
	switch {
	case code == "Throttling" && (q.service == "account" || q.service == "organizations"):
		code = "TooManyRequestsException"
	case q.json:
		code = jsonCodes[code]
	}
	return &apiError{statusOf(code), code, message}
}

// jsonCodes are the errors that all services know, as the JSON services call them ("Common errors" of their API
// references).
var jsonCodes = map[string]string{
	"AccessDenied":               "AccessDeniedException",
	"ExpiredToken":               "ExpiredTokenException",
	"InvalidAction":              "UnknownOperationException",
	"InvalidClientTokenId":       "UnrecognizedClientException",
	"MalformedInput":             "SerializationException",
	"MissingAuthenticationToken": "MissingAuthenticationTokenException",
	"ServiceFailure":             "InternalServerException",
	"Throttling":                 "ThrottlingException",
	"ValidationError":            "ValidationException",
}

func (q *request) throttled() *apiError { return q.fails("Throttling", "Rate exceeded") }

func (q *request) invalidToken() *apiError {
	return q.fails("InvalidClientTokenId", "The security token included in the request is invalid.")
}

// invalid is the answer to a parameter's value that is not allowed.
func (q *request) invalid(value, where, constraint string) *apiError {
	return q.fails("ValidationError",
		fmt.Sprintf("1 validation error detected: Value '%s' at '%s' failed to satisfy constraint: %s", value, where, constraint))
}

// statusOf is the HTTP status with which AWS sends an error code (the API references, "Common errors" and the errors of
// each action).
func statusOf(code string) int {
	switch code {
	case "AccessDenied", "AccessDeniedException", "InvalidClientTokenId", "UnrecognizedClientException", "ExpiredToken", "ExpiredTokenException",
		"SignatureDoesNotMatch", "MissingAuthenticationToken", "MissingAuthenticationTokenException", "OptInRequired":
		return http.StatusForbidden
	case "NoSuchEntity", "ReportInProgress", "ResourceNotFoundException", "UnknownOperationException":
		return http.StatusNotFound
	case "ReportNotPresent", "ReportExpired":
		return http.StatusGone
	case "LimitExceeded", "ConcurrentModification":
		return http.StatusConflict
	case "ThrottlingException", "TooManyRequestsException":
		return http.StatusTooManyRequests
	case "ServiceFailure", "InternalFailure", "InternalError", "InternalServerException":
		return http.StatusInternalServerError
	case "ServiceUnavailable":
		return http.StatusServiceUnavailable
	}
	return http.StatusBadRequest
}

// denied is the answer for an action that no policy allows the caller.
func (s *Server) denied(q *request) *apiError {
	return q.fails("AccessDenied", fmt.Sprintf(
		"User: %s is not authorized to perform: %s on resource: %s because no identity-based policy allows the %s action",
		s.callerOf(q).ARN, q.action(), s.resourceOf(q), q.action()))
}

// deniedExplicitly is the answer for an action that a policy denies the caller.
func (s *Server) deniedExplicitly(q *request) *apiError {
	return q.fails("AccessDenied", fmt.Sprintf(
		"User: %s is not authorized to perform: %s on resource: %s with an explicit deny in an identity-based policy",
		s.callerOf(q).ARN, q.action(), s.resourceOf(q)))
}

// resourceOf names what a request is about as AccessDenied messages do.
func (s *Server) resourceOf(q *request) string {
	caller := s.callerOf(q)
	switch {
	case q.service == "account":
		return "arn:" + caller.Partition + ":account::" + caller.AccountID + ":account"
	case q.service == "access-analyzer":
		return "arn:" + caller.Partition + ":access-analyzer:" + q.scope.region + ":" + caller.AccountID + ":*"
	case q.form.Get("UserName") != "":
		return "user " + q.form.Get("UserName")
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
	if q.json {
		return renderJSON(q, result)
	}
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

func renderJSON(q *request, result any) []byte {
	body, err := json.Marshal(result)
	if err != nil {
		panic(fmt.Sprintf("rendering the answer of %s: %v", q.action(), err)) // of a type that encoding/json doesn't take
	}
	return body
}

// renderError is the answer that an error is. A JSON service names it in a header.
func renderError(w http.ResponseWriter, q *request, e *apiError) []byte {
	if q.json {
		w.Header().Set("x-amzn-ErrorType", e.code)
		return renderJSON(q, map[string]string{"message": e.message})
	}
	kind := "Sender"
	if e.status >= http.StatusInternalServerError {
		kind = "Receiver"
	}
	var code, message strings.Builder
	_ = xml.EscapeText(&code, []byte(e.code)) // a Builder takes everything
	_ = xml.EscapeText(&message, []byte(e.message))
	return fmt.Appendf(nil,
		"<ErrorResponse xmlns=\"%s\">\n<Error><Type>%s</Type><Code>%s</Code><Message>%s</Message></Error>\n<RequestId>%s</RequestId>\n</ErrorResponse>\n",
		q.namespace(), kind, code.String(), message.String(), q.id)
}

func write(w http.ResponseWriter, q *request, status int, body []byte) {
	w.Header().Set("x-amzn-RequestId", q.id)
	setLength(w, q, body)
	w.WriteHeader(status)
	_, _ = w.Write(body) // the client may have gone
}

func setLength(w http.ResponseWriter, q *request, body []byte) {
	kind := "text/xml"
	if q.json {
		kind = "application/json"
	}
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
}
