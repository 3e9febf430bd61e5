package rules

import (
	"slices"
	"strings"
	"time"

	"sekisho/audit"
	"sekisho/audit/account"
	"sekisho/audit/message"
)

// notActive is why a credential that nobody can use is not judged.
var notActive = message.New("not active")

var sshKeyAge = &audit.Rule{
	ID:       "ssh-key-age",
	Title:    "Active SSH public keys are young enough",
	Problem:  "An active SSH public key is too old",
	Category: audit.CategoryOther,
	Severity: audit.Low,
	Ages:     true,
	Sweep:    audit.SweepUsers,
	Needs:    []account.Fact{account.UserSSHKeys},
	Uses:     []account.Fact{account.UserTags},
	Why: "An SSH key opens the repositories of CodeCommit, asks for no MFA, and appears neither in the credential report nor among the " +
		"access keys. AWS does not record its use; the private half lies on every laptop where it was used.",
	How: "Judges each active key of iam:ListSSHPublicKeys by itself and fails when it was uploaded more than thresholds.ssh_key_max_age_days " +
		"(365" + unlessOwn + ") ago. Only a call for each user tells the keys. Not applicable to users without an active SSH public " +
		"key.",
	Fix: fix(guide("id_credentials_ssh-keys"),
		do("Console: IAM, Users, the user, Security credentials, SSH public keys for AWS CodeCommit: upload a new key",
			"aws iam upload-ssh-public-key --user-name NAME --ssh-public-key-body file://key.pub"),
		do("Put the new key where the old one is used"),
		do("Deactivate the old one", "aws iam update-ssh-public-key --user-name NAME --ssh-public-key-id OLDKEY --status Inactive"),
		do("Delete it when nothing has missed it for some days", "aws iam delete-ssh-public-key --user-name NAME --ssh-public-key-id OLDKEY")),
	Check: ofUsers(activeSSHKeys, message.New("no active SSH public key"), func(p *audit.Pass, u *account.User, active []account.SSHPublicKey, limits audit.Thresholds) {
		for _, k := range active {
			text := message.New("SSH public key is %s old (uploaded %s)", message.Days(p.Days(k.Uploaded)), k.Uploaded)
			p.Decide(u.SSHKey(k), !p.OlderThan(k.Uploaded, limits.SSHKeyMaxAgeDays), text,
				entryEvidence(u.SSHKeys.Evidence(), "uploaded", k.ID+" "+second(k.Uploaded))...).
				Note(ownLimit(limits.SSHKeyMaxAgeDays, p.Thresholds.SSHKeyMaxAgeDays, message.Days))
		}
	}),
}

func activeSSHKeys(u *account.User) []account.SSHPublicKey {
	return slices.DeleteFunc(slices.Clone(u.SSHKeys.Value()), func(k account.SSHPublicKey) bool { return k.Status != "Active" })
}

var gitCredentialAge = &audit.Rule{
	ID:       "git-credential-age",
	Title:    "Active passwords for CodeCommit and Keyspaces are young enough",
	Problem:  "An active password for CodeCommit or Keyspaces is too old",
	Category: audit.CategoryOther,
	Severity: audit.Medium,
	Ages:     true,
	Uses:     []account.Fact{account.ServiceCredentialList, account.UserList, account.UserTags},
	Why: "A service-specific credential is a user name and a password for one service: it asks for no MFA, and the credential report does not " +
		"show it. AWS does not record its use, so nobody can tell a forgotten one from one that is needed.",
	How: "Judges each password of iam:ListServiceSpecificCredentials by itself and fails when it was created more than " +
		"thresholds.git_credential_max_age_days (90" + unlessOwn + ") ago; API keys are judged by api-key-expiry. Where some users have " +
		"limits of their own, a password whose user is not on the list of users is unknown. Not applicable to passwords that are inactive or " +
		"have expired.",
	Fix: fix(guide("id_credentials_ssh-keys"),
		do("Console: IAM, Users, the user, Security credentials, HTTPS Git credentials for AWS CodeCommit (or Credentials for Amazon Keyspaces): generate a second credential",
			"aws iam create-service-specific-credential --user-name NAME --service-name codecommit.amazonaws.com"),
		do("Put it where the first is used"),
		do("Make the first inactive", "aws iam update-service-specific-credential --user-name NAME --service-specific-credential-id OLDID --status Inactive"),
		do("Delete it when nothing has missed it for some days", "aws iam delete-service-specific-credential --user-name NAME --service-specific-credential-id OLDID")),
	Check: func(p *audit.Pass) {
		limits := credentialLimits(p)
		for c := range p.ServiceCredentials() {
			if c.APIKey {
				continue
			}
			if !usable(p, c) {
				p.NotApplicable(p.Account.Credential(c), notActive, credentialEvidence(p, c)...)
			} else if own, known := limits(c.User); known {
				checkGitCredential(p, c, own.GitCredentialMaxAgeDays)
			}
		}
	},
}

