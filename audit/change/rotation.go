package change

import (
	"strconv"
	"strings"
	"time"

	"sekisho/audit/account"
	"sekisho/audit/message"
)

// rotationKinds are the stages between an old credential and a new one: those that make the new one, and those in which
// only people are busy and the account stays as it is.
func rotationKinds() map[string]kind {
	days := func(p Parameters) message.Count { return message.Days(amount(p, "Days")) }
	return map[string]kind{
		"iam:CreateAccessKey": {
			takes: "UserName", stage: Create,
			say: func(p Parameters) message.Message { return message.New("create a new access key for %s", whose(p)) },
			console: at(func(Parameters) message.Message {
				return message.New("On Security credentials, under Access keys, choose Create access key, and keep the secret: AWS shows it once")
			}),
			apply: (*editor).createKey,
		},
		"iam:CreateServiceSpecificCredential": {
			takes: "UserName ServiceName CredentialAgeDays", stage: Create,
			say: func(p Parameters) message.Message {
				return message.New("create a new credential for %s for %s", p.text("ServiceName"), whose(p))
			},
			console: at(func(p Parameters) message.Message {
				return message.New("On Security credentials generate a credential for %s, and keep it: AWS shows it once", p.text("ServiceName"))
			}),
			apply: (*editor).createServiceCredential,
		},
		"person:DeployCredential": deploying(func(p Parameters) message.Message {
			return message.New("put another credential wherever %s uses %s", whose(p), p.text("CredentialId"))
		}, func(p Parameters) message.Message {
			return message.New("Find out which programs and people use %s, and give each of them the new credential", p.text("CredentialId"))
		}),
		"person:SignInInstead": waiting(Deploy, "UserName", func(p Parameters) message.Message {
			return message.New("have %s sign in on the command line by aws login, and give programs a role", whose(p))
		}, func(p Parameters) message.Message {
			return message.New("%s calls aws login, which signs in by the browser and asks for MFA as the console does", whose(p))
		}, func(Parameters) message.Message {
			return message.New("A program that uses the access key gets a role, or a user of its own")
		}),
		"person:MakeKeyPair": waiting(Deploy, "UserName CredentialId", func(p Parameters) message.Message {
			return message.New("have %s upload a new SSH public key, and use it in place of %s", whose(p), p.text("CredentialId"))
		}, func(p Parameters) message.Message {
			return message.New("%s makes a new key pair with ssh-keygen", whose(p))
		}, func(p Parameters) message.Message {
			return message.New("On Security credentials, under SSH public keys for AWS CodeCommit, choose Upload SSH public key")
		}),
		"person:WatchLastUse": waiting(Watch, "UserName CredentialId", func(p Parameters) message.Message {
			return message.New("watch until nobody uses %s of %s any more", p.text("CredentialId"), whose(p))
		}, opening, func(p Parameters) message.Message {
			return message.New("On Security credentials look at Last used of %s on some days", p.text("CredentialId"))
		}),
		"person:AskOwner": waiting(Watch, "UserName", func(p Parameters) message.Message {
			return message.New("ask whose %s is, and whether it is still needed", whose(p))
		}, func(p Parameters) message.Message {
			return message.New("Ask the owner of %s; the tags, and CloudTrail's event history by the user's name, tell more", whose(p))
		}),
		"person:Wait": waiting(Wait, "Days", func(p Parameters) message.Message {
			return message.New("wait %s, and see that nothing misses it", days(p))
		}, func(p Parameters) message.Message {
			return message.New("Wait %s; where something fails, go back", days(p))
		}),
		"person:WaitUntil": waiting(UntilThen, "Date", func(p Parameters) message.Message {
			return message.New("wait until %s, with no use of the root user", p.text("Date"))
		}, func(Parameters) message.Message {
			return message.New("Find out in CloudTrail's event history, User name root, who signed in and why, and give that work to an administrator")
		}, func(p Parameters) message.Message {
			return message.New("Leave the root user alone until %s", p.text("Date"))
		}),
	}
}

// waiting is a stage in which the account stays as it is.
func waiting(stage Stage, takes string, say func(Parameters) message.Message, steps ...func(Parameters) message.Message) kind {
	k := byHand(takes, say, func(*editor, Parameters) error { return nil }, steps...)
	k.stage = stage
	return k
}

// byHand is a kind that only a person can do.
func byHand(takes string, say func(Parameters) message.Message, apply func(*editor, Parameters) error, steps ...func(Parameters) message.Message) kind {
	return kind{takes: takes, say: say, apply: apply, console: func(p Parameters) (all []message.Message) {
		for _, step := range steps {
			all = append(all, step(p))
		}
		return all
	}}
}

