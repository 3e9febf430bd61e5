package access

import (
	"cmp"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"sekisho/audit/message"
	"sekisho/audit/policy"
)

// Enforcement says what a credential can do without MFA, compared with what it can do with MFA.
type Enforcement uint8

// The verdicts.
const (
	Undecided   Enforcement = iota // a policy could not be read
	NoAccess                       // nothing, with MFA or without
	Enforced                       // nothing without MFA but what enrolling a device takes
	Leaky                          // some of it
	NotEnforced                    // all of it
)

// String returns the verdict as JSON output spells it.
func (v Enforcement) String() string {
	return [...]string{"unknown", "no_access", "enforced", "leaky", "not_enforced"}[v]
}

// Path is a way in without MFA.
type Path uint8

// The paths.
const (
	Console   Path = iota // a console session signed in with the password alone
	AccessKey             // the access key, and the session that GetSessionToken gives for it
)

// String returns the path as JSON output spells it.
func (p Path) String() string { return [...]string{"console", "access_key"}[p] }

// PathVerdict is the verdict on a path. Sure is false where all that leaks does so only possibly, under conditions on
// keys of which nothing is known.
type PathVerdict struct {
	Verdict Enforcement
	Sure    bool
}

// Analysis is what a subject's policies say. Its fields are ready; its methods work out details when asked and may be
// called from several goroutines.
type Analysis struct {
	Paths       [2]PathVerdict // by Path
	Enrolment   Enrolment
	FirstSignIn policy.Truth // whether a password that must be changed at the first sign-in can be, without MFA
	SelfService SelfService
	Admin       policy.Truth      // every action on every resource, with MFA or without; Maybe: possibly
	Unread      []message.Message // policies that could not be read: no verdict is given, Admin is Maybe
	TooLarge    bool              // the policies are far beyond AWS's limits; likewise

	exposed  exposed
	subject  *Subject
	analyzer *Analyzer
	details  func() *details
}

// details are what some ask for of an analysis, worked out together.
type details struct {
	findings []Finding
	leakage  [2]Leakage // by path
	adminBy  []string
}

// Analyzer analyses the principals of accounts; it compiles every Document once and shares the result, so one should
// serve all principals. It may be used from several goroutines.
type Analyzer struct {
	mu       sync.Mutex
	worlds   map[worldKey]*world
	spaces   map[spaceKey]*space
	thorough bool // every detail will be asked for
	more     bool // another view of the account will be analysed
}

type worldKey struct{ partition, account string }

type spaceKey struct {
	worldKey
	now time.Time
}

// NewAnalyzer returns an Analyzer with nothing compiled yet.
func NewAnalyzer() *Analyzer {
	return &Analyzer{worlds: map[worldKey]*world{}, spaces: map[spaceKey]*space{}}
}

func (a *Analyzer) space(s *Subject) *space {
	key := spaceKey{worldKey: worldKey{partition: s.partition(), account: s.Account}}
	if key.account == "" {
		key.account = policy.ARNField(s.ARN, 4)
	}
	key.now = s.Now.UTC()
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.spaces[key] == nil {
		now := ""
		if !key.now.IsZero() {
			now = key.now.Format(time.RFC3339)
		}
		if a.worlds[key.worldKey] == nil {
			a.worlds[key.worldKey] = newWorld(key.partition, key.account)
		}
		a.spaces[key] = a.worlds[key.worldKey].at(now)
	}
	return a.spaces[key]
}

// rest lets go of what is compiled, which is larger than what is found: who asks for more compiles what that takes.
func (a *Analyzer) rest() {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.more {
		return
	}
	clear(a.worlds)
	clear(a.spaces)
}

// Analyze analyses one subject with an Analyzer of its own.
func Analyze(s *Subject) *Analysis { return NewAnalyzer().Analyze(s) }

// Analyze judges what a subject can do with MFA and without. The subject must not change afterwards.
func (a *Analyzer) Analyze(subject *Subject) *Analysis {
	sp := a.space(subject)
	s := sp.borrow()
	defer sp.giveBack(s)
	r := sp.reacher(s, subject)
	out := &Analysis{subject: subject, analyzer: a, Unread: subject.Unread}
	if out.TooLarge = r.large; !out.TooLarge {
		out.judge(r, s)
	}
	if out.undecided() {
		out.Paths = [2]PathVerdict{}
		out.Enrolment = Enrolment{Possible: policy.Maybe, DeviceName: cmp.Or(out.Enrolment.DeviceName, "none")}
		out.FirstSignIn = policy.Maybe
		out.Admin = policy.Maybe
	}
	out.details = sync.OnceValue(out.workOut)
	if a.thorough && !out.TooLarge {
		d := out.detailed(r, s)
		out.details = func() *details { return d }
	}
	return out
}

