package account_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"sekisho/audit/account"
	"sekisho/audit/emulator"
)

var taken = time.Date(2026, 11, 22, 5, 0, 0, 0, time.UTC)

// leaves calls each with every ARN and every date of the answers, and a path that is the same for alike fields.
func leaves(v reflect.Value, path string, each func(path string, leaf reflect.Value)) {
	switch v.Kind() {
	case reflect.String:
		if strings.HasPrefix(v.String(), "arn:") {
			each(path, v)
		}
	case reflect.Pointer:
		if !v.IsNil() {
			leaves(v.Elem(), path, each)
		}
	case reflect.Slice:
		for i := range v.Len() {
			leaves(v.Index(i), path+"[]", each)
		}
	case reflect.Map:
		for _, key := range v.MapKeys() {
			leaves(v.MapIndex(key), path+"[]", each)
		}
	case reflect.Struct:
		if _, isTime := v.Interface().(time.Time); isTime {
			each(path, v)
			return
		}
		for i := range v.NumField() {
			leaves(v.Field(i), path+"."+v.Type().Field(i).Name, each)
		}
	}
}

// outside are the fields that are no answer of AWS's about the account, or that may hold anything.
var outside = regexp.MustCompile(`^\.(Caller|Gaps|TakenAt|MachineTime)|\.(Began|Ended)$|\.(ValidUntil|Expires)$|\.Tags\[\]`)

// Whatever field of whatever answer names another account, another partition or a time to come: what it is about is
// judged by nobody, and the section has a gap. The fields are those that the answers have.
func TestWhatCannotBeTrueIsTakenOut(t *testing.T) {
	t.Parallel()
	s := emulator.Demo(taken)
	honest := account.New(s)
	if len(honest.Kept.Gaps)+len(honest.Notes)+len(honest.Contradicted) > 0 {
		t.Fatalf("got %v, %v and %v of honest answers, want none", honest.Kept.Gaps, honest.Notes, honest.Contradicted)
	}
	lies := map[string]func(leaf reflect.Value){
		account.ForeignAnswer: func(leaf reflect.Value) {
			leaf.SetString(strings.NewReplacer("123456789012", "999999999999", ":aws:", ":999999999999:").Replace(leaf.String()))
		},
		"partition": func(leaf reflect.Value) {
			leaf.SetString(strings.Replace(leaf.String(), "arn:aws:", "arn:aws-999999999999:", 1))
		},
		account.FutureDate: func(leaf reflect.Value) {
			leaf.Set(reflect.ValueOf(taken.Add(2 * time.Hour).Add(999999999 * time.Nanosecond)))
		},
	}
	seen := map[string]bool{}
	leaves(reflect.ValueOf(s).Elem(), "", func(path string, leaf reflect.Value) {
		isDate := leaf.Kind() == reflect.Struct
		if seen[path] || outside.MatchString(path) {
			return
		}
		seen[path] = true
		truth := reflect.ValueOf(leaf.Interface())
		for code, lie := range lies {
			if isDate != (code == account.FutureDate) {
				continue
			}
			lie(leaf)
			kept := account.New(s).Kept
			wanted := code
			if code == "partition" {
				wanted = account.ForeignAnswer
			}
			if len(kept.Gaps) == 0 || kept.Gaps[0].Code != wanted {
				t.Errorf("%s: got the gaps %v of %v, want one of code %s", path, kept.Gaps, leaf, wanted)
			}
			kept.Gaps = nil
			if text, err := json.Marshal(kept); err != nil || strings.Contains(string(text), "999999999") {
				t.Errorf("%s: got what can't be true in what is judged (%v)", path, err)
			}
			leaf.Set(truth)
		}
	})
	if len(seen) < 35 {
		t.Errorf("got %d fields, want those of all sections: %v", len(seen), seen)
	}
	if kept := account.New(s).Kept; len(kept.Gaps) > 0 {
		t.Errorf("got %v, want the snapshot as it was", kept.Gaps)
	}
}

// Whatever is wrong with a company: what AWS says of it is true.
func TestHonestAnswersAreBelieved(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]*account.Snapshot{
		"company": emulator.Company(100, taken), "failing": emulator.CompanyFailing(100, 20, taken), "messy": emulator.Messy(200, 3, taken),
	} {
		if a := account.New(s); len(a.Kept.Gaps)+len(a.Notes)+len(a.Contradicted) > len(s.Gaps) {
			t.Errorf("%s: got the gaps %v, the notes %v and doubts about %v, want none", name, a.Kept.Gaps, a.Notes, a.Contradicted)
		}
	}
}

