package collect_test

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"sekisho/audit"
	"sekisho/audit/access"
	"sekisho/audit/account"
	"sekisho/audit/collect"
	"sekisho/audit/collect/shape"
	"sekisho/audit/emulator"
	"sekisho/audit/organization"
)

// between stands between a client and an emulator. see is shown every answer, and returns what is sent.
type between struct {
	http.Handler
	see func(action string, body []byte) []byte
}

// actionOf is what a request asks for. Where JSON is spoken the signature has the service, and the path most of the name.
func actionOf(r *http.Request, form url.Values) string {
	if _, name, ok := strings.Cut(r.Header.Get("X-Amz-Target"), "."); ok {
		return strings.Split(r.Header.Get("Authorization"), "/")[3] + ":" + name
	}
	name, service := form.Get("Action"), "iam"
	if form.Get("Version") == "2011-06-15" {
		service = "sts"
	}
	if name == "" {
		service, name = strings.Split(r.Header.Get("Authorization"), "/")[3], strings.TrimPrefix(r.URL.Path, "/")
	}
	for _, action := range append(collect.Actions(), "sts:GetCallerIdentity", organization.AssumeRootAction) {
		if of, operation, _ := strings.Cut(action, ":"); of == service && strings.Contains(strings.ToLower(operation), strings.ToLower(name)) {
			return action
		}
	}
	return ""
}

func (b between) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	asked, _ := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(asked))
	form, _ := url.ParseQuery(string(asked))
	answer := httptest.NewRecorder()
	b.Handler.ServeHTTP(answer, r)
	body := answer.Body.Bytes()
	if answer.Code == http.StatusOK {
		body = b.see(actionOf(r, form), body)
	}
	maps.Copy(w.Header(), answer.Header())
	w.Header().Del("Content-Length")
	w.WriteHeader(answer.Code)
	w.Write(body)
}

// readBetween reads through see, which is called for one answer at a time.
func readBetween(t *testing.T, of *account.Snapshot, plan collect.Plan, see func(string, []byte) []byte) (s *account.Snapshot, err error) {
	t.Helper()
	var mu sync.Mutex
	alone := func(action string, body []byte) []byte {
		mu.Lock()
		defer mu.Unlock()
		return see(action, body)
	}
	synctest.Test(t, func(t *testing.T) {
		session, failed := collect.SignIn(t.Context(), collect.Options{
			Endpoint: "http://aws.example", StaticKeys: true, Retryer: fastRetryer, Allowed: collect.Actions(), Now: func() time.Time { return now },
			HTTPClient: collect.InProcess(between{emulator.New(of, emulator.Options{PageCap: 7}), alone}),
		})
		if err = failed; err == nil {
			s, err = session.Collect(t.Context(), plan)
		}
	})
	return s, err
}

// onlyOf plans to read again what an action tells of the account, or of the users who were asked about.
func onlyOf(action string, whole *account.Snapshot) (plan collect.Plan, sections []account.Section) {
	plan.MaxUsers = len(whole.PerUser)
	var wants []account.Want
	for _, c := range collect.Collectors() {
		switch {
		case !slices.Contains(c.Actions, action) || action == "iam:GetUser" && c.Section != account.UserSection:
		case !c.Section.PerUser():
			sections = append(sections, c.Section)
		case c.Action() == action:
			sections = append(sections, c.Section)
			for _, name := range slices.Sorted(maps.Keys(whole.PerUser)) {
				if whole.Answered(c.Section, name, "") {
					wants = append(wants, account.Want{Section: c.Section, User: name, UserID: whole.PerUser[name].ID})
				}
			}
		}
	}
	if len(wants) == 0 {
		plan.Sections = sections
	}
	plan.Wants = func(*account.Snapshot) []account.Want {
		asked := wants
		wants = nil
		return asked
	}
	return plan, sections
}

// fieldsOf are a snapshot's keys, those of each user's answers among them as per_user.NAME.KEY.
func fieldsOf(t *testing.T, s *account.Snapshot) map[string]json.RawMessage {
	t.Helper()
	fields := map[string]json.RawMessage{}
	users := map[string]map[string]json.RawMessage{}
	if err := json.Unmarshal([]byte(written(t, s)), &fields); err != nil {
		t.Fatal(err)
	}
	if raw := fields["per_user"]; raw != nil {
		if err := json.Unmarshal(raw, &users); err != nil {
			t.Fatal(err)
		}
	}
	for name, answers := range users {
		for key, value := range answers {
			fields["per_user."+name+"."+key] = value
		}
	}
	return fields
}

// with puts what was read again into the whole, and reports whether anything of it is another word of AWS's.
func with(t *testing.T, whole map[string]json.RawMessage, sections []account.Section, changed *account.Snapshot) (*account.Snapshot, bool) {
	t.Helper()
	was, is, differs := maps.Clone(whole), fieldsOf(t, changed), false
	users := map[string]map[string]json.RawMessage{}
	if err := json.Unmarshal(was["per_user"], &users); err != nil {
		t.Fatal(err)
	}
	for _, section := range sections {
		key := account.Describe(section).Key()
		if !section.PerUser() {
			differs = differs || !bytes.Equal(was[key], is[key])
			was[key] = is[key]
			continue
		}
		for name, answers := range users {
			if again := is["per_user."+name+"."+key]; again != nil {
				differs = differs || !bytes.Equal(answers[key], again)
				answers[key] = again
			}
		}
	}
	if !differs {
		return nil, false
	}
	maps.DeleteFunc(was, func(key string, value json.RawMessage) bool { return value == nil || strings.Contains(key, ".") })
	was["per_user"], _ = json.Marshal(users)
	data, err := json.Marshal(was)
	if err != nil {
		t.Fatal(err)
	}
	s, err := account.Read(bytes.NewReader(data), "the changed snapshot")
	if err != nil {
		t.Fatal(err)
	}
	return s, true
}

