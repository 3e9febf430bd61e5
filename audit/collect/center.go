package collect

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/identitystore"
	"github.com/aws/aws-sdk-go-v2/service/ssoadmin"
	"github.com/aws/aws-sdk-go-v2/service/ssoadmin/types"

	"sekisho/audit/account"
	"sekisho/audit/lists"
	"sekisho/audit/organization"
)

// centerPage is the most that Identity Center and its identity store give on one page.
const centerPage = 100

// CenterOptions say how Identity Center is read.
type CenterOptions struct {
	Region string // its home; "" looks for it in each Region that the account uses
	Most   int    // calls for account assignments
	// PeopleAlone reads the users, and neither permission sets nor who has them.
	PeopleAlone bool
	// Tell is told what these take before the first is made. May be nil.
	Tell func(organization.AssignmentCost)
}

// centerRun is one reading of Identity Center.
type centerRun struct {
	*organizationRun
	options  CenterOptions
	admin    *ssoadmin.Client
	store    *identitystore.Client
	instance *organization.Instance
	// Whether lists came to their end.
	setsListed, usersListed, groupsListed bool
}

// IdentityCenter reads IAM Identity Center, and adds it to what was read of the organization. A call that fails is a gap;
// the errors are those that end a run.
func (s *Session) IdentityCenter(ctx context.Context, of *organization.Snapshot, o CenterOptions) error {
	r := &centerRun{organizationRun: &organizationRun{session: s, snapshot: of}, options: o}
	a := &account.Answer[organization.IdentityCenter]{Action: organization.ListInstancesAction, Began: s.at(), Complete: true, Value: organization.IdentityCenter{
		Regions: []string{}, Only: o.Region, Instances: []organization.Instance{},
	}}
	of.IdentityCenter = a
	first := cmp.Or(o.Region, s.Config.Region)
	if err := r.find(ctx, []string{first}); err != nil {
		return err
	}
	if o.Region == "" && of.OrganizationInstance() == nil {
		if err := r.elsewhere(ctx, first); err != nil {
			return err
		}
	}
	slices.Sort(a.Value.Regions)
	a.Value.Instances = latest(a.Value.Instances)
	if r.instance = of.OrganizationInstance(); r.instance != nil {
		r.admin, r.store = s.ssoAdmin(r.instance.Region), s.identityStore(r.instance.Region)
		parts := []func(context.Context) error{r.sets, r.users, r.groups, r.assignments}
		if o.PeopleAlone {
			parts = []func(context.Context) error{r.users}
		}
		for _, read := range parts {
			if err := read(ctx); err != nil {
				return err
			}
		}
	}
	a.Ended = s.at()
	slices.SortFunc(of.Gaps, account.Gap.Compare)
	of.Calls = s.Calls()
	return nil
}

// elsewhere looks for instances in all Regions that the account uses but one.
func (r *centerRun) elsewhere(ctx context.Context, but string) error {
	regions, err := listRegions(ctx, r.session)
	if err := r.incomplete(err, &r.snapshot.IdentityCenter.Complete, organization.ListRegionsAction, ""); err != nil {
		return err
	}
	var names []string
	for _, region := range regions {
		if region.Enabled() && region.Name != but {
			names = append(names, region.Name)
		}
	}
	return r.find(ctx, names)
}

// find lists the instances of Regions.
func (r *centerRun) find(ctx context.Context, regions []string) error {
	a := r.snapshot.IdentityCenter
	return r.each(ctx, regions, func(ctx context.Context, _ int, region string) error {
		client := r.session.ssoAdmin(region)
		found, _, err := pages(func(token *string) ([]organization.Instance, page, error) {
			out, err := client.ListInstances(ctx, &ssoadmin.ListInstancesInput{NextToken: token, MaxResults: aws.Int32(centerPage)})
			if err != nil {
				return nil, page{}, err
			}
			return lists.Map(out.Instances, instanceIn(region)), after(out.NextToken), nil
		})
		r.mu.Lock()
		a.Value.Instances = append(a.Value.Instances, found...)
		if err == nil {
			a.Value.Regions = append(a.Value.Regions, region)
		}
		r.mu.Unlock()
		return r.incomplete(err, &a.Complete, organization.ListInstancesAction, region)
	})
}

func instanceIn(region string) func(types.InstanceMetadata) organization.Instance {
	return func(i types.InstanceMetadata) organization.Instance {
		return organization.Instance{
			ARN: aws.ToString(i.InstanceArn), IdentityStore: aws.ToString(i.IdentityStoreId), Owner: aws.ToString(i.OwnerAccountId), Name: aws.ToString(i.Name),
			Status: string(i.Status), Region: cmp.Or(aws.ToString(i.PrimaryRegion), region),
		}
	}
}

func (r *centerRun) sets(ctx context.Context) error {
	a, err := answerOf(r.organizationRun, organization.ListSetsAction, func(token *string) ([]organization.PermissionSet, *string, error) {
		out, err := r.admin.ListPermissionSets(ctx, &ssoadmin.ListPermissionSetsInput{InstanceArn: &r.instance.ARN, NextToken: token, MaxResults: aws.Int32(centerPage)})
		if err != nil {
			return nil, nil, err
		}
		return lists.Map(out.PermissionSets, func(arn string) organization.PermissionSet {
			return organization.PermissionSet{ARN: arn, Managed: []string{}, Customer: []string{}}
		}), out.NextToken, nil
	})
	r.instance.PermissionSets, r.setsListed = a, err == nil
	if err := r.gap(organization.ListSetsAction, r.instance.ARN, err); err != nil {
		return err
	}
	arns := lists.Map(a.Value, func(p organization.PermissionSet) string { return p.ARN })
	err = r.each(ctx, arns, func(ctx context.Context, i int, arn string) error { return r.set(ctx, a, &a.Value[i]) })
	a.Ended = r.session.at()
	return err
}

