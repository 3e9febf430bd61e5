package clifiles

import (
	"encoding/json"
	"errors"
	"fmt"

	"sekisho/audit/account"
)

// keyUse is the last use of some key of a user's, and the file that tells it.
type keyUse struct {
	file string
	use  account.KeyLastUsed
}

func (r *reader) profile(user string) *single[*account.LoginProfile] { return entry(r.profiles, user) }

// entry returns a map's entry, made on first use.
func entry[T any](m map[string]*T, key string) *T {
	if m[key] == nil {
		m[key] = new(T)
	}
	return m[key]
}

// takeUser takes one user as aws iam get-user tells of him. Root, who has no name there, is no user.
func (r *reader) takeUser(file string, value json.RawMessage, _ bool) error {
	answer, err := decode[struct{ User *listedUser }](value, "a user")
	if err != nil {
		return err
	}
	if answer.User == nil {
		return errors.New("got a User of null, want an object")
	}
	user := answer.User.user()
	if user.Name == "" {
		r.warn(file, "is a user without a name; it was not used")
		return nil
	}
	if err := checkUser(&account.UserAnswers{User: answerOf(account.UserSection, user)}); err != nil {
		return err
	}
	r.told(&user.Created, user.PasswordLastUsed)
	if err := r.owned(file, user.ARN); err != nil {
		return err
	}
	return entry(r.asked, user.Name).set(file, "the user "+user.Name, user)
}

func (r *reader) takeLoginProfile(file string, value json.RawMessage, _ bool) error {
	answer, err := decode[struct {
		LoginProfile *struct {
			UserName              string
			CreateDate            *stamp
			PasswordResetRequired bool
		}
	}](value, "a login profile")
	if err != nil {
		return err
	}
	p := answer.LoginProfile
	if p == nil || p.CreateDate == nil {
		return errors.New("got a login profile without a CreateDate")
	}
	if p.UserName == "" {
		r.warn(file, "is a login profile that names no user; it was not used")
		return nil
	}
	r.told(p.CreateDate.or())
	return r.profile(p.UserName).set(file, "the login profile of "+p.UserName, &account.LoginProfile{Created: p.CreateDate.Time, PasswordResetRequired: p.PasswordResetRequired})
}

func (r *reader) takeMFADevices(file string, value json.RawMessage, more bool) error {
	answer, err := decode[struct {
		UserName   string
		MFADevices []struct {
			UserName, SerialNumber string
			EnableDate             *stamp
		}
	}](value, "a user's MFA devices")
	if err != nil {
		return err
	}
	if answer.MFADevices == nil {
		return errNoList
	}
	owners := make([]string, len(answer.MFADevices))
	for i, d := range answer.MFADevices {
		owners[i] = d.UserName
	}
	user, ok, err := r.onlyUser(file, "list of MFA devices", answer.UserName, owners)
	if err != nil || !ok {
		return err
	}
	devices := entry(r.devices, user)
	devices.add(file, more)
	for _, d := range answer.MFADevices {
		device := account.ListedMFADevice{Serial: d.SerialNumber, EnabledSince: d.EnableDate.orZero()}
		r.told(&device.EnabledSince)
		if err := r.owned(file, d.SerialNumber); err != nil {
			return err
		}
		if err := devices.put(file, "the MFA device "+d.SerialNumber, d.SerialNumber, device); err != nil {
			return err
		}
	}
	return checkUser(&account.UserAnswers{MFADevices: answerOf(account.MFADevicesSection, devices.all())})
}

func (r *reader) takeAccessKeys(file string, value json.RawMessage, more bool) error {
	answer, err := decode[struct {
		UserName          string
		AccessKeyMetadata []struct {
			UserName, AccessKeyId, Status string
			CreateDate                    *stamp
		}
	}](value, "a user's access keys")
	if err != nil {
		return err
	}
	if answer.AccessKeyMetadata == nil {
		return errNoList
	}
	owners := make([]string, len(answer.AccessKeyMetadata))
	for i, k := range answer.AccessKeyMetadata {
		owners[i] = k.UserName
	}
	user, ok, err := r.onlyUser(file, "list of access keys", answer.UserName, owners)
	if err != nil || !ok {
		return err
	}
	keys := entry(r.keys, user)
	keys.add(file, more)
	for _, k := range answer.AccessKeyMetadata {
		key := account.ListedAccessKey{ID: k.AccessKeyId, Status: k.Status, Created: k.CreateDate.orZero()}
		r.told(&key.Created)
		if err := keys.put(file, "the access key "+k.AccessKeyId, k.AccessKeyId, key); err != nil {
			return err
		}
	}
	return checkUser(&account.UserAnswers{AccessKeys: answerOf(account.AccessKeysSection, keys.all())})
}

