package account

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"time"

	"sekisho/audit/message"
)

// SnapshotSchema identifies the JSON form of a Snapshot. Added keys are no new version.
const SnapshotSchema = "sekisho/snapshot/v1"

// OriginFiles is the origin of a snapshot that was made of saved answers of the aws command. They may not tell who
// asked: its caller may have no ARN.
const OriginFiles = "files"

// Snapshot is what AWS said about one account, and when. An answer that is nil was not read: never asked for, refused,
// or cut out of an older file, which is all the same to the rules. No secret is ever in it.
type Snapshot struct {
	Schema string `json:"schema"`
	// Origin is "demo" for the embedded demo account, OriginFiles for answers that were saved by hand, and empty for
	// what was read from AWS.
	Origin string `json:"origin,omitempty"`
	// TakenAt is the "now" of every verdict: fixed once, with the first answer, by AWS's clock. UTC, whole seconds.
	TakenAt time.Time `json:"taken_at"`
	// MachineTime is the same moment by the clock of the machine that asked; zero where it isn't known.
	MachineTime time.Time `json:"machine_time,omitzero"`
	// Endpoints are the addresses that were asked in place of AWS's own, by service.
	Endpoints map[string]string `json:"endpoints,omitempty"`
	Caller    Caller            `json:"caller"`
	// Fresh is set where every user was to be read live, so that nobody passes on the credential report.
	Fresh bool `json:"fresh,omitempty"`

	AccountSummary       *Answer[Summary]              `json:"account_summary,omitempty"`
	AccountAliases       *Answer[[]string]             `json:"account_aliases,omitempty"`
	PasswordPolicy       *Answer[*PasswordPolicy]      `json:"password_policy,omitempty"` // a null value: none is set
	CredentialReport     *Answer[CredentialReport]     `json:"credential_report,omitempty"`
	AuthorizationDetails *Answer[AuthorizationDetails] `json:"authorization_details,omitempty"`
	Users                *Answer[[]ListedUser]         `json:"users,omitempty"`
	VirtualMFADevices    *Answer[[]VirtualMFADevice]   `json:"virtual_mfa_devices,omitempty"`
	SAMLProviders        *Answer[[]Provider]           `json:"saml_providers,omitempty"`
	OIDCProviders        *Answer[[]Provider]           `json:"oidc_providers,omitempty"`

	ServiceCredentials    *Answer[[]ServiceCredential]   `json:"service_specific_credentials,omitempty"`
	ServerCertificates    *Answer[[]ServerCertificate]   `json:"server_certificates,omitempty"`
	OrganizationsFeatures *Answer[OrganizationsFeatures] `json:"organizations_features,omitempty"`
	SecurityContact       *Answer[*AlternateContact]     `json:"security_contact,omitempty"` // a null value: none is registered
	BillingContact        *Answer[*AlternateContact]     `json:"billing_contact,omitempty"`
	OperationsContact     *Answer[*AlternateContact]     `json:"operations_contact,omitempty"`
	AccessAnalyzers       *Answer[AccessAnalyzers]       `json:"access_analyzers,omitempty"` // complete when the list of regions is

	// PerUser holds the answers of calls made for one user, by user name.
	PerUser map[string]*UserAnswers `json:"per_user,omitempty"`

	// Gaps are the calls that failed, in a stable order.
	Gaps []Gap `json:"gaps"`
	// Declined are the per-user calls that were wanted and, for a limit of the configuration, not made.
	Declined []Decline `json:"declined,omitempty"`
	// Tolerated are the elements that AWS left out of answers and that the configuration takes for empty lists.
	Tolerated []Tolerated `json:"tolerated,omitempty"`
	Calls     Calls       `json:"calls"`
}

// Caller is the answer of sts:GetCallerIdentity. The partition ("aws", "aws-cn", …) comes from the ARN.
type Caller struct {
	AccountID string    `json:"account_id"`
	Partition string    `json:"partition"`
	ARN       string    `json:"arn"`
	UserID    string    `json:"user_id"`
	At        time.Time `json:"at"`
}

// Answer is what one kind of call said. Value is complete only when Complete is true: a list whose page 7 failed
// holds pages 1 to 6.
type Answer[T any] struct {
	Action   string    `json:"action"` // "iam:ListUsers"
	Began    time.Time `json:"began"`
	Ended    time.Time `json:"ended"`
	Complete bool      `json:"complete"`
	Value    T         `json:"value"`
}

// read reads the snapshot member by member. Those that are pointers are answers, which read themselves.
func (s *Snapshot) read(data []byte) error {
	fields, places := reflect.ValueOf(s).Elem(), snapshotFields()
	return members(data, func(key string, value []byte) error {
		i, known := places[key]
		switch {
		case !known:
			return valid(value)
		case fields.Field(i).Kind() != reflect.Pointer || string(value) == "null":
			return json.Unmarshal(value, fields.Field(i).Addr().Interface())
		}
		answer := reflect.New(fields.Field(i).Type().Elem())
		fields.Field(i).Set(answer)
		return answer.Interface().(json.Unmarshaler).UnmarshalJSON(value)
	})
}

