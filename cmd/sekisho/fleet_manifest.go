package main

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"sekisho/audit/account"
	"sekisho/audit/lists"
	"sekisho/report/engine"
	"sekisho/report/format"
	"sekisho/report/sanitize"
)

func fleetManifestCommand(sys system) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "manifest",
		Short: "Print what an engine wants that is to run an audit of many accounts",
		Long: "Print what Kubernetes, AWS Batch or AWS Step Functions want to run sekisho fleet plan, sekisho fleet run in as many processes as there are shards, and " +
			"sekisho fleet merge. Nothing is asked and nothing is made. The image is one of your own whose entry point is sekisho.",
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return usagef(cmd.CommandPath()+" --help shows its commands", "got no engine, want one of kubernetes, batch, stepfunctions")
		},
	}
	cmd.AddCommand(kubernetesCommand(sys), batchCommand(sys), stepFunctionsCommand(sys))
	return cmd
}

// manifestFlags say what every engine has to be told.
type manifestFlags struct {
	image, run, name, region string
	shards, parallelism      int
	wait                     time.Duration
	answer                   result[engine.Values]
	plan                     *pflag.FlagSet // of sekisho fleet plan, as given behind --
}

// manifestCommand makes the command of an engine. of gives what the engine alone is told; it has its own flags.
func manifestCommand(sys system, cmd *cobra.Command, register format.Register[engine.Values], what string, bind func(*pflag.FlagSet), of func(*manifestFlags) (engine.Values, error)) *cobra.Command {
	o := new(manifestFlags)
	f := cmd.Flags()
	f.SortFlags = false
	o.answer.bind(f, register, what)
	f.StringVar(&o.image, "image", "", "the container's `IMAGE`, whose entry point is sekisho")
	f.StringVar(&o.run, "run", "", "where runs are kept: s3://BUCKET/PREFIX, below which each has a name of its own; one `RUN` where it holds {date} or {env:NAME}")
	f.IntVar(&o.shards, "shards", 20, "part the accounts into `N` shards")
	f.IntVar(&o.parallelism, "parallelism", 5, "run `N` shards at a time; AWS Batch goes by its queue")
	f.StringVar(&o.name, "name", "sekisho", "`NAME` that all that is made begins with")
	f.StringVar(&o.region, "region", "", "`REGION` of the endpoints, where the engine does not say it")
	f.DurationVar(&o.wait, "wait", 2*time.Hour, "`TIME`, such as 2h, that the report waits at most until each account is done or failed for good")
	bind(f)
	cmd.Use += " --image IMAGE --run RUN … [-- FLAGS OF FLEET PLAN]"
	cmd.Args = func(cmd *cobra.Command, args []string) error {
		if at := cmd.ArgsLenAtDash(); len(args) > 0 && at != 0 {
			return usagef("flags of sekisho fleet plan stand behind --", "got the argument %q, want none", args[0])
		}
		return nil
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if err := o.check(sys, args); err != nil {
			return err
		}
		values, err := of(o)
		if err != nil {
			return err
		}
		values["image"] = o.image
		if o.region != "" {
			values["region"] = o.region
		}
		for name, value := range values {
			if text, ok := value.(string); ok && !oneWord.MatchString(text) && name != "schedule" && name != "run" {
				return usagef("", "got the %s %q, want one", name, text)
			}
		}
		if err := o.answer.open(sys, false); err != nil {
			return err
		}
		return o.answer.write(cmd.Context(), sys, values, sys.bareOptions())
	}
	return cmd
}

var (
	oneWord    = regexp.MustCompile(`^[\x21-\x7e]+$`)
	engineName = regexp.MustCompile(`^[a-z]([a-z0-9-]{0,44}[a-z0-9])?$`)                    // Kubernetes: a CronJob's name has 52 characters at most
	scheduled  = regexp.MustCompile(`^(@[a-z]+|[0-9A-Za-z*,/?-]+( [0-9A-Za-z*,/?-]+){4})$`) // cron's five fields
	subnet     = regexp.MustCompile(`^subnet-[0-9a-f]{8,17}$`)
	security   = regexp.MustCompile(`^sg-[0-9a-f]{8,17}$`)
)

// own are the flags of sekisho fleet plan that a manifest says by itself.
var own = []string{"output", "shards", "reuse"}

