package account

import (
	"strings"
	"testing"
	"time"
)

var (
	now      = time.Date(2026, 11, 22, 5, 0, 0, 0, time.UTC)
	reportAt = now.Add(-2 * time.Hour)
	longAgo  = now.AddDate(-1, 0, 0)
)

// reportColumns are the 22 columns that AWS sends.
var reportColumns = strings.Split("user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,password_next_rotation,mfa_active,"+
	"access_key_1_active,access_key_1_last_rotated,access_key_1_last_used_date,access_key_1_last_used_region,access_key_1_last_used_service,"+
	"access_key_2_active,access_key_2_last_rotated,access_key_2_last_used_date,access_key_2_last_used_region,access_key_2_last_used_service,"+
	"cert_1_active,cert_1_last_rotated,cert_2_active,cert_2_last_rotated", ",")

// reportOf makes a credential report of rows given as cells by column; what isn't given is false or N/A.
func reportOf(columns []string, rows ...map[string]string) *Answer[CredentialReport] {
	lines := []string{strings.Join(columns, ",")}
	for _, row := range rows {
		cells := make([]string, len(columns))
		for i, column := range columns {
			column = strings.ToLower(column)
			value, ok := row[column]
			switch {
			case ok:
			case strings.HasSuffix(column, "_active") || column == "password_enabled":
				value = "false"
			case column == "arn":
				value = "arn:aws:iam::123456789012:user/" + row["user"]
			case column == "user_creation_time":
				value = longAgo.Format(time.RFC3339)
			default:
				value = "N/A"
			}
			cells[i] = value
		}
		lines = append(lines, strings.Join(cells, ","))
	}
	return read("iam:GetCredentialReport", CredentialReport{GeneratedAt: reportAt, Content: strings.Join(lines, "\n")})
}

func rootRow(cells ...string) map[string]string {
	return row(RootUserName, append([]string{"arn", "arn:aws:iam::123456789012:root", "password_enabled", "true"}, cells...)...)
}

// row is a report row of a user: pairs of column and value.
func row(user string, cells ...string) map[string]string {
	m := map[string]string{"user": user}
	for i := 0; i < len(cells); i += 2 {
		m[cells[i]] = cells[i+1]
	}
	return m
}

// read is a complete answer of one second at the snapshot's time.
func read[T any](action string, value T) *Answer[T] {
	return &Answer[T]{Action: action, Began: now, Ended: now.Add(time.Second), Complete: true, Value: value}
}

func snapshot() *Snapshot {
	return &Snapshot{
		Schema: SnapshotSchema, TakenAt: now, Gaps: []Gap{},
		Caller: Caller{AccountID: "123456789012", Partition: "aws", ARN: "arn:aws:iam::123456789012:user/auditor", UserID: "AIDAAUDITOREXAMPLE", At: now},
	}
}

func detailed(users ...UserDetail) *Answer[AuthorizationDetails] {
	return read("iam:GetAccountAuthorizationDetails", AuthorizationDetails{Users: users, Groups: []GroupDetail{}, Roles: []RoleDetail{}, Policies: []PolicyDetail{}})
}

func detail(name string) UserDetail {
	return UserDetail{
		Name: name, ID: "AIDA" + strings.ToUpper(name) + "EXAMPLE", ARN: "arn:aws:iam::123456789012:user/" + name, Path: "/", Created: longAgo,
		Groups: []string{}, InlinePolicies: []InlinePolicy{}, AttachedPolicies: []AttachedPolicy{}, Tags: []Tag{},
	}
}

func virtual(serial, owner string) VirtualMFADevice {
	since := longAgo
	return VirtualMFADevice{
		Serial: "arn:aws:iam::123456789012:mfa/" + serial, EnabledSince: &since,
		Owner: &MFAOwner{Name: owner, ID: "AIDA" + strings.ToUpper(owner) + "EXAMPLE", ARN: "arn:aws:iam::123456789012:user/" + owner},
	}
}

func virtualOfRoot(serial string) VirtualMFADevice {
	d := virtual(serial, "")
	d.Owner = &MFAOwner{ID: "123456789012", ARN: "arn:aws:iam::123456789012:root"}
	return d
}

// userNamed finds a user of the account.
func userNamed(t *testing.T, a *Account, name string) *User {
	t.Helper()
	for _, u := range a.Users {
		if u.Name == name {
			return u
		}
	}
	t.Fatalf("there is no user %q", name)
	return nil
}

// says asserts a known value.
func says[T comparable](t *testing.T, what string, k Known[T], want T) {
	t.Helper()
	if got, ok := k.Get(); !ok || got != want {
		t.Errorf("%s: got %v (known: %v, %s), want %v", what, got, ok, k.Missing(), want)
	}
}

// silent asserts that a fact isn't known, for a reason that holds a text.
func silent(t *testing.T, what string, k State, reason string) {
	t.Helper()
	if k.OK() {
		t.Errorf("%s: got a known fact, want none", what)
	} else if got := k.Missing().String(); !strings.Contains(got, reason) {
		t.Errorf("%s: got the reason %q, want one with %q", what, got, reason)
	}
}
