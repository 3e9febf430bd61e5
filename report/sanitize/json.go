package sanitize

import (
	"bytes"
	"encoding"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"reflect"
	"slices"
	"strconv"
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
	j := &jsonWriter{to: w, limit: depth(""), html: html, writers: map[reflect.Type]valueWriter{}}
	j.encoder = json.NewEncoder(&j.text)
	j.encoder.SetEscapeHTML(html)
	whole := reflect.Indirect(reflect.ValueOf(v))
	if fields, plain := topFields(whole); plain {
		j.members(whole, fields, depth)
	} else {
		j.value(whole)
	}
	j.out = append(j.out, '\n')
	j.flush()
	if j.err != nil {
		return fmt.Errorf("writing %s as JSON: %w", what, j.err)
	}
	return nil
}

// topFields are the fields of an object of which each may be laid out in its own way.
func topFields(v reflect.Value) ([]jsonField, bool) {
	if v.Kind() != reflect.Struct || implements[json.Marshaler](v.Type()) || implements[encoding.TextMarshaler](v.Type()) {
		return nil, false
	}
	return fieldsOf(v.Type())
}

// jsonWriter lays JSON out over lines, two blanks a level. It makes and writes it piece by piece: what is written may be as
// large as all the rest that is in memory.
type jsonWriter struct {
	to       io.Writer
	out      []byte // laid out, and not written yet
	depth    int
	limit    int // how many levels begin new lines
	html     bool
	writers  map[reflect.Type]valueWriter
	encoder  *json.Encoder
	text     bytes.Buffer // of the encoder
	appended []byte       // what a value last appended of itself
	err      error        // the first one
}

func (j *jsonWriter) fail(err error) {
	if j.err == nil {
		j.err = err
	}
}

// encode makes compact JSON, which is there until the next call.
func (j *jsonWriter) encode(v any) []byte {
	j.text.Reset()
	j.fail(j.encoder.Encode(v))
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
