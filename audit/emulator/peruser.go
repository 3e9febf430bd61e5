package emulator

import (
	"net/http"
	"slices"
	"strings"

	"sekisho/audit/account"
)

// userName is the user that a request is about: the caller himself where none is named. A user who is surely not there gets
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

// surelyAbsent reports whether a complete list lacks a user, and no other list has him.
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

// derived is a user as the snapshot's bulk answers tell of him, for answers that no call recorded.
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

func (s *Server) listMFADevices(q *request) (any, *apiError) {
	name, failed := s.userName(q)
	if failed != nil {
		return nil, failed
	}
	devices := []mfaDevice{}
	var after *apiError
	if recorded := s.answersOf(name).MFADevices; recorded != nil {
		after = rest(s, q, account.MFADevicesSection, name, recorded)
		for _, d := range recorded.Value {
			devices = append(devices, mfaDevice{name, d.Serial, at(d.EnabledSince)})
		}
	} else {
		u := s.derived(name)
		if failed := s.gap(account.MFADevicesSection, name, q.action()); failed != nil || u == nil || !u.MFADevices.OK() {
			return nil, s.unread(q, account.MFADevicesSection, name)
		}
		for _, d := range u.MFADevices.Value() {
			devices = append(devices, mfaDevice{name, d.Serial, at(d.EnabledSince)})
		}
	}
	p, failed := s.page(q, len(devices), after)
	if failed != nil {
		return nil, failed
	}
	return struct {
		MFADevices members[mfaDevice]
		paging
	}{members[mfaDevice]{devices[p.from:p.to]}, p.paging}, nil
}

type accessKeyMetadata struct {
	UserName    string
	AccessKeyID string `xml:"AccessKeyId"`
	Status      string
	CreateDate  timestamp
}

// listAccessKeys answers from bulk, where it has to, only that there is none: the credential report has no key IDs.
func (s *Server) listAccessKeys(q *request) (any, *apiError) {
	name, failed := s.userName(q)
	if failed != nil {
		return nil, failed
	}
	keys := []accessKeyMetadata{}
	var after *apiError
	if recorded := s.answersOf(name).AccessKeys; recorded != nil {
		after = rest(s, q, account.AccessKeysSection, name, recorded)
		for _, k := range recorded.Value {
			keys = append(keys, accessKeyMetadata{name, k.ID, k.Status, at(k.Created)})
		}
	} else {
		u := s.derived(name)
		if failed := s.gap(account.AccessKeysSection, name, q.action()); failed != nil || u == nil || !u.AccessKeys.OK() || len(u.AccessKeys.Value()) > 0 {
			return nil, s.unread(q, account.AccessKeysSection, name)
		}
	}
	p, failed := s.page(q, len(keys), after)
	if failed != nil {
		return nil, failed
	}
	return struct {
		AccessKeyMetadata members[accessKeyMetadata]
		paging
	}{members[accessKeyMetadata]{keys[p.from:p.to]}, p.paging}, nil
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

// listSSHPublicKeys answers only what was recorded: no bulk answer tells of SSH public keys.
func (s *Server) listSSHPublicKeys(q *request) (any, *apiError) {
	name, failed := s.userName(q)
	if failed != nil {
		return nil, failed
	}
	recorded := s.answersOf(name).SSHPublicKeys
	keys, failed := answered(s, q, account.SSHPublicKeysSection, name, recorded)
	if failed != nil {
		return nil, failed
	}
	p, failed := s.page(q, len(keys), rest(s, q, account.SSHPublicKeysSection, name, recorded))
	if failed != nil {
		return nil, failed
	}
	return struct {
		SSHPublicKeys members[sshPublicKey]
		paging
	}{members[sshPublicKey]{mapped(keys[p.from:p.to], func(k account.SSHPublicKey) sshPublicKey {
		return sshPublicKey{name, k.ID, k.Status, at(k.Uploaded)}
	})}, p.paging}, nil
}

type signingCertificate struct {
	UserName        string
	CertificateID   string `xml:"CertificateId"`
	CertificateBody string
	Status          string
	UploadDate      timestamp
}

// listSigningCertificates answers from bulk, where it has to, only that there is none: the credential report has no certificates' IDs.
func (s *Server) listSigningCertificates(q *request) (any, *apiError) {
	name, failed := s.userName(q)
	if failed != nil {
		return nil, failed
	}
	certificates := []signingCertificate{}
	var after *apiError
	if recorded := s.answersOf(name).SigningCertificates; recorded != nil {
		after = rest(s, q, account.SigningCertificatesSection, name, recorded)
		for _, c := range recorded.Value {
			certificates = append(certificates, signingCertificate{name, c.ID, c.Body, c.Status, at(c.Uploaded)})
		}
	} else {
		u := s.derived(name)
		if failed := s.gap(account.SigningCertificatesSection, name, q.action()); failed != nil || u == nil || !u.SigningCertificates.OK() || len(u.SigningCertificates.Value()) > 0 {
			return nil, s.unread(q, account.SigningCertificatesSection, name)
		}
	}
	p, failed := s.page(q, len(certificates), after)
	if failed != nil {
		return nil, failed
	}
	return struct {
		Certificates members[signingCertificate]
		paging
	}{members[signingCertificate]{certificates[p.from:p.to]}, p.paging}, nil
}
