package emulator

import (
	"fmt"
	"slices"
	"strings"
)

// wide are statements that grant too much.
var wide = []string{
	allow(`"*"`, `"*"`),
	allow(`"s3:*","dynamodb:*"`, `"*"`),
	allow(`"iam:PassRole","lambda:CreateFunction","lambda:InvokeFunction"`, `"*"`),
	allow(`"iam:PassRole","ec2:RunInstances"`, `"arn:aws:iam::123456789012:role/app-*","arn:aws:ec2:*:*:*"`),
	allow(`"iam:CreatePolicyVersion","iam:SetDefaultPolicyVersion"`, `"arn:aws:iam::123456789012:policy/*"`),
	allow(`"iam:AttachUserPolicy","iam:PutUserPolicy"`, `"arn:aws:iam::*:user/${aws:username}"`),
	allow(`"iam:UpdateAssumeRolePolicy","sts:AssumeRole"`, `"arn:aws:iam::123456789012:role/*"`),
	allow(`"sts:AssumeRole"`, `"*"`),
	`{"Effect":"Allow","NotAction":["iam:*","organizations:*"],"Resource":"*"}`,
	allow(`"kms:*","cloudtrail:*","aws-marketplace:Subscribe"`, `"*"`),
	allow(`"iam:CreateAccessKey","iam:UpdateLoginProfile"`, `"*"`),
	`{"Effect":"Deny","Action":"*","NotResource":["arn:aws:s3:::public-*","arn:aws:s3:::public-*/*"],"Condition":{"NotIpAddress":{"aws:SourceIp":"192.0.2.0/24"}}}`,
	allow(`"iam:PassRole","cloudformation:CreateStack","glue:*","ecs:*"`, `"*"`),
	allow(`"lambda:UpdateFunctionCode","lambda:InvokeFunktion"`, `"*"`),
	allow(`"iam:AddUserToGroup"`, `"arn:aws:iam::123456789012:group/*"`),
}

func allow(actions, resources string) string {
	return `{"Effect":"Allow","Action":[` + actions + `],"Resource":[` + resources + `]}`
}

// policyOf is a document of statements.
func policyOf(statements ...string) string {
	return `{"Version":"2012-10-17","Statement":[` + strings.Join(statements, ",") + `]}`
}

// verbs are actions by service, as teams' policies have them.
var verbs = []struct {
	service, resource string
	actions           []string
}{
	{"s3", "arn:aws:s3:::NAME/*", []string{"GetObject", "PutObject", "ListBucket", "DeleteObject", "Get*", "*"}},
	{"dynamodb", "arn:aws:dynamodb:*:123456789012:table/NAME", []string{"GetItem", "PutItem", "Query", "Scan", "BatchGetItem"}},
	{"ec2", "arn:aws:ec2:*:123456789012:instance/*", []string{"Describe*", "StartInstances", "StopInstances", "TerminateInstances"}},
	{"lambda", "arn:aws:lambda:*:123456789012:function:NAME", []string{"InvokeFunction", "GetFunction", "List*"}},
	{"sqs", "arn:aws:sqs:*:123456789012:NAME", []string{"SendMessage", "ReceiveMessage", "DeleteMessage", "*"}},
	{"sns", "arn:aws:sns:*:123456789012:NAME", []string{"Publish", "Subscribe"}},
	{"logs", "arn:aws:logs:*:123456789012:log-group:NAME:*", []string{"CreateLogStream", "PutLogEvents", "FilterLogEvents"}},
	{"kms", "arn:aws:kms:*:123456789012:alias/NAME", []string{"Decrypt", "Encrypt", "GenerateDataKey*"}},
	{"secretsmanager", "arn:aws:secretsmanager:*:123456789012:secret:NAME-*", []string{"GetSecretValue", "DescribeSecret"}},
	{"ssm", "arn:aws:ssm:*:123456789012:parameter/NAME/*", []string{"GetParameter*", "PutParameter", "SendCommand"}},
	{"ecs", "arn:aws:ecs:*:123456789012:service/NAME/*", []string{"UpdateService", "Describe*", "RunTask"}},
	{"iam", "arn:aws:iam::123456789012:role/NAME-*", []string{"PassRole", "GetRole", "List*"}},
	{"sts", "arn:aws:iam::123456789012:role/NAME-*", []string{"AssumeRole"}},
	{"rds", "arn:aws:rds:*:123456789012:db:NAME", []string{"Describe*", "ModifyDBInstance", "CreateDBSnapshot"}},
}

var narrowing = []string{
	``, ``, ``,
	`,"Condition":{"StringEquals":{"aws:RequestedRegion":["ap-northeast-1","us-east-1"]}}`,
	`,"Condition":{"StringEquals":{"aws:ResourceTag/team":"${aws:PrincipalTag/team}"}}`,
	`,"Condition":{"IpAddress":{"aws:SourceIp":"203.0.113.0/24"}}`,
	`,"Condition":{"Bool":{"aws:MultiFactorAuthPresent":"true"}}`,
	`,"Condition":{"NumericLessThan":{"aws:MultiFactorAuthAge":"3600"}}`,
}

// statements are up to so many of an ordinary policy.
func (m *mess) statements(d dice, most int) string {
	var list []string
	for n := range 1 + d.IntN(most) {
		v := one(d, verbs)
		var actions []string
		for range 1 + d.IntN(3) {
			actions = append(actions, `"`+v.service+":"+one(d, v.actions)+`"`)
		}
		var resources []string
		for range 1 + d.IntN(3) {
			resources = append(resources, `"`+strings.ReplaceAll(v.resource, "NAME", one(d, []string{"app", "data", "web", "${aws:username}"})+fmt.Sprintf("-%d", d.IntN(m.n)))+`"`)
		}
		effect := "Allow"
		if d.in(8) {
			effect = "Deny"
		}
		list = append(list, fmt.Sprintf(`{"Sid":"S%d","Effect":%q,"Action":[%s],"Resource":[%s]%s}`, n, effect, strings.Join(slices.Compact(actions), ","), strings.Join(slices.Compact(resources), ","), one(d, narrowing)))
	}
	return strings.Join(list, ",")
}
