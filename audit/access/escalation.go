package access

import (
	"slices"
	"strings"
	"sync"

	"sekisho/audit/policy"
)

// Escalation is a way in which somebody who isn't an administrator can become one.
type Escalation struct {
	ID      string   // "create-policy-version"
	Actions []string // that he uses, all of them reachable with MFA
	Sure    bool     // false where a condition hangs on keys of which nothing is known
	By      []string // statements that allow the actions
	Role    string   // ARN of the administrator's role that the way leads through; empty before Analysis.Through and where it needs none
	How     Text

	lane    lane
	service string
	as      *Subject     // with whose policies he goes through the role
	rest    policy.Truth // of all that doesn't hang on the role
	restBy  []string
}

// Scoped reports whether the way leads through a role. Then he becomes what that role is: whether there is an administrator
// among those of the account is what Analysis.Through looks up.
func (e *Escalation) Scoped() bool { return e.lane != noRole }

func (e *Escalation) truth() policy.Truth {
	if e.Sure {
		return policy.Yes
	}
	return policy.Maybe
}

// then is the way that leads on from one that made him something, but no administrator yet.
func (e *Escalation) then(next Escalation) Escalation {
	next.Actions = slices.Concat(e.Actions, next.Actions)
	next.Sure = e.Sure && next.Sure
	next.By = joinNew(e.By, held(next.By))
	next.restBy = joinNew(e.By, held(next.restBy))
	next.rest = e.truth().And(next.rest)
	next.How = say("%s, and then %s", e.How, next.How)
	return next
}

func joinNew(list, more []string) []string { return appendAll(slices.Clone(list), more) }

// lane is how a way leads through a role.
type lane uint8

const (
	noRole     lane = iota
	passesRole      // to a service that the role trusts
	entersRole      // by a trust policy that lets him in
	opensRole       // by a trust policy that he rewrites
)

// escalationPath is one published combination of actions.
type escalationPath struct {
	id    string
	steps []escalationStep
	how   string
	cap   ceiling
}

type escalationStep struct {
	action  string
	target  escalationTarget
	service string // that the role is passed to
	number  int    // of the action
}

