package clifiles

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"time"

	"sekisho/audit/collect/shape"
)

// decoder fills the SDK's types from the JSON of the aws command, whose keys are the names of the SDK's fields. It
// notes what the values tell besides.
type decoder struct {
	owners []string  // ARNs that name the account
	newest time.Time // the newest time of what has happened
	// lacking says what isn't there and is in all of AWS's answers, and absent are lists that aren't, with the number of
	// places: the one must not count as false, nor the others as empty.
	lacking *shape.Error
	absent  map[string]int
}

// told are the members of a structure, as the file has them.
type told map[string]json.RawMessage

// Has is that of [shape.Members].
func (t told) Has(member string) bool {
	return len(t[member]) > 0 && !slices.Contains([]string{"null", `""`, "{}"}, string(t[member]))
}

// Text is that of [shape.Members].
func (t told) Text(member string) string {
	var text string
	if json.Unmarshal(t[member], &text) != nil {
		return string(t[member]) // a boolean or a number
	}
	return text
}

// Len is that of [shape.Members]; where a file's lists are cut is told by their tokens.
func (t told) Len(string) int { return 0 }

var (
	timeType = reflect.TypeFor[time.Time]()
	// stillToCome are the fields with times at which something will end.
	stillToCome = map[string]bool{"Expiration": true, "ExpirationDate": true, "ValidUntil": true}
	// namesAccount are the fields with ARNs of the account that was asked; a serial number is one where it is no
	// hardware token's.
	namesAccount = map[string]bool{"Arn": true, "SerialNumber": true}
)

// field decodes the value of one of the answer's keys; what isn't there and null leave the value as it is.
func (d *decoder) field(a answer, key string, into any) error {
	if err := d.decode(a.fields[key], reflect.ValueOf(into).Elem(), key); err != nil {
		return fmt.Errorf("reading %s%w", key, err)
	}
	return nil
}

// decode fills a value that is of a field. Its errors begin with the place within the value, or with a colon.
func (d *decoder) decode(data json.RawMessage, into reflect.Value, field string) error {
	if len(data) == 0 || string(data) == "null" {
		return nil
	}
	switch t := into.Type(); {
	case t == timeType:
		at, err := parseTime(data)
		if at.After(d.newest) && !stillToCome[field] {
			d.newest = at
		}
		into.Set(reflect.ValueOf(at))
		return err
	case t.Kind() == reflect.Pointer:
		into.Set(reflect.New(t.Elem()))
		return d.decode(data, into.Elem(), field)
	case t.Kind() == reflect.Struct:
		return d.members(data, into)
	case t.Kind() == reflect.Slice && t.Elem().Kind() != reflect.Uint8:
		var items []json.RawMessage
		if err := plain(data, &items); err != nil {
			return err
		}
		into.Set(reflect.MakeSlice(t, len(items), len(items)))
		for i, item := range items {
			if err := d.decode(item, into.Index(i), field); err != nil {
				return fmt.Errorf("[%d]%w", i, err)
			}
		}
		return nil
	case t.Kind() == reflect.Interface: // a union, of which nothing is read
		return nil
	case t.Kind() == reflect.String && strings.HasSuffix(field, "Document") && data[0] != '"':
		// The aws command decodes policies and adds blanks; the SDK has them as AWS sends them.
		var document bytes.Buffer
		if err := json.Compact(&document, data); err != nil {
			return err
		}
		into.SetString(url.PathEscape(document.String()))
		return nil
	}
	if err := plain(data, into.Addr().Interface()); err != nil {
		return err
	}
	if namesAccount[field] {
		d.owners = append(d.owners, into.String())
	}
	return nil
}

// members fills a structure. The JSON services' keys begin with a small letter.
func (d *decoder) members(data json.RawMessage, into reflect.Value) error {
	var members told
	if err := plain(data, &members); err != nil {
		return err
	}
	absent, err := shape.Complete(into.Type().Name(), members, shape.Tolerable())
	if d.lacking == nil {
		errors.As(err, &d.lacking)
	}
	for _, element := range absent {
		if d.absent == nil {
			d.absent = map[string]int{}
		}
		d.absent[element]++
	}
	for i := range into.NumField() {
		field := into.Type().Field(i)
		if !field.IsExported() {
			continue
		}
		member, ok := members[field.Name]
		if !ok {
			member = members[strings.ToLower(field.Name[:1])+field.Name[1:]]
		}
		if err := d.decode(member, into.Field(i), field.Name); err != nil {
			return fmt.Errorf(".%s%w", field.Name, err)
		}
	}
	return nil
}

func plain(data json.RawMessage, into any) error {
	if err := json.Unmarshal(data, into); err != nil {
		return fmt.Errorf(": %w", err)
	}
	return nil
}

// parseTime reads a time as the aws command writes it, ISO 8601 with Z or +00:00, or as boto3's datetime prints, with a
// blank for the T.
func parseTime(data json.RawMessage) (time.Time, error) {
	var text string
	if err := json.Unmarshal(data, &text); err != nil {
		return time.Time{}, fmt.Errorf(": got %s, want a time in ISO 8601", data)
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02 15:04:05Z07:00"} {
		if at, err := time.Parse(layout, text); err == nil {
			return at.UTC(), nil
		}
	}
	return time.Time{}, fmt.Errorf(": got %q, want a time in ISO 8601", text)
}
