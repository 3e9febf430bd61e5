package account

import (
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"sekisho/audit/message"
)

// The codes of gaps that no call made: an answer came, and can't be true of the account.
const (
	ForeignAnswer = "ForeignAnswer" // it names something of another account or partition
	FutureDate    = "FutureDate"    // it tells of something that is still to come as if it had happened
	PastDate      = "PastDate"      // it tells of a time before AWS was
	MalformedRow  = "MalformedRow"  // of the credential report
	Contradiction = "Contradiction" // another answer says otherwise
)

// tolerance is how far a date may be beyond the time of its answer: clocks differ.
const tolerance = time.Hour

// opened is the year in which AWS had its first customers: nobody has anything that is older.
const opened = "2006"

// sifter takes out of a snapshot what can't be true of the account, so that nobody is judged by it. What it takes out
// leaves a gap.
type sifter struct {
	s     *Snapshot // a copy; what it shares with the original is never written to
	limit time.Time // no date in the answer that is looked at is later

	own, shared  string                 // how ARNs of the account and of AWS begin
	fields       map[reflect.Type][]int // see fieldsOf
	contradicted []Section
	notes        []message.Message
}

// sift returns the snapshot as far as it can be true of the account.
func sift(s *Snapshot) *sifter {
	kept := *s
	kept.Gaps = slices.Clone(s.Gaps)
	f := &sifter{s: &kept, fields: map[reflect.Type][]int{}, own: "arn:" + s.Caller.Partition + ":iam::" + s.Caller.AccountID + ":", shared: "arn:" + s.Caller.Partition + ":iam::aws:"}
	for _, d := range descriptors {
		if d.Scope != PerUser {
			d.sift(f, &kept, nil, "")
		}
	}
	f.users()
	f.numbers()
	return f
}

// users sifts the answers about single users.
func (f *sifter) users() {
	cloned := false
	for name, answers := range f.s.PerUser {
		if answers == nil {
			continue
		}
		kept := *answers
		before := len(f.s.Gaps)
		for _, d := range descriptors {
			if d.Scope == PerUser {
				d.sift(f, nil, &kept, name)
			}
		}
		if len(f.s.Gaps) > before {
			if !cloned {
				f.s.PerUser, cloned = maps.Clone(f.s.PerUser), true
			}
			f.s.PerUser[name] = &kept
		}
	}
}

// gap notes what an answer lost.
func (f *sifter) gap(section Section, resource, action, code string, why message.Message) {
	f.s.Gaps = append(f.s.Gaps, Gap{Section: section, Resource: resource, Action: action}.Because(code, why))
}

// limitFor sets how late a date may be in an answer that ended then.
func (f *sifter) limitFor(ended time.Time) {
	f.limit = f.s.TakenAt
	if ended.After(f.limit) {
		f.limit = ended
	}
	f.limit = f.limit.Add(tolerance)
}

// oddity is what can't be true in an answer.
type oddity struct {
	code string
	why  message.Message
}

// siftAnswer returns the answer without the entries that can't be true, and not whole then; nil where it comes whole or
// not at all, or where it names another account: then nobody knows whose the rest is.
func siftAnswer[T any](f *sifter, d *Descriptor, resource string, a *Answer[T]) *Answer[T] {
	if a == nil {
		return nil
	}
	f.limitFor(a.Ended)
	kept, odd := f.kept(reflect.ValueOf(&a.Value).Elem())
	if len(odd) == 0 {
		return a
	}
	foreign := slices.IndexFunc(odd, func(o oddity) bool { return o.code == ForeignAnswer })
	why := odd[max(0, foreign)].why
	if n := len(odd) - 1; n > 0 {
		why = message.New("%s; and %d more like it", why, n)
	}
	f.gap(d.Section, resource, d.Action(), odd[max(0, foreign)].code, why)
	if !d.Parts || foreign >= 0 {
		return nil
	}
	part := *a
	part.Value, part.Complete = kept.Interface().(T), false
	return &part
}

// siftEach sifts answers of one kind, each of which comes whole or not at all. The resource of a key is what its gap
// names.
func siftEach[T any](f *sifter, d *Descriptor, answers map[string]*Answer[T], resource func(key string) string) map[string]*Answer[T] {
	kept := answers
	for key, a := range answers {
		if a != nil && siftAnswer(f, d, resource(key), a) == nil {
			if len(kept) == len(answers) {
				kept = maps.Clone(answers)
			}
			delete(kept, key)
		}
	}
	return kept
}

