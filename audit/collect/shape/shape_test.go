package shape_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"sekisho/audit/collect/shape"
)

func answer(operation, inner string) []byte {
	return fmt.Appendf(nil, "<%[1]sResponse xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\">\n<%[1]sResult>%[2]s</%[1]sResult>\n"+
		"<ResponseMetadata><RequestId>example</RequestId></ResponseMetadata>\n</%[1]sResponse>\n", operation, inner)
}

const (
	bob = "<Path>/</Path><UserName>bob</UserName><UserId>AIDABOBEXAMPLE</UserId><Arn>arn:aws:iam::123456789012:user/bob</Arn>" +
		"<CreateDate>2024-05-01T00:00:00Z</CreateDate>"
	root = "<UserId>123456789012</UserId><Arn>arn:aws:iam::123456789012:root</Arn><CreateDate>2020-05-01T00:00:00Z</CreateDate>"
	end  = "<IsTruncated>false</IsTruncated>"
	key  = "<member><AccessKeyId>AKIAIOSFODNN7EXAMPLE</AccessKeyId><Status>Active</Status><CreateDate>2024-05-01T00:00:00Z</CreateDate></member>"
)

// What moto says to a question about an account with little in it and one with some of everything is taken.
func TestAnswersOfMotoAreComplete(t *testing.T) {
	t.Parallel()
	file, err := os.ReadFile("testdata/moto-5.2.1.txt")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(file)) {
		action, body, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		if accepted, err := shape.Check(action, "", []byte(body), nil); err != nil || len(accepted) > 0 {
			t.Errorf("%s: got %v, accepted %v, want no complaint about\n%s", action, err, accepted, body)
		}
	}
}

func TestCompleteAnswers(t *testing.T) {
	t.Parallel()
	users := "<Users><member>" + bob + "</member></Users>"
	for _, test := range []struct{ operation, inner string }{
		{"ListUsers", users + end},
		{"ListUsers", end + users},
		{"ListUsers", "<Users/>" + end},
		{"ListUsers", "<Users> </Users >\n" + end},
		{"ListUsers", "<Users/><New><!-- <Users> --><?x?>text</New>" + end},
		{"ListUsers", users + "<IsTruncated>true</IsTruncated><Marker>a</Marker>"},
		{"ListUsers", "<Users><member new='>' other=\"/>\">" + bob + "</member></Users>" + end},
		{"ListUsers", "<Users><member>" + bob + "<New><Arn>x</Arn><Arn/></New><Other/></member></Users><Extra><![CDATA[</ListUsersResult>]]></Extra>" + end},
		{"ListVirtualMFADevices", "<VirtualMFADevices><member><SerialNumber>s</SerialNumber></member><member><SerialNumber>s</SerialNumber><User/></member></VirtualMFADevices>" + end},
		{"ListVirtualMFADevices", "<VirtualMFADevices><member><SerialNumber>s</SerialNumber><EnableDate>2024-05-01T00:00:00Z</EnableDate><User>" + root + "</User></member></VirtualMFADevices>" + end},
		{"ListAccessKeys", "<AccessKeyMetadata>" + key + key + "</AccessKeyMetadata>"},
		{"ListSSHPublicKeys", "<SSHPublicKeys/>"},
		{"GetAccountSummary", "<SummaryMap><entry><key>Users</key><value>2147483647</value></entry><new/></SummaryMap>"},
		{"GetAccessKeyLastUsed", "<AccessKeyLastUsed><ServiceName>N/A</ServiceName><Region>N/A</Region></AccessKeyLastUsed>"},
	} {
		if _, err := shape.Check("iam:"+test.operation, "", answer(test.operation, test.inner), nil); err != nil {
			t.Errorf("%s: got %v of %s, want no complaint", test.operation, err, test.inner)
		}
	}
	for _, body := range []string{
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ListUsersResponse>\n<ListUsersResult><Users/><IsTruncated>false</IsTruncated></ListUsersResult></ListUsersResponse>\n",
		"\n  <ListUsersResponse\n xmlns='x'><Other/><ListUsersResult><Users/><IsTruncated>false</IsTruncated></ListUsersResult></ListUsersResponse>",
	} {
		if _, err := shape.Check("iam:ListUsers", "", []byte(body), nil); err != nil {
			t.Errorf("got %v of %q, want it taken", err, body)
		}
	}
}

