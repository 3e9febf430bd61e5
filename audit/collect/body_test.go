package collect

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"sync"
	"testing"

	accountapi "github.com/aws/aws-sdk-go-v2/service/account"
)

// late is an HTTP client on a busy machine: what writes a request goes on after its body was sent only when the answer
// is being read, and the SDK has closed the body by then.
type late struct {
	http.Client
	reading chan struct{} // a token for each answer
}

func newLate() *late {
	c := &late{reading: make(chan struct{}, 10)}
	c.Transport = &http.Transport{DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := new(net.Dialer).DialContext(ctx, network, address)
		return lateConn{conn, c.reading}, err
	}}
	return c
}

func (c *late) Do(r *http.Request) (*http.Response, error) {
	response, err := c.Client.Do(r)
	if err == nil {
		response.Body = announced{response.Body, sync.OnceFunc(func() { c.reading <- struct{}{} })}
	}
	return response, err
}

type announced struct {
	io.ReadCloser
	announce func()
}

func (a announced) Read(b []byte) (int, error) {
	a.announce()
	return a.ReadCloser.Read(b)
}

type lateConn struct {
	net.Conn
	reading <-chan struct{}
}

func (c lateConn) Write(b []byte) (int, error) {
	n, err := c.Conn.Write(b)
	if !bytes.HasPrefix(b, []byte("POST ")) { // not the headers
		<-c.reading
	}
	return n, err
}

// TestBodyMayBeClosedEarly holds that a request is sent without an error, upon which net/http would cut the answer off,
// where the SDK closes its body before net/http has seen its end.
func TestBodyMayBeClosedEarly(t *testing.T) {
	t.Parallel()
	server := newFakeAWS(t, map[string]http.HandlerFunc{"ListRegions": object(`{"Regions":[]}`)})
	client := newLate()
	t.Cleanup(client.CloseIdleConnections)
	o := demo(server)
	o.HTTPClient, o.Allowed = client, Actions()
	wrote := make(chan error, 10)
	ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{
		WroteRequest: func(info httptrace.WroteRequestInfo) { wrote <- info.Err },
	})
	s, err := SignIn(ctx, o) // in XML
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Account.ListRegions(ctx, &accountapi.ListRegionsInput{}); err != nil { // in JSON
		t.Error(err)
	}
	for range 2 {
		if err := <-wrote; err != nil {
			t.Errorf("got %v of a request that was sent whole", err)
		}
	}
}
