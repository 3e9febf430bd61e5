package main

import (
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"sekisho/audit/collect"
	"sekisho/config"
)

func TestProgressLine(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	now := time.Date(2026, 11, 22, 5, 0, 0, 0, time.UTC)
	p := &progress{w: &out, now: func() time.Time { return now }}
	drawn := func(want string) {
		t.Helper()
		if got := out.String(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		out.Reset()
	}

	p.observe(collect.Event{Action: "sts:GetCallerIdentity"})
	drawn("")
	p.phase("reading the account")
	drawn(eraseLine + "reading the account: 0 calls done")
	p.observe(collect.Event{Done: true})
	drawn("") // too soon
	now = now.Add(redraw)
	p.observe(collect.Event{Throttled: true})
	drawn(eraseLine + "reading the account: 1 call done, 1 throttled")
	p.pause()
	drawn(eraseLine)
	now = now.Add(redraw)
	p.observe(collect.Event{Done: true})
	drawn("")
	p.resume()
	drawn(eraseLine + "reading the account: 2 calls done, 1 throttled")
	p.end()
	drawn(eraseLine)
	p.end()
	drawn("")
}

// A run without a terminal has no progress line, and doesn't ask whether it has one.
func TestNoProgressLine(t *testing.T) {
	t.Parallel()
	p := system{stderr: io.Discard, now: time.Now}.newProgress(false)
	if p != nil {
		t.Fatalf("got a progress line for a stream that is no terminal, want none")
	}
	p.phase("reading")
	p.observe(collect.Event{Done: true})
	p.pause()
	p.resume()
	p.end()
}

func TestAsk(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		typed string
		want  string
		err   string
	}{
		"a code":                  {"123456\n", "123456", ""},
		"blanks around it":        {" 123456 \r\n", "123456", ""},
		"the end without newline": {"123456", "123456", ""},
		"nothing":                 {"\n", "", "reading the MFA code: got nothing"},
		"the end":                 {"", "", "reading the MFA code: got nothing"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out strings.Builder
			got, err := ask(t.Context(), strings.NewReader(test.typed), &out, "arn:aws:iam::123456789012:mfa/\x1b[31malice")
			if message := errorText(err); got != test.want || message != test.err {
				t.Errorf("got %q and error %q, want %q and %q", got, message, test.want, test.err)
			}
			if want := `MFA code of arn:aws:iam::123456789012:mfa/\u001b[31malice: `; out.String() != want {
				t.Errorf("got the prompt %q, want %q", out.String(), want)
			}
		})
	}
}

// Ctrl-C ends the question, though nothing was typed.
func TestAskIsInterrupted(t *testing.T) {
	t.Parallel()
	keyboard, typist, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer keyboard.Close()
	defer typist.Close()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := ask(ctx, keyboard, io.Discard, "alice"); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want %v", err, context.Canceled)
	}
}

func TestNoPromptWithoutTerminal(t *testing.T) {
	t.Parallel()
	if (system{stdin: strings.NewReader("123456\n"), stderr: io.Discard}).prompt(nil) != nil {
		t.Error("got a prompt where nobody would see it, want none")
	}
}

func TestTableWidthAndColor(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		environ []string
		color   string
		width   int
		colored bool
	}{
		"no terminal":         {nil, config.ColorAuto, plainWidth, false},
		"COLUMNS":             {[]string{"COLUMNS=97"}, config.ColorAuto, 97, false},
		"COLUMNS without use": {[]string{"COLUMNS=wide"}, config.ColorNever, plainWidth, false},
		"COLUMNS of nothing":  {[]string{"COLUMNS=0"}, config.ColorNever, plainWidth, false},
		"always":              {[]string{"NO_COLOR=1"}, config.ColorAlways, plainWidth, true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := system{stdout: io.Discard, environ: test.environ}
			if got := s.tableWidth(); got != test.width {
				t.Errorf("got width %d, want %d", got, test.width)
			}
			if got := s.color(test.color); got != test.colored {
				t.Errorf("got color %t, want %t", got, test.colored)
			}
		})
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
