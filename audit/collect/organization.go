package collect

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"
	"golang.org/x/sync/errgroup"

	"sekisho/audit/account"
	"sekisho/audit/convert"
	"sekisho/audit/lists"
	"sekisho/audit/organization"
)

// organizationPage is the most that AWS Organizations gives on one page.
const organizationPage = 20

// atOnce bounds how many units or policies are asked about at a time: Organizations throttles all calls of its caller
// together.
const atOnce = 4

// Organization reads the organization of the caller's account, which must be the one that manages it, or a delegated
// administrator. A call that fails is a gap; the errors are those that end a run.
func (s *Session) Organization(ctx context.Context) (*organization.Snapshot, error) {
	r, err := s.organization(ctx, (*organizationRun).tree, (*organizationRun).accounts, (*organizationRun).features, (*organizationRun).delegation)
	if err == nil {
		err = r.policies(ctx)
	}
	if err != nil {
		return nil, err
	}
	return r.read(), nil
}

// OrganizationAccounts reads of the organization which accounts it has, and where they are, and nothing else.
func (s *Session) OrganizationAccounts(ctx context.Context) (*organization.Snapshot, error) {
	r, err := s.organization(ctx, (*organizationRun).tree, (*organizationRun).accounts)
	if err != nil {
		return nil, err
	}
	return r.read(), nil
}

