package fleet

import (
	"encoding/json"
	"fmt"
	"time"

	"sekisho/audit/account"
)

// ObjectSchema and FailureSchema identify the JSON forms of an Object and a Failure.
const (
	ObjectSchema  = "sekisho/fleet-account/v1"
	FailureSchema = "sekisho/fleet-failure/v1"
)

// The folders of a store. Objects of accounts are the last that is written of each.
const (
	accountsFolder  = "accounts/"
	failuresFolder  = "failures/"
	snapshotsFolder = "snapshots/"
	objectEnd       = ".json.gz"
)

func objectKey(id string) string         { return accountsFolder + id + objectEnd }
func snapshotKey(id, hash string) string { return snapshotsFolder + id + "/" + hash + objectEnd }
func failureKey(id string, attempt int) string {
	return fmt.Sprintf("%s%s/%06d%s", failuresFolder, id, attempt, objectEnd)
}

// stamp says what an object of a store is, of which run and of which account.
type stamp struct {
	Schema    string `json:"schema"`
	RunID     string `json:"run_id"`
	Manifest  string `json:"manifest_sha256"`
	AccountID string `json:"account_id"`
}

// Object says that an account is done.
type Object struct {
	stamp
	// Snapshot is the SHA-256 of the account's snapshot, which is an object of its own.
	Snapshot string `json:"snapshot_sha256"`
	// Report is that of the account, which follows from the snapshot and the manifest's configuration.
	Report json.RawMessage `json:"report"`
}

// Failure says why an account could not be audited, this time.
type Failure struct {
	stamp
	At      time.Time `json:"at"`
	Message string    `json:"message"`
	Hint    string    `json:"hint,omitempty"`
	// Passing is set where another attempt may go well.
	Passing bool `json:"passing"`
}

// differs reports why an object that lies where another is looked for is not that one.
func (s stamp) differs(want stamp) error {
	switch {
	case s.Schema != want.Schema:
		return fmt.Errorf("got schema %q, want %q", s.Schema, want.Schema)
	case s.RunID != want.RunID:
		return fmt.Errorf("got an object of the run %q, want %q", s.RunID, want.RunID)
	case s.Manifest != want.Manifest:
		return fmt.Errorf("got an object of another manifest, want SHA-256 %s", want.Manifest)
	case s.AccountID != want.AccountID || !account.IsID(s.AccountID):
		return fmt.Errorf("got an object of the account %q under the key of %s", s.AccountID, want.AccountID)
	}
	return nil
}
