package emulator_test

import (
	"errors"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/accessanalyzer"
	analyzertypes "github.com/aws/aws-sdk-go-v2/service/accessanalyzer/types"
	accountapi "github.com/aws/aws-sdk-go-v2/service/account"
	accounttypes "github.com/aws/aws-sdk-go-v2/service/account/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/smithy-go"

	"sekisho/audit/account"
	"sekisho/audit/emulator"
)

func TestAlternateContacts(t *testing.T) {
	t.Parallel()
	s := emulator.Demo(now)
	_, c := serveSDK(t, s, emulator.Options{})
	got := must(c.contact(t.Context(), accounttypes.AlternateContactTypeSecurity))(t).AlternateContact
	want := s.SecurityContact.Value
	if *got.Name != want.Name || *got.EmailAddress != want.Email || *got.PhoneNumber != want.Phone || *got.Title != want.Title || got.AlternateContactType != "SECURITY" {
		t.Errorf("got %+v, want %+v", *got, *want)
	}
	_, err := c.contact(t.Context(), accounttypes.AlternateContactTypeBilling)
	isRefused(t, "a contact that is not registered", err, http.StatusNotFound, "ResourceNotFoundException")
	_, err = c.contact(t.Context(), "GOSSIP")
	isRefused(t, "a contact of no kind", err, http.StatusBadRequest, "ValidationException")
}

func TestRegions(t *testing.T) {
	t.Parallel()
	s := emulator.Demo(now)
	_, c := serveSDK(t, s, emulator.Options{})
	list := func(input accountapi.ListRegionsInput) (sizes []int, all []account.RegionState) {
		for p := accountapi.NewListRegionsPaginator(c.account, &input); p.HasMorePages(); {
			page := must(p.NextPage(t.Context()))(t).Regions
			sizes = append(sizes, len(page))
			for _, r := range page {
				all = append(all, account.RegionState{Name: *r.RegionName, State: string(r.RegionOptStatus)})
			}
		}
		return sizes, all
	}
	everyone := s.AccessAnalyzers.Value.Regions
	enabled := slices.DeleteFunc(slices.Clone(everyone), func(r account.RegionState) bool { return !r.Enabled() })
	if len(enabled) != 17 || len(everyone) != 22 {
		t.Fatalf("got %d regions enabled of %d, want 17 of 22", len(enabled), len(everyone))
	}
	for name, test := range map[string]struct {
		input accountapi.ListRegionsInput
		sizes []int
		want  []account.RegionState
	}{
		"all":                {accountapi.ListRegionsInput{}, []int{20, 2}, everyone},
		"all on one page":    {accountapi.ListRegionsInput{MaxResults: aws.Int32(50)}, []int{22}, everyone},
		"those that are on":  {accountapi.ListRegionsInput{RegionOptStatusContains: []accounttypes.RegionOptStatus{"ENABLED", "ENABLED_BY_DEFAULT"}}, []int{17}, enabled},
		"those in the works": {accountapi.ListRegionsInput{RegionOptStatusContains: []accounttypes.RegionOptStatus{"ENABLING"}}, []int{0}, nil},
	} {
		if sizes, got := list(test.input); !slices.Equal(sizes, test.sizes) || !reflect.DeepEqual(got, test.want) {
			t.Errorf("%s: got %v on pages of %v, want %v on pages of %v", name, got, sizes, test.want, test.sizes)
		}
	}
	_, err := c.account.ListRegions(t.Context(), &accountapi.ListRegionsInput{MaxResults: aws.Int32(51)})
	isRefused(t, "more than a page holds", err, http.StatusBadRequest, "ValidationException")
	_, err = c.account.ListRegions(t.Context(), &accountapi.ListRegionsInput{NextToken: aws.String("nonsense")})
	isRefused(t, "a token of somebody else's", err, http.StatusBadRequest, "ValidationException")
}

