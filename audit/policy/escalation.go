package policy

import (
	"slices"
	"strings"
	"sync"
)

// Escalation is a way in which somebody who isn't an administrator can become one.
type Escalation struct {
	ID      string   // "create-policy-version"
	Actions []string // that he uses, all of them reachable with MFA
	Sure    bool     // false where a condition hangs on keys of which nothing is known
	By      []string // statements that allow the actions
	Roles   []string // patterns of the roles that he can pass or assume on this way; empty: it needs none, or all are open
	How     Text

	roles []glob
}

// Scoped reports whether the way leads through some roles only. Then he becomes what they are: whether an administrator is
// among them is to be looked up, with Opens.
func (e *Escalation) Scoped() bool { return len(e.roles) > 0 }

// Opens reports whether a role is among those that the way leads through.
func (e *Escalation) Opens(roleARN string) bool {
	return !e.Scoped() || containsAny(e.roles, glob(roleARN))
}

// escalationPath is one published combination of actions.
type escalationPath struct {
	id    string
	steps []escalationStep
	how   string
}

type escalationStep struct {
	action  string
	target  escalationTarget
	service string // of iam:PassRole: the service that the role is passed to
	number  int    // of the action
}

// numberedPaths returns the paths with their actions' numbers; one with an action that the catalogue lacks is left out.
var numberedPaths = sync.OnceValue(func() (paths []escalationPath) {
	c := loadCatalogue()
next:
	for _, p := range escalationPaths {
		p.steps = slices.Clone(p.steps)
		for i := range p.steps {
			number, ok := c.byName[lowerASCII(p.steps[i].action)]
			if !ok {
				continue next
			}
			p.steps[i].number = number
		}
		paths = append(paths, p)
	}
	return paths
})

type escalationTarget uint8

