package main

import (
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"sekisho/audit/lists"
	"sekisho/audit/policy"
)

// organizationFlags name the policies of the organization that an account is under.
type organizationFlags struct {
	scps, rcps []string // each of which may be several, parted by commas
}

func (o *organizationFlags) bind(f *pflag.FlagSet) {
	f.StringArrayVar(&o.scps, "scp", nil, "a level of the organization's service control policies, several parted by commas, in `FILE`; repeated, the next level, from the root to the account")
	f.StringArrayVar(&o.rcps, "rcp", nil, "a resource control policy of the organization, several parted by commas, in `FILE`; repeated, further ones of any level; RCPFullAWSAccess goes without saying")
}

// files are what the flags name, and where in a set each of them goes.
func (o *organizationFlags) files(set *policy.Policies) (all []policyFile, err error) {
	set.SCPs = make([][]*policy.Document, len(o.scps))
	for i, level := range o.scps {
		some, err := filesOf("--scp", policy.SCP, strings.Split(level, ","), func(d *policy.Document) { set.SCPs[i] = append(set.SCPs[i], d) })
		if err != nil {
			return nil, err
		}
		all = append(all, some...)
	}
	for _, more := range o.rcps {
		some, err := filesOf("--rcp", policy.RCP, strings.Split(more, ","), func(d *policy.Document) { set.RCPs = append(set.RCPs, d) })
		if err != nil {
			return nil, err
		}
		all = append(all, some...)
	}
	return all, nil
}

// filesOf are files that a flag names.
func filesOf(by string, kind policy.Kind, paths []string, into func(*policy.Document)) ([]policyFile, error) {
	if slices.Contains(paths, "") {
		return nil, usagef("", "%s: got an empty name, want a file", by)
	}
	return lists.Map(paths, func(path string) policyFile { return policyFile{path, by, kind, into} }), nil
}
