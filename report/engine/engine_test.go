package engine_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"sekisho/report/engine"
	"sekisho/report/format"
)

// What of the Kubernetes API (batch/v1 and core/v1, v1.34) the manifests may say, and what these fields hold. Whatever
// isn't here is an error; make test-kubernetes asks a real API server.
type cronJob struct {
	APIVersion string `yaml:"apiVersion"`
	Kind       string
	Metadata   metadata
	Spec       struct {
		Schedule                string
		TimeZone                string             `yaml:"timeZone"`
		ConcurrencyPolicy       string             `yaml:"concurrencyPolicy"`
		StartingDeadlineSeconds int                `yaml:"startingDeadlineSeconds"`
		JobTemplate             struct{ Spec job } `yaml:"jobTemplate"`
	}
}

type metadata struct {
	Name   string
	Labels map[string]string
}

type job struct {
	CompletionMode       string `yaml:"completionMode"`
	Completions          int
	Parallelism          int
	BackoffLimit         *int `yaml:"backoffLimit"`
	BackoffLimitPerIndex *int `yaml:"backoffLimitPerIndex"`
	PodFailurePolicy     struct {
		Rules []struct {
			Action          string
			OnPodConditions []struct{ Type, Status string } `yaml:"onPodConditions"`
			OnExitCodes     *struct {
				Operator string
				Values   []int
			} `yaml:"onExitCodes"`
		}
	} `yaml:"podFailurePolicy"`
	Template struct {
		Metadata metadata
		Spec     pod
	}
}

type pod struct {
	RestartPolicy                 string `yaml:"restartPolicy"`
	ServiceAccountName            string `yaml:"serviceAccountName"`
	AutomountServiceAccountToken  *bool  `yaml:"automountServiceAccountToken"`
	TerminationGracePeriodSeconds int    `yaml:"terminationGracePeriodSeconds"`
	SecurityContext               struct {
		RunAsNonRoot        bool                  `yaml:"runAsNonRoot"`
		FSGroupChangePolicy string                `yaml:"fsGroupChangePolicy"`
		SeccompProfile      struct{ Type string } `yaml:"seccompProfile"`
		User                int                   `yaml:"runAsUser"`
		Group               int                   `yaml:"runAsGroup"`
		Files               int                   `yaml:"fsGroup"`
	} `yaml:"securityContext"`
	InitContainers []container `yaml:"initContainers"`
	Containers     []container
	Volumes        []struct {
		Name                  string
		EmptyDir              *struct{} `yaml:"emptyDir"`
		PersistentVolumeClaim *struct {
			ClaimName string `yaml:"claimName"`
		} `yaml:"persistentVolumeClaim"`
	}
}

type container struct {
	Name, Image string
	Args        []string
	Env         []struct {
		Name, Value string
		ValueFrom   *struct {
			FieldRef struct {
				FieldPath string `yaml:"fieldPath"`
			} `yaml:"fieldRef"`
		} `yaml:"valueFrom"`
	}
	EnvFrom []struct {
		SecretRef struct{ Name string } `yaml:"secretRef"`
	} `yaml:"envFrom"`
	Resources       struct{ Requests, Limits map[string]string }
	SecurityContext struct {
		AllowPrivilegeEscalation *bool `yaml:"allowPrivilegeEscalation"`
		ReadOnlyRootFilesystem   bool  `yaml:"readOnlyRootFilesystem"`
		Capabilities             struct{ Drop []string }
	} `yaml:"securityContext"`
	VolumeMounts []struct {
		Name      string
		MountPath string `yaml:"mountPath"`
	} `yaml:"volumeMounts"`
}

func values(more engine.Values) engine.Values {
	v := engine.Values{
		"name": "n", "run-name": "n-run", "merge-name": "n-merge", "plan-name": "n-plan", "schedule": "0 6 * * *", "shards": 20, "parallelism": 5,
		"service-account": "auditor", "image": "registry.example.com/sekisho:1", "run-plan": []string{"fleet", "plan"}, "merge-plan": []string{"fleet", "plan", "2"},
		"plan": []string{"fleet", "plan"}, "run": []string{"fleet", "run"}, "merge": []string{"fleet", "merge"},
	}
	maps.Copy(v, more)
	return v
}

