package emulator

import (
	"time"

	"sekisho/audit/account"
)

// blueprint is an account written down by hand, from which a snapshot is built. Durations in it are ages, before now.
type blueprint struct {
	accountID, alias string
	caller           string // a user's name
	reportAge        time.Duration
	root             rootPrint
	policy           *account.PasswordPolicy
	users            []userPrint
	groups           []groupPrint
	roles            []rolePrint
	policies         []policyPrint
	orphans          []string // the names of virtual MFA devices that are assigned to nobody
	samlProviders    []providerPrint

	serverCertificates []serverCertificatePrint
	features           account.OrganizationsFeatures
	contacts           contactPrint
	analyzers          []analyzerPrint
}

type rootPrint struct {
	created  time.Duration
	password *passwordPrint
	keys     []keyPrint
	hardware bool // a hardware token or a passkey, which no list shows
}

type userPrint struct {
	name, path string
	created    time.Duration
	groups     []string
	attached   []string
	inline     []account.InlinePolicy
	tags       []account.Tag
	password   *passwordPrint
	devices    []devicePrint
	keys       []keyPrint

	sshKeys      []sshKeyPrint
	certificates []certificatePrint
	credentials  []credentialPrint
}

type passwordPrint struct {
	changed, used time.Duration
	mustChange    bool
}

// devicePrint is an MFA device. The serial of all but a hardware token is the part of the ARN after the account.
type devicePrint struct {
	serial  string
	enabled time.Duration
}

// keyPrint is an access key. A deleted one was deleted after the credential report was made, which still tells of it.
type keyPrint struct {
	created, used   time.Duration
	inactive        bool
	deleted         bool
	service, region string
}

type groupPrint struct {
	name     string
	created  time.Duration
	attached []string
	inline   []account.InlinePolicy
}

type rolePrint struct {
	name, path      string
	created, used   time.Duration
	region          string
	trust           string
	attached        []string
	inline          []account.InlinePolicy
	instanceProfile bool
}

// policyPrint is a managed policy: AWS's own where path starts behind "aws:".
type policyPrint struct {
	name, path       string
	aws              bool
	created, updated time.Duration
	document         string
	version          string
}

type providerPrint struct {
	name         string
	created      time.Duration
	validForDays int
}