func TestAccessAnalyzers(t *testing.T) {
	t.Parallel()
	s := emulator.Demo(now)
	s.AccessAnalyzers.Value.ByRegion["ap-northeast-1"].Value[0].Tags = []account.Tag{{Key: "部門", Value: "<情シス> & \"x\""}}
	_, c := serveSDK(t, s, emulator.Options{PageCap: 1})
	list := func(region string, kind analyzertypes.Type) []account.Analyzer {
		all := []account.Analyzer{}
		for p := accessanalyzer.NewListAnalyzersPaginator(c.analyzers(region), &accessanalyzer.ListAnalyzersInput{Type: kind}); p.HasMorePages(); {
			for _, a := range must(p.NextPage(t.Context()))(t).Analyzers {
				tags := []account.Tag{}
				for key, value := range a.Tags {
					tags = append(tags, account.Tag{Key: key, Value: value})
				}
				all = append(all, account.Analyzer{Name: *a.Name, ARN: *a.Arn, Type: string(a.Type), Status: string(a.Status), Created: *a.CreatedAt, Tags: tags})
			}
		}
		return all
	}
	for region, want := range s.AccessAnalyzers.Value.ByRegion {
		if got := list(region, ""); !reflect.DeepEqual(got, want.Value) {
			t.Errorf("%s: got %v, want %v", region, got, want.Value)
		}
	}
	if got := list("ap-northeast-1", "ACCOUNT_UNUSED_ACCESS"); len(got) != 1 || got[0].Name != "hakone-unused-access" {
		t.Errorf("got %v of one type, want hakone-unused-access", got)
	}
	for _, region := range []string{"af-south-1", "xx-nowhere-1"} {
		_, err := c.analyzers(region).ListAnalyzers(t.Context(), &accessanalyzer.ListAnalyzersInput{})
		isRefused(t, region, err, http.StatusForbidden, "UnrecognizedClientException")
	}
}

// TestJSONServicesRefuseInTheirOwnWords: the errors that all services know have other codes where JSON is spoken.
func TestJSONServicesRefuseInTheirOwnWords(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		options          emulator.Options
		status           int
		account, analyze string
	}{
		"denied":            {emulator.Options{Deny: []string{"acc*"}}, 403, "AccessDeniedException", "AccessDeniedException"},
		"denied explicitly": {emulator.Options{DenyExplicitly: []string{"acc*"}}, 403, "AccessDeniedException", "AccessDeniedException"},
		"without MFA":       {emulator.Options{RequireMFA: true}, 403, "AccessDeniedException", "AccessDeniedException"},
		"throttled":         {emulator.Options{Faults: []emulator.Fault{{Kind: emulator.Throttling}}}, 429, "TooManyRequestsException", "ThrottlingException"},
		"failing":           {emulator.Options{Faults: []emulator.Fault{{Kind: emulator.ServiceFailure}}}, 500, "InternalServerException", "InternalServerException"},
		"expired":           {emulator.Options{Faults: []emulator.Fault{{Kind: emulator.ExpiredToken}}}, 403, "ExpiredTokenException", "ExpiredTokenException"},
		"of one's choice":   {emulator.Options{Faults: []emulator.Fault{{Code: "Throttling", Status: 418}}}, 418, "Throttling", "Throttling"},
	} {
		server, c := serveSDK(t, emulator.Demo(now), test.options)
		_, err := c.account.ListRegions(t.Context(), &accountapi.ListRegionsInput{})
		isRefused(t, name+": account", err, test.status, test.account)
		_, err = c.analyzers("us-east-1").ListAnalyzers(t.Context(), &accessanalyzer.ListAnalyzersInput{})
		isRefused(t, name+": access-analyzer", err, test.status, test.analyze)
		if got := server.Calls(); got["account:ListRegions"] != 1 || got["access-analyzer:ListAnalyzers"] != 1 {
			t.Errorf("%s: got calls %v, want one of each action", name, got)
		}
	}
	_, c := serveSDK(t, emulator.Demo(now), emulator.Options{Deny: []string{"access-analyzer:ListAnalyzers"}})
	_, err := c.analyzers("eu-west-1").ListAnalyzers(t.Context(), &accessanalyzer.ListAnalyzersInput{})
	want := "User: arn:aws:iam::123456789012:user/sato.yuki is not authorized to perform: access-analyzer:ListAnalyzers on resource: " +
		"arn:aws:access-analyzer:eu-west-1:123456789012:* because no identity-based policy allows the access-analyzer:ListAnalyzers action"
	var said smithy.APIError
	if !errors.As(err, &said) || said.ErrorMessage() != want {
		t.Errorf("got %v, want %q", err, want)
	}
	_, err = c.account.GetContactInformation(t.Context(), &accountapi.GetContactInformationInput{})
	isRefused(t, "an operation that is not served", err, http.StatusNotFound, "UnknownOperationException")
}

func TestJSONServicesThrottle(t *testing.T) {
	t.Parallel()
	c := &clock{at: now}
	server, clients := serveSDK(t, emulator.Demo(now), emulator.Options{Clock: c.now, Throttle: emulator.Throttle{PerSecond: 1, Burst: 1}})
	must(clients.account.ListRegions(t.Context(), &accountapi.ListRegionsInput{}))(t)
	_, err := clients.analyzers("us-east-1").ListAnalyzers(t.Context(), &accessanalyzer.ListAnalyzersInput{})
	isRefused(t, "one bucket for all", err, http.StatusTooManyRequests, "ThrottlingException")
	if got := server.Throttled(); got != 1 {
		t.Errorf("got %d throttled requests, want 1", got)
	}
}

