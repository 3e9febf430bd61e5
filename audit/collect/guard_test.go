package collect

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"slices"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

func TestGuardRefusesBeforeSending(t *testing.T) {
	t.Parallel()
	server := newFakeAWS(t, nil)
	s := signedIn(t, demo(server))
	before := len(server.asked())

	further := iam.NewFromConfig(s.Config) // a client that somebody makes later is guarded too
	for name, call := range map[string]func() error{
		"iam:DeleteUser": func() error {
			_, err := s.IAM.DeleteUser(context.Background(), &iam.DeleteUserInput{UserName: aws.String("alice")})
			return err
		},
		"iam:CreateAccessKey": func() error {
			_, err := further.CreateAccessKey(context.Background(), &iam.CreateAccessKeyInput{})
			return err
		},
		"iam:ListRoles": func() error { // a read, but none of the collectors'
			_, err := s.IAM.ListRoles(context.Background(), &iam.ListRolesInput{})
			return err
		},
		"sts:GetFederationToken": func() error {
			_, err := sts.NewFromConfig(s.Config).GetFederationToken(context.Background(), &sts.GetFederationTokenInput{Name: aws.String("x")})
			return err
		},
	} {
		err := call()
		var refused *RefusedError
		if !errors.As(err, &refused) || refused.Action != name {
			t.Errorf("%s: got %v, want it refused", name, err)
		}
		code, message, abort := Classify(err)
		if want := "refusing to send " + name + ": it is not on the list of reads"; code != "Refused" || message != want || abort != nil {
			t.Errorf("%s: got %q %q %v, want Refused %q", name, code, message, abort, want)
		}
	}
	if got := server.asked(); len(got) != before {
		t.Errorf("got requests %v, want none after the sign-in", got[before:])
	}
	if bill := s.Calls(); bill.Total != 0 || len(bill.ByAction) != 0 {
		t.Errorf("got %+v, want refused calls off the bill", bill)
	}
}

func TestCallsAreCountedByAction(t *testing.T) {
	t.Parallel()
	throttle := fail(http.StatusBadRequest, "Throttling", "Rate exceeded")
	server := newFakeAWS(t, map[string]http.HandlerFunc{
		"GetAccountSummary": times(throttle, throttle, ok("GetAccountSummary", "<SummaryMap></SummaryMap>")),
	})
	var mu sync.Mutex
	events := map[Event]int{}
	o := demo(server)
	o.Observe = func(e Event) {
		mu.Lock()
		defer mu.Unlock()
		events[e]++
	}
	s := signedIn(t, o)
	var group sync.WaitGroup
	for range 5 {
		group.Go(func() {
			if _, err := s.IAM.ListUsers(context.Background(), &iam.ListUsersInput{}); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if _, err := s.IAM.GetAccountSummary(context.Background(), &iam.GetAccountSummaryInput{}); err != nil {
		t.Fatal(err)
	}

	bill := s.Calls()
	if want := map[string]int{"iam:ListUsers": 5, "iam:GetAccountSummary": 1}; !maps.Equal(bill.ByAction, want) {
		t.Errorf("got %v, want %v", bill.ByAction, want)
	}
	if want := map[string]int{"sts:GetCallerIdentity": 1}; !maps.Equal(bill.SignIn, want) {
		t.Errorf("got %v, want %v", bill.SignIn, want)
	}
	if bill.Total != 6 || bill.Throttled != 2 || bill.Retried != 2 {
		t.Errorf("got total %d, throttled %d, retried %d; want 6, 2, 2", bill.Total, bill.Throttled, bill.Retried)
	}
	for event, want := range map[Event]int{
		{Action: "iam:ListUsers"}:                                       5,
		{Action: "iam:ListUsers", Done: true}:                           5,
		{Action: "iam:GetAccountSummary", Throttled: true}:              2,
		{Action: "iam:GetAccountSummary", Retried: true}:                2,
		{Action: "iam:GetAccountSummary", Done: true}:                   1,
		{Action: "sts:GetCallerIdentity", SignIn: true, Done: true}:     1,
		{Action: "iam:GetAccountSummary", Done: true, Failed: true}:     0,
		{Action: "sts:GetCallerIdentity", SignIn: true, Retried: true}:  0,
		{Action: "sts:GetCallerIdentity", SignIn: false, Retried: true}: 0,
	} {
		if events[event] != want {
			t.Errorf("%+v: got %d, want %d", event, events[event], want)
		}
	}

	bill.ByAction["iam:ListUsers"] = 99
	if got := s.Calls().ByAction["iam:ListUsers"]; got != 5 {
		t.Errorf("got %d, want a bill that nobody else can change", got)
	}
}

func TestActionName(t *testing.T) {
	t.Parallel()
	for service, want := range map[string]string{"IAM": "iam:Op", "STS": "sts:Op", "SSO OIDC": "sso-oidc:Op", "Organizations": "organizations:Op", "AccessAnalyzer": "access-analyzer:Op", "SSO Admin": "sso:Op", "identitystore": "identitystore:Op"} {
		if got := actionName(service, "Op"); got != want {
			t.Errorf("%s: got %s, want %s", service, got, want)
		}
	}
	if !slices.Contains(signInActions, actionName("SSO", "GetRoleCredentials")) {
		t.Error("got sso:GetRoleCredentials not let through, want it among the sign-in calls")
	}
}
