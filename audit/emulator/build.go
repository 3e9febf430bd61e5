package emulator

import (
	"cmp"
	"crypto/sha256"
	"encoding/base32"
	"slices"
	"strings"
	"time"

	"sekisho/audit/account"
	"sekisho/audit/lists"
)

// day is the unit of ages. Accounts are written down with ages, not dates, so that their dates move with the clock.
const day = 24 * time.Hour

// never is the age of what didn't happen.
const never = time.Duration(-1)

// builder turns a blueprint into a snapshot.
type builder struct {
	blueprint
	now     time.Time
	devices []account.VirtualMFADevice
	inUse   int32
}

// snapshot builds what AWS would answer about the account, all live answers about every user included. It holds no
// calls: none was made.
func (b blueprint) snapshot(now time.Time) *account.Snapshot {
	w := &builder{blueprint: b, now: now.UTC().Truncate(time.Second)}
	slices.SortFunc(w.users, func(x, y userPrint) int {
		return cmp.Or(cmp.Compare(strings.ToLower(x.name), strings.ToLower(y.name)), cmp.Compare(x.name, y.name))
	})
	w.mfaDevices()
	s := &account.Snapshot{
		Schema:  account.SnapshotSchema,
		TakenAt: w.now,
		Caller: account.Caller{
			AccountID: w.accountID, Partition: "aws", ARN: w.arn("user/" + w.caller), UserID: exampleID("AIDA", w.caller), At: w.now,
		},
		PerUser: make(map[string]*account.UserAnswers, len(w.users)),
		Gaps:    []account.Gap{},
		Calls:   account.Calls{ByAction: map[string]int{}, SignIn: map[string]int{}},
	}
	put(w, s, account.AccountSummaryAnswer, account.Summary(w.summary()))
	put(w, s, account.AccountAliasesAnswer, []string{w.alias})
	put(w, s, account.PasswordPolicyAnswer, w.policy)
	put(w, s, account.CredentialReportAnswer, w.report())
	put(w, s, account.AuthorizationDetailsAnswer, w.details())
	put(w, s, account.UsersAnswer, w.listedUsers())
	put(w, s, account.VirtualMFADevicesAnswer, w.devices)
	put(w, s, account.SAMLProvidersAnswer, w.providers())
	put(w, s, account.OIDCProvidersAnswer, []account.Provider{})
	w.others(s)
	for _, u := range w.users {
		s.PerUser[u.name] = w.answers(u)
	}
	return s
}

// put gives a snapshot, or what it holds of one user, the answer of a section.
func put[Holder, T any](w *builder, into *Holder, d account.Described[Holder, T], value T) {
	*d.In(into) = answer(w, d.Action(), value)
}

func answer[T any](w *builder, action string, value T) *account.Answer[T] {
	return &account.Answer[T]{Action: action, Began: w.now, Ended: w.now, Complete: true, Value: value}
}

func (w *builder) arn(resource string) string {
	return "arn:aws:iam::" + w.accountID + ":" + resource
}

func (w *builder) ago(age time.Duration) time.Time { return w.now.Add(-age) }

// since is ago, or nil for never.
func (w *builder) since(age time.Duration) *time.Time {
	if age == never {
		return nil
	}
	at := w.ago(age)
	return &at
}

func (u userPrint) pathOrRoot() string { return cmp.Or(u.path, "/") }

func (w *builder) userARN(u userPrint) string { return w.arn("user" + u.pathOrRoot() + u.name) }

func (w *builder) serial(d devicePrint) string {
	if !strings.Contains(d.serial, "/") {
		return d.serial
	}
	return w.arn(d.serial)
}

// mfaDevices lists the virtual devices and counts those in use, of all kinds.
func (w *builder) mfaDevices() {
	w.devices = []account.VirtualMFADevice{}
	if w.root.hardware {
		w.inUse++
	}
	for _, u := range w.users {
		for _, d := range u.devices {
			w.inUse++
			if account.KindOfMFA(w.serial(d)) != account.MFAVirtual {
				continue
			}
			owner := &account.MFAOwner{Name: u.name, ID: exampleID("AIDA", u.name), ARN: w.userARN(u), Path: u.pathOrRoot(), Created: w.since(u.created)}
			if u.password != nil {
				owner.PasswordLastUsed = w.since(u.password.used)
			}
			w.devices = append(w.devices, account.VirtualMFADevice{Serial: w.serial(d), EnabledSince: w.since(d.enabled), Owner: owner})
		}
	}
	for _, name := range w.orphans {
		w.devices = append(w.devices, account.VirtualMFADevice{Serial: w.arn("mfa/" + name)})
	}
	slices.SortFunc(w.devices, func(x, y account.VirtualMFADevice) int { return cmp.Compare(x.Serial, y.Serial) })
}