func (o *manifestFlags) check(sys system, args []string) error {
	switch {
	case o.image == "":
		return usagef("", "got no --image, want that of a registry of yours")
	case !oneWord.MatchString(o.run):
		return usagef("", "--run: got %q, want s3://BUCKET/PREFIX", o.run)
	case o.shards < 1 || o.shards > 10_000:
		return usagef("", "--shards: got %d, want 1 to 10000", o.shards)
	case o.parallelism < 1:
		return usagef("", "--parallelism: got %d, want 1 or more", o.parallelism)
	case !engineName.MatchString(o.name):
		return usagef("", "--name: got %q, want at most 46 lower-case letters, digits and -, the first a letter", o.name)
	case o.wait <= 0:
		return usagef("", "--wait: got %s, want a time such as 2h", o.wait)
	}
	for _, arg := range args {
		if strings.ContainsFunc(arg, func(r rune) bool { return !sanitize.Visible(r) }) {
			return usagef("", "got %q behind --, want what can be seen", arg)
		}
	}
	o.plan = fleetPlanCommand(sys).Flags()
	if err := o.plan.Parse(args); err != nil {
		return usagef("sekisho fleet plan --help shows them", "reading the flags of sekisho fleet plan behind --: %w", err)
	}
	for _, name := range own {
		if o.plan.Changed(name) {
			return usagef("leave it out there", "got --%s behind --, which the manifest says by itself", name)
		}
	}
	if o.plan.NArg() > 0 {
		return usagef("", "got %q behind --, want flags of sekisho fleet plan", o.plan.Arg(0))
	}
	if from := o.plan.Lookup("external-id").Value.String(); from != "" && !reference.MatchString(from) {
		return usagef("put it into a variable or a file, and name that: env:EXTERNAL_ID, file:/etc/sekisho/external-id", "--external-id: got the ID itself, want where it is found")
	}
	return nil
}

// at is the run that a process is told, by something that is the same for all of one run.
func (o *manifestFlags) at(which string) string {
	if strings.Contains(o.run, "{") {
		return o.run
	}
	return strings.TrimSuffix(o.run, "/") + "/" + which
}

// planning are the arguments of sekisho fleet plan. It has the flags that stand behind --.
func (o *manifestFlags) planning(at string, args []string) []string {
	return slices.Concat([]string{"fleet", "plan", "--reuse", "--output", at, "--shards", fmt.Sprint(o.shards)}, args)
}

// given are the flags behind -- that another command has, too: who signs in, and how a bucket is reached.
func (o *manifestFlags) given(command *cobra.Command) []string {
	var list []string
	o.plan.Visit(func(flag *pflag.Flag) {
		if command == nil || command.Flags().Lookup(flag.Name) != nil {
			list = append(list, flagsOf(flag)...)
		}
	})
	return list
}

// flagsOf is a flag as it is given; one that is repeatable as often as it has values.
func flagsOf(flag *pflag.Flag) []string {
	if list, ok := flag.Value.(pflag.SliceValue); ok {
		return lists.Map(list.GetSlice(), func(value string) string { return "--" + flag.Name + "=" + value })
	}
	return []string{"--" + flag.Name + "=" + flag.Value.String()}
}

// arguments are those of the three commands, by the run that each is told.
func (o *manifestFlags) arguments(sys system, plan, run, merge string, waits bool) (planning, running, merging []string) {
	planning = o.planning(plan, o.given(nil))
	running = slices.Concat([]string{"fleet", "run", run, "--shard", "auto"}, o.given(fleetRunCommand(sys)))
	merging = append([]string{"fleet", "merge", merge}, o.given(fleetMergeCommand(sys))...)
	if waits {
		merging = append(merging, "--wait", o.wait.String())
	}
	return planning, running, merging
}

// mounted is where a volume is in the containers.
const mounted = "/var/lib/sekisho"

