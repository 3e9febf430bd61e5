// Sekisho audits the credentials of an AWS account: root, users, passwords, MFA devices, access keys and the password
// policy. It only reads, and it never calls something safe that it could not see. Each command documents itself, for
// --help and for the manual pages alike.
package main

import (
	"context"
	"os"
	"os/signal"
	"slices"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), ending()...)
	// The first signal ends the work in order; the second one ends the program as if nobody had asked for signals.
	context.AfterFunc(ctx, stop)
	code := run(ctx, os.Args[1:], process())
	stop()
	os.Exit(code)
}

// ending are the signals that end the work, without those that were ignored already, as nohup has it. That nobody reads a
// stream any more is none of them: writing to it fails.
func ending() []os.Signal {
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	return slices.DeleteFunc([]os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP}, signal.Ignored)
}
