package access

import (
	"slices"
	"sync"

	"sekisho/audit/policy"
)

// administratorAccess is the policy that is attached by someone who may choose.
const administratorAccess = "iam::aws:policy/AdministratorAccess"

// gained is the policy that a subject attaches to itself where it may choose.
var gained = sync.OnceValue(func() *policy.Document {
	return constant(policy.Identity, `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`)
})

// constant parses a policy that is written down here.
func constant(kind policy.Kind, text string) *policy.Document {
	d, err := policy.Parse("", kind, []byte(text))
	if err != nil {
		panic(err)
	}
	return d
}

// held leaves out the statement that nobody holds yet.
func held(refs []string) []string {
	return slices.DeleteFunc(slices.Clone(refs), func(ref string) bool { return ref == gained().Statements[0].Ref() })
}

// openTrust is what a subject that may write a trust policy makes of it: a policy that names the subject. A user's ARN,
// or that of a role's session, needs neither an identity policy nor room in the boundary (Guide,
// reference_policies_evaluation-logic); only a Deny stops it.
var openTrust = sync.OnceValue(func() *policy.Document {
	return constant(policy.Trust, `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole"}}`)
})
