package sanitize

import (
	"encoding"
	"encoding/json"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

// value writes a value as encoding/json does, and lays it out at once: reports are hundreds of megabytes. What is rare, or
// tells itself how it is written, is left to the library.
func (j *jsonWriter) value(v reflect.Value) {
	if !v.IsValid() {
		j.out = append(j.out, "null"...)
		return
	}
	j.with(j.writerOf(v.Type()), v)
}

func (j *jsonWriter) with(w valueWriter, v reflect.Value) {
	if w(j, v); len(j.out) >= 1<<16 {
		j.flush()
	}
}

type valueWriter func(*jsonWriter, reflect.Value)

// appender is what writes itself compactly, with characters escaped that mean something in HTML.
type appender interface {
	AppendJSON([]byte) ([]byte, error)
}

// writerOf is how values of a type are written, which is found out once.
func (j *jsonWriter) writerOf(t reflect.Type) valueWriter {
	w := j.writers[t]
	if w == nil {
		w = newWriterOf(t)
		j.writers[t] = w
	}
	return w
}

func newWriterOf(t reflect.Type) valueWriter {
	switch {
	case t == reflect.TypeFor[time.Time]():
		return (*jsonWriter).time
	case t.Kind() != reflect.Pointer && t.Implements(reflect.TypeFor[appender]()):
		return (*jsonWriter).own
	case t.Kind() == reflect.Pointer || t.Kind() == reflect.Interface:
		return (*jsonWriter).pointed
	case implements[json.Marshaler](t):
		return (*jsonWriter).library
	case t.Implements(reflect.TypeFor[encoding.TextMarshaler]()):
		return (*jsonWriter).word
	case implements[encoding.TextMarshaler](t):
		return (*jsonWriter).library
	}
	switch t.Kind() {
	case reflect.String:
		return func(j *jsonWriter, v reflect.Value) { j.string(v.String()) }
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return func(j *jsonWriter, v reflect.Value) { j.out = strconv.AppendInt(j.out, v.Int(), 10) }
	case reflect.Bool:
		return func(j *jsonWriter, v reflect.Value) { j.out = strconv.AppendBool(j.out, v.Bool()) }
	case reflect.Slice:
		if t.Elem().Kind() != reflect.Uint8 {
			return (*jsonWriter).list
		}
	case reflect.Map:
		if t.Key() == reflect.TypeFor[string]() {
			return (*jsonWriter).object
		}
	case reflect.Struct:
		if fields, plain := fieldsOf(t); plain {
			return func(j *jsonWriter, v reflect.Value) { j.members(v, fields, nil) }
		}
	}
	return (*jsonWriter).library
}

// implements reports whether a type, or what points to it, has the methods of an interface.
func implements[I any](t reflect.Type) bool {
	return reflect.PointerTo(t).Implements(reflect.TypeFor[I]())
}

// at is a value as an interface: what points to it, where that is to be had without a copy.
func at(v reflect.Value) any {
	if v.CanAddr() {
		v = v.Addr()
	}
	return v.Interface()
}

// library leaves a value to encoding/json.
func (j *jsonWriter) library(v reflect.Value) { j.layOut(j.encode(at(v))) }

func (j *jsonWriter) own(v reflect.Value) {
	var err error
	j.appended, err = at(v).(appender).AppendJSON(j.appended[:0])
	j.fail(err)
	j.layOut(j.appended)
}

func (j *jsonWriter) word(v reflect.Value) {
	text, err := at(v).(encoding.TextMarshaler).MarshalText()
	j.fail(err)
	j.string(string(text))
}

func (j *jsonWriter) time(v reflect.Value) {
	t := timeIn(v)
	if year := t.Year(); year < 0 || year > 9999 || t.Location() != time.UTC {
		j.library(v)
		return
	}
	j.out = append(j.out, '"')
	j.out = t.AppendFormat(j.out, time.RFC3339Nano)
	j.out = append(j.out, '"')
}

func timeIn(v reflect.Value) time.Time {
	if t, pointed := at(v).(*time.Time); pointed {
		return *t
	}
	return v.Interface().(time.Time)
}

func (j *jsonWriter) pointed(v reflect.Value) { j.value(v.Elem()) }

func (j *jsonWriter) string(s string) {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c >= 0x7f || c == '"' || c == '\\' || j.html && (c == '<' || c == '>' || c == '&') {
			j.layOut(j.encode(s))
			return
		}
	}
	j.out = append(append(append(j.out, '"'), s...), '"')
}

