package emulator

import (
	"fmt"
	"time"

	"sekisho/audit/account"
)

// user is one of many: a half have what their teams have, the others got this and that besides over the years.
func (m *mess) user(i int) userPrint {
	d := m.dice("user", i)
	u := userPrint{Name: person(i), Created: d.days(100, 2500)}
	team := func(d dice) string { return groupName(d.IntN(max(1, m.n/25))) }
	switch {
	case d.in(55):
		u.Groups = []string{team(d)}
	case d.in(80):
		u.Groups = some(d, 6, team)
		u.Attached = some(d, 6, m.own)
		u.Inline = m.inline(d, 2)
	default:
		u.Attached = append(some(d, 2, m.own), one(d, []string{"AdministratorAccess", "PowerUserAccess", "AWSSupportAccess", "ReadOnlyAccess"}))
	}
	if d.in(8) {
		u.Boundary = m.border(d)
	}
	if d.in(30) {
		u.Tags = []account.Tag{{Key: "team", Value: fmt.Sprintf("team-%d", d.IntN(20))}}
	}
	left := d.in(12)
	if machine := d.in(25); machine {
		u.Path = "/machines/"
	} else {
		u.Password = &passwordPrint{Changed: d.days(0, 400), Used: d.days(0, 60), MustChange: d.in(5)}
		if left {
			u.Password.Used = d.days(100, 600)
		}
		if d.in(3) {
			u.Password.Used = never
		}
	}
	if d.in(65) {
		u.Devices = []devicePrint{{one(d, []string{"mfa/", "mfa/", "mfa/", "u2f/user/", "sms-mfa/"}) + u.Name, d.days(1, 100)}}
	}
	for range d.IntN(2) + d.IntN(2) {
		k := keyPrint{Created: d.days(1, 1200), Used: d.days(0, 40), Inactive: d.in(10), Service: "s3", Region: "ap-northeast-1"}
		if left {
			k.Used = d.days(100, 900)
		}
		if d.in(10) {
			k.Used = never
		}
		u.Keys = append(u.Keys, k)
	}
	if d.in(4) {
		u.SSHKeys = []sshKeyPrint{{Uploaded: d.days(1, 1000)}}
	}
	if d.in(2) {
		u.Certificates = []certificatePrint{{Uploaded: d.days(1, 900), ValidForDays: 365}}
	}
	if d.in(3) {
		u.Credentials = []credentialPrint{{Service: "codecommit", Created: d.days(1, 900)}}
	}
	return u
}

// exhibits are users who fail what hardly anybody does, so that the smallest account has each failure.
func exhibits() []userPrint {
	password := func(used age) *passwordPrint { return &passwordPrint{Changed: 150 * day, Used: used} }
	key := func(created, used age) keyPrint {
		return keyPrint{Created: created, Used: used, Service: "s3", Region: "us-east-1"}
	}
	phone := func(name string) []devicePrint { return []devicePrint{{"mfa/" + name, 300 * day}} }
	return []userPrint{
		{Name: "exhibit-admin", Created: 900 * day, Attached: []string{"AdministratorAccess"}, Password: password(day), Devices: phone("exhibit-admin")},
		{Name: "exhibit-inline-admin", Created: 900 * day, Password: password(day), Inline: inlinePrint{"all": "AdministratorAccess"}},
		{Name: "exhibit-quarantined", Created: 900 * day, Attached: []string{"AWSCompromisedKeyQuarantineV3"}, Keys: []keyPrint{key(400*day, 2*day)}},
		{Name: "exhibit-sms", Created: 1500 * day, Password: password(day), Devices: []devicePrint{{"sms-mfa/exhibit-sms", 1400 * day}}},
		{Name: "exhibit-passkey", Created: 90 * day, Groups: []string{groupName(0)}, Password: password(day), Devices: []devicePrint{{"u2f/user/exhibit-passkey/key-EXAMPLE", 80 * day}}, Keys: []keyPrint{key(20*day, 2*day)}},
		{Name: "exhibit-two-keys", Created: 900 * day, Keys: []keyPrint{key(400*day, 2*day), key(30*day, day)}},
		{Name: "exhibit-inactive-key", Created: 900 * day, Keys: []keyPrint{{Created: 400 * day, Used: 200 * day, Inactive: true, Service: "s3"}}},
		{Name: "exhibit-key-at-setup", Created: 70 * day, Password: password(2 * day), Keys: []keyPrint{{Created: 70*day - age(time.Minute), Used: never}}},
		{Name: "exhibit-ssh", Created: 900 * day, Groups: []string{groupName(0)}, SSHKeys: []sshKeyPrint{{Uploaded: 800 * day}}, Credentials: []credentialPrint{{Service: "codecommit", Created: 800 * day}}},
		{Name: "exhibit-certificate", Created: 900 * day, Groups: []string{groupName(0)}, Certificates: []certificatePrint{{Uploaded: 700 * day, ValidForDays: 365}}},
		{Name: "BedrockAPIKey-mess", Created: 500 * day, Attached: []string{"AmazonBedrockLimitedAccess"}, Keys: []keyPrint{key(400*day, day)}, Credentials: []credentialPrint{{Service: "bedrock", Created: 500 * day, APIKey: true}}},
		{Name: "exhibit-new", Created: 20 * day, Password: &passwordPrint{Changed: 20 * day, Used: never, MustChange: true}, Attached: []string{"ReadOnlyAccess"}},
		{Name: "exhibit-leaver", Created: 900 * day, Password: password(500 * day), Keys: []keyPrint{key(700*day, 500*day)}},
		{Name: "exhibit-nobody", Created: 900 * day, Groups: []string{"nothing-left"}},
	}
}
