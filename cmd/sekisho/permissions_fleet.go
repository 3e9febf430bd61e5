package main

import (
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"sekisho/audit/account"
	"sekisho/audit/organization"
	reportpermissions "sekisho/report/permissions"
)

// fleetNeeds say whose permissions are printed with --fleet.
type fleetNeeds struct {
	asked, memberRoot       bool
	hub, organization, role string
}

func (n *fleetNeeds) bind(f *pflag.FlagSet) {
	f.BoolVar(&n.asked, "fleet", false, "print what an audit of all accounts of an organization needs")
	f.BoolVar(&n.memberRoot, "member-root", false, "with --fleet, what sekisho fleet audit --member-root needs, too")
	f.StringVar(&n.hub, "hub", "", "with --fleet, the `ARN` of the role or user that audits all accounts")
	f.StringVar(&n.organization, "organization", "", "with --fleet, the `ID` of the organization, such as o-exampleorgid")
	f.StringVar(&n.role, "role", auditRole, "with --fleet, the `NAME` of the role in each account")
}

var (
	organizationID = regexp.MustCompile(`^o-[a-z0-9]{10,32}$`) // Organizations API reference, Organization
	roleName       = regexp.MustCompile(`^[A-Za-z0-9_+=,.@-]{1,64}$`)
)

func (n *fleetNeeds) check(set *pflag.FlagSet) error {
	if !n.asked {
		for _, name := range []string{"hub", "organization", "role", "member-root"} {
			if set.Changed(name) {
				return usagef("", "got --%s without --fleet, want both", name)
			}
		}
		return nil
	}
	arn, err := account.ParseARN(n.hub)
	switch {
	case err != nil || arn.Service != "iam" || !strings.HasPrefix(arn.Resource, "role/") && !strings.HasPrefix(arn.Resource, "user/"):
		return usagef("", "--hub: got %q, want the ARN of a role or user, such as arn:aws:iam::123456789012:role/auditor", n.hub)
	case !organizationID.MatchString(n.organization):
		return usagef("aws organizations describe-organization tells it", "--organization: got %q, want an ID such as o-exampleorgid", n.organization)
	case !roleName.MatchString(n.role):
		return usagef("", "--role: got %q, want the name of a role", n.role)
	}
	return nil
}

// of is what a fleet needs whose accounts are audited by these actions.
func (n *fleetNeeds) of(actions []string) *reportpermissions.Fleet {
	arn, _ := account.ParseARN(n.hub) // it was looked at
	read := organization.Actions()
	slices.Sort(read)
	return &reportpermissions.Fleet{
		Hub: n.hub, Partition: arn.Partition, Organization: n.organization, Role: n.role, Actions: actions, OrganizationActions: read, MemberRoot: n.memberRoot,
	}
}
