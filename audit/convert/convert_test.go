package convert_test

import (
	"reflect"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	analyzertypes "github.com/aws/aws-sdk-go-v2/service/accessanalyzer/types"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"sekisho/audit/account"
	"sekisho/audit/convert"
)

var (
	tokyo   = time.Date(2026, 11, 22, 14, 0, 0, 0, time.FixedZone("JST", 9*60*60))
	created = time.Date(2026, 11, 22, 5, 0, 0, 0, time.UTC)
)

// What AWS leaves out is an empty list, which says that there is nothing, and times are UTC.
func TestDetailsWithNothingInThem(t *testing.T) {
	t.Parallel()
	got := convert.Details(
		[]types.UserDetail{{UserName: aws.String("alice"), CreateDate: &tokyo}}, nil,
		[]types.RoleDetail{{RoleName: aws.String("deploy"), CreateDate: &tokyo}},
		[]types.ManagedPolicyDetail{{Arn: aws.String("arn:aws:iam::123456789012:policy/team/Deploy")}})
	want := account.AuthorizationDetails{
		Users: []account.UserDetail{{
			Name: "alice", Created: created, Groups: []string{}, InlinePolicies: []account.InlinePolicy{},
			AttachedPolicies: []account.AttachedPolicy{}, Tags: []account.Tag{},
		}},
		Groups: []account.GroupDetail{},
		Roles: []account.RoleDetail{{
			Name: "deploy", Created: created, InlinePolicies: []account.InlinePolicy{}, AttachedPolicies: []account.AttachedPolicy{},
			Tags: []account.Tag{}, InstanceProfiles: []account.InstanceProfile{},
		}},
		Policies: []account.PolicyDetail{{
			Name: "Deploy", ARN: "arn:aws:iam::123456789012:policy/team/Deploy", Versions: []account.PolicyVersion{},
		}},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%+v\nwant\n%+v", got, want)
	}
}

// Everything that a snapshot keeps of a role comes from its own field.
func TestRoleDetail(t *testing.T) {
	t.Parallel()
	got := convert.Details(nil, nil, []types.RoleDetail{{
		RoleName: aws.String("name"), RoleId: aws.String("id"), Arn: aws.String("arn"), Path: aws.String("path"), CreateDate: &tokyo,
		AssumeRolePolicyDocument: aws.String("%7B%22a+b%22%7D"),
		RolePolicyList:           []types.PolicyDetail{{PolicyName: aws.String("inline"), PolicyDocument: aws.String("100%")}},
		AttachedManagedPolicies:  []types.AttachedPolicy{{PolicyName: aws.String("managed"), PolicyArn: aws.String("arn/managed")}},
		PermissionsBoundary:      &types.AttachedPermissionsBoundary{PermissionsBoundaryArn: aws.String("arn/boundary")},
		Tags:                     []types.Tag{{Key: aws.String("key"), Value: aws.String("value")}},
		RoleLastUsed:             &types.RoleLastUsed{LastUsedDate: &tokyo, Region: aws.String("ap-northeast-1")},
		InstanceProfileList: []types.InstanceProfile{{
			InstanceProfileName: aws.String("p"), InstanceProfileId: aws.String("pid"), Arn: aws.String("parn"), Path: aws.String("/"), CreateDate: &tokyo,
		}},
	}}, nil).Roles[0]
	want := account.RoleDetail{
		Name: "name", ID: "id", ARN: "arn", Path: "path", Created: created,
		TrustPolicy:         `{"a+b"}`,
		InlinePolicies:      []account.InlinePolicy{{Name: "inline", Document: "100%"}},
		AttachedPolicies:    []account.AttachedPolicy{{Name: "managed", ARN: "arn/managed"}},
		PermissionsBoundary: "arn/boundary", Tags: []account.Tag{{Key: "key", Value: "value"}},
		LastUsed: &created, LastUsedRegion: "ap-northeast-1",
		InstanceProfiles: []account.InstanceProfile{{Name: "p", ID: "pid", ARN: "parn", Path: "/", Created: created}},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%+v\nwant\n%+v", got, want)
	}
}

