package emulator

import (
	"crypto/sha256"
	"encoding/base32"
	"slices"
	"strings"
	"time"

	"sekisho/audit/account"
	"sekisho/audit/lists"
)

type sshKeyPrint struct {
	Uploaded age
	Inactive bool
}

// certificatePrint is a signing certificate, uploaded on the day from which it is valid.
type certificatePrint struct {
	Uploaded     age
	ValidForDays int
}

// credentialPrint is a service-specific credential: an API key, or, of CodeCommit and Keyspaces, a password. Zero days
// are no end.
type credentialPrint struct {
	Service      string // "codecommit"
	Created      age
	ValidForDays int
	APIKey       bool
}

type serverCertificatePrint struct {
	Name         string
	Uploaded     age
	ValidForDays int
}

type contactPrint struct {
	Security, Billing, Operations *account.AlternateContact
}

// analyzerPrint is an access analyzer of a type ("ACCOUNT") in some regions.
type analyzerPrint struct {
	Name, Type string
	Created    age
	Regions    []string
}

// The regions of the partition aws: those that every account uses, and some that one has to opt in to (Account
// Management reference guide, "Enable or disable AWS Regions in your account").
var (
	defaultRegions = []string{
		"ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1", "ap-southeast-1", "ap-southeast-2", "ca-central-1", "eu-central-1",
		"eu-north-1", "eu-west-1", "eu-west-2", "eu-west-3", "sa-east-1", "us-east-1", "us-east-2", "us-west-1", "us-west-2",
	}
	optInRegions = []string{"af-south-1", "ap-east-1", "eu-south-1", "me-central-1", "me-south-1"}
)

// others adds what an account has beyond its users, groups, roles and policies.
func (w *builder) others(s *account.Snapshot) {
	put(w, s, account.ServiceCredentialsAnswer, w.serviceCredentials())
	put(w, s, account.ServerCertificatesAnswer, w.listedServerCertificates())
	features := w.Features
	features.Enabled = lists.OrEmpty(features.Enabled)
	put(w, s, account.OrganizationsFeaturesAnswer, features)
	put(w, s, account.SecurityContactAnswer, w.Contacts.Security)
	put(w, s, account.BillingContactAnswer, w.Contacts.Billing)
	put(w, s, account.OperationsContactAnswer, w.Contacts.Operations)
	put(w, s, account.AccessAnalyzersAnswer, w.accessAnalyzers())
}

func (w *builder) serviceCredentials() []account.ServiceCredential {
	all := []account.ServiceCredential{}
	for _, u := range w.Users {
		for _, c := range u.Credentials {
			credential := account.ServiceCredential{
				ID: exampleID("ACCA", u.Name+c.Service), User: u.Name, Service: c.Service + ".amazonaws.com", Status: "Active", Created: w.ago(c.Created),
				Name: u.Name + "-at-" + w.AccountID, APIKey: c.APIKey,
			}
			if c.ValidForDays > 0 {
				end := w.ago(c.Created - age(c.ValidForDays)*day)
				credential.Expires = &end
			}
			all = append(all, credential)
		}
	}
	return all
}

func (w *builder) listedServerCertificates() []account.ServerCertificate {
	all := []account.ServerCertificate{}
	for _, c := range w.ServerCertificates {
		all = append(all, account.ServerCertificate{
			Name: c.Name, ID: exampleID("ASCA", c.Name), ARN: w.arn("server-certificate/" + c.Name), Path: "/",
			Uploaded: w.ago(c.Uploaded), Expires: w.ago(c.Uploaded - age(c.ValidForDays)*day),
		})
	}
	return all
}

func (w *builder) accessAnalyzers() account.AccessAnalyzers {
	a := account.AccessAnalyzers{ByRegion: make(map[string]*account.Answer[[]account.Analyzer], len(defaultRegions))}
	for _, name := range optInRegions {
		a.Regions = append(a.Regions, account.RegionState{Name: name, State: "DISABLED"})
	}
	for _, name := range defaultRegions {
		a.Regions = append(a.Regions, account.RegionState{Name: name, State: "ENABLED_BY_DEFAULT"})
		analyzers := []account.Analyzer{}
		for _, p := range w.Analyzers {
			if slices.Contains(p.Regions, name) {
				analyzers = append(analyzers, account.Analyzer{
					Name: p.Name, ARN: "arn:aws:access-analyzer:" + name + ":" + w.AccountID + ":analyzer/" + p.Name, Type: p.Type, Status: "ACTIVE",
					Created: w.ago(p.Created), Tags: []account.Tag{},
				})
			}
		}
		a.ByRegion[name] = answer(w, account.AccessAnalyzersAnswer.Actions[1], analyzers)
	}
	slices.SortFunc(a.Regions, func(x, y account.RegionState) int { return strings.Compare(x.Name, y.Name) })
	return a
}

// otherAnswers adds the live answers about a user beyond password, devices and access keys.
func (w *builder) otherAnswers(u userPrint, answers *account.UserAnswers) {
	keys := []account.SSHPublicKey{}
	for _, k := range u.SSHKeys {
		status := "Active"
		if k.Inactive {
			status = "Inactive"
		}
		keys = append(keys, account.SSHPublicKey{ID: exampleID("APKA", u.Name+time.Duration(k.Uploaded).String()), Status: status, Uploaded: w.ago(k.Uploaded)})
	}
	put(w, answers, account.SSHPublicKeysAnswer, keys)
	certificates := []account.ListedCertificate{}
	for _, c := range u.Certificates {
		uploaded := w.ago(c.Uploaded)
		certificates = append(certificates, account.ListedCertificate{
			ID: certificateID(u.Name + time.Duration(c.Uploaded).String()), Status: "Active", Uploaded: uploaded,
			Body: SigningCertificate(u.Name, uploaded, w.ago(c.Uploaded-age(c.ValidForDays)*day)),
		})
	}
	put(w, answers, account.SigningCertificatesAnswer, certificates)
}

// certificateID is the ID of a signing certificate, which has no prefix and at least 24 characters.
func certificateID(name string) string {
	sum := sha256.Sum256([]byte(name))
	return base32.StdEncoding.EncodeToString(sum[:])[:17] + "EXAMPLE"
}
