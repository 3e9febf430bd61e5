package change

import (
	"slices"
	"strconv"
	"time"

	"sekisho/audit/account"
	"sekisho/audit/message"
)

// credential is a kind of credential with an ID that can be deactivated and deleted.
type credential struct {
	noun, id string // of the calls: UpdateSSHPublicKey takes an SSHPublicKeyId
	called   func(id, whose string) message.Message
	place    message.Message // of the console's page
	// edit changes the status of one, or deletes it where the status is empty. It reports whether it is there.
	edit func(e *editor, user, id, status string) (bool, error)
	// stands is the status of one; empty where it isn't known.
	stands func(s *account.Snapshot, user, id string) string
}

var credentials = []credential{
	{
		"AccessKey", "AccessKeyId", func(id, whose string) message.Message { return message.New("the access key %s of %s", id, whose) },
		message.New("Access keys"), (*editor).accessKey,
		func(s *account.Snapshot, user, id string) string {
			return standing(s, user, id, account.AccessKeysAnswer, func(k account.ListedAccessKey) (string, string) { return k.ID, k.Status })
		},
	},
	{
		"SigningCertificate", "CertificateId", func(id, whose string) message.Message {
			return message.New("the signing certificate %s of %s", id, whose)
		},
		message.New("X.509 Signing certificates"), (*editor).certificate,
		func(s *account.Snapshot, user, id string) string {
			return standing(s, user, id, account.SigningCertificatesAnswer, func(c account.ListedCertificate) (string, string) { return c.ID, c.Status })
		},
	},
	{
		"SSHPublicKey", "SSHPublicKeyId", func(id, whose string) message.Message { return message.New("the SSH public key %s of %s", id, whose) },
		message.New("SSH public keys for AWS CodeCommit"),
		func(e *editor, user, id, status string) (bool, error) {
			return edited(list(e, e.answers(user, false), account.SSHPublicKeysAnswer), status, func(k *account.SSHPublicKey) (string, *string) { return k.ID, &k.Status }, id)
		},
		func(s *account.Snapshot, user, id string) string {
			return standing(s, user, id, account.SSHPublicKeysAnswer, func(k account.SSHPublicKey) (string, string) { return k.ID, k.Status })
		},
	},
	{
		"ServiceSpecificCredential", "ServiceSpecificCredentialId",
		func(id, whose string) message.Message {
			return message.New("the service-specific credential %s of %s", id, whose)
		},
		message.New("API keys, or HTTPS Git credentials for AWS CodeCommit"),
		func(e *editor, user, id, status string) (bool, error) {
			return edited(list(e, e.s, account.ServiceCredentialsAnswer), status, func(c *account.ServiceCredential) (string, *string) {
				if c.User != user {
					return "", &c.Status
				}
				return c.ID, &c.Status
			}, id)
		},
		func(s *account.Snapshot, user, id string) string {
			if s.ServiceCredentials != nil {
				if c := find(s.ServiceCredentials.Value, func(c *account.ServiceCredential) bool { return c.ID == id && c.User == user }); c != nil {
					return c.Status
				}
			}
			return ""
		},
	},
}

// The states of credentials.
const active, inactive = "Active", "Inactive"

