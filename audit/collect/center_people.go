package collect

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/identitystore"
	storetypes "github.com/aws/aws-sdk-go-v2/service/identitystore/types"
	"github.com/aws/aws-sdk-go-v2/service/ssoadmin"
	"github.com/aws/aws-sdk-go-v2/service/ssoadmin/types"

	"sekisho/audit/account"
	"sekisho/audit/lists"
	"sekisho/audit/organization"
)

func (r *centerRun) users(ctx context.Context) error {
	a, err := answerOf(r.organizationRun, organization.ListCenterUsersAction, func(token *string) ([]organization.CenterUser, *string, error) {
		out, err := r.store.ListUsers(ctx, &identitystore.ListUsersInput{IdentityStoreId: &r.instance.IdentityStore, NextToken: token, MaxResults: aws.Int32(centerPage)})
		if err != nil {
			return nil, nil, err
		}
		return lists.Map(out.Users, centerUser), out.NextToken, nil
	})
	r.instance.Users, r.usersListed = a, err == nil
	return r.gap(organization.ListCenterUsersAction, r.instance.IdentityStore, err)
}

func centerUser(u storetypes.User) organization.CenterUser {
	user := organization.CenterUser{ID: aws.ToString(u.UserId), Name: aws.ToString(u.UserName), Display: aws.ToString(u.DisplayName), Status: string(u.UserStatus)}
	for _, e := range u.Emails {
		if user.Email == "" || e.Primary {
			user.Email = aws.ToString(e.Value)
		}
	}
	return user
}

// groups reads the groups, and who is in them: a call each, of which there may be as many as for assignments.
func (r *centerRun) groups(ctx context.Context) error {
	a, err := answerOf(r.organizationRun, organization.ListCenterGroupsAction, func(token *string) ([]organization.CenterGroup, *string, error) {
		out, err := r.store.ListGroups(ctx, &identitystore.ListGroupsInput{IdentityStoreId: &r.instance.IdentityStore, NextToken: token, MaxResults: aws.Int32(centerPage)})
		if err != nil {
			return nil, nil, err
		}
		return lists.Map(out.Groups, func(g storetypes.Group) organization.CenterGroup {
			return organization.CenterGroup{ID: aws.ToString(g.GroupId), Name: aws.ToString(g.DisplayName)}
		}), out.NextToken, nil
	})
	r.instance.Groups, r.groupsListed = a, err == nil
	if err := r.gap(organization.ListCenterGroupsAction, r.instance.IdentityStore, err); err != nil {
		return err
	}
	if n := len(a.Value); n > r.options.Most {
		return r.incomplete(tooMany(n, r.options.Most), &a.Complete, organization.ListCenterMembersAction, r.instance.IdentityStore)
	}
	ids := lists.Map(a.Value, func(g organization.CenterGroup) string { return g.ID })
	err = r.each(ctx, ids, func(ctx context.Context, i int, id string) error {
		members, _, err := pages(func(token *string) ([]string, page, error) {
			out, err := r.store.ListGroupMemberships(ctx, &identitystore.ListGroupMembershipsInput{
				IdentityStoreId: &r.instance.IdentityStore, GroupId: &id, NextToken: token, MaxResults: aws.Int32(centerPage),
			})
			if err != nil {
				return nil, page{}, err
			}
			users, err := usersOf(out.GroupMemberships)
			return users, after(out.NextToken), err
		})
		if err == nil {
			a.Value[i].Members = sorted(members)
		}
		return r.incomplete(err, &a.Complete, organization.ListCenterMembersAction, id)
	})
	a.Ended = r.session.at()
	return err
}

// usersOf are the users of memberships; there are no other members.
func usersOf(all []storetypes.GroupMembership) ([]string, error) {
	ids := make([]string, len(all))
	for i, m := range all {
		user, is := m.MemberId.(*storetypes.MemberIdMemberUserId)
		if !is || user.Value == "" {
			return nil, errors.New("got a member that is no user")
		}
		ids[i] = user.Value
	}
	return ids, nil
}

func tooMany(calls, most int) error {
	return fmt.Errorf("it takes %d calls, and %d are allowed (fleet.max_assignment_calls)", calls, most)
}

