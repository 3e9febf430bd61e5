package fleet

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"sekisho/audit"
	"sekisho/audit/account"
	"sekisho/audit/fleet/store"
	"sekisho/audit/organization"
)

// ManifestSchema identifies the JSON form of a Manifest. Added keys are no new version.
const ManifestSchema = "sekisho/fleet-manifest/v1"

// ManifestKey is where the manifest of a run is in its store.
const ManifestKey = "manifest.json"

// Manifest says what a run audits. It is written once and never changed.
type Manifest struct {
	Schema   string     `json:"schema"`
	RunID    string     `json:"run_id"`
	MadeAt   time.Time  `json:"made_at"` // UTC, whole seconds
	Tool     audit.Tool `json:"tool"`
	Demo     bool       `json:"demo,omitempty"`
	Caller   string     `json:"caller"`   // the ARN of who made it
	Accounts []Account  `json:"accounts"` // sorted by ID
	Shards   int        `json:"shards"`
	Choice   Choice     `json:"choice"`
	// Configuration are the settings that accounts are audited by, as [sekisho/config] records them, and their SHA-256.
	Configuration       json.RawMessage `json:"configuration"`
	ConfigurationSHA256 string          `json:"configuration_sha256"`
	// Organization is what AWS Organizations said; nil where the accounts were named by hand.
	Organization *organization.Snapshot `json:"organization,omitempty"`
}

// Choice is how accounts were chosen: a run may be taken up by someone who would choose in the same way.
type Choice struct {
	Accounts   []string `json:"accounts,omitempty"` // by number, sorted
	Exclude    []string `json:"exclude,omitempty"`
	Units      []string `json:"ous,omitempty"`
	Tags       []string `json:"tags,omitempty"`
	Profiles   string   `json:"profiles,omitempty"` // a pattern
	Role       string   `json:"role,omitempty"`
	ExternalID string   `json:"external_id,omitempty"` // where it is found
	MemberRoot bool     `json:"member_root,omitempty"`
	SSORegion  string   `json:"sso_region,omitempty"`
	Demo       bool     `json:"demo,omitempty"`
}

// Same reports whether two choices are one.
func (c Choice) Same(other Choice) bool { return reflect.DeepEqual(c, other) }

// Account is an account of a run.
type Account struct {
	ID    string `json:"id"`
	Name  string `json:"name,omitempty"`
	Place string `json:"place,omitempty"` // the names of the units that it is in: "Workloads/Production"
	State string `json:"state,omitempty"` // of AWS Organizations: "ACTIVE"
	// Tags are those of AWS Organizations, where accounts were chosen by them.
	Tags map[string]string `json:"tags,omitempty"`
	// Role is the ARN of the role that is assumed in it; empty for the account of the caller.
	Role string `json:"role,omitempty"`
	// Profile is that of the AWS configuration files whose credentials are the account's own; no role is assumed then.
	Profile string `json:"profile,omitempty"`
	// ExternalID says where the role's external ID is found, "env:NAME" or "file:PATH"; it is never the ID itself.
	ExternalID string `json:"external_id,omitempty"`
	// NotAudited says why the account is left out; empty where it is audited.
	NotAudited Reason `json:"not_audited,omitempty"`
}

// Reason is why an account is not audited.
type Reason string

// The reasons.
const (
	Excluded  Reason = "excluded"   // by the person who made the manifest
	NotActive Reason = "not_active" // AWS Organizations says that it is suspended, closed or not there yet
)

// Shard is the number of the shard, from 0, that an account is in: the first eight bytes of the SHA-256 of its ID, as a
// whole number, modulo the number of shards.
func Shard(accountID string, shards int) int {
	sum := sha256.Sum256([]byte(accountID))
	return int(binary.BigEndian.Uint64(sum[:8]) % uint64(shards))
}

// Encode gives the manifest's bytes, and the SHA-256 by which everything else in the store names it.
func (m *Manifest) Encode() (text []byte, digest string, err error) {
	text, err = json.MarshalIndent(m, "", "  ")
	if err != nil {
		return nil, "", fmt.Errorf("writing the manifest: %w", err)
	}
	return text, digestOf(text), nil
}

