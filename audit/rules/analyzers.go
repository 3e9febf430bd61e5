package rules

import (
	"sekisho/audit"
	"sekisho/audit/account"
	"sekisho/audit/message"
)

// unusedRegion is why rules about what is kept in each region do not apply to one.
var unusedRegion = message.New("the account does not use the region")

// neitherRegion says what is known of a region that is neither in use nor out of it.
func neitherRegion(r *account.Region) message.Message {
	return message.New("the region %s is %s", r.Name, r.State)
}

var accessAnalyzer = &audit.Rule{
	ID:       "access-analyzer",
	Title:    "Access Analyzer looks for external access in every region",
	Problem:  "No analyzer looks for external access in a region",
	Category: audit.CategoryAccount,
	Severity: audit.Low,
	Sweep:    audit.SweepRegions,
	Uses:     []account.Fact{account.RegionList, account.RegionAnalyzers},
	Why: "An analyzer of external access reports each bucket, key, queue or role that others can reach, as soon as its policy lets them. It " +
		"sees only its own region, so nobody sees a bucket that somebody opens in a region without one. It costs nothing.",
	How: "Judges each enabled region of account:ListRegions (ENABLED, ENABLED_BY_DEFAULT, and DISABLING until that is done) by access-analyzer:ListAnalyzers there, and " +
		"fails where no analyzer of external access (type ACCOUNT or ORGANIZATION) has the status ACTIVE; analyzers of unused or internal access " +
		"do not count. An analyzer of the organization that another account owns cannot be seen from here. A region that could not be asked " +
		"is unknown, and so is one that is being enabled. Not applicable to regions that are DISABLED.",
	Fix: fix(guide("access-analyzer-create-external"),
		do("Console: IAM, Access Analyzer, choose the region, Create analyzer, Resource analysis, External access; once in every region",
			"aws accessanalyzer create-analyzer --region REGION --analyzer-name external-access --type ACCOUNT")),
	Check: func(p *audit.Pass) {
		for r := range p.Regions() {
			switch {
			case r.Disabled():
				p.NotApplicable(r, unusedRegion, p.Account.RegionCount.Evidence()...)
			case !r.Enabled():
				p.Unknown(r, neitherRegion(r), p.Account.RegionCount.Evidence()...)
			case p.Require(r, account.RegionAnalyzers):
				checkAnalyzers(p, r)
			}
		}
	},
}

func checkAnalyzers(p *audit.Pass, r *account.Region) {
	var external, others []string
	evidence := r.Analyzers.Evidence()
	for _, analyzer := range r.Analyzers.Value() {
		switch {
		case analyzer.External() && analyzer.Status == "ACTIVE":
			p.Pass(r, evidence...)
			return
		case analyzer.External():
			external = append(external, analyzer.Name+" "+analyzer.Status)
		default:
			others = append(others, analyzer.Name+" "+analyzer.Type)
		}
	}
	switch {
	case len(external) > 0:
		p.Fail(r, message.New("no analyzer of external access is active in %s: %s", r.Name, message.Names(1, external)), evidence...)
	case len(others) > 0:
		p.Fail(r, message.New("no analyzer in %s looks for external access: %s", r.Name, message.Names(1, others)), evidence...)
	default:
		p.Fail(r, message.New("there is no access analyzer in %s", r.Name), evidence...)
	}
}

var analyzerTags = &audit.Rule{
	ID:       "analyzer-tags",
	Title:    "Access analyzers have the required tags",
	Problem:  "An access analyzer lacks a required tag",
	Category: audit.CategoryAccount,
	Severity: audit.Info,
	Sweep:    audit.SweepRegions,
	Uses:     []account.Fact{account.RegionList, account.RegionAnalyzers},
	Why:      whyTags,
	How: "Fails when an analyzer of any kind, in an enabled region, lacks a tag that tags.required names. " + exactTags + " A region that " +
		"could not be asked is unknown. Not applicable where tags.required names no tags, and to an account without analyzers.",
	Fix: fix("https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_TagResource.html",
		do("Console: IAM, Access Analyzer, Analyzer settings, the analyzer, Tags, Add new tag",
			"aws accessanalyzer tag-resource --region REGION --resource-arn ARN --tags KEY=VALUE")),
	Check: func(p *audit.Pass) {
		if !tagsRequired(p) {
			return
		}
		for r := range p.Regions() {
			switch {
			case r.Disabled():
				continue
			case !r.Enabled():
				p.Unknown(r, neitherRegion(r), p.Account.RegionCount.Evidence()...)
				continue
			case !p.Require(r, account.RegionAnalyzers):
				continue
			}
			for _, analyzer := range r.Analyzers.Value() {
				// Analyzers of two regions may share a name, and in the short form of an ARN the region is lost.
				subject := account.Subject{ARN: analyzer.ARN, Item: r.Name, Name: analyzer.Name}
				checkTags(p, subject, analyzer.Tags, r.Analyzers.Evidence())
			}
		}
	},
}
