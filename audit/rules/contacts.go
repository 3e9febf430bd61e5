package rules

import (
	"slices"
	"strings"

	"sekisho/audit"
	"sekisho/audit/account"
)

var securityContact = &audit.Rule{
	ID:       "security-contact",
	Title:    "A security contact is registered",
	Problem:  "No security contact is registered",
	Category: audit.CategoryAccount,
	Severity: audit.Low,
	Needs:    []account.Fact{account.ContactForSecurity},
	Why: "When AWS sees a key of yours in public, or an attack that comes out of your account, it writes to the security contact. Without " +
		"one the warning goes to root's mailbox, which nobody reads at night.",
	How: "Fails when account:GetAlternateContact knows no alternate contact of the type SECURITY, or one without e-mail address and telephone. Whether anybody reads what is sent there " +
		"isn't looked at.",
	Fix: "Console: account menu, Account, Alternate contacts, Edit: enter a mailbox and a telephone of the security team, not of one person. " +
		"Command: aws account put-alternate-contact --alternate-contact-type SECURITY --name NAME --title TITLE --email-address MAIL " +
		"--phone-number NUMBER",
	Check: func(p *audit.Pass) {
		switch contact := p.Account.SecurityContact.Value(); {
		case contact == nil:
			p.Fail(p.Account, audit.Textf("no security contact is registered"))
		case contact.Email == "" && contact.Phone == "":
			p.Fail(p.Account, audit.Textf("the security contact %s has neither e-mail address nor telephone", contact.Name))
		default:
			p.Pass(p.Account)
		}
	},
}

var contactsDiffer = &audit.Rule{
	ID:       "contacts-differ",
	Title:    "Security, billing and operations have different contacts",
	Problem:  "Security, billing or operations contacts are missing or the same",
	Category: audit.CategoryAccount,
	Severity: audit.Info,
	Uses:     []account.Fact{account.ContactForSecurity, account.ContactForBilling, account.ContactForOperations},
	Why: "AWS writes to whom a matter concerns. Where one address stands for all three, or for none, a warning lies among invoices, and one " +
		"person's leave or one full mailbox stops everything.",
	How: "Looks at the alternate contacts SECURITY, BILLING and OPERATIONS. Fails when one of them isn't registered, and when two have the " +
		"same e-mail address, in whatever case it is written, or the same telephone number, by its digits. One such defect is enough, " +
		"whatever isn't known of the others; to pass, all three must be known.",
	Fix: "Console: account menu, Account, Alternate contacts, Edit: enter a mailbox and a telephone of its own for each. Command: aws " +
		"account put-alternate-contact --alternate-contact-type BILLING --name NAME --title TITLE --email-address MAIL --phone-number NUMBER",
	Check: func(p *audit.Pass) {
		contacts := alternateContacts(p.Account)
		var defects []audit.Text
		var evidence []audit.Evidence
		var missing []string
		for _, c := range contacts {
			evidence = append(evidence, c.known.Evidence()...)
			if value, ok := c.known.Get(); ok && value == nil {
				missing = append(missing, c.name)
			}
		}
		if len(missing) > 0 {
			defects = append(defects, audit.Textf("no contact is registered for %s", strings.Join(missing, ", ")))
		}
		for _, same := range alike(contacts, func(c *account.AlternateContact) string { return strings.ToLower(strings.TrimSpace(c.Email)) }) {
			defects = append(defects, audit.Textf("%s have the same e-mail address", same))
		}
		for _, same := range alike(contacts, func(c *account.AlternateContact) string { return digits(c.Phone) }) {
			defects = append(defects, audit.Textf("%s have the same telephone number", same))
		}
		if len(defects) == 0 {
			if requireLists(p, account.ContactForSecurity, account.ContactForBilling, account.ContactForOperations) {
				p.Pass(p.Account, evidence...)
			}
			return
		}
		for _, c := range contacts {
			p.Detail(p.Account, c.fact)
		}
		p.Fail(p.Account, listed(defects), evidence...)
	},
}

// alternateContact is one of an account's contacts beside its owner.
type alternateContact struct {
	name  string
	fact  account.Fact
	known account.Known[*account.AlternateContact]
}

func alternateContacts(a *account.Account) []alternateContact {
	return []alternateContact{
		{"security", account.ContactForSecurity, a.SecurityContact},
		{"billing", account.ContactForBilling, a.BillingContact},
		{"operations", account.ContactForOperations, a.OperationsContact},
	}
}

// alike names the contacts, among those that are registered, that have something in common: "security and billing". What is empty is
// common to nobody.
func alike(contacts []alternateContact, of func(*account.AlternateContact) string) []string {
	var order []string
	who := map[string][]string{}
	for _, c := range contacts {
		registered, _ := c.known.Get()
		if registered == nil || of(registered) == "" {
			continue
		}
		value := of(registered)
		if !slices.Contains(order, value) {
			order = append(order, value)
		}
		who[value] = append(who[value], c.name)
	}
	var groups []string
	for _, value := range order {
		if n := len(who[value]); n > 1 {
			groups = append(groups, strings.Join(who[value][:n-1], ", ")+" and "+who[value][n-1])
		}
	}
	return groups
}

// digits leaves of a telephone number what is dialled, for people write it in many ways.
func digits(phone string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, phone)
}

// listed puts texts one behind the other.
func listed(texts []audit.Text) audit.Text {
	var parts []audit.Text
	for i, text := range texts {
		if i > 0 {
			parts = append(parts, audit.Textf("; "))
		}
		parts = append(parts, text)
	}
	return joined(parts...)
}
