package config

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"sekisho/audit/lists"
)

// RecordSchema identifies the JSON form of recorded settings. Added keys are no new version.
const RecordSchema = "sekisho/configuration/v1"

// unrecorded are settings that are kept from records: who has an external ID is halfway to the role, and how large a
// file may be, and where it is kept, is no matter of what was in it.
var unrecorded = map[string]bool{
	"aws.external_id": true, "read.max_mib": true, "s3.profile": true, "s3.region": true, "s3.owner": true, "s3.endpoint": true,
}

// record is what remains of the settings of a run.
type record struct {
	Schema   string         `json:"schema"`
	Source   string         `json:"source"`
	SHA256   string         `json:"sha256"`
	Settings map[string]any `json:"settings"`
}

// Record returns the effective settings as JSON, without what is secret. A value is the text that would stand in a
// configuration file, a list is one of such texts or of entries. The same settings always give the same bytes, and
// [Load] takes them back as [Sources].Recorded. Settings whose keys begin with one of without are left out.
func (c *Config) Record(without ...string) ([]byte, error) {
	r := record{RecordSchema, c.Source, c.SHA256, map[string]any{}}
	for key, val := range c.raw {
		left := slices.ContainsFunc(without, func(prefix string) bool { return strings.HasPrefix(key, prefix) })
		if !unrecorded[key] && !left {
			put(r.Settings, key, val.json())
		}
	}
	// A run that reads nobody live takes this back, whatever was asked for.
	put(r.Settings, "refresh.fresh", strconv.FormatBool(c.Refresh.Fresh))
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(r); err != nil {
		return nil, fmt.Errorf("recording the settings: %w", err)
	}
	return out.Bytes(), nil
}

func (v value) json() any {
	switch {
	case v.entries != nil:
		list := make([]any, len(v.entries))
		for i, e := range v.entries {
			fields := map[string]any{}
			for key, field := range e.values {
				put(fields, key, field.json())
			}
			list[i] = fields
		}
		return list
	case v.many:
		return lists.Map(v.list, func(item string) any { return item })
	}
	return v.text
}

const recorded = "the recorded configuration"

// parseRecord reads what Record wrote. An unknown key is an error, for the run hung on it.
func parseRecord(data []byte, settings []setting) (source, map[string]value, error) {
	var r record
	decoder := json.NewDecoder(bytes.NewReader(data))
	err := decoder.Decode(&r)
	if err == nil {
		if _, more := decoder.Token(); !errors.Is(more, io.EOF) {
			err = errors.New("got something behind its end")
		}
	}
	switch {
	case err != nil:
		return source{}, nil, &Error{Where: recorded, Problem: "reading JSON: " + err.Error()}
	case r.Schema != RecordSchema:
		return source{}, nil, &Error{Where: recorded, Problem: fmt.Sprintf("got schema %q, want %q", r.Schema, RecordSchema)}
	}
	values, _, err := recordedValues(r.Settings, "", settings)
	if err != nil {
		return source{}, nil, err
	}
	return source{path: r.Source, sum: r.SHA256}, values, nil
}

// recordedValues takes the settings that are in an object, in the order of the settings.
func recordedValues(object map[string]any, within string, settings []setting) (map[string]value, []string, error) {
	flat := map[string]any{}
	flatten(object, "", settings, flat)
	values := map[string]value{}
	var keys []string
	for _, s := range settings {
		raw, there := flat[s.key]
		if !there {
			continue
		}
		delete(flat, s.key)
		v, err := recordedValue(raw, within+s.key, s.fields)
		if err != nil {
			return nil, nil, err
		}
		values[s.key] = v
		keys = append(keys, s.key)
	}
	for key := range flat {
		return nil, nil, &Error{Where: recorded, Key: within + key, Problem: "got a key that this version doesn't know"}
	}
	return values, keys, nil
}

// flatten gives the values of nested objects dotted keys, down to those of settings.
func flatten(object map[string]any, prefix string, settings []setting, flat map[string]any) {
	p := fileParser{settings: settings}
	for key, raw := range object {
		inner, nested := raw.(map[string]any)
		if nested && p.isGroup(prefix+key) {
			flatten(inner, prefix+key+".", settings, flat)
			continue
		}
		flat[prefix+key] = raw
	}
}

func recordedValue(raw any, key string, fields []setting) (value, error) {
	wrong := &Error{Where: recorded, Key: key, Problem: "got what is neither a text nor a list of texts"}
	if fields != nil {
		wrong.Problem = "got what is no list of entries, each of them keys with values"
	}
	switch x := raw.(type) {
	case string:
		if fields == nil {
			return value{text: x, where: recorded}, nil
		}
	case []any:
		v := value{where: recorded, many: fields == nil}
		if fields != nil {
			v.entries = []entry{}
		}
		for i, item := range x {
			switch item := item.(type) {
			case string:
				if fields != nil {
					return value{}, wrong
				}
				v.list = append(v.list, item)
			case map[string]any:
				if fields == nil {
					return value{}, wrong
				}
				values, keys, err := recordedValues(item, entryKey(key, i)+".", fields)
				if err != nil {
					return value{}, err
				}
				v.entries = append(v.entries, entry{values: values, keys: keys, where: recorded})
			default:
				return value{}, wrong
			}
		}
		return v, nil
	}
	return value{}, wrong
}