func checkGitCredential(p *audit.Pass, c account.ServiceCredential, days int) {
	text := message.New("password for %s is %s old (created %s)", c.Service, message.Days(p.Days(c.Created)), c.Created)
	p.Decide(p.Account.Credential(c), !p.OlderThan(c.Created, days), text, credentialEvidence(p, c)...).
		Note(ownLimit(days, p.Thresholds.GitCredentialMaxAgeDays, message.Days))
}

// credentialLimits tells the thresholds of the users of credentials. A user who is not listed has the general ones,
// unless some users have limits of their own: then nobody knows which apply, and the user is answered unknown, once.
func credentialLimits(p *audit.Pass) func(name string) (limits audit.Thresholds, known bool) {
	unsure := map[string]bool{}
	return func(name string) (audit.Thresholds, bool) {
		switch u := p.Account.User(name); {
		case unsure[name]:
			return p.Thresholds, false
		case u != nil:
			limits, known := p.ThresholdsOf(u)
			unsure[name] = !known
			return limits, known
		case len(p.Settings.UserThresholds) == 0:
			return p.Thresholds, true
		}
		unsure[name] = true
		if p.Require(p.Account, account.UserList) {
			text := message.New("the user %s is not on the list of users, so it is not known which limit applies", name)
			p.Unknown(account.Subject{ARN: p.Account.Subject().ARN, Name: name}, text, p.Account.UserCount.Evidence()...)
		}
		return p.Thresholds, false
	}
}

var apiKeyExpiry = &audit.Rule{
	ID:       "api-key-expiry",
	Title:    "Long-term API keys expire soon enough",
	Problem:  "A long-term API key never expires, or expires late",
	Category: audit.CategoryOther,
	Severity: audit.High,
	Uses:     []account.Fact{account.ServiceCredentialList, account.UserList, account.UserTags},
	Why: "A long-term API key for Bedrock, CloudWatch and other services is a single string that works from anywhere without MFA, and AWS does " +
		"not record its use. A key that never expires, or in a hundred years, works until somebody deletes it, also for someone who finds it in a repository.",
	How: "Judges each API key of iam:ListServiceSpecificCredentials by itself and fails when it is active and has no expiration date, or one that is more than " +
		"thresholds.api_key_max_age_days (365" + unlessOwn + ") from now; IAM's longest is 36,600 days. Where some users have limits of their own, a key that expires whose " +
		"user is not on the list of users is unknown. Not applicable to keys that are inactive or have expired, whatever their status says.",
	Fix: fix(guide("id_credentials_bedrock"),
		do("Console: IAM, Users, the user, Security credentials, the service's API keys: generate a key with an expiration; short-term keys and roles are better",
			"aws iam create-service-specific-credential --user-name NAME --service-name bedrock.amazonaws.com --credential-age-days 30"),
		do("Put it where the old one is used"),
		do("Make the old one inactive", "aws iam update-service-specific-credential --user-name NAME --service-specific-credential-id OLDID --status Inactive"),
		do("Delete it when nothing has missed it for some days", "aws iam delete-service-specific-credential --user-name NAME --service-specific-credential-id OLDID")),
	Check: func(p *audit.Pass) {
		limits := credentialLimits(p)
		for c := range p.ServiceCredentials() {
			if !c.APIKey {
				continue
			}
			subject, evidence := p.Account.Credential(c), credentialEvidence(p, c)
			if !usable(p, c) {
				p.NotApplicable(subject, notActive, evidence...)
			} else if c.Expires == nil {
				p.Fail(subject, message.New("API key for %s never expires (created %s)", c.Service, c.Created), evidence...)
			} else if own, known := limits(c.User); known {
				days, left := own.APIKeyMaxAgeDays, c.Expires.Sub(p.Now)
				text := message.New("API key for %s expires late, in %s (%s)", c.Service, message.Days(int(left/(24*time.Hour))), *c.Expires)
				p.Decide(subject, left <= time.Duration(days)*24*time.Hour, text, evidence...).Note(ownLimit(days, p.Thresholds.APIKeyMaxAgeDays, message.Days))
			}
		}
	},
}

