package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"syscall"

	"sekisho/audit/collect"
	"sekisho/config"
	"sekisho/report/files"
	"sekisho/report/sanitize"
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
	statusPipe        = 141 // nobody reads stdout any more; what a shell says of SIGPIPE
)

// usageError is a command line that can't be carried out.
type usageError struct {
	err  error
	hint string
}

func (e *usageError) Error() string { return e.err.Error() }
func (e *usageError) Unwrap() error { return e.err }

// usagef makes a usageError; the hint may be empty.
func usagef(hint, format string, args ...any) error {
	return &usageError{fmt.Errorf(format, args...), hint}
}

// hintError is a failure with advice.
type hintError struct {
	err  error
	hint string
}

func (e *hintError) Error() string { return e.err.Error() }
func (e *hintError) Unwrap() error { return e.err }

// attemptError is one attempt of several that a signal ended: engines that take a machine away repeat it for its status,
// as one that failed in a way that may pass.
type attemptError struct{ err error }

func (e *attemptError) Error() string { return e.err.Error() }
func (e *attemptError) Unwrap() error { return e.err }

// verdictError ends a run whose report is written and is not all good: it says nothing, for the report does.
type verdictError int

func (e verdictError) Error() string { return fmt.Sprintf("exit status %d", int(e)) }

// exitStatus tells the status of an error and prints what a person needs to know of it. The context is that of the
// whole run, which a signal ends and a timeout doesn't.
func exitStatus(ctx context.Context, err error, stderr io.Writer) int {
	var verdict verdictError
	switch {
	case err == nil:
		return statusClean
	case errors.As(err, &verdict):
		return int(verdict)
	}
	var unwritten *stdoutError
	if errors.As(err, &unwritten) && errors.Is(unwritten, syscall.EPIPE) {
		return statusPipe // a reader such as head has had enough, which is no matter to tell of
	}
	fmt.Fprintf(stderr, "sekisho: error: %s\n", sanitize.Terminal(err.Error()))
	if hint := hintOf(err); hint != "" {
		fmt.Fprintf(stderr, "sekisho: hint: %s\n", sanitize.Terminal(hint))
	}
	var attempt *attemptError
	if errors.As(err, &attempt) {
		return statusFailed
	}
	if ctx.Err() != nil {
		return statusInterrupted
	}
	var usage *usageError
	var setting *config.Error
	var unusable *saved.Error
	var taken *files.TakenError
	if errors.As(err, &taken) || errors.As(err, &usage) || errors.As(err, &setting) || errors.As(err, &unusable) {
		return statusUsage
	}
	return statusFailed
}

func hintOf(err error) string {
	var usage *usageError
	var setting *config.Error
	var hinted *hintError
	var signIn *collect.Error
	var unusable *saved.Error
	var large *saved.LargeError
	var taken *files.TakenError
	var stopped *saved.InterruptedError
	switch {
	case errors.As(err, &stopped):
		return ""
	case errors.As(err, &taken):
		return taken.Hint()
	case errors.As(err, &large):
		return large.Hint()
	case errors.As(err, &usage):
		return usage.hint
	case errors.As(err, &setting):
		return setting.Hint
	case errors.As(err, &hinted):
		return hinted.hint
	case errors.As(err, &signIn):
		return signIn.Hint
	case errors.As(err, &unusable):
		return unusable.Hint
	}
	return ""
}