// set reads what a permission set gives.
func (r *centerRun) set(ctx context.Context, a *account.Answer[[]organization.PermissionSet], p *organization.PermissionSet) error {
	for _, part := range []struct {
		action string
		read   func(context.Context, *organization.PermissionSet) error
	}{
		{organization.DescribeSetAction, r.description}, {organization.InlinePolicyAction, r.inline}, {organization.ManagedPoliciesAction, r.managed},
		{organization.CustomerPoliciesAction, r.customer}, {organization.SetBoundaryAction, r.boundary},
	} {
		err := part.read(ctx, p)
		if err != nil {
			p.Unread = append(p.Unread, part.action)
		}
		if err := r.incomplete(err, &a.Complete, part.action, p.ARN); err != nil {
			return err
		}
	}
	return nil
}

func (r *centerRun) description(ctx context.Context, p *organization.PermissionSet) error {
	out, err := r.admin.DescribePermissionSet(ctx, &ssoadmin.DescribePermissionSetInput{InstanceArn: &r.instance.ARN, PermissionSetArn: &p.ARN})
	if err != nil {
		return err
	}
	if got := aws.ToString(out.PermissionSet.PermissionSetArn); got != p.ARN {
		return fmt.Errorf("got the permission set %q, want %s", oneLine(got), p.ARN)
	}
	p.Name, p.Session = aws.ToString(out.PermissionSet.Name), aws.ToString(out.PermissionSet.SessionDuration)
	return nil
}

// inline reads the inline policy, which is an empty text where there is none.
func (r *centerRun) inline(ctx context.Context, p *organization.PermissionSet) error {
	out, err := r.admin.GetInlinePolicyForPermissionSet(ctx, &ssoadmin.GetInlinePolicyForPermissionSetInput{InstanceArn: &r.instance.ARN, PermissionSetArn: &p.ARN})
	switch {
	case err != nil:
		return err
	case out.InlinePolicy == nil:
		return errors.New("got an answer without InlinePolicy")
	}
	p.Inline = *out.InlinePolicy
	return nil
}

func (r *centerRun) managed(ctx context.Context, p *organization.PermissionSet) error {
	arns, _, err := pages(func(token *string) ([]string, page, error) {
		out, err := r.admin.ListManagedPoliciesInPermissionSet(ctx, &ssoadmin.ListManagedPoliciesInPermissionSetInput{
			InstanceArn: &r.instance.ARN, PermissionSetArn: &p.ARN, NextToken: token, MaxResults: aws.Int32(centerPage),
		})
		if err != nil {
			return nil, page{}, err
		}
		return lists.Map(out.AttachedManagedPolicies, func(m types.AttachedManagedPolicy) string { return aws.ToString(m.Arn) }), after(out.NextToken), nil
	})
	p.Managed = sorted(arns)
	return err
}

func (r *centerRun) customer(ctx context.Context, p *organization.PermissionSet) error {
	names, _, err := pages(func(token *string) ([]string, page, error) {
		out, err := r.admin.ListCustomerManagedPolicyReferencesInPermissionSet(ctx, &ssoadmin.ListCustomerManagedPolicyReferencesInPermissionSetInput{
			InstanceArn: &r.instance.ARN, PermissionSetArn: &p.ARN, NextToken: token, MaxResults: aws.Int32(centerPage),
		})
		if err != nil {
			return nil, page{}, err
		}
		return lists.Map(out.CustomerManagedPolicyReferences, referenceOf), after(out.NextToken), nil
	})
	p.Customer = sorted(names)
	return err
}

func referenceOf(c types.CustomerManagedPolicyReference) string {
	return cmp.Or(aws.ToString(c.Path), "/") + aws.ToString(c.Name)
}

// boundary reads the permissions boundary. ResourceNotFoundException is an answer: there is none.
func (r *centerRun) boundary(ctx context.Context, p *organization.PermissionSet) error {
	out, err := r.admin.GetPermissionsBoundaryForPermissionSet(ctx, &ssoadmin.GetPermissionsBoundaryForPermissionSetInput{InstanceArn: &r.instance.ARN, PermissionSetArn: &p.ARN})
	if errorCode(err) == "ResourceNotFoundException" {
		return nil
	}
	if err != nil {
		return err
	}
	b := out.PermissionsBoundary
	switch p.Boundary = aws.ToString(b.ManagedPolicyArn); {
	case p.Boundary == "" && b.CustomerManagedPolicyReference == nil:
		return errors.New("got a permissions boundary that names no policy")
	case p.Boundary == "":
		p.Boundary = referenceOf(*b.CustomerManagedPolicyReference)
	}
	return nil
}

// sorted is a list of names in order, each once.
func sorted(names []string) []string {
	slices.Sort(names)
	return slices.Compact(names)
}

// ssoAdmin makes a client of Identity Center in one Region.
func (s *Session) ssoAdmin(region string) *ssoadmin.Client {
	return ssoadmin.NewFromConfig(s.Config, func(o *ssoadmin.Options) { o.Region, o.BaseEndpoint = region, s.endpoint(o.BaseEndpoint) })
}

// identityStore makes a client of Identity Center's users and groups in one Region.
func (s *Session) identityStore(region string) *identitystore.Client {
	return identitystore.NewFromConfig(s.Config, func(o *identitystore.Options) { o.Region, o.BaseEndpoint = region, s.endpoint(o.BaseEndpoint) })
}
