package collect

import (
	"cmp"
	"context"
	"errors"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/smithy-go"

	"sekisho/audit/account"
)

// maxItems is the most that IAM gives on one page; it may give fewer (iam-facts: MaxItems 1–1000, default 100).
const maxItems = 1000

// answer starts an answer; done fills in its value and says whether it is whole.
func answer[T any](r *run, action string) *account.Answer[T] {
	return &account.Answer[T]{Action: action, Began: r.now()}
}

// keep stores an answer that was read, whole or in part. Nothing read at all is no answer.
func keep[T any](r *run, into **account.Answer[T], a *account.Answer[T], value T, err error, something bool) error {
	if err == nil || something {
		a.Value, a.Complete, a.Ended = value, err == nil, r.now()
		r.mu.Lock()
		*into = a
		r.mu.Unlock()
	}
	return failed(a.Action, err)
}

// page is what a paged call says of what follows.
type page struct {
	truncated bool
	marker    *string
}

// errMarker is an answer that says there is more and not where.
var errMarker = errors.New("got a truncated answer without a new Marker")

// pages calls fetch until the list ends. A Marker that does not move on is an error, not an endless loop.
func pages(fetch func(marker *string) (page, error)) (read int, err error) {
	var marker *string
	seen := map[string]bool{}
	for {
		p, err := fetch(marker)
		if err != nil {
			return read, err
		}
		read++
		if !p.truncated {
			return read, nil
		}
		if aws.ToString(p.marker) == "" || seen[*p.marker] {
			return read, errMarker
		}
		marker = p.marker
		seen[*marker] = true
	}
}

func accountSummary(ctx context.Context, r *run) error {
	a := answer[account.Summary](r, "iam:GetAccountSummary")
	out, err := r.session.IAM.GetAccountSummary(ctx, &iam.GetAccountSummaryInput{})
	if err != nil {
		return failed(a.Action, err)
	}
	if out.SummaryMap == nil {
		return failed(a.Action, errors.New("got an answer without a SummaryMap"))
	}
	return keep(r, &r.snapshot.AccountSummary, a, out.SummaryMap, nil, true)
}

func accountAliases(ctx context.Context, r *run) error {
	a := answer[[]string](r, "iam:ListAccountAliases")
	aliases := []string{}
	read, err := pages(func(marker *string) (page, error) {
		out, err := r.session.IAM.ListAccountAliases(ctx, &iam.ListAccountAliasesInput{Marker: marker})
		if err != nil {
			return page{}, err
		}
		aliases = append(aliases, out.AccountAliases...)
		return page{out.IsTruncated, out.Marker}, nil
	})
	return keep(r, &r.snapshot.AccountAliases, a, aliases, err, read > 0)
}

// passwordPolicy reads the account's own policy. NoSuchEntity is an answer: none is set and AWS's default applies.
func passwordPolicy(ctx context.Context, r *run) error {
	a := answer[*account.PasswordPolicy](r, "iam:GetAccountPasswordPolicy")
	out, err := r.session.IAM.GetAccountPasswordPolicy(ctx, &iam.GetAccountPasswordPolicyInput{})
	if noSuchEntity(err) {
		return keep(r, &r.snapshot.PasswordPolicy, a, nil, nil, true)
	}
	if err != nil {
		return failed(a.Action, err)
	}
	p := out.PasswordPolicy
	if p == nil || p.MinimumPasswordLength == nil {
		return failed(a.Action, errors.New("got an answer without a PasswordPolicy"))
	}
	return keep(r, &r.snapshot.PasswordPolicy, a, &account.PasswordPolicy{
		MinimumPasswordLength:      aws.ToInt32(p.MinimumPasswordLength),
		RequireUppercase:           p.RequireUppercaseCharacters,
		RequireLowercase:           p.RequireLowercaseCharacters,
		RequireSymbols:             p.RequireSymbols,
		RequireNumbers:             p.RequireNumbers,
		AllowUsersToChangePassword: p.AllowUsersToChangePassword,
		ExpirePasswords:            p.ExpirePasswords,
		MaxPasswordAgeDays:         aws.ToInt32(p.MaxPasswordAge),
		PasswordReusePrevention:    aws.ToInt32(p.PasswordReusePrevention),
		HardExpiry:                 aws.ToBool(p.HardExpiry),
	}, nil, true)
}