// snapshotFields finds the fields of a snapshot by their keys.
func snapshotFields() map[string]int {
	fields := map[string]int{}
	for i := range reflect.TypeFor[Snapshot]().NumField() {
		key, _, _ := strings.Cut(reflect.TypeFor[Snapshot]().Field(i).Tag.Get("json"), ",")
		fields[key] = i
	}
	return fields
}

// UnmarshalJSON refuses an answer that lacks one of its keys: an answer without its value, or without the word
// that it is whole, must not be taken for an empty one.
func (a *Answer[T]) UnmarshalJSON(data []byte) error {
	parts := map[string]any{"action": &a.Action, "began": &a.Began, "ended": &a.Ended, "complete": &a.Complete, "value": &a.Value}
	told := map[string]bool{}
	err := members(data, func(key string, value []byte) error {
		if parts[key] == nil || key != "value" && string(value) == "null" {
			return valid(value)
		}
		told[key] = true
		err := json.Unmarshal(value, parts[key])
		if err != nil && key == "value" {
			err = fmt.Errorf("reading the answer of %s: %w", a.Action, err)
		}
		return err
	})
	if err == nil && len(told) < len(parts) {
		return errors.New("got an answer without all of action, began, ended, complete and value")
	}
	return err
}

// Gap is a call that failed, or whose answer is not believed: what it was for, and what AWS said. Resource is the user's
// name where the section is read user by user or it is about a row of the credential report, and the region's where it
// is read region by region; empty where it is about the whole section.
type Gap struct {
	Section  Section `json:"section"`
	Resource string  `json:"resource"`
	Action   string  `json:"action"`
	Code     string  `json:"code"`
	Message  string  `json:"message"`
	// Text is the message as data, where it isn't AWS's.
	Text *message.Message `json:"text,omitempty"`
}

// Denied reports whether an error code says that permissions are lacking; EC2 has one of its own.
func Denied(code string) bool {
	return code == "AccessDenied" || code == "AccessDeniedException" || code == "UnauthorizedOperation"
}

// Because is the gap for a reason that isn't AWS's.
func (g Gap) Because(code string, text message.Message) Gap {
	g.Code, g.Message, g.Text = code, text.String(), &text
	return g
}

// Why is what AWS said, or the reason, for people.
func (g Gap) Why() message.Message {
	if g.Text != nil {
		return *g.Text
	}
	return message.New("%s", g.Message)
}

// Outcome says in a clause that the call failed, or that nobody is to go by what it answered.
func (g Gap) Outcome() message.Message {
	switch g.Code {
	case ForeignAnswer, FutureDate, PastDate, MalformedRow, Contradiction:
		return message.New("what %s answered is not believed: %s", g.Action, g.Why())
	}
	return message.New("%s failed: %s: %s", g.Action, g.Code, g.Why())
}

// Compare puts gaps in order: by section, resource and action.
func (g Gap) Compare(other Gap) int {
	return cmp.Or(cmp.Compare(g.Section, other.Section), cmp.Compare(g.Resource, other.Resource), cmp.Compare(g.Action, other.Action),
		cmp.Compare(g.Code, other.Code), cmp.Compare(g.Message, other.Message))
}

// Decline is a set of per-user calls that were wanted and not made.
type Decline struct {
	Section Section  `json:"section"`
	Users   []string `json:"users"`
	Reason  string   `json:"reason"`
	// Text is the reason as data; snapshots of older versions have none.
	Text message.Message `json:"text,omitzero"`
}

// Why is the reason for people.
func (d *Decline) Why() message.Message { return d.Text.Or(d.Reason) }

// Tolerated is an element that AWS left out of so many answers of an action, and that was taken for an empty list because
// the configuration says so.
type Tolerated struct {
	Action  string `json:"action"`
	Element string `json:"element"`
	Answers int    `json:"answers"`
}

// Compare orders by action and element.
func (t Tolerated) Compare(other Tolerated) int {
	return cmp.Or(cmp.Compare(t.Action, other.Action), cmp.Compare(t.Element, other.Element))
}

// Calls is the bill: how often AWS was asked. SignIn counts the calls that establish who is asking apart from the
// reads.
type Calls struct {
	Total     int            `json:"total"`
	Throttled int            `json:"throttled"`
	Retried   int            `json:"retried"`
	ByAction  map[string]int `json:"by_action"`
	SignIn    map[string]int `json:"sign_in"`
}

// Add counts other calls along.
func (c *Calls) Add(others Calls) {
	c.Total += others.Total
	c.Throttled += others.Throttled
	c.Retried += others.Retried
	for action, n := range others.ByAction {
		c.ByAction[action] += n
	}
	for action, n := range others.SignIn {
		c.SignIn[action] += n
	}
}

// wanted refuses an object in which one of these keys is missing or null.
func wanted(data []byte, keys ...string) error {
	var object map[string]json.RawMessage
	if err := json.Unmarshal(data, &object); err != nil {
		return err
	}
	for _, key := range keys {
		if value, ok := object[key]; !ok || string(value) == "null" {
			return fmt.Errorf("got nothing or null for %s", key)
		}
	}
	return nil
}
