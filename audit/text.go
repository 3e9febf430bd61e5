package audit

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"
)

// Text is something that people read, kept as a format and its arguments so that it can be rendered in another language;
// English is the key. Arguments are strings, int64s, float64s and bools, so that they survive JSON.
type Text struct {
	Format string `json:"format"`
	Args   []any  `json:"args"`
}

// Textf makes a Text. Times become dates (2006-01-02), errors and Stringers their text, whole numbers int64.
func Textf(format string, args ...any) Text {
	t := Text{Format: format, Args: make([]any, len(args))}
	for i, arg := range args {
		switch v := arg.(type) {
		case time.Time:
			t.Args[i] = v.UTC().Format(time.DateOnly)
		case int:
			t.Args[i] = int64(v)
		case int32:
			t.Args[i] = int64(v)
		case string, int64, float64, bool:
			t.Args[i] = v
		default:
			t.Args[i] = fmt.Sprint(v)
		}
	}
	return t
}

// String renders the text in English.
func (t Text) String() string {
	if len(t.Args) == 0 {
		return t.Format
	}
	return fmt.Sprintf(t.Format, t.Args...)
}

// UnmarshalJSON reads numbers back as what they were.
func (t *Text) UnmarshalJSON(data []byte) error {
	var raw struct {
		Format string `json:"format"`
		Args   []any  `json:"args"`
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	if err := decoder.Decode(&raw); err != nil {
		return err
	}
	for i, arg := range raw.Args {
		n, ok := arg.(json.Number)
		if !ok {
			continue
		}
		if whole, err := n.Int64(); err == nil {
			raw.Args[i] = whole
		} else if float, err := n.Float64(); err == nil {
			raw.Args[i] = float
		}
	}
	*t = Text{raw.Format, raw.Args}
	return nil
}
