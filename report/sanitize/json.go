package sanitize

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// JSON returns a JSON text in which the characters that [Terminal] makes visible are escaped, which means the same to
// a program and nothing to a terminal. What isn't ASCII, and DEL, is only ever found inside JSON's strings. A text that
// has none of them comes back as it is.
func JSON(text []byte) []byte {
	i := slices.IndexFunc(text, func(c byte) bool { return c >= 0x7f })
	if i < 0 {
		return text
	}
	out := append(make([]byte, 0, len(text)+len(text)/64), text[:i]...)
	for i < len(text) {
		c := text[i]
		if c < 0x7f {
			out = append(out, c)
			i++
			continue
		}
		r, size := utf8.DecodeRune(text[i:])
		if Visible(r) && r != utf8.RuneError {
			out = append(out, text[i:i+size]...)
		} else {
			out = appendJSONEscape(out, r)
		}
		i += size
	}
	return out
}

func appendJSONEscape(out []byte, r rune) []byte {
	if r >= 0x10000 {
		r -= 0x10000
		out = appendJSONEscape(out, 0xd800+r>>10)
		r = 0xdc00 + r&0x3ff
	}
	return append(append(out, `\u`...), strconv.FormatInt(int64(r)|0x10000, 16)[1:]...)
}

// WriteJSON writes v as JSON of several lines, in which every character that nobody sees is escaped. What it is, is for errors.
func WriteJSON(w io.Writer, what string, v any) error {
	return writeJSON(w, what, v, false, func(string) int { return math.MaxInt })
}

// WriteJSONLines is as WriteJSON, for what would grow by being laid out in full, and goes into HTML perhaps: characters
// that mean something there are escaped. How many levels begin new lines depth tells of each key of the object.
func WriteJSONLines(w io.Writer, what string, v any, depth func(key string) int) error {
	return writeJSON(w, what, v, true, depth)
}

func writeJSON(w io.Writer, what string, v any, html bool, depth func(key string) int) error {
	j := &jsonWriter{to: w, limit: depth("")}
	j.encoder = json.NewEncoder(&j.text)
	j.encoder.SetEscapeHTML(html)
	j.whole(v, depth)
	j.out = append(j.out, '\n')
	j.flush()
	if j.err != nil {
		return fmt.Errorf("writing %s as JSON: %w", what, j.err)
	}
	return nil
}

// jsonWriter lays JSON out over lines, two blanks a level. It makes and writes it piece by piece, the longest of which is
// an entry of a list: what is written may be as large as all the rest that is in memory.
type jsonWriter struct {
	to      io.Writer
	out     []byte // laid out, and not written yet
	depth   int
	limit   int // how many levels begin new lines
	encoder *json.Encoder
	text    bytes.Buffer // of the encoder
	err     error        // the first one
}

// whole writes an object field by field, the lists in it entry by entry.
func (j *jsonWriter) whole(v any, depth func(key string) int) {
	object := reflect.Indirect(reflect.ValueOf(v))
	if object.Kind() != reflect.Struct || marshals(object.Type()) || embeds(object.Type()) {
		j.value(v)
		return
	}
	j.open('{')
	some := false
	next := func() {
		if some {
			j.comma()
		}
		some = true
	}
	for field, value := range object.Fields() {
		if !field.IsExported() {
			continue
		}
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		j.limit = depth(name)
		if name != "" && name != "-" && long(value) {
			next()
			j.layOut([]byte(`"` + name + `":`))
			j.list(value)
			continue
		}
		// An object of one field, or of none where it is left out.
		alone := reflect.New(reflect.StructOf([]reflect.StructField{field})).Elem()
		alone.Field(0).Set(value)
		if text := j.encode(alone.Interface()); len(text) > len("{}") {
			next()
			j.layOut(text[1 : len(text)-1])
		}
	}
	j.close('}')
}

// marshals reports whether values of a type tell themselves how they are written.
func marshals(t reflect.Type) bool {
	return reflect.PointerTo(t).Implements(reflect.TypeFor[json.Marshaler]())
}

// embeds reports whether an object has fields of others, which the library puts among its own.
func embeds(t reflect.Type) bool {
	return slices.ContainsFunc(reflect.VisibleFields(t), func(field reflect.StructField) bool { return field.Anonymous })
}

// long reports whether a value has entries of which each is made by itself.
func long(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Slice:
		return v.Len() > 0 && v.Type().Elem().Kind() == reflect.Struct && !marshals(v.Type())
	case reflect.Map:
		return v.Len() > 0 && v.Type().Key() == reflect.TypeFor[string]() && !marshals(v.Type())
	}
	return false
}

func (j *jsonWriter) list(v reflect.Value) {
	if v.Kind() == reflect.Slice {
		j.open('[')
		for i := range v.Len() {
			if i > 0 {
				j.comma()
			}
			j.value(v.Index(i).Addr().Interface())
		}
		j.close(']')
		return
	}
	keys := v.MapKeys()
	slices.SortFunc(keys, func(a, b reflect.Value) int { return strings.Compare(a.String(), b.String()) })
	j.open('{')
	for i, key := range keys {
		if i > 0 {
			j.comma()
		}
		j.value(key.String())
		j.layOut([]byte{':'})
		j.value(v.MapIndex(key).Interface())
	}
	j.close('}')
}

func (j *jsonWriter) value(v any) { j.layOut(j.encode(v)) }

// encode makes compact JSON, which is there until the next call.
func (j *jsonWriter) encode(v any) []byte {
	j.text.Reset()
	if err := j.encoder.Encode(v); err != nil && j.err == nil {
		j.err = err
	}
	return bytes.TrimSuffix(j.text.Bytes(), []byte{'\n'})
}

// layOut writes compact JSON that begins and ends anywhere but in a string or between the brackets of what is empty.
func (j *jsonWriter) layOut(compact []byte) {
	for i := 0; i < len(compact); i++ {
		switch c := compact[i]; c {
		case '"':
			end := i + 1
			for ; compact[end] != '"'; end++ {
				if compact[end] == '\\' {
					end++
				}
			}
			j.out = append(j.out, compact[i:end+1]...)
			i = end
		case '{', '[':
			if next := compact[i+1]; next == '}' || next == ']' {
				j.out = append(j.out, c, next)
				i++
				break
			}
			j.open(c)
		case '}', ']':
			j.close(c)
		case ',':
			j.comma()
		case ':':
			j.out = append(j.out, c, ' ')
		default:
			j.out = append(j.out, c)
		}
	}
	if len(j.out) >= 1<<16 {
		j.flush()
	}
}

func (j *jsonWriter) open(bracket byte) {
	j.out = append(j.out, bracket)
	if j.depth++; j.depth <= j.limit {
		j.newline()
	}
}

func (j *jsonWriter) close(bracket byte) {
	if j.depth--; j.depth < j.limit {
		j.newline()
	}
	j.out = append(j.out, bracket)
}

func (j *jsonWriter) comma() {
	j.out = append(j.out, ',')
	if j.depth <= j.limit {
		j.newline()
	} else {
		j.out = append(j.out, ' ')
	}
}

func (j *jsonWriter) newline() {
	j.out = append(j.out, '\n')
	for range j.depth {
		j.out = append(j.out, ' ', ' ')
	}
}

func (j *jsonWriter) flush() {
	if j.err == nil {
		_, j.err = j.to.Write(JSON(j.out))
	}
	j.out = j.out[:0]
}
