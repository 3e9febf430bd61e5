package clifiles

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/url"
	"reflect"
	"strings"
	"time"
)

// decoder fills the SDK's types from the JSON of the aws command, whose keys are the names of the SDK's fields. It
// notes what the values tell besides.
type decoder struct {
	owners []string  // ARNs that name the account
	newest time.Time // the newest time of what has happened
	unsaid []string  // booleans of the SDK's that AWS always sends and that are not there; they must not count as false
}

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
	var members map[string]json.RawMessage
	if err := plain(data, &members); err != nil {
		return err
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
		if field.Type.Kind() == reflect.Bool && (member == nil || string(member) == "null") {
			d.unsaid = append(d.unsaid, field.Name)
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
