package diff

import (
	"cmp"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"sekisho/audit/account"
)

// compareAccount compares the account itself, area by area.
func (c *comparison) compareAccount() {
	c.compareUsers()
	if c.listed(AreaRoles) {
		c.compareRoles()
	}
	if c.listed(AreaPolicies) {
		c.comparePolicies()
	}
	c.listed(AreaSSHKeys)
	c.listed(AreaCertificates)
	if c.listed(AreaServiceCredentials) {
		c.compareServiceCredentials()
	}
	if c.listed(AreaRoot) {
		c.compareRoot()
	}
	if c.listed(AreaPasswordPolicy) {
		o, n := &c.old.account.PasswordPolicy, &c.new.account.PasswordPolicy
		compareFact(c, AreaPasswordPolicy, "", *o, *n, settingsOfPolicy)
	}
	if c.listed(AreaProviders) {
		c.compareProviders()
	}
	if c.listed(AreaServerCertificates) {
		c.compareServerCertificates()
	}
	if c.listed(AreaContacts) {
		o, n := c.old.account, c.new.account
		compareFact(c, AreaContacts, "security contact", o.SecurityContact, n.SecurityContact, linesOfContact)
		compareFact(c, AreaContacts, "billing contact", o.BillingContact, n.BillingContact, linesOfContact)
		compareFact(c, AreaContacts, "operations contact", o.OperationsContact, n.OperationsContact, linesOfContact)
	}
	if c.listed(AreaAccount) {
		o, n := c.old.account, c.new.account
		compareFact(c, AreaAccount, "alias", o.Alias, n.Alias, func(alias string) map[string]string { return someOf("alias", alias) })
		compareFact(c, AreaAccount, "organization", o.OrganizationsFeatures, n.OrganizationsFeatures, func(f account.OrganizationsFeatures) map[string]string {
			return map[string]string{
				"organization_id": f.OrganizationID, "refusal": f.Refusal,
				"features": strings.Join(slices.Sorted(slices.Values(f.Enabled)), ", "),
			}
		})
	}
}

// compareFact compares something of the account that is told in named values. No values at all: there is none.
func compareFact[T any](c *comparison, area Area, item string, old, new account.Known[T], values func(T) map[string]string) {
	was, is := knownOf(old, values), knownOf(new, values)
	if !both(c, area, item, was, is) {
		return
	}
	var details []Detail
	for _, name := range eitherKeys(was.value, is.value) {
		if o, n := was.value[name], is.value[name]; o != n {
			details = append(details, Detail{Field: name, Old: o, New: n})
		}
	}
	if len(details) == 0 || stale(c, area, item, was, is) {
		return
	}
	kind := Changed
	switch {
	case len(was.value) == 0:
		kind = Added
	case len(is.value) == 0:
		kind = Removed
	}
	of := c.new.account.Subject()
	c.change(Change{Area: area, Kind: kind, Resource: of.ARN, Item: item, Name: of.Name, Details: details})
}

func someOf(name, value string) map[string]string {
	if value == "" {
		return nil
	}
	return map[string]string{name: value}
}

// settingsOfPolicy are the settings of the password policy under their names in a snapshot.
func settingsOfPolicy(p *account.PasswordPolicy) map[string]string {
	if p == nil {
		return nil
	}
	settings := map[string]string{}
	for name, value := range fields(p) {
		settings[name] = string(value)
	}
	return settings
}

func linesOfContact(contact *account.AlternateContact) map[string]string {
	if contact == nil {
		return nil
	}
	lines := map[string]string{}
	for name, value := range fields(contact) {
		var line string
		if err := json.Unmarshal(value, &line); err != nil {
			panic("a contact is made of text: " + err.Error())
		}
		lines[name] = line
	}
	return lines
}

