package emulator_test

import (
	"context"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"sekisho/audit/emulator"
)

// clock is a clock that moves when told.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

func TestFaultsThatAreErrors(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		fault  emulator.Fault
		status int
		code   string
	}{
		{emulator.Fault{Kind: emulator.ServiceFailure}, 500, "ServiceFailure"},
		{emulator.Fault{Kind: emulator.Throttling}, 400, "Throttling"},
		{emulator.Fault{Kind: emulator.Denied}, 403, "AccessDenied"},
		{emulator.Fault{Kind: emulator.ExplicitlyDenied}, 403, "AccessDenied"},
		{emulator.Fault{Kind: emulator.ExpiredToken}, 403, "ExpiredToken"},
		{emulator.Fault{Code: "LimitExceeded"}, 409, "LimitExceeded"},
		{emulator.Fault{Status: 418, Code: "Teapot", Message: "short & stout"}, 418, "Teapot"},
	} {
		_, c := serve(t, emulator.Demo(now), emulator.Options{Faults: []emulator.Fault{test.fault}})
		got := c.refused(test.status, test.code, "iam:ListUsers")
		if test.fault.Message != "" && got.Message != test.fault.Message {
			t.Errorf("got %q, want %q", got.Message, test.fault.Message)
		}
		wantType := "Sender"
		if test.status == 500 {
			wantType = "Receiver"
		}
		if got.Type != wantType {
			t.Errorf("%s: got type %q, want %q", test.code, got.Type, wantType)
		}
	}
}

func TestFaultsThatAreNoAnswer(t *testing.T) {
	t.Parallel()
	_, c := serve(t, emulator.Demo(now), emulator.Options{Faults: []emulator.Fault{
		{Action: "iam:ListUsers", Kind: emulator.TornReply},
		{Action: "iam:ListRoles", Kind: emulator.HTMLError},
		{Action: "iam:ListGroups", Kind: emulator.WrongXML},
		{Action: "iam:GetAccountSummary", Kind: emulator.BadXML},
	}})
	torn, err := c.send(t.Context(), "iam:ListUsers")
	if !errors.Is(err, io.ErrUnexpectedEOF) || len(torn.body) == 0 || strings.Contains(string(torn.body), "</ListUsersResponse>") {
		t.Errorf("torn: got %v and %d bytes, want an unexpected end in the middle", err, len(torn.body))
	}
	if r := c.call("iam:ListRoles"); r.status != 500 || !strings.HasPrefix(string(r.body), "<!doctype html>") {
		t.Errorf("HTML: got %d %s", r.status, r.body)
	}
	if r := c.call("iam:ListGroups"); r.status != 200 || strings.Contains(string(r.body), "ListGroups") {
		t.Errorf("wrong XML: got %d %s", r.status, r.body)
	}
	var any struct{}
	if r := c.call("iam:GetAccountSummary"); r.status != 200 || xml.Unmarshal(r.body, &any) == nil {
		t.Errorf("bad XML: got %d %s, want what can't be parsed", r.status, r.body)
	}
}

// hangs checks that a server gives no answer to a request before the client has gone, and then cuts the connection.
func hangs(t *testing.T, o emulator.Options, method, path, body string) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		ctx, giveUp := context.WithCancel(t.Context())
		request := httptest.NewRequestWithContext(ctx, method, path, strings.NewReader(body))
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		recorder, ended := httptest.NewRecorder(), make(chan any, 1)
		go func() {
			defer func() { ended <- recover() }()
			emulator.New(emulator.Demo(now), o).ServeHTTP(recorder, request)
		}()
		synctest.Wait() // until the server waits
		select {
		case <-ended:
			t.Errorf("%s: got the answer %d %s, want none", path, recorder.Code, recorder.Body)
			ended <- http.ErrAbortHandler
		default:
		}
		giveUp()
		if got := <-ended; got != http.ErrAbortHandler || recorder.Body.Len() > 0 {
			t.Errorf("%s: got the end %v after %q, want a cut connection", path, got, recorder.Body)
		}
	})
}

