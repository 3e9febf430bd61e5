package collect

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/aws/aws-sdk-go-v2/credentials/processcreds"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"sekisho/audit/collect/shape"
)

// Error is what ends a sign-in or a run: what was being done, what came, and where there is one, what a person may do
// about it.
type Error struct {
	Doing string // "asking AWS who is signed in"
	Err   error
	Hint  string // empty: nothing useful to say
}

// Error is one line, without secrets and without the layers of the SDK.
func (e *Error) Error() string { return e.Doing + ": " + describe(e.Err) }

// Unwrap returns what came.
func (e *Error) Unwrap() error { return e.Err }

// callError is a failed call with its action and the session it was made in.
type callError struct {
	action   string
	facts    *facts
	sent     []string // what AWS may say again and nobody is to read
	attempts int
	err      error
}

func (e *callError) Error() string { return masked(e, e.action+": "+describe(e.err)) }
func (e *callError) Unwrap() error { return e.err }

// credentialsError is a failure to get the credentials that a call was to be signed with.
type credentialsError struct{ err error }

func (e *credentialsError) Error() string { return "getting credentials: " + describe(e.err) }
func (e *credentialsError) Unwrap() error { return e.err }

// cancelledError is a call that ended because its context did. The SDK's own error would not always say so.
type cancelledError struct{ cause error }

func (e *cancelledError) Error() string {
	if errors.Is(e.cause, context.DeadlineExceeded) {
		return "the time limit was reached"
	}
	return "interrupted"
}

func (e *cancelledError) Unwrap() error { return e.cause }

// Classify says what a failed call leaves behind: code and message for a gap, the code AWS's own where there is one,
// the message one line without request IDs; or what ends the whole run (abort, an *Error): credentials that expired or
// can't be renewed, a context that ended.
func Classify(err error) (code, message string, abort error) {
	code, message = reason(err)
	var credentials *credentialsError
	switch {
	case err == nil:
		return "", "", nil
	case isCancelled(err):
		cause := context.Canceled
		if errors.Is(err, context.DeadlineExceeded) {
			cause = context.DeadlineExceeded
		}
		abort = &Error{Doing: "reading the account", Err: &cancelledError{cause}}
	case errors.As(err, &credentials):
		abort = &Error{Doing: "renewing the credentials", Err: err, Hint: Hint(err)}
	case slices.Contains(expiredCodes, code):
		abort = &Error{Doing: "reading the account", Err: err, Hint: Hint(err)}
	}
	return code, message, abort
}

// expiredCodes are those of credentials that were good once.
var expiredCodes = []string{"ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"}

// reason finds in an error's layers what happened: a code, AWS's own where it answered, and a line of text.
func reason(err error) (code, message string) {
	code, message = because(err)
	return code, masked(err, message)
}

func because(err error) (code, message string) {
	var own *Error
	var refused *RefusedError
	var cancelled *cancelledError
	var late *timeoutError
	var process *processcreds.ProviderError
	var api smithy.APIError
	var torn tornError
	var large *largeError
	var odd *shape.Error
	var dns *net.DNSError
	var redirect *redirectError
	switch {
	case err == nil:
		return "", ""
	case errors.As(err, &own):
		code, _ = reason(own.Err)
		return code, own.Error()
	case errors.As(err, &refused):
		return "Refused", refused.Error()
	case errors.As(err, &cancelled):
		return "Cancelled", cancelled.Error()
	case isCancelled(err):
		return "Cancelled", (&cancelledError{err}).Error()
	case errors.As(err, &late):
		return "Timeout", late.Error()
	case errors.As(err, &redirect):
		return "Redirected", redirect.Error()
	case errors.As(err, &process):
		return "Credentials", "running the profile's credential_process: " + oneLine(withoutOutput(process.Err))
	case errors.As(err, &api) && api.ErrorCode() != "UnknownError" && api.ErrorCode() != "":
		return api.ErrorCode(), oneLine(masked(err, api.ErrorMessage()))
	case httpStatus(err) >= http.StatusInternalServerError:
		return "ServiceFailure", fmt.Sprintf("got HTTP status %d and no error of AWS's", httpStatus(err))
	case httpStatus(err) == http.StatusForbidden:
		return "AccessDenied", "got HTTP status 403 and no error of AWS's that can be read"
	case httpStatus(err) >= http.StatusMultipleChoices:
		return "InvalidAnswer", fmt.Sprintf("got HTTP status %d and no error of AWS's", httpStatus(err))
	case errors.As(err, &torn):
		return "TornAnswer", torn.Error()
	case errors.As(err, &large):
		return "AnswerTooLarge", large.Error()
	case errors.As(err, &odd) && odd.Absent != "":
		return "IncompleteAnswer", odd.Error()
	case errors.As(err, &odd):
		return "InvalidAnswer", oneLine(odd.Error())
	case isTorn(err):
		return "TornAnswer", "the answer broke off or could not be read: " + oneLine(innermost(err))
	case errors.As(err, &dns):
		if dns.IsNotFound {
			return "ConnectionError", fmt.Sprintf("the host %s does not exist", oneLine(dns.Name))
		}
		return "ConnectionError", fmt.Sprintf("looking up the host %s: %s", oneLine(dns.Name), oneLine(dns.Err))
	case isTimeout(err):
		return "Timeout", oneLine(innermost(err))
	case isConnection(err):
		return "ConnectionError", oneLine(innermost(err))
	}
	var operation *smithy.OperationError
	if errors.As(err, &operation) {
		return "Error", oneLine(innermost(err))
	}
	return "InvalidAnswer", oneLine(err.Error())
}

