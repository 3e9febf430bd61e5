package emulator

import (
	"net/http"
	"slices"
	"strings"

	"sekisho/audit/account"
	"sekisho/audit/lists"
)

// The lists of users are derived, where nobody asked for one, from bulk answers: those tell devices in full, of access
// keys and signing certificates only that there is none, since the credential report has no IDs, and nothing of SSH
// public keys.
var userOperations = map[string]operation{
	account.GetUserAnswer.Action():      (*Server).getUser,
	account.LoginProfileAnswer.Action(): (*Server).getLoginProfile,
	account.MFADevicesAnswer.Action(): listedOfUser(account.MFADevicesAnswer, "MFADevices",
		func(user string, d account.ListedMFADevice) mfaDevice {
			return mfaDevice{user, d.Serial, at(d.EnabledSince)}
		},
		func(u *account.User) ([]account.ListedMFADevice, bool) {
			devices, ok := u.MFADevices.Get()
			return lists.Map(devices, func(d account.MFADevice) account.ListedMFADevice {
				return account.ListedMFADevice{Serial: d.Serial, EnabledSince: d.EnabledSince}
			}), ok
		}),
	account.AccessKeysAnswer.Action(): listedOfUser(account.AccessKeysAnswer, "AccessKeyMetadata",
		func(user string, k account.ListedAccessKey) accessKeyMetadata {
			return accessKeyMetadata{user, k.ID, k.Status, at(k.Created)}
		},
		func(u *account.User) ([]account.ListedAccessKey, bool) {
			keys, ok := u.AccessKeys.Get()
			return nil, ok && len(keys) == 0
		}),
	account.AccessKeyLastUsedAnswer.Action(): (*Server).getAccessKeyLastUsed,
	account.SSHPublicKeysAnswer.Action(): listedOfUser(account.SSHPublicKeysAnswer, "SSHPublicKeys",
		func(user string, k account.SSHPublicKey) sshPublicKey {
			return sshPublicKey{user, k.ID, k.Status, at(k.Uploaded)}
		},
		nil),
	account.SigningCertificatesAnswer.Action(): listedOfUser(account.SigningCertificatesAnswer, "Certificates",
		func(user string, c account.ListedCertificate) signingCertificate {
			return signingCertificate{user, c.ID, c.Body, c.Status, at(c.Uploaded)}
		},
		func(u *account.User) ([]account.ListedCertificate, bool) {
			certificates, ok := u.SigningCertificates.Get()
			return nil, ok && len(certificates) == 0
		}),
}

// userName is the user that a request is about: the caller where none is named. A user who is surely not there gets
// NoSuchEntity.
func (s *Server) userName(q *request) (string, *apiError) {
	name := q.form.Get("UserName")
	if name == "" {
		arn := s.callerOf(q).ARN
		if !strings.HasPrefix(account.ShortARN(arn), "user/") {
			return "", &apiError{http.StatusBadRequest, "ValidationError", "Must specify userName when calling with non-User credentials"}
		}
		name = arn[strings.LastIndex(arn, "/")+1:]
	}
	answers := s.snapshot.PerUser[name]
	if answers != nil && answers.Gone != nil || answers == nil && s.surelyAbsent(name) {
		return "", noSuchEntity("The user with name %s cannot be found.", name)
	}
	return name, nil
}

// surelyAbsent reports whether a complete list lacks a user, and no other list has the user.
func (s *Server) surelyAbsent(name string) bool {
	complete := false
	if r := s.snapshot.AuthorizationDetails; r != nil {
		if slices.ContainsFunc(r.Value.Users, func(u account.UserDetail) bool { return u.Name == name }) {
			return false
		}
		complete = r.Complete
	}
	if r := s.snapshot.Users; r != nil {
		if slices.ContainsFunc(r.Value, func(u account.ListedUser) bool { return u.Name == name }) {
			return false
		}
		complete = complete || r.Complete
	}
	return complete
}

// derived is a user as the snapshot's bulk answers tell it, for answers that no call recorded.
func (s *Server) derived(name string) *account.User {
	users := s.merged().Users
	i, found := slices.BinarySearchFunc(users, name, func(u *account.User, name string) int { return strings.Compare(u.Name, name) })
	if !found {
		return nil
	}
	return users[i]
}

func (s *Server) answersOf(name string) *account.UserAnswers {
	if answers := s.snapshot.PerUser[name]; answers != nil {
		return answers
	}
	return &account.UserAnswers{}
}

type loginProfile struct {
	UserName              string
	CreateDate            timestamp
	PasswordResetRequired bool
}

// getLoginProfile answers from bulk, where it has to, only that there is none: a password's date isn't there.
func (s *Server) getLoginProfile(q *request) (any, *apiError) {
	name, failed := s.userName(q)
	if failed != nil {
		return nil, failed
	}
	none := noSuchEntity("Login Profile for User %s cannot be found.", name)
	recorded := s.answersOf(name).LoginProfile
	if recorded == nil {
		if failed := s.gap(account.LoginProfileSection, name, q.action()); failed != nil {
			return nil, failed
		}
		if u := s.derived(name); u != nil {
			if has, ok := u.Password.Get(); ok && !has {
				return nil, none
			}
		}
		return nil, s.denied(q)
	}
	if recorded.Value == nil {
		return nil, none
	}
	return struct{ LoginProfile loginProfile }{loginProfile{name, at(recorded.Value.Created), recorded.Value.PasswordResetRequired}}, nil
}

type mfaDevice struct {
	UserName     string
	SerialNumber string
	EnableDate   timestamp
}

type accessKeyMetadata struct {
	UserName    string
	AccessKeyID string `xml:"AccessKeyId"`
	Status      string
	CreateDate  timestamp
}

type accessKeyLastUsed struct {
	LastUsedDate *timestamp
	ServiceName  string
	Region       string
}

// getAccessKeyLastUsed refuses an unknown key, as IAM does since October 2023: AccessDenied, not NoSuchEntity.
func (s *Server) getAccessKeyLastUsed(q *request) (any, *apiError) {
	id := q.form.Get("AccessKeyId")
	name, ok := s.keyOwner[id]
	if !ok {
		return nil, s.denied(q)
	}
	used := s.answersOf(name).AccessKeyLastUsed[id]
	if used == nil {
		return nil, s.unread(q, account.AccessKeyLastUsedSection, name)
	}
	return struct {
		UserName          string
		AccessKeyLastUsed accessKeyLastUsed
	}{name, accessKeyLastUsed{stamp(used.Value.At), used.Value.Service, used.Value.Region}}, nil
}

type sshPublicKey struct {
	UserName       string
	SSHPublicKeyID string `xml:"SSHPublicKeyId"`
	Status         string
	UploadDate     timestamp
}

type signingCertificate struct {
	UserName        string
	CertificateID   string `xml:"CertificateId"`
	CertificateBody string
	Status          string
	UploadDate      timestamp
}
