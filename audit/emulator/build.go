package emulator

import (
	"cmp"
	"crypto/sha256"
	"encoding/base32"
	"maps"
	"slices"
	"strings"
	"time"

	"sekisho/audit/account"
	"sekisho/audit/lists"
)

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
	slices.SortFunc(w.Users, func(x, y userPrint) int {
		return cmp.Or(cmp.Compare(strings.ToLower(x.Name), strings.ToLower(y.Name)), cmp.Compare(x.Name, y.Name))
	})
	w.mfaDevices()
	s := &account.Snapshot{
		Schema:  account.SnapshotSchema,
		TakenAt: w.now,
		Caller: account.Caller{
			AccountID: w.AccountID, Partition: "aws", ARN: w.arn("user/" + w.Caller), UserID: exampleID("AIDA", w.Caller), At: w.now,
		},
		PerUser: make(map[string]*account.UserAnswers, len(w.Users)),
		Gaps:    []account.Gap{},
		Calls:   account.Calls{ByAction: map[string]int{}, SignIn: map[string]int{}},
	}
	put(w, s, account.AccountSummaryAnswer, account.Summary(w.summary()))
	put(w, s, account.AccountAliasesAnswer, []string{w.Alias})
	put(w, s, account.PasswordPolicyAnswer, w.Policy)
	put(w, s, account.CredentialReportAnswer, w.report())
	put(w, s, account.AuthorizationDetailsAnswer, w.details())
	put(w, s, account.UsersAnswer, w.listedUsers())
	put(w, s, account.VirtualMFADevicesAnswer, w.devices)
	put(w, s, account.SAMLProvidersAnswer, w.providers())
	put(w, s, account.OIDCProvidersAnswer, w.issuers())
	w.others(s)
	for _, u := range w.Users {
		s.PerUser[u.Name] = w.answers(u)
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
	return "arn:aws:iam::" + w.AccountID + ":" + resource
}

func (w *builder) ago(a age) time.Time { return w.now.Add(-time.Duration(a)) }

// since is ago, or nil for never.
func (w *builder) since(a age) *time.Time {
	if a == never {
		return nil
	}
	at := w.ago(a)
	return &at
}

func (u userPrint) pathOrRoot() string { return cmp.Or(u.Path, "/") }

func (w *builder) userARN(u userPrint) string { return w.arn("user" + u.pathOrRoot() + u.Name) }

func (w *builder) serial(d devicePrint) string {
	if !strings.Contains(d.Serial, "/") {
		return d.Serial
	}
	return w.arn(d.Serial)
}

// mfaDevices lists the virtual devices and counts those in use, of all kinds.
func (w *builder) mfaDevices() {
	w.devices = []account.VirtualMFADevice{}
	if w.Root.Hardware {
		w.inUse++
	}
	for _, u := range w.Users {
		for _, d := range u.Devices {
			w.inUse++
			if account.KindOfMFA(w.serial(d)) != account.MFAVirtual {
				continue
			}
			owner := &account.MFAOwner{Name: u.Name, ID: exampleID("AIDA", u.Name), ARN: w.userARN(u), Path: u.pathOrRoot(), Created: w.since(u.Created)}
			if u.Password != nil {
				owner.PasswordLastUsed = w.since(u.Password.Used)
			}
			w.devices = append(w.devices, account.VirtualMFADevice{Serial: w.serial(d), EnabledSince: w.since(d.Enabled), Owner: owner})
		}
	}
	for _, name := range w.Orphans {
		w.devices = append(w.devices, account.VirtualMFADevice{Serial: w.arn("mfa/" + name)})
	}
	slices.SortFunc(w.devices, func(x, y account.VirtualMFADevice) int { return cmp.Compare(x.Serial, y.Serial) })
}

