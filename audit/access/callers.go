package access

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"sekisho/audit/lists"
	"sekisho/audit/policy"
)

// caller is a kind of people who may ask for a role. What they can choose (names of users, roles and sessions, tags,
// texts of the request) is tried out with what the policy asks for; what they can't is fixed, or unknown.
type caller struct {
	account    string
	named      string // the ARN of one user or role; empty where any of the account may come
	only       string // "user" where roles don't count
	withoutMFA bool   // with a key, or in a session without MFA
	kinship    kinship
	as         *Subject // who is named, where more than the name is known
}

// kinship is what a caller has to do with the role's owner.
type kinship uint8

const (
	strange   kinship = iota // nothing: another organization or none, no secret, a unique ID that nobody asked for
	meant                    // those whom the policy means: with its secrets, organization and unique IDs
	neighbour                // an account that the policy names: what it is a member of isn't known
	resident                 // of the role's own account: their names and tags are not theirs to choose
)

// What strangers show where nothing else is asked for.
const (
	strangeAccount      = "999999999999"
	strangeManagement   = "888888888888"
	strangeOrganization = "o-sekishostranger"
	strangeText         = "sekisho-stranger"
	strangeUser         = "AIDASEKISHOSTRANGERS"
	strangeRole         = "AROASEKISHOSTRANGERS"
)

// lets decides whether callers of the kind get in by one of the actions.
func (t *truster) lets(c caller) policy.Truth {
	result := policy.No
	for _, action := range t.actions {
		checks := t.checks(action, concerns)
		for _, kind := range []string{"user", "role"} {
			if c.only != "" && c.only != kind || c.named != "" && !strings.Contains(c.named, ":"+kind+"/") && (kind == "user" || !strings.Contains(c.named, ":assumed-role/")) {
				continue
			}
			circumstances := t.circumstances(c, kind)
			dimensions := append(circumstances, t.texts(c, kind)...)
			if result = result.Or(t.survey(t.known(c), checks, len(circumstances), dimensions)); result == policy.Yes {
				return policy.Yes
			}
		}
	}
	return result
}

// known is what the request of such a caller surely shows.
func (t *truster) known(c caller) *policy.Context {
	ctx := t.circumstance()
	ctx.Set("aws:PrincipalAccount", c.account)
	if c.as != nil {
		return c.as.context(ctx, t.tags())
	}
	return ctx
}

// tags are the principal tags that the policy asks for.
func (t *truster) tags() []string {
	return lists.Filter(t.keys, func(key string) bool { return strings.HasPrefix(key, keyTagPrefix) })
}

// circumstances are the keys with few states.
func (t *truster) circumstances(c caller, kind string) (out []dimension) {
	if t.mentions("aws:principalorgid") || t.mentions("aws:principalorgpaths") || t.mentions("aws:principalorgmasteraccountid") {
		out = append(out, func(*policy.Context) []choice { return t.organizations(c) })
	}
	if t.mentions(keyMFAPresent) || t.mentions(keyMFAAge) || t.mentions("aws:tokenissuetime") {
		out = append(out, func(*policy.Context) []choice {
			choices := []choice{
				always(func(ctx *policy.Context) {
					ctx.SetAbsent(keyMFAPresent)
					ctx.SetAbsent(keyMFAAge)
					if kind == "user" {
						ctx.SetAbsent("aws:TokenIssueTime")
					}
				}),
				always(func(ctx *policy.Context) { ctx.Set(keyMFAPresent, "false"); ctx.SetAbsent(keyMFAAge) }),
				always(func(ctx *policy.Context) { ctx.Set(keyMFAPresent, "true"); ctx.Set(keyMFAAge, "0") }),
			}
			if c.withoutMFA {
				return choices[:2]
			}
			return choices
		})
	}
	return out
}

func (t *truster) organizations(c caller) []choice {
	member := func(id, path, management string) choice {
		return always(func(ctx *policy.Context) {
			ctx.Set("aws:PrincipalOrgID", id)
			ctx.SetList("aws:PrincipalOrgPaths", path)
			ctx.Set("aws:PrincipalOrgMasterAccountId", management)
		})
	}
	if c.kinship == neighbour || c.kinship == resident {
		return []choice{always(func(*policy.Context) {})}
	}
	out := []choice{member(strangeOrganization, strangeOrganization+"/r-sekisho/", strangeManagement), always(func(ctx *policy.Context) {
		ctx.SetAbsent("aws:PrincipalOrgID")
		ctx.SetAbsent("aws:PrincipalOrgPaths")
		ctx.SetAbsent("aws:PrincipalOrgMasterAccountId")
	})}
	if c.kinship != meant {
		return out
	}
	ids, paths := t.asked("aws:principalorgid", nil, "", "x"), t.asked("aws:principalorgpaths", nil, "", "x")
	for _, id := range ids {
		paths = append(paths, id+"/r-sekisho/")
	}
	managers := append(t.asked("aws:principalorgmasteraccountid", nil, "", "8"), strangeManagement)
	for _, path := range paths {
		id, _, _ := strings.Cut(path, "/")
		for _, manager := range managers {
			out = append(out, member(id, path, manager))
		}
	}
	return out
}

