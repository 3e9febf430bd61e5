package change

import (
	"sekisho/audit/account"
	"sekisho/audit/message"
)

// asRoot is how everything begins that only root can do.
var asRoot = message.New("Sign in as the root user, choose the account's name at the top right, then Security credentials")

// personKinds are what only a person can do. They are applied as if they were done.
func personKinds() map[string]kind {
	return map[string]kind{
		"person:EnrolMFADevice": {
			takes: "UserName",
			say:   func(p Parameters) message.Message { return message.New("have %s enrol an MFA device", whose(p)) },
			console: func(p Parameters) []message.Message {
				return []message.Message{
					message.New("%s signs in and chooses their name at the top right, then Security credentials", whose(p)),
					message.New("Under Multi-factor authentication they choose Assign MFA device, and call it %s", p.text("UserName")),
					message.New("They sign out, and in again with the device"),
				}
			},
			apply: (*editor).enrol,
		},
		"person:Wait": {
			takes: "Days", stage: Wait,
			say: func(p Parameters) message.Message {
				return message.New("wait %s, and see that nothing misses it", message.Days(amount(p, "Days")))
			},
			console: func(p Parameters) []message.Message {
				return []message.Message{message.New("Wait %s; where something fails, go back", message.Days(amount(p, "Days")))}
			},
			apply: func(*editor, Parameters) error { return nil },
		},
		"person:EnrolRootMFADevice": {
			say: func(Parameters) message.Message {
				return message.New("give the root user a security key as MFA device")
			},
			console: func(Parameters) []message.Message {
				return []message.Message{asRoot, message.New("Under Multi-factor authentication choose Assign MFA device, then Passkey or security key"), message.New("Assign a second device, and keep it somewhere else")}
			},
			apply: (*editor).enrolRoot,
		},
		"person:DeleteRootAccessKeys": {
			say: func(Parameters) message.Message { return message.New("delete the access keys of the root user") },
			console: func(Parameters) []message.Message {
				return []message.Message{
					message.New("Find out which program uses the key: the credential report tells the service and the region of its last use"),
					message.New("Give that program a role, or a user of its own"),
					asRoot, message.New("Under Access keys choose the key, Actions, Deactivate, and wait until it is sure that nothing breaks"),
					message.New("Choose Actions, Delete"),
				}
			},
			apply: func(e *editor, _ Parameters) error {
				e.setSummary("AccountAccessKeysPresent", 0)
				for _, prefix := range []string{"access_key_1_", "access_key_2_"} {
					e.setRow(account.RootUserName, prefix+"active", "false", prefix+"last_rotated", none, prefix+"last_used_date", none, prefix+"last_used_region", none, prefix+"last_used_service", none)
				}
				return nil
			},
		},
	}
}
