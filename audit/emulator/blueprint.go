package emulator

import (
	"cmp"
	"strconv"
	"strings"
	"time"

	"sekisho/audit/account"
)

// age is how long ago something was. Accounts are written down with ages, not dates, so that their dates move with the
// clock.
type age time.Duration

const (
	day   = 24 * age(time.Hour)
	never = age(-1) // of what didn't happen
)

// UnmarshalText reads "never", or days and what Go makes of the rest: "63d23h58m".
func (a *age) UnmarshalText(text []byte) error {
	if string(text) == "never" {
		*a = never
		return nil
	}
	var days age
	count, rest, ok := strings.Cut(string(text), "d")
	if ok {
		n, err := strconv.Atoi(count)
		if err != nil {
			return err
		}
		days, count = age(n)*day, cmp.Or(rest, "0")
	}
	d, err := time.ParseDuration(count)
	*a = days + age(d)
	return err
}

// blueprint is an account written down by hand, from which a snapshot is built.
type blueprint struct {
	AccountID, Alias string
	Caller           string // a user's name
	ReportAge        age
	Root             rootPrint
	Policy           *account.PasswordPolicy
	Users            []userPrint
	Groups           []groupPrint
	Roles            []rolePrint
	Policies         []policyPrint
	Orphans          []string // the names of virtual MFA devices that are assigned to nobody
	SAMLProviders    []providerPrint
	OIDCProviders    []string // their issuers

	ServerCertificates []serverCertificatePrint
	Features           account.OrganizationsFeatures
	Contacts           contactPrint
	Analyzers          []analyzerPrint
}

type rootPrint struct {
	Created  age
	Password *passwordPrint
	Keys     []keyPrint
	Hardware bool // a hardware token or a passkey, which no list shows
}

type userPrint struct {
	Name, Path string
	Created    age
	Groups     []string
	Attached   []string
	Boundary   string // a policy's name
	Inline     inlinePrint
	Tags       []account.Tag
	Password   *passwordPrint
	Devices    []devicePrint
	Keys       []keyPrint

	SSHKeys      []sshKeyPrint
	Certificates []certificatePrint
	Credentials  []credentialPrint
}

type passwordPrint struct {
	Changed, Used age
	MustChange    bool
}

// devicePrint is an MFA device. The serial of all but a hardware token is the part of the ARN after the account.
type devicePrint struct {
	Serial  string
	Enabled age
}

// keyPrint is an access key. A deleted one was deleted after the credential report was made, which still tells of it.
type keyPrint struct {
	Created, Used   age
	Inactive        bool
	Deleted         bool
	Service, Region string
}

type groupPrint struct {
	Name     string
	Created  age
	Attached []string
	Inline   inlinePrint
}

type rolePrint struct {
	Name, Path      string
	Created, Used   age
	Region          string
	Trust           string // as of trust
	Attached        []string
	Boundary        string
	Inline          inlinePrint
	InstanceProfile bool
}

// inlinePrint are inline policies: their names, and their documents or the names of embedded ones.
type inlinePrint map[string]string

// policyPrint is a managed policy. Without a document it has the one that is embedded under its name. One of AWS's own is
// at version v2.
type policyPrint struct {
	Name, Path       string
	AWS              bool
	Created, Updated age
	Version          string
	Document         string
}

type providerPrint struct {
	Name         string
	Created      age
	ValidForDays int
}
