package policy

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"sekisho/audit/mfapolicy"
	"sekisho/report/format"
	"sekisho/report/sanitize"
)

// Written is a policy that was written for somebody, with a name for it.
type Written struct {
	mfapolicy.Document
	Name string
}

// Writings lists what a written policy is given as, the default first.
func Writings() format.Register[Written] {
	return format.Register[Written]{
		{Name: "json", Extensions: []string{".json"}, Render: format.Plain(writtenJSON)},
		{Name: "terraform", Extensions: []string{".tf"}, Render: format.Plain(terraform)},
		{Name: "cloudformation", Extensions: []string{".yaml", ".yml"}, Render: format.Plain(cloudFormation)},
	}
}

// writtenJSON writes the policy as IAM takes it.
func writtenJSON(w io.Writer, p Written) error {
	return sanitize.WriteJSON(w, "the policy", p.Document)
}

// terraform writes it as a resource of Terraform, where ${ and %{ begin what Terraform works out, and doubled don't.
func terraform(w io.Writer, p Written) error {
	text, err := indented(p, "    ")
	if err != nil {
		return err
	}
	text = strings.NewReplacer("${", "$${", "%{", "%%{").Replace(text)
	_, err = fmt.Fprintf(w, `resource "aws_iam_policy" "mfa" {
  name        = %q
  description = "Members manage their own credentials, and need MFA for everything else"
  policy      = <<-POLICY
    %s
  POLICY
}
`, p.Name, text)
	return err
}

// cloudFormation writes it as a template of CloudFormation, which takes JSON for YAML.
func cloudFormation(w io.Writer, p Written) error {
	text, err := indented(p, "        ")
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, `AWSTemplateFormatVersion: "2010-09-09"
Description: Members manage their own credentials, and need MFA for everything else
Resources:
  MFAPolicy:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      ManagedPolicyName: %[1]s
      Description: Members manage their own credentials, and need MFA for everything else
      PolicyDocument:
        %[2]s
Outputs:
  PolicyArn:
    Value: !Ref MFAPolicy
`, p.Name, text)
	return err
}

// indented is the document's JSON, with all lines but the first indented.
func indented(p Written, by string) (string, error) {
	var text bytes.Buffer
	err := writtenJSON(&text, p)
	return strings.ReplaceAll(strings.TrimSpace(text.String()), "\n", "\n"+by), err
}
