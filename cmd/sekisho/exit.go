package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"sekisho/audit/collect"
	"sekisho/config"
	"sekisho/report"
	"sekisho/report/saved"
)

// The exit statuses; other programs rely on them.
const (
	statusClean   = 0 // nothing failing at or above --fail-on, and everything decided
	statusFailed  = 1 // the audit could not be made
	statusUsage   = 2 // wrong usage or configuration, a malformed snapshot file
	statusFinding = 3 // a failing finding at or above --fail-on
	statusUnknown = 4 // no such finding, but something is unknown

	statusInterrupted = 130 // ended by a signal before it was done; what a shell says of Ctrl-C
)

// failure is an error with advice, which may be empty, and the status that it ends the run with.
type failure struct {
	err    error
	hint   string
	status int
}

func (e *failure) Error() string { return e.err.Error() }
func (e *failure) Unwrap() error { return e.err }

// usagef makes the failure of a command line that can't be carried out; the hint may be empty.
func usagef(hint, format string, args ...any) error {
	return &failure{fmt.Errorf(format, args...), hint, statusUsage}
}

// verdictError ends a run whose report is written and is not all good: it says nothing, for the report does.
type verdictError int

func (e verdictError) Error() string { return fmt.Sprintf("exit status %d", int(e)) }

// exitStatus tells the status of an error and prints what a person needs to know of it. The context is that of the whole
// run, which a signal ends and a timeout doesn't.
func exitStatus(ctx context.Context, err error, stderr io.Writer) int {
	var verdict verdictError
	switch {
	case err == nil:
		return statusClean
	case errors.As(err, &verdict):
		return int(verdict)
	}
	fmt.Fprintf(stderr, "sekisho: error: %s\n", report.Terminal(err.Error()))
	hint, status := advice(err)
	if hint != "" {
		fmt.Fprintf(stderr, "sekisho: hint: %s\n", report.Terminal(hint))
	}
	if ctx.Err() != nil {
		return statusInterrupted
	}
	return status
}

// advice is what an error says beyond its text.
func advice(err error) (hint string, status int) {
	var own *failure
	var setting *config.Error
	var signIn *collect.Error
	var unusable *saved.Error
	switch {
	case errors.As(err, &own):
		return own.hint, own.status
	case errors.As(err, &setting):
		return setting.Hint, statusUsage
	case errors.As(err, &signIn):
		return signIn.Hint, statusFailed
	case errors.As(err, &unusable):
		return unusable.Hint, statusUsage
	}
	return "", statusFailed
}