func kubernetesCommand(sys system) *cobra.Command {
	var serviceAccount, schedule, claim, secret string
	cmd := &cobra.Command{
		Use:   "kubernetes",
		Short: "Print two CronJobs: the shards as an Indexed Job, and the report",
		Long: "Print two CronJobs of Kubernetes. The pods of the first are an Indexed Job, one for each shard; the run is named after the Job, so that all pods and retries of a " +
			"Job share it. An attempt that fails is made again three times, except for wrong usage; a node that goes away is nobody's failure. The second makes " +
			"the report of the run that began with it, and writes it into its log, and with --claim into fleet.json and fleet.html on the volume. Its Job fails where something fails, or is unknown.",
		Example: "  sekisho fleet manifest kubernetes --image registry.example.com/sekisho:1 --run s3://example-runs/fleet --service-account sekisho | kubectl apply -f -\n" +
			"  sekisho fleet manifest kubernetes --image registry.example.com/sekisho:1 --run /var/lib/sekisho --claim runs --service-account sekisho -- --ou Workloads",
	}
	return manifestCommand(sys, cmd, engine.Kubernetes(), "the CronJobs", func(f *pflag.FlagSet) {
		f.StringVar(&serviceAccount, "service-account", "", "`NAME` of the service account that may assume the roles")
		f.StringVar(&schedule, "schedule", "0 6 * * *", "when it begins, in UTC, in `CRON`'s five fields")
		f.StringVar(&claim, "claim", "", "`NAME` of a claim of a volume that all pods can write to, at "+mounted)
		f.StringVar(&secret, "secret", "", "`NAME` of a Secret whose keys are variables of the containers, such as an external ID")
	}, func(o *manifestFlags) (engine.Values, error) {
		switch {
		case serviceAccount == "":
			return nil, usagef("", "got no --service-account, want one that may assume the roles")
		case !scheduled.MatchString(schedule):
			return nil, usagef("", "--schedule: got %q, want cron's five fields, such as 0 6 * * *", schedule)
		case !strings.HasPrefix(o.run, "s3://") && o.run != mounted && !strings.HasPrefix(o.run, mounted+"/"):
			return nil, usagef("", "--run: got %q, want s3://BUCKET/PREFIX, or a folder in %s, where --claim is", o.run, mounted)
		case !strings.HasPrefix(o.run, "s3://") && claim == "":
			return nil, usagef("", "got the folder %s and no --claim, want the volume that it is on", o.run)
		}
		run, merge := o.name+"-run", o.name+"-merge"
		// What is left of a Job's name is the minute for which it was made, and both are made for the same.
		inRun, inMerge := o.at("{env:JOB_NAME#"+run+"-}"), o.at("{env:JOB_NAME#"+merge+"-}")
		plan, running, merging := o.arguments(sys, inRun, inRun, inMerge, true)
		v := engine.Values{
			"run-name": run, "merge-name": merge, "schedule": schedule, "shards": o.shards, "parallelism": min(o.parallelism, o.shards),
			"service-account": serviceAccount, "run-plan": plan, "merge-plan": o.planning(inMerge, o.given(nil)), "run": running,
		}
		if claim != "" {
			v["claim"], v["mount"] = claim, mounted
			merging = append(merging, "--output", mounted+"/fleet.json", "--output", mounted+"/fleet.html")
		}
		if secret != "" {
			v["secret"] = secret
		}
		v["merge"] = merging
		for name, value := range v {
			if list, ok := value.([]string); ok { // in which $(NAME) would be a variable
				v[name] = lists.Map(list, func(argument string) string { return strings.ReplaceAll(argument, "$(", "$$(") })
			}
		}
		return v, nil
	})
}

// roleOf wants the ARN of a role.
func roleOf(flag, text string) (account.ARN, error) {
	arn, err := account.ParseARN(text)
	if err != nil || arn.Service != "iam" || !strings.HasPrefix(arn.Resource, "role/") {
		return arn, usagef("", "--%s: got %q, want the ARN of a role, such as arn:aws:iam::123456789012:role/auditor", flag, text)
	}
	return arn, nil
}

func batchCommand(sys system) *cobra.Command {
	var queue, job, execution string
	cmd := &cobra.Command{
		Use:   "batch",
		Short: "Print three jobs of AWS Batch: the plan, the shards as an array, and the report",
		Long: "Print what aws batch register-job-definition and aws batch submit-job take of three jobs: the plan, an array job with a child for each shard (a plain job for one), and " +
			"the report. The parameter run says where the run is; give all three the same. An attempt that fails is made again twice, except for wrong usage.",
		Example: "  sekisho fleet manifest batch --image registry.example.com/sekisho:1 --run s3://example-runs/fleet --job-queue audits \\\n" +
			"    --job-role arn:aws:iam::123456789012:role/auditor --execution-role arn:aws:iam::123456789012:role/execution -o batch.json",
	}
	return manifestCommand(sys, cmd, engine.Batch(), "the jobs", func(f *pflag.FlagSet) {
		f.StringVar(&queue, "job-queue", "", "`NAME` or ARN of the job queue, of a Fargate environment")
		f.StringVar(&job, "job-role", "", "`ARN` of the role that audits all accounts")
		f.StringVar(&execution, "execution-role", "", "`ARN` of the role by which the image is pulled and logs are written")
	}, func(o *manifestFlags) (engine.Values, error) {
		if queue == "" {
			return nil, usagef("", "got no --job-queue, want one")
		}
		for flag, text := range map[string]string{"job-role": job, "execution-role": execution} {
			if _, err := roleOf(flag, text); err != nil {
				return nil, err
			}
		}
		const at = "Ref::run" // AWS Batch puts the parameter there
		if given := o.given(nil); slices.ContainsFunc(given, func(argument string) bool { return strings.Contains(argument, "Ref::") }) {
			return nil, usagef("", "got %q behind --, in which AWS Batch takes Ref:: for a parameter", given)
		}
		plan, run, merge := o.arguments(sys, at, at, at, true)
		v := engine.Values{
			"plan-name": o.name + "-plan", "run-name": o.name + "-run", "merge-name": o.name + "-merge", "run-at": o.at("{date}"),
			"job-queue": queue, "job-role": job, "execution-role": execution, "plan": plan, "run": run, "merge": merge,
		}
		if o.shards > 1 {
			v["array"] = o.shards
		} else {
			run[slices.Index(run, "auto")] = "0/1"
		}
		return v, nil
	})
}

