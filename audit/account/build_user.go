package account

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// candidate gathers what the lists and the report say of one user name before it becomes a User.
type candidate struct {
	user   User
	detail *UserDetail // of the authorization details
	listed *ListedUser // of ListUsers
	row    *reportRow  // of the credential report, where it is this user's
	// rowElse says why there is no row of his.
	rowElse string
}

// users enumerates the account's users and derives the facts of each.
func (b *builder) users() {
	candidates := b.enumerate()
	b.a.UserCount = b.userCount(len(candidates))
	devices := b.virtualByOwner(candidates)
	other := b.otherDevices(candidates, devices)
	for _, c := range candidates {
		u := &c.user
		b.fromDetails(u, c.detail)
		live := b.live(u)
		b.passwords(u, c, live)
		b.mfa(u, c, live, devices[u.Name], other)
		b.accessKeys(u, c, live)
		b.certificates(u, c)
		b.a.Users = append(b.a.Users, u)
	}
}

// enumerate lists the users that exist, sorted by name. The lists are live and win over the report; a name that only the report knows
// is a deleted user only against a complete list that began after the report was made.
func (b *builder) enumerate() []*candidate {
	byName := map[string]*candidate{}
	// Where two answers know a name with different IDs, the user was recreated between them: the younger is the one that exists.
	at := func(name, id, arn, path string, created time.Time) *candidate {
		c := byName[name]
		if c == nil || (c.user.ID != id && created.After(c.user.Created)) {
			c = &candidate{user: User{Name: name, ID: id, ARN: arn, Path: path, Created: created.UTC()}}
			byName[name] = c
		}
		if c.user.ID != id {
			return nil
		}
		return c
	}
	if r := b.s.AuthorizationDetails; r != nil {
		for i, d := range r.Value.Users {
			if c := at(d.Name, d.ID, d.ARN, d.Path, d.Created); c != nil {
				c.detail = &r.Value.Users[i]
			}
		}
	}
	if r := b.s.Users; r != nil {
		for i, d := range r.Value {
			if c := at(d.Name, d.ID, d.ARN, d.Path, d.Created); c != nil {
				c.listed = &r.Value[i]
			}
		}
	}
	listAfterReport := b.completeListAfter(b.a.ReportAt)
	for _, name := range b.rowOrder {
		if name == RootUserName {
			continue
		}
		row := b.rows[name]
		created, err := row.date(columnCreation)
		switch c := byName[name]; {
		case c == nil && listAfterReport:
		case c == nil:
			arn, _ := row.cell(columnARN)
			byName[name] = &candidate{user: User{Name: name, ARN: arn, Path: pathOf(arn), Created: created}, row: &row}
		case err != nil:
			c.rowElse = err.Error()
		case sameSecond(created, c.user.Created):
			c.row = &row
		default:
			c.rowElse = "the credential report's row is of another user, who had that name before"
		}
	}
	users := make([]*candidate, 0, len(byName))
	for _, c := range byName {
		if live := b.live(&c.user); live != nil && live.Gone != nil && live.Gone.Complete && live.Gone.Value {
			continue
		}
		if c.row == nil && c.rowElse == "" {
			c.rowElse = "the credential report has no row for this user"
			if c.user.Created.After(b.a.ReportAt) {
				c.rowElse = "the user was created after the credential report"
			}
		}
		users = append(users, c)
	}
	slices.SortFunc(users, func(x, y *candidate) int { return cmp.Compare(x.user.Name, y.user.Name) })
	return users
}

// completeListAfter reports whether a complete list of users began after a time.
func (b *builder) completeListAfter(t time.Time) bool {
	d, l := b.s.AuthorizationDetails, b.s.Users
	if _, contradicted := b.contradicted("Users"); contradicted && (d == nil || len(d.Value.Users) == 0) && (l == nil || len(l.Value) == 0) {
		return false
	}
	return d != nil && d.Complete && d.Began.After(t) || l != nil && l.Complete && l.Began.After(t)
}