func TestIncompleteAnswers(t *testing.T) {
	t.Parallel()
	user := func(inner string) string { return "<Users><member>" + inner + "</member></Users>" + end }
	for _, test := range []struct{ operation, inner, want string }{
		{"ListUsers", "", "got an answer without Users"},
		{"ListUsers", end, "got an answer without Users"},
		{"ListUsers", "<Users/>", "got an answer without IsTruncated"},
		{"ListUsers", "<Users/><IsTruncated>true</IsTruncated>", "got an answer without Marker"},
		{"ListUsers", "<Users/><IsTruncated>true</IsTruncated><Marker/>", "got an answer without Marker"},
		{"ListUsers", "<Users/><IsTruncated/>", `got IsTruncated of "", want true or false`},
		{"ListUsers", "<Users/><IsTruncated>0</IsTruncated>", `got IsTruncated of "0", want true or false`},
		{"ListUsers", "<Users/><IsTruncated><x/>false</IsTruncated>", `got more than a text in IsTruncated`},
		{"ListUsers", "<Users/>" + end + end, "got IsTruncated twice in one place"},
		{"ListUsers", "<Users/><istruncated>false</istruncated>", `got the element "istruncated", want IsTruncated`},
		{"ListUsers", "<Users/><a:IsTruncated>false</a:IsTruncated>", `got the element "a:IsTruncated", want IsTruncated`},
		{"ListUsers", "<Other><IsTruncated>false</IsTruncated><Users/></Other>", "got an answer without Users"},
		{"ListUsers", "<Users><user>" + bob + "</user></Users>" + end, `got the element "user" in the list Users, want member`},
		{"ListUsers", "<Users><member/></Users>" + end, "got an empty entry in the list Users"},
		{"ListUsers", user(strings.Replace(bob, "arn:aws:iam::123456789012:user/bob", " ", 1)), "got User without Arn"},
		{"ListUsers", user(strings.Replace(bob, "<UserName>bob</UserName>", "", 1)), "got User without UserName"},
		{"ListUsers", user(bob + "<PasswordLastUsed>2024-05-01T00:00:00Z</PasswordLastUsed><PasswordLastUsed/>"), "got PasswordLastUsed twice in one place"},
		{"ListVirtualMFADevices", "<VirtualMFADevices><member><SerialNumber>s</SerialNumber><EnableDate>2024-05-01T00:00:00Z</EnableDate></member></VirtualMFADevices>" + end, "got VirtualMFADevice without User"},
		{"ListVirtualMFADevices", "<VirtualMFADevices><member><SerialNumber>s</SerialNumber><User>" + root + "</User></member></VirtualMFADevices>" + end, "got VirtualMFADevice without EnableDate"},
		{"ListAccessKeys", "<AccessKeyMetadata>" + key + key + key + "</AccessKeyMetadata>", "got an answer without IsTruncated"},
		{"ListAccessKeys", "<AccessKeyMetadata/><Marker>more</Marker>", "got an answer without IsTruncated"},
		{"ListSSHPublicKeys", end, "AWS left SSHPublicKeys out of an answer, which doesn't say that there are none"},
		// What a reader of XML passes over, and AWS never writes.
		{"ListUsers", "<Users><!--<member>" + bob + "</member>--></Users>" + end, "got \"<!--<member><Path>/</Path><UserName>bob<\" between the elements of Users"},
		{"ListUsers", "<Users><![CDATA[<member></member>]]></Users>" + end, "got \"<![CDATA[<member></member>]]>\" between the elements of Users"},
		{"ListUsers", "<Users/>none" + end, "got \"none\" between the elements of ListUsersResult"},
		{"ListUsers", user(bob + "<?x?>"), "got \"<?x?>\" between the elements of member"},
		{"ListUsers", "<Users xsi:nil=\"true\" xmlns:xsi=\"x\"/>" + end, "got Users as nil"},
		{"ListUsers", user(bob + "<PasswordLastUsed nil = '1' />"), "got PasswordLastUsed as nil"},
		{"GetAccountSummary", "<SummaryMap><entry><key>Users</key><value>-1</value></entry></SummaryMap>", `got value of "-1", want a whole number of 32 bits`},
		{"GetAccountSummary", "<SummaryMap><entry><key>Users</key></entry></SummaryMap>", "got an entry of SummaryMap without its key or value"},
		{"GetAccountSummary", "<SummaryMap><entry><value>1</value><key>Users</key></entry></SummaryMap>", `got the element "value" in an entry of SummaryMap, want a key and its value`},
		{"GetAccountSummary", "<SummaryMap><entry><key>Users</key><value>1</value><value>0</value></entry></SummaryMap>", `got the element "value" in an entry of SummaryMap, want a key and its value`},
		{"GetAccountSummary", "<SummaryMap><entry><key>Users</key><value>2147483648</value></entry></SummaryMap>", `got value of "2147483648", want a whole number of 32 bits`},
		{"GetAccountSummary", "<SummaryMap><entry><key>Users</key><value></value></entry></SummaryMap>", `got value of "", want a whole number of 32 bits`},
		{"GetAccountSummary", strings.Repeat("<SummaryMap><entry><key>Users</key><value>1</value></entry></SummaryMap>", 2), "got SummaryMap twice in one place"},
		{"GetAccountSummary", "<SummaryMap>" + strings.Repeat("<entry><key>Users</key><value>1</value></entry>", 2) + "</SummaryMap>", "got Users twice in one place"},
		{"GetAccountSummary", "<SummaryMap><Entry/></SummaryMap>", `got the element "Entry" in SummaryMap, want entry`},
		{"GetAccessKeyLastUsed", "<AccessKeyLastUsed><ServiceName>s3</ServiceName><Region>N/A</Region></AccessKeyLastUsed>", "got AccessKeyLastUsed without LastUsedDate"},
	} {
		_, err := shape.Check("iam:"+test.operation, "", answer(test.operation, test.inner), nil)
		var odd *shape.Error
		if !errors.As(err, &odd) || err.Error() != test.want {
			t.Errorf("%s: got %v of %s, want %s", test.operation, err, test.inner, test.want)
		}
	}
}

