package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"golang.org/x/sync/semaphore"

	"sekisho/audit"
	"sekisho/audit/account"
	"sekisho/audit/collect"
	"sekisho/audit/fleet"
	"sekisho/audit/fleet/store"
	"sekisho/config"
	"sekisho/report/saved"
)

// fleetRunFlags say which part of a run is audited, and how fast.
type fleetRunFlags struct {
	config      string
	shard       string
	digest      string
	concurrency int
	quiet       bool
	role        string // that is assumed, too, where fleet.roles names it not
	profiles    string // that may be used
}

func (o *fleetRunFlags) bindPace(f *pflag.FlagSet) {
	f.IntVar(&o.concurrency, "concurrency", 20, "read `N` accounts at a time")
	f.BoolVarP(&o.quiet, "quiet", "q", false, "print nothing but errors")
}

func fleetRunCommand(sys system) *cobra.Command {
	var flags fleetRunFlags
	cmd := &cobra.Command{
		Use:   "run RUN",
		Short: "Audit the accounts of a run, or of one of its shards",
		Long: "Audit the accounts of a run that are not done yet, each by itself. Exit status: 0 each is done, or failed in a way that another attempt does not " +
			"help, such as a role that refuses; 1 one at least failed in a way that may pass, nobody could sign in anywhere, or a signal ended it: run it again; 2 wrong usage, or " +
			"no such manifest.",
		Example: "  sekisho fleet run /var/lib/sekisho/2026-11-29\n  sekisho fleet run run --shard 3/20\n  sekisho fleet run s3://example-runs/{date} --shard auto",
		Args:    oneRun,
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVar(&flags.shard, "shard", "", "audit the shard `I/N` alone, counted from 0, or auto: by JOB_COMPLETION_INDEX, AWS_BATCH_JOB_ARRAY_INDEX or SLURM_ARRAY_TASK_ID (default: all accounts)")
	f.StringVar(&flags.digest, "manifest-sha256", "", "refuse a manifest whose `SHA-256` is another")
	f.StringVar(&flags.profiles, "profiles", "", "use the profiles of the AWS configuration files that `PATTERN` is like, as sekisho fleet plan took it")
	f.StringVar(&flags.role, "role", auditRole, "`NAME` of a role that may be assumed besides those of fleet.roles, with its path, as sekisho fleet plan took it")
	bindSignIn(f)
	bindStorage(f)
	bindConfig(f, &flags.config)
	flags.bindPace(f)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return runFleetRun(cmd.Context(), sys, &flags, cmd.Flags(), args[0])
	}
	return cmd
}

func runFleetRun(ctx context.Context, sys system, flags *fleetRunFlags, set *pflag.FlagSet, run string) error {
	own, err := fleetSettingsOf(ctx, sys, flags.config, set)
	if err != nil {
		return err
	}
	if err := checkRole(flags.role); err != nil {
		return err
	}
	var hub *collect.Session
	stop := func() {}
	defer func() { stop() }()
	signIn := func(demo bool) (_ *collect.Session, err error) {
		if hub == nil {
			hub, stop, err = (&fleetFlags{demo: demo, profiles: flags.profiles}).signIn(ctx, sys, own)
		}
		return hub, err
	}
	kept, m, digest, err := openRun(ctx, func() (*runStore, error) {
		return openRunStore(ctx, sys, own, run, func() (*collect.Session, error) { return signIn(false) })
	}, flags.digest)
	if err != nil {
		return err
	}
	defer kept.close()
	if m.Demo && kept.bucket != nil {
		return usagef("", "got the manifest of a demo in %s, want it in a folder", kept)
	}
	shard, err := shardOf(flags.shard, m.Shards, sys.variable)
	if err != nil {
		return err
	}
	if _, err := signIn(m.Demo); err != nil {
		return err
	}
	outcome, err := flags.run(ctx, sys, own, hub, m, digest, kept, shard)
	if err != nil && outcome != nil && ctx.Err() != nil {
		return &hintError{&attemptError{fmt.Errorf("auditing %d accounts: interrupted after %d", outcome.Accounts, outcome.Already+outcome.Done)}, "run it again: what is done stays done"}
	}
	if err != nil {
		return err
	}
	if outcome.Passing() {
		return &hintError{fmt.Errorf("auditing %d accounts: %d failed", outcome.Accounts, len(outcome.Failures)), "run it again: what is done stays done"}
	}
	return nil
}

