// Sekisho audits the credentials of an AWS account: root, users, passwords, MFA devices, access keys and the password
// policy. It only reads, and it never calls something safe that it could not see. Each command documents itself, for
// --help and for the manual pages alike.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// The first signal ends the work in order; the second one ends the program as if nobody had asked for signals.
	context.AfterFunc(ctx, stop)
	code := run(ctx, os.Args[1:], process())
	stop()
	os.Exit(code)
}
