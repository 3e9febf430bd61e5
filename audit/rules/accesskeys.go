package rules

import (
	"slices"
	"strings"
	"time"

	"sekisho/audit"
	"sekisho/audit/account"
	"sekisho/audit/message"
)

const day = 24 * time.Hour

// noActiveKey is why rules about active access keys don't apply to a user.
var noActiveKey = message.New("no active access key")

var accessKeyRotation = &audit.Rule{
	ID:       "access-key-rotation",
	Title:    "Active access keys are young enough",
	Problem:  "An active access key is too old",
	Category: audit.CategoryAccessKeys,
	Severity: audit.Medium,
	Ages:     true,
	Needs:    []account.Fact{account.UserAccessKeys},
	Uses:     []account.Fact{account.UserTags},
	Why:      "The longer a key lives, the more laptops, backups, logs and repositories hold it. A new key makes every forgotten copy worthless.",
	How: "Judges each active key by itself and fails when it was created more than thresholds.access_key_max_age_days (90" + unlessOwn + ") ago. Not applicable to users " +
		"without an active key.",
	Fix: rotateKey,
	Check: ofUsers(keysOf(true), noActiveKey, func(p *audit.Pass, u *account.User, active []account.AccessKey, limits audit.Thresholds) {
		for _, k := range active {
			if !p.OlderThan(k.Created, limits.AccessKeyMaxAgeDays) {
				p.Pass(u.Key(k), k.Evidence()...)
				continue
			}
			failKey(p, u, k, rotationText(p, k)).Note(ownLimit(limits.AccessKeyMaxAgeDays, p.Thresholds.AccessKeyMaxAgeDays, message.Days))
		}
	}),
}

func rotationText(p *audit.Pass, k account.AccessKey) message.Message {
	age := message.Days(p.Days(k.Created))
	use, ok := k.LastUsed.Get()
	switch {
	case !ok:
		return message.New("access key is %s old (created %s)", age, k.Created)
	case use.At.IsZero():
		return message.New("access key is %s old (created %s), never used", age, k.Created)
	}
	return message.New("access key is %s old, last used %s", age, lastUse(k, use))
}

// lastUse is when a key was last used, and for what as far as AWS told. The region of a key that only the credential
// report knows stands in the evidence alone, for the message goes on with the report's time.
func lastUse(k account.AccessKey, use account.KeyUse) message.Message {
	switch {
	case !told(use.Service):
		return message.New("%s", use.At)
	case !told(use.Region), k.ID == "":
		return message.New("%s by %s", use.At, use.Service)
	}
	return message.New("%s by %s in %s", use.At, use.Service, use.Region)
}

// told reports whether AWS named a service or region: it says N/A where there is none, and not_supported is the
// report's third sentinel.
func told(name string) bool {
	return name != "" && !strings.EqualFold(name, "N/A") && !strings.EqualFold(name, "not_supported")
}

var accessKeyUnused = &audit.Rule{
	ID:       "access-key-unused",
	Title:    "Active access keys are in use",
	Problem:  "An active access key is not used",
	Category: audit.CategoryAccessKeys,
	Severity: audit.Medium,
	Ages:     true,
	Needs:    []account.Fact{account.UserAccessKeys},
	Uses:     []account.Fact{account.UserAccessKeysLastUsed, account.UserTags},
	Why:      "A key that nobody needs can only do harm, and nobody would notice if it were used.",
	How: "Judges each active key by itself and fails when its last use is more than thresholds.access_key_unused_days (45" + unlessOwn + ") ago; one that was never used, when " +
		"it was created that long ago. Not applicable to users without an active key. Root's keys are judged by root-no-access-keys.",
	Fix: removeKey,
	Check: ofUsers(keysOf(true), noActiveKey, func(p *audit.Pass, u *account.User, active []account.AccessKey, limits audit.Thresholds) {
		days := limits.AccessKeyUnusedDays
		// A young key passes whenever it was used.
		old := func(k account.AccessKey) bool { return p.OlderThan(k.Created, days) }
		for _, k := range lastUseKnown(p, u, active, old) {
			use, _ := k.LastUsed.Get()
			if !old(k) || !use.At.IsZero() && !p.OlderThan(use.At, days) {
				p.Pass(u.Key(k), k.Evidence()...)
				continue
			}
			failKey(p, u, k, unusedText(p, k, use)).Note(ownLimit(days, p.Thresholds.AccessKeyUnusedDays, message.Days))
		}
	}),
}

func unusedText(p *audit.Pass, k account.AccessKey, use account.KeyUse) message.Message {
	if use.At.IsZero() {
		return message.New("access key was never used in %s (created %s)", message.Days(p.Days(k.Created)), k.Created)
	}
	return message.New("access key was not used for %s, last %s", message.Days(p.Days(use.At)), lastUse(k, use))
}

