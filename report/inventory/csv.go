package inventory

import (
	"errors"
	"io"
	"slices"
	"strconv"
	"time"

	"sekisho/audit/account"
	"sekisho/audit/inventory"
	"sekisho/audit/lists"
	"sekisho/audit/message"
	"sekisho/report/enforcement"
	"sekisho/report/format"
	"sekisho/report/sanitize"
	"sekisho/report/wording"
)

// What stands in a cell that has no value. No name in IAM may hold these characters, so none reads like one.
const (
	cellUnknown = "?"
	cellNone    = "(none)"
)

// Column is a column of the CSV form.
type Column struct {
	Name string
	Doc  string
}

type column[T any] struct {
	Column
	cell func(i *inventory.Inventory, row *T) sanitize.Cell
}

// CSV writes the one list of the inventory, a row each under a header. Columns are only ever added, at the end. No cell
// is empty: what isn't known is "?", and what there is none of "(none)". Lists within a cell are parted by "; ", and
// those of the same things, such as the IDs and the ages of access keys, are in the same order.
func CSV(w io.Writer, i *inventory.Inventory, o format.Options) error {
	switch {
	case asked(i) != 1:
		return errors.New("writing the inventory as CSV: got several lists, want one: a CSV file has one kind of row")
	case i.Users.Asked:
		return writeCSV(w, i, o, i.Users.Rows, userColumns)
	case i.Roles.Asked:
		return writeCSV(w, i, o, i.Roles.Rows, roleColumns)
	}
	return writeCSV(w, i, o, i.Groups.Rows, groupColumns)
}

func asked(i *inventory.Inventory) int {
	n := 0
	for _, is := range []bool{i.Users.Asked, i.Roles.Asked, i.Groups.Asked} {
		if is {
			n++
		}
	}
	return n
}

func writeCSV[T any](w io.Writer, i *inventory.Inventory, o format.Options, rows []T, columns []column[T]) error {
	return sanitize.WriteCSV(w, "the inventory", o.BOM, func(yield func([]sanitize.Cell) bool) {
		more := yield(lists.Map(columns, func(c column[T]) sanitize.Cell { return sanitize.CSV(c.Name) }))
		for r := range rows {
			if !more {
				return
			}
			more = yield(lists.Map(columns, func(c column[T]) sanitize.Cell { return c.cell(i, &rows[r]) }))
		}
	})
}

// UserColumns, RoleColumns and GroupColumns document the columns of the CSV form.
func UserColumns() []Column { return documented(userColumns) }

// RoleColumns are those of roles.
func RoleColumns() []Column { return documented(roleColumns) }

// GroupColumns are those of groups.
func GroupColumns() []Column { return documented(groupColumns) }

func documented[T any](columns []column[T]) []Column {
	docs := make([]Column, len(columns))
	for i, c := range columns {
		docs[i] = c.Column
	}
	return docs
}

// accountColumns begin each row, so that the inventories of several accounts can be put together.
func accountColumns[T any]() []column[T] {
	of := func(name, doc string, cell func(*inventory.Inventory) string) column[T] {
		return column[T]{Column{name, doc}, func(i *inventory.Inventory, _ *T) sanitize.Cell { return sanitize.CSV(cell(i)) }}
	}
	return []column[T]{
		of("account", "the account's number", func(i *inventory.Inventory) string { return i.Account.ID }),
		of("account_alias", "its alias", func(i *inventory.Inventory) string {
			if i.Account.Alias == nil {
				return cellUnknown
			}
			return orNone(*i.Account.Alias)
		}),
		of("sign_in_url", "where its users sign in", func(i *inventory.Inventory) string { return i.Account.SignInURL }),
		of("taken_at", "when the account was read", func(i *inventory.Inventory) string { return i.TakenAt.UTC().Format(time.RFC3339) }),
	}
}

