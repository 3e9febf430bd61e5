package collect

import (
	"context"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/accessanalyzer"
	accountapi "github.com/aws/aws-sdk-go-v2/service/account"
	"github.com/aws/smithy-go"

	"sekisho/audit/account"
)

const fakeAnalyzer = `{"arn":"arn:aws:access-analyzer:us-east-1:123456789012:analyzer/all","name":"all","type":"ORGANIZATION","status":"ACTIVE",` +
	`"createdAt":"2026-01-02T00:00:00Z","tags":{"team":"sec","owner":"alice"}}`

// threeRegions is an account that uses two of its regions; they come on two pages, one of them twice.
var threeRegions = byParameter("NextToken", map[string]http.HandlerFunc{
	"":    object(`{"Regions":[{"RegionName":"us-east-1","RegionOptStatus":"ENABLED_BY_DEFAULT"},{"RegionName":"af-south-1","RegionOptStatus":"ENABLING"}],"NextToken":"two"}`),
	"two": object(`{"Regions":[{"RegionName":"af-south-1","RegionOptStatus":"ENABLED"},{"RegionName":"ap-east-1","RegionOptStatus":"DISABLED"}]}`),
})

func TestAnalyzersOfEveryEnabledRegionAreRead(t *testing.T) {
	t.Parallel()
	s, server := read(t, map[string]http.HandlerFunc{
		"ListRegions": threeRegions,
		"ListAnalyzers": byRegion(map[string]http.HandlerFunc{
			"us-east-1": byParameter("nextToken", map[string]http.HandlerFunc{
				"":    object(`{"analyzers":[` + fakeAnalyzer + `],"nextToken":"two"}`),
				"two": object(`{"analyzers":[` + fakeAnalyzer + `]}`),
			}),
			"": object(`{"analyzers":[]}`),
		}),
	}, account.AccessAnalyzersSection)
	r := s.AccessAnalyzers
	if r == nil || !r.Complete || r.Action != "account:ListRegions" || len(s.Gaps) != 0 {
		t.Fatalf("got %+v, gaps %v; want an answer", r, s.Gaps)
	}
	if want := []account.RegionState{{Name: "us-east-1", State: "ENABLED_BY_DEFAULT"}, {Name: "af-south-1", State: "ENABLED"}, {Name: "ap-east-1", State: "DISABLED"}}; !slices.Equal(r.Value.Regions, want) {
		t.Errorf("got the regions %v, want %v", r.Value.Regions, want)
	}
	if got, want := slices.Sorted(maps.Keys(r.Value.ByRegion)), []string{"af-south-1", "us-east-1"}; !slices.Equal(got, want) {
		t.Fatalf("got answers of %v, want %v", got, want)
	}
	want := []account.Analyzer{{
		Name: "all", ARN: "arn:aws:access-analyzer:us-east-1:123456789012:analyzer/all", Type: "ORGANIZATION", Status: "ACTIVE", Created: day(2),
		Tags: []account.Tag{{Key: "owner", Value: "alice"}, {Key: "team", Value: "sec"}},
	}}
	if got := r.Value.ByRegion["us-east-1"]; got.Action != "access-analyzer:ListAnalyzers" || !got.Complete || !reflect.DeepEqual(got.Value, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if got := r.Value.ByRegion["af-south-1"]; got.Value == nil || len(got.Value) != 0 {
		t.Errorf("got %+v, want an empty list", got)
	}
	if form := server.last(t, "ListRegions").form; form.Has("RegionOptStatusContains") || form.Get("MaxResults") != "50" {
		t.Errorf("got the parameters %v, want regions in every state", form)
	}
	if calls := map[string]int{"iam:GetAccountSummary": 1, "account:ListRegions": 2, "access-analyzer:ListAnalyzers": 3}; !maps.Equal(s.Calls.ByAction, calls) {
		t.Errorf("got %v, want %v", s.Calls.ByAction, calls)
	}
}

func TestARegionThatFailsIsAGapOfItsOwn(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		answer http.HandlerFunc
		code   string
	}{
		"denied":                   {failJSON(403, "AccessDeniedException", "no"), "AccessDeniedException"},
		"a key the region lacks":   {failJSON(403, "UnrecognizedClientException", "The security token included in the request is invalid."), "UnrecognizedClientException"},
		"a token the region lacks": {failJSON(403, "InvalidClientTokenId", "The security token included in the request is invalid."), "InvalidClientTokenId"},
		"not opted in":             {failJSON(403, "OptInRequired", "no"), "OptInRequired"},
		"throttled":                {failJSON(429, "ThrottlingException", "Rate exceeded"), "ThrottlingException"},
		"failing":                  {failJSON(500, "InternalServerException", "failed"), "InternalServerException"},
		"torn":                     {object(`{"analyzers":[` + fakeAnalyzer), "TornAnswer"},
		"a token that repeats":     {object(`{"analyzers":[` + fakeAnalyzer + `],"nextToken":"two"}`), "InvalidAnswer"},
		"no list on the second page": {byParameter("nextToken", map[string]http.HandlerFunc{
			"": object(`{"analyzers":[` + fakeAnalyzer + `],"nextToken":"two"}`), "two": object("{}"),
		}), "InvalidAnswer"},
		"what AWS can't have sent": {object(`{"analyzers":[{"arn":"x"}]}`), "InvalidAnswer"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := newFakeAWS(t, map[string]http.HandlerFunc{
				"ListRegions":   threeRegions,
				"ListAnalyzers": byRegion(map[string]http.HandlerFunc{"af-south-1": test.answer, "us-east-1": object(`{"analyzers":[` + fakeAnalyzer + `]}`)}),
			})
			o := demo(server)
			o.Allowed = Actions()
			session := signedIn(t, o)
			s, err := session.Collect(context.Background(), Plan{Sections: []account.Section{account.AccessAnalyzersSection}})
			if err != nil {
				t.Fatal(err)
			}
			if want := []string{"access-analyzers/af-south-1 access-analyzer:ListAnalyzers " + test.code}; !slices.Equal(gapsOf(s), want) {
				t.Errorf("got the gaps %v, want %v", gapsOf(s), want)
			}
			r := s.AccessAnalyzers
			if r == nil || !r.Complete || len(r.Value.Regions) != 3 || len(r.Value.ByRegion) != 1 || r.Value.ByRegion["us-east-1"] == nil {
				t.Errorf("got %+v, want the other region's answer standing", r)
			}
			if len(session.Warnings) != 0 {
				t.Errorf("got the warnings %q, want none about what one region says", session.Warnings)
			}
		})
	}
}

