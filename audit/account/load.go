package account

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// FormatError is a snapshot that can't be used: torn, of another schema, or with values that AWS can't have sent.
type FormatError struct {
	Name string // the file's name
	Err  error
}

func (e *FormatError) Error() string {
	return fmt.Sprintf("reading the snapshot %s: %v", e.Name, e.Err)
}

// Unwrap returns what was wrong.
func (e *FormatError) Unwrap() error { return e.Err }

// Read reads a snapshot and checks it; name is for errors, which are all of type *FormatError save those of r.
func Read(r io.Reader, name string) (*Snapshot, error) {
	data, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("reading the snapshot %s: %w", name, err)
	}
	s, err := decode(data)
	if err != nil {
		return nil, &FormatError{name, err}
	}
	return s, nil
}

func decode(data []byte) (*Snapshot, error) {
	if len(bytes.TrimSpace(data)) == 0 {
		return nil, errors.New("got an empty file")
	}
	var head struct {
		Schema string `json:"schema"`
	}
	if err := json.Unmarshal(data, &head); err != nil {
		return nil, located(data, err)
	}
	if head.Schema != SnapshotSchema {
		return nil, fmt.Errorf("got schema %q, want %q", head.Schema, SnapshotSchema)
	}
	var s Snapshot
	if err := json.Unmarshal(data, &s); err != nil {
		return nil, located(data, err)
	}
	if err := s.Validate(); err != nil {
		return nil, err
	}
	return &s, nil
}

// located adds the line and column to an error of encoding/json.
func located(data []byte, err error) error {
	offset := int64(-1)
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		offset = syntax.Offset
	case errors.As(err, &kind):
		offset = kind.Offset
	}
	if offset < 0 || offset > int64(len(data)) {
		return err
	}
	before := data[:offset]
	line := 1 + bytes.Count(before, []byte{'\n'})
	column := int(offset) - bytes.LastIndexByte(before, '\n') - 1
	return fmt.Errorf("line %d, column %d: %w", line, column, err)
}

// Write writes the snapshot as indented JSON.
func (s *Snapshot) Write(w io.Writer) error {
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", " ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(s)
}

var accountID = regexp.MustCompile(`^[0-9]{12}$`)

// Validate reports the first thing that AWS can't have said.
func (s *Snapshot) Validate() error {
	v := &validator{}
	v.check(s.Schema == SnapshotSchema, "schema", "got %q, want %q", s.Schema, SnapshotSchema)
	v.time("taken_at", s.TakenAt)
	v.check(accountID.MatchString(s.Caller.AccountID), "caller.account_id", "got %q, want 12 digits", s.Caller.AccountID)
	if s.Caller.ARN == "" && s.Origin == OriginFiles { // files don't always tell who asked
		v.check(s.Caller.Partition != "", "caller.partition", "got none")
	} else {
		v.arn("caller.arn", s.Caller.ARN)
	}
	if arn, err := ParseARN(s.Caller.ARN); err == nil {
		v.check(s.Caller.Partition == arn.Partition, "caller.partition", "got %q, want that of the ARN, %q", s.Caller.Partition, arn.Partition)
		v.check(s.Caller.AccountID == arn.Account, "caller.account_id", "got %q, want that of the ARN, %q", s.Caller.AccountID, arn.Account)
	}
	for _, section := range bulkSections {
		v.section(s, section)
	}
	for _, name := range slices.Sorted(maps.Keys(s.PerUser)) {
		v.answersOf("per_user."+name, s.PerUser[name])
	}
	for i, g := range s.Gaps {
		v.check(g.Section != "" && g.Action != "" && g.Code != "", at("gaps", i), "got a gap without section, action or code")
	}
	return v.err
}

// ValidateSection reports the first thing in one account-wide section that AWS can't have said, so that an answer which was torn and
// still could be decoded is not kept.
func (s *Snapshot) ValidateSection(section Section) error {
	v := &validator{}
	v.section(s, section)
	return v.err
}

