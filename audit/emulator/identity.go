package emulator

import (
	"slices"
	"time"

	"sekisho/audit/account"
	"sekisho/audit/lists"
)

var identityOperations = map[string]operation{
	account.AuthorizationDetailsAnswer.Action(): (*Server).getAccountAuthorizationDetails,
	"iam:ListGroups":        (*Server).listGroups,
	"iam:ListGroupsForUser": (*Server).listGroupsForUser,
	"iam:ListRoles":         (*Server).listRoles,

	account.UsersAnswer.Action():             listed(account.UsersAnswer, "Users", listedUser, underPath(func(u account.ListedUser) string { return u.Path })),
	account.VirtualMFADevicesAnswer.Action(): listed(account.VirtualMFADevicesAnswer, "VirtualMFADevices", virtualMFADeviceOf, assigned),
	account.SAMLProvidersAnswer.Action():     providers(account.SAMLProvidersAnswer, "SAMLProviderList"),
	account.OIDCProvidersAnswer.Action():     providers(account.OIDCProvidersAnswer, "OpenIDConnectProviderList"),
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

func virtualMFADeviceOf(d account.VirtualMFADevice) virtualMFADevice {
	device := virtualMFADevice{SerialNumber: d.Serial, EnableDate: stamp(d.EnabledSince)}
	if o := d.Owner; o != nil {
		device.User = &user{Path: o.Path, UserName: o.Name, UserID: o.ID, Arn: o.ARN, CreateDate: stamp(o.Created), PasswordLastUsed: stamp(o.PasswordLastUsed)}
	}
	return device
}

// assigned takes from the devices those that a request's AssignmentStatus leaves out.
func assigned(_ *Server, q *request, devices []account.VirtualMFADevice) ([]account.VirtualMFADevice, *apiError) {
	status := q.form.Get("AssignmentStatus")
	switch status {
	case "", "Any":
		return devices, nil
	case "Assigned", "Unassigned":
		return slices.DeleteFunc(slices.Clone(devices), func(d account.VirtualMFADevice) bool { return (d.Owner != nil) != (status == "Assigned") }), nil
	}
	return nil, q.invalid(status, "assignmentStatus", "Member must satisfy enum value set: [Unassigned, Any, Assigned]")
}

type provider struct {
	Arn        string
	ValidUntil *timestamp
	CreateDate *timestamp
}

// providers serves one of the lists of identity providers, which have no pages.
func providers(d account.Described[account.Snapshot, []account.Provider], element string) operation {
	return whole(d, func(_ *Server, list []account.Provider) (any, *apiError) {
		return struct{ List members[provider] }{called(element, lists.Map(list, func(p account.Provider) provider {
			return provider{p.ARN, stamp(p.ValidUntil), stamp(p.Created)}
		}))}, nil
	})
}

func at(t time.Time) timestamp { return timestamp(t) }
