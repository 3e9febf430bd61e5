package account

import (
	"slices"
	"strings"
	"time"

	"sekisho/audit/lists"
	"sekisho/audit/message"
)

// root merges what is said of the root user: the account summary first, which is live, then the report's root row.
func (b *builder) root() *Root {
	r := &Root{ARN: RootARN(b.a.Partition, b.a.ID)}
	row, hasRow := b.rows[RootUserName]
	r.VirtualMFADevices = b.rootVirtualMFA()
	r.Password = b.rootFlag("AccountPasswordPresent", false, func() (Known[bool], bool) { return b.rootPasswordFromReport(row, hasRow) })
	r.MFA = b.rootMFA(row, hasRow)
	r.AccessKeys = b.rootAccessKeys(row, hasRow)
	r.SigningCertificates = b.rootFlag("AccountSigningCertificatesPresent", false, func() (Known[bool], bool) { return b.rootCertificatesFromReport(row, hasRow) })
	b.rootLastUsed(r, row, hasRow)
	return r
}

// rootFlag is a yes or no of the account summary, else what the report says. Where they differ the report may be four
// hours older: the worse of the two stands, and the better is not believed.
func (b *builder) rootFlag(key string, better bool, fromReport func() (Known[bool], bool)) Known[bool] {
	n := b.summary(key)
	reported, ok := fromReport()
	switch yes := n.OK() && n.Value() > 0; {
	case !n.OK() && ok:
		return reported
	case !n.OK():
		return lack[bool](b.lackingRoot(key))
	case !ok || reported.Value() == yes:
		return know(yes, n.Evidence()...)
	case yes == better:
		return lack[bool](b.contradictedRoot(key, n.Value(), reported.Evidence()))
	default:
		return know(yes, append(n.Evidence(), reported.Evidence()...)...)
	}
}

// contradictedRoot says that the account summary tells something of root that the report's root row doesn't.
func (b *builder) contradictedRoot(key string, n int, reported []Evidence) *Missing {
	says := lists.Map(reported, func(e Evidence) message.Message { return message.New("%s %s", e.Name, e.Value) })
	why := message.New("the account summary says %s %d, and root's row in the credential report of %s says %s; AWS makes a new report after at most four hours",
		key, n, message.At(b.a.ReportAt), message.Parts(says...))
	d := AccountSummaryAnswer.Descriptor
	b.contradict(d, CredentialReportSection, why)
	return &Missing{Sections: []Section{d.Section, CredentialReportSection}, Gap: b.s.Gaps[len(b.s.Gaps)-1]}
}

// lackingRoot says why neither the account summary nor the report's root row told a fact.
func (b *builder) lackingRoot(what string) *Missing {
	sections := []Section{AccountSummarySection, CredentialReportSection}
	for _, section := range sections {
		if gap, ok := b.calls.gap(section, ""); ok {
			return &Missing{Sections: sections, Gap: gap}
		}
	}
	if b.s.AccountSummary == nil && b.s.CredentialReport == nil {
		return &Missing{Sections: sections}
	}
	reason := message.New("the credential report's root row does not tell it either")
	if b.s.CredentialReport == nil {
		reason = message.New("the credential report was not read")
	} else if _, ok := b.rows[RootUserName]; !ok {
		reason = message.New("the credential report has no root row")
	}
	if b.s.AccountSummary == nil {
		return &Missing{Sections: sections, Reason: message.New("the account summary was not read, and %s", reason)}
	}
	return &Missing{Sections: sections, Reason: message.New("the account summary has no key %s, and %s", what, reason)}
}

// rootPasswordFromReport reads password_enabled; where it is not_supported, as it once always was for root,
// password_last_used tells: a date or no_information mean that there is a password (IAM User Guide, credential report
// columns).
func (b *builder) rootPasswordFromReport(row reportRow, ok bool) (Known[bool], bool) {
	if !ok {
		return Known[bool]{}, false
	}
	if enabled, err := row.boolean("password_enabled"); err == nil {
		return know(enabled, b.reportEvidence(row, "password_enabled")...), true
	}
	used, _ := row.cell("password_last_used")
	_, err := parseReportTime(used)
	if err == nil || strings.EqualFold(used, "no_information") {
		return know(true, b.reportEvidence(row, "password_enabled", "password_last_used")...), true
	}
	return Known[bool]{}, false
}

