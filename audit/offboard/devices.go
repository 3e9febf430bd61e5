package offboard

import (
	"slices"
	"time"

	"sekisho/audit/access"
	"sekisho/audit/account"
	"sekisho/audit/message"
	"sekisho/audit/policy"
)

// DeviceAdvice says what to do about the MFA devices of someone whose phone was lost or changed.
type DeviceAdvice struct {
	Devices []Device `json:"devices"`
	// Spare is "yes" where another device is left whichever one is lost, "no" where none is, "unknown" where the devices
	// were not read.
	Spare   string   `json:"spare"`
	Helpers []Helper `json:"helpers"` // who may deactivate the devices, by the account's policies
	// HelpersComplete is set where every user, role and policy was read.
	HelpersComplete bool `json:"helpers_complete"`
}

// Device is an MFA device of a user.
type Device struct {
	Serial string    `json:"serial"`
	Kind   string    `json:"kind"`
	User   string    `json:"user"` // the user's ARN
	Name   string    `json:"name"`
	Since  time.Time `json:"enabled_since"`
}

// Helper is a user or role that may deactivate the devices of someone else.
type Helper struct {
	ARN  string `json:"arn"`
	Sure bool   `json:"sure"` // else it depends on conditions, or on a policy that can't be read
}

// deactivate is the action that takes a device from a user.
const deactivate = "iam:DeactivateMFADevice"

// deviceOnly answers for someone whose device is lost.
func (c *checker) deviceOnly(r *PersonResult, matches []match) {
	advice := &DeviceAdvice{Devices: []Device{}, Spare: "unknown", Helpers: []Helper{}, HelpersComplete: c.complete}
	r.Devices = advice
	spare := len(matches) > 0
	for _, m := range matches {
		c.want(c.wantsOf(m.user, account.MFADevicesSection)...)
		if m.answers == nil || m.answers.MFADevices == nil {
			r.Gaps = append(r.Gaps, c.gap(account.MFADevicesSection, m.key))
			continue
		}
		devices := m.answers.MFADevices.Value
		spare = spare && len(devices) != 1
		for _, d := range devices {
			advice.Devices = append(advice.Devices, Device{d.Serial, string(account.KindOfMFA(d.Serial)), m.arn, m.name, d.EnabledSince})
		}
	}
	r.Gaps = sortGaps(r.Gaps)
	advice.Helpers = c.helpers(matches)
	switch {
	case len(matches) == 0 && c.complete:
		r.Verdict, r.Summary = NotFound, message.New("there is no such user: is the name right?")
		return
	case len(r.Gaps) > 0 || len(matches) == 0:
		r.Verdict, r.Summary = Unknown, message.New("not known: %s was not read, or not wholly (%s)", r.Gaps[0].Section, r.Gaps[0].Code)
		return
	}
	r.Verdict = Answered
	switch {
	case len(advice.Devices) == 0:
		advice.Spare = "no"
		r.Summary = message.New("the person has no MFA device; nothing has to be deactivated")
	case spare:
		advice.Spare = "yes"
		r.Summary = message.New("the person has %d MFA devices: with one of the others they can sign in, deactivate the lost one and enrol a new one", len(advice.Devices))
	default:
		advice.Spare = "no"
		r.Summary = message.New("the person has one MFA device and no spare: someone else has to deactivate it before they can enrol a new one")
	}
}

// helpers finds who may deactivate the devices of each of the users. They are taken to have signed in with MFA. What
// organizations allow isn't known, nor what a session policy takes away.
func (c *checker) helpers(matches []match) []Helper {
	helpers := []Helper{}
	if len(matches) == 0 {
		return helpers
	}
	may := func(who *access.Principal) {
		if who.Missing != nil || slices.ContainsFunc(matches, func(m match) bool { return m.arn == who.ARN }) {
			return
		}
		ctx := policy.NewContext(policy.Unknown)
		ctx.Set("aws:PrincipalArn", who.ARN)
		ctx.Set("aws:PrincipalAccount", c.s.Caller.AccountID)
		if who.Role != nil {
			ctx.Set("aws:PrincipalType", "AssumedRole")
		} else {
			ctx.Set("aws:PrincipalType", "User")
			ctx.Set("aws:username", who.Name)
			ctx.Set("aws:userid", who.ID)
			ctx.Set("aws:MultiFactorAuthPresent", "true")
		}
		sure, possible := len(who.Unread) == 0, true
		for _, m := range matches {
			switch policy.Evaluate(policy.Request{Action: deactivate, Resource: m.arn, Context: ctx}, who.Applied()).Result {
			case policy.Allowed:
			case policy.Depends:
				sure = false
			default:
				possible = false
			}
		}
		if possible {
			helpers = append(helpers, Helper{who.ARN, sure})
		}
	}
	for _, u := range c.access.Account.Users {
		may(c.access.User(u.Name))
	}
	for _, who := range c.access.Roles() {
		may(who)
	}
	return helpers
}
