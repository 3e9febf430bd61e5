package shape

import (
	"bytes"
	"html"
	"regexp"
	"strconv"
	"strings"
)

// scanner goes through an answer in XML once. It takes nothing in that encoding/xml, by which the SDK reads, would read
// otherwise: what it can't be sure of is an error.
type scanner struct {
	*checker
	data   []byte
	at     int
	result string   // the element that the SDK looks for, at any depth
	found  [][]byte // what the open structures' members hold, in the order of their shapes; nil where there is none
	counts []int    // how many entries, where they are lists
}

// tag is an element's beginning or end.
type tag struct {
	name   []byte
	closes bool
	empty  bool // begins and ends the element

	from    int  // where its < is
	nothing bool // has XML Schema's attribute nil: there is no value, whatever the element holds
}

// next finds the next tag. Text between tags, comments and instructions say nothing where nobody knows what is there.
func (x *scanner) next() (tag, error) {
	for {
		i := bytes.IndexByte(x.data[x.at:], '<')
		if i < 0 {
			return tag{}, ErrTorn
		}
		x.at += i + 1
		rest := x.data[x.at:]
		end := ""
		switch {
		case bytes.HasPrefix(rest, []byte("!--")):
			end = "-->"
		case bytes.HasPrefix(rest, []byte("![CDATA[")):
			end = "]]>"
		case bytes.HasPrefix(rest, []byte("?")):
			end = "?>"
		case bytes.HasPrefix(rest, []byte("!")):
			return tag{}, ErrTorn
		default:
			return x.tag()
		}
		if i = bytes.Index(rest, []byte(end)); i < 0 {
			return tag{}, ErrTorn
		}
		x.at += i + len(end)
	}
}

var nothing = regexp.MustCompile(`(^|[\s:"'])nil\s*=\s*["']\s*(true|1)\s*["']`)

// tag reads a tag behind its <.
func (x *scanner) tag() (t tag, err error) {
	t.from = x.at - 1
	rest := x.data[x.at:]
	end := bytes.IndexByte(rest, '>')
	for from := 0; end >= 0; { // a > within quotes is none
		quote := bytes.IndexAny(rest[from:end], `"'`)
		if quote < 0 {
			break
		}
		closing := bytes.IndexByte(rest[from+quote+1:], rest[from+quote])
		if closing < 0 {
			return t, ErrTorn
		}
		if from += quote + closing + 2; from > end {
			if end = bytes.IndexByte(rest[from:], '>'); end >= 0 {
				end += from
			}
		}
	}
	if end < 0 {
		return t, ErrTorn
	}
	x.at += end + 1
	inner := rest[:end]
	if t.closes = bytes.HasPrefix(inner, []byte("/")); t.closes {
		inner = inner[1:]
	} else if t.empty = bytes.HasSuffix(inner, []byte("/")); t.empty {
		inner = inner[:len(inner)-1]
	}
	if i := bytes.IndexAny(inner, " \t\r\n/"); i >= 0 {
		t.nothing = nothing.Match(inner[i:])
		inner = inner[:i]
	}
	t.name = inner
	return t, nil
}

// answer checks the element OPERATIONResponse, which must be all that there is.
func (x *scanner) answer(operation string, s *shape) error {
	first, err := x.next()
	if err != nil || first.closes || first.empty || string(first.name) != operation+"Response" ||
		len(bytes.TrimSpace(x.data[:bytes.IndexByte(x.data, '<')])) > 0 {
		return ErrTorn
	}
	found := false
	for {
		t, err := x.next()
		switch {
		case err != nil:
			return err
		case t.closes && string(t.name) == string(first.name) && len(bytes.TrimSpace(x.data[x.at:])) == 0:
			if !found {
				return wrong("got an answer without its %s", x.result)
			}
			return nil
		case t.closes:
			return ErrTorn
		case string(t.name) == x.result && found:
			return twice(x.result)
		case string(t.name) == x.result:
			found = true
			if _, err := x.structure(s, t); err != nil {
				return err
			}
		default:
			if err := x.skip(t); err != nil {
				return err
			}
		}
	}
}

// skip passes an element that nobody knows. None may be, or hold, what the SDK would take for the result.
func (x *scanner) skip(t tag) error {
	for depth := 0; ; {
		if t.closes {
			depth--
		} else {
			if strings.EqualFold(local(t.name), x.result) {
				return wrong("got %s in a place where it doesn't belong", x.result)
			}
			if !t.empty {
				depth++
			}
		}
		if depth == 0 {
			return nil
		}
		var err error
		if t, err = x.next(); err != nil {
			return err
		}
	}
}

// local is a name without its prefix, as which the SDK knows it.
func local(name []byte) string {
	return string(name[bytes.LastIndexByte(name, ':')+1:])
}

func twice(name string) error { return wrong("got %s twice in one place", name) }

// element checks an element that has begun, and returns what it holds; nothing where it counts as absent.
func (x *scanner) element(s *shape, t tag) (holds []byte, n int, err error) {
	switch s.kind {
	case structure:
		holds, err = x.structure(s, t)
	case list:
		n, err = x.list(s, t)
		holds = t.name
	case mapping:
		err = x.mapping(s, t)
		holds = t.name
	default:
		holds, err = x.text(s, t)
	}
	return holds, n, err
}