// authorizationDetails reads users, groups, roles and the managed policies in use, all on the same pages. Each page reads the current
// state, so that what changed meanwhile may come twice: the later word counts.
func authorizationDetails(ctx context.Context, r *run) error {
	a := answer[account.AuthorizationDetails](r, "iam:GetAccountAuthorizationDetails")
	d := account.AuthorizationDetails{Users: []account.UserDetail{}, Groups: []account.GroupDetail{}, Roles: []account.RoleDetail{}, Policies: []account.PolicyDetail{}}
	read, err := pages(func(marker *string) (page, error) {
		out, err := r.session.IAM.GetAccountAuthorizationDetails(ctx, &iam.GetAccountAuthorizationDetailsInput{Marker: marker, MaxItems: aws.Int32(maxItems)})
		if err != nil {
			return page{}, err
		}
		d.Users = append(d.Users, each(out.UserDetailList, userDetail)...)
		d.Groups = append(d.Groups, each(out.GroupDetailList, groupDetail)...)
		d.Roles = append(d.Roles, each(out.RoleDetailList, roleDetail)...)
		d.Policies = append(d.Policies, each(out.Policies, policyDetail)...)
		return page{out.IsTruncated, out.Marker}, nil
	})
	d.Users = latestBy(d.Users, func(u account.UserDetail) string { return u.ARN })
	d.Groups = latestBy(d.Groups, func(g account.GroupDetail) string { return g.ARN })
	d.Roles = latestBy(d.Roles, func(role account.RoleDetail) string { return role.ARN })
	d.Policies = latestBy(d.Policies, func(p account.PolicyDetail) string { return p.ARN })
	return keep(r, &r.snapshot.AuthorizationDetails, a, d, err, read > 0)
}

func listUsers(ctx context.Context, r *run) error {
	a := answer[[]account.ListedUser](r, "iam:ListUsers")
	users := []account.ListedUser{}
	read, err := pages(func(marker *string) (page, error) {
		out, err := r.session.IAM.ListUsers(ctx, &iam.ListUsersInput{Marker: marker, MaxItems: aws.Int32(maxItems)})
		if err != nil {
			return page{}, err
		}
		users = append(users, each(out.Users, listedUser)...)
		return page{out.IsTruncated, out.Marker}, nil
	})
	users = latestBy(users, func(u account.ListedUser) string { return u.ARN })
	return keep(r, &r.snapshot.Users, a, users, err, read > 0)
}

func listedUser(u types.User) account.ListedUser {
	return account.ListedUser{
		Name: aws.ToString(u.UserName), ID: aws.ToString(u.UserId), ARN: aws.ToString(u.Arn), Path: aws.ToString(u.Path),
		Created: utc(u.CreateDate), PasswordLastUsed: utcOrNil(u.PasswordLastUsed),
	}
}

func virtualMFADevices(ctx context.Context, r *run) error {
	a := answer[[]account.VirtualMFADevice](r, "iam:ListVirtualMFADevices")
	devices := []account.VirtualMFADevice{}
	read, err := pages(func(marker *string) (page, error) {
		out, err := r.session.IAM.ListVirtualMFADevices(ctx, &iam.ListVirtualMFADevicesInput{Marker: marker, MaxItems: aws.Int32(maxItems)})
		if err != nil {
			return page{}, err
		}
		devices = append(devices, each(out.VirtualMFADevices, virtualMFADevice)...)
		return page{out.IsTruncated, out.Marker}, nil
	})
	devices = latestBy(devices, func(d account.VirtualMFADevice) string { return d.Serial })
	return keep(r, &r.snapshot.VirtualMFADevices, a, devices, err, read > 0)
}

