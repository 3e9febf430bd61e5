package inventory

import (
	"cmp"
	"strings"
	"time"

	"sekisho/audit"
	"sekisho/audit/account"
	"sekisho/audit/lists"
	"sekisho/audit/message"
)

// users fills the list of users.
func (b *builder) users() {
	var judged []audit.EnforcementRow
	if b.judging {
		judged = audit.Enforced(b.access, b.options.Interrupted)
	}
	rows := make([]User, len(b.account.Users))
	credentials := map[string][]ServiceCredential{}
	for _, c := range b.account.ServiceCredentials {
		credentials[c.User] = append(credentials[c.User], serviceCredential(c))
	}
	for i, u := range b.account.Users {
		if b.options.Interrupted.Now() {
			return
		}
		row := &rows[i]
		b.who(row, u)
		b.password(row, u)
		b.mfa(row, u)
		b.accessKeys(row, u)
		b.sshKeys(row, u)
		b.serviceCredentials(row, u, credentials[u.Name])
		b.certificates(row, u)
		if b.judging {
			b.judge(row, &judged[i])
		}
		row.Unknown = lists.OrEmpty(row.Unknown)
	}
	b.out.Users = listed(b, "users", rows, &b.account.UserCount)
}

func (b *builder) who(row *User, u *account.User) {
	row.Name, row.Path, row.ARN, row.Created = u.Name, u.Path, u.ARN, at(u.Created)
	if u.ID != "" {
		row.ID = &u.ID
	} else {
		b.lacks(&row.Unknown, "unique_id", NotRead, message.New("only the credential report tells of the user, and it has no unique IDs"))
	}
	if !row.Created.Known() {
		b.lacks(&row.Unknown, "created", NotRead, message.New("no answer tells when the user was created"))
	}
	if b.known(row, u, "groups", account.UserGroups, &u.Groups) {
		row.Groups = lists.OrEmpty(u.Groups.Value())
	}
	if b.known(row, u, "tags", account.UserTags, &u.Tags) {
		row.Tags = lists.OrEmpty(u.Tags.Value())
	}
}

func (b *builder) password(row *User, u *account.User) {
	p := &row.Password
	if b.known(row, u, "password.enabled", account.UserPassword, &u.Password) {
		p.Enabled = ref(u.Password.Value())
	}
	if b.known(row, u, "password.last_used", account.UserPasswordLastUsed, &u.PasswordLastUsed) {
		p.LastUsed = whenOrNever(u.PasswordLastUsed.Value())
	}
	if withoutPassword(u) {
		p.LastChanged, p.NextRotation, p.MustChange = never, never, ref(false)
		return
	}
	if b.known(row, u, "password.last_changed", account.UserPasswordLastChanged, &u.PasswordLastChanged) {
		p.LastChanged, p.OrLater = whenOrNever(u.PasswordLastChanged.Value()), u.PasswordSince
	}
	if next, ok := b.nextRotation(u); ok {
		p.NextRotation = next
	} else {
		b.lacks(&row.Unknown, "password.next_rotation", NotRead, u.PasswordNextRotation.Missing().Message())
	}
	if b.known(row, u, "password.must_change", account.UserPasswordResetRequired, &u.PasswordResetRequired) {
		p.MustChange = ref(u.PasswordResetRequired.Value())
	}
}

// nextRotation is when the password must be changed. Where the credential report doesn't tell of the user, the password
// policy does: a password expires so many days after it was changed (IAM User Guide, "Set an account password policy").
func (b *builder) nextRotation(u *account.User) (When, bool) {
	if next, ok := u.PasswordNextRotation.Get(); ok {
		return whenOrNever(next), true
	}
	policy, ok := b.account.PasswordPolicy.Get()
	if !ok || !u.Password.OK() {
		return When{}, false
	}
	if policy == nil || !policy.ExpirePasswords || policy.MaxPasswordAgeDays == 0 {
		return never, true
	}
	changed, ok := u.PasswordLastChanged.Get()
	if !ok || u.PasswordSince || changed.IsZero() {
		return When{}, false
	}
	return at(changed.AddDate(0, 0, int(policy.MaxPasswordAgeDays))), true
}

func (b *builder) mfa(row *User, u *account.User) {
	if b.known(row, u, "mfa", account.UserMFA, &u.MFA) {
		row.MFA = ref(u.MFA.Value())
	}
	devices, seen := u.MFADevices.Get()
	if !b.known(row, u, "mfa_devices", account.UserMFADevices, &u.MFADevices) {
		devices, seen = u.VirtualMFADevices, len(u.VirtualMFADevices) > 0
	}
	if !seen {
		return
	}
	row.MFADevices = each(devices, func(d *account.MFADevice) Device {
		if d.EnabledSince.IsZero() {
			b.lacks(&row.Unknown, "mfa_devices.enabled_since", NotRead, message.New("AWS did not say since when the device is enabled"))
		}
		return Device{d.Serial, d.Kind, at(d.EnabledSince)}
	})
}