// run audits a shard, with progress and failures on stderr.
func (o *fleetRunFlags) run(ctx context.Context, sys system, own *config.Config, hub *collect.Session, m *fleet.Manifest, digest string, s store.Store, shard int) (*fleet.Outcome, error) {
	if o.concurrency < 1 || o.concurrency > 1000 {
		return nil, usagef("", "--concurrency: got %d, want 1 to 1000", o.concurrency)
	}
	if err := o.allows(m, shard, hub.Caller.Partition, own); err != nil {
		return nil, err
	}
	c, err := recordedFleet(ctx, sys, m)
	if err != nil {
		return nil, err
	}
	progress := sys.newProgress(o.quiet)
	defer progress.end()
	a := &accountAuditor{hub: hub, config: c, above: aboveAccounts(m), sys: sys, judging: semaphore.NewWeighted(int64(runtime.GOMAXPROCS(0))), reading: semaphore.NewWeighted(usersAtOnce)}
	progress.phase("auditing")
	begun := sys.now()
	a.observe = progress.observe
	r := &fleet.Runner{
		Manifest: m, Digest: digest, Store: s, Shard: shard, Concurrency: o.concurrency, Audit: a.audit, Now: sys.now,
		Explain: func(err error) (string, bool) {
			return hintOf(err), collect.Passing(err) || errors.Is(err, context.DeadlineExceeded)
		},
		Observe: func(p fleet.Progress) {
			progress.phase(fmt.Sprintf("auditing: %d of %d accounts done, %d failed, %d at work%s", p.Done, p.Accounts, p.Failed, p.Running, paceOf(p, sys.now().Sub(begun))))
			if p.Failure != nil && !o.quiet {
				progress.pause()
				sys.warn(p.Account.ID + " " + p.Account.Name + ": " + p.Failure.Message)
				progress.resume()
			}
		},
	}
	return r.Run(ctx)
}

// paceOf tells how fast accounts are over, and how long the rest takes at that; nothing before there is something to tell.
func paceOf(p fleet.Progress, since time.Duration) string {
	if p.Over == 0 || since < time.Second {
		return ""
	}
	each := since / time.Duration(p.Over)
	left := time.Duration(p.Accounts-p.Done-p.Failed) * each
	return fmt.Sprintf(", %.1f a second, %s left", time.Second.Seconds()/each.Seconds(), left.Round(time.Second))
}

// accountAuditor audits single accounts from one sign-in.
type accountAuditor struct {
	hub     *collect.Session
	config  *config.Config
	sys     system
	judging *semaphore.Weighted // as many at a time as there are processors
	reading *semaphore.Weighted // accounts by their users
	observe func(collect.Event)
	above   func(id string) func(*audit.Options)

	externalIDs sync.Map
}

// audit signs in to an account, reads it and judges what was read, as somebody will who has nothing else.
func (a *accountAuditor) audit(ctx context.Context, of fleet.Account) (_ *fleet.Reading, err error) {
	ctx, cancel := context.WithTimeout(ctx, a.config.Timeout)
	defer cancel()
	session, err := a.session(ctx, of)
	if err != nil {
		return nil, err
	}
	above := a.above(of.ID)
	e, err := examinationOf(ctx, a.config, above)
	if err != nil {
		return nil, err
	}
	free := func() {}
	defer func() {
		if err != nil {
			free()
		}
	}()
	read, err := e.read(ctx, func(ctx context.Context, sections []account.Section, wants func(*account.Snapshot) []account.Want) (*account.Snapshot, error) {
		plan := collect.Plan{Sections: sections, MaxUsers: a.config.Refresh.MaxUsers, Fresh: a.config.Refresh.Fresh}
		plan.Admit = func(ctx context.Context, users int) (err error) {
			free, err = a.admit(ctx, users)
			return err
		}
		plan.Wants = func(s *account.Snapshot) []account.Want {
			if a.judging.Acquire(ctx, 1) != nil {
				return nil // the next call says that the time is over
			}
			defer a.judging.Release(1)
			return wants(s)
		}
		return session.Collect(ctx, plan)
	})
	if err != nil {
		return nil, err
	}
	if err := a.judging.Acquire(ctx, 1); err != nil {
		return nil, err
	}
	defer a.judging.Release(1)
	kept, text, err := account.AsWritten(read, of.ID, [sha256.Size]byte{})
	if err != nil {
		return nil, err
	}
	report, _, err := examine(ctx, a.config, fromMemory(kept), above)
	if err != nil {
		return nil, err
	}
	return &fleet.Reading{AccountID: kept.Caller.AccountID, Text: text, Report: report, Free: free}, nil
}