// userCount is known where either list of users is complete. An empty list is contradicted by a summary that counts users: a reply that
// was cut to nothing would look like it.
func (b *builder) userCount(n int) Known[int] {
	d, l := b.s.AuthorizationDetails, b.s.Users
	var said Evidence
	switch {
	case d != nil && d.Complete:
		said = evidence(d, "users", strconv.Itoa(len(d.Value.Users)))
	case l != nil && l.Complete:
		said = evidence(l, "users", strconv.Itoa(len(l.Value)))
	default:
		return lack[int](b.lacking(AuthorizationDetailsSection, UsersSection))
	}
	if n == 0 {
		if m, contradicted := b.contradicted("Users"); contradicted {
			return lack[int](m)
		}
	}
	return know(n, said)
}

// contradicted says why an empty list is not believed: the account summary counts what it should hold.
func (b *builder) contradicted(key string) (Missing, bool) {
	counted, ok := b.summary(key).Get()
	if !ok || counted == 0 {
		return Missing{}, false
	}
	return Missing{
		Sections: []Section{AuthorizationDetailsSection, AccountSummarySection},
		Reason:   fmt.Sprintf("the account summary counts %s %d, and the list is empty", key, counted),
	}, true
}

// pathOf is the path in a user's ARN: "/" or "/division/".
func pathOf(arn string) string {
	rest, ok := strings.CutPrefix(ShortARN(arn), "user")
	if !ok {
		return ""
	}
	return rest[:strings.LastIndex(rest, "/")+1]
}

// live returns the answers about one user, unless they are of a namesake.
func (b *builder) live(u *User) *UserAnswers {
	answers := b.s.PerUser[u.Name]
	if answers == nil || (answers.ID != "" && u.ID != "" && answers.ID != u.ID) {
		return nil
	}
	return answers
}

func (b *builder) fromDetails(u *User, d *UserDetail) {
	if d == nil {
		m := b.lacking(AuthorizationDetailsSection)
		if r := b.s.AuthorizationDetails; r != nil && r.Complete {
			m = Missing{Sections: m.Sections, Reason: "the authorization details do not list this user"}
		}
		u.Groups, u.InlinePolicies, u.AttachedPolicies = lack[[]string](m), lack[[]InlinePolicy](m), lack[[]AttachedPolicy](m)
		u.PermissionsBoundary, u.Tags = lack[string](m), lack[[]Tag](m)
		return
	}
	r := b.s.AuthorizationDetails
	u.Groups = know(d.Groups, evidence(r, "groups", strings.Join(d.Groups, ", ")))
	inline := make([]string, len(d.InlinePolicies))
	for i, p := range d.InlinePolicies {
		inline[i] = p.Name
	}
	attached := make([]string, len(d.AttachedPolicies))
	for i, p := range d.AttachedPolicies {
		attached[i] = p.Name
	}
	saidInline := evidence(r, "inline_policies", strings.Join(inline, ", "))
	saidAttached := evidence(r, "attached_policies", strings.Join(attached, ", "))
	u.InlinePolicies = know(d.InlinePolicies, saidInline)
	u.AttachedPolicies = know(d.AttachedPolicies, saidAttached, saidInline)
	u.PermissionsBoundary = know(d.PermissionsBoundary, evidence(r, "permissions_boundary", d.PermissionsBoundary))
	u.Tags = know(d.Tags, evidence(r, "tags", strconv.Itoa(len(d.Tags))))
}

// noRow says why a fact of the report isn't known for a user.
func (b *builder) noRow(u *User, c *candidate, live ...Section) Missing {
	if !b.reportOK {
		m := b.lacking(CredentialReportSection)
		m.Sections = append(m.Sections, live...)
		return m
	}
	return b.lackingOf(u.Name, c.rowElse, append(live, CredentialReportSection)...)
}

// oddCell says why a cell of his row isn't a fact.
func (b *builder) oddCell(u *User, err error, live ...Section) Missing {
	return b.lackingOf(u.Name, err.Error(), append(live, CredentialReportSection)...)
}