// compareRoot compares what is known of root's credentials.
func (c *comparison) compareRoot() {
	o, n := c.old.account.Root, c.new.account.Root
	flag := func(name, on, off string) func(bool) map[string]string {
		return func(b bool) map[string]string { return map[string]string{name: onOff(b, on, off)} }
	}
	compareFact(c, AreaRoot, "password", o.Password, n.Password, flag("password", "set", "none"))
	compareFact(c, AreaRoot, "mfa", o.MFA, n.MFA, flag("mfa", "on", "off"))
	compareFact(c, AreaRoot, "access keys", o.AccessKeys, n.AccessKeys, func(keys account.RootKeys) map[string]string {
		return map[string]string{"access_keys": onOff(keys.Present, "present", "none")}
	})
	was, okWas := o.AccessKeys.Get()
	is, okIs := n.AccessKeys.Get()
	if okWas && okIs && was.Present && is.Present && was.Detailed && is.Detailed && (was.Active != is.Active || was.Inactive != is.Inactive) {
		c.change(Change{Area: AreaRoot, Kind: Changed, Resource: n.ARN, Item: "access keys", Name: n.Subject().Name, Details: []Detail{
			{Field: "active", Old: strconv.Itoa(was.Active), New: strconv.Itoa(is.Active)},
			{Field: "inactive", Old: strconv.Itoa(was.Inactive), New: strconv.Itoa(is.Inactive)},
		}})
	}
	compareFact(c, AreaRoot, "signing certificates", o.SigningCertificates, n.SigningCertificates, flag("signing_certificates", "present", "none"))
	// AWS lists root's virtual devices alone; whether there is any device is what MFA tells.
	devicesOf := func(r *account.Root) devices {
		list, ok := r.VirtualMFADevices.Get()
		return devices{list: list, all: ok, virtual: ok, why: r.VirtualMFADevices.Missing().Message()}
	}
	c.compareDevices(n.ARN, n.Subject().Name, devicesOf(o), devicesOf(n))
}

// compareOtherCredentials compares the SSH keys and signing certificates of a user.
func (c *comparison) compareOtherCredentials(o, n *user) {
	keys := func(keys []account.SSHPublicKey) []credential {
		list := make([]credential, len(keys))
		for i, k := range keys {
			list[i] = credential{id: k.ID, active: k.Status == "Active", created: k.Uploaded}
		}
		return list
	}
	was, is := knownOf(o.listed.SSHKeys, keys), knownOf(n.listed.SSHKeys, keys)
	if both(c, AreaSSHKeys, nameOfUser(n), was, is) {
		c.compareCredentials(AreaSSHKeys, n, was, is)
	}
	if both(c, AreaCertificates, nameOfUser(n), o.certificates, n.certificates) {
		c.compareCredentials(AreaCertificates, n, o.certificates, n.certificates)
	}
}

// compareServiceCredentials compares the service-specific credentials of all users, which AWS lists together.
func (c *comparison) compareServiceCredentials() {
	o, n := c.old.account, c.new.account
	id := func(s account.ServiceCredential) string { return s.ID }
	change := func(a *account.Account, s account.ServiceCredential, kind ChangeKind, details ...Detail) {
		c.change(Change{Area: AreaServiceCredentials, Kind: kind, Resource: a.Credential(s).ARN, Item: s.ID, Name: s.User, Details: details})
	}
	compareLists(c, listOf(c.old, wholeOf(&o.ServiceCredentialCount), o.ServiceCredentials, id), listOf(c.new, wholeOf(&n.ServiceCredentialCount), n.ServiceCredentials, id), lists[account.ServiceCredential]{
		area: AreaServiceCredentials, name: id,
		created: func(s account.ServiceCredential) time.Time { return s.Created },
		both: func(was, is account.ServiceCredential) {
			switch {
			case was.Status == is.Status:
			case is.Status == "Active":
				change(n, is, Activated, Detail{Field: "service", New: is.Service})
			case is.Status == "Inactive":
				change(n, is, Deactivated, Detail{Field: "service", New: is.Service})
			default:
				change(n, is, Changed, Detail{Field: "status", Old: was.Status, New: is.Status})
			}
		},
		added:   func(s account.ServiceCredential) { change(n, s, Added, Detail{Field: "service", New: s.Service}) },
		removed: func(s account.ServiceCredential) { change(o, s, Removed, Detail{Field: "service", Old: s.Service}) },
	})
}