// section checks one account-wide section, where it was read.
func (v *validator) section(s *Snapshot, section Section) {
	switch section {
	case AccountSummarySection:
		if r := s.AccountSummary; whole(v, "account_summary", r) {
			v.check(r.Value != nil, "account_summary.value", "got null, want an object")
			for _, key := range slices.Sorted(maps.Keys(r.Value)) {
				v.check(r.Value[key] >= 0, "account_summary.value."+key, "got %d, want 0 or more", r.Value[key])
			}
		}
	case AccountAliasesSection:
		if r := s.AccountAliases; answered(v, "account_aliases", r) {
			list(v, "account_aliases.value", r.Value)
		}
	case PasswordPolicySection:
		if r := s.PasswordPolicy; whole(v, "password_policy", r) && r.Value != nil {
			p := r.Value
			v.check(p.MinimumPasswordLength > 0, "password_policy.value.minimum_password_length", "got %d, want 1 or more", p.MinimumPasswordLength)
			v.check(p.MaxPasswordAgeDays >= 0 && p.PasswordReusePrevention >= 0, "password_policy.value", "got a negative number, want 0 or more")
		}
	case CredentialReportSection:
		if r := s.CredentialReport; whole(v, "credential_report", r) {
			v.time("credential_report.value.generated_at", r.Value.GeneratedAt)
			if err := ParseCredentialReport(r.Value.Content); err != nil {
				v.fail("credential_report.value.content", "%v", err)
			}
		}
	case AuthorizationDetailsSection:
		if r := s.AuthorizationDetails; answered(v, "authorization_details", r) {
			v.details("authorization_details.value", &r.Value)
		}
	case UsersSection:
		if r := s.Users; answered(v, "users", r) {
			list(v, "users.value", r.Value)
			for i, u := range r.Value {
				v.entity(at("users.value", i), u.Name, u.ARN, u.Created)
			}
		}
	case VirtualMFADevicesSection:
		if r := s.VirtualMFADevices; answered(v, "virtual_mfa_devices", r) {
			list(v, "virtual_mfa_devices.value", r.Value)
			seen := map[string]bool{}
			for i, d := range r.Value {
				where := at("virtual_mfa_devices.value", i)
				v.check(d.Serial != "" && !seen[d.Serial], where+".serial", "got %q, want one that no other device has", d.Serial)
				v.check(d.Owner == nil || d.Owner.ARN != "" || d.Owner.ID != "", where+".owner", "got neither ARN nor ID")
				seen[d.Serial] = true
			}
		}
	case SAMLProvidersSection:
		v.providers("saml_providers", s.SAMLProviders)
	case OIDCProvidersSection:
		v.providers("oidc_providers", s.OIDCProviders)
	default:
		v.otherSection(s, section)
	}
}

func (v *validator) providers(where string, r *Answer[[]Provider]) {
	if answered(v, where, r) {
		list(v, where+".value", r.Value)
		for i, p := range r.Value {
			v.arn(at(where+".value", i)+".arn", p.ARN)
		}
	}
}

// validator keeps the first error.
type validator struct{ err error }

func (v *validator) fail(where, format string, args ...any) {
	if v.err == nil {
		v.err = fmt.Errorf("%s: %s", where, fmt.Sprintf(format, args...))
	}
}

func (v *validator) check(ok bool, where, format string, args ...any) {
	if !ok {
		v.fail(where, format, args...)
	}
}

func (v *validator) time(where string, t time.Time) {
	v.check(!t.IsZero(), where, "got no time, want one in RFC 3339")
	year := t.UTC().Year()
	v.check(year >= 1 && year <= 9999, where, "got a time in the year %d, want one that RFC 3339 can write", year)
}

func (v *validator) arn(where, s string) {
	if _, err := ParseARN(s); err != nil {
		v.fail(where, "%v", err)
	}
}

func (v *validator) entity(where, name, arn string, created time.Time) {
	v.check(name != "", where+".name", "got none")
	v.arn(where+".arn", arn)
	v.time(where+".created", created)
}

func (v *validator) details(where string, d *AuthorizationDetails) {
	list(v, where+".users", d.Users)
	list(v, where+".groups", d.Groups)
	list(v, where+".roles", d.Roles)
	list(v, where+".policies", d.Policies)
	for i, u := range d.Users {
		w := at(where+".users", i)
		v.entity(w, u.Name, u.ARN, u.Created)
		list(v, w+".groups", u.Groups)
		for j, group := range u.Groups {
			v.check(group != "", at(w+".groups", j), "got no name")
		}
		v.policies(w, u.InlinePolicies, u.AttachedPolicies)
		list(v, w+".tags", u.Tags)
	}
	for i, g := range d.Groups {
		w := at(where+".groups", i)
		v.entity(w, g.Name, g.ARN, g.Created)
		v.policies(w, g.InlinePolicies, g.AttachedPolicies)
	}
	for i, r := range d.Roles {
		w := at(where+".roles", i)
		v.entity(w, r.Name, r.ARN, r.Created)
		v.policies(w, r.InlinePolicies, r.AttachedPolicies)
		list(v, w+".tags", r.Tags)
	}
	for i, p := range d.Policies {
		w := at(where+".policies", i)
		v.entity(w, p.Name, p.ARN, p.Created)
		list(v, w+".versions", p.Versions)
	}
}

