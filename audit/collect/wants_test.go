package collect

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"

	"sekisho/audit/account"
)

// wantsOf are wants about one user.
func wantsOf(user string, sections ...account.Section) []account.Want {
	wants := []account.Want{}
	for _, section := range sections {
		wants = append(wants, account.Want{Section: section, User: user, UserID: "AIDA" + strings.ToUpper(user)})
	}
	return wants
}

// once wants these answers in the first round, and nothing after that.
func once(wants []account.Want) func(*account.Snapshot) []account.Want {
	return func(*account.Snapshot) []account.Want {
		asked := wants
		wants = nil
		return asked
	}
}

func TestUncappedWantsTakeNoPlace(t *testing.T) {
	t.Parallel()
	none := func(action, list string) http.HandlerFunc {
		return ok(action, "<"+list+"/><IsTruncated>false</IsTruncated>")
	}
	wants := []account.Want{}
	for _, user := range []string{"a", "b", "c"} {
		free := wantsOf(user, account.SSHPublicKeysSection)
		free[0].Uncapped = true
		wants = append(append(wants, free...), wantsOf(user, account.MFADevicesSection)...)
	}
	warned := []string{}
	s, _ := collected(t, map[string]http.HandlerFunc{"ListSSHPublicKeys": none("ListSSHPublicKeys", "SSHPublicKeys"), "ListMFADevices": none("ListMFADevices", "MFADevices")},
		Plan{Sections: []account.Section{account.AccountSummarySection}, MaxUsers: 1, Wants: once(wants), Warn: func(text string) { warned = append(warned, text) }})
	if keys, devices := s.Calls.ByAction["iam:ListSSHPublicKeys"], s.Calls.ByAction["iam:ListMFADevices"]; keys != 3 || devices != 1 {
		t.Errorf("got %d and %d calls, want every uncapped want and one capped", keys, devices)
	}
	if want := []string{"b", "c"}; len(s.Declined) != 1 || s.Declined[0].Section != account.MFADevicesSection || !slices.Equal(s.Declined[0].Users, want) {
		t.Errorf("got %+v declined, want the devices of %v", s.Declined, want)
	}
	if want := []string{"reading 3 users one by one (about 3 calls)"}; !slices.Equal(warned, want) {
		t.Errorf("got the warnings %q, want %q", warned, want)
	}
}

func TestNoWarningOfAFewUsers(t *testing.T) {
	t.Parallel()
	wants := wantsOf("a", account.SSHPublicKeysSection, account.MFADevicesSection)
	wants[0].Uncapped = true
	server := newFakeAWS(t, nil)
	o := demo(server)
	o.Allowed = Actions()
	session := signedIn(t, o)
	for _, test := range []struct {
		most int
		want []string
	}{{1, nil}, {0, []string{"reading 1 users one by one (about 1 calls)"}}} {
		if _, err := session.Collect(context.Background(), Plan{Sections: []account.Section{account.AccountSummarySection}, MaxUsers: test.most, Wants: once(wants)}); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(session.Warnings, test.want) {
			t.Errorf("up to %d users: got the warnings %q, want %q", test.most, session.Warnings, test.want)
		}
	}
}

func TestExpiredSessionEndsARunOnceSaid(t *testing.T) {
	t.Parallel()
	expired := failJSON(403, "ExpiredTokenException", "The security token included in the request is expired")
	server := newFakeAWS(t, map[string]http.HandlerFunc{
		"ListRegions":   object(`{"Regions":[{"RegionName":"us-east-1","RegionOptStatus":"ENABLED_BY_DEFAULT"},{"RegionName":"us-east-2","RegionOptStatus":"ENABLED_BY_DEFAULT"}]}`),
		"ListAnalyzers": byRegion(map[string]http.HandlerFunc{"us-east-1": expired, "": hang}),
	})
	o := demo(server)
	o.Allowed = Actions()
	_, err := signedIn(t, o).Collect(context.Background(), Plan{Sections: []account.Section{account.AccessAnalyzersSection}})
	var ends *Error
	if !errors.As(err, &ends) || err.Error() != "reading the account: ExpiredTokenException: The security token included in the request is expired" {
		t.Errorf("got %v, want the run ended, and told once why", err)
	}
}