// credentialKinds are about passwords, keys and certificates.
func credentialKinds() map[string]kind {
	all := map[string]kind{
		"iam:DeleteLoginProfile": {
			takes: "UserName",
			say:   func(p Parameters) message.Message { return message.New("delete the console password of %s", whose(p)) },
			console: at(func(Parameters) message.Message {
				return message.New("On Security credentials, under Console sign-in, choose Manage console access, then Disable console access")
			}),
			apply: (*editor).deletePassword,
		},
		"iam:DeleteServerCertificate": {
			takes: "ServerCertificateName", stage: Delete,
			say: func(p Parameters) message.Message {
				return message.New("delete the server certificate %s", p.text("ServerCertificateName"))
			},
			console: func(Parameters) []message.Message { return []message.Message{noPage} },
			apply: func(e *editor, p Parameters) error {
				if drop(e, e.s, account.ServerCertificatesAnswer, func(c account.ServerCertificate) bool { return c.Name == p.text("ServerCertificateName") }) == 0 {
					return message.Errorf("the account has no server certificate %s", p.text("ServerCertificateName"))
				}
				e.count("ServerCertificates", -1)
				return nil
			},
		},
	}
	for _, c := range credentials {
		change := func(status func(Parameters) string) func(*editor, Parameters) error {
			return func(e *editor, p Parameters) error {
				user, id := p.text("UserName"), p.text(c.id)
				if err := e.exists(user); err != nil {
					return err
				}
				found, err := c.edit(e, user, id, status(p))
				if err == nil && !found {
					err = message.Errorf("%s is not known", c.called(id, whose(p)))
				}
				return err
			}
		}
		all["iam:Update"+c.noun] = kind{
			stage: Deactivate,
			takes: "UserName " + c.id + " Status",
			say: func(p Parameters) message.Message {
				if p["Status"] == active {
					return message.New("activate %s", c.called(p.text(c.id), whose(p)))
				}
				return message.New("deactivate %s", c.called(p.text(c.id), whose(p)))
			},
			console: at(func(p Parameters) message.Message {
				if p["Status"] == active {
					return message.New("On Security credentials, under %s, choose %s, Actions, Activate", c.place, p.text(c.id))
				}
				return message.New("On Security credentials, under %s, choose %s, Actions, Deactivate", c.place, p.text(c.id))
			}),
			apply: change(func(p Parameters) string { return p.text("Status") }),
			undo: func(s *account.Snapshot, p Parameters) []Change {
				if was := c.stands(s, p.text("UserName"), p.text(c.id)); was == active || was == inactive {
					return []Change{New("iam:Update"+c.noun, p["UserName"], p[c.id], was)}
				}
				return nil
			},
		}
		all["iam:Delete"+c.noun] = kind{
			stage: Delete,
			takes: "UserName " + c.id,
			say:   func(p Parameters) message.Message { return message.New("delete %s", c.called(p.text(c.id), whose(p))) },
			console: at(func(p Parameters) message.Message {
				return message.New("On Security credentials, under %s, choose %s, Actions, Delete", c.place, p.text(c.id))
			}),
			apply: change(func(Parameters) string { return "" }),
		}
	}
	return all
}

// standing is the status of an entry of a user's own list.
func standing[T any](s *account.Snapshot, user, id string, of account.Described[account.UserAnswers, []T], read func(T) (id, status string)) string {
	if s.PerUser[user] == nil || *of.In(s.PerUser[user]) == nil {
		return ""
	}
	for _, entry := range (*of.In(s.PerUser[user])).Value {
		if its, status := read(entry); its == id {
			return status
		}
	}
	return ""
}

// edited sets the status of an entry of a list that may be changed, or takes it out where the status is empty.
func edited[T any](l *[]T, status string, of func(*T) (string, *string), id string) (bool, error) {
	if l == nil {
		return false, nil
	}
	i := slices.IndexFunc(*l, func(entry T) bool {
		its, _ := of(&entry)
		return its == id
	})
	switch {
	case i < 0:
		return false, nil
	case status == "":
		*l = slices.Delete(*l, i, i+1)
	default:
		_, stands := of(&(*l)[i])
		*stands = status
	}
	return true, nil
}

func (e *editor) accessKey(user, id, status string) (bool, error) {
	own := e.answers(user, false)
	keys := list(e, own, account.AccessKeysAnswer)
	created, others := time.Time{}, []time.Time{}
	if keys != nil {
		for _, k := range *keys {
			if k.ID == id {
				created = k.Created
			} else {
				others = append(others, k.Created)
			}
		}
	}
	found, err := edited(keys, status, func(k *account.ListedAccessKey) (string, *string) { return k.ID, &k.Status }, id)
	if found && status == "" {
		delete(own.AccessKeyLastUsed, id)
	}
	return e.slot(user, id, "access-key-", "access_key_", created, others, status, keys != nil) || found, err
}

func (e *editor) certificate(user, id, status string) (bool, error) {
	certificates := list(e, e.answers(user, false), account.SigningCertificatesAnswer)
	uploaded, others := time.Time{}, []time.Time{}
	if certificates != nil {
		for _, c := range *certificates {
			if c.ID == id {
				uploaded = c.Uploaded
			} else {
				others = append(others, c.Uploaded)
			}
		}
	}
	found, err := edited(certificates, status, func(c *account.ListedCertificate) (string, *string) { return c.ID, &c.Status }, id)
	return e.slot(user, id, "certificate-", "cert_", uploaded, others, status, certificates != nil) || found, err
}