func (b *builder) passwords(u *User, c *candidate, live *UserAnswers) {
	b.passwordFromReport(u, c)
	if listed := c.listed; listed != nil {
		b.passwordUseFromList(u, listed)
	}
	u.PasswordResetRequired = lack[bool](b.lackingOf(u.Name, "", LoginProfileSection))
	if live == nil || live.LoginProfile == nil || !live.LoginProfile.Complete {
		return
	}
	profile := live.LoginProfile
	if profile.Value == nil {
		none := evidence(profile, "login_profile", "none")
		u.Password = know(false, none)
		u.PasswordResetRequired = know(false, none)
		u.PasswordLastChanged = know(time.Time{}, none)
		u.PasswordNextRotation = know(time.Time{}, none)
		return
	}
	created := profile.Value.Created.UTC()
	u.Password = know(true, evidence(profile, "login_profile", "present"))
	u.PasswordResetRequired = know(profile.Value.PasswordResetRequired, evidence(profile, "password_reset_required", strconv.FormatBool(profile.Value.PasswordResetRequired)))
	// A login profile younger than the report's date is a new password; an older one says nothing of later changes.
	changed, ok := u.PasswordLastChanged.Get()
	u.PasswordSince = !ok && (b.a.ReportAt.IsZero() || created.Before(b.a.ReportAt))
	if !ok || created.After(changed) {
		u.PasswordLastChanged = know(created, evidence(profile, "login_profile_created", created.Format(time.RFC3339)))
	}
}

func (b *builder) passwordFromReport(u *User, c *candidate) {
	if c.row == nil {
		m := b.noRow(u, c, LoginProfileSection)
		u.Password, u.PasswordLastChanged, u.PasswordNextRotation = lack[bool](m), lack[time.Time](m), lack[time.Time](m)
		u.PasswordLastUsed = lack[time.Time](b.noRow(u, c))
		return
	}
	row := *c.row
	enabled, err := row.boolean("password_enabled")
	if err == nil && !enabled && c.listed != nil && c.listed.PasswordLastUsed != nil && c.listed.PasswordLastUsed.After(b.a.ReportAt) {
		err = errors.New("the credential report says that there is no password, but one was used since")
	}
	if err != nil {
		u.Password = lack[bool](b.oddCell(u, err, LoginProfileSection))
	} else {
		u.Password = know(enabled, b.reportEvidence(row, "password_enabled")...)
	}
	u.PasswordLastUsed = b.reportDate(u, row, "password_last_used")
	u.PasswordNextRotation = b.reportDate(u, row, "password_next_rotation")
	u.PasswordLastChanged = b.reportDate(u, row, "password_last_changed", LoginProfileSection)
	if changed, ok := u.PasswordLastChanged.Get(); ok && changed.IsZero() && enabled {
		u.PasswordLastChanged = lack[time.Time](b.oddCell(u, fmt.Errorf("the credential report tells no date for password_last_changed"), LoginProfileSection))
	}
}

func (b *builder) reportDate(u *User, row reportRow, column string, live ...Section) Known[time.Time] {
	at, err := row.date(column)
	if err != nil {
		return lack[time.Time](b.oddCell(u, err, live...))
	}
	return know(at, b.reportEvidence(row, column)...)
}

// passwordUseFromList takes the live date of ListUsers where it is later, or where the report has none.
func (b *builder) passwordUseFromList(u *User, listed *ListedUser) {
	var at time.Time
	value := "N/A"
	if listed.PasswordLastUsed != nil {
		at = listed.PasswordLastUsed.UTC()
		value = at.Format(time.RFC3339)
	}
	said := evidence(b.s.Users, "password_last_used", value)
	fromReport, ok := u.PasswordLastUsed.Get()
	if !ok || at.After(fromReport) {
		u.PasswordLastUsed = know(at, said)
	}
}

// virtualByOwner lists the virtual devices assigned to each user. A device whose owner has another ID is that of a namesake: one of the
// two lists was read before the name changed hands.
func (b *builder) virtualByOwner(candidates []*candidate) map[string][]VirtualMFADevice {
	users := make(map[string]*User, len(candidates))
	for _, c := range candidates {
		users[c.user.Name] = &c.user
	}
	devices := map[string][]VirtualMFADevice{}
	for _, d := range b.a.VirtualMFADevices {
		if d.Owner == nil || b.ownedByRoot(d.Owner) {
			continue
		}
		if u := users[d.Owner.Name]; u != nil && u.is(d.Owner) {
			devices[d.Owner.Name] = append(devices[d.Owner.Name], d)
		}
	}
	return devices
}

