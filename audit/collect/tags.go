package collect

import (
	"cmp"
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/organizations"

	"sekisho/audit/account"
	"sekisho/audit/convert"
	"sekisho/audit/organization"
)

// AccountTags reads the tags of accounts, which takes a call each, and adds them to what was read of the organization. A
// call that fails is a gap; the errors are those that end a run.
func (s *Session) AccountTags(ctx context.Context, of *organization.Snapshot, ids []string) error {
	r := &organizationRun{session: s, client: s.organizations(), snapshot: of}
	a := &account.Answer[[]organization.AccountTags]{Action: organization.TagsAction, Began: s.at(), Complete: true, Value: []organization.AccountTags{}}
	of.Tags = a
	err := r.each(ctx, ids, func(ctx context.Context, _ int, id string) error {
		tags, _, err := pages(func(token *string) ([]account.Tag, page, error) {
			out, err := r.client.ListTagsForResource(ctx, &organizations.ListTagsForResourceInput{ResourceId: &id, NextToken: token})
			if err != nil {
				return nil, page{}, err
			}
			return convert.List(out.Tags, convert.OrganizationTag), after(out.NextToken), nil
		})
		if err != nil {
			return r.incomplete(err, &a.Complete, organization.TagsAction, id)
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		of := organization.AccountTags{ID: id, Tags: map[string]string{}}
		for _, tag := range tags {
			of.Tags[tag.Key] = tag.Value
		}
		a.Value = append(a.Value, of)
		return nil
	})
	slices.SortFunc(a.Value, func(x, y organization.AccountTags) int { return cmp.Compare(x.ID, y.ID) })
	a.Ended = s.at()
	slices.SortFunc(of.Gaps, account.Gap.Compare)
	of.Calls = s.Calls()
	return err
}
