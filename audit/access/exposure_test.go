package access

import (
	"slices"
	"strings"
	"testing"

	"sekisho/audit/policy"
)

// TestExposingActionsExist holds the tables against the catalogue, with the access levels that they were chosen by.
func TestExposingActionsExist(t *testing.T) {
	t.Parallel()
	c := policy.Actions()
	for _, name := range slices.Concat(readingActions, credentialActions, sharingFirst, sharingNot) {
		n, ok := c.Number(name)
		switch {
		case !ok || c.Names[n] != name:
			t.Errorf("%s: not in the catalogue by that name", name)
		case slices.Contains(sharingFirst, name) && !shares(name, c.Levels[n]):
			t.Errorf("%s: told first, and not among those that share", name)
		case slices.Contains(sharingNot, name) && c.Levels[n] != policy.LevelPermissions:
			t.Errorf("%s: got the level %c, want permissions management: it needs no exception", name, c.Levels[n])
		}
	}
	for _, word := range sharingWriteWords {
		if !slices.ContainsFunc(exposing().kinds[Sharing], func(n int) bool { return c.Levels[n] == policy.LevelWrite && strings.Contains(c.Names[n], word) }) {
			t.Errorf("%s: finds no action", word)
		}
	}
}

func TestWhatSharesAResource(t *testing.T) {
	t.Parallel()
	c := policy.Actions()
	for name, want := range map[string]bool{
		"s3:PutBucketPolicy": true, "s3:DeleteBucketPolicy": true, "s3:PutObjectAcl": true, "s3:PutAccountPublicAccessBlock": true, "kms:CreateGrant": true,
		"kms:PutKeyPolicy": true, "lambda:AddPermission": true, "lambda:CreateFunctionUrlConfig": true, "sns:SetTopicAttributes": true, "sqs:SetQueueAttributes": true,
		"ec2:ModifySnapshotAttribute": true, "ec2:ModifyImageAttribute": true, "rds:ModifyDBSnapshotAttribute": true, "rds:ModifyDBClusterSnapshotAttribute": true,
		"ram:CreateResourceShare": true, "logs:PutDestinationPolicy": true, "ecr:SetRepositoryPolicy": true, "ecr-public:SetRepositoryPolicy": true,
		"codeartifact:PutDomainPermissionsPolicy": true, "kinesis:PutResourcePolicy": true, "ds:ShareDirectory": true, "lakeformation:GrantPermissions": true,
		"iam:PutRolePolicy": false, "sso:AttachManagedPolicyToPermissionSet": false, "organizations:AttachPolicy": false, "iot:AttachPolicy": false,
		"glue:GetResourcePolicy": false, "glue:RunDataPreviewStatement": false, "secretsmanager:ValidateResourcePolicy": false, "cloudformation:SetStackPolicy": false,
		"bedrock:AllowVendedLogDeliveryForResource": false, "ram:AcceptResourceShareInvitation": false, "ec2:ModifyInstanceAttribute": false, "s3:PutObject": false,
	} {
		n, ok := c.Number(name)
		if got := slices.Contains(exposing().kinds[Sharing], n); !ok || got != want {
			t.Errorf("%s: got %t (in the catalogue: %t), want %t", name, got, ok, want)
		}
	}
}