// listUsers is the body of a request in the query protocol.
const listUsers = "Action=ListUsers&Version=2010-05-08"

func TestHangEndsWithTheClient(t *testing.T) {
	t.Parallel()
	o := emulator.Options{Faults: []emulator.Fault{{Kind: emulator.Hang}}}
	hangs(t, o, http.MethodPost, "/", listUsers)
	hangs(t, o, http.MethodPost, "/listRegions", "{}")
	hangs(t, o, http.MethodGet, "/analyzer", "")
}

func TestFaultsApplyWhereTheySay(t *testing.T) {
	t.Parallel()
	_, c := serve(t, emulator.Demo(now), emulator.Options{Faults: []emulator.Fault{
		{Action: "iam:ListUsers", FirstPage: 2, Kind: emulator.Denied},
		{Action: "iam:ListMFADevices", User: "ito.mei", Kind: emulator.Denied},
		{Action: "iam:GetAccount*", FirstCall: 2, LastCall: 3, Kind: emulator.ServiceFailure},
	}})
	first := read[xmlUserPage](c, "iam:ListUsers", "MaxItems", "10")
	c.refused(403, "AccessDenied", "iam:ListUsers", "MaxItems", "5", "Marker", first.Marker)
	read[struct{}](c, "iam:ListMFADevices", "UserName", "sato.yuki")
	c.refused(403, "AccessDenied", "iam:ListMFADevices", "UserName", "ito.mei")
	read[struct{}](c, "iam:GetAccountSummary")
	c.refused(500, "ServiceFailure", "iam:GetAccountSummary")
	c.refused(500, "ServiceFailure", "iam:GetAccountPasswordPolicy")
	read[struct{}](c, "iam:GetAccountSummary")
}

func TestDeniedActions(t *testing.T) {
	t.Parallel()
	_, c := serve(t, emulator.Demo(now), emulator.Options{Deny: []string{"iam:ListU*", "sts:GetCallerIdentity"}, DenyExplicitly: []string{"iam:GetLoginProfile"}})
	c.refused(403, "AccessDenied", "iam:ListUsers")
	c.refused(403, "AccessDenied", "sts:GetCallerIdentity")
	got := c.refused(403, "AccessDenied", "iam:GetLoginProfile", "UserName", "ito.mei").Message
	want := "User: arn:aws:iam::123456789012:user/sato.yuki is not authorized to perform: iam:GetLoginProfile on resource: user ito.mei with an explicit deny in an identity-based policy"
	if got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	read[struct{}](c, "iam:ListRoles")
}

func TestThrottle(t *testing.T) {
	t.Parallel()
	c := &clock{at: now}
	server, whole := serve(t, emulator.Demo(now), emulator.Options{Clock: c.now, Throttle: emulator.Throttle{PerSecond: 2, Burst: 2}})
	read[struct{}](whole, "iam:ListUsers")
	read[struct{}](whole, "iam:ListRoles")
	whole.refused(400, "Throttling", "iam:ListGroups")
	c.advance(500 * time.Millisecond)
	read[struct{}](whole, "iam:ListGroups")
	whole.refused(400, "Throttling", "iam:ListGroups")
	c.advance(time.Hour)
	read[struct{}](whole, "iam:ListGroups")
	read[struct{}](whole, "iam:ListGroups")
	whole.refused(400, "Throttling", "iam:ListGroups")
	if got := server.Throttled(); got != 3 {
		t.Errorf("got %d throttled requests, want 3", got)
	}

	_, each := serve(t, emulator.Demo(now), emulator.Options{Clock: c.now, Throttle: emulator.Throttle{PerSecond: 1, PerAction: true}})
	read[struct{}](each, "iam:ListUsers")
	read[struct{}](each, "iam:ListRoles")
	each.refused(400, "Throttling", "iam:ListRoles")
}

