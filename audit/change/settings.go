package change

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"sekisho/audit/account"
	"sekisho/audit/lists"
	"sekisho/audit/message"
)

// settingKinds are about the account: its password policy, alias, contacts and access analyzers.
func settingKinds() map[string]kind {
	return map[string]kind{
		"iam:UpdateAccountPasswordPolicy": {
			takes: "MinimumPasswordLength RequireSymbols RequireNumbers RequireUppercaseCharacters RequireLowercaseCharacters AllowUsersToChangePassword MaxPasswordAge PasswordReusePrevention HardExpiry",
			say:   func(Parameters) message.Message { return message.New("set the account password policy") },
			console: func(Parameters) []message.Message {
				return []message.Message{message.New("In the IAM console open Account settings"), message.New("Under Password policy choose Edit, Custom, set it, and choose Save changes")}
			},
			apply: func(e *editor, p Parameters) error { return e.setPasswordPolicy(policyOf(p)) },
			undo:  passwordPolicyBack,
		},
		"iam:DeleteAccountPasswordPolicy": {
			say: func(Parameters) message.Message { return message.New("delete the account password policy") },
			console: func(Parameters) []message.Message {
				return []message.Message{message.New("In the IAM console open Account settings"), message.New("Under Password policy choose Edit, IAM default, and Save changes")}
			},
			apply: func(e *editor, _ Parameters) error { return e.setPasswordPolicy(nil) },
			undo:  passwordPolicyBack,
		},
		"iam:CreateAccountAlias": {
			takes: "AccountAlias",
			say: func(p Parameters) message.Message {
				return message.New("give the account the alias %s", p.text("AccountAlias"))
			},
			console: func(p Parameters) []message.Message {
				return []message.Message{message.New("In the IAM console open Dashboard and, under Account Alias, choose Create or Edit"), message.New("Type %s and save it", p.text("AccountAlias"))}
			},
			apply: func(e *editor, p Parameters) error { return e.setAlias([]string{p.text("AccountAlias")}) },
			undo:  aliasBack,
		},
		"iam:DeleteAccountAlias": {
			takes: "AccountAlias",
			say: func(p Parameters) message.Message {
				return message.New("take the alias %s from the account", p.text("AccountAlias"))
			},
			console: func(Parameters) []message.Message {
				return []message.Message{message.New("In the IAM console open Dashboard and, under Account Alias, choose Delete")}
			},
			apply: func(e *editor, _ Parameters) error { return e.setAlias([]string{}) },
			undo:  aliasBack,
		},
		"iam:EnableOrganizationsRootCredentialsManagement": {
			say:     said(message.New("manage the root users of the member accounts centrally")),
			console: oneStep(message.New("In the management account's IAM console open Root access management and choose Enable, Root credentials management")),
			apply:   func(e *editor, _ Parameters) error { return e.setFeature(true) },
			undo:    switchedBack("iam:DisableOrganizationsRootCredentialsManagement", false),
		},
		"iam:DisableOrganizationsRootCredentialsManagement": {
			say:     said(message.New("manage the root users of the member accounts no longer centrally")),
			console: oneStep(message.New("In the management account's IAM console open Account settings and, under Root access management, choose Edit and disable Root credentials management")),
			apply:   func(e *editor, _ Parameters) error { return e.setFeature(false) },
			undo:    switchedBack("iam:EnableOrganizationsRootCredentialsManagement", true),
		},
		"access-analyzer:CreateAnalyzer": {
			takes: "analyzerName type region",
			say: func(p Parameters) message.Message {
				return message.New("create the access analyzer %s in %s", p.text("analyzerName"), p.text("region"))
			},
			console: func(p Parameters) []message.Message {
				return []message.Message{message.New("Open the IAM Access Analyzer console in %s and choose Create analyzer", p.text("region")), message.New("Choose External access analysis, call it %s, and create it", p.text("analyzerName"))}
			},
			apply: (*editor).createAnalyzer,
			undo:  back("access-analyzer:DeleteAnalyzer", "analyzerName", "region"),
		},
		"access-analyzer:DeleteAnalyzer": {
			takes: "analyzerName region",
			say: func(p Parameters) message.Message {
				return message.New("delete the access analyzer %s in %s", p.text("analyzerName"), p.text("region"))
			},
			console: func(p Parameters) []message.Message {
				return []message.Message{message.New("Open the IAM Access Analyzer console in %s, choose %s, and delete it", p.text("region"), p.text("analyzerName"))}
			},
			apply: (*editor).deleteAnalyzer,
		},
		"account:PutAlternateContact": {
			takes: "AlternateContactType Name Title EmailAddress PhoneNumber",
			say: func(p Parameters) message.Message {
				return message.New("register %s as the alternate contact %s", p.text("EmailAddress"), p.text("AlternateContactType"))
			},
			console: func(p Parameters) []message.Message {
				return []message.Message{message.New("Choose the account's name at the top right, then Account"), message.New("Under Alternate contacts choose Edit, fill in %s, and choose Update", p.text("AlternateContactType"))}
			},
			apply: func(e *editor, p Parameters) error {
				return e.setContact(p, &account.AlternateContact{Name: p.text("Name"), Title: p.text("Title"), Email: p.text("EmailAddress"), Phone: p.text("PhoneNumber")})
			},
			undo: contactBack,
		},
		"account:DeleteAlternateContact": {
			takes: "AlternateContactType",
			say: func(p Parameters) message.Message {
				return message.New("remove the alternate contact %s", p.text("AlternateContactType"))
			},
			console: func(p Parameters) []message.Message {
				return []message.Message{message.New("Choose the account's name at the top right, then Account"), message.New("Under Alternate contacts choose Edit, and remove %s", p.text("AlternateContactType"))}
			},
			apply: func(e *editor, p Parameters) error { return e.setContact(p, nil) },
			undo:  contactBack,
		},
	}
}

