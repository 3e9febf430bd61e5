package audit

import (
	"slices"

	"sekisho/audit/account"
	"sekisho/audit/message"
)

// liveSections are the answers that replace a user's row of the credential report, in the order in which they are asked
// for.
var liveSections = []account.Section{
	account.LoginProfileSection, account.MFADevicesSection, account.AccessKeysSection, account.AccessKeyLastUsedSection, account.SigningCertificatesSection,
}

// live knows what could be read of single users for the rules of a run.
type live struct {
	sections []account.Section // those of liveSections that the rules may want
	users    map[string]*account.User
	report   string // the action whose answer is the credential report; "" where there is none
}

func newLive(s *account.Snapshot, a *account.Account, rules []*Rule) live {
	l := live{users: make(map[string]*account.User, len(a.Users))}
	for _, rule := range rules {
		l.sections = append(l.sections, rule.WantedSections()...)
	}
	l.sections = slices.DeleteFunc(slices.Clone(liveSections), func(section account.Section) bool { return !slices.Contains(l.sections, section) })
	for _, u := range a.Users {
		l.users[u.ARN] = u
	}
	if s.CredentialReport != nil {
		l.report = s.CredentialReport.Action
	}
	return l
}

// of lists the sections that tell of a user: signing certificates only where they are known to have some, or nothing is
// known of them.
func (l live) of(u *account.User) []account.Section {
	certificates, known := u.SigningCertificates.Get()
	if !known || len(certificates) > 0 {
		return l.sections
	}
	return slices.DeleteFunc(slices.Clone(l.sections), func(section account.Section) bool { return section == account.SigningCertificatesSection })
}

// refused reports whether what was said rests on the credential report, and why one of these sections of the user was
// not read live.
func (l live) refused(a *account.Account, u *account.User, sections []account.Section, said []Evidence) (account.Missing, bool) {
	if u == nil || !l.onReport(said) {
		return account.Missing{}, false
	}
	for _, section := range sections {
		if missing, ok := a.Refused(section, u.Name); ok {
			return missing, true
		}
	}
	return account.Missing{}, false
}

// notLive reports whether what was said rests on the credential report, and why the user was not read live: refused,
// declined or never asked about.
func (l live) notLive(a *account.Account, u *account.User, said []Evidence) (account.Missing, bool) {
	if missing, refused := l.refused(a, u, l.sections, said); refused || u == nil || !l.onReport(said) {
		return missing, refused
	}
	for _, section := range l.sections {
		if !a.Asked(section, u) {
			return account.Missing{Sections: []account.Section{section}}, true
		}
	}
	return account.Missing{}, false
}

// onReport reports whether what was said rests on the credential report.
func (l live) onReport(said []Evidence) bool {
	return slices.ContainsFunc(said, func(e Evidence) bool { return e.Source == l.report })
}

// refresh wants the live facts of users who fail on the credential report, which may be four hours old. Where they
// can't be had the failure stands, and says as of when.
func (e *evaluation) refresh(rule *Rule, p *Pass) {
	for i := range p.findings {
		f := &p.findings[i]
		user := e.live.users[f.Resource]
		if f.Status != StatusFail || user == nil || !e.live.onReport(f.Evidence) {
			continue
		}
		for _, section := range e.live.of(user) {
			if !e.account.Asked(section, user) {
				// A deep run reads the kinds of all devices, some of them later, and what was declined once isn't asked for again.
				uncapped := e.depth.Ran == DepthDeep && section == account.MFADevicesSection && !user.MFADevices.OK()
				e.want(account.Want{Section: section, User: user.Name, UserID: user.ID, Uncapped: uncapped}, rule.Severity)
			}
		}
		if missing, refused := e.live.refused(e.account, user, e.live.of(user), f.Evidence); refused {
			f.Notes = append([]message.Message{message.New("as of the credential report of %s, and not looked at again: %s", message.At(e.account.ReportAt), missing.Message())}, f.Notes...)
		}
	}
}

// sweep wants what is asked of each user whether or not a verdict hangs on it: everything that is live in a fresh run;
// the kinds of the devices, and whether the password must be changed, in a deep one.
func (e *evaluation) sweep() {
	for _, u := range e.account.Users {
		var sections []account.Section
		if e.opts.Fresh {
			sections = e.live.sections
		}
		if e.depth.Ran == DepthDeep {
			if password, known := u.Password.Get(); known && password {
				sections = append(slices.Clone(sections), account.LoginProfileSection)
			}
			if !u.MFADevices.OK() && !u.MFADevices.Missing().Later {
				sections = append(slices.Clone(sections), account.MFADevicesSection)
			}
		}
		for _, section := range sections {
			if slices.Contains(e.live.sections, section) && !e.account.Asked(section, u) {
				e.want(account.Want{Section: section, User: u.Name, UserID: u.ID, Uncapped: true}, Info)
			}
		}
	}
}