var userColumns = slices.Concat(accountColumns[inventory.User](), []column[inventory.User]{
	plain("name", "", func(u *inventory.User) string { return u.Name }),
	plain("path", "", func(u *inventory.User) string { return orUnknownText(u.Path) }),
	plain("arn", "", func(u *inventory.User) string { return u.ARN }),
	plain("unique_id", "AIDA…", func(u *inventory.User) string { return orUnknown(u.ID) }),
	plain("created", "", func(u *inventory.User) string { return when(u.Created) }),
	listed("groups", "", func(u *inventory.User) ([]string, bool) { return u.Groups, has(u.Unknown, "groups") }, self),
	plain("password", "yes or no", func(u *inventory.User) string { return yesNo(u.Password.Enabled) }),
	plain("password_last_used", "a time or never", func(u *inventory.User) string { return when(u.Password.LastUsed) }),
	plain("password_last_changed", "a time or never; \"or later\" where only the first password's is known", func(u *inventory.User) string {
		if u.Password.OrLater {
			return message.New("%s or later", when(u.Password.LastChanged)).String()
		}
		return when(u.Password.LastChanged)
	}),
	plain("password_next_rotation", "a time or never", func(u *inventory.User) string { return when(u.Password.NextRotation) }),
	plain("password_must_change", "yes or no: at the next sign-in", func(u *inventory.User) string { return yesNo(u.Password.MustChange) }),
	plain("mfa", "yes or no", func(u *inventory.User) string { return yesNo(u.MFA) }),
	deviceColumn("mfa_kind", "virtual, fido, hardware, sms or other", func(d inventory.Device) string { return string(d.Kind) }),
	deviceColumn("mfa_serial", "", func(d inventory.Device) string { return d.Serial }),
	deviceColumn("mfa_enabled_since", "", func(d inventory.Device) string { return when(d.EnabledSince) }),
	keyColumn("access_key_id", "AKIA…", func(k inventory.AccessKey) string { return orUnknown(k.ID) }),
	keyColumn("access_key_status", "active or inactive", func(k inventory.AccessKey) string { return k.Status }),
	keyColumn("access_key_created", "", func(k inventory.AccessKey) string { return when(k.Created) }),
	keyColumn("access_key_age_days", "", func(k inventory.AccessKey) string { return strconv.Itoa(k.AgeDays) }),
	keyColumn("access_key_last_used", "a time or never", func(k inventory.AccessKey) string { return when(k.LastUsed) }),
	keyColumn("access_key_last_used_service", "", func(k inventory.AccessKey) string { return orUnknown(k.Service) }),
	keyColumn("access_key_last_used_region", "", func(k inventory.AccessKey) string { return orUnknown(k.Region) }),
	sshColumn("ssh_key_id", "APKA…", func(k inventory.SSHKey) string { return k.ID }),
	sshColumn("ssh_key_status", "active or inactive", func(k inventory.SSHKey) string { return k.Status }),
	sshColumn("ssh_key_uploaded", "", func(k inventory.SSHKey) string { return when(k.Uploaded) }),
	credentialColumn("service_credential_id", "ACCA…", func(c inventory.ServiceCredential) string { return c.ID }),
	credentialColumn("service_credential_service", "", func(c inventory.ServiceCredential) string { return c.Service }),
	credentialColumn("service_credential_name", "its user name, or an API key's alias", func(c inventory.ServiceCredential) string { return orNone(c.Name) }),
	credentialColumn("service_credential_status", "active, inactive or expired", func(c inventory.ServiceCredential) string { return c.Status }),
	credentialColumn("service_credential_created", "", func(c inventory.ServiceCredential) string { return when(c.Created) }),
	credentialColumn("service_credential_expires", "a time or never", func(c inventory.ServiceCredential) string { return when(c.Expires) }),
	certificateColumn("certificate_id", "of signing certificates", func(c inventory.SigningCertificate) string { return orUnknown(c.ID) }),
	certificateColumn("certificate_status", "active or inactive", func(c inventory.SigningCertificate) string { return c.Status }),
	certificateColumn("certificate_uploaded", "", func(c inventory.SigningCertificate) string { return when(c.Uploaded) }),
	certificateColumn("certificate_expires", "", func(c inventory.SigningCertificate) string { return when(c.Expires) }),
	plain("admin", "yes, possibly or no", func(u *inventory.User) string { return orUnknown(u.Admin) }),
	plain("mfa_enforced_console", "enforced, leaky, not_enforced, no_access, asked (not by policy, but AWS asks who has a device), lacking (no password); "+
		"possibly before one that hangs on conditions on which nothing is known", func(u *inventory.User) string { return verdict(words(u).Console, u.MFAEnforced.Console) }),
	plain("mfa_enforced_access_key", "likewise; lacking: no active key", func(u *inventory.User) string { return verdict(words(u).AccessKey, u.MFAEnforced.AccessKey) }),
	listed("tags", "KEY=VALUE", func(u *inventory.User) ([]account.Tag, bool) { return u.Tags, has(u.Unknown, "tags") }, tagText),
}, unknowns(func(u *inventory.User) []inventory.Unknown { return u.Unknown }))

