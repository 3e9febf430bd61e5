package emulator

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"sekisho/audit/account"
	"sekisho/audit/organization"
)

// rootOperations are those of a session of a member's root user. Users are never named in them.
var rootOperations = map[string]operation{
	account.AccountSummaryAnswer.Action(): operations[account.AccountSummaryAnswer.Action()],
	account.LoginProfileAnswer.Action(): func(s *Server, _ *request) (any, *apiError) {
		if s.ofRoot(organization.RootPasswordPresent) == 0 {
			return nil, noSuchEntity("Login Profile for User Root cannot be found.")
		}
		return struct {
			LoginProfile struct {
				CreateDate            timestamp
				PasswordResetRequired bool
			}
		}{struct {
			CreateDate            timestamp
			PasswordResetRequired bool
		}{s.rootSince(), false}}, nil
	},
	account.AccessKeysAnswer.Action(): rootList(organization.RootKeysPresent, "AccessKeyMetadata", func(s *Server) any {
		return struct {
			AccessKeyID string `xml:"AccessKeyId"`
			Status      string
			CreateDate  timestamp
		}{"AKIAIOSFODNN7EXAMPLE", "Active", s.rootSince()}
	}),
	account.SigningCertificatesAnswer.Action(): rootList(organization.RootCertificatesPresent, "Certificates", func(s *Server) any {
		return struct {
			CertificateID   string `xml:"CertificateId"`
			CertificateBody string
			Status          string
			UploadDate      timestamp
		}{"TA7SMP42TDN5Z26OBPJE7EXAMPLE", "-----BEGIN CERTIFICATE-----", "Active", s.rootSince()}
	}),
	account.MFADevicesAnswer.Action(): rootList("AccountMFAEnabled", "MFADevices", func(s *Server) any {
		return struct {
			SerialNumber string
			EnableDate   timestamp
		}{"arn:aws:iam::" + s.snapshot.Caller.AccountID + ":mfa/root-account-mfa-device", s.rootSince()}
	}),
}

// ofRoot is an entry of the account summary.
func (s *Server) ofRoot(key string) int {
	if s.snapshot.AccountSummary == nil {
		return 0
	}
	return int(s.snapshot.AccountSummary.Value[key])
}

func (s *Server) rootSince() timestamp {
	return timestamp(s.snapshot.TakenAt.Add(-time.Duration(900 * day)))
}

// rootList lists as many entries as the account summary counts.
func rootList(key, element string, entry func(*Server) any) operation {
	return func(s *Server, q *request) (any, *apiError) {
		return listing(s, q, element, make([]struct{}, s.ofRoot(key)), nil, func(struct{}) any { return entry(s) })
	}
}

// assumeRoot gives out a session of a member's root user, to the account that manages the organization or IAM's delegated
// administrator, where credentials of members' root users are managed centrally (IAM User Guide, id_root-enable-root-access).
func (s *Server) assumeRoot(q *request) (any, *apiError) {
	id, task := q.form.Get("TargetPrincipal"), q.form.Get("TaskPolicyArn.arn")
	refused := &apiError{http.StatusForbidden, "AccessDenied", fmt.Sprintf(
		"User: %s is not authorized to perform: sts:AssumeRoot on resource: arn:aws:iam::%s:root", s.callerOf(q).ARN, id)}
	o := s.organization
	if o == nil || account.IsRootARN(s.callerOf(q).ARN) || id == o.manager || !o.rootsManaged() || !o.administersRoots(s.snapshot.Caller.AccountID) {
		return nil, refused
	}
	seconds, err := strconv.Atoi(q.form.Get("DurationSeconds"))
	switch {
	case err != nil || seconds > 900:
		return nil, q.invalid(q.form.Get("DurationSeconds"), "durationSeconds", "Member must have value less than or equal to 900")
	case !strings.HasSuffix(task, ":iam::aws:policy/root-task/IAMAuditRootUserCredentials"):
		return nil, q.invalid(task, "taskPolicyArn", "Member must be the ARN of a root task policy")
	}
	m := o.members[id]
	if m == nil || m.Snapshot == nil {
		return nil, refused
	}
	of := m.server()
	caller := account.Caller{AccountID: id, Partition: of.snapshot.Caller.Partition, ARN: account.RootARN(of.snapshot.Caller.Partition, id), UserID: id}
	return struct{ Credentials sessionCredentials }{s.newSession(q, session{caller: caller, mfa: true, root: true, at: of}, 15*time.Minute)}, nil
}

// rootsManaged reports whether the organization looks after credentials of members' root users.
func (o *Organization) rootsManaged() bool {
	features := o.Account(o.manager).snapshot.OrganizationsFeatures
	return features != nil && slices.Contains(features.Value.Enabled, account.RootCredentialsManagement)
}

// administersRoots reports whether an account may make sessions of members' root users.
func (o *Organization) administersRoots(id string) bool {
	return id == o.manager || slices.ContainsFunc(o.snapshot.Delegates.Value, func(d organization.Delegate) bool {
		return d.ID == id && slices.Contains(d.Services, "iam.amazonaws.com")
	})
}
