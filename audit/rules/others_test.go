package rules_test

import (
	"crypto/ed25519"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"strings"
	"testing"
	"time"

	"sekisho/audit"
	"sekisho/audit/account"
)

// others applies the lines about other credentials and the account, and reports whether it was one.
func (c *setup) others(what string, words []string) bool {
	switch what {
	case "limit":
		entry := audit.UserThresholds{Users: list(words[0]), Values: map[string]int{}}
		for key, text := range values(words[1:]) {
			entry.Values[key] = c.number(text)
		}
		c.settings.UserThresholds = append(c.settings.UserThresholds, entry)
	case "credential":
		c.credential(words[0], words[1], words[2], values(words[3:]))
	case "server-certificate":
		c.s.ServerCertificates.Value = append(c.s.ServerCertificates.Value, account.ServerCertificate{
			Name: words[0], ID: "ASCA" + id(words[0]), ARN: c.arn("server-certificate/" + words[0]), Path: "/",
			Uploaded: c.at("-400d"), Expires: c.at(values(words)["expires"]),
		})
	case "organization":
		v := values(words)
		c.s.OrganizationsFeatures.Value = account.OrganizationsFeatures{Enabled: append([]string{}, list(v["enabled"])...), Refusal: v["refused"]}
	case "contact":
		c.contact(words[0], words[1:])
	case "region":
		c.region(words[0], words[1:])
	default:
		return false
	}
	return true
}

func (c *setup) credential(user, id, service string, v map[string]string) {
	_, isKey := v["api-key"]
	credential := account.ServiceCredential{
		ID: id, User: user, Service: service + ".amazonaws.com", Status: or(v["status"], "Active"), Created: c.at(v["created"]),
		Name: user + "-at-123456789012", APIKey: isKey,
	}
	if v["expires"] != "" {
		end := c.at(v["expires"])
		credential.Expires = &end
	}
	c.s.ServiceCredentials.Value = append(c.s.ServiceCredentials.Value, credential)
}

func (c *setup) contact(kind string, words []string) {
	contacts := map[string]*account.Answer[*account.AlternateContact]{
		"security": c.s.SecurityContact, "billing": c.s.BillingContact, "operations": c.s.OperationsContact,
	}
	if contacts[kind] == nil {
		c.t.Fatalf("got a contact for %q, want one for security, billing or operations", kind)
	}
	if contacts[kind].Value = nil; words[0] != "none" {
		v := values(words)
		contacts[kind].Value = &account.AlternateContact{Name: kind, Title: kind, Email: v["email"], Phone: v["phone"]}
	}
}

func (c *setup) region(name string, words []string) {
	state, analyzers := "ENABLED", []account.Analyzer{}
	for _, word := range words {
		parts := strings.Split(word, ":")
		if len(parts) == 1 {
			state = word
			continue
		}
		analyzer := account.Analyzer{
			Name: parts[0], ARN: "arn:aws:access-analyzer:" + name + ":123456789012:analyzer/" + parts[0],
			Type: parts[1], Status: parts[2], Created: c.at("-300d"), Tags: []account.Tag{},
		}
		for _, key := range list(strings.Join(parts[3:], ",")) {
			analyzer.Tags = append(analyzer.Tags, account.Tag{Key: key, Value: "x"})
		}
		analyzers = append(analyzers, analyzer)
	}
	r := c.s.AccessAnalyzers
	if name == "none" {
		r.Value = account.AccessAnalyzers{Regions: []account.RegionState{}, ByRegion: map[string]*account.Answer[[]account.Analyzer]{}}
		return
	}
	region := account.RegionState{Name: name, State: state}
	r.Value.Regions = append(r.Value.Regions, region)
	if region.Enabled() {
		r.Value.ByRegion[name] = answer(c, "access-analyzer:ListAnalyzers", analyzers)
	}
}

// otherAnswers adds the live answers about a user's SSH public keys and signing certificates.
func (c *setup) otherAnswers(answers *account.UserAnswers, v map[string]string) {
	if keys, ok := v["ssh"]; ok {
		answers.SSHPublicKeys = answer(c, "iam:ListSSHPublicKeys", []account.SSHPublicKey{})
		for _, key := range list(keys) {
			parts := strings.Split(key, ":")
			answers.SSHPublicKeys.Value = append(answers.SSHPublicKeys.Value, account.SSHPublicKey{ID: parts[0], Status: parts[1], Uploaded: c.at(parts[2])})
		}
	}
	if certificates, ok := v["certs"]; ok {
		answers.SigningCertificates = answer(c, "iam:ListSigningCertificates", []account.ListedCertificate{})
		for _, certificate := range list(certificates) {
			parts := strings.Split(certificate, ":")
			body := "torn"
			if parts[3] != "torn" {
				body = certificateUntil(c.t, c.at(parts[3]))
			}
			answers.SigningCertificates.Value = append(answers.SigningCertificates.Value,
				account.ListedCertificate{ID: parts[0], Status: parts[1], Uploaded: c.at(parts[2]), Body: body})
		}
	}
}

// certificateUntil makes a certificate, in PEM, that ends at a time.
func certificateUntil(t testing.TB, end time.Time) string {
	t.Helper()
	key := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: end.AddDate(-5, 0, 0), NotAfter: end}
	der, err := x509.CreateCertificate(nil, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}
