package clifiles

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"

	"sekisho/audit/account"
	"sekisho/audit/convert"
	"sekisho/audit/message"
)

// takeRegions takes the regions as aws account list-regions tells of them. Those of aws ec2 describe-regions have no
// RegionOptStatus; there only the regions in use are listed.
func takeRegions(r *reader, a answer) error {
	var d decoder
	var ec2 []struct{ OptInStatus string }
	if err := d.field(a, "Regions", &ec2); err != nil {
		return err
	}
	for _, region := range ec2 {
		if region.OptInStatus != "" {
			r.warn(a.file, message.New("is a list of regions of aws ec2 describe-regions; want that of aws account list-regions"))
			return nil
		}
	}
	regions, _, err := decodeList(a, "Regions", convert.Region)
	if err != nil {
		return err
	}
	for _, region := range regions {
		if region.Name == "" || region.State == "" {
			return errors.New("got a region without RegionName or RegionOptStatus, want both")
		}
	}
	l := held[list[account.RegionState]](r, account.AccessAnalyzersSection, "")
	l.add(a.file, a.more)
	return l.put(a.file, regions)
}

// takeAnalyzers takes the analyzers of a region, which is told beside the list or by the analyzers' ARNs.
func takeAnalyzers(r *reader, a answer) error {
	var region string
	analyzers, told, err := decodeList(a, "analyzers", convert.Analyzer)
	if err := cmp.Or(err, new(decoder).field(a, "Region", &region)); err != nil {
		return err
	}
	for _, analyzer := range analyzers {
		arn, err := account.ParseARN(analyzer.ARN)
		if err != nil {
			return err
		}
		if region = cmp.Or(region, arn.Region); arn.Region != region {
			return fmt.Errorf("got analyzers of the regions %q and %q, want one region's", region, arn.Region)
		}
	}
	if region == "" {
		r.warn(a.file, message.New("is a list of access analyzers that names no region; it was not used"))
		return nil
	}
	// Some time stands in for those of the answer, which files don't tell.
	at := time.Unix(0, 0).UTC()
	alone := &account.Answer[[]account.Analyzer]{
		Action: analyzersCommand().Action, Began: at, Ended: at, Complete: true, Value: analyzers,
	}
	err = account.AccessAnalyzersAnswer.Check(account.AccessAnalyzers{
		Regions: []account.RegionState{}, ByRegion: map[string]*account.Answer[[]account.Analyzer]{region: alone},
	})
	if err := cmp.Or(err, r.whole(account.AccessAnalyzersAnswer.Descriptor, told), r.note(a.file, told)); err != nil {
		return err
	}
	l := held[list[account.Analyzer]](r, account.AccessAnalyzersSection, region)
	l.add(a.file, a.more)
	return l.put(a.file, analyzers)
}

// putRegions puts the regions and the analyzers of each of them.
func putRegions(a assembly) {
	d := account.AccessAnalyzersAnswer
	byRegion := map[string]*account.Answer[[]account.Analyzer]{}
	for _, region := range a.each(d.Section) {
		if region == "" {
			continue
		}
		l := held[list[account.Analyzer]](a.reader, d.Section, region)
		if why := uncounted(a, l.pages, 0); !why.Empty() {
			a.gap(d.Section, region, d.Actions[1], why)
			continue
		}
		byRegion[region] = made(a, d.Actions[1], l.all(), true)
	}
	if regions := held[list[account.RegionState]](a.reader, d.Section, ""); regions.any() {
		whole := a.whole(d.Descriptor, "", regionsLack(a, regions))
		*d.In(a.s) = made(a, d.Action(), account.AccessAnalyzers{Regions: regions.all(), ByRegion: byRegion}, whole)
	}
}

// regionsLack says why the list of regions isn't whole. Every account has regions that are enabled by default, and in
// the partition aws some that one opts in to: where there are none, --region-opt-status-contains left them out.
func regionsLack(a assembly, regions *list[account.RegionState]) message.Message {
	byDefault := func(r account.RegionState) bool { return r.State == "ENABLED_BY_DEFAULT" }
	optedIn := func(r account.RegionState) bool { return !byDefault(r) }
	switch why := uncounted(a, regions.pages, 0); {
	case !why.Empty():
		return why
	case !slices.ContainsFunc(regions.items, byDefault):
		return message.New("the files list no region that is enabled by default; save the answer without --region-opt-status-contains")
	case a.owner.partition == "aws" && !slices.ContainsFunc(regions.items, optedIn):
		return message.New("the files list no region that one opts in to; save the answer without --region-opt-status-contains")
	}
	return message.Message{}
}