// virtualMFADevice copies a device. An owner without ARN and ID, as some endpoints send for a device of nobody, is no owner.
func virtualMFADevice(d types.VirtualMFADevice) account.VirtualMFADevice {
	device := account.VirtualMFADevice{Serial: aws.ToString(d.SerialNumber), EnabledSince: utcOrNil(d.EnableDate)}
	if u := d.User; u != nil && aws.ToString(u.Arn)+aws.ToString(u.UserId) != "" {
		device.Owner = &account.MFAOwner{
			Name: aws.ToString(u.UserName), ID: aws.ToString(u.UserId), ARN: aws.ToString(u.Arn), Path: aws.ToString(u.Path),
			Created: utcOrNil(u.CreateDate), PasswordLastUsed: utcOrNil(u.PasswordLastUsed),
		}
	}
	return device
}

func samlProviders(ctx context.Context, r *run) error {
	a := answer[[]account.Provider](r, "iam:ListSAMLProviders")
	out, err := r.session.IAM.ListSAMLProviders(ctx, &iam.ListSAMLProvidersInput{})
	if err != nil {
		return failed(a.Action, err)
	}
	return keep(r, &r.snapshot.SAMLProviders, a, each(out.SAMLProviderList, func(p types.SAMLProviderListEntry) account.Provider {
		return account.Provider{ARN: aws.ToString(p.Arn), Created: utcOrNil(p.CreateDate), ValidUntil: utcOrNil(p.ValidUntil)}
	}), nil, true)
}

func oidcProviders(ctx context.Context, r *run) error {
	a := answer[[]account.Provider](r, "iam:ListOpenIDConnectProviders")
	out, err := r.session.IAM.ListOpenIDConnectProviders(ctx, &iam.ListOpenIDConnectProvidersInput{})
	if err != nil {
		return failed(a.Action, err)
	}
	return keep(r, &r.snapshot.OIDCProviders, a, each(out.OpenIDConnectProviderList, func(p types.OpenIDConnectProviderListEntry) account.Provider {
		return account.Provider{ARN: aws.ToString(p.Arn)}
	}), nil, true)
}

func userDetail(u types.UserDetail) account.UserDetail {
	return account.UserDetail{
		Name: aws.ToString(u.UserName), ID: aws.ToString(u.UserId), ARN: aws.ToString(u.Arn), Path: aws.ToString(u.Path), Created: utc(u.CreateDate),
		Groups: append([]string{}, u.GroupList...), InlinePolicies: each(u.UserPolicyList, inlinePolicy),
		AttachedPolicies: each(u.AttachedManagedPolicies, attachedPolicy), PermissionsBoundary: boundary(u.PermissionsBoundary), Tags: each(u.Tags, tag),
	}
}

func groupDetail(g types.GroupDetail) account.GroupDetail {
	return account.GroupDetail{
		Name: aws.ToString(g.GroupName), ID: aws.ToString(g.GroupId), ARN: aws.ToString(g.Arn), Path: aws.ToString(g.Path), Created: utc(g.CreateDate),
		InlinePolicies: each(g.GroupPolicyList, inlinePolicy), AttachedPolicies: each(g.AttachedManagedPolicies, attachedPolicy),
	}
}