// summary is GetAccountSummary, with IAM's default quotas.
func (w *builder) summary() map[string]int32 {
	own := int32(0)
	for _, p := range w.Policies {
		if !p.AWS {
			own++
		}
	}
	profiles := int32(0)
	for _, r := range w.Roles {
		profiles += flag(r.InstanceProfile)
	}
	all := int32(len(w.devices)) + w.inUse
	for _, d := range w.devices {
		if d.Owner != nil {
			all-- // counted in both
		}
	}
	return map[string]int32{
		"Users": int32(len(w.Users)), "UsersQuota": 5000,
		"Groups": int32(len(w.Groups)), "GroupsQuota": 300,
		"Roles": int32(len(w.Roles)), "RolesQuota": 1000,
		"Policies": own, "PoliciesQuota": 1500,
		"PolicyVersionsInUse": own, "PolicyVersionsInUseQuota": 10000,
		"InstanceProfiles": profiles, "InstanceProfilesQuota": 1000,
		"ServerCertificates": int32(len(w.ServerCertificates)), "ServerCertificatesQuota": 20,
		"Providers":  int32(len(w.SAMLProviders) + len(w.OIDCProviders)),
		"MFADevices": all, "MFADevicesInUse": w.inUse,
		"AccountMFAEnabled":                 flag(w.Root.Hardware),
		"AccountAccessKeysPresent":          flag(len(w.Root.Keys) > 0),
		"AccountPasswordPresent":            flag(w.Root.Password != nil),
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
	users := make([]account.ListedUser, len(w.Users))
	for i, u := range w.Users {
		users[i] = account.ListedUser{Name: u.Name, ID: exampleID("AIDA", u.Name), ARN: w.userARN(u), Path: u.pathOrRoot(), Created: w.ago(u.Created)}
		if u.Password != nil {
			users[i].PasswordLastUsed = w.since(u.Password.Used)
		}
	}
	return users
}

func (w *builder) providers() []account.Provider {
	providers := []account.Provider{}
	for _, p := range w.SAMLProviders {
		validUntil := w.ago(-age(p.ValidForDays) * day)
		providers = append(providers, account.Provider{ARN: w.arn("saml-provider/" + p.Name), Created: w.since(p.Created), ValidUntil: &validUntil})
	}
	return providers
}

func (w *builder) issuers() []account.Provider {
	providers := []account.Provider{}
	for _, issuer := range w.OIDCProviders {
		providers = append(providers, account.Provider{ARN: w.arn("oidc-provider/" + issuer)})
	}
	return providers
}

func (w *builder) details() account.AuthorizationDetails {
	d := account.AuthorizationDetails{Users: []account.UserDetail{}, Groups: []account.GroupDetail{}, Roles: []account.RoleDetail{}, Policies: []account.PolicyDetail{}}
	attachments, bounding := map[string]int32{}, map[string]int32{}
	policies := make(map[string]account.AttachedPolicy, len(w.Policies))
	for _, p := range w.Policies {
		policies[p.Name] = account.AttachedPolicy{Name: p.Name, ARN: w.policyARN(p)}
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
	bound := func(name string) string {
		if name == "" {
			return ""
		}
		bounding[name]++
		return policies[name].ARN
	}
	for _, u := range w.Users {
		d.Users = append(d.Users, account.UserDetail{
			Name: u.Name, ID: exampleID("AIDA", u.Name), ARN: w.userARN(u), Path: u.pathOrRoot(), Created: w.ago(u.Created),
			Groups: lists.OrEmpty(u.Groups), InlinePolicies: u.Inline.policies(), AttachedPolicies: attach(u.Attached), Tags: lists.OrEmpty(u.Tags),
			PermissionsBoundary: bound(u.Boundary),
		})
	}
	for _, g := range w.Groups {
		d.Groups = append(d.Groups, account.GroupDetail{
			Name: g.Name, ID: exampleID("AGPA", g.Name), ARN: w.arn("group/" + g.Name), Path: "/", Created: w.ago(g.Created),
			InlinePolicies: g.Inline.policies(), AttachedPolicies: attach(g.Attached),
		})
	}
	for _, r := range w.Roles {
		path := cmp.Or(r.Path, "/")
		role := account.RoleDetail{
			Name: r.Name, ID: exampleID("AROA", r.Name), ARN: w.arn("role" + path + r.Name), Path: path, Created: w.ago(r.Created), TrustPolicy: trust(r.Trust),
			InlinePolicies: r.Inline.policies(), AttachedPolicies: attach(r.Attached), Tags: []account.Tag{},
			LastUsed: w.since(r.Used), LastUsedRegion: r.Region, InstanceProfiles: []account.InstanceProfile{},
			PermissionsBoundary: bound(r.Boundary),
		}
		if r.InstanceProfile {
			role.InstanceProfiles = append(role.InstanceProfiles, account.InstanceProfile{
				Name: r.Name, ID: exampleID("AIPA", r.Name), ARN: w.arn("instance-profile" + path + r.Name), Path: path, Created: w.ago(r.Created),
			})
		}
		d.Roles = append(d.Roles, role)
	}
	for _, p := range w.Policies {
		version, updated := cmp.Or(p.Version, "v1"), p.Updated
		if p.AWS {
			version, updated = "v2", p.Created/4
		}
		d.Policies = append(d.Policies, account.PolicyDetail{
			Name: p.Name, ID: exampleID("ANPA", p.Name), ARN: w.policyARN(p), Path: cmp.Or(p.Path, "/"), Created: w.ago(p.Created), Updated: w.ago(updated),
			DefaultVersion: version, AttachmentCount: attachments[p.Name], BoundaryUseCount: bounding[p.Name],
			Versions: []account.PolicyVersion{{ID: version, Created: w.ago(updated), Default: true, Document: document(cmp.Or(p.Document, p.Name))}},
		})
	}
	return d
}

func (names inlinePrint) policies() []account.InlinePolicy {
	list := []account.InlinePolicy{}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		list = append(list, account.InlinePolicy{Name: name, Document: document(names[name])})
	}
	return list
}

func (w *builder) policyARN(p policyPrint) string {
	resource := "policy" + cmp.Or(p.Path, "/") + p.Name
	if p.AWS {
		return "arn:aws:iam::aws:" + resource
	}
	return w.arn(resource)
}

// answers are the live answers about one user.
func (w *builder) answers(u userPrint) *account.UserAnswers {
	answers := &account.UserAnswers{ID: exampleID("AIDA", u.Name)}
	var profile *account.LoginProfile
	if p := u.Password; p != nil {
		profile = &account.LoginProfile{Created: w.ago(p.Changed), PasswordResetRequired: p.MustChange}
	}
	put(w, answers, account.LoginProfileAnswer, profile)
	devices := []account.ListedMFADevice{}
	for _, d := range u.Devices {
		devices = append(devices, account.ListedMFADevice{Serial: w.serial(d), EnabledSince: w.ago(d.Enabled)})
	}
	put(w, answers, account.MFADevicesAnswer, devices)
	keys := []account.ListedAccessKey{}
	for i, k := range u.Keys {
		if k.Deleted {
			continue
		}
		id, status := keyID(u, i), "Active"
		if k.Inactive {
			status = "Inactive"
		}
		keys = append(keys, account.ListedAccessKey{ID: id, Status: status, Created: w.ago(k.Created)})
		if answers.AccessKeyLastUsed == nil {
			answers.AccessKeyLastUsed = map[string]*account.Answer[account.KeyLastUsed]{}
		}
		use := account.KeyLastUsed{At: w.since(k.Used), Service: "N/A", Region: "N/A"}
		if k.Used != never {
			use.Service, use.Region = k.Service, cmp.Or(k.Region, "N/A")
		}
		answers.AccessKeyLastUsed[id] = answer(w, account.AccessKeyLastUsedAnswer.Action(), use)
	}
	put(w, answers, account.AccessKeysAnswer, keys)
	w.otherAnswers(u, answers)
	return answers
}

// keyID is the ID of a user's nth key. They ascend, so that key n is key n of the credential report.
func keyID(u userPrint, n int) string {
	id := exampleID("AKIA", u.Name)
	return id[:4] + string(rune('A'+n)) + id[5:]
}

// exampleID is an ID that is made from a name and can't be anybody's: it ends in EXAMPLE.
func exampleID(prefix, name string) string {
	sum := sha256.Sum256([]byte(prefix + name))
	return prefix + base32.StdEncoding.EncodeToString(sum[:])[:9] + "EXAMPLE"
}