// text reads an element without elements in it.
func (x *scanner) text(s *shape, t tag) ([]byte, error) {
	var holds []byte
	if !t.empty {
		end := bytes.IndexByte(x.data[x.at:], '<')
		if end < 0 {
			return nil, ErrTorn
		}
		holds = x.data[x.at : x.at+end]
		x.at += end + 1
		rest := x.data[x.at:]
		if len(rest) > 0 && rest[0] != '/' {
			return nil, wrong("got more than a text in %s", t.name)
		}
		if closing, err := x.tag(); err != nil || !bytes.Equal(closing.name, t.name) {
			return nil, ErrTorn
		}
	}
	if x.about != "" && string(t.name) == "UserName" && !strings.EqualFold(html.UnescapeString(string(holds)), x.about) {
		return nil, wrong("got an answer about the user %s, want one about %s", short(holds), x.about)
	}
	switch s.kind {
	case number:
		if n, err := strconv.ParseInt(string(holds), 10, 32); err != nil || n < 0 {
			return nil, wrong("got %s of %q, want a whole number of 32 bits", t.name, short(holds))
		}
	case boolean:
		if text := string(holds); text != "true" && text != "false" {
			return nil, wrong("got %s of %q, want true or false", t.name, short(holds))
		}
	}
	return bytes.TrimSpace(holds), nil
}

// short is as much of a value as a message shows.
func short(value []byte) []byte { return value[:min(len(value), 40)] }

// each calls do with each element in the one that has begun, until it ends.
func (x *scanner) each(of tag, do func(tag) error) error {
	if of.empty {
		return nil
	}
	for {
		from := x.at
		t, err := x.next()
		switch {
		case err != nil:
			return err
		case len(bytes.TrimSpace(x.data[from:t.from])) > 0:
			return wrong("got %q between the elements of %s", short(bytes.TrimSpace(x.data[from:t.from])), of.name)
		case t.closes && bytes.Equal(t.name, of.name):
			return nil
		case t.closes:
			return ErrTorn
		case t.nothing:
			return wrong("got %s as nil", t.name)
		}
		if err := do(t); err != nil {
			return err
		}
	}
}

// structure checks a structure's members, and returns something where it has any.
func (x *scanner) structure(s *shape, of tag) (holds []byte, err error) {
	base := len(x.found)
	for range s.members {
		x.found, x.counts = append(x.found, nil), append(x.counts, 0)
	}
	var seen uint64
	err = x.each(of, func(t tag) error {
		i := find(s, t.name)
		if i < 0 {
			for _, m := range s.members {
				if strings.EqualFold(m.name, local(t.name)) {
					return wrong("got the element %q, want %s", short(t.name), m.name)
				}
			}
			return x.skip(t)
		}
		if seen&(1<<i) != 0 {
			return twice(s.members[i].name)
		}
		seen |= 1 << i
		value, n, err := x.element(s.members[i].shape, t)
		if len(value) > 0 {
			holds = of.name
			x.found[base+i], x.counts[base+i] = value, n
		}
		return err
	})
	if err == nil && (len(holds) > 0 || isAnswer(s.name)) {
		err = x.complete(s.name, s.needs, here{x, s, base})
	}
	x.found, x.counts = x.found[:base], x.counts[:base]
	return holds, err
}

// here are the members of the structure that is being checked.
type here struct {
	*scanner
	of   *shape
	base int
}

func (h here) value(member string) []byte {
	if i := find(h.of, member); i >= 0 {
		return h.found[h.base+i]
	}
	return nil
}

// Has is that of [Members].
func (h here) Has(member string) bool { return len(h.value(member)) > 0 }

// Text is that of [Members].
func (h here) Text(member string) string { return string(h.value(member)) }

// Len is that of [Members].
func (h here) Len(member string) int {
	if i := find(h.of, member); i >= 0 {
		return h.counts[h.base+i]
	}
	return 0
}

// list checks a list. The SDK takes each element in it for an entry, whatever it is called.
func (x *scanner) list(s *shape, of tag) (n int, err error) {
	err = x.each(of, func(t tag) error {
		n++
		if string(t.name) != "member" {
			return wrong("got the element %q in the list %s, want member", short(t.name), of.name)
		}
		holds, _, err := x.element(s.item, t)
		if err == nil && len(holds) == 0 {
			err = wrong("got an empty entry in the list %s", of.name)
		}
		return err
	})
	return n, err
}

// mapping checks a map: entries of one key and one value, in this order, in which the SDK reads them.
func (x *scanner) mapping(s *shape, of tag) error {
	keys := map[string]bool{}
	return x.each(of, func(t tag) error {
		if string(t.name) != "entry" {
			if strings.EqualFold(local(t.name), "entry") {
				return wrong("got the element %q in %s, want entry", short(t.name), of.name)
			}
			return x.skip(t)
		}
		var key, value []byte
		err := x.each(t, func(t tag) (err error) {
			switch {
			case string(t.name) == "key" && key == nil:
				key, _, err = x.element(&shape{}, t)
			case string(t.name) == "value" && len(key) > 0 && value == nil:
				value, _, err = x.element(s.item, t)
			default:
				err = wrong("got the element %q in an entry of %s, want a key and its value", short(t.name), of.name)
			}
			return err
		})
		switch {
		case err != nil:
			return err
		case len(key) == 0 || len(value) == 0:
			return wrong("got an entry of %s without its key or value", of.name)
		case keys[string(key)] || bytes.IndexByte(key, '&') >= 0:
			return twice(string(short(key)))
		}
		keys[string(key)] = true
		return nil
	})
}