// kept takes the odd entries out of a list, or out of each list of a value that has several.
func (f *sifter) kept(v reflect.Value) (reflect.Value, []oddity) {
	var all []oddity
	switch {
	case v.Kind() == reflect.Slice:
		good := v
		for i := range v.Len() {
			odd, found := f.odd(v.Index(i))
			if found && len(all) == 0 {
				good = reflect.AppendSlice(reflect.MakeSlice(v.Type(), 0, v.Len()), v.Slice(0, i))
			}
			if found {
				all = append(all, odd)
			} else if len(all) > 0 {
				good = reflect.Append(good, v.Index(i))
			}
		}
		return good, all
	case v.Kind() == reflect.Struct && slices.ContainsFunc(f.fieldsOf(v.Type()), func(i int) bool { return v.Field(i).Kind() == reflect.Slice }):
		good := reflect.New(v.Type()).Elem()
		good.Set(v)
		for _, i := range f.fieldsOf(v.Type()) {
			part, odd := f.kept(v.Field(i))
			good.Field(i).Set(part)
			all = append(all, odd...)
		}
		return good, all
	}
	if odd, found := f.odd(v); found {
		all = append(all, odd)
	}
	return v, all
}

// odd finds the first thing in a value that can't be true of the account: an ARN of another one, a date to come.
func (f *sifter) odd(v reflect.Value) (oddity, bool) {
	switch v.Kind() {
	case reflect.String:
		if s := v.String(); f.foreign(s) {
			return f.foreigner(s), true
		}
	case reflect.Pointer:
		if !v.IsNil() {
			return f.odd(v.Elem())
		}
	case reflect.Slice:
		for i := range v.Len() {
			if odd, found := f.odd(v.Index(i)); found {
				return odd, true
			}
		}
	case reflect.Struct:
		if at, ok := v.Addr().Interface().(*time.Time); ok {
			if at.IsZero() {
				return oddity{}, false
			}
			return f.untimely(*at)
		}
		for _, i := range f.fieldsOf(v.Type()) {
			if odd, found := f.odd(v.Field(i)); found {
				return odd, true
			}
		}
	}
	return oddity{}, false
}

// foreigner finds the ARN of another account odd.
func (f *sifter) foreigner(arn string) oddity {
	return oddity{ForeignAnswer, message.New("got %q, want something of the account %s in the partition %s", arn, f.s.Caller.AccountID, f.s.Caller.Partition)}
}

// untimely finds a date odd that is still to come, or before all that AWS has.
func (f *sifter) untimely(at time.Time) (oddity, bool) {
	if first, _ := time.Parse("2006", opened); at.Before(first) {
		return oddity{PastDate, message.New("got the date %s, want none before %s", at.UTC().Format(time.RFC3339), opened)}, true
	}
	if !at.After(f.limit) {
		return oddity{}, false
	}
	return oddity{FutureDate, message.New("got the date %s, want none after %s", at.UTC().Format(time.RFC3339), f.limit.Add(-tolerance).UTC().Format(time.RFC3339))}, true
}

// foreign reports whether a text is an ARN, and not of the account, nor of what AWS keeps for everybody.
func (f *sifter) foreign(s string) bool {
	if !strings.HasPrefix(s, "arn:") || strings.HasPrefix(s, f.own) || strings.HasPrefix(s, f.shared) {
		return false
	}
	arn, err := ParseARN(s)
	return err != nil || arn.Partition != f.s.Caller.Partition || arn.Account != f.s.Caller.AccountID
}

// anything is the tag of a field that may hold any ARN, or any date: policies and tags, and what is still to come.
const anything = "any"

// fieldsOf lists the fields of a struct that can hold something odd.
func (f *sifter) fieldsOf(t reflect.Type) []int {
	fields, known := f.fields[t]
	if known {
		return fields
	}
	for i := range t.NumField() {
		field := t.Field(i)
		switch field.Type.Kind() {
		case reflect.String, reflect.Struct, reflect.Pointer, reflect.Slice:
			if field.Tag.Get("holds") != anything {
				fields = append(fields, i)
			}
		}
	}
	f.fields[t] = fields
	return fields
}
