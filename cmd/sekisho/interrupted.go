package main

import (
	"context"

	"sekisho/audit"
	"sekisho/audit/message"
	"sekisho/report/saved"
)

// What takes long, for the error of a run that was interrupted in it.
var (
	judging   = message.New("judging the account")
	comparing = message.New("comparing")
)

// interrupted lets what takes long ask whether the run still goes on.
func interrupted(ctx context.Context) audit.Interrupted {
	return func() bool { return ctx.Err() != nil }
}

// work does what takes long and asks nobody, and leaves it behind when the run is interrupted.
func work[T any](ctx context.Context, doing message.Message, do func() T) (T, error) {
	return saved.Interruptible(ctx, doing, func() (T, error) { return do(), nil })
}
