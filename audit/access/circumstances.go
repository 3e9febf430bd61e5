package access

import (
	"strconv"
	"strings"
	"time"

	"sekisho/audit/policy"
)

// place sets what every request for the role shows: the role is the resource, and the time is that of the run.
func (t *truster) place(ctx *policy.Context) {
	ctx.Set("aws:ResourceAccount", t.account)
	if !t.now.IsZero() {
		ctx.Set("aws:CurrentTime", t.now.UTC().Format(time.RFC3339))
		ctx.Set("aws:EpochTime", strconv.FormatInt(t.now.Unix(), 10))
	}
}

// circumstance is what everybody's request shows. STS is reached by HTTPS only, and no service stands between.
func (t *truster) circumstance() *policy.Context {
	ctx := policy.NewContext(policy.Unknown)
	t.place(ctx)
	ctx.Set("aws:SecureTransport", "true")
	ctx.Set("aws:ViaAWSService", "false")
	ctx.Set("aws:PrincipalIsAWSService", "false")
	for _, key := range []string{"aws:SourceArn", "aws:SourceAccount", "aws:SourceOrgID", "aws:SourceOrgPaths", "aws:CalledVia", "aws:CalledViaFirst",
		"aws:CalledViaLast", "aws:PrincipalServiceName", "aws:PrincipalServiceNamesList"} {
		ctx.SetAbsent(key)
	}
	return ctx
}

// chosen are the keys that everybody chooses who asks for a role.
func (t *truster) chosen() (out []dimension) {
	text := func(key string, mayLack bool) {
		if t.mentions(key) {
			out = append(out, func(ctx *policy.Context) []choice { return t.values(key, mayLack, true, ctx) })
		}
	}
	text("sts:sourceidentity", true)
	text("sts:rolesessionname", false)
	text("aws:requestedregion", false)
	text("aws:useragent", true)
	text("aws:referer", true)
	return out
}

// endpoints: an endpoint of a network belongs to somebody. Whether the caller comes through one that the policy names is
// not known; through one that only a wildcard names everybody comes who has one.
func (t *truster) endpoints(key string, ctx *policy.Context) []choice {
	out := []choice{always(func(ctx *policy.Context) { ctx.SetAbsent(key) }), always(func(*policy.Context) {})}
	id := tenantClaim{name: key, before: strings.TrimPrefix(key, "aws:source") + "-"}
	for _, p := range t.patterns[key] {
		for _, other := range t.foreign(id, p, ctx) {
			out = append(out, always(func(ctx *policy.Context) { ctx.Set(key, other.text) }))
		}
	}
	return out
}

// AnyAccount stands for every account in [TrustGrant.ActsFor].
const AnyAccount = "*"

// actsFor finds the accounts for which a service may act by the grant. What a service sends of aws:SourceAccount,
// aws:SourceArn, aws:SourceOrgID and aws:SourceOrgPaths is about those who asked it (Guide, confused-deputy); it may send
// none of them.
func (t *truster) actsFor(p policy.Principal) (out []string) {
	for i, number := range append(t.unnamedAccounts(), t.numbers...) {
		if number == t.account || t.actingFor(p, number) == policy.No {
			continue
		}
		if i < 1+len(t.vague) {
			return []string{AnyAccount}
		}
		out = appendNew(out, number)
	}
	return out
}

// actingFor decides whether the service gets in for an account, of another organization than the policy names.
func (t *truster) actingFor(p policy.Principal, number string) policy.Truth {
	var claims []dimension
	source := func(key string, values func(*policy.Context) []string) {
		if !t.mentions(strings.ToLower(key)) {
			return
		}
		claims = append(claims, func(ctx *policy.Context) []choice {
			choices := []choice{always(func(ctx *policy.Context) { ctx.SetAbsent(key) })}
			for _, v := range values(ctx) {
				choices = append(choices, always(func(ctx *policy.Context) {
					if key == "aws:SourceOrgPaths" {
						ctx.SetList(key, v)
					} else {
						ctx.Set(key, v)
					}
				}))
			}
			return choices
		})
	}
	source("aws:SourceAccount", func(*policy.Context) []string { return []string{number} })
	source("aws:SourceArn", func(ctx *policy.Context) []string { return t.sources(number, ctx) })
	organization := tenantClaim{before: "o-", after: ""}
	source("aws:SourceOrgID", func(ctx *policy.Context) []string { return t.elsewhere("aws:sourceorgid", organization, ctx) })
	organization.after = "/"
	source("aws:SourceOrgPaths", func(ctx *policy.Context) []string { return t.elsewhere("aws:sourceorgpaths", organization, ctx) })
	result := policy.No
	for _, action := range t.actions {
		ctx := policy.NewContext(policy.Unknown)
		t.place(ctx)
		result = result.Or(t.survey(ctx, t.checks(action, t.covering(p)), 0, claims))
	}
	return result
}

// sources are ARNs of an account's resources, and of those whose ARN tells no account and that a wildcard leaves open.
func (t *truster) sources(number string, ctx *policy.Context) []string {
	var out []string
	for _, partition := range t.partitions {
		out = append(out, "arn:"+partition+":s3:::"+strangeText, "arn:"+partition+":sns:us-east-1:"+number+":"+strangeText)
	}
	for _, pattern := range t.patterns["aws:sourcearn"] {
		for _, fill := range []string{number, "us-east-1:" + number + ":x", "x:us-east-1:" + number + ":x"} {
			for _, arn := range t.complete(pattern, ctx, "", fill) {
				if policy.ARNField(arn, 4) == number {
					out = appendNew(out, arn)
				}
			}
		}
		for _, partition := range t.partitions {
			for _, bucket := range t.foreign(tenantClaim{before: "arn:" + partition + ":s3:::"}, pattern, ctx) {
				out = appendNew(out, bucket.text)
			}
		}
	}
	return out
}

// elsewhere are values of a key that somebody else has.
func (t *truster) elsewhere(key string, id tenantClaim, ctx *policy.Context) []string {
	out := []string{id.of(strangeText)}
	for _, pattern := range t.patterns[key] {
		for _, other := range t.foreign(id, pattern, ctx) {
			out = appendNew(out, other.text)
		}
	}
	return out
}
