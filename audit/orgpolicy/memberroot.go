package orgpolicy

import (
	"slices"

	"sekisho/audit"
	"sekisho/audit/message"
	"sekisho/audit/organization"
)

// rootRules are those about the root users of members.
func rootRules() []Rule {
	return []Rule{{
		ID: "org-member-root", Title: "No member's root user has credentials", Problem: "A member's root user has credentials", Severity: audit.High,
		Why: "Root of a member needs none: what takes root is done from the account that manages the organization. A password that is there can be reset by e-mail and used, and a key or certificate works without anybody noticing.",
		How: "With --member-root a session of each active member's root user that can do nothing else (sts:AssumeRoot with the task policy IAMAuditRootUserCredentials, 15 minutes) is asked for root's password, access keys, signing certificates and MFA devices, and for the account summary. It fails where there is a password, a key or a certificate, active or not; a password without an MFA device is named as such. What either the lists or the summary say is there counts as there; none is there where both say so. It is unknown where a member was not asked or an answer is missing. Not applicable without --member-root.",
		Fix: "Delete the credentials in the IAM console of the account that manages the organization (Root access management).", Docs: "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_root-user-privileged-task.html",
		check: (*judge).memberRoot,
	}}
}

func (j *judge) memberRoot() verdict {
	const source = organization.AssumeRootAction
	ids, whole := j.members()
	a := j.of.MemberRoots
	switch {
	case a == nil:
		return verdict{audit.StatusNotApplicable, message.New("nobody asked for it (--member-root)"), nil, source}
	case !whole:
		return verdict{audit.StatusUnknown, message.New("the list of accounts could not be read whole"), nil, organization.ListAccountsAction}
	case len(ids) == 0:
		return verdict{audit.StatusNotApplicable, message.New("the organization has no member"), nil, organization.ListAccountsAction}
	}
	var failed, unknown []string
	var found []message.Message
	for _, id := range ids {
		i := slices.IndexFunc(a.Value, func(r organization.MemberRoot) bool { return r.ID == id })
		if i < 0 {
			unknown = append(unknown, id)
			continue
		}
		has, known := credentialsOf(&a.Value[i])
		switch {
		case len(has) > 0:
			failed, found = append(failed, id), append(found, message.New("%s has %s", id, message.Parts(has...)))
		case !known:
			unknown = append(unknown, id)
		}
	}
	switch {
	case len(failed) > 0:
		return verdict{audit.StatusFail, message.New("%s: %s", message.Plural(len(failed), "%d active member", "%d active members"), message.First(3, found)), failed, source}
	case len(unknown) > 0:
		return verdict{audit.StatusUnknown, message.New("what root has could not be read in %s", message.Plural(len(unknown), "%d active member", "%d active members")), unknown, source}
	}
	return verdict{audit.StatusPass, message.New("root has none in %s", message.Plural(len(ids), "%d active member", "%d active members")), ids, source}
}

// credentialsOf says which credentials a root user surely has, and whether all that could be there was read.
func credentialsOf(r *organization.MemberRoot) (has []message.Message, known bool) {
	known = r.Password != nil && r.AccessKeys != nil && r.AccessKeys.Value != nil && r.Certificates != nil && r.Certificates.Value != nil && r.Summary != nil
	counted := func(key string, listed int) int {
		if r.Summary == nil {
			return listed
		}
		n, told := r.Summary.Value[key]
		known = known && told
		return max(listed, int(n))
	}
	password, keys, certificates := 0, 0, 0
	if r.Password != nil && r.Password.Value != nil {
		password = 1
	}
	if r.AccessKeys != nil {
		keys = len(r.AccessKeys.Value)
	}
	if r.Certificates != nil {
		certificates = len(r.Certificates.Value)
	}
	switch password = counted(organization.RootPasswordPresent, password); {
	case password == 0:
	case r.MFADevices == nil || r.MFADevices.Value == nil:
		has = append(has, message.New("a password"))
	case len(r.MFADevices.Value) == 0:
		has = append(has, message.New("a password without MFA"))
	default:
		has = append(has, message.New("a password with MFA"))
	}
	if keys = counted(organization.RootKeysPresent, keys); keys > 0 {
		has = append(has, message.New("%s", message.Plural(keys, "%d access key", "%d access keys")))
	}
	if certificates = counted(organization.RootCertificatesPresent, certificates); certificates > 0 {
		has = append(has, message.New("%s", message.Plural(certificates, "%d signing certificate", "%d signing certificates")))
	}
	return has, known
}