// others is what is known in bulk of devices that aren't virtual.
type others struct {
	// none: no device of another kind belongs to a user whose own list was not read.
	none bool
	// suspects: there are users with a device and no virtual one who could still be asked. Their answers may explain all other devices,
	// so whoever has a virtual device is asked after them.
	suspects bool
	evidence []Evidence
}

// is reports whether a device's owner is this user: by ID, or by the time of creation where the report alone knows him.
func (u *User) is(o *MFAOwner) bool {
	if u.ID != "" && o.ID != "" {
		return u.ID == o.ID
	}
	return o.Created == nil || u.Created.IsZero() || sameSecond(*o.Created, u.Created)
}

// otherDevices counts the devices that aren't virtual and that no live answer explains. MFADevicesInUse counts the devices of all kinds;
// taken off are the assigned virtual ones, those of other kinds in the users' own lists, and one for a root user who has MFA without a
// virtual device. What is left may be anybody's; nothing is taken from the credential report, which may be four hours old.
func (b *builder) otherDevices(candidates []*candidate, virtual map[string][]VirtualMFADevice) others {
	o := others{}
	for _, c := range candidates {
		if c.row != nil && len(virtual[c.user.Name]) == 0 && !b.calls.asked(MFADevicesSection, &c.user) {
			active, err := c.row.boolean("mfa_active")
			o.suspects = o.suspects || active && err == nil
		}
	}
	left, ok := b.a.MFADevicesInUse.Get()
	if !ok || !b.a.VirtualMFADeviceCount.OK() {
		return o
	}
	assigned := 0
	for _, d := range b.a.VirtualMFADevices {
		if d.Assigned() {
			assigned++
		}
	}
	left -= assigned
	for _, c := range candidates {
		if live := b.live(&c.user); live != nil && live.MFADevices != nil {
			for _, d := range live.MFADevices.Value {
				if KindOfMFA(d.Serial) != MFAVirtual {
					left--
				}
			}
		}
	}
	if rootVirtual, known := b.rootVirtualMFA().Get(); known && len(rootVirtual) == 0 {
		if n := b.summary("AccountMFAEnabled"); n.OK() && n.Value() > 0 {
			left--
		}
	}
	o.none = left == 0
	o.evidence = append(b.a.MFADevicesInUse.Evidence(), evidence(b.s.VirtualMFADevices, "assigned_virtual_mfa_devices", strconv.Itoa(assigned)))
	return o
}

func (b *builder) mfa(u *User, c *candidate, live *UserAnswers, virtual []VirtualMFADevice, other others) {
	for _, d := range virtual {
		u.VirtualMFADevices = append(u.VirtualMFADevices, virtualDevice(d))
	}
	if live != nil && live.MFADevices != nil && live.MFADevices.Complete {
		b.mfaLive(u, live.MFADevices)
		return
	}
	b.mfaBulk(u, c, other)
	active, ok := u.MFA.Get()
	switch {
	case ok && !active:
		u.MFADevices = know([]MFADevice{}, u.MFA.Evidence()...)
	case ok && other.none:
		u.MFADevices = know(u.VirtualMFADevices, append(u.MFA.Evidence(), other.evidence...)...)
	case !ok && u.MFA.Missing().Whole:
		u.MFADevices = lack[[]MFADevice](u.MFA.Missing())
	default:
		m := b.lackingOf(u.Name, "the kinds of the user's MFA devices were not read", MFADevicesSection)
		m.Later = len(virtual) > 0 && other.suspects
		if m.Gap.Code == "" && len(other.evidence) == 0 {
			if whole := b.lacking(VirtualMFADevicesSection, AccountSummarySection); whole.Gap.Code != "" {
				m.Gap, m.Reason = whole.Gap, ""
			}
		}
		u.MFADevices = lack[[]MFADevice](m)
	}
}