// plain is a column that a row alone tells.
func plain[T any](name, doc string, cell func(*T) string) column[T] {
	return column[T]{Column{name, doc}, func(_ *inventory.Inventory, row *T) sanitize.Cell { return sanitize.CSV(cell(row)) }}
}

// listed is a column of what a row has several of, which may be torn.
func listed[T, I any](name, doc string, list func(*T) (items []I, torn bool), part func(I) string) column[T] {
	return column[T]{Column{name, doc}, func(_ *inventory.Inventory, row *T) sanitize.Cell {
		items, torn := list(row)
		return joined(items, part, torn)
	}}
}

// unknowns are the last columns: what is not known of a row, and what is to be known of all answers.
func unknowns[T any](of func(*T) []inventory.Unknown) []column[T] {
	return []column[T]{{Column{"unknown", "FIELD: why it is not known"}, func(i *inventory.Inventory, row *T) sanitize.Cell {
		return joined(of(row), func(u inventory.Unknown) string { return u.Field + ": " + i.Notes[u.Note-1].Text }, false)
	}}, {Column{"notes", "what else is to be known of the answers, in all rows alike"}, func(i *inventory.Inventory, _ *T) sanitize.Cell {
		return joined(i.Remarks, message.Message.String, false)
	}}, {Column{"endpoints", "the addresses that were asked in place of AWS's own, in all rows alike"}, func(i *inventory.Inventory, _ *T) sanitize.Cell {
		return sanitize.CSV(orNone(wording.Endpoints(i.Endpoints).String()))
	}}}
}

// listColumn makes the columns that tell one thing each of all items of a user's list.
func listColumn[T any](field string, list func(*inventory.User) []T) func(name, doc string, part func(T) string) column[inventory.User] {
	return func(name, doc string, part func(T) string) column[inventory.User] {
		return listed(name, doc, func(u *inventory.User) ([]T, bool) { return list(u), has(u.Unknown, field) }, part)
	}
}

var (
	deviceColumn     = listColumn("mfa_devices", func(u *inventory.User) []inventory.Device { return u.MFADevices })
	keyColumn        = listColumn("access_keys", func(u *inventory.User) []inventory.AccessKey { return u.AccessKeys })
	sshColumn        = listColumn("ssh_keys", func(u *inventory.User) []inventory.SSHKey { return u.SSHKeys })
	credentialColumn = listColumn("service_credentials", func(u *inventory.User) []inventory.ServiceCredential {
		return u.ServiceCredentials
	})
	certificateColumn = listColumn("signing_certificates", func(u *inventory.User) []inventory.SigningCertificate {
		return u.SigningCertificates
	})
)

