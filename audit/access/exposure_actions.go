package access

import (
	"slices"
	"strings"
	"sync"

	"sekisho/audit/lists"
	"sekisho/audit/policy"
)

// readingActions read what is kept in buckets, tables, secrets, parameters and snapshots (Service Authorization Reference,
// the page of each service: the level Read, but for CreateSession, which all reading in directory buckets begins with, and
// StartExportTask, which writes a snapshot's rows to a bucket). BatchGetSecretValue isn't among them: it takes
// GetSecretValue of each secret.
var readingActions = strings.Fields(`
	s3:GetObject s3:GetObjectVersion s3:GetObjectTorrent s3express:CreateSession s3-object-lambda:GetObject s3-object-lambda:GetObjectVersion
	s3-outposts:GetObject s3-outposts:GetObjectVersion
	dynamodb:GetItem dynamodb:BatchGetItem dynamodb:Query dynamodb:Scan dynamodb:PartiQLSelect dynamodb:GetRecords dynamodb:ExportTableToPointInTime
	secretsmanager:GetSecretValue
	ssm:GetParameter ssm:GetParameters ssm:GetParametersByPath ssm:GetParameterHistory
	ebs:GetSnapshotBlock rds:StartExportTask`)

// credentialActions return passwords, keys, tokens or sessions of somebody else, or of a role (Service Authorization
// Reference, the description of each, and the answer in the service's API reference). Those are left out that give no more
// than the caller's own rights, or what was granted to the caller by name: of STS GetSessionToken, of ECR and CodeArtifact
// GetAuthorizationToken, of S3 GetDataAccess, and those of Lake Formation.
var credentialActions = strings.Fields(`
	iam:CreateAccessKey iam:CreateLoginProfile iam:UpdateLoginProfile iam:CreateServiceSpecificCredential iam:ResetServiceSpecificCredential
	sts:AssumeRole sts:AssumeRoot sts:GetFederationToken
	cognito-identity:GetCredentialsForIdentity cognito-identity:GetOpenIdTokenForDeveloperIdentity cognito-idp:DescribeUserPoolClient
	ec2:GetPasswordData lightsail:GetInstanceAccessDetails lightsail:DownloadDefaultKeyPair lightsail:GetRelationalDatabaseMasterUserPassword
	lightsail:CreateBucketAccessKey gamelift:GetComputeAccess gamelift:GetInstanceAccess gamelift:RequestUploadCredentials
	redshift:GetClusterCredentials redshift:GetClusterCredentialsWithIAM redshift-serverless:GetCredentials
	elasticmapreduce:GetClusterSessionCredentials emr-containers:GetManagedEndpointSessionCredentials
	datazone:GetEnvironmentCredentials datazone:GetDomainExecutionRoleCredentials finspace-api:GetProgrammaticAccessCredentials
	deadline:AssumeQueueRoleForUser deadline:AssumeQueueRoleForRead deadline:AssumeQueueRoleForWorker deadline:AssumeFleetRoleForRead
	deadline:AssumeFleetRoleForWorker eks-auth:AssumeRoleForPodIdentity codepipeline:PollForJobs
	codeconnections:GetConnectionToken codestar-connections:GetConnectionToken bedrock-agentcore:GetResourceOauth2Token
	bedrock-agentcore:GetResourceApiKey airflow:CreateCliToken airflow:CreateWebLoginToken grafana:CreateWorkspaceApiKey
	grafana:CreateWorkspaceServiceAccountToken appsync:CreateApiKey appsync:ListApiKeys connect:GetFederationToken
	sagemaker:CreatePresignedDomainUrl sagemaker:CreatePresignedNotebookInstanceUrl mediapackage:RotateIngestEndpointCredentials
	storagegateway:DescribeChapCredentials acm:ExportCertificate pca-connector-scep:GetChallengePassword`)

// Actions that change who may use a resource are known by AWS's access level, Permissions management, and by what their
// names speak of; AWS has the level Write for some of them, which the narrower words find.
var (
	sharingWords      = strings.Fields("Policy Permission Acl Grant Shar PublicAccess SnapshotAttribute SetTopicAttributes SetQueueAttributes")
	sharingWriteWords = strings.Fields("ResourcePolicy PermissionsPolicy RepositoryPolicy DestinationPolicy SinkPolicy ProjectPolicy ChannelPolicy " +
		"CreateResourceShare AssociateResourceShare ModifyDBSnapshotAttribute ModifyDBClusterSnapshotAttribute ImageAttribute FunctionUrlConfig ShareDirectory")
	// Those that are told first.
	sharingFirst = strings.Fields("s3:PutBucketPolicy kms:PutKeyPolicy lambda:AddPermission secretsmanager:PutResourcePolicy sns:AddPermission sqs:AddPermission " +
		"s3:PutBucketAcl kms:CreateGrant ec2:ModifySnapshotAttribute rds:ModifyDBSnapshotAttribute ecr:SetRepositoryPolicy ram:CreateResourceShare")
	// What says what principals may do, and not who may use a resource, is another rule's.
	sharingOthers = strings.Fields("iam sso organizations iot identity-sync")
	sharingNot    = strings.Fields("cloudformation:SetStackPolicy glacier:SetDataRetrievalPolicy redshift:CreateSnapshotCopyGrant")
)

func shares(name string, level policy.AccessLevel) bool {
	service, action, _ := strings.Cut(name, ":")
	words := sharingWords
	switch level {
	case policy.LevelPermissions:
	case policy.LevelWrite:
		words = sharingWriteWords
	default:
		return false
	}
	for _, reading := range []string{"Get", "List", "Describe", "Validate"} {
		if strings.HasPrefix(action, reading) {
			return false
		}
	}
	return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(action, w) }) &&
		!slices.Contains(sharingOthers, service) && !slices.Contains(sharingNot, name)
}

// exposing are the actions of each kind, in the order in which they are told, and all of them as a set.
var exposing = sync.OnceValue(func() (e struct {
	kinds [3][]int
	all   policy.ActionSet
}) {
	c := policy.Actions()
	number := func(name string) int {
		n, _ := c.Number(name) // a test finds those that the catalogue lacks
		return n
	}
	e.kinds[DataRead], e.kinds[Credentials] = lists.Map(readingActions, number), lists.Map(credentialActions, number)
	e.kinds[Sharing] = lists.Map(sharingFirst, number)
	for i, name := range c.Names {
		if shares(name, c.Levels[i]) && !slices.Contains(sharingFirst, name) {
			e.kinds[Sharing] = append(e.kinds[Sharing], i)
		}
	}
	e.all = policy.NewActionSet(0, len(c.Names))
	for _, n := range slices.Concat(e.kinds[:]...) {
		e.all.Put(n)
	}
	return e
})
