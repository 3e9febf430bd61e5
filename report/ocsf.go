package report

import (
	"io"
	"slices"

	"sekisho/audit"
	"sekisho/audit/message"
	"sekisho/report/sanitize"
)

// ocsfVersion is the version of the Open Cybersecurity Schema Framework whose class Compliance Finding is written.
// Nothing is used that 1.8 lacks, and minor versions only add.
const ocsfVersion = "1.9.0"

type ocsfEvent struct {
	ActivityID   int             `json:"activity_id"`
	ActivityName string          `json:"activity_name"`
	CategoryUID  int             `json:"category_uid"`
	CategoryName string          `json:"category_name"`
	ClassUID     int             `json:"class_uid"`
	ClassName    string          `json:"class_name"`
	TypeUID      int             `json:"type_uid"`
	TypeName     string          `json:"type_name"`
	Time         int64           `json:"time"` // milliseconds since 1970
	SeverityID   int             `json:"severity_id"`
	Severity     string          `json:"severity"`
	StatusID     int             `json:"status_id"`
	Status       string          `json:"status"`
	StatusCode   string          `json:"status_code"`
	StatusDetail string          `json:"status_detail,omitempty"`
	Message      string          `json:"message"`
	Comment      string          `json:"comment,omitempty"`
	Metadata     *ocsfMetadata   `json:"metadata"`
	Cloud        *ocsfCloud      `json:"cloud"`
	FindingInfo  ocsfFindingInfo `json:"finding_info"`
	Compliance   ocsfCompliance  `json:"compliance"`
	Remediation  *ocsfDesc       `json:"remediation,omitempty"`
	Resources    []ocsfResource  `json:"resources"`
	Evidences    []ocsfEvidence  `json:"evidences,omitempty"`
	Unmapped     *ocsfUnmapped   `json:"unmapped,omitempty"`
}

// ocsfUnmapped holds what the class has no attribute for.
type ocsfUnmapped struct {
	Exception *audit.Exception `json:"exception"`
}

type ocsfMetadata struct {
	Version   string      `json:"version"`
	Product   ocsfProduct `json:"product"`
	Profiles  []string    `json:"profiles"`
	TenantUID string      `json:"tenant_uid,omitempty"`
	EventCode string      `json:"event_code"`
}

type ocsfProduct struct {
	Name       string `json:"name"`
	UID        string `json:"uid"`
	VendorName string `json:"vendor_name"`
	Version    string `json:"version"`
}

type ocsfCloud struct {
	Provider  string      `json:"provider"`
	Partition string      `json:"cloud_partition,omitempty"`
	Account   ocsfAccount `json:"account"`
}

type ocsfAccount struct {
	UID    string `json:"uid"`
	Name   string `json:"name"`
	TypeID int    `json:"type_id"`
	Type   string `json:"type"`
}

type ocsfFindingInfo struct {
	UID          string       `json:"uid"`
	Title        string       `json:"title"`
	Desc         string       `json:"desc,omitempty"`
	Types        []string     `json:"types"`
	Analytic     ocsfAnalytic `json:"analytic"`
	LastSeenTime int64        `json:"last_seen_time"`
	DataSources  []string     `json:"data_sources,omitempty"`
}

type ocsfAnalytic struct {
	TypeID int    `json:"type_id"`
	Type   string `json:"type"`
	UID    string `json:"uid"`
	Name   string `json:"name"`
	Desc   string `json:"desc,omitempty"`
}

type ocsfCompliance struct {
	Control      string   `json:"control"`
	Desc         string   `json:"desc,omitempty"`
	Category     string   `json:"category"`
	Requirements []string `json:"requirements,omitempty"`
	Standards    []string `json:"standards,omitempty"`
	StatusID     int      `json:"status_id"`
	Status       string   `json:"status"`
	StatusCode   string   `json:"status_code"`
	Details      []string `json:"status_details,omitempty"`
}

type ocsfDesc struct {
	Desc string `json:"desc"`
}

type ocsfResource struct {
	UID   string     `json:"uid"`
	Name  string     `json:"name,omitempty"`
	Type  string     `json:"type"`
	Owner *ocsfOwner `json:"owner"`
}

type ocsfOwner struct {
	UID     string      `json:"uid"`
	Name    string      `json:"name"`
	TypeID  int         `json:"type_id"`
	Type    string      `json:"type"`
	Account ocsfAccount `json:"account"`
}

type ocsfEvidence struct {
	Name string         `json:"name"`
	Data audit.Evidence `json:"data"`
}

