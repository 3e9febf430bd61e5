package access

import (
	"encoding/binary"
	"slices"

	"sekisho/audit/policy"
)

// class is what the analysis of a subject hangs on where nothing in its policies tells one user, or role, from another.
type class struct {
	space *space
	key   string
}

// class returns the subject's class; not is set where it must be analysed by itself.
func (a *Analyzer) class(subject *Subject) (of class, not bool) {
	if subject.Boundary != nil || len(subject.TrustedBy)+len(subject.Unread) > 0 || subject.anybody {
		return class{}, true
	}
	sp := a.space(subject)
	arn := subject.arn()
	key := []byte(policy.ARNField(arn, 1) + ":" + policy.ARNField(arn, 4) + ":")
	key = append(key, byte(subject.UsersMayChangePassword), 0)
	if subject.IsRole {
		key[len(key)-1] = 1
	}
	for _, d := range sp.compiled(nil, subject) {
		if d.large || d.telling {
			return class{}, true
		}
		key = binary.LittleEndian.AppendUint32(key, d.number)
	}
	return class{sp, string(key)}, false
}

// telling reports whether a rule may tell one user, or role, from another: by the conditions, by variables in the
// resources, or by resources that are some users or devices and not all.
func (s *space) telling(r *rule) bool {
	return r.personal || len(r.templates) > 0 || slices.ContainsFunc(r.fixed, func(g share) bool {
		return s.tells(g.resource.glob) || slices.ContainsFunc(g.resource.except, s.tells)
	})
}

func (s *space) tells(g policy.Glob) bool {
	for _, kind := range []string{"user", "mfa"} {
		anybody, own := policy.FormatGlob("iam:*:*:"+kind+"/*", "", ""), policy.FormatGlob("iam::#:"+kind+"/*", s.partition, s.account)
		if g.Intersects(anybody) && !g.Contains(own) {
			return true
		}
	}
	return false
}

// of is the analysis of another subject of the same class.
func (a *Analysis) of(subject *Subject) *Analysis {
	out := *a
	out.subject, out.Escalations = subject, slices.Clone(a.Escalations)
	for i := range out.Escalations {
		out.Escalations[i].as = subject
	}
	return &out
}
