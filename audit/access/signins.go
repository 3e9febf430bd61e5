package access

import (
	"slices"

	"sekisho/audit/account"
	"sekisho/audit/message"
	"sekisho/audit/policy"
)

// signsIn are the users of whom the persona can get a key or a password.
func (g *graph) signsIn(p *persona, to *part, out *sink) {
	if !p.others.meets(credentials()) {
		return
	}
	any, room := question{}, [64]byte{}
	for _, action := range []string{"iam:CreateAccessKey", "iam:CreateLoginProfile", "iam:UpdateLoginProfile"} {
		if p.may(action) {
			any.prefixes = appendAll(any.prefixes, p.question(action).prefixes)
		}
	}
	slices.Sort(any.prefixes)
	for w := range any.within(to.users) {
		if out.full {
			return
		}
		key, alike := room[:0], true
		for _, h := range p.all() {
			if alike {
				key, alike = h.signInKey(key, w, w.user)
			}
		}
		e, kept := p.signIns[string(key)]
		if !alike || !kept {
			e = g.signsInto(p, w, w.user)
		}
		if alike && !kept {
			if p.signIns == nil {
				p.signIns = map[string]edge{}
			}
			p.signIns[string(key)] = e
		}
		e.to = w
		out.add(e)
	}
}

// signsInto is about one of them.
func (g *graph) signsInto(p *persona, w *Principal, u *account.User) edge {
	e, ok := g.byKey(p, w, u)
	if !ok || e.truth != policy.Yes {
		if other, ok := g.byPassword(p, w, u); ok && other.truth > e.truth {
			e = other
		}
	}
	return g.withDevice(p, e)
}

// withDevice is a way to sign in as a user, with a new device of the user's if the persona can give them one.
func (g *graph) withDevice(p *persona, e edge) edge {
	if e.truth == policy.No {
		return e
	}
	if t, by := g.enrols(p, e.to); t >= e.truth {
		e.sessions |= strong
		if g.asksForMFA(e.to) {
			e.step.Actions = append(e.step.Actions, "iam:CreateVirtualMFADevice", "iam:EnableMFADevice")
			e.step.By = joinNew(e.step.By, by)
		}
	}
	return e
}

// asksForMFA reports whether a user's policies ask for MFA anywhere.
func (g *graph) asksForMFA(w *Principal) bool { return len(w.MFAStatements()) > 0 }

// enrols reports whether the persona can give a user, maybe itself, a new device.
func (g *graph) enrols(p *persona, w *Principal) (policy.Truth, []string) {
	const enabling, creating = "iam:EnableMFADevice", "iam:CreateVirtualMFADevice"
	if !p.may(enabling) || !p.may(creating) {
		return policy.No, nil
	}
	free := g.unlocked(p, w)
	enable := p.canBy(free, enabling, w.ARN, g.object(w))
	for _, h := range p.all() {
		if h.Principal == w && free(h) {
			enable = enable.or(h.canItself(enabling, w.ARN))
		}
	}
	if enable.truth == policy.No {
		return policy.No, nil
	}
	if p.creates == nil { // a device may bear the name of the one who makes it
		p.creates = &answer{}
		for _, h := range p.all() {
			if h.Role == nil {
				*p.creates = p.creates.or(h.canItself(creating, g.deviceOf(h.Principal)))
			}
		}
		for _, name := range p.names([]string{creating}) {
			t, by := p.can(creating, name, nil)
			*p.creates = p.creates.or(answer{t, by})
		}
	}
	create := *p.creates
	if create.truth != policy.Yes {
		t, by := p.can(creating, g.deviceOf(w), nil)
		create = create.or(answer{t, by})
	}
	return create.truth.And(enable.truth), joinNew(create.by, enable.by)
}

// unlocked tells the hands that may change the devices of a user. Who signs with the user's key alone may not while the user
// has one, whatever policies say (AWS-2023-001), unless somebody else takes it away.
func (g *graph) unlocked(p *persona, w *Principal) func(*persona) bool {
	locked := func(h *persona) bool { return h.Principal == w && h.sessions&(plain|strong) == 0 }
	if w.user == nil || p.hands == nil && !locked(p) || p.hands != nil && !slices.ContainsFunc(p.hands, locked) { // nil: somebody made them
		return anyHand
	}
	free := func(h *persona) bool { return !locked(h) }
	device, known := w.user.MFA.Get()
	if !known || !device || p.canBy(free, "iam:DeactivateMFADevice", w.ARN, g.object(w)).truth != policy.No {
		return anyHand
	}
	return free
}

// deviceOf is the ARN of a virtual MFA device that bears a user's name.
func (g *graph) deviceOf(w *Principal) string {
	return "arn:" + g.space.partition + ":iam::" + g.Account.ID + ":mfa/" + w.Name
}

// byKey is about an access key; a user has two at most (Guide, reference_iam-quotas).
func (g *graph) byKey(p *persona, w *Principal, u *account.User) (edge, bool) {
	o := g.object(w)
	t, by := p.can("iam:CreateAccessKey", w.ARN, o)
	if t == policy.No {
		return edge{}, false
	}
	actions := []string{"iam:CreateAccessKey"}
	if keys, ok := u.AccessKeys.Get(); ok && len(keys) >= 2 && t != policy.No {
		room, more := p.can("iam:DeleteAccessKey", w.ARN, o)
		t, by, actions = t.And(room), joinNew(by, more), []string{"iam:DeleteAccessKey", "iam:CreateAccessKey"}
	}
	return edge{to: w, sessions: bareKey | token, truth: t, step: &Step{
		ID: "create-access-key", tell: func(whom any) message.Message { return message.New("makes an access key for %s", whom) }, Actions: actions, By: by}}, t != policy.No
}

