package shape

import (
	"bytes"
	"encoding/json"
)

// json checks an answer in JSON, which must be one object.
func (c *checker) json(body []byte, s *shape) error {
	if !bytes.HasPrefix(bytes.TrimSpace(body), []byte("{")) || !json.Valid(body) {
		return ErrTorn
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	_, err := c.value(decoder, "the answer", s)
	return err
}

// value checks the next value, and returns what it holds; nil for a null, which counts as absent.
func (c *checker) value(d *json.Decoder, name string, s *shape) (any, error) {
	token, err := d.Token()
	delim, _ := token.(json.Delim)
	switch {
	case err != nil || token == nil:
		return nil, err
	case delim == '{' && s == nil, delim == '[' && s == nil: // of what nobody knows
		for d.More() && err == nil {
			_, err = c.value(d, name, nil)
		}
	case s == nil:
		return token, nil
	case delim == '[' && s.kind == list:
		n := 0
		for ; d.More() && err == nil; n++ {
			var entry any
			if entry, err = c.value(d, name, s.item); err == nil && entry == nil {
				err = wrong("got null in the list %s", name)
			}
		}
		token = n
	case delim == '{' && (s.kind == structure || s.kind == mapping):
		token, err = c.object(d, s)
	case delim == 0 && s.kind == text:
		if _, ok := token.(string); !ok {
			return nil, wrong("got %v in %s, want a text", token, name)
		}
		return token, nil
	case s.kind == moment:
		if _, ok := token.(float64); !ok {
			return nil, wrong("got %v in %s, want a time", token, name)
		}
		return token, nil
	case s.kind == boolean:
		if _, ok := token.(bool); !ok {
			return nil, wrong("got %v in %s, want true or false", token, name)
		}
		return token, nil
	default:
		return nil, wrong("got a value of another kind in %s", name)
	}
	if err == nil {
		_, err = d.Token()
	}
	return token, err
}

// object checks the members of a structure or a mapping.
func (c *checker) object(d *json.Decoder, s *shape) (object, error) {
	found := object{}
	for d.More() {
		token, err := d.Token()
		if err != nil {
			return nil, err
		}
		key := token.(string) // for the JSON is valid
		if _, known := found[key]; known {
			return nil, twice(key)
		}
		of := s.item
		if i := find(s, key); i >= 0 {
			of = s.members[i].shape
		}
		if found[key], err = c.value(d, key, of); err != nil {
			return nil, err
		}
	}
	return found, c.complete(s.name, s.needs, found)
}

// object holds an object's members: a string, the length of a list, another object.
type object map[string]any

// Has is that of [Members].
func (o object) Has(member string) bool { return o[member] != nil && o[member] != "" }

// Text is that of [Members].
func (o object) Text(member string) string {
	text, _ := o[member].(string)
	return text
}

// Len is that of [Members].
func (o object) Len(member string) int {
	n, _ := o[member].(int)
	return n
}
