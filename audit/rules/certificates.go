package rules

import (
	"slices"

	"sekisho/audit"
	"sekisho/audit/account"
	"sekisho/audit/message"
)

var signingCertificate = &audit.Rule{
	ID:       "signing-certificate",
	Title:    "Active X.509 signing certificates are young and valid",
	Problem:  "An active signing certificate is too old or has expired",
	Category: audit.CategoryOther,
	Severity: audit.Medium,
	Ages:     true,
	Needs:    []account.Fact{account.UserSigningCertificates},
	Uses:     []account.Fact{account.UserCertificateExpiry, account.UserTags},
	Why: "A signing certificate signs requests of old SOAP interfaces, like an access key, and people forget it more easily than a key. AWS does " +
		"not record its use; an old or expired one that is still active usually belongs to nobody any more.",
	How: "Judges each active certificate by itself and fails when its end (NotAfter) has come, or it was uploaded more than " +
		"thresholds.signing_certificate_max_age_days (365" + unlessOwn + ") ago. The credential report tells the upload; the end is read " +
		"with iam:ListSigningCertificates, for users with an active certificate that is not too old already, and is unknown where the " +
		"certificate cannot be read. Not applicable to users without an active signing certificate.",
	Fix: fix(reference("UpdateSigningCertificate"),
		do("Console: IAM, Users, the user, Security credentials, X.509 signing certificates: deactivate the certificate",
			"aws iam update-signing-certificate --user-name NAME --certificate-id ID --status Inactive"),
		do("Delete it when nothing has missed it for some days", "aws iam delete-signing-certificate --user-name NAME --certificate-id ID")),
	Check: ofUsers(activeCertificates, message.New("no active signing certificate"), checkSigningCertificates),
}

func activeCertificates(u *account.User) []account.SigningCertificate {
	return slices.DeleteFunc(slices.Clone(u.SigningCertificates.Value()), func(c account.SigningCertificate) bool { return !c.Active })
}

// checkSigningCertificates answers unknown once for the user where the verdict on a certificate depends on an end that
// is not known.
func checkSigningCertificates(p *audit.Pass, u *account.User, active []account.SigningCertificate, limits audit.Thresholds) {
	days, sure := limits.SigningCertificateMaxAgeDays, true
	for _, c := range active {
		end, known := c.Expires.Get()
		switch {
		case known && !end.After(p.Now):
			failCertificate(p, u, c, message.New("signing certificate expired on %s (uploaded %s)", end, c.Changed))
		case p.OlderThan(c.Changed, days):
			text := message.New("signing certificate is %s old (uploaded %s)", message.Days(p.Days(c.Changed)), c.Changed)
			failCertificate(p, u, c, text).Note(ownLimit(days, p.Thresholds.SigningCertificateMaxAgeDays, message.Days))
		case known:
			p.Pass(u.Certificate(c), c.Evidence()...)
		default:
			sure = false
		}
	}
	if !sure {
		p.Require(u, account.UserCertificateExpiry)
	}
}

// failCertificate fails one certificate and has its ID read: the credential report knows it by number only.
func failCertificate(p *audit.Pass, u *account.User, c account.SigningCertificate, text message.Message) *audit.Finding {
	evidence := c.Evidence()
	if c.ID == "" {
		p.Detail(u, account.UserCertificateExpiry)
		text = asOf(text, evidence)
	}
	return p.Fail(u.Certificate(c), text, evidence...)
}

var serverCertificateExpired = &audit.Rule{
	ID:       "server-certificate-expired",
	Title:    "No server certificate in IAM has expired",
	Problem:  "A server certificate in IAM has expired",
	Category: audit.CategoryOther,
	Severity: audit.High,
	Ages:     true,
	Uses:     []account.Fact{account.ServerCertificateList},
	Why: "A load balancer or distribution that gets an expired certificate by mistake turns its visitors away, or teaches them to ignore " +
		"warnings. IAM does not renew certificates; AWS Certificate Manager does.",
	How: "Fails for each certificate of iam:ListServerCertificates that has expired. It does not matter whether anything uses it. The rule does " +
		"not look at the certificates of AWS Certificate Manager. Not applicable to an account that keeps no server certificate in IAM.",
	Fix: fix(guide("id_credentials_server-certs"),
		do("See what uses it: load balancers and distributions name it by its ARN", "aws iam get-server-certificate --server-certificate-name NAME"),
		do("Replace one that is in use by a certificate of AWS Certificate Manager"),
		do("Delete it; the console doesn't show server certificates of IAM", "aws iam delete-server-certificate --server-certificate-name NAME")),
	Check: func(p *audit.Pass) {
		for c := range p.ServerCertificates() {
			evidence := entryEvidence(p.Account.ServerCertificateCount.Evidence(), "expiration", c.Name+" "+second(c.Expires))
			p.Decide(c, c.Expires.After(p.Now), message.New("server certificate expired on %s", c.Expires), evidence...)
		}
	},
}
