package diff

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// statement is one statement of a policy document with each element in a form in which what means the same is the same:
// a lone value and a list of one, and lists in any order.
type statement struct {
	sid      string
	position int // from 1
	elements map[string]any
	whole    string // the elements but Sid, as JSON
}

// part names the statement: by its Sid or, where it has none, by its position.
func (s statement) part() string {
	if s.sid != "" {
		return s.sid
	}
	return "#" + strconv.Itoa(s.position)
}

// compareDocuments says which statements of a policy document were added, removed and changed. An empty document is
// none. A document that can't be read is told as a whole.
func compareDocuments(field, old, new string) []Detail {
	if old == new {
		return nil
	}
	was, errWas := parseDocument(old)
	is, errIs := parseDocument(new)
	if errWas != nil || errIs != nil {
		return []Detail{{Field: strings.TrimSuffix(field, "statement") + "document", Old: old, New: new}}
	}
	var details []Detail
	if was.version != is.version && old != "" && new != "" {
		details = append(details, Detail{Field: strings.TrimSuffix(field, "statement") + "version", Old: was.version, New: is.version})
	}
	same, removed, added := matchStatements(was.statements, is.statements)
	for _, pair := range same {
		details = append(details, compareElements(field, pair.old, pair.new)...)
	}
	for _, s := range added {
		details = append(details, Detail{Field: field, Part: s.part(), New: s.whole})
	}
	for _, s := range removed {
		details = append(details, Detail{Field: field, Part: s.part(), Old: s.whole})
	}
	return details
}

type document struct {
	version    string
	statements []statement
}

func parseDocument(text string) (document, error) {
	if text == "" {
		return document{}, nil
	}
	var raw struct {
		Version   string
		Statement json.RawMessage
	}
	if err := json.Unmarshal([]byte(text), &raw); err != nil {
		return document{}, err
	}
	if string(raw.Statement) == "null" {
		return document{}, errors.New("got no statement")
	}
	var list []map[string]any
	if err := json.Unmarshal(raw.Statement, &list); err != nil {
		var one map[string]any // a lone statement stands without a list
		if err := json.Unmarshal(raw.Statement, &one); err != nil || one == nil {
			return document{}, errors.New("got no statement")
		}
		list = []map[string]any{one}
	}
	d := document{version: raw.Version}
	for i, elements := range list {
		s := statement{position: i + 1, elements: map[string]any{}}
		s.sid, _ = elements["Sid"].(string)
		delete(elements, "Sid")
		for name, value := range elements {
			s.elements[name] = plain(value)
		}
		s.whole = compact(s.elements)
		d.statements = append(d.statements, s)
	}
	return d, nil
}

// plain brings a value into one form: text, sorted lists without repetition where there are several, and objects of
// them.
func plain(value any) any {
	switch v := value.(type) {
	case map[string]any:
		m := make(map[string]any, len(v))
		for name, member := range v {
			m[name] = plain(member)
		}
		return m
	case []any:
		list := make([]string, len(v))
		for i, member := range v {
			text, ok := plain(member).(string)
			if !ok {
				text = compact(plain(member))
			}
			list[i] = text
		}
		slices.Sort(list)
		if list = slices.Compact(list); len(list) == 1 {
			return list[0]
		}
		return list
	case nil:
		return "null"
	}
	return fmt.Sprint(value)
}

// matchStatements finds the statements that are the same: those that say the same, then those with the same Sid, then
// those without one at the same place.
func matchStatements(old, new []statement) (same []pair[statement], removed, added []statement) {
	same, removed, added = matchPairs(old, new,
		func(o, n statement) bool { return o.whole == n.whole && o.sid == n.sid },
		func(o, n statement) bool { return o.sid != "" && o.sid == n.sid },
		func(o, n statement) bool { return o.whole == n.whole },
		func(o, n statement) bool { return o.sid == "" && n.sid == "" && o.position == n.position },
	)
	slices.SortFunc(same, func(x, y pair[statement]) int { return x.new.position - y.new.position })
	return same, removed, added
}

// compareElements says what changed in a statement: of a list of texts what came and went, of anything else what it was
// and is.
func compareElements(field string, o, n statement) []Detail {
	var details []Detail
	if o.sid != n.sid {
		details = append(details, Detail{Field: field, Part: n.part(), Element: "Sid", Old: o.sid, New: n.sid})
	}
	if o.whole == n.whole {
		return details
	}
	for _, name := range eitherKeys(o.elements, n.elements) {
		was, is := o.elements[name], n.elements[name]
		before, after := text(was), text(is)
		if before == after {
			continue
		}
		d := Detail{Field: field, Part: n.part(), Element: name, Old: before, New: after}
		oldList, okOld := texts(was)
		newList, okNew := texts(is)
		if okOld && okNew && (len(oldList) > 1 || len(newList) > 1) {
			d.Old, d.New = "", ""
			d.Added, d.Removed = missingFrom(oldList, newList), missingFrom(newList, oldList)
		}
		details = append(details, d)
	}
	return details
}

// text shows an element: text as it is, anything else as JSON, nothing as nothing.
func text(element any) string {
	switch e := element.(type) {
	case nil:
		return ""
	case string:
		return e
	}
	return compact(element)
}

func texts(element any) ([]string, bool) {
	switch e := element.(type) {
	case string:
		return []string{e}, true
	case []string:
		return e, true
	}
	return nil, false
}