// texts are the keys with countless values: tried are an arbitrary one and those that the policy asks for.
func (t *truster) texts(c caller, kind string) []dimension {
	out := []dimension{func(ctx *policy.Context) []choice { return t.identities(c, kind, ctx) }}
	text := func(key string, mayLack, own bool) {
		if t.mentions(key) {
			out = append(out, func(ctx *policy.Context) []choice { return t.values(key, mayLack, own, ctx) })
		}
	}
	for _, key := range t.keys {
		switch {
		case strings.HasPrefix(key, "aws:principaltag/"):
			if c.kinship != resident && c.named == "" {
				text(key, true, true)
			}
		case strings.HasPrefix(key, "aws:requesttag/"), key == "aws:tagkeys", key == "sts:transitivetagkeys", key == "aws:vpcsourceip":
			// Session tags are a right of their own, and addresses belong to a network: that there are none is the
			// caller's choice.
			out = append(out, func(*policy.Context) []choice {
				return []choice{always(func(ctx *policy.Context) { ctx.SetAbsent(key) }), always(func(*policy.Context) {})}
			})
		case key == "aws:sourcevpc", key == "aws:sourcevpce":
			out = append(out, func(ctx *policy.Context) []choice { return t.endpoints(key, ctx) })
		}
	}
	text("aws:sourceidentity", true, c.kinship != resident)
	out = append(out, t.chosen()...)
	if t.mentions("sts:externalid") {
		out = append(out, func(ctx *policy.Context) []choice { return t.externalIDs(c, ctx) })
	}
	if t.mentions("aws:sourceip") {
		out = append(out, func(*policy.Context) []choice { return t.addresses(c) })
	}
	return out
}

func (t *truster) values(key string, mayLack, own bool, ctx *policy.Context) (out []choice) {
	if mayLack {
		out = append(out, choice{func(ctx *policy.Context) { ctx.SetAbsent(key) }, own})
	}
	ordinary := strangeText
	if key == "aws:requestedregion" {
		ordinary = "us-east-1"
	}
	for _, v := range append([]string{ordinary}, t.asked(key, ctx, "", strangeText)...) {
		out = append(out, choice{func(ctx *policy.Context) { ctx.Set(key, v) }, own})
	}
	return out
}

// externalIDs: any text but the secret that the policy asks for. A value with a letter or a digit of its own is one.
func (t *truster) externalIDs(c caller, ctx *policy.Context) []choice {
	const key = "sts:externalid"
	out := []choice{always(func(ctx *policy.Context) { ctx.SetAbsent(key) }), always(func(ctx *policy.Context) { ctx.Set(key, strangeText) })}
	switch c.kinship {
	case meant:
		return append(out, t.values(key, false, true, ctx)...)
	case neighbour, resident:
		out = append(out, always(func(*policy.Context) {})) // whether they know it is not known
	}
	for _, p := range t.patterns[key] {
		if p.Says() {
			continue
		}
		for _, v := range t.complete(p, ctx, "", strangeText) {
			out = append(out, always(func(ctx *policy.Context) { ctx.Set(key, v) }))
		}
	}
	return out
}

// identities are the users or roles that come. A user's name is the end of the ARN, a role's session may carry any
// name.
func (t *truster) identities(c caller, kind string, ctx *policy.Context) (out []choice) {
	add := func(arn string, sure bool) {
		name := arn[strings.LastIndexByte(arn, '/')+1:]
		if name == "" {
			return
		}
		id, ids := strangeUser, []string{strangeUser}
		if kind == "role" {
			id = strangeRole + ":"
			ids = append([]string{id + strangeText}, t.asked("aws:userid", ctx, id, strangeText)...)
		}
		if c.kinship != strange || !t.mentions("aws:userid") {
			ids = ids[:1]
		}
		for _, id := range ids {
			out = append(out, choice{func(ctx *policy.Context) {
				ctx.Set("aws:PrincipalArn", arn)
				if strings.Contains(arn, ":assumed-role/") {
					ctx.SetUnknown("aws:PrincipalArn") // of the role only the name is known, not its path
				}
				if kind == "user" {
					ctx.Set("aws:username", name)
					ctx.Set("aws:PrincipalType", "User")
				} else {
					ctx.SetAbsent("aws:username")
					ctx.Set("aws:PrincipalType", "AssumedRole")
				}
				if c.kinship == strange {
					ctx.Set("aws:userid", id)
				}
			}, sure})
		}
	}
	if c.named != "" {
		add(c.named, true)
		return out
	}
	names := []string{strangeText}
	if kind == "user" {
		names = append(names, t.asked("aws:username", ctx, "", strangeText)...)
		names = names[:min(len(names), maxChoices)]
	}
	for i, partition := range t.partitions {
		to := "arn:" + partition + ":iam::" + c.account + ":" + kind + "/"
		for j, name := range names {
			add(to+name, i+j == 0 || c.kinship != resident)
			for _, arn := range t.asked("aws:principalarn", ctx, to, name) {
				// A path may hold colons. An attacker makes use of that; a resident is none.
				if c.kinship != resident || !strings.Contains(arn[len(to):], ":") {
					add(arn, c.kinship != resident)
				}
			}
		}
	}
	return out
}

