package main

import (
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"sekisho/audit/account"
	"sekisho/audit/collect"
	"sekisho/audit/organization"
	"sekisho/config"
	reportpermissions "sekisho/report/permissions"
)

// fleetNeeds say whose permissions are printed with --fleet.
type fleetNeeds struct {
	asked, memberRoot, tags bool
	hub, organization, role string
	bucket, merger          string
	days                    int
	in                      collect.BucketOptions
}

// ofFleet are the flags that say something with --fleet alone.
var ofFleet = []string{"hub", "organization", "role", "member-root", "tags", "bucket", "merger", "bucket-days"}

func (n *fleetNeeds) bind(f *pflag.FlagSet) {
	f.BoolVar(&n.asked, "fleet", false, "print what an audit of all accounts of an organization needs")
	f.BoolVar(&n.memberRoot, "member-root", false, "with --fleet, what sekisho fleet audit --member-root needs, too")
	f.BoolVar(&n.tags, "tags", false, "with --fleet, what accounts are chosen with by their tags (--tag, or fleet.roles with a tag), too")
	f.StringVar(&n.hub, "hub", "", "with --fleet, the `ARN` of the role or user that audits all accounts")
	f.StringVar(&n.organization, "organization", "", "with --fleet, the `ID` of the organization, such as o-exampleorgid")
	f.StringVar(&n.role, "role", auditRole, "with --fleet, the `NAME` of the role in each account")
	f.StringVar(&n.bucket, "bucket", "", "with --fleet, the `BUCKET` in which runs are kept: s3://BUCKET/PREFIX")
	f.StringVar(&n.merger, "merger", "", "with --bucket, the `ARN` of the role or user that merges runs (default: the hub)")
	f.IntVar(&n.days, "bucket-days", 400, "with --bucket, delete what is in it after `N` days")
}

var (
	organizationID = regexp.MustCompile(`^o-[a-z0-9]{10,32}$`) // Organizations API reference, Organization
	roleName       = regexp.MustCompile(`^[A-Za-z0-9_+=,.@-]{1,64}$`)
)

func (n *fleetNeeds) check(set *pflag.FlagSet) error {
	if !n.asked {
		for _, name := range ofFleet {
			if set.Changed(name) {
				return usagef("", "got --%s without --fleet, want both", name)
			}
		}
		return nil
	}
	switch {
	case !isPrincipal(n.hub):
		return usagef("", "--hub: got %q, want the ARN of a role or user, such as arn:aws:iam::123456789012:role/auditor", n.hub)
	case !organizationID.MatchString(n.organization):
		return usagef("aws organizations describe-organization tells it", "--organization: got %q, want an ID such as o-exampleorgid", n.organization)
	case !roleName.MatchString(n.role):
		return usagef("", "--role: got %q, want the name of a role", n.role)
	case n.bucket == "" && (n.merger != "" || set.Changed("bucket-days")):
		return usagef("", "got --merger or --bucket-days without --bucket, want the bucket")
	case n.merger != "" && !isPrincipal(n.merger):
		return usagef("", "--merger: got %q, want the ARN of a role or user, such as arn:aws:iam::123456789012:role/merger", n.merger)
	case n.days < 1:
		return usagef("", "--bucket-days: got %d, want one at least", n.days)
	case n.bucket == "":
		return nil
	}
	var err error
	n.in, err = bucketOf(config.S3{}, n.bucket)
	return err
}

// isPrincipal reports whether a text is the ARN of a role or user.
func isPrincipal(text string) bool {
	arn, err := account.ParseARN(text)
	return err == nil && arn.Service == "iam" && (strings.HasPrefix(arn.Resource, "role/") || strings.HasPrefix(arn.Resource, "user/"))
}

// of is what a fleet needs whose accounts are audited by these actions.
func (n *fleetNeeds) of(actions []string) *reportpermissions.Fleet {
	arn, _ := account.ParseARN(n.hub) // it was looked at
	read := append(organization.Actions(), organization.CenterActions()...)
	if n.tags {
		read = append(read, organization.TagsAction)
	}
	slices.Sort(read)
	f := &reportpermissions.Fleet{
		Hub: n.hub, Partition: arn.Partition, Organization: n.organization, Role: n.role, Actions: actions, OrganizationActions: read, MemberRoot: n.memberRoot,
	}
	if n.bucket != "" {
		f.Bucket = &reportpermissions.Bucket{Name: n.in.Name, Prefix: n.in.Prefix, Merger: n.merger, Days: n.days}
	}
	return f
}
