package access

import (
	"sync"

	"sekisho/audit/message"
	"sekisho/audit/policy"
)

func on(actions ...string) (steps []escalationStep) {
	for _, a := range actions {
		steps = append(steps, escalationStep{action: a})
	}
	return steps
}

func onOther(action string) []escalationStep {
	return []escalationStep{{action: action, target: onOthers}}
}

func onRole(action string) []escalationStep {
	return []escalationStep{{action: action, target: onRoles}}
}

// passing is iam:PassRole to a service, with what makes that service act.
func passing(service string, actions ...string) []escalationStep {
	return append(on(actions...), escalationStep{action: "iam:PassRole", target: onRoles, service: service + ".amazonaws.com"})
}

// escalationPaths are the combinations that have been published, by Rhino Security Labs, Bishop Fox, NCC Group's
// PMapper and Datadog's pathfinding.cloud among others; each was read against AWS's description of the actions.
var escalationPaths = []escalationPath{
	{"create-policy-version", on("iam:CreatePolicyVersion"), message.New("writes a new default version of a policy of its own"), cappedInRoles},
	{"set-default-policy-version", on("iam:SetDefaultPolicyVersion"), message.New("goes back to an older, wider version of a policy of its own"), cappedInRoles},
	{"attach-user-policy", on("iam:AttachUserPolicy"), message.New("attaches AdministratorAccess to itself"), capped},
	{"attach-group-policy", on("iam:AttachGroupPolicy"), message.New("attaches AdministratorAccess to a group of its own"), capped},
	{"attach-role-policy", on("iam:AttachRolePolicy"), message.New("attaches AdministratorAccess to a role that it can use"), cappedInRoles},
	{"put-user-policy", on("iam:PutUserPolicy"), message.New("writes itself an inline policy that allows everything"), capped},
	{"put-group-policy", on("iam:PutGroupPolicy"), message.New("writes its group an inline policy that allows everything"), capped},
	{"put-role-policy", on("iam:PutRolePolicy"), message.New("writes a role of its own an inline policy for everything"), cappedInRoles},
	{"add-user-to-group", on("iam:AddUserToGroup"), message.New("joins the administrators' group"), capped},
	{"create-login-profile", onOther("iam:CreateLoginProfile"), message.New("sets a password for an administrator who has none"), uncapped},
	{"update-login-profile", onOther("iam:UpdateLoginProfile"), message.New("changes an administrator's password"), uncapped},
	{"create-access-key", onOther("iam:CreateAccessKey"), message.New("makes an access key for an administrator"), uncapped},
	{"update-assume-role-policy", onRole("iam:UpdateAssumeRolePolicy"), message.New("lets itself into an administrator's role"), uncapped},
	{"assume-role", onRole("sts:AssumeRole"), message.New("assumes an administrator's role"), uncapped},

	{"lambda-invoke", passing("lambda", "lambda:CreateFunction", "lambda:InvokeFunction"), message.New("runs its own code in a function with an administrator's role"), uncapped},
	{"lambda-event-source", passing("lambda", "lambda:CreateFunction", "lambda:CreateEventSourceMapping"), message.New("has an event run its function with an administrator's role"), uncapped},
	{"lambda-permission", passing("lambda", "lambda:CreateFunction", "lambda:AddPermission"), message.New("lets others run its function with an administrator's role"), uncapped},
	{"lambda-update-code", on("lambda:UpdateFunctionCode"), message.New("puts code into a function with an administrator's role"), uncapped},
	{"lambda-update-configuration", on("lambda:UpdateFunctionConfiguration"), message.New("puts a layer under a function with an administrator's role"), uncapped},
	{"ec2-run-instances", passing("ec2", "ec2:RunInstances"), message.New("starts an instance with an administrator's role"), uncapped},
	{"ec2-spot-instances", passing("ec2", "ec2:RequestSpotInstances"), message.New("starts a spot instance with an administrator's role"), uncapped},
	{"ec2-instance-profile", passing("ec2", "ec2:AssociateIamInstanceProfile"), message.New("gives its own instance an administrator's role"), uncapped},
	{"ec2-replace-instance-profile", passing("ec2", "ec2:ReplaceIamInstanceProfileAssociation"), message.New("gives its own instance an administrator's role"), uncapped},
	{"autoscaling-launch-configuration", passing("ec2", "autoscaling:CreateLaunchConfiguration", "autoscaling:CreateAutoScalingGroup"), message.New("has instances started with an administrator's role"), uncapped},
	{"autoscaling-launch-template", passing("ec2", "ec2:CreateLaunchTemplate", "autoscaling:CreateAutoScalingGroup"), message.New("has instances started with an administrator's role"), uncapped},
	{"cloudformation-create-stack", passing("cloudformation", "cloudformation:CreateStack"), message.New("has a stack make what it likes with an administrator's role"), uncapped},
	{"cloudformation-update-stack", passing("cloudformation", "cloudformation:UpdateStack"), message.New("has a stack make what it likes with an administrator's role"), uncapped},
	{"cloudformation-change-set", passing("cloudformation", "cloudformation:CreateChangeSet", "cloudformation:ExecuteChangeSet"), message.New("has a change set act with an administrator's role"), uncapped},
	{"cloudformation-stack-set", passing("cloudformation", "cloudformation:CreateStackSet", "cloudformation:CreateStackInstances"), message.New("has a stack set act with an administrator's role"), uncapped},
	{"glue-create-dev-endpoint", passing("glue", "glue:CreateDevEndpoint"), message.New("opens a development endpoint with an administrator's role"), uncapped},
	{"glue-update-dev-endpoint", on("glue:UpdateDevEndpoint"), message.New("opens a development endpoint with an administrator's role"), uncapped},
	{"glue-create-job", passing("glue", "glue:CreateJob", "glue:StartJobRun"), message.New("runs a job of its own with an administrator's role"), uncapped},
	{"glue-create-job-trigger", passing("glue", "glue:CreateJob", "glue:CreateTrigger"), message.New("has a job of its own run with an administrator's role"), uncapped},
	{"glue-update-job", passing("glue", "glue:UpdateJob", "glue:StartJobRun"), message.New("changes a job and runs it with an administrator's role"), uncapped},
	{"glue-update-job-trigger", passing("glue", "glue:UpdateJob", "glue:CreateTrigger"), message.New("changes a job and has it run with an administrator's role"), uncapped},
	{"codebuild-create-project", passing("codebuild", "codebuild:CreateProject", "codebuild:StartBuild"), message.New("runs a build of its own with an administrator's role"), uncapped},
	{"codebuild-create-project-batch", passing("codebuild", "codebuild:CreateProject", "codebuild:StartBuildBatch"), message.New("runs builds of its own with an administrator's role"), uncapped},
	{"codebuild-update-project", passing("codebuild", "codebuild:UpdateProject", "codebuild:StartBuild"), message.New("changes a build and runs it with an administrator's role"), uncapped},
	{"sagemaker-notebook", passing("sagemaker", "sagemaker:CreateNotebookInstance", "sagemaker:CreatePresignedNotebookInstanceUrl"), message.New("opens a notebook with an administrator's role"), uncapped},
	{"sagemaker-presigned-url", on("sagemaker:CreatePresignedNotebookInstanceUrl"), message.New("opens a notebook with an administrator's role"), uncapped},
	{"sagemaker-training-job", passing("sagemaker", "sagemaker:CreateTrainingJob"), message.New("runs a training job of its own with an administrator's role"), uncapped},
	{"sagemaker-processing-job", passing("sagemaker", "sagemaker:CreateProcessingJob"), message.New("runs a processing job of its own with an administrator's role"), uncapped},
	{"ecs-run-task", passing("ecs-tasks", "ecs:RegisterTaskDefinition", "ecs:RunTask"), message.New("runs a container of its own with an administrator's role"), uncapped},
	{"ecs-start-task", passing("ecs-tasks", "ecs:RegisterTaskDefinition", "ecs:StartTask"), message.New("runs a container of its own with an administrator's role"), uncapped},
	{"ecs-create-service", passing("ecs-tasks", "ecs:RegisterTaskDefinition", "ecs:CreateService"), message.New("runs a service of its own with an administrator's role"), uncapped},
	{"batch-submit-job", passing("ecs-tasks", "batch:RegisterJobDefinition", "batch:SubmitJob"), message.New("runs a batch job of its own with an administrator's role"), uncapped},
	{"datapipeline-create", passing("datapipeline", "datapipeline:CreatePipeline", "datapipeline:PutPipelineDefinition", "datapipeline:ActivatePipeline"), message.New("has a pipeline run its commands with an administrator's role"), uncapped},
	{"step-functions-create", passing("states", "states:CreateStateMachine", "states:StartExecution"), message.New("runs a state machine of its own with an administrator's role"), uncapped},
	{"step-functions-update", passing("states", "states:UpdateStateMachine", "states:StartExecution"), message.New("changes and runs a state machine with an administrator's role"), uncapped},
	{"eventbridge-rule", passing("events", "events:PutRule", "events:PutTargets"), message.New("has a rule call a target with an administrator's role"), uncapped},
	{"eventbridge-schedule", passing("scheduler", "scheduler:CreateSchedule"), message.New("has a schedule call any API with an administrator's role"), uncapped},
	{"bedrock-agent", passing("bedrock", "bedrock:CreateAgent", "bedrock:CreateAgentActionGroup", "bedrock:InvokeAgent"), message.New("runs an agent of its own with an administrator's role"), uncapped},
	{"bedrock-code-interpreter", passing("bedrock-agentcore", "bedrock-agentcore:CreateCodeInterpreter", "bedrock-agentcore:StartCodeInterpreterSession", "bedrock-agentcore:InvokeCodeInterpreter"), message.New("runs code in an interpreter with an administrator's role"), uncapped},
	{"codestar-create-project", passing("codestar", "codestar:CreateProject"), message.New("has a project make what it likes with an administrator's role"), uncapped},
	{"codepipeline-create", passing("codepipeline", "codepipeline:CreatePipeline"), message.New("has a pipeline act with an administrator's role"), uncapped},
	{"apprunner-create-service", passing("tasks.apprunner", "apprunner:CreateService"), message.New("runs a service of its own with an administrator's role"), uncapped},
	{"apprunner-update-service", on("apprunner:UpdateService"), message.New("puts its own code into a service with an administrator's role"), uncapped},
	{"emr-run-job-flow", passing("ec2", "elasticmapreduce:RunJobFlow"), message.New("starts a cluster with an administrator's role"), uncapped},
	{"emr-serverless", passing("emr-serverless", "emr-serverless:CreateApplication", "emr-serverless:StartJobRun"), message.New("runs a job of its own with an administrator's role"), uncapped},
	{"airflow-create-environment", passing("airflow-env", "airflow:CreateEnvironment"), message.New("runs workflows of its own with an administrator's role"), uncapped},
	{"ssm-automation", passing("ssm", "ssm:CreateDocument", "ssm:StartAutomationExecution"), message.New("runs a runbook of its own with an administrator's role"), uncapped},
	{"roles-anywhere", passing("rolesanywhere", "rolesanywhere:CreateTrustAnchor", "rolesanywhere:CreateProfile"), message.New("takes an administrator's role with a certificate of its own"), uncapped},
}

// doors are further actions that get at the rights of some role. Whether an administrator's role is behind them IAM
// doesn't tell, so none is a way by itself.
var doors = []string{"iam:CreateRole", "ssm:SendCommand", "ssm:StartSession", "ecs:ExecuteCommand", "cloudformation:UpdateStack", "codebuild:StartBuild"}

// intoRoles are the actions that get at a role's rights: those on roles, those that take over what runs with one, and
// the doors.
var intoRoles = sync.OnceValue(func() policy.ActionSet {
	set := policy.Actions().Of(doors...)
	for _, p := range escalationPaths {
		for _, s := range p.steps {
			if s.target == onRoles || p.cap == uncapped && len(p.steps) == 1 && s.target == onAnything {
				set = heap.Add(set, policy.Actions().Of(s.action))
			}
		}
	}
	return set
})
