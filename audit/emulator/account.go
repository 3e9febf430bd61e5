package emulator

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"sekisho/audit/account"
)

type entry struct {
	Key   string `xml:"key"`
	Value int32  `xml:"value"`
}

func (s *Server) getAccountSummary(q *request) (any, *apiError) {
	summary, failed := answered(s, q, account.AccountSummarySection, "", s.snapshot.AccountSummary)
	if failed != nil {
		return nil, failed
	}
	var result struct {
		Entries []entry `xml:"SummaryMap>entry"`
	}
	for key, n := range summary {
		result.Entries = append(result.Entries, entry{key, n})
	}
	slices.SortFunc(result.Entries, func(x, y entry) int { return cmp.Compare(x.Key, y.Key) })
	return result, nil
}

func (s *Server) listAccountAliases(q *request) (any, *apiError) {
	aliases, failed := answered(s, q, account.AccountAliasesSection, "", s.snapshot.AccountAliases)
	if failed != nil {
		return nil, failed
	}
	p, failed := s.page(q, len(aliases), rest(s, q, account.AccountAliasesSection, "", s.snapshot.AccountAliases))
	if failed != nil {
		return nil, failed
	}
	return struct {
		AccountAliases members[string]
		paging
	}{members[string]{aliases[p.from:p.to]}, p.paging}, nil
}

type passwordPolicy struct {
	MinimumPasswordLength      int32
	RequireSymbols             bool
	RequireNumbers             bool
	RequireUppercaseCharacters bool
	RequireLowercaseCharacters bool
	AllowUsersToChangePassword bool
	ExpirePasswords            bool
	MaxPasswordAge             int32 `xml:",omitempty"`
	PasswordReusePrevention    int32 `xml:",omitempty"`
	HardExpiry                 bool
}

func (s *Server) getAccountPasswordPolicy(q *request) (any, *apiError) {
	p, failed := answered(s, q, account.PasswordPolicySection, "", s.snapshot.PasswordPolicy)
	if failed != nil {
		return nil, failed
	}
	if p == nil {
		return nil, noSuchEntity("The Password Policy with domain name %s cannot be found.", s.snapshot.Caller.AccountID)
	}
	return struct{ PasswordPolicy passwordPolicy }{passwordPolicy{
		p.MinimumPasswordLength, p.RequireSymbols, p.RequireNumbers, p.RequireUppercase, p.RequireLowercase,
		p.AllowUsersToChangePassword, p.ExpirePasswords, p.MaxPasswordAgeDays, p.PasswordReusePrevention, p.HardExpiry,
	}}, nil
}

// user is a user in lists and in GetUser. Root has neither name nor path.
type user struct {
	Path                string `xml:",omitempty"`
	UserName            string `xml:",omitempty"`
	UserID              string `xml:"UserId"`
	Arn                 string
	CreateDate          *timestamp
	PasswordLastUsed    *timestamp
	PermissionsBoundary *boundary
	Tags                *members[tag]
}

func listedUser(u account.ListedUser) user {
	return user{Path: u.Path, UserName: u.Name, UserID: u.ID, Arn: u.ARN, CreateDate: stamp(&u.Created), PasswordLastUsed: stamp(u.PasswordLastUsed)}
}

func (s *Server) listUsers(q *request) (any, *apiError) {
	all, failed := answered(s, q, account.UsersSection, "", s.snapshot.Users)
	if failed != nil {
		return nil, failed
	}
	users := underPath(q, all, func(u account.ListedUser) string { return u.Path })
	p, failed := s.page(q, len(users), rest(s, q, account.UsersSection, "", s.snapshot.Users))
	if failed != nil {
		return nil, failed
	}
	return struct {
		Users members[user]
		paging
	}{members[user]{mapped(users[p.from:p.to], listedUser)}, p.paging}, nil
}

