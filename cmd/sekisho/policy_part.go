package main

import (
	"strings"

	"github.com/spf13/pflag"

	"sekisho/audit/policy"
)

// partFlags name policies that take part in a decision beside the caller's own.
type partFlags struct {
	resourcePolicy string
	organization   organizationFlags
	sessions       []string
}

// bind adds the flags of all but the session's. More is said of whose the resource is.
func (p *partFlags) bind(f *pflag.FlagSet, more string) {
	f.StringVar(&p.resourcePolicy, "resource-policy", "", "the resource's own policy, or the trust policy of the role to assume, in `FILE`"+more)
	p.organization.bind(f)
}

func (p *partFlags) bindSession(f *pflag.FlagSet) {
	f.StringArrayVar(&p.sessions, "session-policy", nil, "a policy that the session was made with, in `FILE`; repeated, all of them together")
}

// contextFlag are the keys of a request's context that are given.
type contextFlag []string

func (c *contextFlag) bind(f *pflag.FlagSet) {
	f.StringArrayVar((*[]string)(c), "context", nil, "`KEY=VALUE` of the request's context; repeated, a key becomes a list")
}

// set puts them into a context, unless the key is refused.
func (c contextFlag) set(ctx *policy.Context, refuse func(key string) error) error {
	given := map[string][]string{}
	for _, pair := range c {
		key, value, ok := strings.Cut(pair, "=")
		if !ok || !strings.Contains(key, ":") {
			return usagef("for example --context aws:SourceIp=192.0.2.1", "--context: got %q, want KEY=VALUE", pair)
		}
		lower := strings.ToLower(key)
		if err := refuse(lower); err != nil {
			return err
		}
		if given[lower] = append(given[lower], value); len(given[lower]) == 1 {
			ctx.Set(key, value)
		} else {
			ctx.SetList(key, given[lower]...)
		}
	}
	return nil
}

// files are what the flags name, and where in a set each of them goes.
func (p *partFlags) files(set *policy.Policies) (list []policyFile, err error) {
	if p.resourcePolicy != "" {
		list = append(list, policyFile{p.resourcePolicy, "--resource-policy", policy.Resource, func(d *policy.Document) { set.Resource = d }})
	}
	others, err := p.organization.files(set)
	if err != nil {
		return nil, err
	}
	sessions, err := filesOf("--session-policy", policy.Session, p.sessions, func(d *policy.Document) { set.Session = append(set.Session, d) })
	return append(append(list, others...), sessions...), err
}
