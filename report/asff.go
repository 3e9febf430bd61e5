package report

import (
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"sekisho/audit"
	"sekisho/audit/account"
	"sekisho/audit/message"
	"sekisho/report/sanitize"
	"sekisho/report/wording"
)

type asffFinding struct {
	SchemaVersion  string
	ID             string `json:"Id"`
	ProductARN     string `json:"ProductArn"`
	ProductName    string
	CompanyName    string
	GeneratorID    string `json:"GeneratorId"`
	AWSAccountID   string `json:"AwsAccountId"`
	AWSAccountName string `json:"AwsAccountName,omitempty"`
	Types          []string
	CreatedAt      string
	UpdatedAt      string
	LastObservedAt string
	Severity       asffSeverity
	Title          string
	Description    string
	Remediation    *asffRemediation `json:",omitempty"`
	ProductFields  map[string]string
	Resources      []asffResource
	Compliance     asffCompliance
	Workflow       *asffWorkflow `json:",omitempty"`
	Note           *asffNote     `json:",omitempty"`
	RecordState    string
	ByProvider     asffByProvider `json:"FindingProviderFields"`
}

type asffSeverity struct{ Label, Original string }

type asffRemediation struct{ Recommendation struct{ Text string } }

type asffByProvider struct {
	Severity asffSeverity
	Types    []string
}

type asffWorkflow struct{ Status string }

type asffNote struct{ Text, UpdatedBy, UpdatedAt string }

type asffResource struct {
	Type      string
	ID        string `json:"Id"`
	Partition string `json:",omitempty"`
	Region    string
}

type asffCompliance struct {
	Status              string
	RelatedRequirements []string     `json:",omitempty"`
	StatusReasons       []asffReason `json:",omitempty"`
}

type asffReason struct{ ReasonCode, Description string }

// The limits of the AWS Security Finding Format, in bytes, for that is what Security Hub counts, and in numbers of
// entries.
const (
	asffTitle        = 256
	asffDescription  = 1024
	asffFix          = 512
	asffID           = 512
	asffAccountName  = 512
	asffField        = 2048
	asffFields       = 50
	asffRequirements = 32
	asffNoteText     = 512
	asffNoteBy       = 512
)

const asffType = "Software and Configuration Checks/AWS Security Best Practices"

// ASFF writes a list of findings in the AWS Security Finding Format, one a line, for BatchImportFindings, which takes
// 100 at a time, in the Region of their ProductArn: us-east-1 in the partition aws. Passes are among them, for a
// finding stays in Security Hub until one with its Id comes that says PASSED. A failure that an exception covers is
// FAILED and suppressed, with a note that says why; of a finding that it has, Security Hub takes neither from a later
// import: that is for BatchUpdateFindings. What is unknown is NOT_AVAILABLE and keeps its severity.
// The last finding is about the answers that all rest on: which calls failed, and what else is to be known of them.
func ASFF(w io.Writer, r *audit.Report) error {
	s := newStream(w, "ASFF")
	s.list("")
	for c := range identified(r).all() {
		s.verdict("asff", r, c)
	}
	s.end("\n")
	return s.close()
}