func TestWhatIsLeftIsNotTheWhole(t *testing.T) {
	t.Parallel()
	s := emulator.Demo(taken)
	s.AuthorizationDetails.Value.Roles[1].Created = taken.Add(2 * time.Hour)
	later := taken.AddDate(70, 0, 0)
	s.AuthorizationDetails.Value.Roles[2].LastUsed = &later
	a := account.New(s)
	if len(a.Roles) != len(s.AuthorizationDetails.Value.Roles)-2 || a.RoleCount.OK() || a.UserCount.Missing().Gap.Code == "" && !a.UserCount.OK() {
		t.Errorf("got %d roles (known: %t), want all but two, and no whole list", len(a.Roles), a.RoleCount.OK())
	}
	want := account.Gap{Section: account.AuthorizationDetailsSection, Action: "iam:GetAccountAuthorizationDetails", Code: account.FutureDate,
		Message: "got the date 2026-11-22T07:00:00Z, want none after " + s.AuthorizationDetails.Ended.Format(time.RFC3339) + "; and 1 more like it"}
	if len(a.Kept.Gaps) != 1 || a.Kept.Gaps[0].Compare(want) != 0 || a.Kept.Gaps[0].Text.String() != want.Message {
		t.Errorf("got %v, want %v", a.Kept.Gaps, want)
	}
	if got, want := a.RoleCount.Missing().String(), "what iam:GetAccountAuthorizationDetails answered is not believed: "+want.Message; got != want {
		t.Errorf("got the reason %q, want %q", got, want)
	}
	s.AuthorizationDetails.Value.Roles[3].AttachedPolicies = []account.AttachedPolicy{{Name: "x", ARN: "arn:aws:iam::999999999999:policy/x"}}
	if a := account.New(s); a.Kept.AuthorizationDetails != nil || len(a.Roles)+len(a.Policies) > 0 || a.Kept.Gaps[0].Code != account.ForeignAnswer {
		t.Errorf("got %d roles and %d policies of an answer that names another account (%v), want none", len(a.Roles), len(a.Policies), a.Kept.Gaps)
	}
}

// Policies and tags may name anybody, and some dates are still to come.
func TestWhatMayHoldAnythingIsNotOdd(t *testing.T) {
	t.Parallel()
	s := emulator.Demo(taken)
	later := taken.AddDate(70, 0, 0)
	d := &s.AuthorizationDetails.Value
	d.Users[0].Tags = []account.Tag{{Key: "arn:aws:iam::999999999999:user/x", Value: "arn:aws:iam::999999999999:user/x"}}
	d.Roles[0].TrustPolicy, d.Policies[0].Versions[0].Document = "arn:aws:iam::999999999999:root", "arn:aws:iam::999999999999:root"
	s.SAMLProviders.Value = []account.Provider{{ARN: "arn:aws:iam::123456789012:saml-provider/x", ValidUntil: &later}}
	s.ServiceCredentials.Value[0].Expires, s.ServerCertificates.Value[0].Expires = &later, later
	s.SecurityContact.Value = &account.AlternateContact{Name: "arn:", Title: "arn:aws:iam::999999999999:root", Email: "arn:", Phone: "arn:"}
	s.Users.Ended = taken.Add(3 * time.Hour) // of a long run
	during := taken.Add(4 * time.Hour)
	s.Users.Value[0].PasswordLastUsed = &during
	if got := account.New(s).Kept.Gaps; len(got) > 0 {
		t.Errorf("got the gaps %v, want none", got)
	}
}

func TestNumbersThatDiffer(t *testing.T) {
	t.Parallel()
	for key, test := range map[string]struct {
		list         func(*account.Account) account.State
		section      account.Section
		above, below bool // whether a number above the list, or below it, contradicts it
	}{
		"Users":  {list: func(a *account.Account) account.State { return &a.UserCount }, section: "users", above: true, below: true},
		"Groups": {list: func(a *account.Account) account.State { return &a.GroupCount }, section: "authorization-details", above: true, below: true},
		"Roles":  {list: func(a *account.Account) account.State { return &a.RoleCount }, section: "authorization-details", above: true},
		"Policies": {
			list: func(a *account.Account) account.State { return &a.PolicyCount }, section: "authorization-details", above: true,
		},
		"ServerCertificates": {
			list: func(a *account.Account) account.State { return &a.ServerCertificateCount }, section: "server-certificates", above: true,
		},
		"MFADevicesInUse": {
			list: func(a *account.Account) account.State { return &a.VirtualMFADeviceCount }, section: "virtual-mfa-devices", below: true,
		},
	} {
		for by, contradicts := range map[int32]bool{1: test.above, 0: false, -1: test.below} {
			s := emulator.Demo(taken)
			if key == "MFADevicesInUse" { // others may be devices of other kinds
				s.AccountSummary.Value[key] = assigned(s)
			}
			s.AccountSummary.Value[key] += by
			a := account.New(s)
			counted := s.AccountSummary.Value[key]
			told := slices.ContainsFunc(a.Kept.Gaps, func(g account.Gap) bool {
				return g.Code == account.Contradiction && g.Section == test.section && strings.Contains(g.Message, fmt.Sprintf("says %s %d, and ", key, counted))
			})
			doubted := slices.Contains(a.Contradicted, test.section) && slices.Contains(a.Contradicted, account.AccountSummarySection)
			if told != contradicts || doubted != contradicts || test.list(a).OK() == contradicts {
				t.Errorf("%s %+d: got the gaps %v, a list known: %t; want a contradiction: %t", key, by, a.Kept.Gaps, test.list(a).OK(), contradicts)
			}
			if noted := len(a.Notes) == 1 && strings.Contains(a.Notes[0].String(), fmt.Sprintf("says %s %d, and the list has %d", key, counted, counted-by)); noted != (by < 0 && !test.below) {
				t.Errorf("%s %+d: got the notes %v, want one: %t", key, by, a.Notes, by < 0 && !test.below)
			}
		}
	}
}