// workOut works the details out.
func (a *Analysis) workOut() (d *details) {
	if !a.wantsReacher() {
		return a.detailed(nil, nil)
	}
	a.detail(func(r *reacher, s *scratch) { d = a.detailed(r, s) })
	return d
}

// wantsReacher reports whether the details hang on more than the verdicts.
func (a *Analysis) wantsReacher() bool {
	return !a.TooLarge && (a.Admin != policy.No || !a.undecided() && a.leaks())
}

func (a *Analysis) detailed(r *reacher, s *scratch) *details {
	d := &details{findings: a.judgeMFA(r, s)}
	for p := range d.leakage {
		if !a.undecided() && !a.clean(Path(p)) {
			d.leakage[p] = r.shortest(s, Path(p), a.Paths[p].Sure)
		}
	}
	if r != nil && a.Admin != policy.No {
		r = a.ofItsOwn(r, s)
		r.reachAll(s)
		_, in := r.adminAnyhow(s)
		d.adminBy = r.adminBy(s, in)
	}
	return d
}

func (a *Analysis) judge(r *reacher, s *scratch) {
	r.reachAll(s)
	for p := range a.Paths {
		a.Paths[p] = r.verdict(s, Path(p))
	}
	if a.TooLarge = r.large; a.TooLarge {
		return
	}
	a.Enrolment = r.enrolment()
	a.FirstSignIn = r.firstSignIn()
	a.SelfService = r.selfService()
	if own := a.ofItsOwn(r, s); own != r {
		r = own
		r.reachAll(s)
	}
	a.Admin, _ = r.adminAnyhow(s)
	a.exposed = r.exposed(s)
}

// ofItsOwn is the reacher of the subject's own policies: the organization's take nothing from who is an administrator, nor
// from what they expose. It takes the place of the one that is given, where it is another.
func (a *Analysis) ofItsOwn(r *reacher, s *scratch) *reacher {
	if len(a.subject.SCPs) == 0 {
		return r
	}
	own := *a.subject
	own.SCPs = nil
	return r.space.reacher(s, &own)
}

// space is where the subject's policies are matched.
func (a *Analysis) space() *space { return a.analyzer.space(a.subject) }

// undecided reports whether no verdict can be given.
func (a *Analysis) undecided() bool { return len(a.Unread) > 0 || a.TooLarge }

// AnalyzeAll analyses subjects on all processors; the answers are in the subjects' order.
func (a *Analyzer) AnalyzeAll(subjects []*Subject) []*Analysis {
	out := make([]*Analysis, len(subjects))
	var next atomic.Int64
	var wait sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(subjects)) {
		wait.Go(func() {
			for i := int(next.Add(1)) - 1; i < len(subjects); i = int(next.Add(1)) - 1 {
				out[i] = a.analyzeSafely(subjects[i])
			}
		})
	}
	wait.Wait()
	return out
}

// analyzeSafely answers unknown for a subject at whose policies the analysis breaks off: a goroutine's panic would end
// the program, and with it the verdicts on everybody else.
func (a *Analyzer) analyzeSafely(subject *Subject) (out *Analysis) {
	defer func() {
		if r := recover(); r != nil {
			unread := *subject
			unread.Identity, unread.Boundary, unread.TrustedBy, unread.SCPs = nil, nil, nil, nil
			unread.Unread = append(slices.Clone(subject.Unread), message.New("the analysis broke off: %s", fmt.Sprint(r)))
			out = a.Analyze(&unread)
		}
	}()
	return a.Analyze(subject)
}

// detail runs f with the subject's reacher and scratch memory, unless the policies are too large.
func (a *Analysis) detail(f func(r *reacher, s *scratch)) {
	if a.TooLarge {
		return
	}
	sp := a.space()
	s := sp.borrow()
	defer sp.giveBack(s)
	f(sp.reacher(s, a.subject), s)
}