// usersAtOnce is how many users the accounts may have together that are held at a time. 5,000 take some 110 MB.
const usersAtOnce = 10_000

// admit waits until there is room for an account of so many users. free is never nil.
func (a *accountAuditor) admit(ctx context.Context, users int) (free func(), err error) {
	weight := weightOf(users)
	if err := a.reading.Acquire(ctx, weight); err != nil {
		return func() {}, err
	}
	return func() { a.reading.Release(weight) }, nil
}

// weightOf is what an account takes of them: one at least, for an account may not tell, and all at most.
func weightOf(users int) int64 { return int64(min(max(users, 1), usersAtOnce)) }

// externalID finds what a reference names.
func (a *accountAuditor) externalID(from string) (string, error) {
	kind, where, _ := strings.Cut(from, ":")
	switch kind {
	case "":
		return "", nil
	case "env":
		if id := a.sys.variable(where); id != "" {
			return id, nil
		}
		return "", &hintError{fmt.Errorf("finding the external ID: the variable %s is not set", where), "set it where sekisho fleet run runs"}
	}
	if id, ok := a.externalIDs.Load(where); ok {
		return id.(string), nil
	}
	text, err := saved.Bytes(context.Background(), a.sys.files.Input("the external ID's file", where), 64<<10)
	if err != nil {
		return "", fmt.Errorf("finding the external ID: %w", err)
	}
	id := strings.TrimSpace(string(text))
	if id == "" {
		return "", fmt.Errorf("finding the external ID: %s is empty", where)
	}
	a.externalIDs.Store(where, id)
	return id, nil
}

// indexVariables are those by which engines tell a process which of many it is: Kubernetes' indexed Jobs, AWS Batch's
// array jobs, Slurm's job arrays, whose first index may be another than 0.
var indexVariables = [][2]string{{"JOB_COMPLETION_INDEX"}, {"AWS_BATCH_JOB_ARRAY_INDEX"}, {"SLURM_ARRAY_TASK_ID", "SLURM_ARRAY_TASK_MIN"}}

// shardOf reads --shard; -1 is all accounts.
func shardOf(text string, shards int, variable func(string) string) (int, error) {
	switch text {
	case "":
		return -1, nil
	case "auto":
		return autoShard(shards, variable)
	}
	i, n, ok := strings.Cut(text, "/")
	index, err := strconv.Atoi(i)
	of, err2 := strconv.Atoi(n)
	switch {
	case !ok || err != nil || err2 != nil:
		return 0, usagef("", "--shard: got %q, want I/N, such as 3/20, or auto", text)
	case of != shards:
		return 0, usagef("", "--shard: got %d shards, want %d as in the manifest", of, shards)
	}
	return checkIndex(index, shards)
}

func checkIndex(index, shards int) (int, error) {
	if index < 0 || index >= shards {
		return 0, usagef("shards are counted from 0", "--shard: got the shard %d of %d", index, shards)
	}
	return index, nil
}

func autoShard(shards int, variable func(string) string) (int, error) {
	found, by := -1, ""
	for _, names := range indexVariables {
		text := variable(names[0])
		if text == "" {
			continue
		}
		index, err := strconv.Atoi(text)
		if first := variable(names[1]); err == nil && names[1] != "" && first != "" {
			var least int
			least, err = strconv.Atoi(first)
			index -= least
		}
		switch {
		case err != nil:
			return 0, usagef("", "--shard auto: got %s=%q, want a number", names[0], text)
		case by != "" && index != found:
			return 0, usagef("pass --shard I/N", "--shard auto: got the shard %d by %s and %d by %s", found, by, index, names[0])
		}
		found, by = index, names[0]
	}
	if by == "" {
		return 0, usagef("pass --shard I/N, or run it in an engine that counts", "--shard auto: got none of JOB_COMPLETION_INDEX, AWS_BATCH_JOB_ARRAY_INDEX and SLURM_ARRAY_TASK_ID")
	}
	return checkIndex(found, shards)
}