// assignments reads who has which permission set in which account: account by account and set by set, or principal by
// principal, whichever takes fewer calls. Where lists broke off that a way goes by, it is none.
func (r *centerRun) assignments(ctx context.Context) error {
	i := r.instance
	accounts := r.snapshot.Accounts
	var ways []assignmentWay
	if r.setsListed && accounts != nil && accounts.Complete {
		way := assignmentWay{action: organization.AssignmentsAction, read: r.ofAccount}
		for _, account := range accounts.Value {
			for _, set := range i.PermissionSets.Value {
				way.of = append(way.of, [2]string{account.ID, set.ARN})
			}
		}
		ways = append(ways, way)
	}
	if r.usersListed && r.groupsListed {
		way := assignmentWay{action: organization.PrincipalAction, read: r.ofPrincipal}
		for _, user := range i.Users.Value {
			way.of = append(way.of, [2]string{organization.PrincipalUser, user.ID})
		}
		for _, group := range i.Groups.Value {
			way.of = append(way.of, [2]string{organization.PrincipalGroup, group.ID})
		}
		ways = append(ways, way)
	}
	if len(ways) == 0 {
		return nil
	}
	way := slices.MinFunc(ways, func(x, y assignmentWay) int { return len(x.of) - len(y.of) })
	i.Cost = organization.AssignmentCost{Action: way.action, Calls: len(way.of), Most: r.options.Most}
	if r.options.Tell != nil {
		r.options.Tell(i.Cost)
	}
	if len(way.of) > r.options.Most {
		return r.gap(way.action, i.ARN, tooMany(len(way.of), r.options.Most))
	}
	a := &account.Answer[[]organization.Assignment]{Action: way.action, Began: r.session.at(), Complete: true}
	i.Assignments = a
	found := make([][]organization.Assignment, len(way.of))
	names := lists.Map(way.of, func(of [2]string) string { return of[0] + " " + of[1] })
	err := r.each(ctx, names, func(ctx context.Context, n int, name string) error {
		list, _, err := pages(func(token *string) ([]organization.Assignment, page, error) { return way.read(ctx, way.of[n], token) })
		found[n] = list
		return r.incomplete(err, &a.Complete, way.action, name)
	})
	a.Value = latest(slices.Concat(append([][]organization.Assignment{{}}, found...)...)) // a user's are those of the groups, too
	a.Ended = r.session.at()
	return err
}

// assignmentWay is a way to ask for assignments: once of each.
type assignmentWay struct {
	action string
	of     [][2]string
	read   func(ctx context.Context, of [2]string, token *string) ([]organization.Assignment, page, error)
}

func (r *centerRun) ofAccount(ctx context.Context, of [2]string, token *string) ([]organization.Assignment, page, error) {
	out, err := r.admin.ListAccountAssignments(ctx, &ssoadmin.ListAccountAssignmentsInput{
		InstanceArn: &r.instance.ARN, AccountId: &of[0], PermissionSetArn: &of[1], NextToken: token, MaxResults: aws.Int32(centerPage),
	})
	if err != nil {
		return nil, page{}, err
	}
	return lists.Map(out.AccountAssignments, func(a types.AccountAssignment) organization.Assignment {
		return organization.Assignment{
			Account: aws.ToString(a.AccountId), Set: aws.ToString(a.PermissionSetArn), PrincipalType: string(a.PrincipalType), Principal: aws.ToString(a.PrincipalId),
		}
	}), after(out.NextToken), nil
}

func (r *centerRun) ofPrincipal(ctx context.Context, of [2]string, token *string) ([]organization.Assignment, page, error) {
	out, err := r.admin.ListAccountAssignmentsForPrincipal(ctx, &ssoadmin.ListAccountAssignmentsForPrincipalInput{
		InstanceArn: &r.instance.ARN, PrincipalType: types.PrincipalType(of[0]), PrincipalId: &of[1], NextToken: token, MaxResults: aws.Int32(centerPage),
	})
	if err != nil {
		return nil, page{}, err
	}
	return lists.Map(out.AccountAssignments, func(a types.AccountAssignmentForPrincipal) organization.Assignment {
		return organization.Assignment{
			Account: aws.ToString(a.AccountId), Set: aws.ToString(a.PermissionSetArn), PrincipalType: string(a.PrincipalType), Principal: aws.ToString(a.PrincipalId),
		}
	}), after(out.NextToken), nil
}