// takeLastUsed keeps the last use of a key. The answer names the user and not the key, so that it is of use where he has just one; see keysLastUsed.
func (r *reader) takeLastUsed(file string, value json.RawMessage, _ bool) error {
	answer, err := decode[struct {
		UserName          string
		AccessKeyLastUsed *struct {
			LastUsedDate        *stamp
			ServiceName, Region string
		}
	}](value, "the last use of an access key")
	if err != nil {
		return err
	}
	used := answer.AccessKeyLastUsed
	if used == nil {
		return errors.New("got no AccessKeyLastUsed, want it")
	}
	if answer.UserName == "" {
		r.warn(file, "tells the last use of an access key and names no user; it was not used")
		return nil
	}
	r.told(used.LastUsedDate.or())
	use := account.KeyLastUsed{At: used.LastUsedDate.or(), Service: used.ServiceName, Region: used.Region}
	r.uses[answer.UserName] = append(r.uses[answer.UserName], keyUse{file, use})
	return nil
}

func (r *reader) takeSSHPublicKeys(file string, value json.RawMessage, more bool) error {
	answer, err := decode[struct {
		UserName      string
		SSHPublicKeys []struct {
			UserName, SSHPublicKeyId, Status string
			UploadDate                       *stamp
		}
	}](value, "a user's SSH public keys")
	if err != nil {
		return err
	}
	if answer.SSHPublicKeys == nil {
		return errNoList
	}
	owners := make([]string, len(answer.SSHPublicKeys))
	for i, k := range answer.SSHPublicKeys {
		owners[i] = k.UserName
	}
	user, ok, err := r.onlyUser(file, "list of SSH public keys", answer.UserName, owners)
	if err != nil || !ok {
		return err
	}
	keys := entry(r.sshKeys, user)
	keys.add(file, more)
	for _, k := range answer.SSHPublicKeys {
		key := account.SSHPublicKey{ID: k.SSHPublicKeyId, Status: k.Status, Uploaded: k.UploadDate.orZero()}
		r.told(&key.Uploaded)
		if err := keys.put(file, "the SSH public key "+key.ID, key.ID, key); err != nil {
			return err
		}
	}
	return checkUser(&account.UserAnswers{SSHPublicKeys: answerOf(account.SSHPublicKeysSection, keys.all())})
}

func (r *reader) takeSigningCertificates(file string, value json.RawMessage, more bool) error {
	answer, err := decode[struct {
		UserName     string
		Certificates []struct {
			UserName, CertificateId, CertificateBody, Status string
			UploadDate                                       *stamp
		}
	}](value, "a user's signing certificates")
	if err != nil {
		return err
	}
	if answer.Certificates == nil {
		return errNoList
	}
	owners := make([]string, len(answer.Certificates))
	for i, c := range answer.Certificates {
		owners[i] = c.UserName
	}
	user, ok, err := r.onlyUser(file, "list of signing certificates", answer.UserName, owners)
	if err != nil || !ok {
		return err
	}
	certificates := entry(r.signing, user)
	certificates.add(file, more)
	for _, c := range answer.Certificates {
		certificate := account.ListedCertificate{ID: c.CertificateId, Status: c.Status, Uploaded: c.UploadDate.orZero(), Body: c.CertificateBody}
		r.told(&certificate.Uploaded)
		if err := certificates.put(file, "the signing certificate "+certificate.ID, certificate.ID, certificate); err != nil {
			return err
		}
	}
	return checkUser(&account.UserAnswers{SigningCertificates: answerOf(account.SigningCertificatesSection, certificates.all())})
}

// onlyUser names the user of a list: who is named beside it, or in its entries. An empty one, as the aws command prints it, says of nobody
// that he has none.
func (r *reader) onlyUser(file, what, beside string, owners []string) (user string, ok bool, err error) {
	if beside != "" {
		owners = append([]string{beside}, owners...)
	}
	if len(owners) == 0 || owners[0] == "" {
		r.warn(file, "is a %s that names no user; it was not used", what)
		return "", false, nil
	}
	for _, owner := range owners {
		if owner != owners[0] {
			return "", false, fmt.Errorf("got a %s of %q and %q, want one user's", what, owners[0], owner)
		}
	}
	return owners[0], true, nil
}

func checkUser(u *account.UserAnswers) error { return u.Validate() }