func TestRegionsThatBreakOff(t *testing.T) {
	t.Parallel()
	s, _ := read(t, map[string]http.HandlerFunc{
		"ListRegions": byParameter("NextToken", map[string]http.HandlerFunc{
			"": object(`{"Regions":[{"RegionName":"us-east-1","RegionOptStatus":"ENABLED_BY_DEFAULT"}],"NextToken":"two"}`), "two": object("{}"),
		}),
		"ListAnalyzers": object(`{"analyzers":[]}`),
	}, account.AccessAnalyzersSection)
	if want := []string{"access-analyzers/ account:ListRegions InvalidAnswer"}; !slices.Equal(gapsOf(s), want) {
		t.Errorf("got the gaps %v, want %v", gapsOf(s), want)
	}
	if r := s.AccessAnalyzers; r == nil || r.Complete || len(r.Value.Regions) != 1 || r.Value.ByRegion["us-east-1"] == nil {
		t.Errorf("got %+v, want the first page's region, and the list not complete", r)
	}
}

func TestListRegionsDeniedNamesTheAction(t *testing.T) {
	t.Parallel()
	server := newFakeAWS(t, map[string]http.HandlerFunc{"ListRegions": failJSON(403, "AccessDeniedException", "not authorized to perform: account:ListRegions because no identity-based policy allows it")})
	o := demo(server)
	o.Allowed = Actions()
	session := signedIn(t, o)
	if _, err := session.Collect(context.Background(), Plan{Sections: []account.Section{account.AccessAnalyzersSection, account.AccountSummarySection}}); err != nil {
		t.Fatal(err)
	}
	if len(session.Warnings) != 1 || !strings.Contains(session.Warnings[0], "account:ListRegions") || !strings.Contains(session.Warnings[0], "SecurityAudit") {
		t.Errorf("got the warnings %q, want the action that SecurityAudit lacks", session.Warnings)
	}
}

// TestRegionsDoNotSlowEachOtherDown holds that each region, and each service, is paced by itself: an adaptive retryer
// that was throttled hands out its tokens slowly to all calls of its client.
func TestRegionsDoNotSlowEachOtherDown(t *testing.T) {
	t.Parallel()
	throttle := failJSON(429, "ThrottlingException", "Rate exceeded")
	server := newFakeAWS(t, map[string]http.HandlerFunc{
		"ListAnalyzers": byRegion(map[string]http.HandlerFunc{"af-south-1": throttle, "": object(`{"analyzers":[]}`)}),
		"ListRegions":   object(`{"Regions":[]}`),
	})
	synctest.Test(t, func(t *testing.T) {
		o := server.inProcess()
		o.Allowed, o.Retryer = Actions(), newRetryer // the real one
		s := signedIn(t, o)
		ctx, cancel := context.WithCancel(t.Context())
		go func() { _, _ = s.accessAnalyzer("af-south-1").ListAnalyzers(ctx, &accessanalyzer.ListAnalyzersInput{}) }()
		synctest.Wait() // until that call pauses
		if server.count("ListAnalyzers") == 0 {
			t.Error("got no call to the region that throttles")
		}
		began := time.Now()
		for range 5 {
			if _, err := s.accessAnalyzer("us-east-1").ListAnalyzers(ctx, &accessanalyzer.ListAnalyzersInput{}); err != nil {
				t.Error(err)
			}
			if _, err := s.Account.ListRegions(ctx, &accountapi.ListRegionsInput{}); err != nil {
				t.Error(err)
			}
			if err := listUsersOf(s); err != nil {
				t.Error(err)
			}
		}
		if took := time.Since(began); took != 0 {
			t.Errorf("got the calls done after %s, want no wait for another region's throttling", took)
		}
		cancel()
	})
}