var accessKeySingle = &audit.Rule{
	ID:       "access-key-single",
	Title:    "No user has two active access keys",
	Problem:  "A user has two active access keys",
	Category: audit.CategoryAccessKeys,
	Severity: audit.Low,
	Needs:    []account.Fact{account.UserAccessKeys},
	Why:      "The second key is there to replace the first. Two keys that stay are two secrets to lose, and a rotation that was never finished.",
	How:      "Fails when a user has two active keys. Not applicable to users without an active key.",
	Fix:      removeKey,
	Check: func(p *audit.Pass) {
		for u := range p.Users() {
			switch active := activeKeys(u.AccessKeys.Value()); len(active) {
			case 0:
				p.NotApplicable(u, noActiveKey)
			case 1:
				p.Pass(u)
			default:
				p.Detail(u, account.UserAccessKeyIDs)
				p.Fail(u, message.New("two active access keys: %s of %s, %s of %s",
					active[0].Item(), active[0].Created, active[1].Item(), active[1].Created))
			}
		}
	},
}

var accessKeyInactive = &audit.Rule{
	ID:       "access-key-inactive",
	Title:    "Inactive access keys are deleted",
	Problem:  "An inactive access key was left behind",
	Category: audit.CategoryAccessKeys,
	Severity: audit.Low,
	Ages:     true,
	Needs:    []account.Fact{account.UserAccessKeys},
	Uses:     []account.Fact{account.UserTags},
	Why:      "An inactive key can be activated again, and its secret is already on somebody's computer.",
	How: "Judges each inactive key by itself and fails when it was created thresholds.access_key_inactive_days (30" + unlessOwn + ") ago or more; AWS does not tell since when it is " +
		"inactive. Not applicable to users without an inactive key.",
	Fix: fix(guide("id_credentials_access-keys"),
		keyLastUsed,
		do("Console: IAM, Users, the user, Security credentials, Access keys: delete the key", "aws iam delete-access-key --user-name NAME --access-key-id KEYID")),
	Check: ofUsers(keysOf(false), message.New("no inactive access key"), func(p *audit.Pass, u *account.User, inactive []account.AccessKey, limits audit.Thresholds) {
		for _, k := range inactive {
			if p.Age(k.Created) < time.Duration(limits.AccessKeyInactiveDays)*day {
				p.Pass(u.Key(k), k.Evidence()...)
				continue
			}
			failKey(p, u, k, message.New("inactive access key is %s old (created %s)", message.Days(p.Days(k.Created)), k.Created)).
				Note(ownLimit(limits.AccessKeyInactiveDays, p.Thresholds.AccessKeyInactiveDays, message.Days))
		}
	}),
}

var accessKeyWithPassword = &audit.Rule{
	ID:       "access-key-with-password",
	Title:    "People have no long-term access keys",
	Problem:  "A user has a console password and an active access key",
	Category: audit.CategoryAccessKeys,
	Severity: audit.Medium,
	Needs:    []account.Fact{account.UserPassword},
	Uses:     []account.Fact{account.UserAccessKeys},
	Why: "A person who signs in to the console needs no long-term key: aws login and IAM Identity Center give credentials that expire. A person's key lies on a " +
		"laptop, in plain text, and works without MFA.",
	How: "Fails, once per user, when the user has a console password and an active access key. Not applicable to users without a console password.",
	Fix: fix("https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-sign-in.html",
		do("The user signs in on the command line by the browser", "aws login"),
		do("Console: IAM, Users, the user, Security credentials, Access keys: deactivate the key once that works",
			deactivate),
		deleteUnused),
	Check: func(p *audit.Pass) {
		for u := range passwordUsers(p) {
			if !p.Require(u, account.UserAccessKeys) {
				continue
			}
			evidence := slices.Concat(u.Password.Evidence(), u.AccessKeys.Evidence())
			active := activeKeys(u.AccessKeys.Value())
			switch len(active) {
			case 0:
				p.Pass(u, evidence...)
			case 1:
				p.Fail(u, asOf(message.New("has a console password and an active access key (created %s)", active[0].Created), evidence), evidence...)
			default:
				p.Fail(u, asOf(message.New("has a console password and %s", message.Plural(len(active), "%d active access key", "%d active access keys")), evidence), evidence...)
			}
		}
	},
}