// OCSF writes a list of Compliance Findings of the Open Cybersecurity Schema Framework, one a line: a verdict about one
// resource each, the passes too, and at last one on the answers that all rest on. What is unknown has the compliance status Warning, which stands there for a check that
// gave no result because information is missing. A failure that an exception covers stays one, and its finding is
// Suppressed.
func OCSF(w io.Writer, r *audit.Report) error {
	s := newStream(w, "OCSF")
	s.list("")
	for c := range identified(r).all() {
		s.verdict("ocsf", r, c)
	}
	s.end("\n")
	return s.close()
}

func ocsfCloudOf(r *audit.Report) *ocsfCloud {
	name := accountName(r)
	if name == "" {
		name = r.Account.ID // readers that are stricter than the schema want one
	}
	return &ocsfCloud{Provider: "AWS", Partition: r.Account.Partition, Account: ocsfAccount{UID: r.Account.ID, Name: string(sanitize.Terminal(name)), TypeID: 10, Type: "AWS Account"}}
}

func ocsfEventOf(r *audit.Report, c record, cloud *ocsfCloud) ocsfEvent {
	text := prose(c.where() + ": " + c.message)
	event := ocsfEvent{
		ActivityID: 1, ActivityName: "Create", CategoryUID: 2, CategoryName: "Findings", ClassUID: 2003, ClassName: "Compliance Finding",
		TypeUID: 200301, TypeName: "Compliance Finding: Create", Time: r.TakenAt.UnixMilli(), StatusID: 1, Status: "New",
		StatusCode: c.status.String(), Message: text, Cloud: cloud,
		Metadata: &ocsfMetadata{
			Version: ocsfVersion, Product: ocsfProduct{"Sekisho", "sekisho", "Sekisho", r.Tool.Version}, Profiles: []string{"cloud"},
			TenantUID: r.Account.ID, EventCode: c.rule.ID,
		},
		FindingInfo: ocsfFindingInfo{
			UID: c.id, Title: prose(c.rule.Title), Types: []string{string(c.rule.Category)},
			Analytic:     ocsfAnalytic{TypeID: 1, Type: "Rule", UID: c.rule.ID, Name: prose(c.rule.Title)},
			LastSeenTime: c.observed.UnixMilli(),
		},
		Compliance: ocsfCompliance{
			Control: c.rule.ID + ": " + prose(c.rule.Title), Category: string(c.rule.Category), Requirements: requirements(c.rule.Controls),
			Standards: standards(c.rule.Controls), StatusCode: c.status.String(),
		},
		Resources: ocsfResources(c, cloud.Account),
	}
	event.SeverityID, event.Severity = ocsfSeverity(c.severity)
	switch c.status {
	case audit.StatusFail:
		event.Compliance.StatusID, event.Compliance.Status = 3, "Fail"
		if c.exception != nil {
			event.StatusID, event.Status = 3, "Suppressed"
			event.Comment, event.Unmapped = prose(c.excepted().String()), &ocsfUnmapped{c.exception}
		}
	case audit.StatusPass:
		event.Compliance.StatusID, event.Compliance.Status = 1, "Pass"
		return event // its rule is told with what fails
	default:
		event.Compliance.StatusID, event.Compliance.Status = 2, "Warning"
		event.StatusDetail = prose(message.New("Not decided, which is no pass: %s", c.message).String())
	}
	event.Compliance.Desc, event.Compliance.Details = prose(c.rule.How), []string{prose(c.message)}
	event.FindingInfo.Desc, event.FindingInfo.Analytic.Desc = text, prose(c.rule.Why)
	event.Remediation = &ocsfDesc{prose(c.fix())}
	for _, e := range c.evidence {
		event.Evidences = append(event.Evidences, ocsfEvidence{string(sanitize.Terminal(e.Name)), e})
		if !slices.Contains(event.FindingInfo.DataSources, e.Source) {
			event.FindingInfo.DataSources = append(event.FindingInfo.DataSources, e.Source)
		}
	}
	return event
}

func ocsfResources(c record, owner ocsfAccount) []ocsfResource {
	who := &ocsfOwner{owner.UID, owner.Name, 99, owner.Type, owner}
	list := []ocsfResource{{UID: c.resource, Name: string(sanitize.Terminal(c.name)), Type: kindOf(c.resource).cfn, Owner: who}}
	if c.item != "" {
		kind, ok := itemKind(c.item)
		if !ok {
			kind.cfn = message.New("Part of %s", list[0].Type).String()
		}
		list = append(list, ocsfResource{UID: c.item, Name: string(sanitize.Terminal(audit.Short(c.name, c.item))), Type: kind.cfn, Owner: who})
	}
	return list
}

func ocsfSeverity(severity audit.Severity) (int, string) {
	switch severity {
	case audit.Critical:
		return 5, "Critical"
	case audit.High:
		return 4, "High"
	case audit.Medium:
		return 3, "Medium"
	case audit.Low:
		return 2, "Low"
	}
	return 1, "Informational"
}