// PasswordPolicy is the change that sets an account password policy.
func PasswordPolicy(p account.PasswordPolicy) Change {
	c := New("iam:UpdateAccountPasswordPolicy", p.MinimumPasswordLength, p.RequireSymbols, p.RequireNumbers, p.RequireUppercase, p.RequireLowercase, p.AllowUsersToChangePassword)
	if p.MaxPasswordAgeDays > 0 { // AWS takes no 0 of these
		c.With["MaxPasswordAge"] = p.MaxPasswordAgeDays
	}
	if p.PasswordReusePrevention > 0 {
		c.With["PasswordReusePrevention"] = p.PasswordReusePrevention
	}
	c.With["HardExpiry"] = p.HardExpiry
	return c
}

// policyOf is the password policy that parameters set. AWS takes its own defaults for what is left out.
func policyOf(p Parameters) *account.PasswordPolicy {
	yes := func(name string) bool { return p[name] == true }
	n := func(name string) int32 { return int32(amount(p, name)) }
	return &account.PasswordPolicy{
		MinimumPasswordLength: cmp.Or(n("MinimumPasswordLength"), 6), RequireSymbols: yes("RequireSymbols"), RequireNumbers: yes("RequireNumbers"),
		RequireUppercase: yes("RequireUppercaseCharacters"), RequireLowercase: yes("RequireLowercaseCharacters"),
		AllowUsersToChangePassword: yes("AllowUsersToChangePassword"), ExpirePasswords: n("MaxPasswordAge") > 0, MaxPasswordAgeDays: n("MaxPasswordAge"),
		PasswordReusePrevention: n("PasswordReusePrevention"), HardExpiry: yes("HardExpiry"),
	}
}

func passwordPolicyBack(s *account.Snapshot, _ Parameters) []Change {
	switch r := s.PasswordPolicy; {
	case r == nil:
		return nil
	case r.Value == nil:
		return []Change{New("iam:DeleteAccountPasswordPolicy")}
	default:
		return []Change{PasswordPolicy(*r.Value)}
	}
}

// setPasswordPolicy sets the policy, and with it when each password ends.
func (e *editor) setPasswordPolicy(p *account.PasswordPolicy) error {
	set := own(e, account.PasswordPolicyAnswer.In(e.s), func(p *account.PasswordPolicy) *account.PasswordPolicy { return p })
	if set == nil {
		return message.Errorf("the account password policy was not read")
	}
	*set = p
	rows := e.report()
	if rows == nil {
		return nil
	}
	for _, name := range rows.Users() {
		changed, err := time.Parse(time.RFC3339, rows.Cell(name, "password_last_changed"))
		switch {
		case name == account.RootUserName || err != nil:
		case p != nil && p.MaxPasswordAgeDays > 0:
			rows.Set(name, "password_next_rotation", changed.AddDate(0, 0, int(p.MaxPasswordAgeDays)).UTC().Format(time.RFC3339))
		default:
			rows.Set(name, "password_next_rotation", none)
		}
	}
	return nil
}

func (e *editor) setAlias(aliases []string) error {
	l := list(e, e.s, account.AccountAliasesAnswer)
	if l == nil {
		return message.Errorf("the account's alias was not read")
	}
	*l = aliases
	return nil
}