// TestJSONThatIsNoAnswer is an error to AWS's clients, save for JSON of another form: that lacks the list, and is not
// an empty one.
func TestJSONThatIsNoAnswer(t *testing.T) {
	t.Parallel()
	for _, kind := range []emulator.Kind{emulator.TornReply, emulator.HTMLError, emulator.BadXML} {
		_, c := serveSDK(t, emulator.Demo(now), emulator.Options{Faults: []emulator.Fault{{Kind: kind}}})
		if out, err := c.account.ListRegions(t.Context(), &accountapi.ListRegionsInput{}); err == nil {
			t.Errorf("fault %d: got %v, want an error", kind, out.Regions)
		}
		if out, err := c.analyzers("us-east-1").ListAnalyzers(t.Context(), &accessanalyzer.ListAnalyzersInput{}); err == nil {
			t.Errorf("fault %d: got %v, want an error", kind, out.Analyzers)
		}
	}
	_, c := serveSDK(t, emulator.Demo(now), emulator.Options{Faults: []emulator.Fault{{Kind: emulator.WrongXML}}})
	if out := must(c.account.ListRegions(t.Context(), &accountapi.ListRegionsInput{}))(t); out.Regions != nil {
		t.Errorf("got %v, want no list at all", out.Regions)
	}
	if out := must(c.analyzers("us-east-1").ListAnalyzers(t.Context(), &accessanalyzer.ListAnalyzersInput{}))(t); out.Analyzers != nil {
		t.Errorf("got %v, want no list at all", out.Analyzers)
	}
}

// TestFaultsOfOneRegion leave the others alone, and those of a page the pages before it.
func TestFaultsOfOneRegion(t *testing.T) {
	t.Parallel()
	_, c := serveSDK(t, emulator.Demo(now), emulator.Options{PageCap: 1, Faults: []emulator.Fault{
		{Action: "access-analyzer:ListAnalyzers", Region: "eu-west-1", Kind: emulator.Denied},
		{Action: "access-analyzer:ListAnalyzers", FirstPage: 2, Kind: emulator.ServiceFailure},
	}})
	_, err := c.analyzers("eu-west-1").ListAnalyzers(t.Context(), &accessanalyzer.ListAnalyzersInput{})
	isRefused(t, "eu-west-1", err, http.StatusForbidden, "AccessDeniedException")
	first := must(c.analyzers("ap-northeast-1").ListAnalyzers(t.Context(), &accessanalyzer.ListAnalyzersInput{}))(t)
	_, err = c.analyzers("ap-northeast-1").ListAnalyzers(t.Context(), &accessanalyzer.ListAnalyzersInput{NextToken: first.NextToken})
	isRefused(t, "page 2", err, http.StatusInternalServerError, "InternalServerException")
}