func (j *jsonWriter) list(v reflect.Value) {
	switch {
	case v.IsNil():
		j.out = append(j.out, "null"...)
		return
	case v.Len() == 0:
		j.out = append(j.out, "[]"...)
		return
	}
	j.open('[')
	w := j.writerOf(v.Type().Elem())
	for i := range v.Len() {
		if i > 0 {
			j.comma()
		}
		j.with(w, v.Index(i))
	}
	j.close(']')
}

func (j *jsonWriter) object(v reflect.Value) {
	switch {
	case v.IsNil():
		j.out = append(j.out, "null"...)
		return
	case v.Len() == 0:
		j.out = append(j.out, "{}"...)
		return
	}
	keys := v.MapKeys()
	slices.SortFunc(keys, func(a, b reflect.Value) int { return strings.Compare(a.String(), b.String()) })
	j.open('{')
	for i, key := range keys {
		if i > 0 {
			j.comma()
		}
		j.string(key.String())
		j.out = append(j.out, ": "...)
		j.value(v.MapIndex(key))
	}
	j.close('}')
}

// jsonField is a field of a struct: its key, and when it is left out.
type jsonField struct {
	index     int
	kind      reflect.Type
	name, key string // the latter as it is written
	absent    func(reflect.Value) bool
	writer    valueWriter // nil until it is asked for
}

// fieldsOf lists the fields of a struct that are written; it isn't plain where the library knows something of them that
// isn't known here.
func fieldsOf(t reflect.Type) (fields []jsonField, plain bool) {
	names := map[string]bool{}
	for i := range t.NumField() {
		f := t.Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case f.Anonymous:
			return nil, false
		case !f.IsExported() || name == "-" && options == "":
			continue
		case name == "":
			name = f.Name
		}
		out := jsonField{index: i, kind: f.Type, name: name, key: `"` + name + `": `}
		switch zero := reflect.Value.IsZero; {
		case options == "":
		case options == "omitempty" && f.Type.Kind() != reflect.Struct:
			out.absent = empty
		case options == "omitzero" && f.Type == reflect.TypeFor[time.Time]():
			out.absent = func(v reflect.Value) bool { return timeIn(v).IsZero() }
		case options == "omitzero" && !implements[interface{ IsZero() bool }](f.Type) && f.Type.Kind() != reflect.Pointer && f.Type.Kind() != reflect.Interface:
			out.absent = zero
		default:
			return nil, false
		}
		if names[name] || strings.Trim(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") != "" {
			return nil, false
		}
		names[name] = true
		fields = append(fields, out)
	}
	return fields, true
}

// empty is what omitempty leaves out.
func empty(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Slice, reflect.Map, reflect.Array, reflect.String:
		return v.Len() == 0
	}
	return v.IsZero()
}

// members writes the fields of a struct; depth, where it is given, tells of each how many levels begin new lines in it.
func (j *jsonWriter) members(v reflect.Value, fields []jsonField, depth func(key string) int) {
	some := false
	for i := range fields {
		f := &fields[i]
		member := v.Field(f.index)
		if f.absent != nil && f.absent(member) {
			continue
		}
		if depth != nil {
			j.limit = depth(f.name)
		}
		if some {
			j.comma()
		} else {
			j.open('{')
		}
		some = true
		if f.writer == nil {
			f.writer = j.writerOf(f.kind)
		}
		j.out = append(j.out, f.key...)
		j.with(f.writer, member)
	}
	if !some {
		j.out = append(j.out, "{}"...)
		return
	}
	j.close('}')
}
