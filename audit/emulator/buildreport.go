package emulator

import (
	"cmp"
	"encoding/csv"
	"slices"
	"strconv"
	"strings"
	"time"

	"sekisho/audit/account"
)

// reportColumns are the 22 columns of the credential report of an ordinary account (IAM User Guide, "Get credential
// reports").
var reportColumns = []string{
	"user", "arn", "user_creation_time", "password_enabled", "password_last_used", "password_last_changed", "password_next_rotation", "mfa_active",
	"access_key_1_active", "access_key_1_last_rotated", "access_key_1_last_used_date", "access_key_1_last_used_region", "access_key_1_last_used_service",
	"access_key_2_active", "access_key_2_last_rotated", "access_key_2_last_used_date", "access_key_2_last_used_region", "access_key_2_last_used_service",
	"cert_1_active", "cert_1_last_rotated", "cert_2_active", "cert_2_last_rotated",
}

// report is the credential report: root first, then the users, and no newline at its end. It says what it said when it
// was made.
func (w *builder) report() account.CredentialReport {
	var text strings.Builder
	out := csv.NewWriter(&text)
	write := func(cells ...string) { _ = out.Write(cells) } // a Builder takes everything
	write(reportColumns...)
	root := w.root
	password := w.passwordCells(root.password)
	password[len(password)-1] = "not_supported" // root's password never expires
	write(slices.Concat([]string{account.RootUserName, w.arn("root"), date(w.ago(root.created))}, password,
		[]string{strconv.FormatBool(root.hardware)}, w.keyCells(root.keys), w.certificateCells(nil))...)
	for _, u := range w.users {
		write(slices.Concat([]string{u.name, w.userARN(u), date(w.ago(u.created))}, w.passwordCells(u.password),
			[]string{strconv.FormatBool(len(u.devices) > 0)}, w.keyCells(u.keys), w.certificateCells(u.certificates))...)
	}
	out.Flush()
	return account.CredentialReport{GeneratedAt: w.ago(w.reportAge), Content: strings.TrimSuffix(text.String(), "\n")}
}

// passwordCells are the cells from password_enabled to password_next_rotation.
func (w *builder) passwordCells(p *passwordPrint) []string {
	if p == nil {
		return []string{"false", "N/A", "N/A", "N/A"}
	}
	used, next := "no_information", "N/A"
	if p.used != never {
		used = date(w.ago(p.used))
	}
	if w.policy != nil && w.policy.ExpirePasswords {
		next = date(w.ago(p.changed).Add(time.Duration(w.policy.MaxPasswordAgeDays) * day))
	}
	return []string{"true", used, date(w.ago(p.changed)), next}
}

// keyCells are the cells of both keys.
func (w *builder) keyCells(keys []keyPrint) []string {
	var cells []string
	for i := range 2 {
		if i >= len(keys) {
			cells = append(cells, "false", "N/A", "N/A", "N/A", "N/A")
			continue
		}
		k := keys[i]
		cells = append(cells, strconv.FormatBool(!k.inactive), date(w.ago(k.created)))
		if k.used == never {
			cells = append(cells, "N/A", "N/A", "N/A")
			continue
		}
		cells = append(cells, date(w.ago(k.used)), cmp.Or(k.region, "N/A"), k.service)
	}
	return cells
}

// certificateCells are the cells of both signing certificates.
func (w *builder) certificateCells(certificates []certificatePrint) []string {
	var cells []string
	for i := range 2 {
		if i >= len(certificates) {
			cells = append(cells, "false", "N/A")
			continue
		}
		cells = append(cells, "true", date(w.ago(certificates[i].uploaded)))
	}
	return cells
}

func date(t time.Time) string { return t.UTC().Format(time.RFC3339) }
