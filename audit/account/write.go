package account

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"reflect"
	"slices"
	"strings"
)

// Write writes the snapshot as indented JSON. It makes it piece by piece, the longest of which is an entry of a list: what
// is written of a large account would take more memory than the account does.
func (s *Snapshot) Write(w io.Writer) error {
	out := &snapshotWriter{to: bufio.NewWriterSize(w, 1<<16)}
	out.encoder = json.NewEncoder(&out.text)
	out.encoder.SetEscapeHTML(false)
	out.object(reflect.ValueOf(s).Elem(), 0)
	out.put("\n")
	if out.err != nil {
		return out.err
	}
	return out.to.Flush()
}

// snapshotWriter writes what encoding/json does, with a blank for each level.
type snapshotWriter struct {
	to          *bufio.Writer
	encoder     *json.Encoder
	text, lines bytes.Buffer // what was encoded last, compactly and laid out
	err         error
}

func (w *snapshotWriter) put(text string) { _, _ = w.to.WriteString(text) } // a writer's error stays

// line begins one, behind what isn't the first thing in its brackets.
func (w *snapshotWriter) line(first bool, depth int) {
	if !first {
		w.put(",")
	}
	w.put("\n" + strings.Repeat(" ", depth))
}

// object writes a struct field by field.
func (w *snapshotWriter) object(v reflect.Value, depth int) {
	w.put("{")
	first := true
	for field, value := range v.Fields() {
		key, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		if parted(value) {
			w.line(first, depth+1)
			w.put(`"` + key + `": `)
			w.parts(value, depth+1)
			first = false
			continue
		}
		// An object of one field, or of none where it is left out.
		alone := reflect.New(reflect.StructOf([]reflect.StructField{field})).Elem()
		alone.Field(0).Set(value)
		if text := w.encoded(alone.Interface(), depth); len(text) > len("{}") {
			if !first {
				w.put(",")
			}
			_, _ = w.to.Write(text[1 : len(text)-len("\n}")-depth])
			first = false
		}
	}
	w.line(true, depth)
	w.put("}")
}

// parted reports whether a value is written in parts: what an answer says, and lists and objects in it that aren't empty.
func parted(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Pointer:
		return !v.IsNil() && v.Type().Implements(reflect.TypeFor[json.Unmarshaler]()) // as answers do
	case reflect.Slice, reflect.Map:
		return v.Len() > 0
	}
	return v.Type() == reflect.TypeFor[AuthorizationDetails]()
}

func (w *snapshotWriter) parts(v reflect.Value, depth int) {
	switch v.Kind() {
	case reflect.Pointer, reflect.Struct:
		w.object(reflect.Indirect(v), depth)
	case reflect.Slice:
		w.put("[")
		for i := range v.Len() {
			w.line(i == 0, depth+1)
			_, _ = w.to.Write(w.encoded(v.Index(i).Addr().Interface(), depth+1))
		}
		w.line(true, depth)
		w.put("]")
	case reflect.Map:
		w.put("{")
		keys := v.MapKeys()
		slices.SortFunc(keys, func(a, b reflect.Value) int { return strings.Compare(a.String(), b.String()) })
		for i, key := range keys {
			w.line(i == 0, depth+1)
			_, _ = w.to.Write(w.encoded(key.Interface(), depth+1))
			w.put(": ")
			_, _ = w.to.Write(w.encoded(v.MapIndex(key).Interface(), depth+1))
		}
		w.line(true, depth)
		w.put("}")
	}
}

// encoded lays a value out that stands so deep; it is there until the next call.
func (w *snapshotWriter) encoded(v any, depth int) []byte {
	w.text.Reset()
	w.lines.Reset()
	err := w.encoder.Encode(v)
	if err == nil {
		err = json.Indent(&w.lines, bytes.TrimSuffix(w.text.Bytes(), []byte{'\n'}), strings.Repeat(" ", depth), " ")
	}
	if w.err == nil {
		w.err = err
	}
	return w.lines.Bytes()
}