func (b *builder) rootCertificatesFromReport(row reportRow, ok bool) (Known[bool], bool) {
	if !ok {
		return Known[bool]{}, false
	}
	present := false
	for _, n := range []string{"1", "2"} {
		active, err := row.boolean("cert_" + n + "_active")
		changed, err2 := row.date("cert_" + n + "_last_rotated")
		if err != nil || err2 != nil {
			return Known[bool]{}, false
		}
		present = present || active || !changed.IsZero()
	}
	return know(present, b.reportEvidence(row, "cert_1_active", "cert_1_last_rotated", "cert_2_active", "cert_2_last_rotated")...), true
}

// rootVirtualMFA lists root's virtual devices by their owner's ARN, whatever their names.
func (b *builder) rootVirtualMFA() Known[[]MFADevice] {
	r := b.s.VirtualMFADevices
	if r == nil {
		return lack[[]MFADevice](b.lacking(VirtualMFADevicesSection))
	}
	devices := []MFADevice{}
	var said []Evidence
	for _, d := range b.a.VirtualMFADevices {
		if d.Owner != nil && b.ownedByRoot(d.Owner) {
			devices = append(devices, virtualDevice(d))
			said = append(said, evidence(r, "virtual_mfa_device", d.Serial))
		}
	}
	if unowned := slices.IndexFunc(b.a.VirtualMFADevices, func(d VirtualMFADevice) bool { return d.Owner == nil && d.Assigned() }); len(devices) == 0 && unowned >= 0 {
		return lack[[]MFADevice](&Missing{Sections: []Section{VirtualMFADevicesSection},
			Reason: message.New("AWS does not say whose the enabled device %s is", b.a.VirtualMFADevices[unowned].Serial)})
	}
	// One device seen on a list that broke off is enough to say that there is one; none is not enough to say that
	// there's none.
	if len(devices) == 0 && !r.Complete {
		return lack[[]MFADevice](b.lacking(VirtualMFADevicesSection))
	}
	if len(said) == 0 {
		said = []Evidence{evidence(r, "virtual_mfa_devices_of_root", "0")}
	}
	return know(devices, said...)
}

func (b *builder) ownedByRoot(o *MFAOwner) bool { return o.isRoot(b.a.ID) }

// isRoot tells root by its ARN, or by its ID, which for root is the account's.
func (o *MFAOwner) isRoot(accountID string) bool { return IsRootARN(o.ARN) || o.ID == accountID }

// rootMFA is the account summary's word, else the report's, which may be four hours older than the list of virtual
// devices. A summary that says no while a virtual device is assigned to root contradicts itself: then nothing is known.
func (b *builder) rootMFA(row reportRow, hasRow bool) Known[bool] {
	virtual, _ := b.rootVirtualMFA().Get()
	live := b.summary("AccountMFAEnabled")
	if len(virtual) > 0 && !live.OK() {
		return know(true, evidence(b.s.VirtualMFADevices, "virtual_mfa_device", virtual[0].Serial))
	}
	if len(virtual) > 0 && live.Value() == 0 {
		return lack[bool](&Missing{Sections: []Section{AccountSummarySection, VirtualMFADevicesSection},
			Reason: message.New("AccountMFAEnabled is 0 although a virtual MFA device is assigned to root")})
	}
	return b.rootFlag("AccountMFAEnabled", true, func() (Known[bool], bool) {
		if !hasRow || len(virtual) > 0 {
			return Known[bool]{}, false
		}
		active, err := row.boolean("mfa_active")
		if err != nil {
			return Known[bool]{}, false
		}
		return know(active, b.reportEvidence(row, "mfa_active")...), true
	})
}