func digestOf(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// ConfigurationDigest is the SHA-256 of settings, however they are indented.
func ConfigurationDigest(settings json.RawMessage) (string, error) {
	var compact bytes.Buffer
	if err := json.Compact(&compact, settings); err != nil {
		return "", fmt.Errorf("reading the settings: %w", err)
	}
	return digestOf(compact.Bytes()), nil
}

// ManifestError is a manifest that can't be used.
type ManifestError struct{ Err error }

func (e *ManifestError) Error() string { return "reading the manifest: " + e.Err.Error() }

// Unwrap returns what is wrong.
func (e *ManifestError) Unwrap() error { return e.Err }

// ReadManifest reads a run's manifest from its store. Where want is not empty it must have that SHA-256.
func ReadManifest(ctx context.Context, s store.Store, want string) (m *Manifest, digest string, err error) {
	text, err := s.Get(ctx, ManifestKey, store.Limit)
	if err != nil {
		if errors.Is(err, store.ErrAbsent) {
			err = &ManifestError{fmt.Errorf("%s holds none that is whole: %w", s, err)}
		}
		return nil, "", err
	}
	digest = digestOf(text)
	if want != "" && digest != want {
		return nil, "", &ManifestError{fmt.Errorf("got one with the SHA-256 %s, want %s", digest, want)}
	}
	if m, err = decodeManifest(text); err != nil {
		return nil, "", &ManifestError{err}
	}
	return m, digest, nil
}

func decodeManifest(text []byte) (*Manifest, error) {
	var m Manifest
	decoder := json.NewDecoder(bytes.NewReader(text))
	if err := decoder.Decode(&m); err != nil {
		return nil, err
	}
	if m.Schema != ManifestSchema {
		return nil, fmt.Errorf("got schema %q, want %q", m.Schema, ManifestSchema)
	}
	return &m, m.check()
}

// check reports the first thing that no manifest has.
func (m *Manifest) check() error {
	switch {
	case m.RunID == "":
		return errors.New("got no run ID")
	case m.Shards < 1:
		return fmt.Errorf("got %d shards, want one at least", m.Shards)
	case len(m.Accounts) == 0:
		return errors.New("got no accounts")
	}
	if got, err := ConfigurationDigest(m.Configuration); err != nil || got != m.ConfigurationSHA256 {
		return fmt.Errorf("got settings with the SHA-256 %q, want %q as it says", got, m.ConfigurationSHA256)
	}
	for i, a := range m.Accounts {
		switch {
		case !account.IsID(a.ID):
			return fmt.Errorf("got the account %q, want twelve digits", a.ID)
		case i > 0 && m.Accounts[i-1].ID >= a.ID:
			return fmt.Errorf("got the account %s twice, or not in order", a.ID)
		}
		if a.Role != "" && a.Profile != "" {
			return fmt.Errorf("got a role and a profile for the account %s, want one of them", a.ID)
		}
		if role, err := account.ParseARN(a.Role); a.Role != "" && (err != nil || role.Account != a.ID) {
			return fmt.Errorf("got the role %q for the account %s, want one of its own", a.Role, a.ID)
		}
	}
	return nil
}

// Account returns the account of an ID, if the run has it.
func (m *Manifest) Account(id string) (of Account, has bool) {
	at, has := slices.BinarySearchFunc(m.Accounts, id, func(a Account, id string) int { return strings.Compare(a.ID, id) })
	if has {
		of = m.Accounts[at]
	}
	return of, has
}

// Of lists the accounts of a shard that are audited; -1 stands for all shards.
func (m *Manifest) Of(shard int) []Account {
	return slices.DeleteFunc(slices.Clone(m.Accounts), func(a Account) bool {
		return a.NotAudited != "" || shard >= 0 && Shard(a.ID, m.Shards) != shard
	})
}