func (b *builder) accessKeys(row *User, u *account.User) {
	if !b.known(row, u, "access_keys", account.UserAccessKeys, &u.AccessKeys) {
		return
	}
	row.AccessKeys = each(u.AccessKeys.Value(), func(k *account.AccessKey) AccessKey {
		key := AccessKey{Slot: k.Slot, Status: status(k.Active), Created: at(k.Created), AgeDays: b.days(k.Created)}
		if k.ID != "" {
			key.ID = &k.ID
		}
		if use, ok := k.LastUsed.Get(); ok {
			key.LastUsed = whenOrNever(use.At)
			key.Service, key.Region = ref(cmp.Or(use.Service, "N/A")), ref(cmp.Or(use.Region, "N/A"))
		} else {
			b.known(row, u, "access_keys.last_used", account.UserAccessKeysLastUsed, &k.LastUsed)
		}
		return key
	})
	if ids, _ := u.Fact(account.UserAccessKeyIDs); !ids.OK() {
		b.known(row, u, "access_keys.id", account.UserAccessKeyIDs, ids)
	}
}

func (b *builder) sshKeys(row *User, u *account.User) {
	if !b.known(row, u, "ssh_keys", account.UserSSHKeys, &u.SSHKeys) {
		return
	}
	row.SSHKeys = each(u.SSHKeys.Value(), func(k *account.SSHPublicKey) SSHKey { return SSHKey{k.ID, strings.ToLower(k.Status), at(k.Uploaded)} })
}

func (b *builder) serviceCredentials(row *User, u *account.User, seen []ServiceCredential) {
	row.ServiceCredentials = seen
	if b.known(row, u, "service_credentials", account.ServiceCredentialList, &b.account.ServiceCredentialCount) {
		row.ServiceCredentials = lists.OrEmpty(seen)
	}
}

func serviceCredential(c account.ServiceCredential) ServiceCredential {
	out := ServiceCredential{ID: c.ID, Service: c.Service, Name: c.Name, APIKey: c.APIKey, Status: strings.ToLower(c.Status), Created: at(c.Created), Expires: never}
	if c.Expires != nil {
		out.Expires = at(*c.Expires)
	}
	return out
}

func (b *builder) certificates(row *User, u *account.User) {
	if !b.known(row, u, "signing_certificates", account.UserSigningCertificates, &u.SigningCertificates) {
		return
	}
	row.SigningCertificates = each(u.SigningCertificates.Value(), func(c *account.SigningCertificate) SigningCertificate {
		certificate := SigningCertificate{Slot: c.Slot, Status: status(c.Active), Uploaded: at(c.Changed)}
		if c.ID != "" {
			certificate.ID = &c.ID
		}
		if b.known(row, u, "signing_certificates.expires", account.UserCertificateExpiry, &c.Expires) {
			certificate.Expires = at(c.Expires.Value())
		}
		return certificate
	})
}

// judge takes over whether a user is an administrator and must use MFA.
func (b *builder) judge(row *User, r *audit.EnforcementRow) {
	reason := message.New("the user's policies could not be judged")
	if why := r.Text.Or(r.Reason); !why.Empty() {
		reason = why
	}
	if row.Admin = answered(r.Admin); row.Admin == nil {
		b.lacks(&row.Unknown, "admin", NotRead, reason)
	}
	if row.MFAEnforced.Console = enforced(r.Console); row.MFAEnforced.Console == nil {
		b.lacks(&row.Unknown, "mfa_enforced.console", NotRead, reason)
	}
	if row.MFAEnforced.AccessKey = enforced(r.AccessKey); row.MFAEnforced.AccessKey == nil {
		b.lacks(&row.Unknown, "mfa_enforced.access_key", NotRead, reason)
	}
}

// answered is nil for an answer that says that nothing is known.
func answered(admin string) *string {
	switch admin {
	case "yes", "possibly", "no":
		return &admin
	}
	return nil
}

func enforced(on audit.EnforcedOnPath) *Enforced {
	switch on.Verdict {
	case "enforced", "leaky", "not_enforced", "no_access":
		return &Enforced{on.Verdict, on.Sure}
	}
	return nil
}

// days is an age in whole days, never below 0: a live answer may be later than the snapshot's time.
func (b *builder) days(t time.Time) int {
	return int(max(0, b.account.TakenAt.Sub(t)) / (24 * time.Hour))
}

func status(active bool) string {
	if active {
		return "active"
	}
	return "inactive"
}

// each makes a list of what becomes of each item.
func each[T, U any](list []T, of func(*T) U) []U {
	out := make([]U, len(list))
	for i := range list {
		out[i] = of(&list[i])
	}
	return out
}

func ref[T any](value T) *T { return &value }
