package main

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"

	"sekisho/audit/account"
	"sekisho/audit/emulator"
	"sekisho/audit/evidence"
	"sekisho/report"
	"sekisho/report/files"
	"sekisho/report/format"
	"sekisho/report/saved"
)

// A run that is interrupted when all is read judges no more.
func TestInterruptedBeforeJudging(t *testing.T) {
	t.Parallel()
	c := settingsFor(t, "")
	s := emulator.Demo(evidenceTaken)
	for name, judge := range map[string]func(ctx context.Context, from source) error{
		"audit": func(ctx context.Context, from source) error {
			_, _, err := examine(ctx, c, from)
			return err
		},
		"inventory": func(ctx context.Context, from source) error {
			_, _, err := takeInventory(ctx, c, &inventoryFlags{users: true}, from)
			return err
		},
		"evidence": func(ctx context.Context, from source) error {
			kept, err := from(ctx, nil, nil)
			if err == nil {
				_, err = buildEvidence(ctx, c, kept, nil, nil)
			}
			return err
		},
	} {
		ctx, interrupt := context.WithCancel(t.Context())
		err := judge(ctx, func(ctx context.Context, _ []account.Section, wants func(*account.Snapshot) []account.Want) (*account.Snapshot, error) {
			interrupt()
			if wants != nil {
				if got := wants(s); got != nil {
					t.Errorf("%s: got %v wanted of an interrupted run, want nothing", name, got)
				}
			}
			return s, nil
		})
		var stopped *saved.InterruptedError
		if !errors.As(err, &stopped) || !strings.HasSuffix(err.Error(), "judging the account: interrupted") {
			t.Errorf("%s: got %v, want the judging interrupted", name, err)
		}
	}
}

// Rendering ends with the run in every format: what is interrupted writes no further line.
func TestInterruptedRendering(t *testing.T) {
	t.Parallel()
	r, err := report.ReadJSON(strings.NewReader(partOf(t, evidence.ReportName)))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range report.Formats() {
		var whole bytes.Buffer
		if err := f.Render(&whole, r, format.Options{}); err != nil {
			t.Fatal(err)
		}
		ctx, interrupt := context.WithCancel(t.Context())
		w := &interrupting{interrupt: interrupt}
		err := f.Render(files.Until{Context: ctx, Writer: w}, r, format.Options{})
		if w.writes != 1 || err == nil && !bytes.Equal(w.Bytes(), whole.Bytes()) {
			t.Errorf("%s: got %v after %d writes, want it to end with the first, which interrupted it", f.Name, err, w.writes)
		}
	}
}

// interrupting is a writer that interrupts the run at its first write.
type interrupting struct {
	bytes.Buffer
	writes    int
	interrupt func()
}

func (w *interrupting) Write(p []byte) (int, error) {
	w.writes++
	w.interrupt()
	return w.Buffer.Write(p)
}