// compareProviders compares the SAML and OIDC identity providers.
func (c *comparison) compareProviders() {
	type provider struct {
		account.Provider
		kind string
	}
	of := func(kind string, list []account.Provider) []provider {
		out := make([]provider, len(list))
		for i, p := range list {
			out[i] = provider{p, kind}
		}
		return out
	}
	arn := func(p provider) string { return p.ARN }
	nameIn := func(p provider) string { return short(p.ARN)[strings.LastIndex(short(p.ARN), "/")+1:] }
	do := lists[provider]{
		area: AreaProviders, name: func(p provider) string { return short(p.ARN) },
		created: func(p provider) time.Time { return orZero(p.Created) },
		both: func(o, n provider) {
			if sameSecond(orZero(o.Created), orZero(n.Created)) && sameSecond(orZero(o.ValidUntil), orZero(n.ValidUntil)) {
				return
			}
			change := Change{Area: AreaProviders, Kind: Changed, Resource: n.ARN, Name: nameIn(n)}
			if !sameSecond(orZero(o.ValidUntil), orZero(n.ValidUntil)) {
				change.Details = append(change.Details, Detail{Field: "valid_until", Old: stamp(orZero(o.ValidUntil)), New: stamp(orZero(n.ValidUntil))})
			}
			if !sameSecond(orZero(o.Created), orZero(n.Created)) {
				change.Kind = Recreated
				change.Details = append(change.Details, Detail{Field: "created", Old: stamp(orZero(o.Created)), New: stamp(orZero(n.Created))})
			}
			c.change(change)
		},
		added: func(p provider) {
			c.change(Change{Area: AreaProviders, Kind: Added, Resource: p.ARN, Name: nameIn(p), Details: []Detail{{Field: "kind", New: p.kind}}})
		},
		removed: func(p provider) {
			c.change(Change{Area: AreaProviders, Kind: Removed, Resource: p.ARN, Name: nameIn(p), Details: []Detail{{Field: "kind", Old: p.kind}}})
		},
	}
	o, n := c.old.account, c.new.account
	compareLists(c, listOf(c.old, wholeOf(&o.SAMLProviderCount), of("saml", o.SAMLProviders), arn), listOf(c.new, wholeOf(&n.SAMLProviderCount), of("saml", n.SAMLProviders), arn), do)
	compareLists(c, listOf(c.old, wholeOf(&o.OIDCProviderCount), of("oidc", o.OIDCProviders), arn), listOf(c.new, wholeOf(&n.OIDCProviderCount), of("oidc", n.OIDCProviders), arn), do)
}

func orZero(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return *t
}

// compareServerCertificates compares the server certificates by ID: one that is uploaded again under its name is
// another.
func (c *comparison) compareServerCertificates() {
	o, n := c.old.account, c.new.account
	id := func(s *account.Certificate) string { return cmp.Or(s.ID, s.ARN) }
	change := func(kind ChangeKind, s *account.Certificate) {
		c.change(Change{Area: AreaServerCertificates, Kind: kind, Resource: s.ARN, Item: s.ID, Name: s.Name, Details: []Detail{{Field: "expires", New: stamp(s.Expires)}}})
	}
	compareLists(c, listOf(c.old, wholeOf(&o.ServerCertificateCount), o.ServerCertificates, id), listOf(c.new, wholeOf(&n.ServerCertificateCount), n.ServerCertificates, id), lists[*account.Certificate]{
		area: AreaServerCertificates, name: func(s *account.Certificate) string { return short(s.ARN) },
		created: func(s *account.Certificate) time.Time { return s.Uploaded },
		both:    func(_, _ *account.Certificate) {},
		added:   func(s *account.Certificate) { change(Added, s) },
		removed: func(s *account.Certificate) { change(Removed, s) },
	})
}
