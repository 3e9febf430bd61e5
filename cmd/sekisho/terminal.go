package main

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"golang.org/x/term"

	"sekisho/config"
	"sekisho/report/format"
	"sekisho/report/sanitize"
)

// plainWidth is how wide a table is, in columns, where there is no terminal to ask: an access key and its user fit
// beside what is said of them.
const plainWidth = 160

// terminal returns the file behind a stream that is a terminal, nil for any other.
func terminal(stream any) *os.File {
	if out, ok := stream.(*sink); ok {
		stream = out.Writer
	}
	f, ok := stream.(*os.File)
	if ok && term.IsTerminal(int(f.Fd())) {
		return f
	}
	return nil
}

// openTerminal opens that of the process, whatever its streams are.
func openTerminal() (*os.File, error) { return os.OpenFile("/dev/tty", os.O_RDWR, 0) }

// dumb reports whether the terminal understands no escape sequences.
func (s system) dumb() bool { return s.variable("TERM") == "dumb" }

// tableWidth is COLUMNS where it is set, else the terminal's width.
func (s system) tableWidth() int { return cmp.Or(s.knownWidth(), plainWidth) }

// knownWidth is 0 where neither says it.
func (s system) knownWidth() int {
	if n, err := strconv.Atoi(s.variable("COLUMNS")); err == nil && n > 0 {
		return n
	}
	if f := terminal(s.stdout); f != nil {
		if width, _, err := term.GetSize(int(f.Fd())); err == nil && width > 0 {
			return width
		}
	}
	return 0
}

// color decides whether stdout gets colours.
func (s system) color(setting string) bool {
	switch setting {
	case config.ColorAlways:
		return true
	case config.ColorNever:
		return false
	}
	return terminal(s.stdout) != nil && s.variable("NO_COLOR") == "" && !s.dumb()
}

// options say how an answer is set on stdout.
func (s system) options(c *config.Config, verbose bool) format.Options {
	return format.Options{Width: s.tableWidth(), Color: s.color(c.Output.Color), Verbose: verbose}
}

// bareOptions are those of a command that has no settings.
func (s system) bareOptions() format.Options {
	return format.Options{Width: s.tableWidth(), Color: s.color(config.ColorAuto)}
}

// newProgress makes a progress line, or nil where nobody would see it.
func (s system) newProgress(quiet bool) *progress {
	if quiet || s.dumb() || terminal(s.stderr) == nil {
		return nil
	}
	return &progress{w: s.stderr, now: s.now}
}

// prompt returns what asks a person for an MFA code, or nil where there is no terminal both to ask on and to answer
// from.
func (s system) prompt(p *progress) func(context.Context, string) (string, error) {
	if terminal(s.stderr) == nil {
		return nil
	}
	var keyboard io.Reader = terminal(s.stdin)
	if terminal(s.stdin) == nil {
		// Input may come from a pipe while a person sits there all the same.
		tty, err := openTerminal()
		if err != nil {
			return nil
		}
		keyboard = tty
	}
	return func(ctx context.Context, serial string) (string, error) {
		p.pause()
		code, err := ask(ctx, keyboard, s.stderr, serial)
		if err == nil {
			p.resume() // else the run is about to end, and its error stands on the line
		}
		return code, err
	}
}

// ask reads one line. A read can't be interrupted, so it is left behind when the context ends; the program ends soon
// after.
func ask(ctx context.Context, keyboard io.Reader, w io.Writer, serial string) (string, error) {
	if _, err := fmt.Fprintf(w, "MFA code of %s: ", sanitize.Terminal(serial)); err != nil {
		return "", fmt.Errorf("asking for an MFA code: %w", err)
	}
	type answer struct {
		line string
		err  error
	}
	answers := make(chan answer, 1)
	go func() {
		line, err := bufio.NewReader(keyboard).ReadString('\n')
		answers <- answer{line, err}
	}()
	select {
	case <-ctx.Done():
		return "", ctx.Err()
	case a := <-answers:
		code := strings.TrimSpace(a.line)
		if code == "" {
			if a.err != nil && !errors.Is(a.err, io.EOF) {
				return "", fmt.Errorf("reading the MFA code: %w", a.err)
			}
			return "", errors.New("reading the MFA code: got nothing")
		}
		return code, nil
	}
}