// deploying is the stage in which another credential of the user's comes into use.
func deploying(say func(Parameters) message.Message, steps ...func(Parameters) message.Message) kind {
	k := byHand("UserName CredentialId", say, (*editor).useAnother, steps...)
	k.stage = Deploy
	return k
}

// useAnother has the newest of a user's active access keys used in the place of one. Of other credentials no use is known.
func (e *editor) useAnother(p Parameters) error {
	name, now := p.text("UserName"), e.s.TakenAt
	if err := e.exists(name); err != nil || !strings.HasPrefix(p.text("CredentialId"), "AKIA") && !placed.MatchString(p.text("CredentialId")) {
		return err
	}
	newest := account.ListedAccessKey{}
	own := e.answers(name, false)
	if keys := list(e, own, account.AccessKeysAnswer); keys != nil {
		for _, k := range *keys {
			if k.ID != p.text("CredentialId") && k.Status == active && k.Created.After(newest.Created) {
				newest = k
			}
		}
		if own.AccessKeyLastUsed != nil && newest.ID != "" {
			own.AccessKeyLastUsed[newest.ID] = answer(e, account.AccessKeyLastUsedAnswer, account.KeyLastUsed{At: &now, Service: "sts", Region: "us-east-1"})
		}
	}
	rows, last, at := e.report(), time.Time{}, ""
	if rows == nil || !rows.Of(name, e.created(name)) {
		return nil
	}
	for n := 1; n <= mostKeys; n++ {
		prefix := "access_key_" + strconv.Itoa(n) + "_"
		made, err := time.Parse(time.RFC3339, rows.Cell(name, prefix+"last_rotated"))
		if err == nil && made.After(last) && rows.Cell(name, prefix+"active") == "true" && p.text("CredentialId") != "access-key-"+strconv.Itoa(n) {
			last, at = made, prefix
		}
	}
	if at != "" && (newest.ID == "" || last.Equal(newest.Created.Truncate(time.Second))) {
		rows.Set(name, at+"last_used_date", now.UTC().Format(time.RFC3339), at+"last_used_region", "us-east-1", at+"last_used_service", "sts")
	}
	return nil
}

// mostKeys are the access keys that AWS lets a user have, and the credentials for one service.
const mostKeys = 2

func (e *editor) createKey(p Parameters) error {
	name := p.text("UserName")
	if err := e.exists(name); err != nil {
		return err
	}
	now, id := e.s.TakenAt, newID("AKIA", name)
	full := message.Errorf("%s has %d access keys, and AWS allows no more", whose(p), mostKeys)
	own := e.answers(name, false)
	if keys := list(e, own, account.AccessKeysAnswer); keys != nil {
		if len(*keys) >= mostKeys {
			return full
		}
		*keys = append(*keys, account.ListedAccessKey{ID: id, Status: active, Created: now})
		if own.AccessKeyLastUsed != nil {
			own.AccessKeyLastUsed[id] = answer(e, account.AccessKeyLastUsedAnswer, account.KeyLastUsed{Service: none, Region: none})
		}
	}
	rows := e.report()
	if rows == nil || !rows.Of(name, e.created(name)) {
		return nil
	}
	for n := 1; n <= mostKeys; n++ {
		prefix := "access_key_" + strconv.Itoa(n) + "_"
		if _, err := time.Parse(time.RFC3339, rows.Cell(name, prefix+"last_rotated")); err != nil {
			rows.Set(name, prefix+"active", "true", prefix+"last_rotated", now.UTC().Format(time.RFC3339), prefix+"last_used_date", none, prefix+"last_used_region", none, prefix+"last_used_service", none)
			return nil
		}
	}
	return full
}

func (e *editor) createServiceCredential(p Parameters) error {
	name, service := p.text("UserName"), p.text("ServiceName")
	if err := e.exists(name); err != nil {
		return err
	}
	all := list(e, e.s, account.ServiceCredentialsAnswer)
	if all == nil {
		return message.Errorf("the service-specific credentials were not read")
	}
	made := account.ServiceCredential{ID: newID("ACCA", name+service), User: name, Service: service, Status: active, Created: e.s.TakenAt, Name: name + "-at-" + e.s.Caller.AccountID}
	if made.APIKey = account.IsAPIKey(service, made.Name); made.APIKey {
		if days := amount(p, "CredentialAgeDays"); days > 0 {
			ends := e.s.TakenAt.AddDate(0, 0, days)
			made.Expires = &ends
		}
		made.Name = strings.TrimSuffix(service, ".amazonaws.com")
	}
	has := 0
	for _, c := range *all {
		if c.User == name && c.Service == service {
			has++
		}
	}
	if has >= mostKeys {
		return message.Errorf("%s has %d credentials for %s, and AWS allows no more", whose(p), mostKeys, service)
	}
	*all = append(*all, made)
	return nil
}