func roleDetail(role types.RoleDetail) account.RoleDetail {
	d := account.RoleDetail{
		Name: aws.ToString(role.RoleName), ID: aws.ToString(role.RoleId), ARN: aws.ToString(role.Arn), Path: aws.ToString(role.Path), Created: utc(role.CreateDate),
		TrustPolicy: document(role.AssumeRolePolicyDocument), InlinePolicies: each(role.RolePolicyList, inlinePolicy),
		AttachedPolicies: each(role.AttachedManagedPolicies, attachedPolicy), PermissionsBoundary: boundary(role.PermissionsBoundary), Tags: each(role.Tags, tag),
		InstanceProfiles: each(role.InstanceProfileList, func(p types.InstanceProfile) account.InstanceProfile {
			return account.InstanceProfile{Name: aws.ToString(p.InstanceProfileName), ID: aws.ToString(p.InstanceProfileId), ARN: aws.ToString(p.Arn), Path: aws.ToString(p.Path), Created: utc(p.CreateDate)}
		}),
	}
	if used := role.RoleLastUsed; used != nil {
		d.LastUsed, d.LastUsedRegion = utcOrNil(used.LastUsedDate), aws.ToString(used.Region)
	}
	return d
}

func policyDetail(p types.ManagedPolicyDetail) account.PolicyDetail {
	return account.PolicyDetail{
		Name: policyName(p), ID: aws.ToString(p.PolicyId), ARN: aws.ToString(p.Arn), Path: aws.ToString(p.Path),
		Created: utc(p.CreateDate), Updated: utc(p.UpdateDate), DefaultVersion: aws.ToString(p.DefaultVersionId),
		AttachmentCount: aws.ToInt32(p.AttachmentCount), BoundaryUseCount: aws.ToInt32(p.PermissionsBoundaryUsageCount),
		Versions: each(p.PolicyVersionList, func(v types.PolicyVersion) account.PolicyVersion {
			return account.PolicyVersion{ID: aws.ToString(v.VersionId), Created: utc(v.CreateDate), Default: v.IsDefaultVersion, Document: document(v.Document)}
		}),
	}
}

// policyName is the policy's name. Some endpoints send its ARN alone (moto 5.2), which always ends in it.
func policyName(p types.ManagedPolicyDetail) string {
	arn := aws.ToString(p.Arn)
	return cmp.Or(aws.ToString(p.PolicyName), arn[strings.LastIndex(arn, "/")+1:])
}

func inlinePolicy(p types.PolicyDetail) account.InlinePolicy {
	return account.InlinePolicy{Name: aws.ToString(p.PolicyName), Document: document(p.PolicyDocument)}
}

func attachedPolicy(p types.AttachedPolicy) account.AttachedPolicy {
	return account.AttachedPolicy{Name: aws.ToString(p.PolicyName), ARN: aws.ToString(p.PolicyArn)}
}

func boundary(b *types.AttachedPermissionsBoundary) string {
	if b == nil {
		return ""
	}
	return aws.ToString(b.PermissionsBoundaryArn)
}

func tag(t types.Tag) account.Tag {
	return account.Tag{Key: aws.ToString(t.Key), Value: aws.ToString(t.Value)}
}

// document decodes a policy as AWS sends it, RFC 3986 URL-encoded: a + stays a +. Text that can't be decoded is kept as it came; whoever
// parses it will say that it is no policy.
func document(encoded *string) string {
	text := aws.ToString(encoded)
	if decoded, err := url.PathUnescape(text); err == nil {
		return decoded
	}
	return text
}

// each maps a list; an empty one stays a list, for null says nothing.
func each[From, To any](list []From, convert func(From) To) []To {
	out := make([]To, len(list))
	for i, item := range list {
		out[i] = convert(item)
	}
	return out
}

// latestBy keeps, of entries with the same key, the last, in the place of the first.
func latestBy[T any](list []T, key func(T) string) []T {
	place := make(map[string]int, len(list))
	out := list[:0]
	for _, item := range list {
		if i, seen := place[key(item)]; seen {
			out[i] = item
			continue
		}
		place[key(item)] = len(out)
		out = append(out, item)
	}
	return out
}

func utc(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.UTC()
}

func utcOrNil(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	u := t.UTC()
	return &u
}

// noSuchEntity reports AWS's word that there is no such thing.
func noSuchEntity(err error) bool { return errorCode(err) == "NoSuchEntity" }

func errorCode(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	return ""
}
