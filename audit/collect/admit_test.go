package collect

import (
	"context"
	"errors"
	"net/http"
	"sync/atomic"
	"testing"

	"sekisho/audit/account"
)

// How large an account is gets known before what is as large as it is read, and the summary is asked once.
func TestAdmissionComesBeforeWhatGrows(t *testing.T) {
	t.Parallel()
	const summary = "<SummaryMap><entry><key>Users</key><value>5000</value></entry></SummaryMap>"
	var summaries atomic.Int32
	var admitted atomic.Bool
	asked := func(h http.HandlerFunc, early bool) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			if admitted.Load() == early {
				t.Errorf("%s: asked while admitted: %v", r.FormValue("Action"), !early)
			}
			if early {
				summaries.Add(1)
			}
			h(w, r)
		}
	}
	answers := map[string]http.HandlerFunc{
		"GetAccountSummary":     asked(ok("GetAccountSummary", summary), true),
		"ListVirtualMFADevices": asked(ok("ListVirtualMFADevices", "<VirtualMFADevices></VirtualMFADevices><IsTruncated>false</IsTruncated>"), false),
	}
	sections := []account.Section{account.AccountSummarySection, account.VirtualMFADevicesSection}
	s, _ := collected(t, answers, Plan{Sections: sections, Admit: func(_ context.Context, users int) error {
		if users != 5000 {
			t.Errorf("got %d users, want 5000", users)
		}
		admitted.Store(true)
		return nil
	}})
	if s.VirtualMFADevices == nil || summaries.Load() != 1 || len(gapsOf(s)) > 0 {
		t.Errorf("got %+v after %d summaries, gaps %v, want the list of devices after one", s.VirtualMFADevices, summaries.Load(), gapsOf(s))
	}
	refused := errors.New("no room")
	admitted.Store(false)
	o := demo(newFakeAWS(t, answers))
	o.Allowed = Actions()
	if _, err := signedIn(t, o).Collect(t.Context(), Plan{Sections: sections, Admit: func(context.Context, int) error { return refused }}); !errors.Is(err, refused) {
		t.Errorf("got %v, want what kept the account out", err)
	}
}
