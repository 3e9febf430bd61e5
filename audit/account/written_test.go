package account_test

import (
	"bytes"
	"crypto/sha256"
	"reflect"
	"testing"
	"time"

	"sekisho/audit/account"
	"sekisho/audit/emulator"
)

func TestSnapshotAsItIsWritten(t *testing.T) {
	t.Parallel()
	s := emulator.Company(3, time.Date(2026, 11, 29, 5, 0, 0, 0, time.UTC))
	s.AccountAliases.Value = []string{"a\xffb"}
	kept, text, err := account.AsWritten(s, "s", [32]byte{})
	if err != nil || kept == s || kept.AccountAliases.Value[0] != "a\ufffdb" {
		t.Fatalf("got %+v, %v, want what the text says", kept, err)
	}
	if again, err := account.Read(bytes.NewReader(text), "s"); err != nil || !reflect.DeepEqual(again, kept) {
		t.Errorf("got another snapshot than the text has, %v", err)
	}
	kept, text, err = account.AsWritten(kept, "s", [32]byte{}) // which is written otherwise than what can't be
	if err != nil {
		t.Fatal(err)
	}
	if same, _, err := account.AsWritten(kept, "s", sha256.Sum256(text)); err != nil || same != kept {
		t.Errorf("got %p, %v, want what was read from the text, not read again", same, err)
	}
}