// An answer about one user says nothing of another, whatever stands between the two and the server mixes up.
func TestAnswersAreAboutWhomTheyAreAskedFor(t *testing.T) {
	t.Parallel()
	body := answer("ListAccessKeys", "<AccessKeyMetadata>"+strings.Replace(key, "<Status>", "<UserName>a&#43;bob</UserName><Status>", 1)+"</AccessKeyMetadata>"+end)
	for about, want := range map[string]string{"": "", "a+bob": "", "A+Bob": "", "alice": "got an answer about the user a&#43;bob, want one about alice"} {
		got := ""
		if _, err := shape.Check("iam:ListAccessKeys", about, body, nil); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("got %q of an answer for %q, want %q", got, about, want)
		}
	}
}

// The SDK believes the first element that is called as the result, at any depth and in any case.
func TestResultBelongsInOnePlace(t *testing.T) {
	t.Parallel()
	const result = "<ListUsersResult><Users/><IsTruncated>false</IsTruncated></ListUsersResult>"
	for _, inner := range []string{
		"<x>" + result + "</x>" + result, "<x>" + strings.ToLower(result) + "</x>" + result, "<a:ListUsersResult/>" + result, result + result,
		"<ListUsersResult><x>" + result + "</x><Users/>" + end + "</ListUsersResult>", "",
	} {
		var odd *shape.Error
		if _, err := shape.Check("iam:ListUsers", "", []byte("<ListUsersResponse>"+inner+"</ListUsersResponse>"), nil); !errors.As(err, &odd) {
			t.Errorf("got %v of %s, want it refused", err, inner)
		}
	}
}

func TestTornAnswers(t *testing.T) {
	t.Parallel()
	whole := answer("ListUsers", "<Users><member a='>'>"+bob+"</member></Users>"+end)
	for n := range len(bytes.TrimSpace(whole)) {
		if _, err := shape.Check("iam:ListUsers", "", whole[:n], nil); !errors.Is(err, shape.ErrTorn) {
			t.Errorf("got %v of the first %d bytes, want it taken for torn", err, n)
		}
	}
	for _, body := range []string{
		"", "{}", "ok", "<html></html>", "<HealthResponse></HealthResponse>", "<ListUsersResponse/>", "x" + string(whole), string(whole) + "x",
		string(whole) + string(whole), "<!DOCTYPE x>" + string(whole), strings.Replace(string(whole), "</member>", "</x>", 1),
		strings.Replace(string(whole), "</IsTruncated>", "</x>", 1), strings.Replace(string(whole), "</UserName>", "</x>", 1),
	} {
		if _, err := shape.Check("iam:ListUsers", "", []byte(body), nil); !errors.Is(err, shape.ErrTorn) {
			t.Errorf("got %v of %q, want it taken for torn", err, body)
		}
	}
}

