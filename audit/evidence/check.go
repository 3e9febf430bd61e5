package evidence

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"time"

	"sekisho/audit"
	"sekisho/audit/message"
)

// State is what a check came to.
type State string

// The states.
const (
	OK      State = "ok"
	Note    State = "note" // something to know
	Wrong   State = "wrong"
	Unknown State = "unknown"
)

// Check is one thing that was looked at.
type Check struct {
	State State
	What  string // "about", "archive", "signature", "manifest", "report", "bytes", "verdict"
	Text  message.Message
}

// Verification is what is found of an evidence file, check by check; the last one is the verdict.
type Verification struct {
	Manifest Manifest
	Checks   []Check
}

// Verdict is what the whole comes to: wrong, unknown where this version can't tell, or ok.
func (v *Verification) Verdict() State { return v.Checks[len(v.Checks)-1].State }

// Conclusion is what is concluded from the snapshot of evidence: then, as recorded, and again by this version under the
// same configuration.
type Conclusion struct {
	Tool            audit.Tool // of this version, as are the rules
	Rules           RuleSet
	Recorded, Fresh *audit.Report
	Again           *Archive
	// What failed: reading the recorded report, taking the recorded configuration, or anything else.
	RecordedErr, SettingsErr, Err error
}

// Check looks whether the archive is whole, who signed it, and whether its report follows from its snapshot. Without
// allowed signers anybody may have signed, or nobody.
func (a *Archive) Check(allowed *AllowedSigners, identity string, c Conclusion) *Verification {
	k := &checker{a: a, v: Verification{Manifest: a.Manifest}, same: a.Manifest.Tool == c.Tool && a.Manifest.Rules == c.Rules}
	m := a.Manifest
	k.add(Note, "about", message.New("account %s, taken %s by %s, with %s %s and %s (SHA-256 %s)", m.Account, exact(m.TakenAt), m.Caller, m.Tool.Name,
		m.Tool.Version, message.Plural(m.Rules.Count, "%d rule", "%d rules"), m.Rules.SHA256[:min(12, len(m.Rules.SHA256))]))
	k.archive()
	signed := k.signature(allowed, identity)
	k.conclusion(c)
	wrong := 0
	unsure := false
	for _, check := range k.v.Checks {
		switch check.State {
		case Wrong:
			wrong++
		case Unknown:
			unsure = true
		}
	}
	switch {
	case wrong > 0:
		k.add(Wrong, "verdict", message.New("%d of the checks failed: this is not what was recorded", wrong))
	case unsure:
		k.add(Unknown, "verdict", message.New("the evidence is whole, %s; only the version that made it can say whether its report follows from its snapshot", signed))
	default:
		k.add(OK, "verdict", message.New("the evidence is whole, %s, and its report follows from its snapshot", signed))
	}
	return &k.v
}

// exact writes a time to the second, as the files have it: two that differ must not look alike.
func exact(t time.Time) string { return t.UTC().Format(time.RFC3339) }

type checker struct {
	a    *Archive
	v    Verification
	same bool // whether this version made the evidence
}

func (k *checker) add(state State, what string, text message.Message) {
	k.v.Checks = append(k.v.Checks, Check{state, what, text})
}

func (k *checker) archive() {
	problems := k.a.Verify()
	for _, p := range problems {
		k.add(Wrong, "archive", p.Message())
	}
	if len(problems) == 0 {
		k.add(OK, "archive", message.New("each of its %d parts is the one of the manifest, and no byte is out of place", len(k.a.Manifest.Parts)))
	}
}

// signature says who signed, for the verdict too.
func (k *checker) signature(allowed *AllowedSigners, identity string) message.Message {
	const what = "signature"
	key, err := k.a.Signer()
	switch {
	case errors.Is(err, ErrNotSigned) && allowed == nil:
		k.add(Note, what, message.New("none: nothing tells who made this evidence"))
		return message.New("not signed")
	case err != nil:
		k.add(Wrong, what, message.Of(err))
		return message.Message{}
	case allowed == nil:
		k.add(Note, what, message.New("signed by %s %s, not checked against allowed signers", key.Type(), Fingerprint(key)))
		return message.New("signed by a key that was not checked")
	}
	who, err := allowed.Principals(key, k.a.Manifest.TakenAt, identity)
	if err != nil {
		k.add(Wrong, what, message.Of(err))
		return message.Message{}
	}
	k.add(OK, what, message.New("signed by %s with %s %s, which is allowed", who, key.Type(), Fingerprint(key)))
	return message.New("signed by %s", who)
}

// mostDifferences is how many findings that differ are listed.
const mostDifferences = 10

// conclusion compares what was concluded with what is concluded now.
func (k *checker) conclusion(c Conclusion) {
	const what = "report"
	m := k.a.Manifest
	switch {
	case c.RecordedErr != nil:
		k.add(Wrong, what, message.Of(c.RecordedErr))
		return
	case c.SettingsErr != nil && !k.same:
		k.add(Unknown, what, message.New("it was made by %s with other rules, and this version can't take its configuration: %s", m.Tool.Version, c.SettingsErr))
		return
	case c.SettingsErr != nil, c.Err != nil:
		k.add(Wrong, what, message.New("evaluating the snapshot again: %s", cmp.Or(c.SettingsErr, c.Err)))
		return
	}
	k.manifest(c)
	differences := differing(c.Recorded, c.Fresh)
	listed := differences[:min(len(differences), mostDifferences)]
	if !k.same {
		k.otherVersion(c, len(differences), listed)
		k.bytes(c.Again)
		return
	}
	if len(differences) == 0 {
		k.add(OK, what, message.New("evaluating the snapshot again gives the same %s", message.Plural(len(c.Recorded.Findings), "%d finding", "%d findings")))
	}
	for _, d := range listed {
		k.add(Wrong, what, d)
	}
	if more := len(differences) - len(listed); more > 0 {
		k.add(Wrong, what, message.New("%s", message.Plural(more, "%d more finding differs", "%d more findings differ")))
	}
	k.bytes(c.Again)
}

