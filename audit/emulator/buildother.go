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
	uploaded time.Duration
	inactive bool
}

// certificatePrint is a signing certificate, uploaded on the day from which it is valid.
type certificatePrint struct {
	uploaded     time.Duration
	validForDays int
}

// credentialPrint is a service-specific credential: an API key, or, of CodeCommit and Keyspaces, a password. Zero days
// are no end.
type credentialPrint struct {
	service      string // "codecommit"
	created      time.Duration
	validForDays int
	apiKey       bool
}

type serverCertificatePrint struct {
	name         string
	uploaded     time.Duration
	validForDays int
}

type contactPrint struct {
	security, billing, operations *account.AlternateContact
}

// analyzerPrint is an access analyzer of a type ("ACCOUNT") in some regions.
type analyzerPrint struct {
	name, kind string
	created    time.Duration
	regions    []string
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
	features := w.features
	features.Enabled = lists.OrEmpty(features.Enabled)
	put(w, s, account.OrganizationsFeaturesAnswer, features)
	put(w, s, account.SecurityContactAnswer, w.contacts.security)
	put(w, s, account.BillingContactAnswer, w.contacts.billing)
	put(w, s, account.OperationsContactAnswer, w.contacts.operations)
	put(w, s, account.AccessAnalyzersAnswer, w.accessAnalyzers())
}

func (w *builder) serviceCredentials() []account.ServiceCredential {
	all := []account.ServiceCredential{}
	for _, u := range w.users {
		for _, c := range u.credentials {
			credential := account.ServiceCredential{
				ID: exampleID("ACCA", u.name+c.service), User: u.name, Service: c.service + ".amazonaws.com", Status: "Active", Created: w.ago(c.created),
				Name: u.name + "-at-" + w.accountID, APIKey: c.apiKey,
			}
			if c.validForDays > 0 {
				end := w.ago(c.created).Add(time.Duration(c.validForDays) * day)
				credential.Expires = &end
			}
			all = append(all, credential)
		}
	}
	return all
}

func (w *builder) listedServerCertificates() []account.ServerCertificate {
	all := []account.ServerCertificate{}
	for _, c := range w.serverCertificates {
		uploaded := w.ago(c.uploaded)
		all = append(all, account.ServerCertificate{
			Name: c.name, ID: exampleID("ASCA", c.name), ARN: w.arn("server-certificate/" + c.name), Path: "/",
			Uploaded: uploaded, Expires: uploaded.Add(time.Duration(c.validForDays) * day),
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
		for _, p := range w.analyzers {
			if slices.Contains(p.regions, name) {
				analyzers = append(analyzers, account.Analyzer{
					Name: p.name, ARN: "arn:aws:access-analyzer:" + name + ":" + w.accountID + ":analyzer/" + p.name, Type: p.kind, Status: "ACTIVE",
					Created: w.ago(p.created), Tags: []account.Tag{},
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
	for _, k := range u.sshKeys {
		status := "Active"
		if k.inactive {
			status = "Inactive"
		}
		keys = append(keys, account.SSHPublicKey{ID: exampleID("APKA", u.name+k.uploaded.String()), Status: status, Uploaded: w.ago(k.uploaded)})
	}
	put(w, answers, account.SSHPublicKeysAnswer, keys)
	certificates := []account.ListedCertificate{}
	for _, c := range u.certificates {
		uploaded := w.ago(c.uploaded)
		certificates = append(certificates, account.ListedCertificate{
			ID: certificateID(u.name + c.uploaded.String()), Status: "Active", Uploaded: uploaded,
			Body: SigningCertificate(u.name, uploaded, uploaded.Add(time.Duration(c.validForDays)*day)),
		})
	}
	put(w, answers, account.SigningCertificatesAnswer, certificates)
}

// certificateID is the ID of a signing certificate, which has no prefix and at least 24 characters.
func certificateID(name string) string {
	sum := sha256.Sum256([]byte(name))
	return base32.StdEncoding.EncodeToString(sum[:])[:17] + "EXAMPLE"
}