func TestPasswordPolicy(t *testing.T) {
	t.Parallel()
	if got := convert.PasswordPolicy(nil); got != nil {
		t.Errorf("got %+v for no policy, want nil", got)
	}
	if got := convert.PasswordPolicy(&types.PasswordPolicy{RequireSymbols: true}); got != nil {
		t.Errorf("got %+v for a policy without a length, want nil", got)
	}
	length := types.PasswordPolicy{MinimumPasswordLength: aws.Int32(14)}
	tests := []struct {
		set  func(*types.PasswordPolicy)
		want account.PasswordPolicy
	}{
		{func(*types.PasswordPolicy) {}, account.PasswordPolicy{}},
		{func(p *types.PasswordPolicy) { p.RequireUppercaseCharacters = true }, account.PasswordPolicy{RequireUppercase: true}},
		{func(p *types.PasswordPolicy) { p.RequireLowercaseCharacters = true }, account.PasswordPolicy{RequireLowercase: true}},
		{func(p *types.PasswordPolicy) { p.RequireSymbols = true }, account.PasswordPolicy{RequireSymbols: true}},
		{func(p *types.PasswordPolicy) { p.RequireNumbers = true }, account.PasswordPolicy{RequireNumbers: true}},
		{func(p *types.PasswordPolicy) { p.AllowUsersToChangePassword = true }, account.PasswordPolicy{AllowUsersToChangePassword: true}},
		{func(p *types.PasswordPolicy) { p.ExpirePasswords = true }, account.PasswordPolicy{ExpirePasswords: true}},
		{func(p *types.PasswordPolicy) { p.MaxPasswordAge = aws.Int32(90) }, account.PasswordPolicy{MaxPasswordAgeDays: 90}},
		{func(p *types.PasswordPolicy) { p.PasswordReusePrevention = aws.Int32(24) }, account.PasswordPolicy{PasswordReusePrevention: 24}},
		{func(p *types.PasswordPolicy) { p.HardExpiry = aws.Bool(true) }, account.PasswordPolicy{HardExpiry: true}},
	}
	for _, test := range tests {
		p := length
		test.set(&p)
		test.want.MinimumPasswordLength = 14
		if got := convert.PasswordPolicy(&p); got == nil || *got != test.want {
			t.Errorf("got %+v, want %+v", got, test.want)
		}
	}
}

// Some endpoints send an empty owner for a device of nobody.
func TestOwnerOfVirtualMFADevice(t *testing.T) {
	t.Parallel()
	tests := []struct {
		user *types.User
		want *account.MFAOwner
	}{
		{nil, nil},
		{&types.User{}, nil},
		{&types.User{UserName: aws.String("alice"), Arn: aws.String("")}, nil},
		{&types.User{Arn: aws.String("arn:aws:iam::123456789012:root")}, &account.MFAOwner{ARN: "arn:aws:iam::123456789012:root"}},
		{&types.User{UserId: aws.String("AIDAEXAMPLE1"), CreateDate: &tokyo}, &account.MFAOwner{ID: "AIDAEXAMPLE1", Created: &created}},
	}
	for _, test := range tests {
		got := convert.VirtualMFADevice(types.VirtualMFADevice{SerialNumber: aws.String("s"), EnableDate: &tokyo, User: test.user})
		if want := (account.VirtualMFADevice{Serial: "s", EnabledSince: &created, Owner: test.want}); !reflect.DeepEqual(got, want) {
			t.Errorf("got %+v, want %+v", got, want)
		}
	}
}

func TestServiceCredentialHasAName(t *testing.T) {
	t.Parallel()
	password := convert.ServiceCredential(types.ServiceSpecificCredentialMetadata{
		ServiceName: aws.String("codecommit.amazonaws.com"), ServiceUserName: aws.String("alice-at-1"), Status: types.StatusTypeInactive,
	})
	if password.Name != "alice-at-1" || password.APIKey || password.Status != "Inactive" || password.Expires != nil {
		t.Errorf("got %+v, want an inactive password of alice-at-1", password)
	}
	key := convert.ServiceCredential(types.ServiceSpecificCredentialMetadata{
		ServiceName: aws.String("bedrock.amazonaws.com"), ServiceCredentialAlias: aws.String("BedrockAPIKey-1"), ExpirationDate: &tokyo,
	})
	if key.Name != "BedrockAPIKey-1" || !key.APIKey || key.Expires == nil || !key.Expires.Equal(created) {
		t.Errorf("got %+v, want an API key BedrockAPIKey-1 that ends", key)
	}
}

// A map's order changes from run to run, a snapshot's doesn't.
func TestTagsOfAnalyzerAreSorted(t *testing.T) {
	t.Parallel()
	got := convert.Analyzer(analyzertypes.AnalyzerSummary{Tags: map[string]string{"b": "2", "c": "3", "a": "1"}}).Tags
	if want := []account.Tag{{Key: "a", Value: "1"}, {Key: "b", Value: "2"}, {Key: "c", Value: "3"}}; !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if got := convert.Analyzer(analyzertypes.AnalyzerSummary{}).Tags; got == nil || len(got) > 0 {
		t.Errorf("got the tags %v of an analyzer without any, want an empty list", got)
	}
}

func TestLoginProfile(t *testing.T) {
	t.Parallel()
	if got := convert.LoginProfile(&types.LoginProfile{PasswordResetRequired: true}); got != nil {
		t.Errorf("got %+v for a profile without a date, want nil", got)
	}
	got := convert.LoginProfile(&types.LoginProfile{CreateDate: &tokyo, PasswordResetRequired: true})
	if want := (account.LoginProfile{Created: created, PasswordResetRequired: true}); got == nil || *got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}