// manifest compares what the manifest says with the report that was recorded under it, and its rules with this version's.
func (k *checker) manifest(c Conclusion) {
	const what = "manifest"
	m, r := k.a.Manifest, c.Recorded
	for _, v := range []struct {
		name      string
		got, want any
	}{
		{"account", m.Account, r.Account.ID},
		{"partition", m.Partition, r.Account.Partition},
		{"caller", m.Caller, r.Caller},
		{"taken_at", stamp(&m.TakenAt), stamp(&r.TakenAt)},
		{"credential_report_at", stamp(m.CredentialReportAt), stamp(r.CredentialReportAt)},
		{"calls", m.Calls, r.Calls},
		{"tool.name", m.Tool.Name, r.Tool.Name},
		{"tool.version", m.Tool.Version, r.Tool.Version},
		{"rules.count", m.Rules.Count, len(r.Rules) + len(r.NotSelected)}, // a rule ran, or it is said why it did not
	} {
		if !reflect.DeepEqual(v.got, v.want) {
			k.add(Wrong, what, message.New("got %s %s, want %s as the report has it", v.name, fmt.Sprint(v.got), fmt.Sprint(v.want)))
		}
	}
	if m.Tool == c.Tool && m.Rules.SHA256 != c.Rules.SHA256 { // builds that are no release have one name and different rules
		k.add(Unknown, what, message.New("got rules.sha256 %s, want %s as this version has it, which has the same name", m.Rules.SHA256, c.Rules.SHA256))
	}
}

// otherVersion says what can be said of a report that another version made: rules may judge otherwise since, and their
// words may differ.
func (k *checker) otherVersion(c Conclusion, differences int, listed []message.Message) {
	const what = "report"
	m, r := k.a.Manifest, c.Recorded
	for _, f := range r.Frameworks {
		var section audit.FrameworkResult
		data, _ := k.a.Part(FrameworkName(f.ID))
		if err := json.Unmarshal(data, &section); err != nil || !sameJSON(section, f) {
			k.add(Wrong, what, message.New("%q: it is not the section of the report", FrameworkName(f.ID)))
		}
	}
	k.add(Note, what, message.New("the evidence was made by another version, %s with %s; this is %s", m.Tool.Version,
		message.Plural(m.Rules.Count, "%d rule", "%d rules"), c.Tool.Version))
	if differences == 0 {
		k.add(OK, what, message.New("evaluating the snapshot again gives the same %s, by rule, resource, item and status",
			message.Plural(len(r.Findings), "%d finding", "%d findings")))
		return
	}
	for _, d := range listed {
		k.add(Note, what, d)
	}
	k.add(Unknown, what, message.New("%s", message.Plural(differences, "%d finding differs from those of this version, which may judge otherwise",
		"%d findings differ from those of this version, which may judge otherwise")))
}

func sameJSON(x, y audit.FrameworkResult) bool {
	a, errA := json.Marshal(x)
	b, errB := json.Marshal(y)
	return errA == nil && errB == nil && string(a) == string(b)
}

// bytes compares what is written of the same snapshot, to the last byte. What another version made may have been worded
// otherwise then, so a difference proves nothing; but nor is it shown that such a part follows from the snapshot.
func (k *checker) bytes(again *Archive) {
	const what = "bytes"
	differ := false
	wrong := func(name string, problem message.Message) {
		differ = true
		if k.same {
			k.add(Wrong, what, message.New("%q: %s", name, problem))
			return
		}
		k.add(Unknown, what, message.New("%q: %s, as this version writes it; the one that made it may have written otherwise", name, problem))
	}
	names := slices.Concat(k.a.Names(), again.Names())
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		switch {
		case again.index(name) < 0:
			wrong(name, message.New("it is none of the parts that this configuration gives"))
		case k.a.index(name) < 0:
			wrong(name, message.New("it is lacking among the parts that this configuration gives"))
		case !k.a.Agree(again, name):
			wrong(name, message.New("it is not what follows from the snapshot"))
		}
	}
	if !differ && string(k.a.manifest) != string(again.manifest) {
		wrong(ManifestName, message.New("it is not the manifest of these parts"))
	}
	if differ {
		return
	}
	k.add(OK, what, message.New("written again from the snapshot, the archive is the same, byte for byte"))
}

// differing compares findings by rule, resource, item and status.
func differing(recorded, fresh *audit.Report) []message.Message {
	type key struct {
		rule, resource, item string
		status               audit.Status
	}
	count := func(r *audit.Report) map[key]int {
		counts := map[key]int{}
		for _, f := range r.Findings {
			counts[key{f.Rule, f.Resource, f.Item, f.Status}]++
		}
		return counts
	}
	resource := func(k key) message.Message {
		if k.item == "" {
			return message.New("%s", k.resource)
		}
		return message.New("%s (%s)", k.resource, k.item)
	}
	was, is := count(recorded), count(fresh)
	var list []message.Message
	for k, n := range was {
		if is[k] < n {
			list = append(list, message.New("%s on %s: %s is recorded, and does not follow from the snapshot", k.rule, resource(k), k.status))
		}
	}
	for k, n := range is {
		if was[k] < n {
			list = append(list, message.New("%s on %s: %s follows from the snapshot, and is not recorded", k.rule, resource(k), k.status))
		}
	}
	slices.SortFunc(list, func(x, y message.Message) int { return cmp.Compare(x.String(), y.String()) })
	return list
}
