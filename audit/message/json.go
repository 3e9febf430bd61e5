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
// keys. All of a message is written at once, for reports hold hundreds of thousands.
func (m Message) MarshalJSON() ([]byte, error) { return m.AppendJSON(make([]byte, 0, 256)) }

// AppendJSON appends what MarshalJSON writes.
func (m Message) AppendJSON(out []byte) ([]byte, error) { return appendJSON(out, m) }

// MarshalJSON writes {"count", "one", "other"}.
func (c Count) MarshalJSON() ([]byte, error) { return appendJSON(nil, c) }

// MarshalJSON writes {"list", "more"}.
func (l List) MarshalJSON() ([]byte, error) { return appendJSON(nil, l) }

// MarshalJSON writes {"date"}.
func (d Date) MarshalJSON() ([]byte, error) { return appendJSON(nil, d) }

// MarshalJSON writes {"minute"}.
func (m Minute) MarshalJSON() ([]byte, error) { return appendJSON(nil, m) }

func appendJSON(out []byte, arg any) (_ []byte, err error) {
	switch v := arg.(type) {
	case string:
		return appendText(out, v)
	case int64:
		return strconv.AppendInt(out, v, 10), nil
	case float64:
		return appendFloat(out, v)
	case Message:
		if out, err = appendText(append(out, `{"format":`...), v.Format); err == nil {
			out, err = appendList(append(out, `,"args":`...), v.Args)
		}
	case Count:
		out = strconv.AppendInt(append(out, `{"count":`...), v.N, 10)
		if out, err = appendText(append(out, `,"one":`...), v.One); err == nil {
			out, err = appendText(append(out, `,"other":`...), v.Other)
		}
	case List:
		out, err = appendList(append(out, `{"list":`...), v.Items)
		out = strconv.AppendInt(append(out, `,"more":`...), v.More, 10)
	case Date:
		out, err = appendText(append(out, `{"date":`...), v.String())
	case Minute:
		out, err = appendText(append(out, `{"minute":`...), v.Time.Format(time.RFC3339))
	default:
		text, err := json.Marshal(v)
		return append(out, text...), err
	}
	return append(out, '}'), err
}

func appendList(out []byte, list []any) (_ []byte, err error) {
	out = append(out, '[')
	for i, item := range list {
		if i > 0 {
			out = append(out, ',')
		}
		if out, err = appendJSON(out, item); err != nil {
			return nil, err
		}
	}
	return append(out, ']'), nil
}

// appendText leaves to encoding/json what it would escape.
func appendText(out []byte, s string) ([]byte, error) {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c >= 0x7f || strings.IndexByte(`"\<>&`, c) >= 0 {
			text, err := json.Marshal(s)
			return append(out, text...), err
		}
	}
	return append(append(append(out, '"'), s...), '"'), nil
}

// appendFloat writes a number that is read back as a float64, whole or not: with a point or an exponent.
func appendFloat(out []byte, f float64) ([]byte, error) {
	text, err := json.Marshal(f)
	if err == nil && !bytes.ContainsAny(text, ".e") {
		text = append(text, ".0"...)
	}
	return append(out, text...), err
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
