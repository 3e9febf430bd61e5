package clifiles

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"sekisho/audit/account"
)

// serviceCredentials are the service-specific credentials. Without --all-users AWS lists one user's alone, and nothing in that answer says
// so.
type serviceCredentials struct {
	list[account.ServiceCredential]
	allUsers bool   // some answer says that it is of all users, or names two
	file     string // the last of those that don't
}

func (r *reader) takeServiceCredentials(file string, value json.RawMessage, more bool) error {
	answer, err := decode[struct {
		AllUsers                   bool
		ServiceSpecificCredentials []struct {
			ServiceSpecificCredentialId, UserName, ServiceName, Status string
			ServiceUserName, ServiceCredentialAlias                    string
			CreateDate, ExpirationDate                                 *stamp
		}
	}](value, "service-specific credentials")
	if err != nil {
		return err
	}
	if answer.ServiceSpecificCredentials == nil {
		return errNoList
	}
	credentials := make([]account.ServiceCredential, len(answer.ServiceSpecificCredentials))
	users := map[string]bool{}
	for i, c := range answer.ServiceSpecificCredentials {
		credentials[i] = account.ServiceCredential{
			ID: c.ServiceSpecificCredentialId, User: c.UserName, Service: c.ServiceName, Status: c.Status,
			Created: c.CreateDate.orZero(), Expires: c.ExpirationDate.or(), Name: cmp.Or(c.ServiceUserName, c.ServiceCredentialAlias),
			APIKey: account.IsAPIKey(c.ServiceName, c.ServiceUserName),
		}
		users[c.UserName] = true
	}
	err = check(account.ServiceCredentialsSection, func(s *account.Snapshot) {
		s.ServiceCredentials = answerOf(account.ServiceCredentialsSection, credentials)
	})
	if err != nil {
		return err
	}
	r.credentials.add(file, more)
	if answer.AllUsers || len(users) > 1 {
		r.credentials.allUsers = true
	} else {
		r.credentials.file = file
	}
	for _, c := range credentials {
		r.told(&c.Created)
		if err := r.credentials.put(file, "the service-specific credential "+c.ID, c.ID, c); err != nil {
			return err
		}
	}
	return nil
}

func (r *reader) takeServerCertificates(file string, value json.RawMessage, more bool) error {
	answer, err := decode[struct {
		ServerCertificateMetadataList []struct {
			ServerCertificateName, ServerCertificateId, Arn, Path string
			UploadDate, Expiration                                *stamp
		}
	}](value, "server certificates")
	if err != nil {
		return err
	}
	if answer.ServerCertificateMetadataList == nil {
		return errNoList
	}
	certificates := make([]account.ServerCertificate, len(answer.ServerCertificateMetadataList))
	for i, c := range answer.ServerCertificateMetadataList {
		certificates[i] = account.ServerCertificate{
			Name: c.ServerCertificateName, ID: c.ServerCertificateId, ARN: c.Arn, Path: c.Path,
			Uploaded: c.UploadDate.orZero(), Expires: c.Expiration.orZero(),
		}
	}
	err = check(account.ServerCertificatesSection, func(s *account.Snapshot) {
		s.ServerCertificates = answerOf(account.ServerCertificatesSection, certificates)
	})
	if err != nil {
		return err
	}
	r.certificates.add(file, more)
	for _, c := range certificates {
		r.told(&c.Uploaded) // when it expires may be still to come
		if err := r.owned(file, c.ARN); err != nil {
			return err
		}
		if err := r.certificates.put(file, "the server certificate "+c.Name, c.ARN, c); err != nil {
			return err
		}
	}
	return nil
}

func (r *reader) takeOrganizationsFeatures(file string, value json.RawMessage, _ bool) error {
	answer, err := decode[struct {
		OrganizationId  string
		EnabledFeatures []string
	}](value, "the organization's features")
	if err != nil {
		return err
	}
	if answer.EnabledFeatures == nil {
		return errNoList
	}
	return r.features.set(file, "the organization's features", account.OrganizationsFeatures{OrganizationID: answer.OrganizationId, Enabled: answer.EnabledFeatures})
}

// contactSections are the sections of the alternate contacts, by AWS's names of their types.
var contactSections = map[string]account.Section{
	"SECURITY": account.SecurityContactSection, "BILLING": account.BillingContactSection, "OPERATIONS": account.OperationsContactSection,
}

// contactNoun is how messages name a contact: "security contact".
func contactNoun(section account.Section) string {
	return strings.ReplaceAll(string(section), "-", " ")
}

func (r *reader) contact(section account.Section) *single[*account.AlternateContact] {
	return entry(r.contacts, string(section))
}

func (r *reader) takeAlternateContact(file string, value json.RawMessage, _ bool) error {
	answer, err := decode[struct {
		AlternateContact *struct{ AlternateContactType, Name, Title, EmailAddress, PhoneNumber string }
	}](value, "an alternate contact")
	if err != nil {
		return err
	}
	c := answer.AlternateContact
	if c == nil {
		return errors.New("got an AlternateContact of null, want an object")
	}
	section, ok := contactSections[c.AlternateContactType]
	if !ok {
		return fmt.Errorf("got an alternate contact of type %q, want SECURITY, BILLING or OPERATIONS", c.AlternateContactType)
	}
	contact := &account.AlternateContact{Name: c.Name, Title: c.Title, Email: c.EmailAddress, Phone: c.PhoneNumber}
	if *contact == (account.AlternateContact{}) {
		return fmt.Errorf("got a %s without name, e-mail and phone", contactNoun(section))
	}
	return r.contact(section).set(file, "the "+contactNoun(section), contact)
}
