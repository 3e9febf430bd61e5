package account

import (
	"testing"
	"time"
)

// The later of two uses counts, whichever answer tells it, and one that is told counts where the other isn't known.
func TestLaterUseOfAPasswordCounts(t *testing.T) {
	t.Parallel()
	early, late := now.Add(-48*time.Hour), now.Add(-24*time.Hour)
	report := Evidence{Source: "iam:GetCredentialReport"}
	for name, test := range map[string]struct {
		known  Known[time.Time]
		listed *time.Time
		want   time.Time
		source string
	}{
		"the list is later":         {know(early, report), &late, late, "iam:ListUsers"},
		"the report is later":       {know(late, report), &early, late, report.Source},
		"both say the same":         {know(late, report), &late, late, report.Source},
		"the list has none":         {know(early, report), nil, early, report.Source},
		"the report has none":       {know(time.Time{}, report), &early, early, "iam:ListUsers"},
		"neither has one":           {know(time.Time{}, report), nil, time.Time{}, report.Source},
		"there is no report":        {Known[time.Time]{}, &early, early, "iam:ListUsers"},
		"the list alone, with none": {Known[time.Time]{}, nil, time.Time{}, "iam:ListUsers"},
	} {
		u := &User{PasswordLastUsed: test.known}
		passwordUse(u, "iam:ListUsers", now, &ListedUser{PasswordLastUsed: test.listed})
		if at, ok := u.PasswordLastUsed.Get(); !ok || !at.Equal(test.want) || u.PasswordLastUsed.Evidence()[0].Source != test.source {
			t.Errorf("%s: got %v of %v (%t), want %v of %s", name, at, u.PasswordLastUsed.Evidence(), ok, test.want, test.source)
		}
	}
}