var accessKeyAtSetup = &audit.Rule{
	ID:       "access-key-at-setup",
	Title:    "No access key was created along with a person's user and never used",
	Problem:  "An access key was created along with the user and never used",
	Category: audit.CategoryAccessKeys,
	Severity: audit.Low,
	Needs:    []account.Fact{account.UserPassword},
	Uses:     []account.Fact{account.UserAccessKeys, account.UserAccessKeysLastUsed, account.UserTags},
	Why:      "A key that was created along with the user, and never used, was never needed. It lies in a file that somebody sent.",
	How: "Judges each active key of a user with a console password by itself and fails when it was created within thresholds.access_key_setup_minutes (5" + unlessOwn + ") of the " +
		"user and never used. Not applicable to users without a console password or without an active key.",
	Fix: removeKey,
	Check: func(p *audit.Pass) {
		for u := range passwordUsers(p) {
			if !p.Require(u, account.UserAccessKeys) {
				continue
			}
			active := activeKeys(u.AccessKeys.Value())
			switch {
			case len(active) == 0:
				p.NotApplicable(u, noActiveKey, u.AccessKeys.Evidence()...)
			case u.Created.IsZero():
				p.Unknown(u, message.New("it is not known when the user was created"))
			default:
				if thresholds, ok := p.ThresholdsOf(u); ok {
					checkKeysAtSetup(p, u, active, thresholds.AccessKeySetupMinutes)
				}
			}
		}
	},
}

func checkKeysAtSetup(p *audit.Pass, u *account.User, active []account.AccessKey, minutes int) {
	within := time.Duration(minutes) * time.Minute
	atSetup := func(k account.AccessKey) bool { return k.Created.Sub(u.Created).Abs() <= within }
	for _, k := range lastUseKnown(p, u, active, atSetup) {
		use, _ := k.LastUsed.Get()
		if !atSetup(k) || !use.At.IsZero() {
			p.Pass(u.Key(k), slices.Concat(u.Password.Evidence(), k.Evidence())...)
			continue
		}
		failKey(p, u, k, message.New("access key was created along with the user (%s) and never used", k.Created)).
			Note(ownLimit(minutes, p.Thresholds.AccessKeySetupMinutes, minutesLong))
	}
}

var accessKeyQuarantined = &audit.Rule{
	ID:       "access-key-quarantined",
	Title:    "No access key of a user was found in public by AWS",
	Problem:  "AWS found an access key of a user in public",
	Category: audit.CategoryAccessKeys,
	Severity: audit.Critical,
	Needs:    []account.Fact{account.UserPolicies},
	Why: "AWS attaches a policy AWSCompromisedKeyQuarantine… to a user whose key it found in public, for example in a repository. The policy stops only the worst " +
		"abuse: others know the key, and it still works.",
	How: "Fails when a policy whose name begins with AWSCompromisedKeyQuarantine is attached to the user. The rule fails until somebody " +
		"detaches the policy.",
	Fix: fix("https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSCompromisedKeyQuarantineV3.html",
		do("Console: IAM, Users, the user, Security credentials: deactivate the key at once",
			deactivate),
		do("Look in CloudTrail for what it did, and undo it", "aws cloudtrail lookup-events --lookup-attributes AttributeKey=AccessKeyId,AttributeValue=KEYID"),
		do("Delete the key, and make a new one where it is needed", "aws iam delete-access-key --user-name NAME --access-key-id KEYID"),
		do("Console: IAM, Users, the user, Permissions: remove the quarantine policy",
			"aws iam detach-user-policy --user-name NAME --policy-arn arn:aws:iam::aws:policy/AWSCompromisedKeyQuarantineV3")),
	Check: func(p *audit.Pass) {
		for u := range p.Users() {
			quarantine := slices.DeleteFunc(attachedNames(u.AttachedPolicies.Value()), func(name string) bool {
				return !strings.HasPrefix(name, "AWSCompromisedKeyQuarantine")
			})
			p.Decide(u, len(quarantine) == 0, message.New("AWS found a key of this user in public and attached %s", names(quarantine)))
		}
	},
}

func activeKeys(keys []account.AccessKey) []account.AccessKey {
	return slices.DeleteFunc(slices.Clone(keys), func(k account.AccessKey) bool { return !k.Active })
}

// keysOf takes a user's active keys, or the inactive ones.
func keysOf(active bool) func(*account.User) []account.AccessKey {
	return func(u *account.User) []account.AccessKey {
		return slices.DeleteFunc(slices.Clone(u.AccessKeys.Value()), func(k account.AccessKey) bool { return k.Active != active })
	}
}

// lastUseKnown returns the keys that can be judged. Where the verdict on a key depends on a last use that is not known,
// the user is answered unknown, once.
func lastUseKnown(p *audit.Pass, u *account.User, keys []account.AccessKey, hangs func(account.AccessKey) bool) []account.AccessKey {
	judged := slices.DeleteFunc(slices.Clone(keys), func(k account.AccessKey) bool { return hangs(k) && !k.LastUsed.OK() })
	if len(judged) < len(keys) {
		p.Require(u, account.UserAccessKeysLastUsed)
	}
	return judged
}

// failKey fails one key and has its ID read: the credential report knows it by number only.
func failKey(p *audit.Pass, u *account.User, k account.AccessKey, text message.Message) *audit.Finding {
	p.Detail(u, account.UserAccessKeyIDs)
	evidence := k.Evidence()
	if k.ID == "" {
		text = asOf(text, evidence)
	}
	return p.Fail(u.Key(k), text, evidence...)
}
