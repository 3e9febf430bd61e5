package offboard

import (
	"slices"
	"strings"
	"time"

	"sekisho/audit/account"
	"sekisho/audit/message"
)

// userSections are read live for each user who is asked about, in this order.
var userSections = []account.Section{
	account.UserSection, account.LoginProfileSection, account.MFADevicesSection, account.AccessKeysSection,
	account.SSHPublicKeysSection, account.SigningCertificatesSection,
}

// wantsOf lists what has yet to be read of a user. The last use of keys is asked by key, once those are known.
func (v *records) wantsOf(u *user, sections ...account.Section) (wants []account.Want) {
	if u.answers != nil && u.answers.AccessKeys != nil && slices.Contains(sections, account.AccessKeysSection) {
		sections = append(slices.Clip(sections), account.AccessKeyLastUsedSection)
	}
	for _, section := range sections {
		if !v.asked(section, u) {
			wants = append(wants, account.Want{Section: section, User: u.key, UserID: u.wantID, Uncapped: true})
		}
	}
	return wants
}

// credentials gathers what a user has, for one person.
type credentials struct {
	v        *records
	u        *user
	lastDay  *time.Time // the first moment after it
	denied   bool       // the user's sessions are of no use
	ways     []Entry
	left     []Entry
	gaps     []Gap
	critical bool
}

// collect reads everything that the snapshot holds of a user's credentials.
func (c *credentials) collect() {
	if c.u.answers != nil && c.u.answers.Gone != nil {
		c.gaps = append(c.gaps, newGap(account.UserSection, c.u.key).
			Because("NoSuchEntity", message.New("the user was deleted while the account was read, and has to be looked at again")))
		return
	}
	c.password()
	c.accessKeys()
	listed(c, account.SSHPublicKeysAnswer, func(k account.SSHPublicKey) Entry { return Entry{Kind: KindSSHKey, ID: k.ID, Status: k.Status} })
	c.serviceCredentials()
	listed(c, account.SigningCertificatesAnswer, func(l account.ListedCertificate) Entry {
		return Entry{Kind: KindCertificate, ID: l.ID, Status: l.Status}
	})
	listed(c, account.MFADevicesAnswer, func(d account.ListedMFADevice) Entry { // they let nobody in by themselves
		return Entry{Kind: KindMFADevice, ID: d.Serial, Status: "assigned", Device: string(account.KindOfMFA(d.Serial))}
	})
}

func (c *credentials) lacks(section account.Section) {
	c.gaps = append(c.gaps, c.v.gap(section, c.u.key))
}

// add files an entry among the ways in or what is left over, and notes a use after the last day.
func (c *credentials) add(in bool, e Entry) {
	e.User, e.Status = c.u.arn, strings.ToLower(e.Status)
	if e.LastUsed != nil && c.lastDay != nil && !e.LastUsed.Before(*c.lastDay) {
		e.Severity, c.critical = Critical, true
	}
	if in {
		c.ways = append(c.ways, e)
	} else {
		c.left = append(c.left, e)
	}
}

// session files the session that a use may have opened and that may live still.
func (c *credentials) session(id string, used *time.Time, source string, at time.Time) {
	if used == nil || used.Before(c.v.s.TakenAt.Add(-SessionLife)) {
		return
	}
	detail := message.New("a session opened by %s may live until %s", id, message.At(used.Add(SessionLife)))
	e := Entry{Kind: KindSession, ID: id, Status: "may-live", LastUsed: used, Detail: &detail, Source: source, At: at}
	if c.denied {
		e.Status = "denied"
	}
	c.add(!c.denied, e)
}

func (c *credentials) password() {
	a := c.u.answers
	var used *time.Time
	never := false
	if a == nil || a.User == nil {
		c.lacks(account.UserSection)
	} else {
		used = a.User.Value.PasswordLastUsed
		never = used == nil
		if c.u.id != "" && a.User.Value.ID != c.u.id {
			c.gaps = append(c.gaps, c.v.gap(account.UserSection, c.u.key).
				Because("OtherUser", message.New("it told of the user %s, who is another of that name", a.User.Value.ID)))
		}
	}
	switch {
	case a == nil || a.LoginProfile == nil:
		c.lacks(account.LoginProfileSection)
	case a.LoginProfile.Value != nil:
		c.add(true, Entry{
			Kind: KindPassword, ID: string(KindPassword), Status: "Active", LastUsed: used, Never: never,
			Source: a.LoginProfile.Action, At: a.LoginProfile.Ended,
		})
	}
	if a != nil && a.User != nil {
		c.session(string(KindPassword), used, a.User.Action, a.User.Ended)
	}
}

func (c *credentials) accessKeys() {
	a := c.u.answers
	if a == nil || a.AccessKeys == nil {
		c.lacks(account.AccessKeysSection)
		return
	}
	unread := false
	for _, key := range a.AccessKeys.Value {
		e := Entry{Kind: KindAccessKey, ID: key.ID, Status: key.Status, Source: a.AccessKeys.Action, At: a.AccessKeys.Ended}
		used := a.AccessKeyLastUsed[key.ID]
		if used != nil {
			e.LastUsed, e.Service, e.Never = used.Value.At, used.Value.Service, used.Value.At == nil
		}
		c.add(key.Status != "Inactive" && key.Status != "Expired", e)
		if used == nil {
			unread = true
		} else {
			c.session(key.ID, used.Value.At, used.Action, used.Ended)
		}
	}
	if unread {
		c.lacks(account.AccessKeyLastUsedSection)
	}
}

// serviceCredentials are listed for the whole account. AWS keeps no record of their use.
func (c *credentials) serviceCredentials() {
	a := c.v.s.ServiceCredentials
	if a == nil || !a.Complete {
		c.gaps = append(c.gaps, c.v.gap(account.ServiceCredentialsSection, ""))
	}
	if a == nil {
		return
	}
	for _, credential := range a.Value {
		if !strings.EqualFold(credential.User, c.u.name) {
			continue
		}
		e := Entry{Kind: KindServiceCredential, ID: credential.ID, Status: credential.Status, Service: credential.Service, Source: a.Action, At: a.Ended}
		if credential.Status == "Active" && credential.Expires != nil && credential.Expires.Before(c.v.s.TakenAt) {
			e.Status = "Expired"
		}
		c.add(e.Status == "Active", e)
	}
}

// listed files what one of the user's own lists has. It is a way in as long as it is active.
func listed[T any](c *credentials, list account.Described[account.UserAnswers, []T], of func(T) Entry) {
	if c.u.answers == nil || *list.In(c.u.answers) == nil {
		c.lacks(list.Section)
		return
	}
	a := *list.In(c.u.answers)
	for _, item := range a.Value {
		e := of(item)
		e.Source, e.At = a.Action, a.Ended
		c.add(e.Status == "Active", e)
	}
}
