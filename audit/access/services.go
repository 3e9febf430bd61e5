package access

import (
	"slices"
	"strings"

	"sekisho/audit/message"
)

// serviceWay is a way to act with a role by a service that uses it: the role is passed to the service, or something
// that runs with it there is taken over.
type serviceWay struct {
	id       string
	services []string // principals that the role must trust, all of them: "lambda.amazonaws.com"
	pass     bool     // the role is passed to each of them: iam:PassRole with iam:PassedToService
	beside   string   // a role that trusts this service has to be passed too: another one, or the same
	profile  bool     // the role has to be in an instance profile
	only     string   // what the service does with the role is this action alone

	// What has to be called: the actions of a group act on one thing of one name.
	actions [][]string

	existing message.Message // what has to exist, of which IAM doesn't tell; empty: nothing
	how      message.Message // "runs its own code in a function with the role"
}

// passes is a way on which the role is passed to services, given by their principals' first part.
func passes(id, services string, how message.Message, actions ...[]string) serviceWay {
	w := serviceWay{id: id, pass: true, how: how, actions: actions}
	for s := range strings.FieldsSeq(services) {
		w.services = append(w.services, s+".amazonaws.com")
	}
	return w
}

// takesOver is a way into what runs with the role already.
func takesOver(id, services string, how, existing message.Message, actions ...[]string) serviceWay {
	w := passes(id, services, how, actions...)
	w.pass = false
	return w.where(existing)
}

func (w serviceWay) where(existing message.Message) serviceWay {
	w.existing = existing
	return w
}

func (w serviceWay) inProfile() serviceWay {
	w.profile = true
	return w
}

func (w serviceWay) with(service string) serviceWay {
	w.beside = service + ".amazonaws.com"
	return w
}

func (w serviceWay) just(action string) serviceWay {
	w.only = action
	return w
}

// serviceWays are the ways that have been published, by Rhino Security Labs, Bishop Fox, NCC Group's PMapper and
// Datadog's pathfinding.cloud among others, and those like them; each was read against AWS's description of the actions.
var serviceWays = slices.Concat(passingWays, existingWays)

