package collect

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/smithy-go"

	"sekisho/audit/account"
	"sekisho/audit/convert"
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
	policy := convert.PasswordPolicy(out.PasswordPolicy)
	if policy == nil {
		return failed(a.Action, errors.New("got an answer without a PasswordPolicy"))
	}
	return keep(r, &r.snapshot.PasswordPolicy, a, policy, nil, true)
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
		part := convert.Details(out.UserDetailList, out.GroupDetailList, out.RoleDetailList, out.Policies)
		d.Users, d.Groups = append(d.Users, part.Users...), append(d.Groups, part.Groups...)
		d.Roles, d.Policies = append(d.Roles, part.Roles...), append(d.Policies, part.Policies...)
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
		users = append(users, convert.List(out.Users, convert.User)...)
		return page{out.IsTruncated, out.Marker}, nil
	})
	users = latestBy(users, func(u account.ListedUser) string { return u.ARN })
	return keep(r, &r.snapshot.Users, a, users, err, read > 0)
}

func virtualMFADevices(ctx context.Context, r *run) error {
	a := answer[[]account.VirtualMFADevice](r, "iam:ListVirtualMFADevices")
	devices := []account.VirtualMFADevice{}
	read, err := pages(func(marker *string) (page, error) {
		out, err := r.session.IAM.ListVirtualMFADevices(ctx, &iam.ListVirtualMFADevicesInput{Marker: marker, MaxItems: aws.Int32(maxItems)})
		if err != nil {
			return page{}, err
		}
		devices = append(devices, convert.List(out.VirtualMFADevices, convert.VirtualMFADevice)...)
		return page{out.IsTruncated, out.Marker}, nil
	})
	devices = latestBy(devices, func(d account.VirtualMFADevice) string { return d.Serial })
	return keep(r, &r.snapshot.VirtualMFADevices, a, devices, err, read > 0)
}

func samlProviders(ctx context.Context, r *run) error {
	a := answer[[]account.Provider](r, "iam:ListSAMLProviders")
	out, err := r.session.IAM.ListSAMLProviders(ctx, &iam.ListSAMLProvidersInput{})
	if err != nil {
		return failed(a.Action, err)
	}
	return keep(r, &r.snapshot.SAMLProviders, a, convert.List(out.SAMLProviderList, convert.SAMLProvider), nil, true)
}

func oidcProviders(ctx context.Context, r *run) error {
	a := answer[[]account.Provider](r, "iam:ListOpenIDConnectProviders")
	out, err := r.session.IAM.ListOpenIDConnectProviders(ctx, &iam.ListOpenIDConnectProvidersInput{})
	if err != nil {
		return failed(a.Action, err)
	}
	return keep(r, &r.snapshot.OIDCProviders, a, convert.List(out.OpenIDConnectProviderList, convert.OIDCProvider), nil, true)
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

// noSuchEntity reports AWS's word that there is no such thing.
func noSuchEntity(err error) bool { return errorCode(err) == "NoSuchEntity" }

func errorCode(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	return ""
}