func asffFindingOf(r *audit.Report, c record) asffFinding {
	region := globalRegion(r.Account.Partition)
	severity := asffSeverity{asffLabel(c.severity), c.severity.String()}
	f := asffFinding{
		SchemaVersion: "2018-10-08",
		ID:            "sekisho/" + r.Account.ID + "/" + cut(c.rule.ID, asffID/2) + "/" + c.id,
		ProductARN:    "arn:" + r.Account.Partition + ":securityhub:" + region + ":" + r.Account.ID + ":product/" + r.Account.ID + "/default",
		ProductName:   "Sekisho", CompanyName: "Sekisho", GeneratorID: cut("sekisho/"+c.rule.ID, asffID),
		AWSAccountID: r.Account.ID, AWSAccountName: cut(string(sanitize.Terminal(accountName(r))), asffAccountName),
		Types: []string{asffType}, CreatedAt: instant(r.TakenAt), UpdatedAt: instant(r.TakenAt), LastObservedAt: instant(c.observed),
		Severity: severity, Title: cut(prose(c.rule.Title+": "+c.where()), asffTitle), Description: cut(prose(c.message), asffDescription),
		Resources: asffResources(r, c, region), RecordState: "ACTIVE", ByProvider: asffByProvider{severity, []string{asffType}},
		Compliance:    asffCompliance{RelatedRequirements: requirements(c.rule.Controls)},
		ProductFields: map[string]string{"sekisho/rule": c.rule.ID, "sekisho/status": c.status.String(), "sekisho/version": string(sanitize.Terminal(r.Tool.Version))},
	}
	f.Compliance.RelatedRequirements = f.Compliance.RelatedRequirements[:min(len(f.Compliance.RelatedRequirements), asffRequirements)]
	if c.item != "" {
		f.ProductFields["sekisho/item"] = cut(string(sanitize.Terminal(c.item)), asffField)
	}
	f.Title, f.Description = substance(f.Title), substance(f.Description)
	switch c.status {
	case audit.StatusPass:
		f.Compliance.Status = "PASSED"
		return f
	case audit.StatusFail:
		f.Compliance.Status = "FAILED"
		if e := c.exception; e != nil {
			f.ProductFields["sekisho/exception"] = cut(prose(wording.Exception(e).String()), asffField)
			f.Workflow = &asffWorkflow{"SUPPRESSED"}
			f.Note = &asffNote{cut(prose(c.excepted().String()), asffNoteText), substance(cut(prose(e.Owner), asffNoteBy)), instant(r.TakenAt)}
		}
	default:
		f.Compliance.Status = "NOT_AVAILABLE"
		f.Compliance.StatusReasons = []asffReason{{"UNKNOWN", f.Description}}
		f.Title = cut(message.New("Not decided: %s", f.Title).String(), asffTitle)
	}
	f.Remediation = new(asffRemediation)
	f.Remediation.Recommendation.Text = cut(prose(c.fix()), asffFix)
	for i, e := range c.evidence {
		if len(f.ProductFields) == asffFields {
			break
		}
		f.ProductFields["sekisho/evidence/"+strconv.Itoa(i+1)] = cut(string(sanitize.Terminal(evidenceText(e))), asffField)
	}
	return f
}

func asffResources(r *audit.Report, c record, region string) []asffResource {
	partition := r.Account.Partition
	if !slices.Contains([]string{"aws", "aws-cn", "aws-us-gov"}, partition) {
		partition = "" // Security Hub knows no other
	}
	kind := kindOf(c.resource)
	id := c.resource
	if account.IsRootARN(c.resource) {
		id = "AWS::::Account:" + r.Account.ID
	}
	list := []asffResource{{kind.asff, cut(id, asffID), partition, region}}
	if kind, ok := itemKind(c.item); ok {
		id := c.item
		if kind == accessKeyKind {
			id = "AWS::IAM::AccessKey:" + c.item
		}
		list = append(list, asffResource{kind.asff, cut(id, asffID), partition, region})
	}
	return list
}

func asffLabel(severity audit.Severity) string {
	if severity == audit.Info {
		return "INFORMATIONAL"
	}
	return strings.ToUpper(severity.String())
}

// globalRegion is where IAM, which is in no Region, is recorded in a partition.
func globalRegion(partition string) string {
	switch partition {
	case "aws-cn":
		return "cn-north-1"
	case "aws-us-gov":
		return "us-gov-west-1"
	case "aws-eusc":
		return "eusc-de-east-1"
	case "aws-iso":
		return "us-iso-east-1"
	case "aws-iso-b":
		return "us-isob-east-1"
	}
	return "us-east-1"
}

// cut shortens a text to so many bytes, and shows that.
func cut(s string, bytes int) string {
	const more = "…"
	if len(s) <= bytes {
		return s
	}
	end := bytes - len(more)
	for end > 0 && !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end] + more
}

// substance replaces a blank text, which Security Hub refuses.
func substance(s string) string {
	if strings.TrimSpace(s) == "" {
		return "-"
	}
	return s
}