func (v *validator) answersOf(where string, u *UserAnswers) {
	if u == nil {
		v.fail(where, "got null, want an object")
		return
	}
	if whole(v, where+".gone", u.Gone) {
		v.check(u.Gone.Value, where+".gone.value", "got false, want true or no answer at all")
	}
	if whole(v, where+".user", u.User) {
		v.entity(where+".user.value", u.User.Value.Name, u.User.Value.ARN, u.User.Value.Created)
	}
	if whole(v, where+".login_profile", u.LoginProfile) && u.LoginProfile.Value != nil {
		v.time(where+".login_profile.value.created", u.LoginProfile.Value.Created)
	}
	if whole(v, where+".mfa_devices", u.MFADevices) {
		list(v, where+".mfa_devices.value", u.MFADevices.Value)
		for i, d := range u.MFADevices.Value {
			v.check(d.Serial != "", at(where+".mfa_devices.value", i)+".serial", "got none")
		}
	}
	if whole(v, where+".access_keys", u.AccessKeys) {
		list(v, where+".access_keys.value", u.AccessKeys.Value)
		for i, k := range u.AccessKeys.Value {
			w := at(where+".access_keys.value", i)
			v.check(k.ID != "", w+".id", "got none")
			v.check(k.Status == "Active" || k.Status == "Inactive" || k.Status == "Expired", w+".status", "got %q, want Active, Inactive or Expired", k.Status)
			v.time(w+".created", k.Created)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(u.AccessKeyLastUsed)) {
		w := where + ".access_key_last_used." + id
		v.check(u.AccessKeyLastUsed[id] != nil, w, "got null, want an answer")
		whole(v, w, u.AccessKeyLastUsed[id])
	}
	v.otherAnswersOf(where, u)
}

// Validate reports the first thing in a user's own answers that AWS can't have said.
func (u *UserAnswers) Validate() error {
	v := &validator{}
	v.answersOf("per_user", u)
	return v.err
}

// policies checks the policies of a user, group or role. A managed policy's name is the end of its ARN.
func (v *validator) policies(where string, inline []InlinePolicy, attached []AttachedPolicy) {
	list(v, where+".inline_policies", inline)
	for i, p := range inline {
		v.check(p.Name != "", at(where+".inline_policies", i)+".name", "got none")
	}
	list(v, where+".attached_policies", attached)
	for i, p := range attached {
		w := at(where+".attached_policies", i)
		v.arn(w+".arn", p.ARN)
		v.check(p.Name != "" && strings.HasSuffix(p.ARN, "/"+p.Name), w+".name", "got %q, want the end of the ARN %q", p.Name, p.ARN)
	}
}

// whole is answered for what AWS says in one piece: part of it would be no answer.
func whole[T any](v *validator, where string, r *Answer[T]) bool {
	if !answered(v, where, r) {
		return false
	}
	v.check(r.Complete, where+".complete", "got false, want true: this answer comes whole or not at all")
	return v.err == nil
}

// answered checks an answer's envelope and reports whether there is one.
func answered[T any](v *validator, where string, r *Answer[T]) bool {
	if r == nil {
		return false
	}
	v.check(r.Action != "", where+".action", "got none, want one such as iam:ListUsers")
	v.time(where+".began", r.Began)
	v.time(where+".ended", r.Ended)
	v.check(!r.Ended.Before(r.Began), where, "got an answer that ended before it began")
	return v.err == nil
}

// list refuses null where a list is wanted: an empty list says that there is nothing, null says nothing.
func list[T any](v *validator, where string, items []T) {
	v.check(items != nil, where, "got null or nothing, want a list")
}

func at(where string, i int) string { return where + "[" + strconv.Itoa(i) + "]" }
