package account

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"reflect"
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

// Read reads a snapshot and checks it; name is for errors, which are all of type *FormatError save those of r. Where r tells
// about how long it is, by Len, nothing is copied while it is read.
func Read(r io.Reader, name string) (*Snapshot, error) {
	var text bytes.Buffer
	if long, ok := r.(interface{ Len() int }); ok {
		text.Grow(long.Len() + bytes.MinRead)
	}
	_, err := io.Copy(&text, r)
	data := text.Bytes()
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
	var s Snapshot
	wrong := s.read(data)
	if wrong != nil {
		// Whether it is JSON at all, and a snapshot, goes before what is wrong in one.
		var head struct {
			Schema string `json:"schema"`
		}
		if err := json.Unmarshal(data, &head); err != nil {
			return nil, located(data, err)
		}
		s.Schema = head.Schema
	}
	if s.Schema != SnapshotSchema {
		return nil, fmt.Errorf("got schema %q, want %q", s.Schema, SnapshotSchema)
	}
	if wrong != nil {
		return nil, located(data, wrong)
	}
	if err := s.Validate(); err != nil {
		return nil, err
	}
	texts{}.once(reflect.ValueOf(&s))
	return &s, nil
}

// located adds the line and column to an error of encoding/json.
func located(data []byte, err error) error {
	var offset int64
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		offset = syntax.Offset
	case errors.As(err, &kind):
		offset = kind.Offset
	default:
		return err
	}
	before := data[:min(offset, int64(len(data)))]
	line := 1 + bytes.Count(before, []byte{'\n'})
	column := int(offset) - bytes.LastIndexByte(before, '\n') - 1
	return fmt.Errorf("line %d, column %d: %w", line, column, err)
}

// IsID reports whether a text is the number of an account: twelve digits.
func IsID(text string) bool { return accountID.MatchString(text) }

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
	for _, d := range descriptors {
		if d.Scope != PerUser {
			d.validate(v, d.Key(), s, nil)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(s.PerUser)) {
		v.answersOf("per_user."+name, s.PerUser[name])
	}
	for i, g := range s.Gaps {
		v.check(g.Section != "" && g.Action != "" && g.Code != "", at("gaps", i), "got a gap without section, action or code")
	}
	return v.err
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

// entity checks what all users, groups, roles and policies have.
func (v *validator) entity(where, kind, path, name, arn string, created time.Time) {
	v.named(where, kind, path, name, arn)
	v.time(where+".created", created)
}

// named checks an ARN, which is made of the kind, path and name. Only policies are AWS's own (IAM User Guide,
// reference_identifiers).
func (v *validator) named(where, kind, path, name, arn string) {
	v.check(name != "", where+".name", "got none")
	got, err := ParseARN(arn)
	want := kind + cmp.Or(path, "/") + name
	switch {
	case err != nil:
		v.fail(where+".arn", "%v", err)
	case got.Service != "iam" || got.Region != "" || got.Account == "aws" && kind != "policy" || got.Resource != want:
		v.fail(where+".arn", "got %q, want that of %s", arn, want)
	}
}

// What IAM's IDs and serial numbers are made of (API reference, AccessKeyMetadata and MFADevice).
var (
	idShape     = regexp.MustCompile(`^[A-Za-z0-9_]+$`)
	serialShape = regexp.MustCompile(`^(arn:[\w-]+:iam::\d{12}:(mfa|u2f|sms-mfa)/[\w+=/:,.@-]+|[\w+=/,.@-]{9,})$`)
)

func (v *validator) id(where, id string) {
	v.check(idShape.MatchString(id), where+".id", "got %q, want letters and digits", id)
}

func (v *validator) serial(where, serial string) {
	v.check(serialShape.MatchString(serial), where+".serial", "got %q, want the serial number or ARN of an MFA device", serial)
}

// status checks the status of a credential.
func (v *validator) status(where, status string) {
	v.check(status == "Active" || status == "Inactive" || status == "Expired", where+".status", "got %q, want Active, Inactive or Expired", status)
}

// uploaded checks what a user uploaded to sign with.
func (v *validator) uploaded(where, id, status string, at time.Time) {
	v.id(where, id)
	v.status(where, status)
	v.time(where+".uploaded", at)
}

func (v *validator) details(where string, d AuthorizationDetails) {
	list(v, where+".users", d.Users)
	list(v, where+".groups", d.Groups)
	list(v, where+".roles", d.Roles)
	list(v, where+".policies", d.Policies)
	for i, u := range d.Users {
		w := at(where+".users", i)
		v.entity(w, "user", u.Path, u.Name, u.ARN, u.Created)
		list(v, w+".groups", u.Groups)
		for j, group := range u.Groups {
			v.check(group != "", at(w+".groups", j), "got no name")
		}
		v.policies(w, u.InlinePolicies, u.AttachedPolicies)
		list(v, w+".tags", u.Tags)
	}
	for i, g := range d.Groups {
		w := at(where+".groups", i)
		v.entity(w, "group", g.Path, g.Name, g.ARN, g.Created)
		v.policies(w, g.InlinePolicies, g.AttachedPolicies)
	}
	for i, r := range d.Roles {
		w := at(where+".roles", i)
		v.entity(w, "role", r.Path, r.Name, r.ARN, r.Created)
		v.policies(w, r.InlinePolicies, r.AttachedPolicies)
		list(v, w+".tags", r.Tags)
	}
	for i, p := range d.Policies {
		w := at(where+".policies", i)
		v.entity(w, "policy", p.Path, p.Name, p.ARN, p.Created)
		v.check(p.AttachmentCount >= 0 && p.BoundaryUseCount >= 0, w, "got a negative number, want 0 or more")
		list(v, w+".versions", p.Versions)
	}
}

func (v *validator) answersOf(where string, u *UserAnswers) {
	if u == nil {
		v.fail(where, "got null, want an object")
		return
	}
	if answered(v, where+".gone", u.Gone, false) {
		v.check(u.Gone.Value, where+".gone.value", "got false, want true or no answer at all")
	}
	for _, d := range descriptors {
		if d.Scope == PerUser {
			d.validate(v, where+"."+d.Key(), nil, u)
		}
	}
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

// answered checks an answer's envelope and reports whether there is one. Where parts is false AWS says it in one piece:
// part of it would be no answer.
func answered[T any](v *validator, where string, r *Answer[T], parts bool) bool {
	if r == nil {
		return false
	}
	v.check(r.Action != "", where+".action", "got none, want one such as iam:ListUsers")
	v.time(where+".began", r.Began)
	v.time(where+".ended", r.Ended)
	v.check(!r.Ended.Before(r.Began), where, "got an answer that ended before it began")
	v.check(r.Complete || parts, where+".complete", "got false, want true: this answer comes whole or not at all")
	return v.err == nil
}

// each checks a list, and each of its entries by check.
func each[T any](check func(v *validator, where string, entry T)) func(*validator, string, []T) {
	return func(v *validator, where string, entries []T) {
		list(v, where, entries)
		for i, entry := range entries {
			check(v, at(where, i), entry)
		}
	}
}

// list refuses null where a list is wanted: an empty list says that there is nothing, null says nothing.
func list[T any](v *validator, where string, items []T) {
	v.check(items != nil, where, "got null or nothing, want a list")
}

func at(where string, i int) string { return where + "[" + strconv.Itoa(i) + "]" }
