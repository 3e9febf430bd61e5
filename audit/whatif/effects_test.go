package whatif

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"sekisho/audit"
	"sekisho/audit/access"
	"sekisho/audit/account"
	"sekisho/audit/change"
	"sekisho/audit/emulator"
	"sekisho/audit/lists"
)

var now = time.Date(2026, 11, 30, 5, 0, 0, 0, time.UTC)

func guard(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "testdata", "policies", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// try tells what changes do to an account.
func try(t *testing.T, s *account.Snapshot, changes ...change.Change) *Effects {
	t.Helper()
	_, after := complete(t, s, changes...)
	return TryOut(account.New(s), account.New(after), Options{Thresholds: audit.DefaultThresholds()})
}

// complete makes changes with all that AWS wants first.
func complete(t *testing.T, s *account.Snapshot, changes ...change.Change) ([]change.Step, *account.Snapshot) {
	t.Helper()
	steps, err := change.Complete(s, changes...)
	if err != nil {
		t.Fatal(err)
	}
	return steps, mustApply(t, s, lists.Map(steps, func(step change.Step) change.Change { return step.Change })...)
}

// toEverybody attaches a policy to all users.
func toEverybody(s *account.Snapshot, document string) []change.Change {
	changes := []change.Change{change.New("iam:CreatePolicy", "guard", document)}
	for _, u := range s.AuthorizationDetails.Value.Users {
		changes = append(changes, change.New("iam:AttachUserPolicy", u.Name, change.PolicyARN(s, "/", "guard")))
	}
	return changes
}

// A sound MFA policy on everybody breaks the machines whose keys are in use, makes those enrol who have no device, and
// nobody else: not those who have one, nor keys that nobody uses.
func TestForcedMFANamesWhoBreaks(t *testing.T) {
	t.Parallel()
	company := emulator.Company(40, now)
	lost, err := change.Apply(company, change.New("iam:DeactivateMFADevice", "person-00004", "arn:aws:iam::123456789012:mfa/person-00004"),
		change.New("iam:DeactivateMFADevice", "person-00010", "arn:aws:iam::123456789012:mfa/person-00010"))
	if err != nil {
		t.Fatal(err)
	}
	for name, s := range map[string]*account.Snapshot{"demo": emulator.Demo(now), "company": company, "lost devices": lost} {
		var breaks, enrols []string
		for _, u := range account.New(s).Users {
			keys, _ := u.AccessKeys.Get()
			inUse := slices.ContainsFunc(keys, func(k account.AccessKey) bool {
				return k.Active && now.Sub(k.LastUsed.Value().At) < 45*24*60*60*1e9
			})
			switch password, device := u.Password.Value(), u.MFA.Value(); {
			case !password && inUse:
				breaks = append(breaks, u.Name)
			case password && !device:
				enrols = append(enrols, u.Name)
			}
		}
		e := try(t, s, toEverybody(s, guard(t, "sound.json"))...)
		var stops, people []string
		for _, k := range e.Keys {
			if k.InUse && (k.Verdict == Stops || k.Verdict == LosesSome) && !slices.Contains(stops, k.User) {
				stops = append(stops, k.User)
			}
		}
		for _, p := range e.People {
			people = append(people, p.User)
		}
		if slices.Sort(breaks); !slices.Equal(stops, breaks) || len(breaks) < 7 {
			t.Errorf("%s: got the broken keys of %v, want those of %v", name, stops, breaks)
		}
		if !slices.Equal(people, enrols) {
			t.Errorf("%s: got %v, who have to enrol a device, want %v", name, people, enrols)
		}
	}
}

// Who has a password that must be changed is told of where an MFA policy refuses that; and who is locked out.
func TestFirstSignIns(t *testing.T) {
	t.Parallel()
	s := emulator.Demo(now)
	verdicts := func(e *Effects) map[string]Verdict {
		got := map[string]Verdict{}
		for _, p := range e.People {
			if !p.AsNow {
				got[p.User] = p.Verdict
			}
		}
		return got
	}
	got := verdicts(try(t, s, change.New("iam:CreatePolicy", "guard", guard(t, "account/Guard.json")), change.New("iam:AttachGroupPolicy", "developers", change.PolicyARN(s, "/", "guard"))))
	if len(got) != 1 || got["kobayashi.hina"] != NoFirst {
		t.Errorf("got %v, want kobayashi.hina kept from the first sign-in alone", got)
	}
	closed := `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"BoolIfExists":{"aws:MultiFactorAuthPresent":"false"}}}]}`
	got = verdicts(try(t, s, change.New("iam:PutUserPolicy", "watanabe.sota", "closed", closed)))
	if len(got) != 1 || got["watanabe.sota"] != LockedOut {
		t.Errorf("got %v, want watanabe.sota locked out alone", got)
	}
}

// Who can do less is told of, service by service, and who is an administrator no more.
func TestWhatIsLost(t *testing.T) {
	t.Parallel()
	s := emulator.Demo(now)
	e := try(t, s, change.New("iam:DetachGroupPolicy", "administrators", "arn:aws:iam::aws:policy/AdministratorAccess"))
	var who, went []string
	for _, row := range e.Losses {
		who = append(who, account.ShortARN(row.ARN))
		if i := slices.IndexFunc(row.Lost, func(l access.Loss) bool { return l.Service == "s3" }); i < 0 || !row.Lost[i].Whole || row.Lost[i].Actions[0] != "s3:*" {
			t.Errorf("got %s lose %v, want all of s3 among it", row.ARN, row.Lost)
		}
	}
	for _, row := range e.Administrators {
		if row.Before != row.After {
			went = append(went, account.ShortARN(row.ARN)+" "+row.Before+" "+row.After)
		}
	}
	if !slices.Equal(who, []string{"user/sato.yuki", "user/suzuki.haruto"}) || !slices.Equal(went, []string{"user/sato.yuki administrator cannot", "user/suzuki.haruto administrator can"}) {
		t.Errorf("got %v losing something and %v no longer administrators, want the two of the group, and a way that a role leaves one of them", who, went)
	}
	narrow := `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"s3:GetObject","Resource":"arn:aws:s3:::secrets/*"}]}`
	e = try(t, s, change.New("iam:PutUserPolicy", "fujita.nao", "narrow", narrow))
	if len(e.Losses) != 1 || len(e.Losses[0].Lost) != 1 || e.Losses[0].Lost[0].Whole || !slices.Equal(e.Losses[0].Lost[0].Actions, []string{"s3:GetObject"}) {
		t.Errorf("got %+v lost by a Deny on one bucket, want s3:GetObject in part", e.Losses)
	}
	if again := try(t, mustApply(t, s, change.New("iam:PutUserPolicy", "fujita.nao", "narrow", narrow)), change.New("iam:PutUserPolicy", "fujita.nao", "again", narrow)); len(again.Losses) > 0 {
		t.Errorf("got %+v lost by a Deny that was there already, want nothing", again.Losses)
	}
}

func mustApply(t *testing.T, s *account.Snapshot, changes ...change.Change) *account.Snapshot {
	t.Helper()
	after, err := change.Apply(s, changes...)
	if err != nil {
		t.Fatal(err)
	}
	return after
}

// A key that is deleted, and one whose user is, stop; so does a key that loses what it was last used for, while another
// that keeps it goes on.
func TestKeysThatStop(t *testing.T) {
	t.Parallel()
	s := emulator.Demo(now)
	keys := s.PerUser["ci-deploy"].AccessKeys.Value
	verdicts := func(changes ...change.Change) (got []string) {
		for _, k := range try(t, s, changes...).Keys {
			got = append(got, k.Key+" "+string(k.Verdict))
		}
		return got
	}
	if got := verdicts(change.New("iam:DeleteAccessKey", "ci-deploy", keys[0].ID)); !slices.Equal(got, []string{keys[0].ID + " deleted"}) {
		t.Errorf("got %v, want the key that is deleted", got)
	}
	if got := verdicts(change.New("iam:DeleteUser", "ci-deploy")); !slices.Equal(got, []string{keys[0].ID + " deleted", keys[1].ID + " deleted"}) {
		t.Errorf("got %v, want both keys of the user", got)
	}
	noS3 := `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"s3:*","Resource":"*"}]}`
	if got := verdicts(change.New("iam:PutUserPolicy", "ci-deploy", "no-s3", noS3)); !slices.Equal(got, []string{keys[0].ID + " stops", keys[1].ID + " loses_some"}) {
		t.Errorf("got %v, want the key that was used for S3 to stop and the other to lose something", got)
	}
	elsewhere := `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"s3:*","Resource":"*","Condition":{"NotIpAddress":{"aws:SourceIp":"192.0.2.0/24"}}}]}`
	if got := verdicts(change.New("iam:PutUserPolicy", "ci-deploy", "elsewhere", elsewhere)); !slices.Equal(got, []string{keys[0].ID + " possibly", keys[1].ID + " loses_some"}) {
		t.Errorf("got %v, want the key that was used for S3 to stop possibly", got)
	}
}

// What changes nothing has no effects.
func TestNothingTriedHasNoEffects(t *testing.T) {
	t.Parallel()
	e := try(t, emulator.Demo(now))
	if len(e.Keys)+len(e.People)+len(e.Losses)+len(e.Unknown) > 0 || len(e.Matrix) == 0 {
		t.Errorf("got %+v, want a matrix and no effects", e)
	}
}

// Whatever wasn't read, nobody is told to be unaffected on whom the full answer tells an effect: it is told, or said to be
// unknown.
func TestNothingUnreadIsTakenForUnaffected(t *testing.T) {
	t.Parallel()
	s := emulator.Demo(now)
	changes := toEverybody(s, guard(t, "sound.json"))
	full := try(t, s, changes...)
	hidden := 0
	sections := account.Descriptors()
	for i, d := range append(sections, lists.Filter(sections, func(d *account.Descriptor) bool { return d.Scope == account.PerUser })...) {
		part := *s
		if i >= len(sections) { // what else tells the same
			part.Forget(account.CredentialReportSection)
		}
		if part.Forget(d.Section); d.Scope == account.PerUser {
			part.PerUser = map[string]*account.UserAnswers{}
			for name, answers := range s.PerUser {
				own := *answers
				own.Forget(d.Section)
				part.PerUser[name] = &own
			}
		}
		steps, err := change.Complete(&part, changes...)
		if err != nil {
			continue // what is to be changed isn't known
		}
		after := mustApply(t, &part, lists.Map(steps, func(step change.Step) change.Change { return step.Change })...)
		got := TryOut(account.New(&part), account.New(after), Options{Thresholds: audit.DefaultThresholds()})
		told := map[string]bool{}
		for _, k := range got.Keys {
			told["key "+k.User] = told["key "+k.User] || k.InUse
		}
		for _, p := range got.People {
			told["person "+p.User] = true
		}
		unknown := map[string]bool{}
		for _, u := range got.Unknown {
			unknown[u.ARN] = true
			hidden++
		}
		for _, k := range full.Keys {
			if u := account.New(s).User(k.User); k.InUse && k.Verdict != MayStop && !told["key "+k.User] && !unknown[u.ARN] {
				t.Errorf("without %s: got nothing of the key of %s, want it or that it isn't known", d.Section, k.User)
			}
		}
		for _, p := range full.People {
			if u := account.New(s).User(p.User); !told["person "+p.User] && !unknown[u.ARN] {
				t.Errorf("without %s: got nothing of %s, want that they are affected or that it isn't known", d.Section, p.User)
			}
		}
	}
	if hidden < 20 {
		t.Errorf("got %d facts unknown, want those that were taken away among them", hidden)
	}
}

// Credentials of whose use AWS keeps no record may stop where their service is closed to the user's keys.
func TestOtherCredentialsMayStop(t *testing.T) {
	t.Parallel()
	s := emulator.Demo(now)
	noGit := `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"codecommit:*","Resource":"*"}]}`
	var got []string
	for _, k := range try(t, s, change.New("iam:PutUserPolicy", "tanaka.aoi", "no-git", noGit)).Keys {
		got = append(got, k.Key[:4]+" "+string(k.Verdict)+" "+k.Service)
	}
	if !slices.Equal(got, []string{"ACCA may_stop codecommit", "APKA may_stop codecommit"}) {
		t.Errorf("got %v, want the Git credential and the SSH key", got)
	}
}

// A key of which it isn't known that what it was used for last was open stops where nothing at all is left, and that is
// what is said of it.
func TestNothingIsLeftToAKey(t *testing.T) {
	t.Parallel()
	s := emulator.Demo(now)
	closed := `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}`
	var changes []change.Change
	for _, u := range account.New(s).Users {
		changes = append(changes, change.New("iam:PutUserPolicy", u.Name, "closed", closed))
	}
	var open, all []string
	for _, k := range try(t, s, changes...).Keys {
		switch {
		case k.Verdict != Stops:
		case k.All:
			all = append(all, k.User+" "+k.Service)
		default:
			open = append(open, k.User+" "+k.Service)
		}
	}
	if want := []string{"invoice-mailer ses", "old-website ", "ota.vendor "}; !slices.Equal(all, want) || len(open) != 8 || !slices.Contains(open, "ci-deploy ecr") {
		t.Errorf("got %v without anything and %v without what they are used for, want %v, of which no policy allows what the key was used for, and the rest", all, open, want)
	}
}