func written(t *testing.T, register format.Register[engine.Values], name string, v engine.Values) []byte {
	t.Helper()
	f, err := register.Named(name)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := f.Render(&out, v, format.Options{}); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func cronJobs(t *testing.T, v engine.Values) (run, merge cronJob) {
	t.Helper()
	d := yaml.NewDecoder(bytes.NewReader(written(t, engine.Kubernetes(), "yaml", v)))
	d.KnownFields(true)
	if err := d.Decode(&run); err != nil {
		t.Fatal(err)
	}
	if err := d.Decode(&merge); err != nil {
		t.Fatal(err)
	}
	return run, merge
}

// An attempt that may help is made again, by the shard; wrong usage is not; and a node that goes away comes first.
func TestKubernetesRetries(t *testing.T) {
	t.Parallel()
	run, merge := cronJobs(t, values(nil))
	j := run.Spec.JobTemplate.Spec
	rules := j.PodFailurePolicy.Rules
	if j.CompletionMode != "Indexed" || j.Completions != 20 || j.Parallelism != 5 || j.BackoffLimitPerIndex == nil || *j.BackoffLimitPerIndex != 3 || j.BackoffLimit != nil {
		t.Errorf("got %+v, want an Indexed Job of 20 that makes 3 more attempts for each", j)
	}
	if len(rules) != 2 || rules[0].Action != "Ignore" || rules[0].OnPodConditions[0].Type != "DisruptionTarget" ||
		rules[1].Action != "FailIndex" || !slices.Equal(rules[1].OnExitCodes.Values, []int{2}) {
		t.Errorf("got the rules %+v, want disruptions ignored, then wrong usage not tried again", rules)
	}
	if rules := merge.Spec.JobTemplate.Spec.PodFailurePolicy.Rules; rules[1].Action != "FailJob" || !slices.Equal(rules[1].OnExitCodes.Values, []int{2, 3, 4}) {
		t.Errorf("got the report's rules %+v, want no report made again because of what it says", rules)
	}
	for _, c := range []cronJob{run, merge} {
		p := c.Spec.JobTemplate.Spec.Template.Spec
		if p.RestartPolicy != "Never" || p.ServiceAccountName != "auditor" || *p.AutomountServiceAccountToken || len(p.InitContainers) != 1 || len(p.Containers) != 1 {
			t.Errorf("%s: got the pod %+v, want one that plans, then works, and is not restarted", c.Metadata.Name, p)
		}
		for _, c := range slices.Concat(p.InitContainers, p.Containers) {
			if c.Env[0].ValueFrom.FieldRef.FieldPath != "metadata.labels['batch.kubernetes.io/job-name']" || !c.SecurityContext.ReadOnlyRootFilesystem {
				t.Errorf("%s: got %+v, want the Job's name in it, and nothing to write to", c.Name, c)
			}
		}
	}
}

// What nobody asks for isn't there, and what is asked for is in each container.
func TestKubernetesParts(t *testing.T) {
	t.Parallel()
	without, _ := cronJobs(t, values(nil))
	with, merge := cronJobs(t, values(engine.Values{"claim": "runs", "mount": "/runs", "secret": "keys", "region": "eu-west-1"}))
	if p := without.Spec.JobTemplate.Spec.Template.Spec; len(p.Volumes) != 1 || len(p.Containers[0].EnvFrom) != 0 || len(p.Containers[0].Env) != 1 {
		t.Errorf("got %+v, want neither a claim nor a secret", p)
	}
	for _, c := range []cronJob{with, merge} {
		p := c.Spec.JobTemplate.Spec.Template.Spec
		if p.Volumes[1].PersistentVolumeClaim.ClaimName != "runs" {
			t.Errorf("got the volumes %+v, want the claim", p.Volumes)
		}
		for _, c := range slices.Concat(p.InitContainers, p.Containers) {
			if c.VolumeMounts[1].MountPath != "/runs" || c.EnvFrom[0].SecretRef.Name != "keys" || c.Env[1].Value != "eu-west-1" {
				t.Errorf("%s: got %+v, want the volume, the secret and the Region", c.Name, c)
			}
		}
	}
}

// Whatever a value is, it is that text, and in both formats.
func TestValuesAreData(t *testing.T) {
	t.Parallel()
	hostile := []string{
		"x\n  restartPolicy: Always", "- --demo", "{{ .Values.x }}", "yes", "0x10", "~", "!value image", "*env", "&a b", "a: b # c", `"`, "'", "\\", "", " ", "@daily", "`", "%", "|", "2026-11-30", "1e3", "東京",
	}
	v := values(engine.Values{"run": hostile, "image": hostile[0], "claim": "true", "mount": "null", "secret": "1"})
	run, _ := cronJobs(t, v)
	p := run.Spec.JobTemplate.Spec.Template.Spec
	if c := p.Containers[0]; !slices.Equal(c.Args, hostile) || c.Image != hostile[0] || p.RestartPolicy != "Never" || c.EnvFrom[0].SecretRef.Name != "1" || c.VolumeMounts[1].MountPath != "null" {
		t.Errorf("got %+v, want the values as they are", c)
	}
	var list struct {
		Kind  string
		Items []any
	}
	if err := json.Unmarshal(written(t, engine.Kubernetes(), "json", v), &list); err != nil || list.Kind != "List" || len(list.Items) != 2 {
		t.Errorf("got %+v (%v), want a list of two", list, err)
	}
	var jobs map[string]struct {
		Definition struct {
			ContainerProperties struct{ Command []string }
		}
	}
	if err := json.Unmarshal(written(t, engine.Batch(), "json", v), &jobs); err != nil || !slices.Equal(jobs["run"].Definition.ContainerProperties.Command, hostile) {
		t.Errorf("got %+v (%v), want the values as they are", jobs, err)
	}
}

type state struct {
	Type, Next, Default        string
	End                        bool
	Choices, Catch             []struct{ Next string }
	ItemProcessor              *machine
	ToleratedFailurePercentage int
	MaxConcurrency             int
	Retry                      []any
}

type machine struct {
	StartAt string
	States  map[string]state
}

// Each state leads to one that is there, none is out of reach, and each way ends.
func TestStepFunctionsLeadSomewhere(t *testing.T) {
	t.Parallel()
	var all struct {
		Machine machine `json:"state_machine"`
	}
	text := written(t, engine.StepFunctions(), "json", values(engine.Values{"run": "States.Array()", "indexes": []int{0, 1}, "of": "2"}))
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	shards := all.Machine.States["Shards"]
	if shards.ToleratedFailurePercentage != 100 || shards.MaxConcurrency != 5 || shards.ItemProcessor == nil {
		t.Fatalf("got %+v, want a map whose failures are tolerated", shards)
	}
	if len(shards.ItemProcessor.States["Run"].Retry) > 0 {
		t.Error("got a retry whatever the exit status, want the attempts counted")
	}
	for _, m := range []machine{all.Machine, *shards.ItemProcessor} {
		seen, queue := map[string]bool{}, []string{m.StartAt}
		for len(queue) > 0 {
			name := queue[0]
			queue = queue[1:]
			s, ok := m.States[name]
			if !ok {
				t.Fatalf("got no state %s, want one", name)
			}
			if seen[name] {
				continue
			}
			seen[name] = true
			next := slices.DeleteFunc([]string{s.Next, s.Default}, func(name string) bool { return name == "" })
			for _, c := range slices.Concat(s.Choices, s.Catch) {
				next = append(next, c.Next)
			}
			if ends := s.End || s.Type == "Fail" || s.Type == "Succeed"; ends == (s.Next != "" || s.Default != "") {
				t.Errorf("%s: got %+v, want it to end or to go on", name, s)
			}
			queue = append(queue, next...)
		}
		if len(seen) != len(m.States) {
			t.Errorf("got %d states of %d within reach, want all", len(seen), len(m.States))
		}
	}
	if strings.Contains(string(text), `"logConfiguration"`) {
		t.Error("got a log that nobody asked for")
	}
}
