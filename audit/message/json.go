package message

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// mostDepth bounds how deep messages lie within each other in a file that somebody else may have written.
const mostDepth = 16

// MarshalJSON writes {"format", "args"}. Arguments that are more than a plain value are objects, told apart by their
// keys.
func (m Message) MarshalJSON() ([]byte, error) {
	args := make([]any, len(m.Args))
	for i, arg := range m.Args {
		args[i] = arg
		if f, ok := arg.(float64); ok {
			args[i] = floating(f)
		}
	}
	return json.Marshal(struct {
		Format string `json:"format"`
		Args   []any  `json:"args"`
	}{m.Format, args})
}

// floating is a number that is read back as a float64, whole or not.
type floating float64

// MarshalJSON writes the number with a point or an exponent.
func (f floating) MarshalJSON() ([]byte, error) {
	data, err := json.Marshal(float64(f))
	if err == nil && !bytes.ContainsAny(data, ".e") {
		data = append(data, ".0"...)
	}
	return data, err
}

// MarshalJSON writes {"count", "one", "other"}.
func (c Count) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		N     int64  `json:"count"`
		One   string `json:"one"`
		Other string `json:"other"`
	}{c.N, c.One, c.Other})
}

// MarshalJSON writes {"list", "more"}.
func (l List) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Items []any `json:"list"`
		More  int64 `json:"more"`
	}{append([]any{}, l.Items...), l.More})
}

// MarshalJSON writes {"date"}.
func (d Date) MarshalJSON() ([]byte, error) {
	return json.Marshal(map[string]string{"date": d.String()})
}

// MarshalJSON writes {"minute"}.
func (m Minute) MarshalJSON() ([]byte, error) {
	return json.Marshal(map[string]string{"minute": m.Time.Format(time.RFC3339)})
}

// UnmarshalJSON gives back the values that were written.
func (m *Message) UnmarshalJSON(data []byte) error {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	var object map[string]any
	if err := decoder.Decode(&object); err != nil {
		return err
	}
	if object == nil {
		*m = Message{}
		return nil
	}
	read, err := readMessage(object, 0)
	if err == nil {
		*m = read
	}
	return err
}

func readMessage(object map[string]any, depth int) (Message, error) {
	format, ok := object["format"].(string)
	args, isList := object["args"].([]any)
	if !ok || !isList && object["args"] != nil {
		return Message{}, fmt.Errorf("reading a message: got %v, want an object with a format and args", object)
	}
	if format == "" && len(args) == 0 {
		return Message{}, nil
	}
	read, err := readAll(args, depth)
	return Message{format, read}, err
}

func readAll(list []any, depth int) ([]any, error) {
	if depth > mostDepth {
		return nil, fmt.Errorf("reading a message: got messages more than %d deep within each other", mostDepth)
	}
	read := make([]any, len(list))
	for i, value := range list {
		var err error
		if read[i], err = readArgument(value, depth+1); err != nil {
			return nil, err
		}
	}
	return read, nil
}

func readArgument(value any, depth int) (any, error) {
	switch v := value.(type) {
	case string, bool:
		return v, nil
	case json.Number:
		if whole, err := v.Int64(); err == nil && !strings.ContainsAny(v.String(), ".eE") {
			return whole, nil
		}
		return v.Float64()
	case map[string]any:
		return readObject(v, depth)
	}
	return nil, fmt.Errorf("reading a message: got the argument %v, want a text, a number, true, false or an object", value)
}

func readObject(object map[string]any, depth int) (any, error) {
	if _, ok := object["format"]; ok {
		return readMessage(object, depth)
	}
	if n, ok := whole(object["count"]); ok {
		one, hasOne := object["one"].(string)
		other, hasOther := object["other"].(string)
		if hasOne && hasOther {
			return Count{n, one, other}, nil
		}
	}
	if items, ok := object["list"].([]any); ok {
		more, _ := whole(object["more"])
		read, err := readAll(items, depth)
		return List{read, more}, err
	}
	if day, ok := object["date"].(string); ok {
		t, err := time.Parse(time.DateOnly, day)
		return On(t), err
	}
	if minute, ok := object["minute"].(string); ok {
		t, err := time.Parse(time.RFC3339, minute)
		return At(t), err
	}
	return nil, fmt.Errorf("reading a message: got the argument %v, want a message, a count, a list, a date or a minute", object)
}

func whole(value any) (int64, bool) {
	number, _ := value.(json.Number)
	n, err := strconv.ParseInt(number.String(), 10, 64)
	return n, err == nil
}