// passingWays are those by iam:PassRole.
var passingWays = []serviceWay{
	passes("lambda-invoke", "lambda", message.New("runs its own code in a function with the role"), []string{"lambda:CreateFunction", "lambda:InvokeFunction"}),
	passes("lambda-event-source", "lambda", message.New("has an event run its own function with the role"), []string{"lambda:CreateFunction"}, []string{"lambda:CreateEventSourceMapping"}), // the queue may be another account's
	passes("lambda-permission", "lambda", message.New("lets others run its own function with the role"), []string{"lambda:CreateFunction", "lambda:AddPermission"}),

	passes("ec2-run-instances", "ec2", message.New("starts an instance with the role"), []string{"ec2:RunInstances"}).inProfile(),
	passes("ec2-spot-instances", "ec2", message.New("starts a spot instance with the role"), []string{"ec2:RequestSpotInstances"}).inProfile(),
	passes("ec2-instance-profile", "ec2", message.New("gives an instance the role"), []string{"ec2:AssociateIamInstanceProfile"}).inProfile().where(message.New("an instance that it can get into")),
	passes("ec2-replace-instance-profile", "ec2", message.New("gives an instance the role"), []string{"ec2:ReplaceIamInstanceProfileAssociation"}).inProfile().where(message.New("an instance that it can get into")),
	passes("iam-instance-profile", "ec2", message.New("puts the role into an instance's profile"), []string{"iam:AddRoleToInstanceProfile"}).where(message.New("an instance that has the profile, which it can get into")),
	// With a launch template AWS asks for ec2:RunInstances, which is a way of its own.
	passes("autoscaling-launch-configuration", "ec2", message.New("has instances started with the role"), []string{"autoscaling:CreateLaunchConfiguration"}, []string{"autoscaling:CreateAutoScalingGroup"}).inProfile(),
	passes("autoscaling-update-group", "ec2", message.New("has instances started with the role"), []string{"autoscaling:CreateLaunchConfiguration"}, []string{"autoscaling:UpdateAutoScalingGroup"}).inProfile().where(message.New("an Auto Scaling group")),
	passes("imagebuilder-create-image", "ec2", message.New("has an image built by its own commands with the role"), []string{"imagebuilder:CreateComponent"}, []string{"imagebuilder:CreateImageRecipe"}, []string{"imagebuilder:CreateInfrastructureConfiguration"}, []string{"imagebuilder:CreateImage"}).inProfile().where(message.New("a network in which the role may build images")),
	passes("elasticbeanstalk-create-environment", "ec2", message.New("runs its own code in an environment with the role"), []string{"elasticbeanstalk:CreateEnvironment"}).inProfile().where(message.New("an application, and leave to call the services below it")),
	passes("batch-instance-role", "ec2", message.New("runs a batch job on instances with the role"), []string{"batch:CreateComputeEnvironment"}, []string{"batch:CreateJobQueue"}, []string{"batch:RegisterJobDefinition"}, []string{"batch:SubmitJob"}).inProfile(),
	passes("eks-nodegroup", "ec2", message.New("has a cluster's nodes run with the role"), []string{"eks:CreateNodegroup"}).where(message.New("a cluster on which it runs pods")), // EKS makes the instance profile
	passes("emr-run-job-flow", "ec2", message.New("starts a cluster with the role"), []string{"elasticmapreduce:RunJobFlow"}).inProfile().with("elasticmapreduce"),
	passes("datapipeline-create", "ec2", message.New("has a pipeline run its commands with the role"), []string{"datapipeline:CreatePipeline"}, []string{"datapipeline:PutPipelineDefinition", "datapipeline:ActivatePipeline"}).inProfile().with("datapipeline"),

	passes("cloudformation-create-stack", "cloudformation", message.New("has a stack make what it likes with the role"), []string{"cloudformation:CreateStack"}),
	passes("cloudformation-change-set", "cloudformation", message.New("has a change set do what it likes with the role"), []string{"cloudformation:CreateChangeSet", "cloudformation:ExecuteChangeSet"}), // of a stack that it creates
	passes("cloudformation-stack-set", "cloudformation", message.New("has a stack set assume roles with the role"), []string{"cloudformation:CreateStackSet"}, []string{"cloudformation:CreateStackInstances"}).just("sts:AssumeRole"),
	passes("cloudcontrol-create-resource", "cloudformation", message.New("has Cloud Control make anything with the role"), []string{"cloudformation:CreateResource"}),
	passes("cloudcontrol-update-resource", "cloudformation", message.New("has Cloud Control change anything with the role"), []string{"cloudformation:UpdateResource"}),
	passes("cloudformation-register-type", "resources.cloudformation", message.New("has a resource type of its own run with the role"), []string{"cloudformation:RegisterType"}, []string{"cloudformation:CreateStack"}),
	passes("cloudformation-git-sync", "cloudformation.sync.codeconnections", message.New("has a stack follow a repository with the role"), []string{"codeconnections:CreateRepositoryLink"}, []string{"codeconnections:CreateSyncConfiguration"}).where(message.New("a connection to a repository that it writes")),
	passes("servicecatalog-create-product", "servicecatalog", message.New("has a product make what it likes with the role"), []string{"servicecatalog:CreatePortfolio", "servicecatalog:AssociatePrincipalWithPortfolio"}, []string{"servicecatalog:CreateProduct", "servicecatalog:CreateConstraint", "servicecatalog:ProvisionProduct"}, []string{"servicecatalog:AssociateProductWithPortfolio"}),

	passes("glue-create-dev-endpoint", "glue", message.New("opens a development endpoint with the role"), []string{"glue:CreateDevEndpoint"}),
	passes("glue-create-job", "glue", message.New("runs a job of its own with the role"), []string{"glue:CreateJob", "glue:StartJobRun"}),
	passes("glue-create-job-trigger", "glue", message.New("has a job of its own run with the role"), []string{"glue:CreateJob"}, []string{"glue:CreateTrigger"}),
	passes("glue-create-session", "glue", message.New("runs statements in a session with the role"), []string{"glue:CreateSession", "glue:RunStatement"}),
	passes("athena-create-workgroup", "athena", message.New("runs its own code in a workgroup with the role"), []string{"athena:CreateWorkGroup", "athena:StartSession", "athena:StartCalculationExecution"}),
	passes("kinesisanalytics-create-application", "kinesisanalytics", message.New("runs an application of its own with the role"), []string{"kinesisanalytics:CreateApplication"}, []string{"kinesisanalytics:StartApplication"}),
	passes("kafkaconnect-create-connector", "kafkaconnect", message.New("runs a connector of its own with the role"), []string{"kafkaconnect:CreateCustomPlugin"}, []string{"kafkaconnect:CreateConnector"}).where(message.New("a Kafka cluster that it reaches")),
	passes("emr-serverless", "emr-serverless", message.New("runs a job of its own with the role"), []string{"emr-serverless:CreateApplication"}, []string{"emr-serverless:StartJobRun"}),
	passes("emr-serverless-session", "emr-serverless", message.New("opens a session with the role"), []string{"emr-serverless:CreateApplication"}, []string{"emr-serverless:StartSession"}),
	passes("emr-serverless-start", "emr-serverless", message.New("runs a job of its own with the role"), []string{"emr-serverless:StartJobRun"}).where(message.New("an application of EMR Serverless")),
	passes("emr-serverless-start-session", "emr-serverless", message.New("opens a session with the role"), []string{"emr-serverless:StartSession"}).where(message.New("an application of EMR Serverless")),
	passes("airflow-create-environment", "airflow airflow-env", message.New("runs workflows of its own with the role"), []string{"airflow:CreateEnvironment"}).where(message.New("a bucket with its workflows, and a network")),
	passes("airflow-serverless", "airflow-serverless", message.New("runs a workflow of its own with the role"), []string{"airflow-serverless:CreateWorkflow"}, []string{"airflow-serverless:StartWorkflowRun"}),
	passes("omics-start-run", "omics", message.New("runs a workflow with the role"), []string{"omics:StartRun"}).where(message.New("a workflow whose tasks get at the role")),
	passes("braket-create-job", "braket", message.New("runs a job of its own with the role"), []string{"braket:CreateJob"}),

	passes("codebuild-create-project", "codebuild", message.New("runs a build of its own with the role"), []string{"codebuild:CreateProject", "codebuild:StartBuild"}),
	passes("codebuild-create-project-batch", "codebuild", message.New("runs builds of its own with the role"), []string{"codebuild:CreateProject", "codebuild:StartBuildBatch"}),
	passes("codebuild-create-project-sandbox", "codebuild", message.New("runs its own commands in a sandbox with the role"), []string{"codebuild:CreateProject", "codebuild:StartSandbox"}, []string{"codebuild:StartCommandExecution"}),
	passes("codebuild-create-project-webhook", "codebuild", message.New("has a build of its own run with the role"), []string{"codebuild:CreateProject", "codebuild:CreateWebhook"}, []string{"codebuild:ImportSourceCredentials"}),
	passes("codepipeline-create", "codepipeline", message.New("has a pipeline run its own commands with the role"), []string{"codepipeline:CreatePipeline"}).where(message.New("a source that the role may read")),
	passes("codecatalyst-associate-role", "codecatalyst-runner", message.New("lets a space's workflows run with the role"), []string{"codecatalyst:AssociateIamRoleToConnection"}).where(message.New("a space of CodeCatalyst's in which it runs workflows")),
	passes("amplify-create-app", "amplify", message.New("has an app of its own built with the role"), []string{"amplify:CreateApp"}, []string{"amplify:CreateBranch"}, []string{"amplify:StartJob"}).where(message.New("a repository that Amplify may read")),
	passes("devicefarm-schedule-run", "devicefarm", message.New("runs tests of its own with the role"), []string{"devicefarm:CreateProject"}, []string{"devicefarm:CreateUpload", "devicefarm:ScheduleRun"}),

	passes("sagemaker-notebook", "sagemaker", message.New("opens a notebook with the role"), []string{"sagemaker:CreateNotebookInstance", "sagemaker:CreatePresignedNotebookInstanceUrl"}),
	passes("sagemaker-notebook-lifecycle", "sagemaker", message.New("has a notebook run its own script with the role"), []string{"sagemaker:CreateNotebookInstanceLifecycleConfig"}, []string{"sagemaker:CreateNotebookInstance"}),
	passes("sagemaker-studio", "sagemaker", message.New("opens a studio with the role"), []string{"sagemaker:CreateDomain"}, []string{"sagemaker:CreateUserProfile", "sagemaker:CreatePresignedDomainUrl"}),
	passes("sagemaker-training-job", "sagemaker", message.New("runs a training job of its own with the role"), []string{"sagemaker:CreateTrainingJob"}),
	passes("sagemaker-processing-job", "sagemaker", message.New("runs a processing job of its own with the role"), []string{"sagemaker:CreateProcessingJob"}),
	passes("sagemaker-tuning-job", "sagemaker", message.New("runs training jobs of its own with the role"), []string{"sagemaker:CreateHyperParameterTuningJob"}),
	passes("sagemaker-transform-job", "sagemaker", message.New("runs a model of its own with the role"), []string{"sagemaker:CreateModel"}, []string{"sagemaker:CreateTransformJob"}),
	passes("sagemaker-endpoint", "sagemaker", message.New("runs a model of its own with the role"), []string{"sagemaker:CreateModel"}, []string{"sagemaker:CreateEndpointConfig"}, []string{"sagemaker:CreateEndpoint"}),
	passes("sagemaker-monitoring-schedule", "sagemaker", message.New("has its own monitoring job run with the role"), []string{"sagemaker:CreateMonitoringSchedule"}),
	passes("sagemaker-cluster", "sagemaker", message.New("starts a cluster with the role"), []string{"sagemaker:CreateCluster"}),
	passes("sagemaker-pipeline", "sagemaker", message.New("runs a pipeline of its own with the role"), []string{"sagemaker:CreatePipeline", "sagemaker:StartPipelineExecution"}).where(message.New("a job that the role may run")),

	passes("ecs-run-task", "ecs-tasks", message.New("runs a container of its own with the role"), []string{"ecs:CreateCluster"}, []string{"ecs:RegisterTaskDefinition", "ecs:RunTask"}),
	passes("ecs-run-task-existing", "ecs-tasks", message.New("runs a container of its own with the role"), []string{"ecs:RegisterTaskDefinition", "ecs:RunTask"}).where(message.New("a cluster")),
	passes("ecs-run-task-override", "ecs-tasks", message.New("runs its own commands in a container with the role"), []string{"ecs:RunTask"}).where(message.New("a cluster and a task definition")),
	passes("ecs-start-task", "ecs-tasks", message.New("runs a container of its own with the role"), []string{"ecs:RegisterTaskDefinition", "ecs:StartTask"}).where(message.New("a container instance")),
	passes("ecs-start-task-override", "ecs-tasks", message.New("runs its own commands in a container with the role"), []string{"ecs:StartTask"}).where(message.New("a container instance and a task definition")),
	passes("ecs-create-service", "ecs-tasks", message.New("runs a service of its own with the role"), []string{"ecs:CreateCluster"}, []string{"ecs:RegisterTaskDefinition"}, []string{"ecs:CreateService"}),
	passes("ecs-create-service-existing", "ecs-tasks", message.New("runs a service of its own with the role"), []string{"ecs:RegisterTaskDefinition"}, []string{"ecs:CreateService"}).where(message.New("a cluster")),
	passes("ecs-update-service", "ecs-tasks", message.New("has a service run its own container with the role"), []string{"ecs:RegisterTaskDefinition"}, []string{"ecs:UpdateService"}).where(message.New("a service on a cluster")),
	passes("ecs-create-task-set", "ecs-tasks", message.New("has a service run its own container with the role"), []string{"ecs:RegisterTaskDefinition"}, []string{"ecs:CreateTaskSet"}).where(message.New("a service on a cluster")),
	passes("ecs-create-daemon", "ecs-tasks", message.New("runs a container of its own with the role"), []string{"ecs:RegisterDaemonTaskDefinition"}, []string{"ecs:CreateDaemon"}).where(message.New("a cluster of managed instances")),
	passes("ecs-express-service", "ecs-tasks", message.New("runs a service of its own with the role"), []string{"ecs:CreateExpressGatewayService"}).with("ecs"),
	passes("ecs-update-express-service", "ecs-tasks", message.New("has a service run its own container with the role"), []string{"ecs:UpdateExpressGatewayService"}).where(message.New("an express service")),
	passes("batch-submit-job", "ecs-tasks", message.New("runs a batch job of its own with the role"), []string{"batch:RegisterJobDefinition"}, []string{"batch:SubmitJob"}).where(message.New("a job queue")),
	passes("batch-create-queue", "ecs-tasks", message.New("runs a batch job of its own with the role"), []string{"batch:CreateComputeEnvironment"}, []string{"batch:CreateJobQueue"}, []string{"batch:RegisterJobDefinition"}, []string{"batch:SubmitJob"}),
	passes("apprunner-create-service", "tasks.apprunner", message.New("runs a service of its own with the role"), []string{"apprunner:CreateService"}),
	passes("eks-pod-identity", "pods.eks", message.New("has pods run with the role"), []string{"eks:CreatePodIdentityAssociation"}).where(message.New("a cluster on which it runs pods")),
	passes("eks-update-pod-identity", "pods.eks", message.New("has pods run with the role"), []string{"eks:UpdatePodIdentityAssociation"}).where(message.New("a cluster on which it runs pods")),
	passes("eks-create-capability", "capabilities.eks", message.New("has a cluster make what it likes with the role"), []string{"eks:CreateCapability"}).where(message.New("a cluster on which it makes resources")),

	passes("step-functions-create", "states", message.New("runs a state machine of its own with the role"), []string{"states:CreateStateMachine", "states:StartExecution"}),
	passes("step-functions-create-express", "states", message.New("runs a state machine of its own with the role"), []string{"states:CreateStateMachine", "states:StartSyncExecution"}),
	passes("step-functions-test-state", "states", message.New("has a state call any API with the role"), []string{"states:TestState"}),
	passes("eventbridge-schedule", "scheduler", message.New("has a schedule call any API with the role"), []string{"scheduler:CreateSchedule"}),
	passes("eventbridge-update-schedule", "scheduler", message.New("has a schedule call any API with the role"), []string{"scheduler:UpdateSchedule"}).where(message.New("a schedule")),
	passes("eventbridge-rule", "events", message.New("has a rule call a target with the role"), []string{"events:PutRule", "events:PutTargets"}).where(message.New("a build, a task or an instance that is its target")),
	passes("eventbridge-targets", "events", message.New("has a rule call a target with the role"), []string{"events:PutTargets"}).where(message.New("a rule, and a build, a task or an instance that is its target")),
	passes("eventbridge-pipe", "pipes", message.New("has a pipe call a target with the role"), []string{"pipes:CreatePipe"}).where(message.New("a source, and a task or job that is its target")),
	passes("eventbridge-update-pipe", "pipes", message.New("has a pipe call a target with the role"), []string{"pipes:UpdatePipe"}).where(message.New("a pipe, and a task or job that is its target")),
	passes("apigateway-integration", "apigateway", message.New("has an API of its own call AWS with the role"), []string{"apigateway:POST"}),
	passes("appsync-http-source", "appsync", message.New("has an API of its own call AWS with the role"), []string{"appsync:CreateGraphqlApi"}, []string{"appsync:StartSchemaCreation"}, []string{"appsync:CreateDataSource"}, []string{"appsync:CreateResolver"}, []string{"appsync:CreateApiKey"}),

	passes("ssm-automation", "ssm", message.New("runs a runbook of its own with the role"), []string{"ssm:CreateDocument", "ssm:StartAutomationExecution"}),
	passes("ssm-automation-existing", "ssm", message.New("runs a runbook with the role"), []string{"ssm:StartAutomationExecution"}).where(message.New("a runbook that does it, or another account's")),
	passes("ssm-automation-association", "ssm", message.New("has a runbook of its own run with the role"), []string{"ssm:CreateDocument", "ssm:CreateAssociation"}),
	passes("ssm-automation-window", "ssm", message.New("has a runbook of its own run with the role"), []string{"ssm:CreateDocument"}, []string{"ssm:CreateMaintenanceWindow"}, []string{"ssm:RegisterTaskWithMaintenanceWindow"}),
	passes("ssm-activation", "ssm", message.New("registers a machine of its own with the role"), []string{"ssm:CreateActivation"}),
	passes("ssm-managed-instance-role", "ssm", message.New("gives a machine the role"), []string{"ssm:UpdateManagedInstanceRole"}).where(message.New("a registered machine that it can get into")),
	passes("config-remediation", "ssm", message.New("has a runbook run with the role"), []string{"config:PutRemediationConfigurations"}).where(message.New("a rule of Config, and a runbook that does it")),
	passes("ssm-incidents", "ssm-incidents", message.New("has an incident run a runbook with the role"), []string{"ssm-incidents:CreateResponsePlan"}, []string{"ssm-incidents:StartIncident"}).where(message.New("a runbook that does it")),
	passes("fis-experiment", "fis", message.New("has an experiment run its runbook with the role"), []string{"ssm:CreateDocument"}, []string{"fis:CreateExperimentTemplate", "fis:StartExperiment"}),
	passes("fis-experiment-existing", "fis", message.New("runs an experiment with the role"), []string{"fis:CreateExperimentTemplate", "fis:StartExperiment"}).where(message.New("a runbook that does it, or an instance that takes commands")),
	passes("budgets-action", "budgets", message.New("has a budget attach policies with the role"), []string{"budgets:CreateBudgetAction"}).where(message.New("a budget that is exceeded")),
	passes("chatbot-configuration", "chatbot", message.New("gives commands in a chat with the role"), []string{"chatbot:CreateSlackChannelConfiguration"}).where(message.New("a chat in which it may give commands")),
	passes("chatbot-teams-configuration", "chatbot", message.New("gives commands in a chat with the role"), []string{"chatbot:CreateMicrosoftTeamsChannelConfiguration"}).where(message.New("a chat in which it may give commands")),

	passes("bedrock-code-interpreter", "bedrock-agentcore", message.New("runs code in an interpreter with the role"), []string{"bedrock-agentcore:CreateCodeInterpreter"}, []string{"bedrock-agentcore:StartCodeInterpreterSession", "bedrock-agentcore:InvokeCodeInterpreter"}),
	passes("bedrock-agent-runtime", "bedrock-agentcore", message.New("runs an agent of its own with the role"), []string{"bedrock-agentcore:CreateAgentRuntime"}, []string{"bedrock-agentcore:InvokeAgentRuntime"}),
	passes("bedrock-agent-runtime-update", "bedrock-agentcore", message.New("puts its own code into an agent with the role"), []string{"bedrock-agentcore:UpdateAgentRuntime"}).where(message.New("an agent that is called")),
	passes("bedrock-gateway", "bedrock-agentcore", message.New("has a gateway call any API with the role"), []string{"bedrock-agentcore:CreateGateway"}, []string{"bedrock-agentcore:CreateGatewayTarget"}),
	passes("bedrock-harness", "bedrock-agentcore", message.New("runs an agent of its own with the role"), []string{"bedrock-agentcore:CreateHarness"}, []string{"bedrock-agentcore:InvokeHarness"}).where(message.New("a tool that gets at the role")),

	passes("gamelift-fleet", "gamelift", message.New("runs a game server of its own with the role"), []string{"gamelift:CreateBuild"}, []string{"gamelift:CreateFleet"}),
	passes("gamelift-script-fleet", "gamelift", message.New("runs a game server of its own with the role"), []string{"gamelift:CreateScript"}, []string{"gamelift:CreateFleet"}),
	passes("appstream-image-builder", "appstream", message.New("works on a machine with the role"), []string{"appstream:CreateImageBuilder", "appstream:CreateImageBuilderStreamingURL"}),
	passes("appstream-fleet", "appstream", message.New("works on a machine with the role"), []string{"appstream:CreateStack"}, []string{"appstream:CreateFleet", "appstream:StartFleet", "appstream:AssociateFleet", "appstream:CreateStreamingURL"}).where(message.New("an image with applications")),
	passes("appstream-app-block-builder", "appstream", message.New("works on a machine with the role"), []string{"appstream:CreateAppBlockBuilder", "appstream:StartAppBlockBuilder", "appstream:CreateAppBlockBuilderStreamingURL"}),
	passes("workspaces-instance-role", "workspaces", message.New("works on a machine with the role"), []string{"workspaces:ModifyWorkspaceCreationProperties"}).where(message.New("a WorkSpace that it uses")),
	passes("deadline-queue", "credentials.deadline", message.New("takes the role's credentials from a queue"), []string{"deadline:CreateQueue", "deadline:AssumeQueueRoleForUser"}).where(message.New("a farm")),

	passes("roles-anywhere", "rolesanywhere", message.New("takes the role with a certificate of its own"), []string{"rolesanywhere:CreateTrustAnchor"}, []string{"rolesanywhere:CreateProfile"}),
	passes("roles-anywhere-profile", "rolesanywhere", message.New("takes the role with a certificate"), []string{"rolesanywhere:CreateProfile"}).where(message.New("a trust anchor that it has a certificate of")),
	passes("roles-anywhere-update-profile", "rolesanywhere", message.New("takes the role with a certificate"), []string{"rolesanywhere:UpdateProfile"}).where(message.New("a profile, and a trust anchor that it has a certificate of")),
	passes("iot-role-alias", "credentials.iot", message.New("takes the role with its own device certificate"), []string{"iot:CreateRoleAlias"}, []string{"iot:CreateKeysAndCertificate"}, []string{"iot:CreatePolicy"}, []string{"iot:AttachPolicy"}),
	passes("iot-role-alias-existing", "credentials.iot", message.New("takes the role with a device certificate"), []string{"iot:CreateRoleAlias"}).where(message.New("a device certificate that it has, and that may use it")),
	passes("iot-update-role-alias", "credentials.iot", message.New("takes the role with a device certificate"), []string{"iot:UpdateRoleAlias"}).where(message.New("a device certificate that it has, and that may use it")),
	// It is the trust policy that names the pool: as a federated principal.
	passes("cognito-identity-pool-roles", "cognito-identity", message.New("has an identity pool give out the role"), []string{"cognito-identity:SetIdentityPoolRoles"}).where(message.New("the identity pool that the role trusts")),
}