// usable reports whether somebody could sign in with a credential: one that has expired is of no use, whatever its
// status.
func usable(p *audit.Pass, c account.ServiceCredential) bool {
	return c.Status == "Active" && (c.Expires == nil || c.Expires.After(p.Now))
}

func credentialEvidence(p *audit.Pass, c account.ServiceCredential) []audit.Evidence {
	said := []string{c.ID, c.Service, c.Status, "CreateDate " + second(c.Created)} // in AWS's words, as all evidence is
	if c.Expires != nil {
		said = append(said, "ExpirationDate "+second(*c.Expires))
	}
	return entryEvidence(p.Account.ServiceCredentialCount.Evidence(), "service_specific_credential", strings.Join(said, ", "))
}

// bedrockUser begins the name of a user that the console creates along with a long-term Bedrock API key.
const bedrockUser = "BedrockAPIKey-"

var apiKeyPhantomUser = &audit.Rule{
	ID:       "api-key-phantom-user",
	Title:    "Users made for Bedrock API keys have neither password nor access key",
	Problem:  "A user made for a Bedrock API key has a password or an access key",
	Category: audit.CategoryOther,
	Severity: audit.High,
	Uses:     []account.Fact{account.UserPassword, account.UserAccessKeys},
	Why: "The console creates a user for each long-term Bedrock API key, with neither password nor access key, and nobody looks at that user " +
		"again. Someone who adds a password or a key to it has a hidden way in that looks as if AWS had made it.",
	How: "Judges the users whose names begin with BedrockAPIKey- and fails when one has a console password or an access key, active or " +
		"inactive: an inactive one can be activated again. Either is enough, whatever is not known of the other. Not applicable to an " +
		"account without such users.",
	Fix: fix(guide("id_credentials_bedrock"),
		do("Find out in CloudTrail who made the password or key (CreateLoginProfile, CreateAccessKey)",
			"aws cloudtrail lookup-events --lookup-attributes AttributeKey=ResourceName,AttributeValue=NAME"),
		do("Console: IAM, Users, the user, Security credentials, Access keys: deactivate the access keys",
			deactivate),
		do("Disable console access", "aws iam delete-login-profile --user-name NAME"),
		deleteUnused),
	Check: func(p *audit.Pass) {
		for u := range p.Users() {
			if strings.HasPrefix(u.Name, bedrockUser) {
				checkPhantom(p, u)
			}
		}
	},
}

func checkPhantom(p *audit.Pass, u *account.User) {
	var evidence []audit.Evidence
	password, _ := u.Password.Get()
	if password {
		evidence = append(evidence, u.Password.Evidence()...)
	}
	var items []string
	if keys, _ := u.AccessKeys.Get(); len(keys) > 0 {
		p.Detail(u, account.UserAccessKeyIDs)
		for _, k := range keys {
			items = append(items, k.Item())
		}
		evidence = append(evidence, u.AccessKeys.Evidence()...)
	}
	keys := message.Plural(len(items), "an access key", "%d access keys")
	var text message.Message
	switch {
	case password && len(items) > 0:
		text = message.New("user for a Bedrock API key has a console password and %s", keys)
	case password:
		text = message.New("user for a Bedrock API key has a console password")
	case len(items) > 0:
		text = message.New("user for a Bedrock API key has %s (%s)", keys, names(items))
	case p.Require(u, account.UserPassword) && p.Require(u, account.UserAccessKeys):
		p.Pass(u, slices.Concat(u.Password.Evidence(), u.AccessKeys.Evidence())...)
		return
	default:
		return
	}
	p.Fail(u, asOf(text, evidence), evidence...)
}