// describe is an error as one line for a person: AWS's code and message, or what broke.
func describe(err error) string {
	var section *failedCall
	if errors.As(err, &section) {
		return section.action + ": " + describe(section.err)
	}
	var api smithy.APIError
	code, message := reason(err)
	if errors.As(err, &api) && code == api.ErrorCode() && message != "" {
		return code + ": " + message
	}
	if message == "" {
		return code
	}
	return message
}

// isCancelled reports whether the run's context ended. The time-outs of a connection call themselves deadlines too, so
// for those the SDK's word for a cancelled call is asked.
func isCancelled(err error) bool {
	var cancelled *cancelledError
	if errors.As(err, &cancelled) || errors.Is(err, context.Canceled) {
		return true
	}
	if !errors.Is(err, context.DeadlineExceeded) {
		return false
	}
	var sdk interface{ CanceledError() bool }
	var network net.Error
	return errors.As(err, &sdk) && sdk.CanceledError() || errors.As(err, &network) && network == context.DeadlineExceeded
}

func isTimeout(err error) bool {
	var late *timeoutError
	var network net.Error
	return errors.As(err, &late) || errors.As(err, &network) && network.Timeout()
}

// isTorn reports whether an answer came and could not be read to its end.
func isTorn(err error) bool {
	var deserialization *smithy.DeserializationError
	var syntax *xml.SyntaxError
	return errors.As(err, &deserialization) || errors.As(err, &syntax) || errors.Is(err, io.ErrUnexpectedEOF)
}

func isConnection(err error) bool {
	var send *smithyhttp.RequestSendError
	var operation *net.OpError
	return errors.As(err, &send) || errors.As(err, &operation)
}

// httpStatus is the status of the answer behind an error, 0 where none came.
func httpStatus(err error) int {
	var response *smithyhttp.ResponseError
	if errors.As(err, &response) && response.Response != nil {
		return response.HTTPStatusCode()
	}
	return 0
}

// innermost is the text of the deepest error that says something of its own; a *url.Error repeats the address, which is
// not wanted.
func innermost(err error) string {
	for {
		var operation *net.OpError
		if current, ok := err.(*net.OpError); ok {
			return current.Error()
		}
		if current, ok := err.(*url.Error); ok && !errors.As(current.Err, &operation) {
			return current.Err.Error()
		}
		next := errors.Unwrap(err)
		if next == nil {
			return err.Error()
		}
		err = next
	}
}

// withoutOutput is the text of a failed credential_process without what the process wrote, which may be a secret.
func withoutOutput(err error) string {
	if err == nil {
		return "failed"
	}
	text := err.Error()
	if strings.HasPrefix(text, "parse failed of process output") {
		return "got output that is not the JSON of credentials"
	}
	return text
}

const maxMessage = 1000 // characters of a message that are kept

var (
	requestID = regexp.MustCompile(`(?i)[,;]?\s*\(?\brequest ?id:? ?[0-9a-f-]{8,}\)?`)
	// longToken is a session token or an encoded message: neither tells a person anything, and the one is a secret.
	longToken = regexp.MustCompile(`[A-Za-z0-9+/=_%-]{160,}`)
)

// oneLine makes a message of AWS or of the SDK fit for a line of a report. A refused signature comes with the whole
// request that was signed, session token included; that part is cut off.
func oneLine(message string) string {
	message, _, _ = strings.Cut(message, "The Canonical String")
	message = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.IsSpace(r) {
			return ' '
		}
		return r
	}, message)
	message = longToken.ReplaceAllString(message, "[…]")
	message = requestID.ReplaceAllString(message, "")
	message = strings.Join(strings.Fields(message), " ")
	if runes := []rune(message); len(runes) > maxMessage {
		message = string(runes[:maxMessage]) + "…"
	}
	return message
}
