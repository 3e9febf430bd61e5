package collect

import (
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/iam"

	"sekisho/audit/account"
)

// endless writes until the client has had enough.
func endless(w io.Writer) {
	spaces := []byte(strings.Repeat(" ", 64<<10))
	for {
		if _, err := w.Write(spaces); err != nil {
			return
		}
	}
}

// TestAnswersAreBounded holds it by answers without an end, which nobody could read to it.
func TestAnswersAreBounded(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		answer        http.HandlerFunc
		code, message string
		asked         int
		hint          string
	}{
		"an answer": {func(w http.ResponseWriter, _ *http.Request) { endless(w) },
			"AnswerTooLarge", "got an answer of more than 1 MiB (collect.max_answer_mib)", 1, "raise collect.max_answer_mib in the configuration"},
		"a compressed answer": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			endless(gzip.NewWriter(w))
		}, "AnswerTooLarge", "got an answer of more than 1 MiB (collect.max_answer_mib)", 1, "raise collect.max_answer_mib in the configuration"},
		"an error": {func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(http.StatusForbidden)
			endless(w)
		}, "AccessDenied", "got HTTP status 403 and no error of AWS's that can be read", 3, ""},
		"a compressed error": {func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			w.WriteHeader(http.StatusInternalServerError)
			endless(gzip.NewWriter(w))
		}, "ServiceFailure", "got HTTP status 500 and no error of AWS's", 3, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := newFakeAWS(t, map[string]http.HandlerFunc{"ListUsers": test.answer})
			o := demo(server)
			o.MaxAnswer = 1 << 20
			_, err := signedIn(t, o).IAM.ListUsers(t.Context(), &iam.ListUsersInput{})
			code, message, abort := Classify(err)
			if code != test.code || message != test.message || abort != nil || Hint(err) != test.hint {
				t.Errorf("got %q, %q (hint %q), abort %v, want %q, %q (hint %q)", code, message, Hint(err), abort, test.code, test.message, test.hint)
			}
			if got := server.count("ListUsers"); got != test.asked {
				t.Errorf("got %d attempts, want %d", got, test.asked)
			}
		})
	}
	if got := newLimits(0, 0).answer; got != 64<<20 {
		t.Errorf("got %d bytes of an answer that are read, want 64 MiB", got)
	}
}

// TestLargePagesAreAskedForInParts holds that a page which is too large is asked for again from the same place, with
// fewer entries, and that the list is whole then.
func TestLargePagesAreAskedForInParts(t *testing.T) {
	t.Parallel()
	const user = "<member><Path>/</Path><UserName>user%[1]s</UserName><UserId>AIDA%[1]sEXAMPLE</UserId><Arn>arn:aws:iam::123456789012:user/user%[1]s</Arn>" +
		"<CreateDate>2024-05-01T00:00:00Z</CreateDate><GroupList/><AttachedManagedPolicies/></member>"
	page := func(n, end string) http.HandlerFunc {
		return ok("GetAccountAuthorizationDetails", "<UserDetailList>"+fmt.Sprintf(user, n)+"</UserDetailList><GroupDetailList/><RoleDetailList/><Policies/>"+end)
	}
	large := page("0", strings.Repeat(" ", 1<<20)+"<IsTruncated>false</IsTruncated>")
	more := func(marker string) string { return "<IsTruncated>true</IsTruncated><Marker>" + marker + "</Marker>" }
	for name, test := range map[string]struct {
		pages     map[string]http.HandlerFunc // by Marker and MaxItems
		asked     []string
		users     int
		truncated bool
	}{
		"the first": {map[string]http.HandlerFunc{"/1000": large, "/250": page("1", more("a")), "a/250": page("2", "<IsTruncated>false</IsTruncated>")},
			[]string{"/1000", "/250", "a/250"}, 2, false},
		"one in the middle": {map[string]http.HandlerFunc{"/1000": page("1", more("a")), "a/1000": large, "a/250": large,
			"a/50": page("2", more("b")), "b/50": page("3", "<IsTruncated>false</IsTruncated>")},
			[]string{"/1000", "a/1000", "a/250", "a/50", "b/50"}, 3, false},
		"even with few entries": {map[string]http.HandlerFunc{"/1000": page("1", more("a")), "a/1000": large, "a/250": large, "a/50": large},
			[]string{"/1000", "a/1000", "a/250", "a/50"}, 1, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var mu sync.Mutex
			var asked []string
			server := newFakeAWS(t, map[string]http.HandlerFunc{"GetAccountAuthorizationDetails": func(w http.ResponseWriter, r *http.Request) {
				which := r.Form.Get("Marker") + "/" + r.Form.Get("MaxItems")
				mu.Lock()
				asked = append(asked, which)
				mu.Unlock()
				test.pages[which](w, r)
			}})
			o := server.inProcess()
			o.Allowed, o.MaxAnswer = Actions(), 1<<20
			s, err := signedIn(t, o).Collect(t.Context(), Plan{Sections: []account.Section{account.AuthorizationDetailsSection}})
			if err != nil {
				t.Fatal(err)
			}
			r := s.AuthorizationDetails
			if !slices.Equal(asked, test.asked) || r == nil || len(r.Value.Users) != test.users || r.Complete == test.truncated {
				t.Errorf("got %v asked and %+v, want %v and %d users, truncated %v", asked, r, test.asked, test.users, test.truncated)
			}
			if gap := len(s.Gaps) == 1 && s.Gaps[0].Code == "AnswerTooLarge"; gap != test.truncated || len(s.Gaps) > 1 {
				t.Errorf("got the gaps %v, want one of a page that is too large: %v", s.Gaps, test.truncated)
			}
		})
	}
}

