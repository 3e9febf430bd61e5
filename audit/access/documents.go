package access

import (
	"fmt"

	"sekisho/audit/account"
	"sekisho/audit/message"
	"sekisho/audit/policy"
)

// documents parses each policy document of an account once. What is alike under one name is one document, and two that
// differ never have the same name.
type documents struct {
	shared *Shared
	read   map[documentKey]*parsedDocument
	named  map[string]string // the text that has a name
}

type documentKey struct {
	kind       policy.Kind
	name, text string
}

// managedKey is a managed policy, read as such a kind.
type managedKey struct {
	kind      policy.Kind
	name, arn string
}

type parsedDocument struct {
	document *policy.Document
	err      error
}

func newDocuments(s *Shared) documents {
	return documents{shared: s, read: map[documentKey]*parsedDocument{}, named: map[string]string{}}
}

// parse reads a document. The owner, such as "user/bob", gives its name to one of several inline policies that are
// called alike and differ.
func (d *documents) parse(kind policy.Kind, name, owner, text string) (*policy.Document, error) {
	key := documentKey{kind, name, text}
	if d.read[key] == nil {
		unique := name
		if taken := d.named[name]; owner != "" && taken != "" && taken != text {
			name = owner + ":" + name
			unique = name
		}
		for n := 2; d.named[unique] != "" && d.named[unique] != text && kind != policy.Trust; n++ {
			unique = fmt.Sprintf("%s (%d)", name, n)
		}
		if kind != policy.Trust {
			d.named[unique] = text
		}
		d.read[key] = d.shared.parse(kind, unique, text)
	}
	return d.read[key].document, d.read[key].err
}

// Document parses an identity policy, once.
func (x *Access) Document(name, text string) (*policy.Document, error) {
	x.readPrincipals() // so that documents have the same names, however they are asked for
	return x.documents.parse(policy.Identity, name, "", text)
}

// Managed returns the document of a managed policy's default version, or why there is none.
func (x *Access) Managed(name, arn string) (d *policy.Document, why message.Message) {
	x.readPrincipals()
	return x.managedAs(policy.Identity, name, arn)
}

// managedPolicy returns a managed policy by ARN; nil where there is none.
func (x *Access) managedPolicy(arn string) *account.Policy {
	if x.managed == nil {
		x.managed = make(map[string]*account.Policy, len(x.Account.Policies))
		for _, p := range x.Account.Policies {
			x.managed[p.ARN] = p
		}
	}
	return x.managed[arn]
}

func (x *Access) managedAs(kind policy.Kind, name, arn string) (d *policy.Document, why message.Message) {
	key := managedKey{kind, name, arn}
	if known := x.versions[key]; known != nil {
		return known, message.Message{}
	}
	p := x.managedPolicy(arn)
	if p == nil {
		return nil, message.New("the authorization details hold no policy %s", name)
	}
	text, ok := DefaultVersion(p)
	if !ok {
		return nil, message.New("the authorization details hold no default version of the policy %s", name)
	}
	d, err := x.documents.parse(kind, name, "", text)
	if err != nil {
		return nil, Malformed(err)
	}
	x.versions[key] = d
	return d, message.Message{}
}

// DefaultVersion is the document of the version that applies.
func DefaultVersion(p *account.Policy) (string, bool) {
	for _, v := range p.Versions {
		if v.ID == p.DefaultVersion {
			// A version that isn't flagged as the default one contradicts the policy: then nobody knows which it is.
			return v.Document, v.Document != "" && v.Default
		}
	}
	return "", false
}

// Malformed says that a policy can't be read.
func Malformed(err error) message.Message { return message.New("can't be read as a policy: %s", err) }
