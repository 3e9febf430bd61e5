package clifiles

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"sekisho/audit/account"
	"sekisho/audit/message"
)

// assemble makes the snapshot of what was gathered.
func (r *reader) assemble() (*account.Snapshot, error) {
	if r.owner.id == "" {
		return nil, &Error{nil, errors.New("found no file that tells the account, want answers of the aws command with ARNs in them, such as aws iam list-users")}
	}
	if no := r.noPolicy; no.id != "" && no.id != r.owner.id {
		return nil, contradiction(r.owner.file, no.file, fmt.Errorf("got answers of two accounts, %s and %s, want those of one", r.owner.id, no.id))
	}
	s := &account.Snapshot{
		Schema: account.SnapshotSchema, Origin: account.OriginFiles, Caller: r.caller.value,
		PerUser: map[string]*account.UserAnswers{}, Gaps: []account.Gap{}, Calls: account.Calls{ByAction: map[string]int{}, SignIn: map[string]int{}},
	}
	s.Caller.Partition, s.Caller.AccountID = r.owner.partition, r.owner.id
	s.TakenAt = r.takenAt()
	s.Caller.At = s.TakenAt
	a := assembly{reader: r, s: s, began: s.TakenAt}
	if r.report.file != "" {
		a.began = r.reportAt()
		d := account.CredentialReportAnswer
		*d.In(s) = made(a, d.Action(), account.CredentialReport{GeneratedAt: a.began, Content: r.report.value}, true)
	}
	for _, k := range r.kinds {
		if k.put != nil {
			k.put(a)
		}
	}
	a.failures()
	for what, answers := range r.tolerated {
		what.Answers = answers
		s.Tolerated = append(s.Tolerated, what)
	}
	slices.SortFunc(s.Tolerated, account.Tolerated.Compare)
	slices.SortFunc(s.Gaps, account.Gap.Compare)
	if err := s.Validate(); err != nil {
		return nil, &Error{nil, err}
	}
	return s, nil
}

// takenAt is the time at which the files show the account; see the package's documentation.
func (r *reader) takenAt() time.Time {
	at := r.generated
	if at.IsZero() {
		at = r.modified
	}
	for _, told := range append(r.told, r.newestInReport()) {
		if r.believable(told) {
			at = latest(at, told)
		}
	}
	return at.UTC().Truncate(time.Second)
}

// A file may tell nothing that happened after it was written. Its time may have been set in another time zone, and some
// archives give all files one of before there was IAM, which is none.
var (
	oldest     = time.Date(2010, 1, 1, 0, 0, 0, 0, time.UTC)
	zonesApart = 24 * time.Hour
)

// believable reports whether files of these times can tell of that one.
func (r *reader) believable(at time.Time) bool {
	written := latest(r.generated, r.modified)
	return written.Before(oldest) || !at.After(written.Add(zonesApart))
}

func latest(times ...time.Time) time.Time { return slices.MaxFunc(times, time.Time.Compare) }

// assembly puts answers into a snapshot.
type assembly struct {
	*reader
	s     *account.Snapshot
	began time.Time // of all answers: no file tells, so none is taken for younger than the report
}

// holder returns what holds the answers of the account, or of a user.
func holder[H any](a assembly, user string) *H {
	var holder any = a.s
	if user != "" {
		if a.s.PerUser[user] == nil {
			a.s.PerUser[user] = &account.UserAnswers{}
		}
		holder = a.s.PerUser[user]
	}
	return holder.(*H)
}

func made[T any](a assembly, action string, value T, complete bool) *account.Answer[T] {
	return &account.Answer[T]{Action: action, Began: a.began, Ended: a.s.TakenAt, Complete: complete, Value: value}
}

// gap notes why a section, or what a user or region has of it, isn't whole.
func (a assembly) gap(section account.Section, of, action string, why message.Message) {
	a.s.Gaps = append(a.s.Gaps, account.Gap{Section: section, Resource: of, Action: action}.Because(Incomplete, why))
}

// whole reports whether nothing is lacking, and notes a gap otherwise.
func (a assembly) whole(d *account.Descriptor, of string, why message.Message) bool {
	if !why.Empty() {
		a.gap(d.Section, of, d.Action(), why)
	}
	return why.Empty()
}

// lack says why a list of n entries isn't whole, and nothing where it is.
type lack func(a assembly, p pages, n int) message.Message

// cut says why pages are no whole list: one lacks something, or none of them is the end.
func cut(p pages) message.Message {
	if !p.lacks.Empty() || p.open == "" || p.ended {
		return p.lacks
	}
	return message.New("%s says that more pages follow, and no file holds the last", p.open)
}

// uncounted is for lists of which nothing tells how long they are: pages of one may lack a page in the middle.
func uncounted(_ assembly, p pages, _ int) message.Message {
	if why := cut(p); !why.Empty() || p.open == "" {
		return why
	}
	return message.New("%s is one page of several, and nothing tells that they are all there; save the answer without --max-items and --no-paginate", p.open)
}

// counted is for lists whose entries the account summary counts under a key. Pages and empty lists are believed only
// where the summary has the number, because a page, or what a filter left out, may be in no file.
func counted(key string, what message.Message) lack {
	return func(a assembly, p pages, n int) message.Message {
		want, known := held[single[account.Summary]](a.reader, account.AccountSummarySection, "").value[key]
		switch why := cut(p); {
		case !why.Empty():
			return why
		case known && n < int(want):
			return message.New("the account summary counts %d %s, and the files list %d", want, what, n)
		case !known && n == 0:
			return message.New("the files list no %s, and no account summary says that there are none", what)
		case !known && p.open != "":
			return message.New("%s is one page of several, and no account summary counts the %s", p.open, what)
		}
		return message.Message{}
	}
}

// failures keeps, of the errors that were saved, those of which no file holds the answer.
func (a assembly) failures() {
	for _, g := range a.failed {
		if !a.answered(g) && !slices.ContainsFunc(a.s.Gaps, func(kept account.Gap) bool { return kept.Compare(g) == 0 }) {
			a.s.Gaps = append(a.s.Gaps, g)
		}
	}
}

// answered reports whether what was refused once was answered after all.
func (a assembly) answered(g account.Gap) bool {
	if g.Section == account.AccessAnalyzersSection && g.Resource != "" {
		return a.s.AccessAnalyzers != nil && a.s.AccessAnalyzers.Value.ByRegion[g.Resource] != nil
	}
	return a.s.Answered(g.Section, g.Resource, "")
}