// TestAbsenceIsToleratedAndTold holds that a list which AWS left out is a gap that says so, or, where the configuration
// says so, an empty list of which the snapshot tells.
func TestAbsenceIsToleratedAndTold(t *testing.T) {
	t.Parallel()
	server := newFakeAWS(t, map[string]http.HandlerFunc{"ListSAMLProviders": ok("ListSAMLProviders", "")})
	sections := []account.Section{account.AccountSummarySection, account.SAMLProvidersSection}
	o := server.inProcess()
	o.Allowed = Actions()
	session := signedIn(t, o)
	s, err := session.Collect(t.Context(), Plan{Sections: sections})
	if err != nil {
		t.Fatal(err)
	}
	want := account.Gap{Section: account.SAMLProvidersSection, Action: "iam:ListSAMLProviders", Code: "IncompleteAnswer",
		Message: "AWS left SAMLProviderList out of an answer, which doesn't say that there are none"}
	if !slices.Equal(s.Gaps, []account.Gap{want}) || s.SAMLProviders != nil || s.Tolerated != nil || server.count("ListSAMLProviders") != 1 {
		t.Errorf("got the gaps %v, %v and %v after %d attempts, want one gap %v after one", s.Gaps, s.SAMLProviders, s.Tolerated, server.count("ListSAMLProviders"), want)
	}
	if !slices.ContainsFunc(session.Warnings, func(w string) bool { return strings.Contains(w, "collect.tolerate_absent: [SAMLProviderList]") }) {
		t.Errorf("got the warnings %q, want one that names the setting", session.Warnings)
	}
	o.TolerateAbsent = []string{"SAMLProviderList"}
	if s, err = signedIn(t, o).Collect(t.Context(), Plan{Sections: sections}); err != nil {
		t.Fatal(err)
	}
	told := []account.Tolerated{{Action: "iam:ListSAMLProviders", Element: "SAMLProviderList", Answers: 1}}
	if r := s.SAMLProviders; len(s.Gaps) > 0 || r == nil || !r.Complete || len(r.Value) > 0 || !slices.Equal(s.Tolerated, told) {
		t.Errorf("got the gaps %v, %v and %v, want an empty list and %v", s.Gaps, r, s.Tolerated, told)
	}
}

// TestEveryCallHasAShape holds that no answer is read of which nobody has said what it must hold.
func TestEveryCallHasAShape(t *testing.T) {
	t.Parallel()
	for _, action := range slices.Concat(Actions(), []string{getCallerIdentity, getSessionToken, assumeRole, "sts:AssumeRoleWithWebIdentity"}) {
		body := "{}"
		if name, ofIAM := strings.CutPrefix(action, "iam:"); ofIAM || strings.HasPrefix(action, "sts:") {
			name = strings.TrimPrefix(name, "sts:")
			body = fmt.Sprintf("<%[1]sResponse><%[1]sResult/></%[1]sResponse>", name)
		}
		if err := (&client{limits: newLimits(0, 0)}).check(&call{action: action}, "", []byte(body)); err == nil || strings.Contains(err.Error(), "nobody has said") {
			t.Errorf("%s: got %v of an answer without anything, want what it lacks", action, err)
		}
	}
}