func TestAnswersInJSON(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ action, body, want string }{
		{"account:ListRegions", `{"Regions":[{"RegionName":"us-east-1","RegionOptStatus":"ENABLED"}],"New":{"a":[1,{"b":null}]}}`, ""},
		{"account:ListRegions", `{"Regions":[]}`, ""},
		{"account:ListRegions", `{"Regions":null}`, "got an answer without Regions"},
		{"account:ListRegions", `{"Regions":[],"Regions":[]}`, "got Regions twice in one place"},
		{"account:ListRegions", `{"Regions":[{"RegionName":"us-east-1"}]}`, "got Region without RegionOptStatus"},
		{"account:ListRegions", `{"Regions":[{"RegionName":"us-east-1","RegionOptStatus":7}]}`, "got 7 in RegionOptStatus, want a text"},
		{"account:ListRegions", `{"Regions":[null]}`, "got null in the list Regions"},
		{"account:ListRegions", `{"Regions":{}}`, "got a value of another kind in Regions"},
		{"account:ListRegions", `[]`, shape.ErrTorn.Error()},
		{"account:ListRegions", `{"Regions":[]}}`, shape.ErrTorn.Error()},
		{"access-analyzer:ListAnalyzers", `{"analyzers":[{"arn":"a","name":"n","type":"ACCOUNT","createdAt":"c","status":"ACTIVE","tags":{"a":""}}]}`, ""},
		// All that AWS's model has.
		{"account:ListRegions", `{"NextToken": null, "Regions": [{"RegionName": "us-east-1", "RegionOptStatus": "ENABLED_BY_DEFAULT"}]}`, ""},
		{"access-analyzer:ListAnalyzers", `{"analyzers":[],"nextToken":null}`, ""},
		{"access-analyzer:ListAnalyzers", `{"analyzers":[{"arn":"a","name":"n","type":"ACCOUNT_UNUSED_ACCESS","createdAt":"c","lastResourceAnalyzed":"r","lastResourceAnalyzedAt":"l",` +
			`"tags":{},"status":"ACTIVE","statusReason":{"code":"x"},"configuration":{"unusedAccess":{"unusedAccessAge":90,"analysisRule":{"exclusions":[]}}},"managedBy":null}]}`, ""},
		{"access-analyzer:ListAnalyzers", `{"analyzers":[{"arn":"a","name":"n","type":"ACCOUNT","createdAt":"c","status":""}]}`, "got AnalyzerSummary without status"},
		// Structures of one name in several services hold what each of them says.
		{"identitystore:ListUsers", `{"Users":[{"IdentityStoreId":"d-1","UserId":"u","UserName":"n","Extensions":{"a":{"b":[1]}},"Emails":[{"Value":"v","Primary":true}]}]}`, ""},
		{"identitystore:ListUsers", `{"Users":[{"UserId":"u"}]}`, "got User without UserName"},
		{"identitystore:ListUsers", `{"NextToken":"t"}`, "got an answer without Users"},
		{"identitystore:ListGroups", `{"Groups":[{"GroupId":"g"}]}`, "got Group without DisplayName"},
		{"identitystore:ListGroupMemberships", `{"GroupMemberships":[{"MemberId":{"UserId":"u"}}]}`, ""},
		{"identitystore:ListGroupMemberships", `{"GroupMemberships":[{}]}`, "got GroupMembership without MemberId"},
		{"sso:ListInstances", `{"Instances":[{"InstanceArn":"a","IdentityStoreId":"d","OwnerAccountId":"o","CreatedDate":1.5e9,"Regions":[{"IsPrimaryRegion":true,"RegionName":"r"}]}]}`, ""},
		{"sso:ListInstances", `{"Instances":[{"InstanceArn":"a","IdentityStoreId":"d"}]}`, "got InstanceMetadata without OwnerAccountId"},
		{"sso:ListInstances", `{}`, "got an answer without Instances"},
		{"sso:ListPermissionSets", `{"PermissionSets":null}`, "got an answer without PermissionSets"},
		{"sso:DescribePermissionSet", `{}`, "got an answer without PermissionSet"},
		{"sso:GetInlinePolicyForPermissionSet", `{"InlinePolicy":""}`, ""},
		{"sso:ListManagedPoliciesInPermissionSet", `{"AttachedManagedPolicies":[{"Name":"n"}]}`, "got AttachedManagedPolicy without Arn"},
		{"sso:ListCustomerManagedPolicyReferencesInPermissionSet", `{}`, "got an answer without CustomerManagedPolicyReferences"},
		{"sso:GetPermissionsBoundaryForPermissionSet", `{}`, "got an answer without PermissionsBoundary"},
		{"sso:ListAccountAssignments", `{"AccountAssignments":[{"AccountId":"a","PermissionSetArn":"p","PrincipalType":"USER"}]}`, "got AccountAssignment without PrincipalId"},
		{"sso:ListAccountAssignmentsForPrincipal", `{}`, "got an answer without AccountAssignments"},
		{"organizations:DescribeResourcePolicy", `{"ResourcePolicy":{"Content":""}}`, "got ResourcePolicy without Content"},
		{"organizations:ListDelegatedAdministrators", `{}`, "got an answer without DelegatedAdministrators"},
		{"organizations:ListDelegatedServicesForAccount", `{"DelegatedServices":[{}]}`, "got DelegatedService without ServicePrincipal"},
	} {
		got := ""
		if _, err := shape.Check(test.action, "", []byte(test.body), nil); err != nil {
			got = err.Error()
		}
		if got != test.want {
			t.Errorf("%s: got %q of %s, want %q", test.action, got, test.body, test.want)
		}
	}
}