func (b *builder) mfaLive(u *User, r *Answer[[]ListedMFADevice]) {
	devices := make([]MFADevice, len(r.Value))
	said := make([]Evidence, len(r.Value))
	for i, d := range r.Value {
		devices[i] = MFADevice{Serial: d.Serial, Kind: KindOfMFA(d.Serial), EnabledSince: d.EnabledSince.UTC()}
		said[i] = evidence(r, "mfa_device", d.Serial)
	}
	slices.SortFunc(devices, func(x, y MFADevice) int { return cmp.Compare(x.Serial, y.Serial) })
	if len(said) == 0 {
		said = []Evidence{evidence(r, "mfa_devices", "0")}
	}
	u.MFA = know(len(devices) > 0, said...)
	u.MFADevices = know(devices, said...)
}

// mfaBulk says whether the user has a device: a virtual one that the live list shows, else mfa_active. That AWS says he had one
// when it made the report, while every device in use now is somebody else's, is a contradiction: then nothing is known.
func (b *builder) mfaBulk(u *User, c *candidate, other others) {
	if len(u.VirtualMFADevices) > 0 {
		u.MFA = know(true, evidence(b.s.VirtualMFADevices, "virtual_mfa_device", u.VirtualMFADevices[0].Serial))
		return
	}
	if c.row == nil {
		u.MFA = lack[bool](b.noRow(u, c, MFADevicesSection))
		return
	}
	active, err := c.row.boolean("mfa_active")
	switch {
	case err != nil:
		u.MFA = lack[bool](b.oddCell(u, err, MFADevicesSection))
	case active && other.none:
		u.MFA = lack[bool](b.lackingOf(u.Name, "the credential report says mfa_active, but every MFA device in use now is assigned to somebody else", MFADevicesSection))
	default:
		u.MFA = know(active, b.reportEvidence(*c.row, "mfa_active")...)
	}
}

func (b *builder) accessKeys(u *User, c *candidate, live *UserAnswers) {
	reported := b.keysFromReport(u, c)
	u.AccessKeys = reported
	u.keyIDs = lack[int](b.lackingOf(u.Name, "", AccessKeysSection))
	if keys, ok := reported.Get(); ok && len(keys) == 0 {
		u.keyIDs = know(0, reported.Evidence()...)
	}
	if live == nil || live.AccessKeys == nil || !live.AccessKeys.Complete {
		return
	}
	r := live.AccessKeys
	old, _ := reported.Get()
	keys := make([]AccessKey, 0, len(r.Value))
	listed := slices.SortedFunc(slices.Values(r.Value), func(x, y ListedAccessKey) int { return cmp.Compare(x.ID, y.ID) })
	for i, l := range listed {
		key := AccessKey{ID: l.ID, Slot: i + 1, Active: l.Status == "Active", Created: l.Created.UTC(), evidence: []Evidence{
			evidence(r, "access_key", l.ID), evidence(r, "status", l.Status), evidence(r, "created", l.Created.UTC().Format(time.RFC3339)),
		}}
		key.LastUsed = lack[KeyUse](b.lackingOf(u.Name, "the last use of the key was not read", AccessKeyLastUsedSection))
		if match := matchKey(l, r.Value, old); match != nil {
			key.Slot = match.Slot
			if match.LastUsed.OK() {
				key.LastUsed = match.LastUsed
			}
		}
		if used := live.AccessKeyLastUsed[l.ID]; used != nil && used.Complete {
			key.LastUsed = keyUseLive(used)
		}
		keys = append(keys, key)
	}
	said := make([]Evidence, len(listed))
	for i, l := range listed {
		said[i] = evidence(r, "access_key", l.ID+" "+l.Status)
	}
	if len(said) == 0 {
		said = []Evidence{evidence(r, "access_keys", "0")}
	}
	u.AccessKeys = know(keys, said...)
	u.keyIDs = know(len(keys), said...)
}