// TestNoFalsePassOfAnyElement takes every element of every answer that the emulator writes away, doubles it, empties it,
// puts a number out of range and an ARN into another account, and leaves out no action. What isn't refused and gives another snapshot is judged.
func TestNoFalsePassOfAnyElement(t *testing.T) {
	t.Parallel()
	type answer struct {
		body     []byte
		elements []element
	}
	answers, shared := map[string][]answer{}, access.NewShared()
	of := *demo.of
	features := *of.OrganizationsFeatures
	features.Value = account.OrganizationsFeatures{Enabled: []string{"RootCredentialsManagement", "RootSessions"}, OrganizationID: "o-exampleorg"}
	of.OrganizationsFeatures = &features
	whole, err := readBetween(t, &of, collect.Plan{
		Sections: sections(), MaxUsers: 100, Wants: func(s *account.Snapshot) []account.Want {
			_, wants := judgeAmong(shared, s)
			return wants
		},
	}, func(action string, body []byte) []byte {
		answers[action] = append(answers[action], answer{body, elementsOf(body)})
		return body
	})
	if err != nil || len(whole.Gaps) > 0 {
		t.Fatalf("got %v and the gaps %v of the account as it is, want none", err, whole.Gaps)
	}
	truth, _ := judgeAmong(shared, whole)
	if got, want := slices.Sorted(maps.Keys(answers)), append(audited(), "sts:GetCallerIdentity"); !slices.Equal(got, want) {
		t.Fatalf("got answers of %v, want %v", got, want)
	}
	before, fields := tallyOf(truth), fieldsOf(t, whole)
	changes, refused, same, judged := 0, 0, 0, 0
	for _, action := range slices.Sorted(maps.Keys(answers)) {
		paths := map[string]element{}
		for _, a := range answers[action] {
			for _, e := range a.elements {
				e.list = e.list || paths[e.path].list
				paths[e.path] = e
			}
		}
		if len(paths) == 0 {
			t.Errorf("got no element of what %s answers", action)
		}
		seen := false // a refusal of this action, from end to end
		for _, path := range slices.Sorted(maps.Keys(paths)) {
			for kind := range edits {
				if paths[path].entry() && kind != "doubled" || paths[path].list && kind == "emptied" || kind == "dropped" && strings.HasSuffix(path, "/UserPolicyList") {
					continue // another account has no such thing, and this is how AWS says it
				}
				for _, which := range []string{"all", "first", "last"} {
					c := change{action, path, kind, which}
					touched, refuses := false, false
					for _, a := range answers[action] {
						body := c.of(a.body, a.elements)
						if bytes.Equal(body, a.body) {
							continue
						}
						touched = true
						_, err := shape.Check(action, "", body, nil)
						refuses = refuses || err != nil
					}
					if !touched {
						continue
					}
					changes++
					if refuses {
						refused++
						if seen || action == "sts:GetCallerIdentity" {
							continue
						}
						seen = true
					}
					plan, sections := onlyOf(action, whole)
					changed, err := readBetween(t, &of, plan, func(asked string, body []byte) []byte {
						if asked == action {
							body = c.of(body, elementsOf(body))
						}
						return body
					})
					switch {
					case err != nil || len(changed.Gaps) > 0:
						continue
					case refuses:
						t.Errorf("%s: got no gap, want one", c)
						continue
					}
					s, differs := with(t, fields, sections, changed)
					if !differs {
						same++
						continue
					}
					judged++
					report, _ := judgeAmong(shared, s)
					noNewPass(t, c.String(), before, tallyOf(report))
				}
			}
		}
	}
	t.Logf("%d changes: %d refused, %d without effect, %d judged", changes, refused, same, judged)
	if changes < 1000 {
		t.Errorf("got %d changes, want the test to be about more", changes)
	}
}

// notOfAdministrators are the rules that are not applicable to administrators.
var notOfAdministrators = []string{"privilege-escalation", "data-read-wide", "resource-exposure", "credentials-exposure"}

// noNewPass holds that what failed still fails or is unknown.
func noNewPass(t *testing.T, name string, before, after tally) {
	t.Helper()
	for rule, resources := range after {
		for resource, counts := range resources {
			was := before[rule][resource]
			for _, status := range []audit.Status{audit.StatusPass, audit.StatusNotApplicable} {
				if slices.Contains(notOfAdministrators, rule) && status == audit.StatusNotApplicable {
					continue // one without the boundary that they had is one
				}
				if counts[status] > was[status] && counts[audit.StatusFail] < was[audit.StatusFail] {
					t.Errorf("%s: %s: %s is %s and failed before", name, rule, resource, status)
				}
			}
		}
	}
}
