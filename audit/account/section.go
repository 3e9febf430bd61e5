package account

import (
	"slices"
	"strings"
)

// Section names one kind of answer in a snapshot.
type Section string

// Scope is what a section is read for.
type Scope int

const (
	// PerAccount is one answer for the whole account, with one call or with the pages of one call.
	PerAccount Scope = iota
	// PerRegion is the account's list of regions, and within it one answer for each region in use.
	PerRegion
	// PerUser is one answer for each user; it costs a call per user, so it is read only where a verdict hangs on it.
	PerUser
)

// Descriptor is all that the program knows of a section, in one place. What treats all sections alike goes through
// [Descriptors]; the facts that hang on a section are in the table of fact.go.
//
// A new section is a descriptor and the type of its value in one of the section_….go files, its field of [Snapshot] or
// [UserAnswers], its facts, and one file each in collect, clifiles and emulator.
type Descriptor struct {
	Section Section
	Scope   Scope
	// Actions are all that may be called for the section, as IAM policies write them. The answer is named after the
	// first.
	Actions []string
	// Parts says that a list which broke off is kept as far as it came. Otherwise the answer comes whole or not at all.
	Parts bool

	answered func(*Snapshot, *UserAnswers) bool
	forget   func(*Snapshot, *UserAnswers)
	validate func(v *validator, where string, s *Snapshot, u *UserAnswers)
	// sift takes out what can't be true of the account; resource is the user's name.
	sift func(f *sifter, s *Snapshot, u *UserAnswers, resource string)
}

// Action is the call that the section's answer is named after.
func (d *Descriptor) Action() string { return d.Actions[0] }

// Key is the name of the section's field in the snapshot's JSON.
func (d *Descriptor) Key() string { return strings.ReplaceAll(string(d.Section), "-", "_") }

// Described is a descriptor with the type of its answer. Holder is [Snapshot] or, for what is read user by user,
// [UserAnswers].
type Described[Holder, Value any] struct {
	*Descriptor
	// In is where the holder keeps the answer; nil is kept there while the section was not read.
	In func(*Holder) **Answer[Value]

	check func(v *validator, where string, value Value)
}

// Check reports the first thing in a value that AWS can't have said.
func (d Described[Holder, Value]) Check(value Value) error {
	v := &validator{}
	d.check(v, d.Key()+".value", value)
	return v.err
}

// ofAccount describes a section of the whole account. check reports what AWS can't have said in a value.
func ofAccount[T any](d Descriptor, in func(*Snapshot) **Answer[T], check func(v *validator, where string, value T)) Described[Snapshot, T] {
	return describe(d, func(s *Snapshot, _ *UserAnswers) *Snapshot { return s }, in, check)
}

// ofUser describes a section that is read user by user, whole or not at all.
func ofUser[T any](d Descriptor, in func(*UserAnswers) **Answer[T], check func(v *validator, where string, value T)) Described[UserAnswers, T] {
	d.Scope = PerUser
	return describe(d, func(_ *Snapshot, u *UserAnswers) *UserAnswers { return u }, in, check)
}

func describe[H, T any](
	d Descriptor, holder func(*Snapshot, *UserAnswers) *H, in func(*H) **Answer[T], check func(v *validator, where string, value T),
) Described[H, T] {
	d.answered = func(s *Snapshot, u *UserAnswers) bool { return *in(holder(s, u)) != nil }
	d.forget = func(s *Snapshot, u *UserAnswers) { *in(holder(s, u)) = nil }
	d.validate = func(v *validator, where string, s *Snapshot, u *UserAnswers) {
		if r := *in(holder(s, u)); answered(v, where, r, d.Parts) {
			check(v, where+".value", r.Value)
		}
	}
	d.sift = func(f *sifter, s *Snapshot, u *UserAnswers, resource string) {
		slot := in(holder(s, u))
		*slot = siftAnswer(f, &d, resource, *slot)
	}
	return Described[H, T]{&d, in, check}
}

// Entry is an entry of a list. Of two with one key, which come from two pages or two files, the list keeps one.
type Entry interface {
	// Named tells the entry's key, and what it is called for people: "the user alice".
	Named() (key, label string)
}

// descriptors are all sections, in the order in which they are checked and read.
var descriptors = slices.Concat(accountSections, identitySections, otherSections, userSections)

// Descriptors returns the descriptors of all sections: those of the account first, then those of single users.
func Descriptors() []*Descriptor { return slices.Clone(descriptors) }

// sections finds descriptors by name.
var sections = func() map[Section]*Descriptor {
	bySection := make(map[Section]*Descriptor, len(descriptors))
	for _, d := range descriptors {
		bySection[d.Section] = d
	}
	return bySection
}()

// Describe returns the descriptor of a section; nil where there is no such section.
func Describe(section Section) *Descriptor { return sections[section] }

// PerUser reports whether the section is read user by user.
func (s Section) PerUser() bool {
	d := sections[s]
	return d != nil && d.Scope == PerUser
}

// Forget drops an account-wide answer, such as one that turned out to be unusable.
func (s *Snapshot) Forget(section Section) {
	if d := sections[section]; d != nil && d.Scope != PerUser {
		d.forget(s, nil)
	}
}

// Forget drops one of the user's answers.
func (u *UserAnswers) Forget(section Section) {
	if section.PerUser() {
		sections[section].forget(nil, u)
	}
}

// Answered reports whether the snapshot holds an answer, whole or in part: for a section that is read user by user, one
// about the user of that name and, where both are known, that unique ID.
func (s *Snapshot) Answered(section Section, user, id string) bool {
	d := sections[section]
	if d == nil {
		return false
	}
	var answers *UserAnswers
	if d.Scope == PerUser {
		answers = s.PerUser[user]
		if answers == nil || answers.ID != "" && id != "" && answers.ID != id {
			return false
		}
	}
	return d.answered(s, answers)
}

// Validate reports the first thing in the answer of an account-wide section that AWS can't have said, so that an answer
// which was torn and could be decoded all the same is not kept.
func (d *Descriptor) Validate(s *Snapshot) error {
	v := &validator{}
	d.validate(v, d.Key(), s, nil)
	return v.err
}

// Validate reports the first thing in a user's own answers that AWS can't have said.
func (u *UserAnswers) Validate() error {
	v := &validator{}
	v.answersOf("per_user", u)
	return v.err
}