func stepFunctionsCommand(sys system) *cobra.Command {
	var cluster, task, execution, logs string
	var subnets, groups []string
	cmd := &cobra.Command{
		Use:   "stepfunctions",
		Short: "Print a state machine of AWS Step Functions, and the task that it runs on Fargate",
		Long: "Print a state machine of AWS Step Functions and the task definition of Amazon ECS that it runs on Fargate: the plan, a distributed map over the shards, and the report, " +
			"whose task fails where something fails, or is unknown. A shard that fails is run again twice, except for wrong usage, and stops no other. A run is named after the execution.",
		Example: "  sekisho fleet manifest stepfunctions --image registry.example.com/sekisho:1 --run s3://example-runs/fleet --cluster audits --subnet subnet-0123456789abcdef0 \\\n" +
			"    --security-group sg-0123456789abcdef0 --task-role arn:aws:iam::123456789012:role/auditor --execution-role arn:aws:iam::123456789012:role/execution -o machine.json",
	}
	return manifestCommand(sys, cmd, engine.StepFunctions(), "the state machine and its task", func(f *pflag.FlagSet) {
		f.StringVar(&cluster, "cluster", "", "`NAME` or ARN of the cluster of Amazon ECS")
		f.StringVar(&task, "task-role", "", "`ARN` of the role that audits all accounts")
		f.StringVar(&execution, "execution-role", "", "`ARN` of the role by which the image is pulled and logs are written")
		f.StringArrayVar(&subnets, "subnet", nil, "`ID` of a subnet of the tasks; repeatable")
		f.StringArrayVar(&groups, "security-group", nil, "`ID` of a security group of the tasks; repeatable")
		f.StringVar(&logs, "log-group", "", "`NAME` of the log group of the tasks, in --region")
	}, func(o *manifestFlags) (engine.Values, error) {
		arn, err := roleOf("task-role", task)
		if err != nil {
			return nil, err
		}
		if _, err := roleOf("execution-role", execution); err != nil {
			return nil, err
		}
		switch {
		case cluster == "":
			return nil, usagef("", "got no --cluster, want one")
		case len(subnets) == 0 || slices.ContainsFunc(subnets, func(id string) bool { return !subnet.MatchString(id) }):
			return nil, usagef("", "--subnet: got %q, want IDs such as subnet-0123456789abcdef0", subnets)
		case len(groups) == 0 || slices.ContainsFunc(groups, func(id string) bool { return !security.MatchString(id) }):
			return nil, usagef("", "--security-group: got %q, want IDs such as sg-0123456789abcdef0", groups)
		case logs != "" && o.region == "":
			return nil, usagef("", "got --log-group and no --region, want both")
		}
		at := o.at("{env:EXECUTION}")
		plan, run, merge := o.arguments(sys, at, at, at, false)
		indexes := make([]int, o.shards)
		for i := range indexes {
			indexes[i] = i
		}
		v := engine.Values{
			"name": o.name, "run-at": at, "of": fmt.Sprint(o.shards), "indexes": indexes, "parallelism": o.parallelism, "run-task": "arn:" + arn.Partition + ":states:::ecs:runTask.sync",
			"cluster": cluster, "task-role": task, "execution-role": execution, "subnets": subnets, "security-groups": groups,
			"plan": plan, "merge": merge,
		}
		// Flags are data of the execution, for in the text of a function they would have to be quoted.
		command := "States.Array('fleet', 'run', $.run, '--shard', $.shard"
		if flags := run[5:]; len(flags) > 0 {
			v["flags"] = flags
			for i := range flags {
				command += fmt.Sprintf(", $.flags[%d]", i)
			}
		}
		v["run"] = command + ")"
		if logs != "" {
			v["log-group"] = logs
		}
		return v, nil
	})
}
