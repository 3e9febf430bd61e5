package collect_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// element is an element of an answer: where it and what it holds begin and end.
type element struct {
	path                 string // "ListUsersResult/Users/member/Arn"
	from, inner, to, end int
	list                 bool // holds entries, or nothing
}

func (e element) name() string { return e.path[strings.LastIndex(e.path, "/")+1:] }

// entry reports whether the element is one of a list, which says something by itself.
func (e element) entry() bool { return e.name() == "member" || e.name() == "entry" }

// elementsOf lists the elements of an answer's result, be it XML or JSON.
func elementsOf(body []byte) []element {
	if body[0] == '{' {
		return membersOf(json.NewDecoder(bytes.NewReader(body)), body, "Result")
	}
	var all []element
	var open []int
	d := xml.NewDecoder(bytes.NewReader(body))
	for {
		from := int(d.InputOffset())
		token, err := d.Token()
		if err != nil {
			return slices.DeleteFunc(all, func(e element) bool { return !strings.Contains(e.path, "Result") })
		}
		at := int(d.InputOffset())
		switch token := token.(type) {
		case xml.StartElement:
			e := element{path: token.Name.Local, from: from, inner: at}
			if len(open) > 1 {
				e.path = all[open[len(open)-1]].path + "/" + e.path
			}
			if len(open) > 0 {
				all[open[len(open)-1]].list = e.entry()
			}
			open = append(open, len(all))
			all = append(all, e)
		case xml.EndElement:
			all[open[len(open)-1]].to, all[open[len(open)-1]].end = from, at
			open = open[:len(open)-1]
		}
	}
}

// membersOf lists what an object or an array of JSON holds, of which the next token is the beginning: an object's members,
// each with its name, and an array's entries, as "member".
func membersOf(d *json.Decoder, body []byte, path string) (all []element) {
	token, _ := d.Token()
	if delim, ok := token.(json.Delim); !ok || delim != '{' && delim != '[' {
		return nil
	}
	for d.More() {
		e := element{path: path + "/member"}
		e.from = int(d.InputOffset()) + bytes.IndexFunc(body[d.InputOffset():], func(r rune) bool { return !strings.ContainsRune(", \n", r) })
		if token == json.Delim('{') {
			name, _ := d.Token()
			e.path = fmt.Sprintf("%s/%s", path, name)
		}
		within := membersOf(d, body, e.path)
		e.end = int(d.InputOffset())
		e.inner = e.from + bytes.IndexAny(body[e.from:e.end], `"{[`)
		if token == json.Delim('{') {
			e.inner += len(`":"`) + bytes.IndexByte(body[e.inner+1:e.end], '"')
		}
		e.inner, e.to = e.inner+1, e.end-1
		e.list = slices.ContainsFunc(within, func(f element) bool { return f.path == e.path+"/member" })
		all = append(append(all, e), within...)
	}
	_, _ = d.Token() // its end
	return all
}

// edits are what is done to an element; what they leave alone is no change. To drop a member of JSON is to give it a
// name that nobody knows, which needs no care for the commas.
var edits = map[string]func(body []byte, e element) string{
	"dropped": func(body []byte, e element) string {
		if body[0] == '{' {
			return `"Unknown` + string(body[e.from+1:e.end])
		}
		return ""
	},
	"doubled": func(body []byte, e element) string {
		whole := string(body[e.from:e.end])
		if body[0] == '{' {
			return whole + "," + whole
		}
		return whole + whole
	},
	"emptied": func(body []byte, e element) string { return string(body[e.from:e.inner]) + string(body[e.to:e.end]) },
	"of another account": func(body []byte, e element) string {
		whole := string(body[e.from:e.end])
		if within := whole[e.inner-e.from:]; strings.HasPrefix(within, "arn:") {
			return whole[:e.inner-e.from] + strings.Replace(within, ":123456789012:", ":210987654321:", 1)
		}
		return whole
	},
	"out of range": func(body []byte, e element) string {
		if _, err := strconv.ParseInt(string(body[e.inner:e.to]), 10, 32); err != nil {
			return string(body[e.from:e.end])
		}
		return string(body[e.from:e.inner]) + "4294967296" + string(body[e.to:e.end])
	},
}

// change is what is done to the elements of a path in every answer of an action: to all of them, or to one.
type change struct {
	action, path, kind, which string
}

func (c change) String() string {
	return fmt.Sprintf("%s: %s %s (%s)", c.action, c.path, c.kind, c.which)
}

// of changes an answer, of which these are the elements.
func (c change) of(body []byte, elements []element) []byte {
	elements = slices.DeleteFunc(slices.Clone(elements), func(e element) bool { return e.path != c.path })
	switch {
	case len(elements) > 0 && c.which == "first":
		elements = elements[:1]
	case len(elements) > 0 && c.which == "last":
		elements = elements[len(elements)-1:]
	}
	var out []byte
	at := 0
	for _, e := range elements {
		out = append(append(out, body[at:e.from]...), edits[c.kind](body, e)...)
		at = e.end
	}
	return append(out, body[at:]...)
}
