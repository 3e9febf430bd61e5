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

// Object says that an account is done.
type Object struct {
	Schema    string `json:"schema"`
	RunID     string `json:"run_id"`
	Manifest  string `json:"manifest_sha256"`
	AccountID string `json:"account_id"`
	// Snapshot is the SHA-256 of the account's snapshot, which is an object of its own.
	Snapshot string `json:"snapshot_sha256"`
	// Report is that of the account, which follows from the snapshot and the manifest's configuration.
	Report json.RawMessage `json:"report"`
}

// Failure says why an account could not be audited, this time.
type Failure struct {
	Schema    string    `json:"schema"`
	RunID     string    `json:"run_id"`
	Manifest  string    `json:"manifest_sha256"`
	AccountID string    `json:"account_id"`
	At        time.Time `json:"at"`
	Message   string    `json:"message"`
	Hint      string    `json:"hint,omitempty"`
	// Passing is set where another attempt may go well.
	Passing bool `json:"passing"`
}

// belongs reports why an object that lies under an account's key is not that of this run.
func belongs(schema, wantSchema, runID, manifest, id string, m *Manifest, digest, key string) error {
	switch {
	case schema != wantSchema:
		return fmt.Errorf("got schema %q, want %q", schema, wantSchema)
	case runID != m.RunID:
		return fmt.Errorf("got an object of the run %q, want %q", runID, m.RunID)
	case manifest != digest:
		return fmt.Errorf("got an object of another manifest, want SHA-256 %s", digest)
	case id != key || !account.IsID(id):
		return fmt.Errorf("got an object of the account %q under the key of %s", id, key)
	}
	return nil
}
