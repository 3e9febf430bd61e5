package whatif

import (
	"slices"
	"strings"

	"sekisho/audit/access"
	"sekisho/audit/account"
)

// administrators are those who are or can become one, before or after.
func (t *trial) administrators() {
	rows := map[string]*AdminRow{}
	each := func(x *access.Access, set func(*AdminRow) *string) {
		var all []*access.Principal
		for _, u := range x.Account.Users {
			all = append(all, x.User(u.Name))
		}
		for _, who := range append(all, x.Roles()...) {
			if t.o.Interrupted.Now() {
				return
			}
			if rows[who.ARN] == nil {
				rows[who.ARN] = &AdminRow{who.ARN, "absent", "absent"}
			}
			*set(rows[who.ARN]) = who.Ascent().Standing.String()
		}
	}
	each(t.before, func(r *AdminRow) *string { return &r.Before })
	each(t.after, func(r *AdminRow) *string { return &r.After })
	for _, r := range rows {
		none := func(standing string) bool { return standing == access.CannotAscend.String() || standing == "absent" }
		if !none(r.Before) || !none(r.After) {
			t.out.Administrators = append(t.out.Administrators, *r)
		}
	}
	slices.SortFunc(t.out.Administrators, func(a, b AdminRow) int { return strings.Compare(account.ShortARN(a.ARN), account.ShortARN(b.ARN)) })
}