// slot changes a key or certificate in the credential report, which has no IDs: found by its date where no other has
// it, or by its number where the report alone tells of it.
func (e *editor) slot(user, id, numbered, columns string, made time.Time, others []time.Time, status string, listed bool) bool {
	rows := e.report()
	if rows == nil || !rows.Of(user, e.created(user)) {
		return false
	}
	var found []int
	for n := 1; n <= 2; n++ {
		at, err := time.Parse(time.RFC3339, rows.Cell(user, columns+strconv.Itoa(n)+"_last_rotated"))
		same := func(t time.Time) bool { return t.Truncate(time.Second).Equal(at.Truncate(time.Second)) }
		if err == nil && (listed && same(made) && !slices.ContainsFunc(others, same) || !listed && id == numbered+strconv.Itoa(n)) {
			found = append(found, n)
		}
	}
	if len(found) != 1 {
		return false
	}
	prefix := columns + strconv.Itoa(found[0]) + "_"
	if status != "" {
		rows.Set(user, prefix+"active", strconv.FormatBool(status == active))
		return true
	}
	rows.Set(user, prefix+"active", "false", prefix+"last_rotated", none, prefix+"last_used_date", none, prefix+"last_used_region", none, prefix+"last_used_service", none)
	return true
}

// none is how the credential report says that there is nothing.
const none = "N/A"

func (e *editor) deletePassword(p Parameters) error {
	name := p.text("UserName")
	if err := e.exists(name); err != nil {
		return err
	}
	if !hasPassword(e, name) {
		return message.Errorf("%s has no console password, or it is not known", whose(p))
	}
	e.setRow(name, "password_enabled", "false", "password_last_used", none, "password_last_changed", none, "password_next_rotation", none)
	// A live answer: the list of users goes on telling when the password was used last, which a report that has none
	// would seem to contradict.
	e.answers(name, true).LoginProfile = answer[*account.LoginProfile](e, account.LoginProfileAnswer.Descriptor, nil)
	return nil
}

func hasPassword(e *editor, name string) bool {
	if own := e.s.PerUser[name]; own != nil && own.LoginProfile != nil {
		return own.LoginProfile.Value != nil
	}
	rows := e.report()
	return rows != nil && rows.Of(name, e.created(name)) && rows.Cell(name, "password_enabled") == "true"
}

// credentialsOf lists what deletes a user's credentials and devices. Of a kind that wasn't listed, the credential report
// tells at least how many there are.
func credentialsOf(e *editor, name string) (all []Change) {
	s := e.s
	if hasPassword(e, name) {
		all = append(all, New("iam:DeleteLoginProfile", name))
	}
	own := s.PerUser[name]
	if own == nil {
		own = &account.UserAnswers{}
	}
	unlisted := func(action, numbered, columns string) {
		rows := e.report()
		for n := 1; n <= 2 && rows != nil && rows.Of(name, e.created(name)); n++ {
			if _, err := time.Parse(time.RFC3339, rows.Cell(name, columns+strconv.Itoa(n)+"_last_rotated")); err == nil {
				all = append(all, New(action, name, numbered+strconv.Itoa(n)))
			}
		}
	}
	if own.AccessKeys == nil {
		unlisted("iam:DeleteAccessKey", "access-key-", "access_key_")
	} else {
		for _, k := range own.AccessKeys.Value {
			all = append(all, New("iam:DeleteAccessKey", name, k.ID))
		}
	}
	if own.SigningCertificates == nil {
		unlisted("iam:DeleteSigningCertificate", "certificate-", "cert_")
	} else {
		for _, c := range own.SigningCertificates.Value {
			all = append(all, New("iam:DeleteSigningCertificate", name, c.ID))
		}
	}
	if own.SSHPublicKeys != nil {
		for _, k := range own.SSHPublicKeys.Value {
			all = append(all, New("iam:DeleteSSHPublicKey", name, k.ID))
		}
	}
	if s.ServiceCredentials != nil {
		for _, c := range s.ServiceCredentials.Value {
			if c.User == name {
				all = append(all, New("iam:DeleteServiceSpecificCredential", name, c.ID))
			}
		}
	}
	for _, serial := range devicesOf(s, name) {
		all = append(all, New("iam:DeactivateMFADevice", name, serial))
		if account.KindOfMFA(serial) == account.MFAVirtual && (s.VirtualMFADevices == nil || slices.ContainsFunc(s.VirtualMFADevices.Value, func(d account.VirtualMFADevice) bool { return d.Serial == serial })) {
			all = append(all, New("iam:DeleteVirtualMFADevice", serial))
		}
	}
	return all
}