// matchKey finds a listed key's place in the report, which has no IDs: by its date, where that is the only such one on both sides.
func matchKey(l ListedAccessKey, listed []ListedAccessKey, reported []AccessKey) *AccessKey {
	var match *AccessKey
	for i := range reported {
		if sameSecond(reported[i].Created, l.Created) {
			if match != nil {
				return nil
			}
			match = &reported[i]
		}
	}
	for _, other := range listed {
		if other.ID != l.ID && sameSecond(other.Created, l.Created) {
			return nil
		}
	}
	return match
}

func keyUseLive(r *Answer[KeyLastUsed]) Known[KeyUse] {
	use := KeyUse{Service: r.Value.Service, Region: r.Value.Region}
	value := "N/A"
	if r.Value.At != nil {
		use.At = r.Value.At.UTC()
		value = use.At.Format(time.RFC3339)
	}
	return know(use, evidence(r, "last_used", strings.TrimSpace(value+" "+r.Value.Service)))
}

// keysFromReport reads the report's two keys. An inactive key keeps its date; N/A in both means that there's no such key.
func (b *builder) keysFromReport(u *User, c *candidate) Known[[]AccessKey] {
	if c.row == nil {
		return lack[[]AccessKey](b.noRow(u, c, AccessKeysSection))
	}
	row := *c.row
	odd := func(err error) Known[[]AccessKey] { return lack[[]AccessKey](b.oddCell(u, err, AccessKeysSection)) }
	if more, ok := row.cell("additional_credentials_info"); ok && more != "" && more != "0" && !isNone(more) {
		return odd(fmt.Errorf("the credential report leaves out credentials of this user (additional_credentials_info)"))
	}
	keys := []AccessKey{}
	var said []Evidence
	for slot := 1; slot <= 2; slot++ {
		prefix := "access_key_" + strconv.Itoa(slot) + "_"
		active, err := row.boolean(prefix + "active")
		if err != nil {
			return odd(err)
		}
		created, err := row.date(prefix + "last_rotated")
		if err != nil {
			return odd(err)
		}
		said = append(said, b.reportEvidence(row, prefix+"active", prefix+"last_rotated")...)
		switch {
		case active && created.IsZero():
			return odd(fmt.Errorf("the credential report tells no date for the active key %d (%slast_rotated)", slot, prefix))
		case !active && created.IsZero():
			continue
		}
		key := AccessKey{Slot: slot, Active: active, Created: created, evidence: b.reportEvidence(row, prefix+"active", prefix+"last_rotated")}
		used, err := row.date(prefix + "last_used_date")
		if err != nil {
			key.LastUsed = lack[KeyUse](b.oddCell(u, err, AccessKeysSection, AccessKeyLastUsedSection))
		} else {
			region, _ := row.cell(prefix + "last_used_region")
			service, _ := row.cell(prefix + "last_used_service")
			key.LastUsed = know(KeyUse{At: used, Service: service, Region: region}, b.reportEvidence(row, prefix+"last_used_date", prefix+"last_used_service")...)
		}
		keys = append(keys, key)
	}
	return know(keys, said...)
}

func (b *builder) certificates(u *User, c *candidate) {
	if c.row == nil {
		u.SigningCertificates = lack[[]SigningCertificate](b.noRow(u, c))
		return
	}
	row := *c.row
	certificates := []SigningCertificate{}
	var said []Evidence
	for slot := 1; slot <= 2; slot++ {
		prefix := "cert_" + strconv.Itoa(slot) + "_"
		active, err := row.boolean(prefix + "active")
		if err != nil {
			u.SigningCertificates = lack[[]SigningCertificate](b.oddCell(u, err))
			return
		}
		changed, err := row.date(prefix + "last_rotated")
		if err != nil {
			u.SigningCertificates = lack[[]SigningCertificate](b.oddCell(u, err))
			return
		}
		said = append(said, b.reportEvidence(row, prefix+"active", prefix+"last_rotated")...)
		if active || !changed.IsZero() {
			certificates = append(certificates, SigningCertificate{slot, active, changed})
		}
	}
	u.SigningCertificates = know(certificates, said...)
}
