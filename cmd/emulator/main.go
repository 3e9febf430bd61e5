// Command emulator serves a snapshot of an account as an AWS endpoint, so that the aws command, boto3 and other
// programs can read it. It is a tool for those who work on Sekisho.
//
//	go run ./cmd/emulator [--snapshot FILE | --demo | --messy N [--seed S] | --organization N [--users N]] [--listen 127.0.0.1:0] [--write FILE]
//	                      [--bucket NAME] [--deny ACTION]… [--throttle N/s] [--page-cap N] [--latency D]
//
// It prints the endpoint's URL on stdout and serves until interrupted:
//
//	export AWS_ENDPOINT_URL=http://127.0.0.1:PORT AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE AWS_SECRET_ACCESS_KEY=any AWS_DEFAULT_REGION=us-east-1
//	aws iam list-users
//
// By itself it serves the demo account, whose dates are relative to now; with --messy a company of some N users in which
// all kinds of things went wrong, which ones by the seed; with --organization one of N accounts, each with so many users,
// into which the role SekishoAudit leads; --bucket has an S3 of one bucket, too, in memory. --write saves what is served.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"sekisho/audit/account"
	"sekisho/audit/emulator"
	"sekisho/report/files"
	"sekisho/report/saved"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(),
		slices.DeleteFunc([]os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP}, signal.Ignored)...)
	status := tell(run(ctx, os.Args[1:], os.Stdout, os.Stderr), os.Stderr)
	stop()
	os.Exit(status)
}

// tell prints an error and returns the exit status. Help is none.
func tell(err error, stderr io.Writer) int {
	if err == nil || errors.Is(err, flag.ErrHelp) {
		return 0
	}
	fmt.Fprintln(stderr, "emulator: error:", err)
	return 1
}

// run serves until the context ends.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	var o emulator.Options
	flags := flag.NewFlagSet("emulator", flag.ContinueOnError)
	flags.SetOutput(stderr)
	file := flags.String("snapshot", "", "serve the snapshot in `FILE`, an evidence file or a folder of answers of the aws command")
	demo := flags.Bool("demo", false, "serve the demo account (the default)")
	messy := flags.Int("messy", 0, "serve a company of some `N` users in which all kinds of things went wrong")
	seed := flags.Uint64("seed", 1, "the `NUMBER` by which things went wrong in it")
	accounts := flags.Int("organization", 0, "serve an organization of `N` accounts")
	users := flags.Int("users", 50, "the `NUMBER` of users in each of its accounts")
	bucket := flags.String("bucket", "", "with --organization, answer as S3 with the bucket `NAME`, too")
	listen := flags.String("listen", "127.0.0.1:0", "listen on `HOST:PORT`")
	write := flags.String("write", "", "write the snapshot that is served to `FILE`")
	flags.Func("deny", "answer AccessDenied to `ACTION`, such as iam:ListUsers or iam:*; may be repeated", func(action string) error {
		o.Deny = append(o.Deny, action)
		return nil
	})
	flags.Func("throttle", "take `N/s` requests a second, such as 5/s", func(text string) (err error) {
		o.Throttle, err = parseRate(text)
		return err
	})
	flags.IntVar(&o.PageCap, "page-cap", 0, "put at most `N` items on a page; 0 is as many as asked for")
	flags.DurationVar(&o.Latency, "latency", 0, "take at least `DURATION`, such as 40ms, for each answer")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("got the argument %q, want none", flags.Arg(0))
	}
	var set files.Set
	defer set.Abort()
	set.Stream("stdout", stdout)
	if *accounts > 0 {
		if *demo || *file != "" || *messy != 0 || *write != "" {
			return errors.New("got --organization and another account, or --write, want one of them")
		}
		of, members := emulator.Corporation(*accounts, *users, time.Now(), o)
		served, err := emulator.NewOrganization(of, members)
		if err != nil {
			return err
		}
		if *bucket != "" {
			served.Keep(&emulator.Storage{Bucket: *bucket, Owner: of.Organization.Value.ManagementAccount, Region: "us-east-1", Latency: o.Latency})
		}
		return serve(ctx, served, *listen, stdout)
	}
	snapshot, err := emulator.Demo(time.Now()), error(nil)
	switch {
	case *bucket != "":
		return errors.New("got --bucket without --organization, want both")
	case *demo && *file != "", *messy != 0 && (*demo || *file != ""):
		return errors.New("got several of --demo, --snapshot and --messy, want one")
	case *messy < 0:
		return fmt.Errorf("got --messy %d, want a number of users", *messy)
	case *messy > 0:
		snapshot = emulator.Messy(*messy, *seed, time.Now())
	case *file != "":
		snapshot, err = load(ctx, set.Input("--snapshot", *file))
	}
	if err != nil {
		return err
	}
	saving, err := set.Create("--write", *write)
	if err != nil {
		return err
	}
	saving.Writes(snapshot.Write)
	if err := set.Commit(ctx); err != nil {
		return err
	}
	return serve(ctx, emulator.New(snapshot, o), *listen, stdout)
}

// serve listens until the context ends, and prints where.
func serve(ctx context.Context, served interface {
	Listen(address string) (endpoint string, stop func(), err error)
}, address string, stdout io.Writer) error {
	endpoint, stop, err := served.Listen(address)
	if err != nil {
		return err
	}
	defer stop()
	if _, err := fmt.Fprintln(stdout, endpoint); err != nil {
		return fmt.Errorf("printing the endpoint: %w", err)
	}
	<-ctx.Done()
	return nil
}

// load reads a snapshot.
func load(ctx context.Context, in files.Input) (*account.Snapshot, error) {
	file, err := saved.Open(ctx, in, saved.Snapshot|saved.Evidence|saved.Folder, saved.DefaultLimit)
	if err != nil {
		return nil, fmt.Errorf("opening the snapshot: %w", err)
	}
	return file.Snapshot, nil
}

// parseRate reads "5/s" or "0.5/s"; the bucket holds one second's worth.
func parseRate(text string) (emulator.Throttle, error) {
	number, ok := strings.CutSuffix(text, "/s")
	rate, err := strconv.ParseFloat(number, 64)
	if !ok || err != nil || !(rate > 0) || rate > 1e6 {
		return emulator.Throttle{}, fmt.Errorf("got %q, want a rate such as 5/s", text)
	}
	return emulator.Throttle{PerSecond: rate, Burst: max(1, int(rate))}, nil
}
