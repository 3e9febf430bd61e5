package offboard

import (
	"slices"
	"strings"
	"time"

	"sekisho/audit/account"
	"sekisho/audit/message"
	"sekisho/audit/policy"
)

// DeviceAdvice says what to do about the MFA devices of someone whose phone was lost or changed.
type DeviceAdvice struct {
	Devices []Device `json:"devices"`
	// Spare is "yes" where another device is left whichever one is lost, "no" where none is, "unknown" where the devices were not read.
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

// helpers finds who may deactivate the devices of each of the users. They are taken to have signed in with MFA. What organizations
// allow isn't known, nor what a session policy takes away.
func (c *checker) helpers(matches []match) []Helper {
	helpers := []Helper{}
	if len(matches) == 0 {
		return helpers
	}
	may := func(arn, name, id, kind string, set policy.Policies, unread bool) {
		if slices.ContainsFunc(matches, func(m match) bool { return m.arn == arn }) {
			return
		}
		ctx := policy.NewContext(policy.Unknown)
		ctx.Set("aws:PrincipalArn", arn)
		ctx.Set("aws:PrincipalAccount", c.s.Caller.AccountID)
		ctx.Set("aws:PrincipalType", kind)
		if kind == "User" {
			ctx.Set("aws:username", name)
			ctx.Set("aws:userid", id)
			ctx.Set("aws:MultiFactorAuthPresent", "true")
		}
		sure, possible := !unread, true
		for _, m := range matches {
			switch policy.Evaluate(policy.Request{Action: deactivate, Resource: m.arn, Context: ctx}, set).Result {
			case policy.Allowed:
			case policy.Depends:
				sure = false
			default:
				possible = false
			}
		}
		if possible {
			helpers = append(helpers, Helper{arn, sure})
		}
	}
	for _, u := range c.details.Users {
		inline, attached := slices.Clone(u.InlinePolicies), slices.Clone(u.AttachedPolicies)
		unread := false
		for _, name := range u.Groups {
			if g := c.groups[name]; g != nil {
				inline, attached = append(inline, g.InlinePolicies...), append(attached, g.AttachedPolicies...)
			} else {
				unread = true
			}
		}
		set, torn := c.policiesOf(inline, attached, u.PermissionsBoundary)
		may(u.ARN, u.Name, u.ID, "User", set, unread || torn)
	}
	for _, r := range c.details.Roles {
		if strings.HasPrefix(r.Path, "/aws-service-role/") {
			continue
		}
		set, torn := c.policiesOf(r.InlinePolicies, r.AttachedPolicies, r.PermissionsBoundary)
		may(r.ARN, r.Name, r.ID, "AssumedRole", set, torn)
	}
	return helpers
}

// policiesOf parses what a user or role holds, and reports whether some of it is missing or can't be parsed.
func (c *checker) policiesOf(inline []account.InlinePolicy, attached []account.AttachedPolicy, boundary string) (set policy.Policies, torn bool) {
	hold := func(name, text string) *policy.Document {
		d := c.document(name, text)
		torn = torn || d == nil
		return d
	}
	for _, p := range inline {
		if d := hold(p.Name, p.Document); d != nil {
			set.Identity = append(set.Identity, d)
		}
	}
	for _, p := range attached {
		if text, ok := c.defaultText(p.ARN); !ok {
			torn = true
		} else if d := hold(p.Name, text); d != nil {
			set.Identity = append(set.Identity, d)
		}
	}
	if boundary != "" {
		if text, ok := c.defaultText(boundary); !ok {
			torn = true
		} else {
			set.Boundary = hold(boundary, text)
		}
	}
	return set, torn
}