func aliasBack(s *account.Snapshot, p Parameters) []Change {
	if s.AccountAliases == nil {
		return nil
	}
	if was := s.AccountAliases.Value; len(was) > 0 {
		return []Change{New("iam:CreateAccountAlias", was[0])}
	}
	return []Change{New("iam:DeleteAccountAlias", p["AccountAlias"])}
}

// setSummary sets a number of the account summary, where it is told.
func (e *editor) setSummary(key string, n int32) {
	if r := e.s.AccountSummary; r != nil {
		e.count(key, int(n-r.Value[key]))
	}
}

// switchedBack undoes the switching of a feature that was as was.
func switchedBack(action string, was bool) func(*account.Snapshot, Parameters) []Change {
	return func(s *account.Snapshot, _ Parameters) []Change {
		if r := s.OrganizationsFeatures; r == nil || slices.Contains(r.Value.Enabled, account.RootCredentialsManagement) != was {
			return nil
		}
		return []Change{New(action)}
	}
}

// setFeature switches the central management of root's credentials.
func (e *editor) setFeature(on bool) error {
	set := own(e, account.OrganizationsFeaturesAnswer.In(e.s), func(f account.OrganizationsFeatures) account.OrganizationsFeatures { return f })
	if set == nil || set.Refusal != "" {
		return message.Errorf("this account does not manage the organization's root users, or it is not known")
	}
	set.Enabled = lists.OrEmpty(lists.Filter(set.Enabled, func(f string) bool { return f != account.RootCredentialsManagement }))
	if on {
		set.Enabled = append(set.Enabled, account.RootCredentialsManagement)
	}
	return nil
}

func (e *editor) setContact(p Parameters, c *account.AlternateContact) error {
	of, known := account.Contacts[p.text("AlternateContactType")]
	if !known {
		return message.Errorf("got the type %q of an alternate contact, want %s", p.text("AlternateContactType"), message.Names(0, slices.Sorted(maps.Keys(account.Contacts))))
	}
	set := own(e, of.In(e.s), func(c *account.AlternateContact) *account.AlternateContact { return c })
	if set == nil {
		return message.Errorf("the contact was not read")
	}
	*set = c
	return nil
}

func contactBack(s *account.Snapshot, p Parameters) []Change {
	kind := p.text("AlternateContactType")
	of, known := account.Contacts[kind]
	switch {
	case !known || *of.In(s) == nil:
		return nil
	case (*of.In(s)).Value == nil:
		return []Change{New("account:DeleteAlternateContact", kind)}
	}
	c := (*of.In(s)).Value
	return []Change{New("account:PutAlternateContact", kind, c.Name, c.Title, c.Email, c.Phone)}
}

// analyzers returns those of a region, to be changed.
func (e *editor) analyzers(region string) (*[]account.Analyzer, error) {
	all := own(e, account.AccessAnalyzersAnswer.In(e.s), func(a account.AccessAnalyzers) account.AccessAnalyzers {
		a.ByRegion = maps.Clone(a.ByRegion)
		return a
	})
	if all == nil || all.ByRegion[region] == nil {
		return nil, message.Errorf("the access analyzers of %s were not read", region)
	}
	slot := all.ByRegion[region]
	l := own(e, &slot, slices.Clone[[]account.Analyzer])
	all.ByRegion[region] = slot
	return l, nil
}

func (e *editor) createAnalyzer(p Parameters) error {
	region, name := p.text("region"), p.text("analyzerName")
	l, err := e.analyzers(region)
	if err != nil {
		return err
	}
	*l = append(*l, account.Analyzer{
		Name: name, ARN: strings.Join([]string{"arn", e.s.Caller.Partition, "access-analyzer", region, e.s.Caller.AccountID, "analyzer/" + name}, ":"),
		Type: cmp.Or(p.text("type"), "ACCOUNT"), Status: "ACTIVE", Created: e.s.TakenAt, Tags: []account.Tag{},
	})
	return nil
}

func (e *editor) deleteAnalyzer(p Parameters) error {
	l, err := e.analyzers(p.text("region"))
	if err != nil {
		return err
	}
	rest := lists.Filter(*l, func(a account.Analyzer) bool { return a.Name != p.text("analyzerName") })
	if len(rest) == len(*l) {
		return message.Errorf("%s has no access analyzer %s", p.text("region"), p.text("analyzerName"))
	}
	*l = lists.OrEmpty(rest)
	return nil
}
