package permissions

import (
	"fmt"
	"io"

	"sekisho/report/format"
	"sekisho/report/sanitize"
)

// Formats lists what a policy that allows some actions is written as, the default first.
func Formats() format.Register[[]string] {
	return format.Register[[]string]{
		{Name: "json", Extensions: []string{".json"}, Render: format.Plain(JSON)},
		{Name: "terraform", Extensions: []string{".tf"}, Render: format.Plain(Terraform)},
		{Name: "cloudformation", Extensions: []string{".yaml", ".yml"}, Render: format.Plain(CloudFormation)},
	}
}

// JSON writes the policy as IAM takes it.
func JSON(w io.Writer, actions []string) error {
	return sanitize.WriteJSON(w, "the policy", documentOf(statement{Effect: "Allow", Action: actions, Resource: "*"}))
}

// Terraform writes it as a resource of Terraform.
func Terraform(w io.Writer, actions []string) error {
	_, err := fmt.Fprintf(w, `data "aws_iam_policy_document" "sekisho" {
  statement {
    effect = "Allow"
    actions = [
%s    ]
    resources = ["*"]
  }
}

resource "aws_iam_policy" "sekisho" {
  name        = "sekisho"
  description = "What an audit by Sekisho reads"
  policy      = data.aws_iam_policy_document.sekisho.json
}
`, quoted(actions))
	return err
}

// CloudFormation writes it as a template of CloudFormation.
func CloudFormation(w io.Writer, actions []string) error {
	_, err := fmt.Fprintf(w, `AWSTemplateFormatVersion: "2010-09-09"
Description: What an audit by Sekisho reads
Resources:
  SekishoPolicy:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      Description: What an audit by Sekisho reads
      PolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Effect: Allow
            Action:
%s            Resource: "*"
Outputs:
  PolicyArn:
    Value: !Ref SekishoPolicy
`, listed("              ", actions))
	return err
}