func TestGuardKnowsEveryService(t *testing.T) {
	t.Parallel()
	server := newFakeAWS(t, nil)
	s := signedIn(t, demo(server))
	for action, call := range map[string]func() error{
		"account:ListRegions": func() error {
			_, err := s.Account.ListRegions(context.Background(), &accountapi.ListRegionsInput{})
			return err
		},
		"account:GetPrimaryEmail": func() error {
			_, err := s.Account.GetPrimaryEmail(context.Background(), &accountapi.GetPrimaryEmailInput{AccountId: &s.Caller.AccountID})
			return err
		},
		"access-analyzer:ListAnalyzers": func() error {
			_, err := s.accessAnalyzer("us-east-1").ListAnalyzers(context.Background(), &accessanalyzer.ListAnalyzersInput{})
			return err
		},
	} {
		code, message, _ := Classify(call())
		if want := "refusing to send " + action + ": it is not on the list of reads"; code != "Refused" || message != want {
			t.Errorf("got %s %q, want %q", code, message, want)
		}
	}
	if got := server.asked(); !slices.Equal(got, []string{"GetCallerIdentity"}) {
		t.Errorf("got the requests %v, want none after the sign-in", got)
	}
}

func TestEndpointsOfEachService(t *testing.T) {
	for name, variables := range map[string]func(iam, account, analyzer string) map[string]string{
		"one for all": func(iam, _, _ string) map[string]string { return map[string]string{"AWS_ENDPOINT_URL": iam} },
		"one for each": func(iam, account, analyzer string) map[string]string {
			return map[string]string{"AWS_ENDPOINT_URL": iam, "AWS_ENDPOINT_URL_ACCOUNT": account, "AWS_ENDPOINT_URL_ACCESSANALYZER": analyzer}
		},
	} {
		t.Run(name, func(t *testing.T) {
			home(t, "")
			keys(t, "AKIAALICEEXAMPLE", "")
			answers := map[string]http.HandlerFunc{
				"ListRegions":   object(`{"Regions":[{"RegionName":"ap-northeast-3","RegionOptStatus":"ENABLED_BY_DEFAULT"}]}`),
				"ListAnalyzers": object(`{"analyzers":[]}`),
			}
			first, second, third := newFakeAWS(t, answers), newFakeAWS(t, answers), newFakeAWS(t, answers)
			for variable, url := range variables(first.URL, second.URL, third.URL) {
				t.Setenv(variable, url)
			}
			ofAccount, ofAnalyzer := second, third
			if name == "one for all" {
				ofAccount, ofAnalyzer = first, first
			}
			s := signedIn(t, Options{Retryer: fastRetryer, Allowed: Actions()})
			if _, err := s.Collect(context.Background(), Plan{Sections: []account.Section{account.AccessAnalyzersSection}}); err != nil {
				t.Fatal(err)
			}
			if got := ofAccount.last(t, "ListRegions"); got.key != "AKIAALICEEXAMPLE" {
				t.Errorf("got %+v, want the environment's key", got)
			}
			if got := ofAnalyzer.last(t, "ListAnalyzers"); got.region != "ap-northeast-3" {
				t.Errorf("got a request signed for %s, want ap-northeast-3", got.region)
			}
		})
	}
}

func TestDeniedReadIsNoReasonToSignInAgain(t *testing.T) {
	t.Parallel()
	f := &facts{login: "aws sso login", region: "us-east-1", regionChosen: true}
	for action, want := range map[string]string{
		"iam:ListUsers":                 "",
		"account:GetAlternateContact":   "",
		"access-analyzer:ListAnalyzers": "",
		"sso:GetRoleCredentials":        "run `aws sso login`",
	} {
		err := &callError{action: action, facts: f, err: &smithy.GenericAPIError{Code: "AccessDeniedException", Message: "no"}}
		if got := Hint(err); got != want {
			t.Errorf("%s: got the hint %q, want %q", action, got, want)
		}
	}
}
