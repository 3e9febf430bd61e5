package clifiles

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"sekisho/audit/account"
)

// takeRegions takes the regions as aws account list-regions tells of them. Those of aws ec2 describe-regions have no RegionOptStatus; there
// only the regions in use are listed.
func (r *reader) takeRegions(file string, value json.RawMessage, more bool) error {
	type region struct{ RegionName, RegionOptStatus, OptInStatus string }
	answer, err := decode[struct{ Regions []region }](value, "the account's regions")
	if err != nil {
		return err
	}
	if answer.Regions == nil {
		return errNoList
	}
	if slices.ContainsFunc(answer.Regions, func(r region) bool { return r.OptInStatus != "" }) {
		r.warn(file, "is a list of regions of aws ec2 describe-regions; want that of aws account list-regions")
		return nil
	}
	r.regions.add(file, more)
	for _, region := range answer.Regions {
		state := account.RegionState{Name: region.RegionName, State: region.RegionOptStatus}
		if state.Name == "" || state.State == "" {
			return errors.New("got a region without RegionName or RegionOptStatus, want both")
		}
		if err := r.regions.put(file, "the region "+state.Name, state.Name, state); err != nil {
			return err
		}
	}
	return nil
}

// takeAnalyzers takes the analyzers of a region, which is told beside the list or by the analyzers' ARNs.
func (r *reader) takeAnalyzers(file string, value json.RawMessage, more bool) error {
	answer, err := decode[struct {
		Region    string
		Analyzers []struct {
			Arn, Name, Type, Status           string
			CreatedAt, LastResourceAnalyzedAt *stamp
			Tags                              map[string]string
		}
	}](value, "a region's access analyzers")
	if err != nil {
		return err
	}
	if answer.Analyzers == nil {
		return errNoList
	}
	region := answer.Region
	analyzers := make([]account.Analyzer, len(answer.Analyzers))
	for i, a := range answer.Analyzers {
		arn, err := account.ParseARN(a.Arn)
		if err != nil {
			return err
		}
		if region = cmp.Or(region, arn.Region); arn.Region != region {
			return fmt.Errorf("got analyzers of the regions %q and %q, want one region's", region, arn.Region)
		}
		analyzers[i] = account.Analyzer{Name: a.Name, ARN: a.Arn, Type: a.Type, Status: a.Status, Created: a.CreatedAt.orZero(), Tags: []account.Tag{}}
		for _, key := range slices.Sorted(maps.Keys(a.Tags)) {
			analyzers[i].Tags = append(analyzers[i].Tags, account.Tag{Key: key, Value: a.Tags[key]})
		}
		r.told(a.CreatedAt.or(), a.LastResourceAnalyzedAt.or())
		if err := r.owned(file, a.Arn); err != nil {
			return err
		}
	}
	if region == "" {
		r.warn(file, "is a list of access analyzers that names no region; it was not used")
		return nil
	}
	err = check(account.AccessAnalyzersSection, func(s *account.Snapshot) {
		s.AccessAnalyzers = answerOf(account.AccessAnalyzersSection, account.AccessAnalyzers{
			Regions: []account.RegionState{}, ByRegion: map[string]*account.Answer[[]account.Analyzer]{region: answerOf(account.AccessAnalyzersSection, analyzers)},
		})
	})
	if err != nil {
		return err
	}
	list := entry(r.analyzers, region)
	list.add(file, more)
	for _, a := range analyzers {
		if err := list.put(file, "the access analyzer "+a.ARN, a.ARN, a); err != nil {
			return err
		}
	}
	return nil
}

// regionsLack says why the list of regions isn't whole. Every account has regions that are enabled by default, and in the partition aws some
// that one opts in to: where there are none, --region-opt-status-contains left them out.
func (a assembly) regionsLack() string {
	if why := a.uncounted(a.regions.pages); why != "" {
		return why
	}
	byDefault := func(r account.RegionState) bool { return r.State == "ENABLED_BY_DEFAULT" }
	if !slices.ContainsFunc(a.regions.items, byDefault) {
		return "the files list no region that is enabled by default; save the answer without --region-opt-status-contains"
	}
	if a.owner.partition == "aws" && !slices.ContainsFunc(a.regions.items, func(r account.RegionState) bool { return !byDefault(r) }) {
		return "the files list no region that one opts in to; save the answer without --region-opt-status-contains"
	}
	return ""
}

// accessAnalyzers makes the regions and the analyzers of each of them.
func (a assembly) accessAnalyzers() *account.Answer[account.AccessAnalyzers] {
	byRegion := map[string]*account.Answer[[]account.Analyzer]{}
	for _, region := range sorted(a.analyzers) {
		list := a.analyzers[region]
		if why := a.uncounted(list.pages); why != "" {
			a.s.Gaps = append(a.s.Gaps, account.Gap{
				Section: account.AccessAnalyzersSection, Resource: region, Action: analyzersCommand.Action, Code: Incomplete, Message: why,
			})
			continue
		}
		byRegion[region] = made(a, account.AccessAnalyzersSection, list.all(), true)
		byRegion[region].Action = analyzersCommand.Action
	}
	value := account.AccessAnalyzers{Regions: a.regions.all(), ByRegion: byRegion}
	return listed(a, account.AccessAnalyzersSection, a.regions.pages, value, a.regionsLack())
}