func TestAbsenceIsTolerated(t *testing.T) {
	t.Parallel()
	const user = "<member><Path>/</Path><UserName>bob</UserName><UserId>AIDABOBEXAMPLE</UserId><Arn>arn:aws:iam::123456789012:user/bob</Arn><CreateDate>2024-05-01T00:00:00Z</CreateDate></member>"
	body := answer("GetAccountAuthorizationDetails", "<UserDetailList>"+user+user+"</UserDetailList><GroupDetailList/><RoleDetailList/><Policies/>"+end)
	const action = "iam:GetAccountAuthorizationDetails"
	var odd *shape.Error
	if _, err := shape.Check(action, "", body, []string{"AttachedManagedPolicies"}); !errors.As(err, &odd) || odd.Absent != "GroupList" {
		t.Errorf("got %v, want that the GroupList was left out", err)
	}
	accepted, err := shape.Check(action, "", body, []string{"GroupList", "AttachedManagedPolicies"})
	if want := []string{"GroupList", "AttachedManagedPolicies"}; err != nil || !slices.Equal(accepted, want) {
		t.Errorf("got %v and %v, want %v accepted", err, accepted, want)
	}
	if _, err := shape.Check("iam:ListUsers", "", answer("ListUsers", end), []string{"Users"}); err == nil {
		t.Error("got Users left out, which the model requires, want an error")
	}
	if got := shape.Tolerable(); slices.Contains(got, "Users") || !slices.Contains(got, "SSHPublicKeys") || !slices.IsSorted(got) {
		t.Errorf("got %v, want the lists that the model doesn't require", got)
	}
}

func BenchmarkCheck(b *testing.B) {
	document := strings.Repeat("%7B%22Version%22%3A%222012-10-17%22%7D", 150)
	user := "<member>" + bob + "<GroupList/><AttachedManagedPolicies/><UserPolicyList><member><PolicyName>p</PolicyName><PolicyDocument>" + document +
		"</PolicyDocument></member></UserPolicyList></member>"
	body := answer("GetAccountAuthorizationDetails", "<UserDetailList>"+strings.Repeat(user, 10_000)+"</UserDetailList><GroupDetailList/><RoleDetailList/><Policies/>"+end)
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		if _, err := shape.Check("iam:GetAccountAuthorizationDetails", "", body, nil); err != nil {
			b.Fatal(err)
		}
	}
}