// addresses are one of every part of the Internet that the policy tells apart, save for networks so small that it takes
// more than the wish to be in one: a resident does not choose an address; anybody else has an address somewhere in one
// as large as those that providers hand out, and whom the policy means in those that it names.
func (t *truster) addresses(c caller) []choice {
	const wide4, wide6 = 8, 16
	var found []netip.Addr
	seen := map[string]bool{}
	look := func(a netip.Addr) {
		signature := make([]byte, len(t.networks))
		for i, networks := range t.networks {
			for _, n := range networks {
				if n.Contains(a) {
					if n.Addr().Is4() && n.Bits() > wide4 || n.Addr().Is6() && n.Bits() > wide6 {
						return
					}
					signature[i] = 1
				}
			}
		}
		if !seen[string(signature)] {
			seen[string(signature)] = true
			found = append(found, a)
		}
	}
	for first := range 224 {
		if first != 0 && first != 10 && first != 127 {
			look(netip.AddrFrom4([4]byte{byte(first), 77, 77, 77}))
		}
	}
	alike := len(found) == 1 // everyone who comes by IPv4
	for _, first := range []byte{0x20, 0x24, 0x26, 0x28, 0x2a, 0x2c} {
		look(netip.AddrFrom16([16]byte{first, 0x77, 15: 1}))
	}
	if c.kinship == meant {
		for _, n := range slices.Concat(t.networks...) {
			found = append(found, n.Addr())
		}
	}
	out := []choice{always(func(*policy.Context) {})}
	for _, a := range found {
		out = append(out, choice{func(ctx *policy.Context) { ctx.Set("aws:SourceIp", a.String()) }, c.kinship == strange || c.kinship == meant || alike})
	}
	return out
}

// asked returns texts that begin so and that the policy's conditions on the key ask for.
func (t *truster) asked(key string, ctx *policy.Context, beginning, fill string) (out []string) {
	for _, p := range t.patterns[key] {
		out = appendAll(out, t.complete(p, ctx, beginning, fill))
	}
	return out
}

// accountsIn returns the numbers of accounts that stand in a text.
func accountsIn(text string) (out []string) {
	for _, word := range strings.FieldsFunc(text, func(r rune) bool { return r < '0' || r > '9' }) {
		if len(word) == 12 {
			out = append(out, word)
		}
	}
	return out
}

// unnamedAccounts returns numbers that strangers' accounts may have: one that isn't among those named, and, where the
// policy asks for a few digits only, one with those.
func (t *truster) unnamedAccounts() []string {
	n, _ := strconv.Atoi(strangeAccount)
	for slices.Contains(t.numbers, strconv.Itoa(n)) {
		n--
	}
	return append([]string{strconv.Itoa(n)}, t.vague...)
}

// numberLike returns an account's number that matches a pattern with at most four digits of its own.
func numberLike(pattern string) (string, bool) {
	const maxDigits, length = 4, 12
	digits := len(pattern) - strings.Count(pattern, "*") - strings.Count(pattern, "?")
	if !strings.ContainsAny(pattern, "*?") || digits == 0 || digits > maxDigits || strings.Trim(pattern, "0123456789*?") != "" {
		return "", false
	}
	number := strings.ReplaceAll(pattern, "?", "7")
	missing := max(0, length-len(number)+strings.Count(number, "*"))
	number = strings.Replace(number, "*", strings.Repeat("7", missing), 1)
	number = strings.ReplaceAll(number, "*", "")
	return number, len(number) == length
}

// complete returns texts that begin so and match the pattern.
func (t *truster) complete(p policy.Pattern, ctx *policy.Context, beginning, fill string) []string {
	return p.Complete(ctx, beginning, fill, func() bool { t.effort++; return t.effort <= maxEffort })
}