// TestGapsOfOtherServicesAreAnsweredAgain, those of one region too. What the snapshot lacks without a gap was never
// asked.
func TestGapsOfOtherServicesAreAnsweredAgain(t *testing.T) {
	t.Parallel()
	s := emulator.Demo(now)
	delete(s.AccessAnalyzers.Value.ByRegion, "eu-west-1")
	delete(s.AccessAnalyzers.Value.ByRegion, "eu-west-2")
	s.AccessAnalyzers.Value.Regions, s.AccessAnalyzers.Complete = s.AccessAnalyzers.Value.Regions[5:20], false
	s.SecurityContact, s.OperationsContact, s.OrganizationsFeatures, s.ServiceCredentials = nil, nil, nil, nil
	s.PerUser["sato.yuki"].SSHPublicKeys, s.PerUser["sato.yuki"].SigningCertificates = nil, nil
	s.Gaps = []account.Gap{
		{Section: account.AccessAnalyzersSection, Action: "account:ListRegions", Code: "TooManyRequestsException", Message: "slower"},
		{Section: account.AccessAnalyzersSection, Resource: "eu-west-1", Action: "access-analyzer:ListAnalyzers", Code: "InternalServerException", Message: "broken"},
		{Section: account.SecurityContactSection, Action: "account:GetAlternateContact", Code: "ValidationException", Message: "odd"},
		{Section: account.OrganizationsFeaturesSection, Action: "iam:ListOrganizationsFeatures", Code: "ServiceFailure", Message: "broken"},
		{Section: account.SSHPublicKeysSection, Resource: "sato.yuki", Action: "iam:ListSSHPublicKeys", Code: "Throttling", Message: "slower"},
		{Section: account.SigningCertificatesSection, Resource: "sato.yuki", Action: "iam:ListSigningCertificates", Code: "ServiceFailure", Message: "broken"},
	}
	_, c := serveSDK(t, s, emulator.Options{})
	analyzers := func(region string) error {
		_, err := c.analyzers(region).ListAnalyzers(t.Context(), &accessanalyzer.ListAnalyzersInput{})
		return err
	}
	first := must(c.account.ListRegions(t.Context(), &accountapi.ListRegionsInput{}))(t)
	if len(first.Regions) != 15 || first.NextToken == nil {
		t.Fatalf("got %d regions and the token %v, want 15 and more to come", len(first.Regions), first.NextToken)
	}
	_, regions := c.account.ListRegions(t.Context(), &accountapi.ListRegionsInput{NextToken: first.NextToken})
	_, security := c.contact(t.Context(), accounttypes.AlternateContactTypeSecurity)
	_, operations := c.contact(t.Context(), accounttypes.AlternateContactTypeOperations)
	_, features := c.iam.ListOrganizationsFeatures(t.Context(), &iam.ListOrganizationsFeaturesInput{})
	_, credentials := c.iam.ListServiceSpecificCredentials(t.Context(), &iam.ListServiceSpecificCredentialsInput{AllUsers: aws.Bool(true)})
	_, keys := c.iam.ListSSHPublicKeys(t.Context(), &iam.ListSSHPublicKeysInput{UserName: aws.String("sato.yuki")})
	_, certificates := c.iam.ListSigningCertificates(t.Context(), &iam.ListSigningCertificatesInput{UserName: aws.String("sato.yuki")})
	for _, test := range []struct {
		what          string
		err           error
		status        int
		code, message string
	}{
		{"the rest of the regions", regions, 429, "TooManyRequestsException", "slower"},
		{"a region that failed", analyzers("eu-west-1"), 500, "InternalServerException", "broken"},
		{"a region that was not asked", analyzers("eu-west-2"), 403, "AccessDeniedException", ""},
		{"a region behind the end of the list", analyzers("us-west-2"), 0, "", ""},
		{"the security contact", security, 400, "ValidationException", "odd"},
		{"the operations contact", operations, 403, "AccessDeniedException", ""},
		{"the organization's features", features, 500, "ServiceFailure", "broken"},
		{"the service-specific credentials", credentials, 403, "AccessDenied", ""},
		{"SSH public keys", keys, 400, "Throttling", "slower"},
		{"signing certificates", certificates, 500, "ServiceFailure", "broken"},
	} {
		if test.status == 0 {
			if test.err != nil {
				t.Errorf("%s: got %v, want an answer", test.what, test.err)
			}
			continue
		}
		isRefused(t, test.what, test.err, test.status, test.code)
		var said smithy.APIError
		if errors.As(test.err, &said) && test.message != "" && said.ErrorMessage() != test.message {
			t.Errorf("%s: got %q, want %q", test.what, said.ErrorMessage(), test.message)
		}
	}
}

func TestMalformedJSON(t *testing.T) {
	t.Parallel()
	_, c := serve(t, emulator.Demo(now), emulator.Options{})
	post := func(authorization, body string) (int, string) {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, c.endpoint+"/listRegions", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Authorization", authorization)
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		return response.StatusCode, response.Header.Get("x-amzn-ErrorType")
	}
	const signed = "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20261122/us-east-1/account/aws4_request, SignedHeaders=host, Signature=0"
	for _, test := range []struct {
		authorization, body string
		status              int
		code                string
	}{
		{signed, `{"MaxResults":`, 400, "SerializationException"},
		{signed, `["MaxResults"]`, 400, "SerializationException"},
		{signed, `{"MaxResults":"many"}`, 400, "ValidationException"},
		{signed, `{"NextToken":"` + strings.Repeat("x", 2<<20) + `"}`, 400, "SerializationException"},
		{"", `{}`, 403, "MissingAuthenticationTokenException"},
		{signed, `{"MaxResults":5,"NextToken":null}`, 200, ""},
		{signed, ``, 200, ""},
	} {
		if status, code := post(test.authorization, test.body); status != test.status || code != test.code {
			t.Errorf("%.40q: got %d %s, want %d %s", test.body, status, code, test.status, test.code)
		}
	}
}