// summary is GetAccountSummary, with IAM's default quotas.
func (w *builder) summary() map[string]int32 {
	own := int32(0)
	for _, p := range w.policies {
		if !p.aws {
			own++
		}
	}
	profiles := int32(0)
	for _, r := range w.roles {
		profiles += flag(r.instanceProfile)
	}
	all := int32(len(w.devices)) + w.inUse
	for _, d := range w.devices {
		if d.Owner != nil {
			all-- // counted in both
		}
	}
	return map[string]int32{
		"Users": int32(len(w.users)), "UsersQuota": 5000,
		"Groups": int32(len(w.groups)), "GroupsQuota": 300,
		"Roles": int32(len(w.roles)), "RolesQuota": 1000,
		"Policies": own, "PoliciesQuota": 1500,
		"PolicyVersionsInUse": own, "PolicyVersionsInUseQuota": 10000,
		"InstanceProfiles": profiles, "InstanceProfilesQuota": 1000,
		"ServerCertificates": int32(len(w.serverCertificates)), "ServerCertificatesQuota": 20,
		"Providers":  int32(len(w.samlProviders)),
		"MFADevices": all, "MFADevicesInUse": w.inUse,
		"AccountMFAEnabled":                 flag(w.root.hardware),
		"AccountAccessKeysPresent":          flag(len(w.root.keys) > 0),
		"AccountPasswordPresent":            flag(w.root.password != nil),
		"AccountSigningCertificatesPresent": 0,
		"AccessKeysPerUserQuota":            2, "SigningCertificatesPerUserQuota": 2, "GroupsPerUserQuota": 10,
		"AttachedPoliciesPerUserQuota": 10, "AttachedPoliciesPerGroupQuota": 10, "AttachedPoliciesPerRoleQuota": 10,
		"UserPolicySizeQuota": 2048, "GroupPolicySizeQuota": 5120, "RolePolicySizeQuota": 10240,
		"PolicySizeQuota": 6144, "VersionsPerPolicyQuota": 5, "AssumeRolePolicySizeQuota": 2048,
		"GlobalEndpointTokenVersion": 1,
	}
}

func flag(set bool) int32 {
	if set {
		return 1
	}
	return 0
}

func (w *builder) listedUsers() []account.ListedUser {
	users := make([]account.ListedUser, len(w.users))
	for i, u := range w.users {
		users[i] = account.ListedUser{Name: u.name, ID: exampleID("AIDA", u.name), ARN: w.userARN(u), Path: u.pathOrRoot(), Created: w.ago(u.created)}
		if u.password != nil {
			users[i].PasswordLastUsed = w.since(u.password.used)
		}
	}
	return users
}

func (w *builder) providers() []account.Provider {
	providers := []account.Provider{}
	for _, p := range w.samlProviders {
		validUntil := w.now.Add(time.Duration(p.validForDays) * day)
		providers = append(providers, account.Provider{ARN: w.arn("saml-provider/" + p.name), Created: w.since(p.created), ValidUntil: &validUntil})
	}
	return providers
}

