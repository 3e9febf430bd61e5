package main

import (
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