const (
	onAnything escalationTarget = iota
	onOthers                    // users other than himself
	onRoles                     // roles; which ones is told
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

// passing is iam:PassRole to a service, with what makes that service act.
func passing(service string, actions ...string) []escalationStep {
	return append(on(actions...), escalationStep{action: "iam:PassRole", target: onRoles, service: service + ".amazonaws.com"})
}

// escalationPaths are the combinations that have been published, by Rhino Security Labs, Bishop Fox, NCC Group's PMapper and
// Datadog's pathfinding.cloud among others; each was read against AWS's description of the actions.
var escalationPaths = []escalationPath{
	{"create-policy-version", on("iam:CreatePolicyVersion"), "writes a new default version of a policy that is attached to him"},
	{"set-default-policy-version", on("iam:SetDefaultPolicyVersion"), "goes back to an older, wider version of a policy that is attached to him"},
	{"attach-user-policy", on("iam:AttachUserPolicy"), "attaches AdministratorAccess to himself"},
	{"attach-group-policy", on("iam:AttachGroupPolicy"), "attaches AdministratorAccess to a group of his"},
	{"attach-role-policy", on("iam:AttachRolePolicy"), "attaches AdministratorAccess to a role that he has or can assume"},
	{"put-user-policy", on("iam:PutUserPolicy"), "writes himself an inline policy that allows everything"},
	{"put-group-policy", on("iam:PutGroupPolicy"), "writes a group of his an inline policy that allows everything"},
	{"put-role-policy", on("iam:PutRolePolicy"), "writes a role that he has or can assume an inline policy that allows everything"},
	{"add-user-to-group", on("iam:AddUserToGroup"), "joins the administrators' group"},
	{"create-login-profile", onOther("iam:CreateLoginProfile"), "gives an administrator without a password one that he knows"},
	{"update-login-profile", onOther("iam:UpdateLoginProfile"), "changes an administrator's password"},
	{"create-access-key", onOther("iam:CreateAccessKey"), "makes himself an access key of an administrator's"},
	{"update-assume-role-policy", append(on("iam:UpdateAssumeRolePolicy"), escalationStep{action: "sts:AssumeRole", target: onRoles}), "lets himself into an administrator's role and assumes it"},

	{"lambda-invoke", passing("lambda", "lambda:CreateFunction", "lambda:InvokeFunction"), "runs code of his own in a function that has an administrator's role"},
	{"lambda-event-source", passing("lambda", "lambda:CreateFunction", "lambda:CreateEventSourceMapping"), "has an event run his function, which has an administrator's role"},
	{"lambda-permission", passing("lambda", "lambda:CreateFunction", "lambda:AddPermission"), "lets another account run his function, which has an administrator's role"},
	{"lambda-update-code", on("lambda:UpdateFunctionCode"), "puts code of his own into a function that has an administrator's role"},
	{"lambda-update-configuration", on("lambda:UpdateFunctionConfiguration"), "puts a layer of his own under a function that has an administrator's role"},
	{"ec2-run-instances", passing("ec2", "ec2:RunInstances"), "starts an instance with an administrator's role and takes its credentials"},
	{"ec2-spot-instances", passing("ec2", "ec2:RequestSpotInstances"), "starts a spot instance with an administrator's role and takes its credentials"},
	{"ec2-instance-profile", passing("ec2", "ec2:AssociateIamInstanceProfile"), "gives an instance of his an administrator's role"},
	{"ec2-replace-instance-profile", passing("ec2", "ec2:ReplaceIamInstanceProfileAssociation"), "gives an instance of his an administrator's role"},
	{"autoscaling-launch-configuration", passing("ec2", "autoscaling:CreateLaunchConfiguration", "autoscaling:CreateAutoScalingGroup"), "has instances started with an administrator's role"},
	{"autoscaling-launch-template", passing("ec2", "ec2:CreateLaunchTemplate", "autoscaling:CreateAutoScalingGroup"), "has instances started with an administrator's role"},
	{"cloudformation-create-stack", passing("cloudformation", "cloudformation:CreateStack"), "has a stack make what he wants with an administrator's role"},
	{"cloudformation-update-stack", passing("cloudformation", "cloudformation:UpdateStack"), "has a stack make what he wants with an administrator's role"},
	{"cloudformation-change-set", passing("cloudformation", "cloudformation:CreateChangeSet", "cloudformation:ExecuteChangeSet"), "has a change set make what he wants with an administrator's role"},
	{"cloudformation-stack-set", passing("cloudformation", "cloudformation:CreateStackSet", "cloudformation:CreateStackInstances"), "has a stack set make what he wants with an administrator's role"},
	{"glue-create-dev-endpoint", passing("glue", "glue:CreateDevEndpoint"), "opens a development endpoint with an administrator's role"},
	{"glue-update-dev-endpoint", on("glue:UpdateDevEndpoint"), "puts his key on a development endpoint that has an administrator's role"},
	{"glue-create-job", passing("glue", "glue:CreateJob", "glue:StartJobRun"), "runs a job of his own with an administrator's role"},
	{"glue-create-job-trigger", passing("glue", "glue:CreateJob", "glue:CreateTrigger"), "has a job of his own run with an administrator's role"},
	{"glue-update-job", passing("glue", "glue:UpdateJob", "glue:StartJobRun"), "changes a job and runs it with an administrator's role"},
	{"glue-update-job-trigger", passing("glue", "glue:UpdateJob", "glue:CreateTrigger"), "changes a job and has it run with an administrator's role"},
	{"codebuild-create-project", passing("codebuild", "codebuild:CreateProject", "codebuild:StartBuild"), "runs a build of his own with an administrator's role"},
	{"codebuild-create-project-batch", passing("codebuild", "codebuild:CreateProject", "codebuild:StartBuildBatch"), "runs builds of his own with an administrator's role"},
	{"codebuild-update-project", passing("codebuild", "codebuild:UpdateProject", "codebuild:StartBuild"), "changes a build and runs it with an administrator's role"},
	{"sagemaker-notebook", passing("sagemaker", "sagemaker:CreateNotebookInstance", "sagemaker:CreatePresignedNotebookInstanceUrl"), "opens a notebook with an administrator's role"},
	{"sagemaker-presigned-url", on("sagemaker:CreatePresignedNotebookInstanceUrl"), "opens somebody's notebook that has an administrator's role"},
	{"sagemaker-training-job", passing("sagemaker", "sagemaker:CreateTrainingJob"), "runs a training job of his own with an administrator's role"},
	{"sagemaker-processing-job", passing("sagemaker", "sagemaker:CreateProcessingJob"), "runs a processing job of his own with an administrator's role"},
	{"ecs-run-task", passing("ecs-tasks", "ecs:RegisterTaskDefinition", "ecs:RunTask"), "runs a container of his own with an administrator's role"},
	{"ecs-start-task", passing("ecs-tasks", "ecs:RegisterTaskDefinition", "ecs:StartTask"), "runs a container of his own with an administrator's role"},
	{"ecs-create-service", passing("ecs-tasks", "ecs:RegisterTaskDefinition", "ecs:CreateService"), "runs a service of his own with an administrator's role"},
	{"batch-submit-job", passing("ecs-tasks", "batch:RegisterJobDefinition", "batch:SubmitJob"), "runs a batch job of his own with an administrator's role"},
	{"datapipeline-create", passing("datapipeline", "datapipeline:CreatePipeline", "datapipeline:PutPipelineDefinition", "datapipeline:ActivatePipeline"), "has a pipeline run his commands with an administrator's role"},
	{"step-functions-create", passing("states", "states:CreateStateMachine", "states:StartExecution"), "runs a state machine of his own with an administrator's role"},
	{"step-functions-update", passing("states", "states:UpdateStateMachine", "states:StartExecution"), "changes a state machine and runs it with an administrator's role"},
	{"eventbridge-rule", passing("events", "events:PutRule", "events:PutTargets"), "has a rule call a target with an administrator's role"},
	{"eventbridge-schedule", passing("scheduler", "scheduler:CreateSchedule"), "has a schedule call any API with an administrator's role"},
	{"bedrock-agent", passing("bedrock", "bedrock:CreateAgent", "bedrock:CreateAgentActionGroup", "bedrock:InvokeAgent"), "runs an agent of his own with an administrator's role"},
	{"bedrock-code-interpreter", passing("bedrock-agentcore", "bedrock-agentcore:CreateCodeInterpreter", "bedrock-agentcore:StartCodeInterpreterSession", "bedrock-agentcore:InvokeCodeInterpreter"), "runs code of his own in an interpreter that has an administrator's role"},
	{"codestar-create-project", passing("codestar", "codestar:CreateProject"), "has a project make what he wants with an administrator's role"},
	{"codepipeline-create", passing("codepipeline", "codepipeline:CreatePipeline"), "has a pipeline act with an administrator's role"},
	{"apprunner-create-service", passing("tasks.apprunner", "apprunner:CreateService"), "runs a service of his own with an administrator's role"},
	{"apprunner-update-service", on("apprunner:UpdateService"), "puts code of his own into a service that has an administrator's role"},
	{"emr-run-job-flow", passing("ec2", "elasticmapreduce:RunJobFlow"), "starts a cluster with an administrator's role"},
	{"emr-serverless", passing("emr-serverless", "emr-serverless:CreateApplication", "emr-serverless:StartJobRun"), "runs a job of his own with an administrator's role"},
	{"airflow-create-environment", passing("airflow-env", "airflow:CreateEnvironment"), "runs workflows of his own with an administrator's role"},
	{"ssm-automation", passing("ssm", "ssm:CreateDocument", "ssm:StartAutomationExecution"), "runs a runbook of his own with an administrator's role"},
	{"roles-anywhere", passing("rolesanywhere", "rolesanywhere:CreateTrustAnchor", "rolesanywhere:CreateProfile"), "takes an administrator's role with a certificate of his own"},
}

// administratorAccess is the policy that somebody attaches who may choose.
const administratorAccess = "iam::aws:policy/AdministratorAccess"

// escalations finds the subject's ways to become administrator. The cells with MFA must have been reached, merged.
func (r *reacher) escalations(s *scratch, admin Truth) (out []Escalation) {
	if admin == Yes {
		return nil
	}
	var reached actionSet
	for i := range s.cells[withMFA] {
		c := &s.cells[withMFA][i]
		reached = s.arena.add(reached, c.sure)
		reached = s.arena.add(reached, c.maybe)
	}
	answers := map[escalationStep]*stepAnswer{}
	paths := numberedPaths()
	for i := range paths {
		p := &paths[i]
		if e, ok := r.escalation(s, p, reached, answers); ok {
			out = append(out, e)
		}
	}
	return out
}

func (r *reacher) escalation(s *scratch, p *escalationPath, reached actionSet, answers map[escalationStep]*stepAnswer) (Escalation, bool) {
	for i := range p.steps {
		if !reached.has(p.steps[i].number) {
			return Escalation{}, false
		}
	}
	e := Escalation{ID: p.id, Sure: true, How: say(p.how)}
	for _, step := range p.steps {
		answer := answers[step]
		if answer == nil {
			answer = r.step(s, step)
			answers[step] = answer
		}
		if answer.truth == No {
			return Escalation{}, false
		}
		e.Sure = e.Sure && answer.truth == Yes
		e.Actions = append(e.Actions, step.action)
		for _, ref := range answer.by {
			e.By = appendNew(e.By, ref)
		}
		if answer.roles != nil {
			e.roles = answer.roles
			for _, g := range answer.roles {
				e.Roles = append(e.Roles, g.text())
			}
		}
	}
	return e, true
}

// stepAnswer says whether an action of a path is reachable.
type stepAnswer struct {
	truth Truth
	by    []string
	roles []glob // onRoles, where not all are open
}

// step finds how surely an action is reachable on such a target, by whoever chooses the service that a role is passed to and the
// policy that is attached.
func (r *reacher) step(s *scratch, step escalationStep) *stepAnswer {
	out := &stepAnswer{}
	a := step.number
	var context *Context
	chosen := func() *Context {
		if context == nil {
			context = r.chosen(step)
		}
		return context
	}
	all := false
	note := func(in *instance, g share, t Truth) {
		if !g.acts.has(a) || step.target == onOthers && r.own(g.resource) {
			return
		}
		t = t.And(r.stands(s, a, g.resource, chosen))
		if t == No {
			return
		}
		open := step.target != onRoles || g.resource.contains(r.space.everyRole)
		if open && !all || t > out.truth && open == all {
			*out = stepAnswer{truth: t}
			all = open
		} else if open != all || t < out.truth {
			return
		}
		out.by = appendNew(out.by, in.statement.Ref())
		if !open {
			out.roles = append(out.roles, g.resource.glob)
		}
	}
	for _, list := range [][]instance{r.allows, r.trusts} {
		for i := range list {
			in := &list[i]
			if !in.acts.has(a) {
				continue
			}
			t := in.truthIn(chosen)
			if t == No {
				continue
			}
			for _, g := range in.fixed {
				note(in, g, t)
			}
			for _, g := range in.own {
				note(in, g, t)
			}
			for _, g := range in.loose {
				note(in, g, min(t, Maybe))
			}
		}
	}
	return out
}

// chosen is the context of a step with what the caller chooses.
func (r *reacher) chosen(step escalationStep) *Context {
	ctx := r.context(withMFA).Clone()
	if step.service != "" {
		ctx.Set("iam:PassedToService", step.service)
	}
	if strings.HasPrefix(step.action, "iam:Attach") {
		ctx.Set("iam:PolicyARN", "arn:"+r.space.partition+":"+administratorAccess)
	}
	return ctx
}

// truthIn evaluates the conditions anew where they hang on what the caller chooses.
func (in *instance) truthIn(chosen func() *Context) Truth {
	if in.truth[withMFA] != Maybe {
		return in.truth[withMFA]
	}
	return in.statement.MatchConditions(chosen())
}

// stands reports whether an allowed action on a resource survives the boundary and the Denies.
func (r *reacher) stands(s *scratch, action int, o *resource, chosen func() *Context) Truth {
	allowed := Yes
	if r.bounded {
		allowed = No
		for i := range r.bounds {
			b := &r.bounds[i]
			if !b.acts.has(action) {
				continue
			}
			t := b.truthIn(chosen)
			switch {
			case b.within(s, o).has(action):
			case b.sure != nil && s.relate(b.sure, o) == overlap, b.maybe != nil:
				t = min(t, Maybe)
			default:
				t = No
			}
			allowed = allowed.Or(t)
		}
	}
	for i := range r.denies {
		d := &r.denies[i]
		if d.acts.has(action) && d.within(s, o).has(action) {
			allowed = allowed.And(d.truthIn(chosen).Not())
		}
	}
	return allowed
}