func (w *builder) details() account.AuthorizationDetails {
	d := account.AuthorizationDetails{Users: []account.UserDetail{}, Groups: []account.GroupDetail{}, Roles: []account.RoleDetail{}, Policies: []account.PolicyDetail{}}
	attachments := map[string]int32{}
	policies := make(map[string]account.AttachedPolicy, len(w.policies))
	for _, p := range w.policies {
		policies[p.name] = account.AttachedPolicy{Name: p.name, ARN: w.policyARN(p)}
	}
	attach := func(names []string) []account.AttachedPolicy {
		list := []account.AttachedPolicy{}
		for _, name := range names {
			p, ok := policies[name]
			if !ok {
				panic("the account attaches " + name + ", which is not among its policies")
			}
			attachments[name]++
			list = append(list, p)
		}
		return list
	}
	for _, u := range w.users {
		d.Users = append(d.Users, account.UserDetail{
			Name: u.name, ID: exampleID("AIDA", u.name), ARN: w.userARN(u), Path: u.pathOrRoot(), Created: w.ago(u.created),
			Groups: lists.OrEmpty(u.groups), InlinePolicies: lists.OrEmpty(u.inline), AttachedPolicies: attach(u.attached), Tags: lists.OrEmpty(u.tags),
		})
	}
	for _, g := range w.groups {
		d.Groups = append(d.Groups, account.GroupDetail{
			Name: g.name, ID: exampleID("AGPA", g.name), ARN: w.arn("group/" + g.name), Path: "/", Created: w.ago(g.created),
			InlinePolicies: lists.OrEmpty(g.inline), AttachedPolicies: attach(g.attached),
		})
	}
	for _, r := range w.roles {
		path := cmp.Or(r.path, "/")
		role := account.RoleDetail{
			Name: r.name, ID: exampleID("AROA", r.name), ARN: w.arn("role" + path + r.name), Path: path, Created: w.ago(r.created), TrustPolicy: r.trust,
			InlinePolicies: lists.OrEmpty(r.inline), AttachedPolicies: attach(r.attached), Tags: []account.Tag{},
			LastUsed: w.since(r.used), LastUsedRegion: r.region, InstanceProfiles: []account.InstanceProfile{},
		}
		if r.instanceProfile {
			role.InstanceProfiles = append(role.InstanceProfiles, account.InstanceProfile{
				Name: r.name, ID: exampleID("AIPA", r.name), ARN: w.arn("instance-profile" + path + r.name), Path: path, Created: w.ago(r.created),
			})
		}
		d.Roles = append(d.Roles, role)
	}
	for _, p := range w.policies {
		version := cmp.Or(p.version, "v1")
		d.Policies = append(d.Policies, account.PolicyDetail{
			Name: p.name, ID: exampleID("ANPA", p.name), ARN: w.policyARN(p), Path: cmp.Or(p.path, "/"), Created: w.ago(p.created), Updated: w.ago(p.updated),
			DefaultVersion: version, AttachmentCount: attachments[p.name],
			Versions: []account.PolicyVersion{{ID: version, Created: w.ago(p.updated), Default: true, Document: p.document}},
		})
	}
	return d
}

func (w *builder) policyARN(p policyPrint) string {
	resource := "policy" + cmp.Or(p.path, "/") + p.name
	if p.aws {
		return "arn:aws:iam::aws:" + resource
	}
	return w.arn(resource)
}

// answers are the live answers about one user.
func (w *builder) answers(u userPrint) *account.UserAnswers {
	answers := &account.UserAnswers{ID: exampleID("AIDA", u.name)}
	var profile *account.LoginProfile
	if p := u.password; p != nil {
		profile = &account.LoginProfile{Created: w.ago(p.changed), PasswordResetRequired: p.mustChange}
	}
	put(w, answers, account.LoginProfileAnswer, profile)
	devices := []account.ListedMFADevice{}
	for _, d := range u.devices {
		devices = append(devices, account.ListedMFADevice{Serial: w.serial(d), EnabledSince: w.ago(d.enabled)})
	}
	put(w, answers, account.MFADevicesAnswer, devices)
	keys := []account.ListedAccessKey{}
	for i, k := range u.keys {
		if k.deleted {
			continue
		}
		id, status := keyID(u, i), "Active"
		if k.inactive {
			status = "Inactive"
		}
		keys = append(keys, account.ListedAccessKey{ID: id, Status: status, Created: w.ago(k.created)})
		if answers.AccessKeyLastUsed == nil {
			answers.AccessKeyLastUsed = map[string]*account.Answer[account.KeyLastUsed]{}
		}
		use := account.KeyLastUsed{At: w.since(k.used), Service: "N/A", Region: "N/A"}
		if k.used != never {
			use.Service, use.Region = k.service, cmp.Or(k.region, "N/A")
		}
		answers.AccessKeyLastUsed[id] = answer(w, account.AccessKeyLastUsedAnswer.Action(), use)
	}
	put(w, answers, account.AccessKeysAnswer, keys)
	w.otherAnswers(u, answers)
	return answers
}

// keyID is the ID of a user's nth key. They ascend, so that key n is key n of the credential report.
func keyID(u userPrint, n int) string {
	id := exampleID("AKIA", u.name)
	return id[:4] + string(rune('A'+n)) + id[5:]
}

// exampleID is an ID that is made from a name and can't be anybody's: it ends in EXAMPLE.
func exampleID(prefix, name string) string {
	sum := sha256.Sum256([]byte(prefix + name))
	return prefix + base32.StdEncoding.EncodeToString(sum[:])[:9] + "EXAMPLE"
}
