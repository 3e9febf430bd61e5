package wording

import "sekisho/audit/message"

// words are names and states of the JSON as people read them.
var words = map[string]message.Message{
	// fields of details
	"access_keys": message.New("access keys"), "arn": message.New("ARN"), "attached_policies": message.New("attached policies"),
	"created": message.New("created"), "default_version": message.New("default version"), "document": message.New("document"),
	"enabled_since": message.New("enabled since"), "expires": message.New("expires"), "groups": message.New("groups"), "id": message.New("unique ID"),
	"inline_policies": message.New("inline policies"), "item": message.New("item"), "kind": message.New("kind"),
	"last_changed": message.New("last changed"), "members": message.New("members"), "mfa_devices": message.New("MFA devices"),
	"password": message.New("password"), "permissions_boundary": message.New("permissions boundary"), "serial": message.New("serial"),
	"service": message.New("service"), "statement": message.New("statement"), "status": message.New("status"),
	"trust_document": message.New("trust document"), "trust_statement": message.New("trust statement"),
	"trust_version": message.New("trust version"), "valid_until": message.New("valid until"), "version": message.New("version"),
	// settings of the password policy
	"allow_users_to_change_password": message.New("allow users to change password"), "expire_passwords": message.New("expire passwords"),
	"hard_expiry": message.New("hard expiry"), "max_password_age_days": message.New("max password age days"),
	"minimum_password_length": message.New("minimum password length"), "password_reuse_prevention": message.New("password reuse prevention"),
	"require_lowercase": message.New("require lowercase"), "require_numbers": message.New("require numbers"),
	"require_symbols": message.New("require symbols"), "require_uppercase": message.New("require uppercase"),
	// lines of contacts, and what is told of the organization
	"email": message.New("email"), "features": message.New("features"), "name": message.New("name"),
	"organization_id": message.New("organization ID"), "phone": message.New("phone"), "refusal": message.New("refusal"), "title": message.New("title"),
	// items of root and of the account
	"access keys": message.New("access keys"), "alias": message.New("alias"), "billing contact": message.New("billing contact"), "mfa": message.New("MFA"),
	"operations contact": message.New("operations contact"), "organization": message.New("organization"),
	"security contact": message.New("security contact"), "signing certificates": message.New("signing certificates"),
	"signing_certificates": message.New("signing certificates"),
	// states
	"assigned": message.New("assigned"), "denied": message.New("denied everything"), "expired": message.New("expired"),
	"may-live": message.New("may still be valid"), "never": message.New("never"), "no": message.New("no"), "possibly": message.New("possibly"),
	"trusted": message.New("trusted"), "unreadable": message.New("cannot be read"), "yes": message.New("yes"),
	"active": message.New("active"), "inactive": message.New("inactive"), "none": message.New("none"), "off": message.New("off"),
	"on": message.New("on"), "present": message.New("present"), "set": message.New("set"),
	// what users manage of their own
	"access-keys": message.New("access keys"), "git-credentials": message.New("git credentials"), "mfa-devices": message.New("MFA devices"),
	"signing-certificates": message.New("signing certificates"), "ssh-keys": message.New("SSH keys"),
	// what a deep run looks at one by one
	"regions": message.New("regions"), "users": message.New("users"),
	// kinds of MFA devices
	"fido": message.New("passkey"), "hardware": message.New("hardware"), "other": message.New("other"), "sms": message.New("SMS"),
	"virtual": message.New("virtual"),
	// sources and severities
	"evidence": message.New("evidence"), "report": message.New("report"), "snapshot": message.New("snapshot"),
	"critical": message.New("critical"), "high": message.New("high"), "info": message.New("info"), "low": message.New("low"),
	"medium": message.New("medium"),
}

// Word is what people read in place of a name or a state of the JSON. One that is not known here is shown as it is.
func Word[S ~string](name S) message.Message {
	if m, known := words[string(name)]; known {
		return m
	}
	return message.New("%s", name)
}
