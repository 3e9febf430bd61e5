package clifiles

import (
	"encoding/json"
	"errors"
	"fmt"

	"sekisho/audit/account"
)

// decode reads an answer. Each list in it must be there: null and nothing say nothing.
func decode[T any](value json.RawMessage, what string) (T, error) {
	var answer T
	if err := json.Unmarshal(value, &answer); err != nil {
		return answer, fmt.Errorf("reading %s: %w", what, err)
	}
	return answer, nil
}

var errNoList = errors.New("got null where a list belongs, want the list, empty or not")

// check has one file's answer checked as a whole snapshot's section is, so that an error names the file.
func check(section account.Section, fill func(*account.Snapshot)) error {
	var s account.Snapshot
	fill(&s)
	return account.Describe(section).Validate(&s)
}

// answerOf makes the answer around a value that only has to be checked.
func answerOf[T any](section account.Section, value T) *account.Answer[T] {
	return &account.Answer[T]{Action: action(section), Began: someTime, Ended: someTime, Complete: true, Value: value}
}

func (r *reader) takeAliases(file string, value json.RawMessage, more bool) error {
	answer, err := decode[struct{ AccountAliases []string }](value, "account aliases")
	if err != nil {
		return err
	}
	if answer.AccountAliases == nil {
		return errNoList
	}
	r.aliases.add(file, more)
	for _, alias := range answer.AccountAliases {
		if err := r.aliases.put(file, "the alias "+alias, alias, alias); err != nil {
			return err
		}
	}
	return nil
}

type listedUser struct {
	UserName, UserId, Arn, Path  string
	CreateDate, PasswordLastUsed *stamp
}

func (u listedUser) user() account.ListedUser {
	return account.ListedUser{Name: u.UserName, ID: u.UserId, ARN: u.Arn, Path: u.Path, Created: u.CreateDate.orZero(), PasswordLastUsed: u.PasswordLastUsed.or()}
}

func (r *reader) takeUsers(file string, value json.RawMessage, more bool) error {
	answer, err := decode[struct{ Users []listedUser }](value, "a list of users")
	if err != nil {
		return err
	}
	if answer.Users == nil {
		return errNoList
	}
	r.users.add(file, more)
	users := make([]account.ListedUser, len(answer.Users))
	for i, u := range answer.Users {
		users[i] = u.user()
	}
	if err := check(account.UsersSection, func(s *account.Snapshot) { s.Users = answerOf(account.UsersSection, users) }); err != nil {
		return err
	}
	for _, u := range users {
		r.told(&u.Created, u.PasswordLastUsed)
		if err := r.owned(file, u.ARN); err != nil {
			return err
		}
		if err := r.users.put(file, "the user "+u.Name, u.Name, u); err != nil {
			return err
		}
	}
	return nil
}

func (r *reader) takeVirtualMFADevices(file string, value json.RawMessage, more bool) error {
	answer, err := decode[struct {
		VirtualMFADevices []struct {
			SerialNumber string
			EnableDate   *stamp
			User         *listedUser
		}
	}](value, "virtual MFA devices")
	if err != nil {
		return err
	}
	if answer.VirtualMFADevices == nil {
		return errNoList
	}
	r.virtual.add(file, more)
	devices := make([]account.VirtualMFADevice, len(answer.VirtualMFADevices))
	for i, d := range answer.VirtualMFADevices {
		devices[i] = account.VirtualMFADevice{Serial: d.SerialNumber, EnabledSince: d.EnableDate.or()}
		// An owner without ARN and ID, as some endpoints send for a device of nobody, is no owner.
		if u := d.User; u != nil && u.Arn+u.UserId != "" {
			devices[i].Owner = &account.MFAOwner{Name: u.UserName, ID: u.UserId, ARN: u.Arn, Path: u.Path, Created: u.CreateDate.or(), PasswordLastUsed: u.PasswordLastUsed.or()}
		}
	}
	err = check(account.VirtualMFADevicesSection, func(s *account.Snapshot) {
		s.VirtualMFADevices = answerOf(account.VirtualMFADevicesSection, devices)
	})
	if err != nil {
		return err
	}
	for _, d := range devices {
		r.told(d.EnabledSince)
		if err := r.owned(file, d.Serial); err != nil {
			return err
		}
		if d.Owner != nil {
			r.told(d.Owner.Created, d.Owner.PasswordLastUsed)
			if err := r.owned(file, d.Owner.ARN); err != nil {
				return err
			}
		}
		if err := r.virtual.put(file, "the MFA device "+d.Serial, d.Serial, d); err != nil {
			return err
		}
	}
	return nil
}

type provider struct {
	Arn                    string
	CreateDate, ValidUntil *stamp
}

func (r *reader) takeSAMLProviders(file string, value json.RawMessage, more bool) error {
	answer, err := decode[struct{ SAMLProviderList []provider }](value, "SAML providers")
	if err != nil {
		return err
	}
	return r.providers(&r.saml, file, answer.SAMLProviderList, more)
}

func (r *reader) takeOIDCProviders(file string, value json.RawMessage, more bool) error {
	answer, err := decode[struct{ OpenIDConnectProviderList []provider }](value, "OIDC providers")
	if err != nil {
		return err
	}
	return r.providers(&r.oidc, file, answer.OpenIDConnectProviderList, more)
}

func (r *reader) providers(into *list[account.Provider], file string, providers []provider, more bool) error {
	if providers == nil {
		return errNoList
	}
	into.add(file, more)
	for _, p := range providers {
		if _, err := account.ParseARN(p.Arn); err != nil {
			return err
		}
		r.told(p.CreateDate.or())
		if err := r.owned(file, p.Arn); err != nil {
			return err
		}
		if err := into.put(file, "the provider "+p.Arn, p.Arn, account.Provider{ARN: p.Arn, Created: p.CreateDate.or(), ValidUntil: p.ValidUntil.or()}); err != nil {
			return err
		}
	}
	return nil
}
