package permissions

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"sekisho/audit/organization"
	"sekisho/report/format"
	"sekisho/report/sanitize"
)

// Fleet is what an audit of an organization needs: of the hub, from which all accounts are reached, and of the role in
// each account.
type Fleet struct {
	Hub          string // the ARN of the role or user that audits
	Partition    string
	Organization string // the organization's ID: "o-exampleorgid"
	Role         string // the name of the role in each account
	// Actions are those of an audit; Organization's are those that the organization is read with besides.
	Actions, OrganizationActions []string
	// MemberRoot adds what sessions of members' root users take.
	MemberRoot bool
	Bucket     *Bucket // nil where runs are kept in folders
}

// FleetFormats lists what the permissions of a fleet are written as, the default first.
func FleetFormats() format.Register[*Fleet] {
	return format.Register[*Fleet]{
		{Name: "json", Extensions: []string{".json"}, Render: format.Plain(func(w io.Writer, f *Fleet) error { return f.write(w) })},
		{Name: "terraform", Extensions: []string{".tf"}, Render: format.Plain(fleetTerraform)},
		{Name: "cloudformation", Extensions: []string{".yaml", ".yml"}, Render: format.Plain(fleetCloudFormation)},
	}
}

type statement struct {
	Effect    string
	Principal any `json:",omitempty"`
	Action    any
	Resource  any        `json:",omitempty"`
	Condition conditions `json:",omitempty"`
}

type document struct {
	Version   string
	Statement []statement
}

func documentOf(statements ...statement) document { return document{"2012-10-17", statements} }

// write writes the policies as IAM and S3 take them, under names that say whose they are.
func (f *Fleet) write(w io.Writer) error { return sanitize.WriteJSON(w, "the policies", f.policies()) }

// policies are those of the hub, and of the role in each account.
type policies struct {
	Hub   document `json:"hub_policy"`
	Trust document `json:"role_trust_policy"`
	Role  document `json:"role_policy"`
	bucketDocuments
}

func (f *Fleet) policies() policies {
	// The hub's own account takes no role, so that the hub reads it by itself.
	hub := documentOf(
		statement{Effect: "Allow", Action: f.OrganizationActions, Resource: "*"},
		statement{Effect: "Allow", Action: f.Actions, Resource: "*"},
		statement{Effect: "Allow", Action: "sts:AssumeRole", Resource: f.roles()},
	)
	if f.MemberRoot {
		hub.Statement = append(hub.Statement, statement{
			Effect: "Allow", Action: organization.AssumeRootAction, Resource: f.roots(),
			Condition: conditions{"StringEquals": {"sts:TaskPolicyArn": organization.RootTask(f.Partition)}},
		})
	}
	if f.Bucket != nil {
		hub.Statement = append(hub.Statement, f.writing(nil)...)
	}
	return policies{
		Hub: hub,
		Trust: documentOf(statement{
			Effect: "Allow", Principal: map[string]string{"AWS": f.Hub}, Action: "sts:AssumeRole",
			Condition: conditions{"StringEquals": {"aws:PrincipalOrgID": f.Organization}},
		}),
		Role:            documentOf(statement{Effect: "Allow", Action: f.Actions, Resource: "*"}),
		bucketDocuments: f.documents(),
	}
}

func (f *Fleet) roles() string { return "arn:" + f.Partition + ":iam::*:role/" + f.Role }

// roots are the root users of all accounts.
func (f *Fleet) roots() string { return "arn:" + f.Partition + ":iam::*:root" }

// ofRoots is a part of a template that is for sessions of members' root users.
func (f *Fleet) ofRoots(part string) string {
	if !f.MemberRoot {
		return ""
	}
	return strings.NewReplacer("ROOTS", f.roots(), "TASK", organization.RootTask(f.Partition), "ACTION", organization.AssumeRootAction).Replace(part)
}

// quoted lists actions as Terraform does.
func quoted(actions []string) string {
	var list strings.Builder
	for _, action := range actions {
		fmt.Fprintf(&list, "      %q,\n", action)
	}
	return list.String()
}

// listed lists actions as YAML does.
func listed(indent string, actions []string) string {
	var list strings.Builder
	for _, action := range actions {
		fmt.Fprintf(&list, "%s- %s\n", indent, action)
	}
	return list.String()
}