// byPassword is about a password: a new one where the user has none, else another. A device that the user has has to go.
func (g *graph) byPassword(p *persona, w *Principal, u *account.User) (edge, bool) {
	o := g.object(w)
	create, byCreate := p.can("iam:CreateLoginProfile", w.ARN, o)
	update, byUpdate := p.can("iam:UpdateLoginProfile", w.ARN, o)
	if create.Or(update) == policy.No {
		return edge{}, false
	}
	has, known := u.Password.Get()
	var e edge
	switch {
	case known && has, !known && update > create:
		e = edge{truth: update, step: &Step{ID: "update-login-profile", tell: func(whom any) message.Message { return message.New("changes the password of %s", whom) },
			Actions: []string{"iam:UpdateLoginProfile"}, By: byUpdate}}
	default:
		e = edge{truth: create, step: &Step{ID: "create-login-profile", tell: func(whom any) message.Message { return message.New("sets a password for %s", whom) },
			Actions: []string{"iam:CreateLoginProfile"}, By: byCreate}}
	}
	if !known && create.And(update) != policy.Yes {
		e.truth = e.truth.And(policy.Maybe)
		e.step.On = message.New("the right kind of password: whether %s has one is not known", account.ShortARN(w.ARN))
	}
	if device, known := u.MFA.Get(); e.truth != policy.No && (!known || device) {
		t, by := p.can("iam:DeactivateMFADevice", w.ARN, o)
		switch {
		case t != policy.No:
			e.truth = e.truth.And(t)
			e.step.Actions, e.step.By = append(e.step.Actions, "iam:DeactivateMFADevice"), joinNew(e.step.By, by)
		case known:
			t, by := g.enrols(p, w)
			e.truth = e.truth.And(t)
			e.step.Actions = append(e.step.Actions, "iam:CreateVirtualMFADevice", "iam:EnableMFADevice")
			e.step.By = joinNew(e.step.By, by)
		default:
			e.truth = e.truth.And(policy.Maybe)
			e.step.On = message.New("a user without an MFA device: whether %s has one is not known", account.ShortARN(w.ARN))
		}
	}
	e.to, e.sessions = w, plain
	return e, e.truth != policy.No
}

// enrolment is about a device for a user as whom someone acts in sessions without one.
func (g *graph) enrolment(p *persona, w *Principal, sessions session) edge {
	t, by := g.enrols(p, w)
	return edge{to: w, sessions: sessions | strong, truth: t, step: &Step{ID: "enrol-device",
		tell: func(whom any) message.Message { return message.New("enrols an MFA device for %s", whom) }, Actions: []string{"iam:CreateVirtualMFADevice", "iam:EnableMFADevice"}, By: by}}
}

// signing is what tells apart, for those who have the same policies, the users of whom they get a key or a password.
type signing struct {
	statements []*policy.Statement // about one user and not another
	devices    []*policy.Statement // about the device of one
	tags       []string            // names, of users
	boundary   bool
}

func (p *persona) signs() *signing {
	if p.signing != nil {
		return p.signing
	}
	s := &signing{}
	for _, action := range []string{
		"iam:CreateAccessKey", "iam:DeleteAccessKey", "iam:CreateLoginProfile", "iam:UpdateLoginProfile", "iam:DeactivateMFADevice", "iam:EnableMFADevice",
		"iam:CreateVirtualMFADevice", "iam:TagUser", "iam:UntagUser", "iam:PutUserPermissionsBoundary", "iam:DeleteUserPermissionsBoundary",
	} {
		if !p.may(action) {
			continue
		}
		q, list := p.question(action), &s.statements
		if action == "iam:CreateVirtualMFADevice" {
			list = &s.devices
		}
		for _, st := range q.statements {
			if !everywhere(st) && !slices.Contains(*list, st) {
				*list = append(*list, st)
			}
		}
		for _, key := range q.keys {
			if tag, ok := targetTag(key); ok {
				s.tags = appendNew(s.tags, tag)
			}
			s.boundary = s.boundary || key == keyBoundary
		}
	}
	p.signing = s
	return s
}

// everywhere reports whether a statement is about all resources.
func everywhere(st *policy.Statement) bool {
	return !st.NotResource && len(st.Resources) == 1 && st.Resources[0] == "*"
}

// signInKey is the same for users into whom the persona gets in the same way. It isn't alike any other who is the persona
// itself, or of whom so little is known that a step has to say whose it is.
func (p *persona) signInKey(key []byte, w *Principal, u *account.User) (_ []byte, alike bool) {
	s := p.signs()
	password, known := u.Password.Get()
	device, knows := u.MFA.Get()
	if w == p.Principal || !known || !knows {
		return nil, false
	}
	keys, counted := u.AccessKeys.Get()
	for _, is := range [...]bool{password, device, counted && len(keys) >= 2, p.graph.asksForMFA(w)} {
		if is {
			key = append(key, '1')
		} else {
			key = append(key, '0')
		}
	}
	ctx := p.context(p.sessions & -p.sessions)
	for _, st := range s.statements {
		key = append(key, '0'+byte(st.MatchResource(w.ARN, ctx)))
	}
	if len(s.devices) > 0 {
		device := p.graph.deviceOf(w)
		for _, st := range s.devices {
			key = append(key, '0'+byte(st.MatchResource(device, ctx)))
		}
	}
	o := p.graph.object(w)
	for _, tag := range s.tags {
		value, state := o.value("iam:resourcetag/"+tag, "")
		key = append(append(append(key, byte(state)), value...), 0)
	}
	if s.boundary {
		key = append(key, o.boundary...)
	}
	return key, true
}
