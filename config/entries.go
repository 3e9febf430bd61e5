package config

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/go-viper/mapstructure/v2"

	"sekisho/audit"
	"sekisho/audit/fleet"
)

// entry is one of a list of objects: its values by key, with dots for the levels.
type entry struct {
	values map[string]value
	keys   []string // in the order of the file
	where  string
}

// entryKey names an entry in an error, counting from 0 as yq and jq do.
func entryKey(list string, i int) string { return fmt.Sprintf("%s[%d]", list, i) }

// entries is the setting of a list of entries. Each has some of the fields, which are read as settings are, and check
// judges it as a whole. Only a file can hold such a list.
func entries[T any](key string, fields []setting, check func(T) error) setting {
	parse := func(v value) (any, string, error) {
		list := make([]T, len(v.entries))
		for i, e := range v.entries {
			if err := e.decode(&list[i], entryKey(key, i), fields); err != nil {
				return nil, "", err
			}
			if err := check(list[i]); err != nil {
				return nil, "", &Error{Where: e.where, Key: entryKey(key, i), Problem: err.Error()}
			}
		}
		return list, "", nil
	}
	return setting{key: key, parse: parse, fields: fields}
}

// decode reads the values of an entry of the given name into a struct. What the entry doesn't have keeps its zero
// value.
func (e entry) decode(into any, name string, fields []setting) error {
	parsed := map[string]any{}
	for _, field := range fields {
		v, ok := e.values[field.key]
		if !ok {
			continue
		}
		typed, hint, err := field.parse(v)
		if err != nil {
			return &Error{Where: v.where, Key: name + "." + field.key, Problem: err.Error(), Hint: hint}
		}
		put(parsed, field.key, typed)
	}
	decoder, err := mapstructure.NewDecoder(&mapstructure.DecoderConfig{TagName: "json", ErrorUnused: true, Result: into})
	if err == nil {
		err = decoder.Decode(parsed)
	}
	if err != nil {
		return &Error{Where: e.where, Key: name, Problem: err.Error()}
	}
	return nil
}

const (
	accountNumber = `^[0-9]{12}$`
	uniqueID      = `^\w{16,128}$` // the characters and the length that IAM documents for its IDs
)

// exceptions is the setting of failures that are borne for a time. One that has expired is fit, for the report tells of
// it.
func exceptions(catalogue []*audit.Rule, now time.Time) setting {
	fields := []setting{
		{key: "rule", parse: func(v value) (any, string, error) {
			if v.many {
				return nil, "", fmt.Errorf("got %s, want an ID, a glob of IDs or a category", v)
			}
			hint, err := checkRule(v.text, catalogue)
			return v.text, hint, err
		}},
		{key: "resource", parse: line},
		{key: "account", parse: text(accountNumber, "a number of 12 digits")},
		{key: "unique_id", parse: text(uniqueID, "the ID of a user, group, role or policy such as AIDACKCEVSQ6C2EXAMPLE")},
		{key: "reason", parse: line},
		{key: "owner", parse: line},
		{key: "ticket", parse: line},
		{key: "expires", parse: func(v value) (any, string, error) {
			end, err := lastMoment(v)
			if err == nil {
				err = audit.Exception{Rule: "*", Resource: "*", Reason: "-", Owner: "-", Expires: end}.Validate(catalogue, now)
			}
			return end, "", err
		}},
	}
	return entries("exceptions", fields, func(e audit.Exception) error { return e.Validate(catalogue, now) })
}

// thresholdsFor is the setting of thresholds of single users. They are within the same bounds as those of the account.
func thresholdsFor() setting {
	check := func(u audit.UserThresholds) error {
		return audit.Settings{UserThresholds: []audit.UserThresholds{u}}.Validate()
	}
	fields := []setting{
		{key: "users", parse: listOf(func(one string) error {
			return check(audit.UserThresholds{Users: []string{one}, Values: map[string]int{"user_inactive_days": 1}})
		})},
	}
	for _, threshold := range thresholds() {
		if slices.Contains(audit.UserThresholdNames(), strings.TrimPrefix(threshold.key, "thresholds.")) {
			fields = append(fields, threshold)
		}
	}
	return entries("thresholds_for", fields, check)
}

// rolesFor is the setting of the roles that are assumed in the accounts of a fleet.
func rolesFor() setting {
	fields := []setting{{key: "role", parse: line}, {key: "ou", parse: line}, {key: "tag", parse: line}, {key: "account", parse: text(accountNumber, "a number of 12 digits")}}
	return entries("fleet.roles", fields, fleet.RoleFor.Validate)
}

// line takes a text without line breaks or other control characters.
func line(v value) (any, string, error) {
	clean := strings.TrimSpace(v.text)
	switch {
	case v.many:
		return nil, "", fmt.Errorf("got %s, want a text", v)
	case strings.ContainsFunc(clean, unicode.IsControl):
		return nil, "", errors.New("got a text with line breaks or control characters, want one line")
	}
	return clean, "", nil
}

// lastMoment reads the time at which something ends. A date means through that day in UTC, and stays that date when it
// is shown.
func lastMoment(v value) (time.Time, error) {
	if day, err := time.Parse(time.DateOnly, v.text); err == nil {
		return day.Add(24*time.Hour - time.Second), nil
	}
	t, err := time.Parse(time.RFC3339, v.text)
	if v.many || err != nil {
		return time.Time{}, fmt.Errorf("got %s, want a date such as 2027-03-01, or a time such as 2027-03-01T12:00:00Z", v)
	}
	return t.UTC(), nil
}