// getUser joins what GetUser, or else ListUsers, and the authorization details say of a user.
func (s *Server) getUser(q *request) (any, *apiError) {
	name, failed := s.userName(q)
	if failed != nil {
		return nil, failed
	}
	var found user
	if answers := s.snapshot.PerUser[name]; answers != nil && answers.User != nil {
		found = listedUser(answers.User.Value)
	} else {
		if s.snapshot.Users == nil {
			return nil, s.unread(q, account.UserSection, name)
		}
		i := slices.IndexFunc(s.snapshot.Users.Value, func(u account.ListedUser) bool { return u.Name == name })
		if i < 0 {
			return nil, s.denied(q)
		}
		found = listedUser(s.snapshot.Users.Value[i])
	}
	if r := s.snapshot.AuthorizationDetails; r != nil {
		for _, d := range r.Value.Users {
			if d.Name == name && d.ID == found.UserID {
				found.PermissionsBoundary = boundaryOf(d.PermissionsBoundary)
				found.Tags = tagsOf(d.Tags)
			}
		}
	}
	return struct{ User user }{found}, nil
}

type virtualMFADevice struct {
	SerialNumber string
	User         *user
	EnableDate   *timestamp
}

func (s *Server) listVirtualMFADevices(q *request) (any, *apiError) {
	all, failed := answered(s, q, account.VirtualMFADevicesSection, "", s.snapshot.VirtualMFADevices)
	if failed != nil {
		return nil, failed
	}
	devices := make([]virtualMFADevice, 0, len(all))
	status := q.form.Get("AssignmentStatus")
	switch status {
	case "", "Any", "Assigned", "Unassigned":
	default:
		return nil, q.invalid(status, "assignmentStatus", "Member must satisfy enum value set: [Unassigned, Any, Assigned]")
	}
	for _, d := range all {
		if status == "Assigned" && d.Owner == nil || status == "Unassigned" && d.Owner != nil {
			continue
		}
		device := virtualMFADevice{SerialNumber: d.Serial, EnableDate: stamp(d.EnabledSince)}
		if o := d.Owner; o != nil {
			device.User = &user{Path: o.Path, UserName: o.Name, UserID: o.ID, Arn: o.ARN, CreateDate: stamp(o.Created), PasswordLastUsed: stamp(o.PasswordLastUsed)}
		}
		devices = append(devices, device)
	}
	p, failed := s.page(q, len(devices), rest(s, q, account.VirtualMFADevicesSection, "", s.snapshot.VirtualMFADevices))
	if failed != nil {
		return nil, failed
	}
	return struct {
		VirtualMFADevices members[virtualMFADevice]
		paging
	}{members[virtualMFADevice]{devices[p.from:p.to]}, p.paging}, nil
}

type provider struct {
	Arn        string
	ValidUntil *timestamp
	CreateDate *timestamp
}

// The lists of providers have no pages.
func (s *Server) listSAMLProviders(q *request) (any, *apiError) {
	providers, failed := answered(s, q, account.SAMLProvidersSection, "", s.snapshot.SAMLProviders)
	if failed != nil {
		return nil, failed
	}
	return struct{ SAMLProviderList members[provider] }{members[provider]{mapped(providers, func(p account.Provider) provider {
		return provider{p.ARN, stamp(p.ValidUntil), stamp(p.Created)}
	})}}, nil
}

func (s *Server) listOpenIDConnectProviders(q *request) (any, *apiError) {
	providers, failed := answered(s, q, account.OIDCProvidersSection, "", s.snapshot.OIDCProviders)
	if failed != nil {
		return nil, failed
	}
	return struct{ OpenIDConnectProviderList members[provider] }{members[provider]{mapped(providers, func(p account.Provider) provider {
		return provider{Arn: p.ARN}
	})}}, nil
}

// underPath is the part of a list under the path that a request names.
func underPath[T any](q *request, all []T, path func(T) string) []T {
	prefix := q.form.Get("PathPrefix")
	if prefix == "" || prefix == "/" {
		return all
	}
	return slices.DeleteFunc(slices.Clone(all), func(item T) bool { return !strings.HasPrefix(path(item), prefix) })
}

func mapped[From, To any](list []From, convert func(From) To) []To {
	out := make([]To, len(list))
	for i, item := range list {
		out[i] = convert(item)
	}
	return out
}

func at(t time.Time) timestamp { return timestamp(t) }
