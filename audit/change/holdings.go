package change

import (
	"slices"
	"strings"

	"sekisho/audit/account"
	"sekisho/audit/lists"
	"sekisho/audit/message"
	"sekisho/audit/policy"
)

// holding is what a user, group or role has of policies, to be changed.
type holding struct {
	of, arn         string // of: "User", "Group" or "Role"
	inline          *[]account.InlinePolicy
	attached        *[]account.AttachedPolicy
	boundary, trust *string // nil where there can be none
}

func (e *editor) holding(of string, p Parameters) (*holding, error) {
	e.details()
	return holdingOf(e.s, of, p)
}

// holdingOf is as holding, to look at.
func holdingOf(s *account.Snapshot, of string, p Parameters) (*holding, error) {
	switch of {
	case "User":
		if u := userDetail(s, p.text("UserName")); u != nil {
			return &holding{of, u.ARN, &u.InlinePolicies, &u.AttachedPolicies, &u.PermissionsBoundary, nil}, nil
		}
	case "Group":
		if g := groupDetail(s, p.text("GroupName")); g != nil {
			return &holding{of, g.ARN, &g.InlinePolicies, &g.AttachedPolicies, nil, nil}, nil
		}
	case "Role":
		if r := roleDetail(s, p.text("RoleName")); r != nil && !strings.HasPrefix(r.Path, "/aws-service-role/") {
			return &holding{of, r.ARN, &r.InlinePolicies, &r.AttachedPolicies, &r.PermissionsBoundary, &r.TrustPolicy}, nil
		} else if r != nil {
			return nil, message.Errorf("role/%s is service-linked: AWS alone changes it", r.Name)
		}
	}
	return nil, absent(s, message.New("%s", whose(p)))
}

// policy returns a managed policy to be changed.
func (e *editor) policy(arn string) (*account.PolicyDetail, error) {
	e.details()
	p := policyDetail(e.s, arn)
	switch {
	case p != nil:
		return p, nil
	case account.OfAWS(arn):
		return nil, message.Errorf("the document of %s is not known: AWS tells that of its own policies where they are in use", arn)
	}
	return nil, absent(e.s, message.New("policy %s", arn))
}

// ownPolicy refuses those of AWS.
func (e *editor) ownPolicy(arn string) (*account.PolicyDetail, error) {
	if account.OfAWS(arn) {
		return nil, message.Errorf("%s is AWS's: nobody else changes it", arn)
	}
	return e.policy(arn)
}

func (e *editor) attach(of string, p Parameters) error {
	h, err := e.holding(of, p)
	if err != nil {
		return err
	}
	d, err := e.policy(p.text("PolicyArn"))
	if held, is := e.attached(p.text("PolicyArn")); err != nil && is { // what it says is as unknown as before
		d, err = &account.PolicyDetail{Name: held.Name, ARN: held.ARN}, nil
	}
	switch most := e.quota("AttachedPoliciesPer" + of + "Quota"); {
	case err != nil:
		return err
	case h.holds(d.ARN):
		return nil
	case len(*h.attached) >= most:
		return message.Errorf("%s has %d policies attached, and AWS allows no more", account.ShortARN(h.arn), most)
	}
	*h.attached = append(slices.Clip(*h.attached), account.AttachedPolicy{Name: d.Name, ARN: d.ARN})
	d.AttachmentCount++
	return nil
}

// attached finds a policy among those that someone has.
func (e *editor) attached(arn string) (found account.AttachedPolicy, is bool) {
	look := func(list []account.AttachedPolicy) {
		if a := find(list, func(a *account.AttachedPolicy) bool { return a.ARN == arn }); a != nil {
			found, is = *a, true
		}
	}
	d := detailsOf(e.s)
	for _, u := range d.Users {
		look(u.AttachedPolicies)
	}
	for _, g := range d.Groups {
		look(g.AttachedPolicies)
	}
	for _, r := range d.Roles {
		look(r.AttachedPolicies)
	}
	return found, is
}

func (h *holding) holds(arn string) bool {
	return slices.ContainsFunc(*h.attached, func(a account.AttachedPolicy) bool { return a.ARN == arn })
}

func (e *editor) detach(of string, p Parameters) error {
	h, err := e.holding(of, p)
	arn := p.text("PolicyArn")
	switch {
	case err != nil:
		return err
	case !h.holds(arn):
		return message.Errorf("%s has no policy %s attached", account.ShortARN(h.arn), arn)
	}
	*h.attached = lists.OrEmpty(lists.Filter(*h.attached, func(a account.AttachedPolicy) bool { return a.ARN != arn }))
	if d := policyDetail(e.s, arn); d != nil {
		d.AttachmentCount = max(0, d.AttachmentCount-1)
	}
	return nil
}

func (e *editor) putInline(of string, p Parameters) error {
	h, err := e.holding(of, p)
	if err != nil {
		return err
	}
	made := account.InlinePolicy{Name: p.text("PolicyName"), Document: p.text("PolicyDocument")}
	if err := parse(policy.Identity, made.Document); err != nil {
		return err
	}
	rest := lists.Filter(*h.inline, func(i account.InlinePolicy) bool { return i.Name != made.Name })
	size := 0
	for _, i := range append(slices.Clip(rest), made) {
		size += characters(i.Document)
	}
	if most := e.quota(of + "PolicySizeQuota"); size > most {
		return message.Errorf("the inline policies of %s would have %d characters, and AWS allows %d", account.ShortARN(h.arn), size, most)
	}
	*h.inline = append(slices.Clip(rest), made)
	return nil
}

func (e *editor) deleteInline(of string, p Parameters) error {
	h, err := e.holding(of, p)
	if err != nil {
		return err
	}
	rest := lists.Filter(*h.inline, func(i account.InlinePolicy) bool { return i.Name != p.text("PolicyName") })
	if len(rest) == len(*h.inline) {
		return message.Errorf("%s has no inline policy %s", account.ShortARN(h.arn), p.text("PolicyName"))
	}
	*h.inline = lists.OrEmpty(rest)
	return nil
}

// bound sets a boundary, or takes it off where there is none among the parameters.
func (e *editor) bound(of string, p Parameters) error {
	h, err := e.holding(of, p)
	if err != nil {
		return err
	}
	arn := p.text("PermissionsBoundary")
	if arn != "" {
		d, err := e.policy(arn)
		if err != nil {
			return err
		}
		d.BoundaryUseCount++
	}
	if d := policyDetail(e.s, *h.boundary); d != nil {
		d.BoundaryUseCount = max(0, d.BoundaryUseCount-1)
	}
	*h.boundary = arn
	return nil
}