// assigned counts the virtual devices in use, and one of another kind that root must have.
func assigned(s *account.Snapshot) int32 {
	n, root := int32(0), int32(1)
	for _, d := range s.VirtualMFADevices.Value {
		if d.Assigned() {
			n++
		}
		if d.Owner != nil && account.IsRootARN(d.Owner.ARN) {
			root = 0
		}
	}
	if s.AccountSummary.Value["AccountMFAEnabled"] == 0 {
		root = 0
	}
	return n + root
}

// A row that can't be read, or can't be true, costs its user's facts and nobody else's.
func TestOddRowOfTheReport(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change    func(row string) string
		user      string // whom the gap is about
		code, why string
	}{
		"too few cells":   {func(row string) string { return row[:strings.LastIndex(row, ",")] }, "kondo.emi", account.MalformedRow, "has 21 cells, want 22"},
		"an open quote":   {func(row string) string { return strings.Replace(row, ",true,", `,"true,`, 1) }, "kondo.emi", account.MalformedRow, "can't be read: extraneous or missing"},
		"twice":           {func(row string) string { return row + "\n" + row }, "kondo.emi", account.MalformedRow, "has several rows for the user"},
		"three times":     {func(row string) string { return row + "\n" + row + "\n" + row }, "kondo.emi", account.MalformedRow, "has several rows for the user"},
		"no name":         {func(row string) string { return strings.TrimPrefix(row, "kondo.emi") }, "", account.MalformedRow, "names no user"},
		"another account": {func(row string) string { return strings.Replace(row, "123456789012", "999999999999", 1) }, "kondo.emi", account.ForeignAnswer, `got "arn:aws:iam::999999999999:user/kondo.emi"`},
		"a date to come":  {func(row string) string { return dates.ReplaceAllString(row, ",2099-01-01T00:00:00+00:00,") }, "kondo.emi", account.FutureDate, "got the date 2099-01-01T00:00:00Z, want none after 2026-11-22T05:00:"},
		"a date before":   {func(row string) string { return dates.ReplaceAllString(row, ",0001-01-01T00:00:00Z,") }, "kondo.emi", account.PastDate, "got the date 0001-01-01T00:00:00Z, want none before 2006"},
		"an offset":       {func(row string) string { return dates.ReplaceAllString(row, ",2026-11-22T02:00:00-08:00,") }, "kondo.emi", account.FutureDate, "got the date 2026-11-22T10:00:00Z"},
	} {
		s := emulator.Demo(taken)
		delete(s.PerUser, "kondo.emi")
		content := &s.CredentialReport.Value.Content
		rows := strings.Split(*content, "\n")
		i := slices.IndexFunc(rows, func(row string) bool { return strings.HasPrefix(row, "kondo.emi,") })
		rows[i] = test.change(rows[i])
		*content = strings.Join(rows, "\n")
		a := account.New(s)
		if i := slices.IndexFunc(a.Kept.Gaps, func(g account.Gap) bool {
			return g.Section == account.CredentialReportSection && g.Resource == test.user && g.Code == test.code && strings.Contains(g.Message, test.why)
		}); i < 0 {
			t.Errorf("%s: got the gaps %v, want one of %s that says %q", name, a.Kept.Gaps, test.code, test.why)
		}
		lost, other := a.User("kondo.emi"), a.User("watanabe.sota")
		if lost == nil || lost.Password.OK() || lost.PasswordLastChanged.OK() || lost.AccessKeys.OK() || lost.SigningCertificates.OK() {
			t.Errorf("%s: got facts of a user whose row is odd, want none", name)
		}
		if other == nil || !other.Password.OK() || !other.AccessKeys.OK() || !a.Root.LastUsed.OK() || !a.UserCount.OK() {
			t.Errorf("%s: got no facts of others, want them", name)
		}
	}
}

var dates = regexp.MustCompile(`,20[0-9-]+T[0-9:]+(Z|\+00:00),`)
