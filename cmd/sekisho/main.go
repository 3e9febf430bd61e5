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