// organization reads parts of the organization at the same time, and where its accounts are.
func (s *Session) organization(ctx context.Context, parts ...func(*organizationRun, context.Context) error) (*organizationRun, error) {
	r := &organizationRun{session: s, client: s.organizations(), snapshot: &organization.Snapshot{
		Schema: organization.Schema, TakenAt: s.TakenAt, Caller: s.Caller, Gaps: []account.Gap{},
	}}
	if err := r.describe(ctx); err != nil {
		return nil, err
	}
	group, within := errgroup.WithContext(ctx)
	for _, read := range parts {
		group.Go(func() error { return read(r, within) })
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	return r, r.placed(ctx)
}

// read is what was read.
func (r *organizationRun) read() *organization.Snapshot {
	slices.SortFunc(r.snapshot.Gaps, account.Gap.Compare)
	r.snapshot.Calls = r.session.Calls()
	return r.snapshot
}

func (s *Session) organizations() *organizations.Client {
	return organizations.NewFromConfig(s.Config, func(o *organizations.Options) { o.BaseEndpoint = s.endpoint(o.BaseEndpoint) })
}

// organizationRun is one reading of an organization.
type organizationRun struct {
	session *Session
	client  *organizations.Client

	mu       sync.Mutex
	snapshot *organization.Snapshot
}

// gap notes a failed call; what ends the run is returned.
func (r *organizationRun) gap(action, resource string, err error) error {
	if err == nil {
		return nil
	}
	gap, abort := r.session.gap("organization", resource, action, err)
	if abort != nil {
		return abort
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.snapshot.Gaps = append(r.snapshot.Gaps, gap)
	return nil
}

// answerOf makes an answer of a list; one that broke off is kept as far as it came.
func answerOf[E account.Entry](r *organizationRun, action string, fetch func(token *string) ([]E, *string, error)) (*account.Answer[[]E], error) {
	a := &account.Answer[[]E]{Action: action, Began: r.session.at()}
	list, _, err := pages(func(token *string) ([]E, page, error) {
		part, next, err := fetch(token)
		return part, after(next), err
	})
	a.Value, a.Complete, a.Ended = latest(list), err == nil, r.session.at()
	return a, err
}

func (r *organizationRun) describe(ctx context.Context) error {
	a := &account.Answer[organization.Organization]{Action: organization.DescribeAction, Began: r.session.at()}
	out, err := r.client.DescribeOrganization(ctx, &organizations.DescribeOrganizationInput{})
	if err != nil {
		return &Error{Doing: "reading the organization (" + organization.DescribeAction + ")", Err: err, Hint: "sign in to the account that manages the organization, or to a delegated " +
			"administrator of it; without an organization name the accounts with --accounts"}
	}
	a.Value, a.Complete, a.Ended = convert.Organization(out.Organization), true, r.session.at()
	r.snapshot.Organization = a
	return nil
}

// features asks which features of centralized root access are on.
func (r *organizationRun) features(ctx context.Context) error {
	a := &account.Answer[account.OrganizationsFeatures]{Action: organization.FeaturesAction, Began: r.session.at()}
	value, err := organizationsFeatures(ctx, r.session)
	if err != nil {
		return r.gap(organization.FeaturesAction, "", err)
	}
	a.Value, a.Complete, a.Ended = value, true, r.session.at()
	r.snapshot.Features = a
	return nil
}

// tree reads the roots, and the units below them, level by level.
func (r *organizationRun) tree(ctx context.Context) error {
	roots, err := answerOf(r, organization.ListRootsAction, func(token *string) ([]organization.Root, *string, error) {
		out, err := r.client.ListRoots(ctx, &organizations.ListRootsInput{NextToken: token, MaxResults: aws.Int32(organizationPage)})
		if err != nil {
			return nil, nil, err
		}
		return convert.List(out.Roots, convert.OrganizationRoot), out.NextToken, nil
	})
	r.snapshot.Roots = roots
	if err := r.gap(organization.ListRootsAction, "", err); err != nil {
		return err
	}
	units := &account.Answer[[]organization.Unit]{Action: organization.ListUnitsAction, Began: r.session.at(), Complete: roots.Complete, Value: []organization.Unit{}}
	level := lists.Map(roots.Value, func(root organization.Root) string { return root.ID })
	for len(level) > 0 {
		below := make([][]organization.Unit, len(level))
		err := r.each(ctx, level, func(ctx context.Context, i int, parent string) error {
			children, err := answerOf(r, organization.ListUnitsAction, func(token *string) ([]organization.Unit, *string, error) {
				out, err := r.client.ListOrganizationalUnitsForParent(ctx, &organizations.ListOrganizationalUnitsForParentInput{
					ParentId: &parent, NextToken: token, MaxResults: aws.Int32(organizationPage),
				})
				if err != nil {
					return nil, nil, err
				}
				return convert.List(out.OrganizationalUnits, convert.OrganizationUnit(parent)), out.NextToken, nil
			})
			below[i] = children.Value
			return r.incomplete(err, &units.Complete, organization.ListUnitsAction, parent)
		})
		if err != nil {
			return err
		}
		level = nil
		for _, unit := range slices.Concat(below...) {
			if slices.ContainsFunc(units.Value, func(u organization.Unit) bool { return u.ID == unit.ID }) {
				continue // AWS's tree has no circle; an answer that has one is not followed
			}
			units.Value = append(units.Value, unit)
			level = append(level, unit.ID)
		}
	}
	units.Ended = r.session.at()
	r.snapshot.Units = units
	return nil
}

// each asks about several at a time.
func (r *organizationRun) each(ctx context.Context, ids []string, ask func(ctx context.Context, i int, id string) error) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(atOnce)
	for i, id := range ids {
		group.Go(func() error { return ask(ctx, i, id) })
	}
	return group.Wait()
}

// incomplete notes that part of an answer could not be read.
func (r *organizationRun) incomplete(err error, complete *bool, action, resource string) error {
	if err == nil {
		return nil
	}
	r.mu.Lock()
	*complete = false
	r.mu.Unlock()
	return r.gap(action, resource, err)
}

func (r *organizationRun) accounts(ctx context.Context) error {
	a, err := answerOf(r, organization.ListAccountsAction, func(token *string) ([]organization.Account, *string, error) {
		out, err := r.client.ListAccounts(ctx, &organizations.ListAccountsInput{NextToken: token, MaxResults: aws.Int32(organizationPage)})
		if err != nil {
			return nil, nil, err
		}
		return convert.List(out.Accounts, convert.OrganizationAccount), out.NextToken, nil
	})
	for _, each := range a.Value {
		if err == nil && !account.IsID(each.ID) {
			err = fmt.Errorf("got the account %q, want twelve digits", oneLine(each.ID))
		}
	}
	r.snapshot.Accounts = a
	a.Complete = a.Complete && err == nil
	return r.gap(organization.ListAccountsAction, "", err)
}

// placed finds out where accounts are in the tree whose paths AWS did not tell: by asking each root and unit for its own.
func (r *organizationRun) placed(ctx context.Context) error {
	if !slices.ContainsFunc(r.snapshot.Accounts.Value, func(a organization.Account) bool { return a.Parent == "" }) {
		return nil
	}
	var parents []string
	for _, root := range r.snapshot.Roots.Value {
		parents = append(parents, root.ID)
	}
	if r.snapshot.Units != nil {
		for _, unit := range r.snapshot.Units.Value {
			parents = append(parents, unit.ID)
		}
	}
	place := map[string]string{}
	err := r.each(ctx, parents, func(ctx context.Context, _ int, parent string) error {
		children, err := answerOf(r, organization.ListChildrenAction, func(token *string) ([]organization.Account, *string, error) {
			out, err := r.client.ListAccountsForParent(ctx, &organizations.ListAccountsForParentInput{
				ParentId: &parent, NextToken: token, MaxResults: aws.Int32(organizationPage),
			})
			if err != nil {
				return nil, nil, err
			}
			return convert.List(out.Accounts, convert.OrganizationAccount), out.NextToken, nil
		})
		r.mu.Lock()
		for _, child := range children.Value {
			place[child.ID] = parent
		}
		r.mu.Unlock()
		return r.gap(organization.ListChildrenAction, parent, err)
	})
	for i := range r.snapshot.Accounts.Value {
		if a := &r.snapshot.Accounts.Value[i]; a.Parent == "" {
			a.Parent = place[a.ID]
		}
	}
	return err
}

// policies reads the policies of the types that are enabled, each with its document and what it is attached to.
func (r *organizationRun) policies(ctx context.Context) error {
	for kind, into := range map[types.PolicyType]**account.Answer[[]organization.Policy]{
		types.PolicyTypeServiceControlPolicy: &r.snapshot.SCPs, types.PolicyTypeResourceControlPolicy: &r.snapshot.RCPs,
	} {
		if !slices.ContainsFunc(r.snapshot.Roots.Value, func(root organization.Root) bool { return slices.Contains(root.PolicyTypes, string(kind)) }) {
			continue
		}
		a, err := answerOf(r, organization.ListPoliciesAction, func(token *string) ([]organization.Policy, *string, error) {
			out, err := r.client.ListPolicies(ctx, &organizations.ListPoliciesInput{Filter: kind, NextToken: token, MaxResults: aws.Int32(organizationPage)})
			if err != nil {
				return nil, nil, err
			}
			return convert.List(out.Policies, convert.OrganizationPolicy), out.NextToken, nil
		})
		if err := r.gap(organization.ListPoliciesAction, string(kind), err); err != nil {
			return err
		}
		ids := lists.Map(a.Value, func(p organization.Policy) string { return p.ID })
		err = r.each(ctx, ids, func(ctx context.Context, i int, id string) error {
			return r.incomplete(r.policy(ctx, &a.Value[i]), &a.Complete, organization.DescribePolicyAction, id)
		})
		if err != nil {
			return err
		}
		a.Ended = r.session.at()
		*into = a
	}
	return nil
}

// policy reads a policy's document and targets.
func (r *organizationRun) policy(ctx context.Context, p *organization.Policy) error {
	out, err := r.client.DescribePolicy(ctx, &organizations.DescribePolicyInput{PolicyId: &p.ID})
	if err != nil {
		return failed(organization.DescribePolicyAction, err)
	}
	p.Document = aws.ToString(out.Policy.Content)
	p.Targets = []string{}
	targets, _, err := pages(func(token *string) ([]string, page, error) {
		out, err := r.client.ListTargetsForPolicy(ctx, &organizations.ListTargetsForPolicyInput{PolicyId: &p.ID, NextToken: token, MaxResults: aws.Int32(organizationPage)})
		if err != nil {
			return nil, page{}, err
		}
		return lists.Map(out.Targets, func(t types.PolicyTargetSummary) string { return aws.ToString(t.TargetId) }), after(out.NextToken), nil
	})
	slices.Sort(targets)
	p.Targets = slices.Compact(targets)
	return failed(organization.ListTargetsAction, err)
}
