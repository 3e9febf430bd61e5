package account

import (
	"cmp"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"slices"
	"time"

	"sekisho/audit/message"
)

func (b *builder) certificates(u *User, c *candidate, live *UserAnswers) {
	u.SigningCertificates = b.certificatesFromReport(u, c)
	u.certificateExpiry = lack[int](b.lackingOf(u.Name, message.New("the end of the signing certificate was not read"), SigningCertificatesSection))
	if certificates, ok := u.SigningCertificates.Get(); ok && len(certificates) == 0 {
		u.certificateExpiry = know(0, u.SigningCertificates.Evidence()...)
	}
	if live == nil || live.SigningCertificates == nil || !live.SigningCertificates.Complete {
		return
	}
	r := live.SigningCertificates
	listed := slices.SortedFunc(slices.Values(r.Value), func(x, y ListedCertificate) int { return cmp.Compare(x.ID, y.ID) })
	certificates := make([]SigningCertificate, len(listed))
	said := eachOf(r, listed, "signing_certificate", func(l ListedCertificate) string { return l.ID + " " + l.Status })
	var unknownEnd *Missing
	for i, l := range listed {
		certificates[i] = SigningCertificate{
			ID: l.ID, Slot: i + 1, Active: l.Status == "Active", Changed: l.Uploaded.UTC(),
			evidence: []Evidence{evidence(r, "signing_certificate", l.ID), evidence(r, "status", l.Status), evidence(r, "uploaded", l.Uploaded.UTC().Format(time.RFC3339))},
		}
		end, err := endOf(l.Body)
		if err != nil {
			unknownEnd = &Missing{Sections: []Section{SigningCertificatesSection}, Reason: message.New("the signing certificate %s can't be read: %s", l.ID, err)}
			certificates[i].Expires = lack[time.Time](unknownEnd)
			continue
		}
		certificates[i].Expires = know(end, evidence(r, "not_after", end.Format(time.RFC3339)))
	}
	u.SigningCertificates = know(certificates, said...)
	u.certificateExpiry = know(len(certificates), said...)
	if unknownEnd != nil {
		u.certificateExpiry = lack[int](unknownEnd)
	}
}

// endOf reads when a certificate in PEM ends, in UTC.
func endOf(body string) (time.Time, error) {
	block, _ := pem.Decode([]byte(body))
	if block == nil {
		return time.Time{}, fmt.Errorf("got no PEM block")
	}
	certificate, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return time.Time{}, err
	}
	return certificate.NotAfter.UTC(), nil
}

func (b *builder) certificatesFromReport(u *User, c *candidate) Known[[]SigningCertificate] {
	return slots(b, u, c, SigningCertificatesSection, "certificate", "cert_", func(_ reportRow, s slot) SigningCertificate {
		return SigningCertificate{
			Slot: s.number, Active: s.active, Changed: s.date, evidence: s.cells,
			Expires: lack[time.Time](b.lackingOf(u.Name, message.New("the end of the signing certificate was not read"), SigningCertificatesSection)),
		}
	})
}

// sshKeys takes the user's SSH public keys from the user's own list, the only place that tells them.
func (b *builder) sshKeys(u *User, live *UserAnswers) {
	if live == nil || live.SSHPublicKeys == nil || !live.SSHPublicKeys.Complete {
		u.SSHKeys = lack[[]SSHPublicKey](b.lackingOf(u.Name, message.New("the user's SSH public keys were not read"), SSHPublicKeysSection))
		return
	}
	r := live.SSHPublicKeys
	said := eachOf(r, r.Value, "ssh_public_key", func(k SSHPublicKey) string { return k.ID + " " + k.Status })
	u.SSHKeys = know(slices.SortedFunc(slices.Values(r.Value), func(x, y SSHPublicKey) int { return cmp.Compare(x.ID, y.ID) }), said...)
}
