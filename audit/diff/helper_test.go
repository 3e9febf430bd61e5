package diff_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"sekisho/audit"
	"sekisho/audit/account"
	"sekisho/audit/diff"
	"sekisho/audit/emulator"
	"sekisho/audit/rules"
)

var (
	before = time.Date(2026, 11, 21, 5, 0, 0, 0, time.UTC)
	now    = before.AddDate(0, 0, 1)
)

const prefix = "arn:aws:iam::123456789012:"

// demo is the demo account, read whole.
func demo() *account.Snapshot { return emulator.Demo(before) }

// clone is a copy that shares nothing, as if it had been written to a file and read again.
func clone(t testing.TB, s *account.Snapshot) *account.Snapshot {
	t.Helper()
	var file bytes.Buffer
	if err := s.Write(&file); err != nil {
		t.Fatal(err)
	}
	c, err := account.Read(&file, "clone")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// aDayLater is the same account, read a day later.
func aDayLater(t testing.TB, s *account.Snapshot) *account.Snapshot {
	t.Helper()
	c := clone(t, s)
	c.TakenAt = c.TakenAt.AddDate(0, 0, 1)
	c.CredentialReport.Value.GeneratedAt = c.CredentialReport.Value.GeneratedAt.AddDate(0, 0, 1)
	shift(reflect.ValueOf(c))
	return c
}

// shift moves the times of all answers by a day.
func shift(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return
		}
		if v.Elem().Kind() == reflect.Struct && v.Elem().FieldByName("Began").IsValid() {
			for _, name := range []string{"Began", "Ended"} {
				field := v.Elem().FieldByName(name)
				field.Set(reflect.ValueOf(field.Interface().(time.Time).AddDate(0, 0, 1)))
			}
		}
		shift(v.Elem())
	case reflect.Struct:
		if _, isTime := v.Interface().(time.Time); isTime {
			return
		}
		for i := range v.NumField() {
			shift(v.Field(i))
		}
	case reflect.Map:
		for _, k := range v.MapKeys() {
			shift(v.MapIndex(k))
		}
	}
}

// judged is a side of a snapshot that is evaluated by the whole catalogue, in a deep run.
func judged(s *account.Snapshot) diff.Side {
	return diff.Side{Source: diff.SourceSnapshot, Snapshot: s, Report: judge(s, nil)}
}

func judge(s *account.Snapshot, exceptions []audit.Exception, skip ...string) *audit.Report {
	selection, err := audit.Select(rules.Catalogue(), nil, skip)
	if err != nil {
		panic(err)
	}
	r, _ := audit.Evaluate(s, selection.Rules, audit.Options{
		Tool: audit.Tool{Name: "sekisho", Version: "v1.0.0"}, Thresholds: audit.DefaultThresholds(), NotSelected: selection.NotSelected,
		Depth: audit.DepthDeep, Points: rules.Points(), Exceptions: exceptions,
	})
	return r
}

// reported is the side without its snapshot, as if the report had been written to a file and read again.
func reported(t testing.TB, side diff.Side) diff.Side {
	t.Helper()
	data, err := json.Marshal(side.Report)
	if err != nil {
		t.Fatal(err)
	}
	var r audit.Report
	if err := json.Unmarshal(data, &r); err != nil {
		t.Fatal(err)
	}
	return diff.Side{Source: diff.SourceReport, Report: &r}
}

// told writes changes as lines: "mfa-devices replaced user/bob#SERIAL kind=virtual>fido".
func told(changes []diff.Change) []string {
	var lines []string
	for _, c := range changes {
		line := fmt.Sprintf("%s %s %s", c.Area, c.Kind, audit.Short(c.Resource, strings.TrimPrefix(c.Item, prefix)))
		if c.Resource == "" {
			line = fmt.Sprintf("%s %s %s", c.Area, c.Kind, c.Name)
		}
		for _, d := range c.Details {
			line += " " + strings.Trim(strings.Join([]string{d.Field, d.Part, d.Element}, "/"), "/") + "="
			if len(d.Added)+len(d.Removed) > 0 {
				for _, s := range d.Added {
					line += "+" + s
				}
				for _, s := range d.Removed {
					line += "-" + s
				}
				continue
			}
			line += d.Old + ">" + d.New
		}
		lines = append(lines, line)
	}
	return lines
}

// skipped writes what was not compared as lines.
func skipped(list []diff.NotCompared) []string {
	var lines []string
	for _, n := range list {
		lines = append(lines, strings.TrimSuffix(fmt.Sprintf("%s: %s: %s", n.Area, n.Note.Message, strings.Join(n.Resources, " ")), ": "))
	}
	return lines
}

// found writes findings of some kinds as lines: "fixed console-mfa user/bob fail>pass".
func found(d *diff.Diff, kinds ...diff.Kind) []string {
	var lines []string
	for _, f := range d.Findings {
		if slices.Contains(kinds, f.Kind) {
			lines = append(lines, fmt.Sprintf("%s %s %s %s>%s", f.Kind, f.Rule, f.Subject(), f.Was, f.Is))
		}
	}
	return lines
}

func wantLines(t *testing.T, what string, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("got %s\n\t%s\nwant\n\t%s", what, strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
	}
}

func detail(s *account.Snapshot, name string) *account.UserDetail {
	list := s.AuthorizationDetails.Value.Users
	return &list[slices.IndexFunc(list, func(u account.UserDetail) bool { return u.Name == name })]
}

func role(s *account.Snapshot, name string) *account.RoleDetail {
	list := s.AuthorizationDetails.Value.Roles
	return &list[slices.IndexFunc(list, func(r account.RoleDetail) bool { return r.Name == name })]
}

func policy(s *account.Snapshot, name string) *account.PolicyDetail {
	list := s.AuthorizationDetails.Value.Policies
	return &list[slices.IndexFunc(list, func(p account.PolicyDetail) bool { return p.Name == name })]
}

// removeUser takes a user out of everything that lists users.
func removeUser(s *account.Snapshot, name string) {
	d := &s.AuthorizationDetails.Value
	d.Users = slices.DeleteFunc(d.Users, func(u account.UserDetail) bool { return u.Name == name })
	s.Users.Value = slices.DeleteFunc(s.Users.Value, func(u account.ListedUser) bool { return u.Name == name })
	delete(s.PerUser, name)
	var rows []string
	for line := range strings.SplitSeq(s.CredentialReport.Value.Content, "\n") {
		if !strings.HasPrefix(line, name+",") {
			rows = append(rows, line)
		}
	}
	s.CredentialReport.Value.Content = strings.Join(rows, "\n")
	s.VirtualMFADevices.Value = slices.DeleteFunc(s.VirtualMFADevices.Value, func(v account.VirtualMFADevice) bool { return v.Owner != nil && v.Owner.Name == name })
	recount(s)
}

// recount has the account summary count what the lists hold.
func recount(s *account.Snapshot) {
	d, own := s.AuthorizationDetails.Value, 0
	for _, p := range d.Policies {
		if !account.OfAWS(p.ARN) {
			own++
		}
	}
	for key, n := range map[string]int{"Users": len(d.Users), "Groups": len(d.Groups), "Roles": len(d.Roles), "Policies": own} {
		s.AccountSummary.Value[key] = int32(n)
	}
}
