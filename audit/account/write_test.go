package account_test

import (
	"bytes"
	"encoding/json"
	"runtime"
	"testing"
	"time"

	"sekisho/audit/account"
	"sekisho/audit/emulator"
)

// A snapshot is written as encoding/json writes it whole, with much less memory for its text.
func TestSnapshotIsWrittenInPieces(t *testing.T) {
	now := time.Date(2026, 11, 29, 9, 0, 0, 0, time.UTC)
	hostile := emulator.Demo(now)
	hostile.Caller.UserID, hostile.Endpoints = "not \xff UTF-8 <b>", map[string]string{"sts": "http://a\"b", "iam": "http://&"}
	hostile.AccountAliases.Value, hostile.Users.Value, hostile.AuthorizationDetails.Value.Groups = []string{"<\u2028>"}, []account.ListedUser{}, nil
	hostile.CredentialReport, hostile.PerUser, hostile.Gaps = nil, map[string]*account.UserAnswers{"b": {}, "a<": nil}, []account.Gap{}
	large := emulator.Messy(300, 1, now)
	for name, s := range map[string]*account.Snapshot{"empty": {}, "demo": emulator.Demo(now), "hostile": hostile, "large": large} {
		var got, want bytes.Buffer
		encoder := json.NewEncoder(&want)
		encoder.SetIndent("", " ")
		encoder.SetEscapeHTML(false)
		if err := encoder.Encode(s); err != nil {
			t.Fatal(err)
		}
		if err := s.Write(&got); err != nil || got.String() != want.String() {
			at := 0
			for at < min(got.Len(), want.Len()) && got.Bytes()[at] == want.Bytes()[at] {
				at++
			}
			t.Errorf("%s: got …%.100q and %v, want …%.100q", name, got.Bytes()[max(0, at-50):], err, want.Bytes()[max(0, at-50):])
		}
	}
	var written counter
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if err := large.Write(&written); err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	if took := after.TotalAlloc - before.TotalAlloc; took > 2*uint64(written) {
		t.Errorf("got %d bytes allocated to write %d, want twice that at most", took, written)
	}
}

type counter int

func (c *counter) Write(p []byte) (int, error) { *c += counter(len(p)); return len(p), nil }
