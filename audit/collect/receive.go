package collect

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"sekisho/audit/collect/shape"
)

// answerForms is how each service's answers are written, by the SDK's names of the services.
var answerForms = map[string]string{
	"IAM": "XML", "STS": "XML", "Account": "JSON", "AccessAnalyzer": "JSON", "Organizations": "JSON", "SSO Admin": "JSON", "identitystore": "JSON", "S3": storageForm,
}

// answerKey is the key of the bytes that the answer to a call may have, where they are others than those of all calls.
type answerKey struct{}

// storageForm is that of objects and of what is said about them. Whether they are whole is seen by who reads them.
const storageForm = "S3"

// tornError is an answer that stops before its end. Its text is the form that was wanted.
type tornError string

func (e tornError) Error() string {
	return "got an answer that is empty, cut off or not AWS's " + string(e)
}

// largeError is an answer that goes on behind the bytes that are read of one.
type largeError struct{ limit int64 }

func (e *largeError) Error() string {
	return fmt.Sprintf("got an answer of more than %d MiB (collect.max_answer_mib)", e.limit>>20)
}

func isLarge(err error) bool {
	var large *largeError
	return errors.As(err, &large)
}

// isSettled reports whether an answer was read that another attempt would bring again.
func isSettled(err error) bool {
	var odd *shape.Error
	return isLarge(err) || errors.As(err, &odd) && odd.Absent != ""
}

// receive reads the answer of a service to its end, if that comes within bounds, and makes sure that it is one with all
// that it must hold. The SDK takes an empty body for an empty answer, stops reading where the result ends and reads what
// is absent as zero; to an auditor an empty list is a statement. What is decompressed is counted as it is read.
func (c *client) receive(ctx context.Context, in middleware.DeserializeInput, next middleware.DeserializeHandler) (middleware.DeserializeOutput, middleware.Metadata, error) {
	out, metadata, err := next.HandleDeserialize(ctx, in)
	response, ok := out.RawResponse.(*smithyhttp.Response)
	if err != nil || !ok {
		return out, metadata, err
	}
	this, form := callOf(ctx), answerForms[middleware.GetServiceID(ctx)]
	if this.local || response.StatusCode/100 != 2 || form == "" {
		response.Body = struct {
			io.Reader
			io.Closer
		}{io.LimitReader(response.Body, maxError), response.Body}
		return out, metadata, nil
	}
	limit := c.limits.answer
	if own, ok := ctx.Value(answerKey{}).(int64); ok {
		limit = own
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, limit+1))
	err = errors.Join(err, response.Body.Close())
	switch {
	case err == nil && int64(len(body)) > limit:
		err = &largeError{limit}
	case err == nil && form != storageForm:
		err = c.check(this, form, body)
	}
	if err != nil {
		return out, metadata, &smithy.DeserializationError{Err: err}
	}
	response.Body = io.NopCloser(bytes.NewReader(body))
	return out, metadata, nil
}

// check looks at an answer's shape, and keeps in mind what a reader accepts of it.
func (c *client) check(this *call, form string, body []byte) error {
	accepted, err := shape.Check(this.action, this.user, body, c.tolerate)
	if errors.Is(err, shape.ErrTorn) {
		return tornError(form)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, element := range accepted {
		c.tolerated[tolerated{this.action, element}]++
	}
	return err
}
