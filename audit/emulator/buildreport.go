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
	root := w.Root
	password := w.passwordCells(root.Password)
	password[len(password)-1] = "not_supported" // root's password never expires
	write(slices.Concat([]string{account.RootUserName, w.arn("root"), date(w.ago(root.Created))}, password,
		[]string{strconv.FormatBool(root.Hardware)}, w.keyCells(root.Keys), w.certificateCells(nil))...)
	for _, u := range w.Users {
		write(slices.Concat([]string{u.Name, w.userARN(u), date(w.ago(u.Created))}, w.passwordCells(u.Password),
			[]string{strconv.FormatBool(len(u.Devices) > 0)}, w.keyCells(u.Keys), w.certificateCells(u.Certificates))...)
	}
	out.Flush()
	return account.CredentialReport{GeneratedAt: w.ago(w.ReportAge), Content: strings.TrimSuffix(text.String(), "\n")}
}

// passwordCells are the cells from password_enabled to password_next_rotation.
func (w *builder) passwordCells(p *passwordPrint) []string {
	if p == nil {
		return []string{"false", "N/A", "N/A", "N/A"}
	}
	used, next := "no_information", "N/A"
	if p.Used != never {
		used = date(w.ago(p.Used))
	}
	if w.Policy != nil && w.Policy.ExpirePasswords {
		next = date(w.ago(p.Changed - age(w.Policy.MaxPasswordAgeDays)*day))
	}
	return []string{"true", used, date(w.ago(p.Changed)), next}
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
		cells = append(cells, strconv.FormatBool(!k.Inactive), date(w.ago(k.Created)))
		if k.Used == never {
			cells = append(cells, "N/A", "N/A", "N/A")
			continue
		}
		cells = append(cells, date(w.ago(k.Used)), cmp.Or(k.Region, "N/A"), k.Service)
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
		cells = append(cells, "true", date(w.ago(certificates[i].Uploaded)))
	}
	return cells
}

func date(t time.Time) string { return t.UTC().Format(time.RFC3339) }
