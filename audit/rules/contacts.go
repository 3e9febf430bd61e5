package rules

import (
	"slices"
	"strings"

	"sekisho/audit"
	"sekisho/audit/account"
	"sekisho/audit/message"
)

var securityContact = &audit.Rule{
	ID:       "security-contact",
	Title:    "A security contact is registered",
	Problem:  "No security contact is registered",
	Category: audit.CategoryAccount,
	Severity: audit.Low,
	Needs:    []account.Fact{account.ContactForSecurity},
	Why: "When AWS sees one of your keys in public, or an attack that comes from your account, it writes to the security contact. Without " +
		"one the warning goes to root's mailbox, which nobody reads at night.",
	How: "Fails when account:GetAlternateContact knows no alternate contact of the type SECURITY, or one without e-mail address and telephone. It does not know whether anybody " +
		"reads what is sent there.",
	Fix: fix("https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-update-contact-alternate.html",
		do("Console: account menu, Account, Alternate contacts, Edit: enter a mailbox and a telephone of the security team, not of one person",
			"aws account put-alternate-contact --alternate-contact-type SECURITY --name NAME --title TITLE --email-address MAIL --phone-number NUMBER")),
	Check: func(p *audit.Pass) {
		switch contact := p.Account.SecurityContact.Value(); {
		case contact == nil:
			p.Fail(p.Account, message.New("no security contact is registered"))
		case contact.Email == "" && contact.Phone == "":
			p.Fail(p.Account, message.New("the security contact %s has neither e-mail address nor telephone", contact.Name))
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
	Why: "AWS writes to the contact whom a matter concerns. Where one address is registered for all three, or for none, a warning lies among " +
		"invoices, and one person's holiday or one full mailbox stops everything.",
	How: "Looks at the alternate contacts SECURITY, BILLING and OPERATIONS. Fails when one of them is not registered, and when two have the " +
		"same e-mail address, in upper or lower case, or the same telephone number, by its digits. One such defect is enough, " +
		"whatever is not known of the others; to pass, all three must be known.",
	Fix: fix("https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-update-contact-alternate.html",
		do("Console: account menu, Account, Alternate contacts, Edit: enter a different mailbox and telephone for each",
			"aws account put-alternate-contact --alternate-contact-type BILLING --name NAME --title TITLE --email-address MAIL --phone-number NUMBER")),
	Check: func(p *audit.Pass) {
		contacts := alternateContacts(p.Account)
		var defects []message.Message
		var evidence []audit.Evidence
		var missing []message.Message
		for _, c := range contacts {
			evidence = append(evidence, c.known.Evidence()...)
			if value, ok := c.known.Get(); ok && value == nil {
				missing = append(missing, c.name)
			}
		}
		if len(missing) > 0 {
			defects = append(defects, message.New("no contact is registered for %s", message.Parts(missing...)))
		}
		for _, same := range alike(contacts, func(c *account.AlternateContact) string { return strings.ToLower(strings.TrimSpace(c.Email)) }) {
			defects = append(defects, message.New("the same e-mail address is registered for %s", message.Parts(same...)))
		}
		for _, same := range alike(contacts, func(c *account.AlternateContact) string { return digits(c.Phone) }) {
			defects = append(defects, message.New("the same telephone number is registered for %s", message.Parts(same...)))
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
		finding := p.Fail(p.Account, defects[0], evidence...)
		for _, more := range defects[1:] {
			finding.Note(more)
		}
	},
}

// alternateContact is one of an account's contacts beside its owner.
type alternateContact struct {
	name  message.Message
	fact  account.Fact
	known account.Known[*account.AlternateContact]
}

func alternateContacts(a *account.Account) []alternateContact {
	return []alternateContact{
		{message.New("security"), account.ContactForSecurity, a.SecurityContact},
		{message.New("billing"), account.ContactForBilling, a.BillingContact},
		{message.New("operations"), account.ContactForOperations, a.OperationsContact},
	}
}

// alike names the registered contacts that have something in common: security and billing. An empty value does not
// count.
func alike(contacts []alternateContact, of func(*account.AlternateContact) string) [][]message.Message {
	values := make([]string, len(contacts))
	for i, c := range contacts {
		if registered, _ := c.known.Get(); registered != nil {
			values[i] = of(registered)
		}
	}
	var groups [][]message.Message
	for i, value := range values {
		var same []message.Message
		for j, other := range values {
			if other == value {
				same = append(same, contacts[j].name)
			}
		}
		if value != "" && len(same) > 1 && slices.Index(values, value) == i {
			groups = append(groups, same)
		}
	}
	return groups
}

// digits reduces a telephone number to its digits, because people write it in many ways.
func digits(phone string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, phone)
}