// fleetCloudFormation writes one template for a StackSet. StackSets leave out the account that manages the organization,
// so it is a stack of its own there; in the hub's account it makes the hub's policy.
func fleetCloudFormation(w io.Writer, f *Fleet) error {
	const template = `AWSTemplateFormatVersion: "2010-09-09"
Description: The role by which Sekisho audits this account, and in the hub's account the hub's policy. Deploy it as a StackSet, and as a stack in the account that manages the organization.
Parameters:
  HubArn:
    Type: String
    Description: The role or user that audits
    Default: HUB_ARN
  OrganizationId:
    Type: String
    Default: ORGANIZATION_ID
  ExternalId:
    Type: String
    NoEcho: true
    Description: Needed only where the hub is in another organization
    Default: ""
BUCKET_PARAMETERSConditions:
  IsHub: !Equals [!Ref "AWS::AccountId", !Select [4, !Split [":", !Ref HubArn]]]
  HasExternalId: !Not [!Equals [!Ref ExternalId, ""]]
BUCKET_CONDITIONSResources:
  AuditRole:
    Type: AWS::IAM::Role
    Properties:
      RoleName: ROLE_NAME
      Description: What an audit by Sekisho reads
      MaxSessionDuration: 3600
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Effect: Allow
            Principal:
              AWS: !Ref HubArn
            Action: sts:AssumeRole
            Condition:
              StringEquals: !If
                - HasExternalId
                - sts:ExternalId: !Ref ExternalId
                - aws:PrincipalOrgID: !Ref OrganizationId
      Policies:
        - PolicyName: sekisho
          PolicyDocument:
            Version: "2012-10-17"
            Statement:
              - Effect: Allow
                Action:
ROLE_ACTIONS                Resource: "*"
  HubPolicy:
    Type: AWS::IAM::ManagedPolicy
    Condition: IsHub
    Properties:
      Description: What an audit of the organization by Sekisho needs of its hub
      PolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Effect: Allow
            Action:
ORGANIZATION_ACTIONS            Resource: "*"
          - Effect: Allow
            Action:
HUB_ACTIONS            Resource: "*"
          - Effect: Allow
            Action: sts:AssumeRole
            Resource: !Sub arn:${AWS::Partition}:iam::*:role/ROLE_NAME
MEMBER_ROOTBUCKET_RESOURCESOutputs:
  RoleArn:
    Value: !GetAtt AuditRole.Arn
`
	bucket, err := f.bucketCloudFormation()
	if err != nil {
		return err
	}
	_, err = strings.NewReplacer(
		"BUCKET_PARAMETERS", bucket[0], "BUCKET_CONDITIONS", bucket[1], "BUCKET_RESOURCES", bucket[2], "HUB_ARN", f.Hub, "ORGANIZATION_ID", f.Organization, "ROLE_NAME", f.Role, "ROLE_ACTIONS", listed("                  ", f.Actions),
		"ORGANIZATION_ACTIONS", listed("              ", f.OrganizationActions), "HUB_ACTIONS", listed("              ", f.Actions),
		"MEMBER_ROOT", f.ofRoots("          - Effect: Allow\n            Action: ACTION\n            Resource: ROOTS\n            Condition:\n              StringEquals:\n                sts:TaskPolicyArn: TASK\n"),
	).WriteString(w, template)
	return err
}

// fleetTerraform writes the hub's policy, and the role of one account as resources that a provider of each account makes.
func fleetTerraform(w io.Writer, f *Fleet) error {
	const resources = `# The hub's policy: in the hub's account.
data "aws_iam_policy_document" "sekisho_hub" {
  statement {
    effect = "Allow"
    actions = [
ORGANIZATION_ACTIONS    ]
    resources = ["*"]
  }
  statement {
    effect = "Allow"
    actions = [
ACTIONS    ]
    resources = ["*"]
  }
  statement {
    effect    = "Allow"
    actions   = ["sts:AssumeRole"]
    resources = ["ROLES"]
  }
MEMBER_ROOT}

resource "aws_iam_policy" "sekisho_hub" {
  name        = "sekisho-hub"
  description = "What an audit of the organization by Sekisho needs of its hub"
  policy      = data.aws_iam_policy_document.sekisho_hub.json
}

# The role: in each account, the one that manages the organization too, unless it is the hub's.
data "aws_iam_policy_document" "sekisho_trust" {
  statement {
    effect  = "Allow"
    actions = ["sts:AssumeRole"]
    principals {
      type        = "AWS"
      identifiers = ["HUB"]
    }
    condition {
      test     = "StringEquals"
      variable = "aws:PrincipalOrgID"
      values   = ["ORGANIZATION"]
    }
  }
}

data "aws_iam_policy_document" "sekisho_role" {
  statement {
    effect = "Allow"
    actions = [
ACTIONS    ]
    resources = ["*"]
  }
}

resource "aws_iam_role" "sekisho" {
  name                 = "ROLE"
  description          = "What an audit by Sekisho reads"
  max_session_duration = 3600
  assume_role_policy   = data.aws_iam_policy_document.sekisho_trust.json
}

resource "aws_iam_role_policy" "sekisho" {
  name   = "sekisho"
  role   = aws_iam_role.sekisho.id
  policy = data.aws_iam_policy_document.sekisho_role.json
}
`
	_, err := strings.NewReplacer(
		"MEMBER_ROOT", f.ofRoots("  statement {\n    effect    = \"Allow\"\n    actions   = [\"ACTION\"]\n    resources = [\"ROOTS\"]\n    condition {\n      test     = \"StringEquals\"\n      variable = \"sts:TaskPolicyArn\"\n      values   = [\"TASK\"]\n    }\n  }\n"),
		"ORGANIZATION_ACTIONS", quoted(f.OrganizationActions), "ACTIONS", quoted(f.Actions), `"ROLES"`, strconv.Quote(f.roles()), `"HUB"`, strconv.Quote(f.Hub), `"ORGANIZATION"`, strconv.Quote(f.Organization), `"ROLE"`, strconv.Quote(f.Role),
	).WriteString(w, resources)
	if err != nil {
		return err
	}
	bucket, err := f.bucketTerraform()
	if err != nil {
		return err
	}
	_, err = io.WriteString(w, bucket)
	return err
}