func TestLatency(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const latency = 25 * time.Millisecond
		began := time.Now()
		request := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(listUsers))
		emulator.New(emulator.Demo(now), emulator.Options{Latency: latency}).ServeHTTP(httptest.NewRecorder(), request)
		if took := time.Since(began); took != latency {
			t.Errorf("got an answer after %v, want it after %v", took, latency)
		}
	})
	hangs(t, emulator.Options{Latency: time.Hour}, http.MethodPost, "/", listUsers)
}

// TestStopEndsWhatHangs: stopping a server doesn't wait for requests that get no answer.
func TestStopEndsWhatHangs(t *testing.T) {
	t.Parallel()
	server := emulator.New(emulator.Demo(now), emulator.Options{Faults: []emulator.Fault{{Kind: emulator.Hang}}})
	endpoint, stop, err := server.Start()
	if err != nil {
		t.Fatal(err)
	}
	c := &client{t: t, endpoint: endpoint, accessKey: "AKIAIOSFODNN7EXAMPLE"}
	ended, sent := make(chan error), make(chan struct{})
	ctx := httptrace.WithClientTrace(context.Background(), &httptrace.ClientTrace{
		WroteRequest: func(httptrace.WroteRequestInfo) { close(sent) },
	})
	go func() {
		_, err := c.send(ctx, "iam:ListUsers")
		ended <- err
	}()
	<-sent
	stop()
	stop() // once more does nothing
	if err := <-ended; err == nil {
		t.Error("got an answer, want a cut connection")
	}
}

func TestCredentialReportLife(t *testing.T) {
	t.Parallel()
	s := emulator.Demo(now)
	c := &clock{at: now}
	_, client := serve(t, s, emulator.Options{Clock: c.now, Report: emulator.ReportLife{Absent: true, InProgress: 2, Takes: 10 * time.Second}})
	state := func(want string) {
		t.Helper()
		if got := read[xmlReportState](client, "iam:GenerateCredentialReport").State; got != want {
			t.Errorf("got state %s, want %s", got, want)
		}
	}
	client.refused(http.StatusGone, "ReportNotPresent", "iam:GetCredentialReport")
	state("STARTED")
	client.refused(http.StatusNotFound, "ReportInProgress", "iam:GetCredentialReport")
	c.advance(11 * time.Second)
	state("INPROGRESS")
	state("INPROGRESS")
	state("COMPLETE")
	first := client.report()
	if want := now.Add(11 * time.Second); !first.GeneratedAt.Equal(want) || first.Content != s.CredentialReport.Value.Content {
		t.Errorf("got a report of %v, want the snapshot's, made at %v", first.GeneratedAt, want)
	}
	c.advance(4*time.Hour - time.Second)
	state("COMPLETE")
	if got := client.report(); got != first {
		t.Error("got another report within four hours, want the same bytes")
	}
	c.advance(time.Second)
	client.refused(http.StatusGone, "ReportExpired", "iam:GetCredentialReport")
	state("STARTED")
	state("INPROGRESS")
	state("INPROGRESS")
	state("INPROGRESS") // ten seconds aren't over
	c.advance(10 * time.Second)
	state("COMPLETE")
	if got := client.report().GeneratedAt; !got.Equal(c.now()) {
		t.Errorf("got a report of %v, want one made at %v", got, c.now())
	}
}

// TestOldSnapshotsAreServedAsOfTheirTime: by default the clock shows the snapshot's time, so that its report hasn't
// expired.
func TestOldSnapshotsAreServedAsOfTheirTime(t *testing.T) {
	t.Parallel()
	s := emulator.Demo(time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC))
	_, c := serve(t, s, emulator.Options{})
	if got := read[xmlReportState](c, "iam:GenerateCredentialReport").State; got != "COMPLETE" {
		t.Errorf("got state %s, want COMPLETE", got)
	}
	if got := c.report(); got != s.CredentialReport.Value {
		t.Errorf("got a report of %v, want the snapshot's", got.GeneratedAt)
	}
}

