package audit

import (
	"slices"

	"sekisho/audit/account"
	"sekisho/audit/lists"
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

// hangs lists the sections that could tell anew what a failure of a user hangs on, so far as the credential report said
// it: the facts that the rule needs, and of those that it uses the ones which the failure's evidence is of.
func (l live) hangs(rule *Rule, u *account.User, said []Evidence) []account.Section {
	var sections []account.Section
	for i, fact := range slices.Concat(rule.Needs, rule.Uses) {
		state, ofUser := u.Fact(fact)
		if ofUser && slices.ContainsFunc(state.Evidence(), func(e Evidence) bool {
			return e.Source == l.report && (i < len(rule.Needs) || slices.Contains(said, e))
		}) {
			sections = append(sections, fact.WantedSections()...)
		}
	}
	return lists.Filter(liveSections, func(section account.Section) bool { return slices.Contains(sections, section) })
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

// refresh wants the live facts that failures of users on the credential report hang on, for it may be four hours old.
// Where they can't be had the failure stands, and says as of when.
func (e *evaluation) refresh(rule *Rule, p *Pass) {
	for i := range p.findings {
		f := &p.findings[i]
		user := e.live.users[f.Resource]
		if f.Status != StatusFail || user == nil || !e.live.onReport(f.Evidence) {
			continue
		}
		sections := e.live.hangs(rule, user, f.Evidence)
		for _, section := range sections {
			if !e.account.Asked(section, user) {
				// A deep run reads the kinds of all devices, some of them later, and what was declined once isn't asked for again.
				uncapped := e.depth.Ran == DepthDeep && section == account.MFADevicesSection && !user.MFADevices.OK()
				e.want(account.Want{Section: section, User: user.Name, UserID: user.ID, Uncapped: uncapped}, rule.Severity)
			}
		}
		if missing, refused := e.live.refused(e.account, user, sections, f.Evidence); refused {
			f.Notes = append(e.notAgain(missing.Message()), f.Notes...)
		}
	}
}

// notAgain says as of when a failure stands. Thousands stand for one and the same reason, and share the note.
func (e *evaluation) notAgain(why message.Message) []message.Message {
	key := why.Format + "\n" + why.String()
	if e.stale[key] == nil {
		e.stale[key] = []message.Message{message.New("as of the credential report of %s, and not looked at again: %s", message.At(e.account.ReportAt), why)}
	}
	return e.stale[key]
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