var roleColumns = slices.Concat(accountColumns[inventory.Role](), []column[inventory.Role]{
	plain("name", "", func(r *inventory.Role) string { return r.Name }),
	plain("path", "", func(r *inventory.Role) string { return orUnknownText(r.Path) }),
	plain("arn", "", func(r *inventory.Role) string { return r.ARN }),
	plain("unique_id", "AROA…", func(r *inventory.Role) string { return orUnknownText(r.ID) }),
	plain("created", "", func(r *inventory.Role) string { return when(r.Created) }),
	plain("last_used", "a time, or never in the 400 days that AWS looks back", func(r *inventory.Role) string { return when(r.LastUsed) }),
	plain("last_used_region", "", func(r *inventory.Role) string { return r.LastUsedRegion }),
	plain("service_linked", "yes or no", func(r *inventory.Role) string { return yesNo(&r.ServiceLinked) }),
	listed("trusts", "whom the trust policy names in an Allow", func(r *inventory.Role) ([]string, bool) { return r.Trusts, has(r.Unknown, "trusts") }, self),
	listed("attached_policies", "", func(r *inventory.Role) ([]string, bool) { return r.AttachedPolicies, false }, self),
	listed("inline_policies", "", func(r *inventory.Role) ([]string, bool) { return r.InlinePolicies, false }, self),
	plain("permissions_boundary", "", func(r *inventory.Role) string { return orNone(r.Boundary) }),
	plain("admin", "yes, possibly or no", func(r *inventory.Role) string { return orUnknown(r.Admin) }),
	listed("tags", "KEY=VALUE", func(r *inventory.Role) ([]account.Tag, bool) { return r.Tags, false }, tagText),
}, unknowns(func(r *inventory.Role) []inventory.Unknown { return r.Unknown }))

var groupColumns = slices.Concat(accountColumns[inventory.Group](), []column[inventory.Group]{
	plain("name", "", func(g *inventory.Group) string { return g.Name }),
	plain("path", "", func(g *inventory.Group) string { return orUnknownText(g.Path) }),
	plain("arn", "", func(g *inventory.Group) string { return g.ARN }),
	plain("unique_id", "AGPA…", func(g *inventory.Group) string { return orUnknownText(g.ID) }),
	plain("created", "", func(g *inventory.Group) string { return when(g.Created) }),
	listed("members", "", func(g *inventory.Group) ([]string, bool) { return g.Members, has(g.Unknown, "members") }, self),
	listed("attached_policies", "", func(g *inventory.Group) ([]string, bool) { return g.AttachedPolicies, false }, self),
	listed("inline_policies", "", func(g *inventory.Group) ([]string, bool) { return g.InlinePolicies, false }, self),
}, unknowns(func(g *inventory.Group) []inventory.Unknown { return g.Unknown }))

// joined lists what is known of things; torn says that there may be more of them.
func joined[T any](list []T, part func(T) string, torn bool) sanitize.Cell {
	parts := lists.Map(list, part)
	switch {
	case torn:
		parts = append(parts, cellUnknown)
	case len(parts) == 0:
		return cellNone
	}
	return sanitize.CSVList(parts)
}

func self(s string) string { return s }

func tagText(t account.Tag) string { return t.Key + "=" + t.Value }

func when(w inventory.When) string { return orUnknownText(w.String()) }

func yesNo(b *bool) string {
	switch {
	case b == nil:
		return cellUnknown
	case *b:
		return "yes"
	}
	return "no"
}

func orUnknown(s *string) string {
	if s == nil {
		return cellUnknown
	}
	return orUnknownText(*s)
}

func orUnknownText(s string) string {
	if s == "" {
		return cellUnknown
	}
	return s
}

func orNone(s string) string {
	if s == "" {
		return cellNone
	}
	return s
}

// verdict is the kind of a cell of the matrix "MFA: registered and enforced".
func verdict(c enforcement.Cell, said *inventory.Enforced) string {
	switch {
	case c.Kind == enforcement.Unknown:
		return cellUnknown
	case said != nil && !said.Sure && (c.Kind == enforcement.Leaky || c.Kind == enforcement.NotEnforced):
		return message.New("possibly %s", c.Kind).String()
	}
	return string(c.Kind)
}

func has(list []inventory.Unknown, field string) bool { return noteOf(list, field) != 0 }

// noteOf is the number of the note on a field, 0 for none.
func noteOf(list []inventory.Unknown, field string) int {
	for _, u := range list {
		if u.Field == field {
			return u.Note
		}
	}
	return 0
}
