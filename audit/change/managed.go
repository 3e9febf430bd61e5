package change

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"sekisho/audit/account"
	"sekisho/audit/lists"
	"sekisho/audit/message"
	"sekisho/audit/policy"
)

// mostVersions are the versions that AWS lets a managed policy have.
const mostVersions = 5

// PolicyARN is the ARN of a policy of the account.
func PolicyARN(s *account.Snapshot, path, name string) string {
	return fmt.Sprintf("arn:%s:iam::%s:policy%s%s", s.Caller.Partition, s.Caller.AccountID, cmp.Or(path, "/"), name)
}

func (e *editor) createPolicy(p Parameters) error {
	d, document := e.details(), p.text("PolicyDocument")
	made := account.PolicyDetail{
		Name: p.text("PolicyName"), ID: newID("ANPA", p.text("PolicyName")), ARN: PolicyARN(e.s, p.text("Path"), p.text("PolicyName")), Path: cmp.Or(p.text("Path"), "/"),
		Created: e.s.TakenAt, Updated: e.s.TakenAt, DefaultVersion: "v1",
		Versions: []account.PolicyVersion{{ID: "v1", Created: e.s.TakenAt, Default: true, Document: document}},
	}
	taken := func(q account.PolicyDetail) bool {
		return strings.EqualFold(q.Name, made.Name) && !account.OfAWS(q.ARN)
	}
	switch {
	case d == nil:
		return absent(e.s, message.New("list of policies"))
	case slices.ContainsFunc(d.Policies, taken):
		return message.Errorf("there is a policy %s already", made.Name)
	}
	d.Policies = append(d.Policies, made)
	e.count("Policies", 1)
	e.count("PolicyVersionsInUse", 1)
	return e.fits(document)
}

// fits refuses a document that AWS would not take for a managed policy.
func (e *editor) fits(document string) error {
	if n, most := characters(document), e.quota("PolicySizeQuota"); n > most {
		return message.Errorf("the document has %d characters, and AWS allows %d", n, most)
	}
	return parse(policy.Identity, document)
}

// characters counts those of a document that AWS counts: white space is none.
func characters(document string) (n int) {
	for _, r := range document {
		if !unicode.IsSpace(r) {
			n++
		}
	}
	return n
}

func parse(kind policy.Kind, document string) error {
	_, err := policy.Parse("document", kind, []byte(document))
	return err
}

func (e *editor) deletePolicy(p Parameters) error {
	d, err := e.ownPolicy(p.text("PolicyArn"))
	switch {
	case err != nil:
		return err
	case len(beforePolicy(e, p)) > 0:
		return message.Errorf("%s is attached, or has other versions", whose(p))
	}
	all, arn := e.details(), d.ARN
	all.Policies = slices.DeleteFunc(all.Policies, func(q account.PolicyDetail) bool { return q.ARN == arn })
	e.count("Policies", -1)
	e.count("PolicyVersionsInUse", -1)
	return nil
}

// beforePolicy lists what keeps AWS from deleting a managed policy.
func beforePolicy(e *editor, p Parameters) (first []Change) {
	arn, d := p.text("PolicyArn"), detailsOf(e.s)
	add := func(of, name string, attached []account.AttachedPolicy, boundary string) {
		if slices.ContainsFunc(attached, func(a account.AttachedPolicy) bool { return a.ARN == arn }) {
			first = append(first, New("iam:Detach"+of+"Policy", name, arn))
		}
		if boundary == arn {
			first = append(first, New("iam:Delete"+of+"PermissionsBoundary", name))
		}
	}
	for i := range d.Users { // which are large
		u := &d.Users[i]
		add("User", u.Name, u.AttachedPolicies, u.PermissionsBoundary)
	}
	for _, g := range d.Groups {
		add("Group", g.Name, g.AttachedPolicies, "")
	}
	for _, r := range d.Roles {
		add("Role", r.Name, r.AttachedPolicies, r.PermissionsBoundary)
	}
	if of := policyDetail(e.s, arn); of != nil {
		for _, v := range of.Versions {
			if v.ID != of.DefaultVersion {
				first = append(first, New("iam:DeletePolicyVersion", arn, v.ID))
			}
		}
	}
	return first
}

// number is that of a version.
func number(id string) int {
	n, _ := strconv.Atoi(strings.TrimPrefix(id, "v"))
	return n
}

// nextVersion is the ID of a policy's next version. AWS uses none twice; of those that are gone nobody knows.
func nextVersion(d *account.PolicyDetail) string {
	last := 0
	for _, v := range d.Versions {
		last = max(last, number(v.ID))
	}
	return "v" + strconv.Itoa(last+1)
}

func (e *editor) createVersion(p Parameters) error {
	d, err := e.ownPolicy(p.text("PolicyArn"))
	switch {
	case err != nil:
		return err
	case len(d.Versions) >= mostVersions:
		return message.Errorf("%s has %d versions, and AWS allows no more", whose(p), len(d.Versions))
	}
	made := account.PolicyVersion{ID: nextVersion(d), Created: e.s.TakenAt, Document: p.text("PolicyDocument")}
	d.Versions = append([]account.PolicyVersion{made}, d.Versions...)
	e.count("PolicyVersionsInUse", 1)
	if d.Updated = e.s.TakenAt; p["SetAsDefault"] == true {
		makeDefault(d, made.ID)
	}
	return e.fits(made.Document)
}

func (e *editor) setDefault(p Parameters) error {
	d, err := e.ownPolicy(p.text("PolicyArn"))
	if err != nil {
		return err
	}
	if find(d.Versions, func(v *account.PolicyVersion) bool { return v.ID == p.text("VersionId") }) == nil {
		return message.Errorf("%s has no version %s", whose(p), p.text("VersionId"))
	}
	makeDefault(d, p.text("VersionId"))
	return nil
}

func makeDefault(d *account.PolicyDetail, id string) {
	d.DefaultVersion, d.Versions = id, slices.Clone(d.Versions)
	for i := range d.Versions {
		d.Versions[i].Default = d.Versions[i].ID == id
	}
}

func (e *editor) deleteVersion(p Parameters) error {
	d, err := e.ownPolicy(p.text("PolicyArn"))
	id := p.text("VersionId")
	switch {
	case err != nil:
		return err
	case id == d.DefaultVersion:
		return message.Errorf("%s is the default version of %s", id, whose(p))
	}
	rest := lists.Filter(d.Versions, func(v account.PolicyVersion) bool { return v.ID != id })
	if len(rest) == len(d.Versions) {
		return message.Errorf("%s has no version %s", whose(p), id)
	}
	d.Versions = rest
	e.count("PolicyVersionsInUse", -1)
	return nil
}
