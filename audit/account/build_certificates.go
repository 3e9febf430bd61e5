package account

import (
	"cmp"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"slices"
	"strconv"
	"time"
)

func (b *builder) certificates(u *User, c *candidate, live *UserAnswers) {
	u.SigningCertificates = b.certificatesFromReport(u, c)
	u.certificateExpiry = lack[int](b.lackingOf(u.Name, "the end of the signing certificate was not read", SigningCertificatesSection))
	if certificates, ok := u.SigningCertificates.Get(); ok && len(certificates) == 0 {
		u.certificateExpiry = know(0, u.SigningCertificates.Evidence()...)
	}
	if live == nil || live.SigningCertificates == nil || !live.SigningCertificates.Complete {
		return
	}
	r := live.SigningCertificates
	listed := slices.SortedFunc(slices.Values(r.Value), func(x, y ListedCertificate) int { return cmp.Compare(x.ID, y.ID) })
	certificates := make([]SigningCertificate, len(listed))
	said := make([]Evidence, len(listed))
	var unknownEnd *Missing
	for i, l := range listed {
		said[i] = evidence(r, "signing_certificate", l.ID+" "+l.Status)
		certificates[i] = SigningCertificate{
			ID: l.ID, Slot: i + 1, Active: l.Status == "Active", Changed: l.Uploaded.UTC(),
			evidence: []Evidence{evidence(r, "signing_certificate", l.ID), evidence(r, "status", l.Status), evidence(r, "uploaded", l.Uploaded.UTC().Format(time.RFC3339))},
		}
		end, err := endOf(l.Body)
		if err != nil {
			m := Missing{Sections: []Section{SigningCertificatesSection}, Reason: fmt.Sprintf("the signing certificate %s can't be read: %v", l.ID, err)}
			unknownEnd = &m
			certificates[i].Expires = lack[time.Time](m)
			continue
		}
		certificates[i].Expires = know(end, evidence(r, "not_after", end.Format(time.RFC3339)))
	}
	if len(said) == 0 {
		said = []Evidence{evidence(r, "signing_certificates", "0")}
	}
	u.SigningCertificates = know(certificates, said...)
	u.certificateExpiry = know(len(certificates), said...)
	if unknownEnd != nil {
		u.certificateExpiry = lack[int](*unknownEnd)
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

// certificatesFromReport reads the report's two certificates. An inactive one keeps its date; N/A in both means that
// there's no such one.
func (b *builder) certificatesFromReport(u *User, c *candidate) Known[[]SigningCertificate] {
	if c.row == nil {
		return lack[[]SigningCertificate](b.noRow(u, c, SigningCertificatesSection))
	}
	row := *c.row
	odd := func(err error) Known[[]SigningCertificate] {
		return lack[[]SigningCertificate](b.oddCell(u, err, SigningCertificatesSection))
	}
	if b.leavesOut(row) {
		return odd(errLeavesOut)
	}
	certificates := []SigningCertificate{}
	var said []Evidence
	for slot := 1; slot <= 2; slot++ {
		prefix := "cert_" + strconv.Itoa(slot) + "_"
		active, err := row.boolean(prefix + "active")
		if err != nil {
			return odd(err)
		}
		changed, err := row.date(prefix + "last_rotated")
		if err != nil {
			return odd(err)
		}
		cells := b.reportEvidence(row, prefix+"active", prefix+"last_rotated")
		said = append(said, cells...)
		switch {
		case active && changed.IsZero():
			return odd(fmt.Errorf("the credential report tells no date for the active certificate %d (%slast_rotated)", slot, prefix))
		case active || !changed.IsZero():
			certificates = append(certificates, SigningCertificate{
				Slot: slot, Active: active, Changed: changed, evidence: cells,
				Expires: lack[time.Time](b.lackingOf(u.Name, "the end of the signing certificate was not read", SigningCertificatesSection)),
			})
		}
	}
	return know(certificates, said...)
}

// sshKeys takes the user's SSH public keys from the user's own list, the only place that tells them.
func (b *builder) sshKeys(u *User, live *UserAnswers) {
	if live == nil || live.SSHPublicKeys == nil || !live.SSHPublicKeys.Complete {
		u.SSHKeys = lack[[]SSHPublicKey](b.lackingOf(u.Name, "the user's SSH public keys were not read", SSHPublicKeysSection))
		return
	}
	r := live.SSHPublicKeys
	said := make([]Evidence, len(r.Value))
	for i, k := range r.Value {
		said[i] = evidence(r, "ssh_public_key", k.ID+" "+k.Status)
	}
	if len(said) == 0 {
		said = []Evidence{evidence(r, "ssh_public_keys", "0")}
	}
	u.SSHKeys = know(slices.SortedFunc(slices.Values(r.Value), func(x, y SSHPublicKey) int { return cmp.Compare(x.ID, y.ID) }), said...)
}
