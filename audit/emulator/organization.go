package emulator

import (
	"fmt"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"

	"sekisho/audit/account"
	"sekisho/audit/organization"
)

// Member is an account of an emulated organization.
type Member struct {
	// Snapshot gives what the account's server serves; it is called once, when the account is first asked. Nil: nobody
	// may ask it anything, as in an account that is suspended.
	Snapshot func() *account.Snapshot
	// Options are those of the account's server.
	Options Options
	// RefusesRoles has each AssumeRole into the account refused, as where the role does not exist.
	RefusesRoles bool
}

// Organization is an http.Handler that answers as AWS Organizations, and as each account of an organization: requests
// with the credentials of a role go to the role's account, all others to the account that manages the organization.
type Organization struct {
	snapshot *organization.Snapshot
	members  map[string]*member
	manager  string // the ID of the account that manages it
	sessions *sessions
	storage  atomic.Pointer[Storage]
}

type member struct {
	Member
	server func() *Server
}

// NewOrganization makes the handler of an organization. Each account of the snapshot has its member, by ID, and one of
// them is the account that manages the organization.
func NewOrganization(s *organization.Snapshot, members map[string]Member) (*Organization, error) {
	o := &Organization{snapshot: s, members: map[string]*member{}, manager: s.Organization.Value.ManagementAccount, sessions: newSessions()}
	for id, m := range members {
		o.members[id] = &member{m, sync.OnceValue(func() *Server {
			server := New(m.Snapshot(), m.Options)
			server.sessions, server.organization = o.sessions, o
			return server
		})}
	}
	if manager := o.members[o.manager]; manager == nil || manager.Snapshot == nil {
		return nil, fmt.Errorf("making the emulated organization: got no account %s, want the one that manages it", o.manager)
	}
	return o, nil
}

// Keep lets a storage answer what is signed for S3, by any account, from now on. Without one nothing of S3 is answered.
func (o *Organization) Keep(s *Storage) { o.storage.Store(s) }

// Account is the server of an account of the organization, which is there once it was asked something.
func (o *Organization) Account(id string) *Server { return o.members[id].server() }

// Start listens on a free port of 127.0.0.1, as [Server.Start] does.
func (o *Organization) Start() (endpoint string, stop func(), err error) {
	return o.Listen("127.0.0.1:0")
}

// Listen is Start on an address of one's choice (HOST:PORT).
func (o *Organization) Listen(address string) (endpoint string, stop func(), err error) {
	return listen(o, address)
}

// ServeHTTP has the account answer that the credentials of a request are of.
func (o *Organization) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if storage := o.storage.Load(); storage != nil && scopeOf(r).service == "s3" {
		storage.ServeHTTP(w, r)
		return
	}
	if known, ok := o.sessions.find(scopeOf(r).accessKey); ok {
		known.at.ServeHTTP(w, r)
		return
	}
	o.Account(o.manager).ServeHTTP(w, r)
}

// admit finds the account whose role is assumed. Where there is none, or no role in it, AWS says the same.
func (o *Organization) admit(by *Server, q *request, accountID string) (*Server, *apiError) {
	m := o.members[accountID]
	if m == nil || m.Snapshot == nil || m.RefusesRoles {
		return nil, &apiError{http.StatusForbidden, "AccessDenied", fmt.Sprintf(
			"User: %s is not authorized to perform: sts:AssumeRole on resource: %s", by.callerOf(q).ARN, q.form.Get("RoleArn"))}
	}
	return m.server(), nil
}

// reads reports whether a server's account may read the organization: the one that manages it may.
func (s *Server) reads() (*organization.Snapshot, *apiError) {
	switch o := s.organization; {
	case o == nil:
		return nil, &apiError{http.StatusBadRequest, "AWSOrganizationsNotInUseException", "Your account is not a member of an organization."}
	case s.snapshot.Caller.AccountID != o.manager:
		return nil, &apiError{http.StatusForbidden, "AccessDeniedException", "You don't have permissions to access this resource."}
	default:
		return o.snapshot, nil
	}
}

// children keeps what is below a root or unit.
func children[E any](list []E, parent string, of func(E) string) []E {
	return slices.DeleteFunc(slices.Clone(list), func(e E) bool { return of(e) != parent })
}
