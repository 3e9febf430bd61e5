package emulator

import (
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"sekisho/audit/account"
	"sekisho/audit/organization"
)

var signInOperations = map[string]operation{
	"sts:GetCallerIdentity": (*Server).getCallerIdentity,
	"sts:GetSessionToken":   (*Server).getSessionToken,
	"sts:AssumeRole":        (*Server).assumeRole,

	organization.AssumeRootAction: (*Server).assumeRoot,
}

// session is who signed a request: the snapshot's caller, or credentials that this server gave out.
type session struct {
	caller account.Caller // empty: the snapshot's
	mfa    bool
	plain  bool // of GetSessionToken without MFA
	root   bool // of a member's root user, for looking at its credentials alone
	token  string
	at     *Server // whose account it is of
}

// sessions are those that were given out, by access key ID. The servers of an organization have them in common.
type sessions struct {
	mu    sync.Mutex
	byKey map[string]session
}

func newSessions() *sessions { return &sessions{byKey: map[string]session{}} }

func (all *sessions) find(key string) (session, bool) {
	all.mu.Lock()
	defer all.mu.Unlock()
	found, ok := all.byKey[key]
	return found, ok
}

// add keeps a session, and returns its key and its token.
func (all *sessions) add(as session) (key, token string) {
	all.mu.Lock()
	defer all.mu.Unlock()
	number := strconv.Itoa(len(all.byKey) + 1)
	key = "ASIA" + strings.Repeat("0", max(0, 9-len(number))) + number + "EXAMPLE"
	as.token = "emulator-session-" + number
	all.byKey[key] = as
	return key, as.token
}

// exampleSecret is the secret key of AWS's documentation; nothing is ever checked against it.
const exampleSecret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"

type sessionCredentials struct {
	AccessKeyID     string    `xml:"AccessKeyId"`
	SecretAccessKey string    `xml:"SecretAccessKey"`
	SessionToken    string    `xml:"SessionToken"`
	Expiration      timestamp `xml:"Expiration"`
}

// authenticate finds out who signed a request.
func (s *Server) authenticate(q *request, r *http.Request) (session, *apiError) {
	id := q.scope.accessKey
	if id == "" {
		return session{}, q.fails("MissingAuthenticationToken", "Request is missing Authentication Token")
	}
	known, ok := s.sessions.find(id)
	if !ok {
		return session{}, nil
	}
	if r.Header.Get("X-Amz-Security-Token") != known.token {
		return session{}, q.invalidToken()
	}
	return known, nil
}

func (s *Server) callerOf(q *request) account.Caller {
	if q.session.caller.ARN != "" {
		return q.session.caller
	}
	return s.snapshot.Caller
}

func (s *Server) getCallerIdentity(q *request) (any, *apiError) {
	caller := s.callerOf(q)
	return struct {
		Arn, UserId, Account string
	}{caller.ARN, caller.UserID, caller.AccountID}, nil
}

func (s *Server) getSessionToken(q *request) (any, *apiError) {
	mfa, failed := s.checkMFA(q)
	if failed != nil {
		return nil, failed
	}
	if q.session.token != "" {
		return nil, &apiError{http.StatusForbidden, "AccessDenied", "Cannot call GetSessionToken with session credentials"}
	}
	return struct {
		Credentials sessionCredentials
	}{s.newSession(q, session{caller: s.callerOf(q), mfa: mfa, plain: !mfa, at: s}, 12*time.Hour)}, nil
}

var roleARN = regexp.MustCompile(`^arn:([a-z-]+):iam::([0-9]{12}):role/(?:.*/)?([^/]+)$`)

// assumeRole lets anybody assume any role that the organization, if any, does not refuse: trust policies are not
// evaluated.
func (s *Server) assumeRole(q *request) (any, *apiError) {
	role := roleARN.FindStringSubmatch(q.form.Get("RoleArn"))
	if role == nil {
		return nil, q.invalid(q.form.Get("RoleArn"), "roleArn", "Member must be the ARN of a role")
	}
	name := q.form.Get("RoleSessionName")
	if name == "" {
		return nil, q.invalid("", "roleSessionName", "Member must not be null")
	}
	mfa, failed := s.checkMFA(q)
	if failed != nil {
		return nil, failed
	}
	partition, accountID, roleName := role[1], role[2], role[3]
	of := s
	if s.organization != nil {
		if of, failed = s.organization.admit(s, q, accountID); failed != nil {
			return nil, failed
		}
	}
	caller := account.Caller{
		AccountID: accountID,
		Partition: partition,
		ARN:       fmt.Sprintf("arn:%s:sts::%s:assumed-role/%s/%s", partition, accountID, roleName, name),
		UserID:    exampleID("AROA", roleName) + ":" + name,
	}
	return struct {
		Credentials     sessionCredentials
		AssumedRoleUser struct{ AssumedRoleId, Arn string }
	}{
		s.newSession(q, session{caller: caller, mfa: mfa || q.session.mfa, at: of}, time.Hour),
		struct{ AssumedRoleId, Arn string }{caller.UserID, caller.ARN},
	}, nil
}

var sixDigits = regexp.MustCompile(`^[0-9]{6}$`)

// checkMFA reports whether a request carries an MFA code that is right.
func (s *Server) checkMFA(q *request) (bool, *apiError) {
	serial, code := q.form.Get("SerialNumber"), q.form.Get("TokenCode")
	if serial == "" && code == "" {
		return false, nil
	}
	if !sixDigits.MatchString(code) {
		return false, q.invalid(code, "tokenCode", "Member must have length 6 and satisfy regular expression pattern: [\\d]*")
	}
	if serial == "" || s.options.TokenCode != "" && code != s.options.TokenCode {
		return false, &apiError{http.StatusForbidden, "AccessDenied", "MultiFactorAuthentication failed with invalid MFA one time pass code. "}
	}
	return true, nil
}

// newSession gives out credentials, valid by the wall clock: clients compare their end with their own.
func (s *Server) newSession(q *request, as session, lifetime time.Duration) sessionCredentials {
	if seconds, err := strconv.Atoi(q.form.Get("DurationSeconds")); err == nil {
		lifetime = time.Duration(seconds) * time.Second
	}
	id, token := s.sessions.add(as)
	return sessionCredentials{id, exampleSecret, token, timestamp(time.Now().UTC().Add(lifetime).Truncate(time.Second))}
}
