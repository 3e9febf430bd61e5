package collect

import (
	"context"
	"errors"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/accessanalyzer"
	accountapi "github.com/aws/aws-sdk-go-v2/service/account"
	"golang.org/x/sync/errgroup"

	"sekisho/audit/account"
	"sekisho/audit/convert"
)

// maxRegions is the most that account:ListRegions gives on one page.
const maxRegions = 50

// regionsAction and analyzersAction are the calls of the section.
var regionsAction, analyzersAction = account.AccessAnalyzersAnswer.Actions[0], account.AccessAnalyzersAnswer.Actions[1]

var errNoRegions = errors.New("got an answer without any region")

// accessAnalyzers lists the account's regions, and the analyzers of each that it uses, in all regions at once. A region
// that is refused or fails leaves a gap of its own.
func accessAnalyzers(ctx context.Context, r *run) error {
	a := answer[account.AccessAnalyzers](r, regionsAction)
	regions, listErr := listRegions(ctx, r.session)
	if len(regions) == 0 {
		return failed(a.Action, listErr)
	}
	byRegion := map[string]*account.Answer[[]account.Analyzer]{}
	var mu sync.Mutex
	group, ctx := errgroup.WithContext(ctx)
	for _, region := range regions {
		if !region.Enabled() {
			continue
		}
		group.Go(func() error {
			answer, err := analyzersIn(ctx, r, region)
			if err != nil {
				return r.note(account.AccessAnalyzersSection, region.Name, analyzersAction, err)
			}
			mu.Lock()
			byRegion[region.Name] = answer
			mu.Unlock()
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	keep(r, account.AccessAnalyzersAnswer, a, account.AccessAnalyzers{Regions: regions, ByRegion: byRegion}, listErr == nil)
	return failed(a.Action, listErr)
}

// listRegions lists the regions in every state. What was read before an error stands. Every account has regions, so
// none at all is no answer.
func listRegions(ctx context.Context, s *Session) ([]account.RegionState, error) {
	regions, _, err := pages(func(token *string) ([]account.RegionState, page, error) {
		out, err := s.Account.ListRegions(ctx, &accountapi.ListRegionsInput{NextToken: token, MaxResults: aws.Int32(maxRegions)})
		if err != nil {
			return nil, page{}, err
		}
		return convert.List(out.Regions, convert.Region), after(out.NextToken), nil
	})
	if err == nil && len(regions) == 0 {
		err = errNoRegions
	}
	return latest(regions), err
}

// analyzersIn lists the analyzers of one region, whole or not at all.
func analyzersIn(ctx context.Context, r *run, region account.RegionState) (*account.Answer[[]account.Analyzer], error) {
	a := answer[[]account.Analyzer](r, analyzersAction)
	client := r.session.accessAnalyzer(region.Name)
	analyzers, _, err := pages(func(token *string) ([]account.Analyzer, page, error) {
		out, err := client.ListAnalyzers(ctx, &accessanalyzer.ListAnalyzersInput{NextToken: token})
		if err != nil {
			return nil, page{}, err
		}
		return convert.List(out.Analyzers, convert.Analyzer), after(out.NextToken), nil
	})
	if err != nil {
		return nil, err
	}
	a.Value = latest(analyzers)
	a.Complete, a.Ended = true, r.now()
	// Checked alone, so that what one region can't have sent does not cost the others their answers.
	err = account.AccessAnalyzersAnswer.Check(account.AccessAnalyzers{
		Regions: []account.RegionState{region}, ByRegion: map[string]*account.Answer[[]account.Analyzer]{region.Name: a},
	})
	if err != nil {
		return nil, err
	}
	return a, nil
}