// rootAccessKeys takes presence from the summary, which counts inactive keys too, and the difference from the report.
func (b *builder) rootAccessKeys(row reportRow, hasRow bool) Known[RootKeys] {
	keys := RootKeys{}
	var said []Evidence
	if hasRow {
		keys.Detailed = true
		for _, n := range []string{"1", "2"} {
			active, err := row.boolean("access_key_" + n + "_active")
			created, err2 := row.date("access_key_" + n + "_last_rotated")
			switch {
			case err != nil || err2 != nil:
				keys.Detailed = false
			case active:
				keys.Active++
			case !created.IsZero():
				keys.Inactive++
			}
		}
		if keys.Detailed {
			said = b.reportEvidence(row, "access_key_1_active", "access_key_2_active")
		}
	}
	present := b.summary("AccountAccessKeysPresent")
	n, ok := present.Get()
	switch {
	case ok:
		keys.Present = n > 0
		// The report may be four hours old: where the two differ its details are of keys that are gone, or lack a new
		// one.
		if !keys.Present && keys.Active+keys.Inactive > 0 {
			return lack[RootKeys](b.contradictedRoot("AccountAccessKeysPresent", n, b.reportEvidence(row,
				"access_key_1_active", "access_key_1_last_rotated", "access_key_2_active", "access_key_2_last_rotated")))
		}
		keys.Detailed = keys.Detailed && keys.Present == (keys.Active+keys.Inactive > 0)
		return know(keys, append(present.Evidence(), said...)...)
	case keys.Detailed:
		keys.Present = keys.Active+keys.Inactive > 0
		return know(keys, said...)
	case keys.Active+keys.Inactive > 0:
		keys.Present = true
		return know(keys, b.reportEvidence(row, "access_key_1_active", "access_key_2_active")...)
	}
	return lack[RootKeys](b.lackingRoot("AccountAccessKeysPresent"))
}

// rootLastUsed takes the report's three dates, and the live date that comes with root's virtual MFA device where that
// is later. What was seen of them counts even where the others can't be read.
func (b *builder) rootLastUsed(r *Root, row reportRow, hasRow bool) {
	columns := []string{"password_last_used", "access_key_1_last_used_date", "access_key_2_last_used_date"}
	into := []*time.Time{&r.SeenUse.Password, &r.SeenUse.AccessKey1, &r.SeenUse.AccessKey2}
	var missing *Missing
	switch {
	case !b.reportOK:
		missing = b.lackingAs(CredentialReportSection)
	case !hasRow:
		missing = &Missing{Sections: []Section{CredentialReportSection}, Reason: message.New("the credential report has no root row")}
	default:
		for i, column := range columns {
			at, err := row.date(column)
			if err != nil {
				missing = &Missing{Sections: []Section{CredentialReportSection}, Reason: message.Of(err)}
				continue
			}
			*into[i] = at
			r.SeenUseEvidence = append(r.SeenUseEvidence, b.reportEvidence(row, column)...)
		}
	}
	for _, d := range b.a.VirtualMFADevices {
		if d.Owner != nil && b.ownedByRoot(d.Owner) && d.Owner.PasswordLastUsed != nil && d.Owner.PasswordLastUsed.After(r.SeenUse.Password) {
			r.SeenUse.Password = d.Owner.PasswordLastUsed.UTC()
			r.SeenUseEvidence = append(r.SeenUseEvidence, evidence(b.s.VirtualMFADevices, "password_last_used", r.SeenUse.Password.Format(time.RFC3339)))
		}
	}
	if missing != nil {
		r.LastUsed = lack[RootUse](missing)
		return
	}
	r.LastUsed = know(r.SeenUse, r.SeenUseEvidence...)
}

// lackingAs is lacking for a fact of a single resource.
func (b *builder) lackingAs(section Section) *Missing {
	m := b.lacking(section)
	m.Whole = false
	return m
}

func virtualDevice(d VirtualMFADevice) MFADevice {
	device := MFADevice{Serial: d.Serial, Kind: KindOfMFA(d.Serial)}
	if d.EnabledSince != nil {
		device.EnabledSince = d.EnabledSince.UTC()
	}
	return device
}
