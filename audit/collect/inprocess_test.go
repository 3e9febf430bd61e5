package collect

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
)

// InProcess is a client whose requests all go to the handler, whatever host they name, without a network: without
// sockets the tests' time can be that of a bubble of testing/synctest, where a time limit passes at once and at the same
// point however busy the machine is.
func InProcess(h http.Handler) *http.Client { return &http.Client{Transport: transport{h}} }

type transport struct{ handler http.Handler }

// RoundTrip serves a request. As over a network, a handler that panics with http.ErrAbortHandler cuts the connection,
// and a client that has given up gets its context's error.
func (t transport) RoundTrip(r *http.Request) (*http.Response, error) {
	seen := r.Clone(r.Context())
	if seen.Body == nil {
		seen.Body = http.NoBody
	}
	defer seen.Body.Close()
	recorder := httptest.NewRecorder()
	cut := serve(t.handler, recorder, seen)
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	if cut && !recorder.Flushed {
		return nil, io.EOF
	}
	response := recorder.Result()
	if cut {
		response.Body = io.NopCloser(io.MultiReader(bytes.NewReader(recorder.Body.Bytes()), torn{}))
	}
	return response, nil
}

func serve(h http.Handler, w http.ResponseWriter, r *http.Request) (cut bool) {
	defer func() {
		if got := recover(); got == http.ErrAbortHandler {
			cut = true
		} else if got != nil {
			panic(got)
		}
	}()
	h.ServeHTTP(w, r)
	return false
}

// torn is the rest of an answer whose connection was cut.
type torn struct{}

func (torn) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }
