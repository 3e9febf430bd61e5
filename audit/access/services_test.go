package access

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"sekisho/audit/policy"
)

var servicePrincipal = regexp.MustCompile(`^[a-z0-9-]+(\.[a-z0-9-]+)*\.amazonaws\.com$`)

func TestServiceWaysAreWellFormed(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, w := range serviceWays {
		if seen[w.id] || !regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`).MatchString(w.id) {
			t.Errorf("%s: want an ID of its own, in lower case", w.id)
		}
		seen[w.id] = true
		for _, s := range append(slices.Clone(w.services), w.beside) {
			if s != "" && !servicePrincipal.MatchString(s) {
				t.Errorf("%s: got %q, want a service principal", w.id, s)
			}
		}
		if len(w.services) == 0 || len(w.actions) == 0 || w.how.Empty() {
			t.Errorf("%s: got %+v, want services, actions and an explanation", w.id, w)
		}
		if n := len(w.how.String()); n > 48 && w.existing.Empty() {
			t.Errorf("%s: got an explanation of %d characters, want 48 or fewer: a role's name comes with it", w.id, n)
		}
		if !w.pass && (w.existing.Empty() || w.beside != "") {
			t.Errorf("%s: passes no role, so it wants something that exists, and nothing beside it", w.id)
		}
		for _, group := range w.actions {
			checkGroup(t, w.id, group)
		}
		if w.only != "" {
			checkGroup(t, w.id, []string{w.only})
		}
	}
}

// checkGroup checks that the actions exist, and that there is a thing on which all of them act.
func checkGroup(t *testing.T, id string, group []string) {
	t.Helper()
	c := policy.Actions()
	var common []int32
	for i, action := range group {
		number, ok := c.Number(action)
		if !ok || c.Names[number] != action {
			t.Errorf("%s: got %s, want an action of the catalogue as AWS spells it", id, action)
			continue
		}
		if i == 0 {
			common = c.Takes[number]
			continue
		}
		common = slices.DeleteFunc(slices.Clone(common), func(f int32) bool { return !slices.Contains(c.Takes[number], f) })
		if len(common) == 0 {
			t.Errorf("%s: got %v in one group, want actions on one thing there", id, group)
		}
	}
}

// A way that takes more actions than another on the same role, and needs no less, adds nothing.
func TestNoServiceWayIsContainedInAnother(t *testing.T) {
	t.Parallel()
	for _, w := range serviceWays {
		for _, v := range serviceWays {
			if w.id == v.id || !slices.Equal(w.services, v.services) || v.pass && !w.pass || v.profile && !w.profile || v.beside != w.beside || v.only != w.only {
				continue
			}
			if !v.existing.Empty() && w.existing.Format != v.existing.Format {
				continue // which of them exists is another question
			}
			have := slices.Concat(w.actions...)
			if !slices.ContainsFunc(slices.Concat(v.actions...), func(action string) bool { return !slices.Contains(have, action) }) {
				t.Errorf("%s takes all that %s takes: want one of them", w.id, v.id)
			}
		}
	}
}

// Ways through services that pathfinding.cloud has published, as the actions of each; those on IAM and STS alone are
// edges of their own.
var published = []string{
	"iam:PassRole apprunner:CreateService",
	"apprunner:UpdateService",
	"iam:PassRole bedrock-agentcore:CreateCodeInterpreter bedrock-agentcore:StartCodeInterpreterSession bedrock-agentcore:InvokeCodeInterpreter",
	"bedrock-agentcore:StartCodeInterpreterSession bedrock-agentcore:InvokeCodeInterpreter",
	"iam:PassRole cloudformation:CreateStack",
	"cloudformation:UpdateStack",
	"iam:PassRole cloudformation:CreateStackSet cloudformation:CreateStackInstances",
	"iam:PassRole cloudformation:UpdateStackSet",
	"cloudformation:CreateChangeSet cloudformation:ExecuteChangeSet",
	"iam:PassRole codebuild:CreateProject codebuild:StartBuild",
	"codebuild:StartBuild",
	"codebuild:StartBuildBatch",
	"iam:PassRole codebuild:CreateProject codebuild:StartBuildBatch",
	"iam:PassRole datapipeline:CreatePipeline datapipeline:PutPipelineDefinition datapipeline:ActivatePipeline",
	"iam:PassRole ec2:RunInstances",
	"ec2:ModifyInstanceAttribute ec2:StopInstances ec2:StartInstances",
	"iam:PassRole ec2:RequestSpotInstances",
	"ec2:CreateLaunchTemplateVersion ec2:ModifyLaunchTemplate",
	"ec2-instance-connect:SendSSHPublicKey",
	"iam:PassRole ecs:CreateCluster ecs:RegisterTaskDefinition ecs:CreateService",
	"iam:PassRole ecs:CreateCluster ecs:RegisterTaskDefinition ecs:RunTask",
	"iam:PassRole ecs:RegisterTaskDefinition ecs:CreateService",
	"iam:PassRole ecs:RegisterTaskDefinition ecs:RunTask",
	"iam:PassRole ecs:RegisterTaskDefinition ecs:StartTask",
	"iam:PassRole glue:CreateDevEndpoint",
	"glue:UpdateDevEndpoint",
	"iam:PassRole glue:CreateJob glue:StartJobRun",
	"iam:PassRole glue:CreateJob glue:CreateTrigger",
	"iam:PassRole glue:UpdateJob glue:StartJobRun",
	"iam:PassRole glue:UpdateJob glue:CreateTrigger",
	"iam:PassRole lambda:CreateFunction lambda:InvokeFunction",
	"iam:PassRole lambda:CreateFunction lambda:CreateEventSourceMapping",
	"lambda:UpdateFunctionCode",
	"lambda:UpdateFunctionCode lambda:InvokeFunction",
	"lambda:UpdateFunctionCode lambda:AddPermission",
	"iam:PassRole lambda:CreateFunction lambda:AddPermission",
	"iam:PassRole sagemaker:CreateNotebookInstance sagemaker:CreatePresignedNotebookInstanceUrl", // without the URL there is no way in
	"iam:PassRole sagemaker:CreateTrainingJob",
	"iam:PassRole sagemaker:CreateProcessingJob",
	"sagemaker:CreatePresignedNotebookInstanceUrl",
	"sagemaker:CreateNotebookInstanceLifecycleConfig sagemaker:StopNotebookInstance sagemaker:UpdateNotebookInstance sagemaker:StartNotebookInstance",
	"ssm:StartSession",
	"ssm:SendCommand",
}

func TestPublishedWaysAreInTheTable(t *testing.T) {
	t.Parallel()
	for _, path := range published {
		actions := strings.Fields(path)
		if !slices.ContainsFunc(serviceWays, func(w serviceWay) bool {
			needs := slices.Concat(w.actions...)
			if w.pass {
				needs = append(needs, "iam:PassRole")
			}
			return !slices.ContainsFunc(needs, func(action string) bool { return !slices.Contains(actions, action) })
		}) {
			t.Errorf("got no way by %s, want one", path)
		}
	}
}
