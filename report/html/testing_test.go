package html_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/xml"
	"io"
	"reflect"
	"strings"
	"testing"

	"sekisho/audit"
	"sekisho/report/html"
)

type brokenWriter struct{ err error }

func (w brokenWriter) Write([]byte) (int, error) { return 0, w.err }

// parsed is what a walk over the page's elements finds.
type parsed struct {
	lang       string
	text       string
	elements   map[string]int
	ids        map[string]int
	references []string
	attributes []xml.Attr
}

// parse walks the page, which is written so that an XML reader can, once style and script are out.
func parse(t *testing.T, out string) parsed {
	t.Helper()
	p := parsed{elements: map[string]int{}, ids: map[string]int{}}
	p.elements["style"], p.elements["script"] = strings.Count(out, "<style"), strings.Count(out, "<script")
	for _, element := range []string{"style", "script"} {
		out = strings.Replace(out, inside(t, out, element), "", 1)
	}
	decoder := xml.NewDecoder(strings.NewReader(strings.TrimPrefix(out, "<!DOCTYPE html>")))
	var text strings.Builder
	for {
		token, err := decoder.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatalf("walking the page: %v", err)
		}
		switch token := token.(type) {
		case xml.CharData:
			text.Write(token)
		case xml.StartElement:
			if name := token.Name.Local; name != "style" && name != "script" {
				p.elements[name]++
			}
			for _, attribute := range token.Attr {
				p.attributes = append(p.attributes, attribute)
				switch attribute.Name.Local {
				case "id":
					p.ids[attribute.Value]++
				case "aria-labelledby":
					p.references = append(p.references, attribute.Value)
				case "href":
					if ref, ok := strings.CutPrefix(attribute.Value, "#"); ok {
						p.references = append(p.references, ref)
					}
				case "lang":
					p.lang = attribute.Value
				}
			}
		}
	}
	p.text = text.String()
	return p
}

// poison puts a string into every place of a report that holds one.
func poison(v reflect.Value, s string) {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			return
		}
		if v.Kind() == reflect.Interface {
			if _, ok := v.Interface().(string); ok {
				v.Set(reflect.ValueOf(s))
			}
			return
		}
		poison(v.Elem(), s)
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				poison(v.Field(i), s)
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			poison(v.Index(i), s)
		}
	case reflect.Map:
		fresh := reflect.MakeMap(v.Type())
		for _, key := range v.MapKeys() {
			value := reflect.New(v.Type().Elem()).Elem()
			value.Set(v.MapIndex(key))
			poison(value, s)
			fresh.SetMapIndex(reflect.ValueOf(s).Convert(key.Type()), value)
		}
		v.Set(fresh)
	case reflect.String:
		v.SetString(s)
	}
}

func render(t *testing.T, r *audit.Report) string {
	t.Helper()
	var b bytes.Buffer
	if err := html.Render(&b, r); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func inside(t *testing.T, out, element string) string {
	t.Helper()
	_, rest, ok := strings.Cut(out, "<"+element+">")
	content, _, closed := strings.Cut(rest, "</"+element+">")
	if !ok || !closed {
		t.Fatalf("got no <%s>", element)
	}
	return content
}

func digest(content string) string {
	sum := sha256.Sum256([]byte(content))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}