func TestSessions(t *testing.T) {
	t.Parallel()
	const phone = "arn:aws:iam::123456789012:mfa/sato.yuki"
	type answer struct {
		Session xmlCredentials `xml:"GetSessionTokenResult>Credentials"`
		Role    xmlCredentials `xml:"AssumeRoleResult>Credentials"`
	}
	_, c := serve(t, emulator.Demo(now), emulator.Options{RequireMFA: true, TokenCode: "123456"})
	as := func(x xmlCredentials) *client {
		if !x.Expiration.After(time.Now()) {
			t.Errorf("got credentials that end at %v, want some for now", x.Expiration)
		}
		return &client{t: t, endpoint: c.endpoint, accessKey: x.AccessKeyId, sessionToken: x.SessionToken}
	}
	read[struct{}](c, "sts:GetCallerIdentity")
	if got := c.refused(403, "AccessDenied", "iam:ListUsers"); !strings.Contains(got.Message, "with an explicit deny") {
		t.Errorf("got %v, want an explicit deny", got)
	}
	plain := as(read[answer](c, "sts:GetSessionToken").Session)
	read[struct{}](plain, "sts:GetCallerIdentity")
	plain.refused(403, "InvalidClientTokenId", "iam:ListUsers")
	plain.refused(403, "AccessDenied", "sts:GetSessionToken")

	c.refused(403, "AccessDenied", "sts:GetSessionToken", "SerialNumber", phone, "TokenCode", "000000")
	c.refused(400, "ValidationError", "sts:GetSessionToken", "SerialNumber", phone, "TokenCode", "12345")
	c.refused(400, "ValidationError", "sts:GetSessionToken", "SerialNumber", phone)
	mfa := as(read[answer](c, "sts:GetSessionToken", "SerialNumber", phone, "TokenCode", "123456", "DurationSeconds", "900").Session)
	read[struct{}](mfa, "iam:ListUsers")

	role := as(read[answer](mfa, "sts:AssumeRole", "RoleArn", "arn:aws:iam::210987654321:role/team/auditor", "RoleSessionName", "me").Role)
	read[struct{}](role, "iam:ListUsers")
	got := read[struct {
		Arn string `xml:"GetCallerIdentityResult>Arn"`
	}](role, "sts:GetCallerIdentity").Arn
	if want := "arn:aws:sts::210987654321:assumed-role/auditor/me"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	role.refused(400, "ValidationError", "iam:GetUser") // a role is no user, so whose?
	mfa.refused(400, "ValidationError", "sts:AssumeRole", "RoleArn", "auditor", "RoleSessionName", "me")
	mfa.refused(400, "ValidationError", "sts:AssumeRole", "RoleArn", "arn:aws:iam::210987654321:role/auditor")
	mfa.sessionToken = "another"
	mfa.refused(403, "InvalidClientTokenId", "iam:ListUsers")
}

// TestConcurrentUse is of use with -race.
func TestConcurrentUse(t *testing.T) {
	t.Parallel()
	server, c := serve(t, emulator.Demo(now), emulator.Options{
		Throttle: emulator.Throttle{PerSecond: 1000, Burst: 50}, Report: emulator.ReportLife{Absent: true},
		Faults: []emulator.Fault{{Action: "iam:ListRoles", FirstCall: 3, Kind: emulator.ServiceFailure}},
	})
	actions := []string{"iam:ListUsers", "iam:ListRoles", "iam:GenerateCredentialReport", "sts:GetSessionToken", "iam:GetAccountAuthorizationDetails"}
	var wait sync.WaitGroup
	for _, action := range actions {
		for range 20 {
			wait.Go(func() {
				if _, err := c.send(t.Context(), action); err != nil {
					t.Errorf("%s: %v", action, err)
				}
			})
		}
	}
	wait.Wait()
	for _, action := range actions {
		if got := server.Calls()[action]; got != 20 {
			t.Errorf("%s: got %d calls, want 20", action, got)
		}
	}
}