// numberedPaths returns the paths with their actions' numbers; one with an action that the catalogue lacks is left out.
var numberedPaths = sync.OnceValue(func() (paths []escalationPath) {
	c := policy.Actions()
next:
	for _, p := range escalationPaths {
		p.steps = slices.Clone(p.steps)
		for i := range p.steps {
			number, ok := c.Number(p.steps[i].action)
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
	onRoles                     // roles
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

// escalationPaths are the combinations that have been published, by Rhino Security Labs, Bishop Fox, NCC Group's PMapper and
// Datadog's pathfinding.cloud among others; each was read against AWS's description of the actions.
var escalationPaths = []escalationPath{
	{"create-policy-version", on("iam:CreatePolicyVersion"), "writes a new default version of a policy that is attached to him", cappedInRoles},
	{"set-default-policy-version", on("iam:SetDefaultPolicyVersion"), "goes back to an older, wider version of a policy that is attached to him", cappedInRoles},
	{"attach-user-policy", on("iam:AttachUserPolicy"), "attaches AdministratorAccess to himself", capped},
	{"attach-group-policy", on("iam:AttachGroupPolicy"), "attaches AdministratorAccess to a group of his", capped},
	{"attach-role-policy", on("iam:AttachRolePolicy"), "attaches AdministratorAccess to a role that he has or can assume", cappedInRoles},
	{"put-user-policy", on("iam:PutUserPolicy"), "writes himself an inline policy that allows everything", capped},
	{"put-group-policy", on("iam:PutGroupPolicy"), "writes a group of his an inline policy that allows everything", capped},
	{"put-role-policy", on("iam:PutRolePolicy"), "writes a role that he has or can assume an inline policy that allows everything", cappedInRoles},
	{"add-user-to-group", on("iam:AddUserToGroup"), "joins the administrators' group", capped},
	{"create-login-profile", onOther("iam:CreateLoginProfile"), "gives an administrator without a password one that he knows", uncapped},
	{"update-login-profile", onOther("iam:UpdateLoginProfile"), "changes an administrator's password", uncapped},
	{"create-access-key", onOther("iam:CreateAccessKey"), "makes himself an access key of an administrator's", uncapped},
	{"update-assume-role-policy", onRole("iam:UpdateAssumeRolePolicy"), "lets himself into an administrator's role and assumes it", uncapped},
	{"assume-role", onRole("sts:AssumeRole"), "assumes an administrator's role", uncapped},

	{"lambda-invoke", passing("lambda", "lambda:CreateFunction", "lambda:InvokeFunction"), "runs code of his own in a function that has an administrator's role", uncapped},
	{"lambda-event-source", passing("lambda", "lambda:CreateFunction", "lambda:CreateEventSourceMapping"), "has an event run his function, which has an administrator's role", uncapped},
	{"lambda-permission", passing("lambda", "lambda:CreateFunction", "lambda:AddPermission"), "lets another account run his function, which has an administrator's role", uncapped},
	{"lambda-update-code", on("lambda:UpdateFunctionCode"), "puts code of his own into a function that has an administrator's role", uncapped},
	{"lambda-update-configuration", on("lambda:UpdateFunctionConfiguration"), "puts a layer of his own under a function that has an administrator's role", uncapped},
	{"ec2-run-instances", passing("ec2", "ec2:RunInstances"), "starts an instance with an administrator's role and takes its credentials", uncapped},
	{"ec2-spot-instances", passing("ec2", "ec2:RequestSpotInstances"), "starts a spot instance with an administrator's role and takes its credentials", uncapped},
	{"ec2-instance-profile", passing("ec2", "ec2:AssociateIamInstanceProfile"), "gives an instance of his an administrator's role", uncapped},
	{"ec2-replace-instance-profile", passing("ec2", "ec2:ReplaceIamInstanceProfileAssociation"), "gives an instance of his an administrator's role", uncapped},
	{"autoscaling-launch-configuration", passing("ec2", "autoscaling:CreateLaunchConfiguration", "autoscaling:CreateAutoScalingGroup"), "has instances started with an administrator's role", uncapped},
	{"autoscaling-launch-template", passing("ec2", "ec2:CreateLaunchTemplate", "autoscaling:CreateAutoScalingGroup"), "has instances started with an administrator's role", uncapped},
	{"cloudformation-create-stack", passing("cloudformation", "cloudformation:CreateStack"), "has a stack make what he wants with an administrator's role", uncapped},
	{"cloudformation-update-stack", passing("cloudformation", "cloudformation:UpdateStack"), "has a stack make what he wants with an administrator's role", uncapped},
	{"cloudformation-change-set", passing("cloudformation", "cloudformation:CreateChangeSet", "cloudformation:ExecuteChangeSet"), "has a change set make what he wants with an administrator's role", uncapped},
	{"cloudformation-stack-set", passing("cloudformation", "cloudformation:CreateStackSet", "cloudformation:CreateStackInstances"), "has a stack set make what he wants with an administrator's role", uncapped},
	{"glue-create-dev-endpoint", passing("glue", "glue:CreateDevEndpoint"), "opens a development endpoint with an administrator's role", uncapped},
	{"glue-update-dev-endpoint", on("glue:UpdateDevEndpoint"), "puts his key on a development endpoint that has an administrator's role", uncapped},
	{"glue-create-job", passing("glue", "glue:CreateJob", "glue:StartJobRun"), "runs a job of his own with an administrator's role", uncapped},
	{"glue-create-job-trigger", passing("glue", "glue:CreateJob", "glue:CreateTrigger"), "has a job of his own run with an administrator's role", uncapped},
	{"glue-update-job", passing("glue", "glue:UpdateJob", "glue:StartJobRun"), "changes a job and runs it with an administrator's role", uncapped},
	{"glue-update-job-trigger", passing("glue", "glue:UpdateJob", "glue:CreateTrigger"), "changes a job and has it run with an administrator's role", uncapped},
	{"codebuild-create-project", passing("codebuild", "codebuild:CreateProject", "codebuild:StartBuild"), "runs a build of his own with an administrator's role", uncapped},
	{"codebuild-create-project-batch", passing("codebuild", "codebuild:CreateProject", "codebuild:StartBuildBatch"), "runs builds of his own with an administrator's role", uncapped},
	{"codebuild-update-project", passing("codebuild", "codebuild:UpdateProject", "codebuild:StartBuild"), "changes a build and runs it with an administrator's role", uncapped},
	{"sagemaker-notebook", passing("sagemaker", "sagemaker:CreateNotebookInstance", "sagemaker:CreatePresignedNotebookInstanceUrl"), "opens a notebook with an administrator's role", uncapped},
	{"sagemaker-presigned-url", on("sagemaker:CreatePresignedNotebookInstanceUrl"), "opens somebody's notebook that has an administrator's role", uncapped},
	{"sagemaker-training-job", passing("sagemaker", "sagemaker:CreateTrainingJob"), "runs a training job of his own with an administrator's role", uncapped},
	{"sagemaker-processing-job", passing("sagemaker", "sagemaker:CreateProcessingJob"), "runs a processing job of his own with an administrator's role", uncapped},
	{"ecs-run-task", passing("ecs-tasks", "ecs:RegisterTaskDefinition", "ecs:RunTask"), "runs a container of his own with an administrator's role", uncapped},
	{"ecs-start-task", passing("ecs-tasks", "ecs:RegisterTaskDefinition", "ecs:StartTask"), "runs a container of his own with an administrator's role", uncapped},
	{"ecs-create-service", passing("ecs-tasks", "ecs:RegisterTaskDefinition", "ecs:CreateService"), "runs a service of his own with an administrator's role", uncapped},
	{"batch-submit-job", passing("ecs-tasks", "batch:RegisterJobDefinition", "batch:SubmitJob"), "runs a batch job of his own with an administrator's role", uncapped},
	{"datapipeline-create", passing("datapipeline", "datapipeline:CreatePipeline", "datapipeline:PutPipelineDefinition", "datapipeline:ActivatePipeline"), "has a pipeline run his commands with an administrator's role", uncapped},
	{"step-functions-create", passing("states", "states:CreateStateMachine", "states:StartExecution"), "runs a state machine of his own with an administrator's role", uncapped},
	{"step-functions-update", passing("states", "states:UpdateStateMachine", "states:StartExecution"), "changes a state machine and runs it with an administrator's role", uncapped},
	{"eventbridge-rule", passing("events", "events:PutRule", "events:PutTargets"), "has a rule call a target with an administrator's role", uncapped},
	{"eventbridge-schedule", passing("scheduler", "scheduler:CreateSchedule"), "has a schedule call any API with an administrator's role", uncapped},
	{"bedrock-agent", passing("bedrock", "bedrock:CreateAgent", "bedrock:CreateAgentActionGroup", "bedrock:InvokeAgent"), "runs an agent of his own with an administrator's role", uncapped},
	{"bedrock-code-interpreter", passing("bedrock-agentcore", "bedrock-agentcore:CreateCodeInterpreter", "bedrock-agentcore:StartCodeInterpreterSession", "bedrock-agentcore:InvokeCodeInterpreter"), "runs code of his own in an interpreter that has an administrator's role", uncapped},
	{"codestar-create-project", passing("codestar", "codestar:CreateProject"), "has a project make what he wants with an administrator's role", uncapped},
	{"codepipeline-create", passing("codepipeline", "codepipeline:CreatePipeline"), "has a pipeline act with an administrator's role", uncapped},
	{"apprunner-create-service", passing("tasks.apprunner", "apprunner:CreateService"), "runs a service of his own with an administrator's role", uncapped},
	{"apprunner-update-service", on("apprunner:UpdateService"), "puts code of his own into a service that has an administrator's role", uncapped},
	{"emr-run-job-flow", passing("ec2", "elasticmapreduce:RunJobFlow"), "starts a cluster with an administrator's role", uncapped},
	{"emr-serverless", passing("emr-serverless", "emr-serverless:CreateApplication", "emr-serverless:StartJobRun"), "runs a job of his own with an administrator's role", uncapped},
	{"airflow-create-environment", passing("airflow-env", "airflow:CreateEnvironment"), "runs workflows of his own with an administrator's role", uncapped},
	{"ssm-automation", passing("ssm", "ssm:CreateDocument", "ssm:StartAutomationExecution"), "runs a runbook of his own with an administrator's role", uncapped},
	{"roles-anywhere", passing("rolesanywhere", "rolesanywhere:CreateTrustAnchor", "rolesanywhere:CreateProfile"), "takes an administrator's role with a certificate of his own", uncapped},
}

// administratorAccess is the policy that somebody attaches who may choose.
const administratorAccess = "iam::aws:policy/AdministratorAccess"

// escalations finds the subject's ways to become administrator. The cells with MFA must have been reached, merged.
func (r *reacher) escalations(s *scratch, admin policy.Truth) []Escalation {
	if admin == policy.Yes {
		return nil
	}
	ways, own := r.ways(s)
	if !r.bounded {
		return append(ways, own...)
	}
	return r.beyond(ways, own)
}

// ways finds the paths that the policies open; own are those that a boundary caps. The cells with MFA must have been reached, merged.
func (r *reacher) ways(s *scratch) (ways, own []Escalation) {
	var reached policy.ActionSet
	for i := range s.cells[withMFA] {
		c := &s.cells[withMFA][i]
		reached = s.arena.Add(reached, c.sure)
		reached = s.arena.Add(reached, c.maybe)
	}
	inRoles := slices.ContainsFunc(intoRoles, func(action string) bool {
		number, ok := r.space.catalogue.Number(action)
		return ok && reached.Has(number)
	})
	answers := map[escalationStep]*stepAnswer{}
	paths := numberedPaths()
	for i := range paths {
		p := &paths[i]
		e, ok := r.escalation(s, p, reached, answers)
		switch {
		case !ok:
		case p.cap == uncapped, p.cap == cappedInRoles && inRoles:
			ways = append(ways, e)
		default:
			own = append(own, e)
		}
	}
	return ways, own
}

func (r *reacher) escalation(s *scratch, p *escalationPath, reached policy.ActionSet, answers map[escalationStep]*stepAnswer) (Escalation, bool) {
	for i := range p.steps {
		if !reached.Has(p.steps[i].number) {
			return Escalation{}, false
		}
	}
	e := Escalation{ID: p.id, Sure: true, How: say(p.how), as: r.subject, rest: policy.Yes}
	for _, step := range p.steps {
		answer := answers[step]
		if answer == nil {
			answer = r.step(s, step)
			answers[step] = answer
		}
		if answer.truth == policy.No {
			return Escalation{}, false
		}
		e.Sure = e.Sure && answer.truth == policy.Yes
		e.Actions = append(e.Actions, step.action)
		e.By = joinNew(e.By, answer.by)
		if l := step.lane(); l != noRole {
			e.lane, e.service = l, step.service
		}
		if step.target != onRoles {
			e.rest = e.rest.And(answer.truth)
			e.restBy = joinNew(e.restBy, answer.by)
		}
	}
	return e, true
}

func (s *escalationStep) lane() lane {
	switch {
	case s.target != onRoles:
		return noRole
	case s.service != "":
		return passesRole
	case s.action == "sts:AssumeRole":
		return entersRole
	}
	return opensRole
}

// stepAnswer says whether an action of a path is reachable.
type stepAnswer struct {
	truth policy.Truth
	by    []string
}

// step finds how surely an action is reachable on such a target, by whoever chooses the service that a role is passed to and the
// policy that is attached.
func (r *reacher) step(s *scratch, step escalationStep) *stepAnswer {
	out := &stepAnswer{}
	a := step.number
	var context *policy.Context
	chosen := func() *policy.Context {
		if context == nil {
			context = r.chosen(step)
		}
		return context
	}
	note := func(in *instance, g share, t policy.Truth, stands func() policy.Truth) {
		if !g.acts.Has(a) || step.target == onOthers && r.own(g.resource) {
			return
		}
		if t = t.And(stands()); t == policy.No || t < out.truth {
			return
		}
		if t > out.truth {
			*out = stepAnswer{truth: t}
		}
		out.by = appendNew(out.by, in.statement.Ref())
	}
	for n, list := range [][]instance{r.allows, r.trusts} {
		for i := range list {
			in := &list[i]
			if !in.acts.Has(a) {
				continue
			}
			t := in.truthIn(chosen)
			if t == policy.No {
				continue
			}
			try := func(g share, t policy.Truth) {
				note(in, g, t, func() policy.Truth { return r.stands(s, step, g.resource, r.bounded && n == 0, chosen) })
			}
			for _, g := range in.fixed {
				try(g, t)
			}
			for _, g := range in.own {
				try(g, t)
			}
			for _, g := range in.loose {
				try(g, min(t, policy.Maybe))
			}
		}
	}
	return out
}

// chosen is the context of a step with what the caller chooses.
func (r *reacher) chosen(step escalationStep) *policy.Context {
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
func (in *instance) truthIn(chosen func() *policy.Context) policy.Truth {
	if in.truth[withMFA] != policy.Maybe {
		return in.truth[withMFA]
	}
	return in.statement.MatchConditions(chosen())
}

// stands reports whether an allowed action on a resource survives the boundary, if that narrows it, and the Denies.
func (r *reacher) stands(s *scratch, step escalationStep, o *resource, bounded bool, chosen func() *policy.Context) policy.Truth {
	action, allowed := step.number, policy.Yes
	if bounded {
		allowed = policy.No
		for i := range r.bounds {
			b := &r.bounds[i]
			if !b.acts.Has(action) {
				continue
			}
			t := b.truthIn(chosen)
			switch {
			case b.within(s, o).has(action):
			case b.sure != nil && s.relate(b.sure, o) == overlap, b.maybe != nil:
				t = min(t, policy.Maybe)
			default:
				t = policy.No
			}
			allowed = allowed.Or(t)
		}
	}
	for i := range r.denies {
		d := &r.denies[i]
		if d.acts.Has(action) && (d.within(s, o).has(action) || step.target == onOthers && r.sparesHim(d)) {
			allowed = allowed.And(d.truthIn(chosen).Not())
		}
	}
	return allowed
}

// sparesHim reports whether a Deny is on everything but what bears the subject's own name.
func (r *reacher) sparesHim(d *instance) bool {
	return d.sure != nil && slices.ContainsFunc(d.sure.of, func(o *resource) bool {
		return o.except != nil && !slices.ContainsFunc(o.except, func(g policy.Glob) bool { return !r.own(&resource{glob: g}) })
	})
}
