package report_test

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"sekisho/audit"
	"sekisho/audit/diff"
	"sekisho/audit/message"
	"sekisho/report"
	"sekisho/report/sanitize"
)

// Whatever stands in the fields of a report or a comparison is written as encoding/json writes it.
func TestEveryFieldIsWrittenAsTheLibraryWritesIt(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(20261130, 1))
	for i := range 20 {
		var r audit.Report
		var d diff.Diff
		fill(rng, reflect.ValueOf(&r).Elem(), 0)
		fill(rng, reflect.ValueOf(&d).Elem(), 0)
		var text bytes.Buffer
		if err := report.JSON(&text, &r); err != nil {
			t.Fatal(err)
		}
		library(t, i, text.Bytes(), &r, true)
		text.Reset()
		if err := sanitize.WriteJSON(&text, "it", &d); err != nil {
			t.Fatal(err)
		}
		library(t, i, text.Bytes(), &d, false)
	}
}

func library(t *testing.T, i int, got []byte, v any, html bool) {
	t.Helper()
	var text, compact bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(html)
	if err := encoder.Encode(v); err != nil {
		t.Fatal(err)
	}
	want := sanitize.JSON(bytes.TrimSpace(text.Bytes()))
	if err := json.Compact(&compact, got); err != nil {
		t.Fatal(err)
	}
	for at, c := range compact.Bytes() {
		if at >= len(want) || c != want[at] {
			t.Fatalf("round %d, %T: got …%.200s, want …%.200s", i, v, compact.Bytes()[max(0, at-100):], want[min(len(want), max(0, at-100)):])
		}
	}
	if compact.Len() != len(want) || len(want) < 500 {
		t.Errorf("round %d, %T: got %d bytes, want %d, and many", i, v, compact.Len(), len(want))
	}
}

var (
	texts     = []string{"", "alice", "a\"b\\c", "<b>&amp;", "関所 \u202e\u2028", "\x00\t\n\x7f", "not \xff UTF-8"}
	arguments = []any{"text", int64(-7), 1.5, true, message.Names(1, []string{"a", "b<"}), message.Days(2), message.At(time.Unix(1e9, 0)), message.New("inner %s", "x")}
)

// fill puts something into all that a value has, or leaves it empty.
func fill(rng *rand.Rand, v reflect.Value, depth int) {
	switch {
	case rng.IntN(6) == 0 && depth > 0:
		return
	case v.Type() == reflect.TypeFor[time.Time]():
		v.Set(reflect.ValueOf(time.Unix(rng.Int64N(4e9), rng.Int64N(2)*rng.Int64N(1e9)).In([]*time.Location{time.UTC, time.FixedZone("JST", 9*3600)}[rng.IntN(8)/7])))
		return
	case v.Type() == reflect.TypeFor[audit.Status]():
		v.SetInt(rng.Int64N(4))
		return
	case v.Type() == reflect.TypeFor[audit.Severity]():
		v.SetInt(int64(audit.Info) + rng.Int64N(int64(audit.Critical-audit.Info)+1))
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(texts[rng.IntN(len(texts))])
	case reflect.Bool:
		v.SetBool(rng.IntN(2) == 0)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		v.SetInt(rng.Int64N(200) - 100)
	case reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		v.SetUint(rng.Uint64N(100))
	case reflect.Float64:
		v.SetFloat(float64(rng.IntN(9)) / 4)
	case reflect.Interface:
		v.Set(reflect.ValueOf(arguments[rng.IntN(len(arguments))]))
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(rng, v.Elem(), depth+1)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), rng.IntN(3), 3))
		for i := range v.Len() {
			fill(rng, v.Index(i), depth+1)
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		for range rng.IntN(3) {
			key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
			fill(rng, key, 1)
			fill(rng, value, depth+1)
			v.SetMapIndex(key, value)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				fill(rng, v.Field(i), depth+1)
			}
		}
	}
}
