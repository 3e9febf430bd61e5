package rules_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"sekisho/audit"
	"sekisho/audit/account"
)

// Each line that sets a case up changes the base account (testdata/accounts/base.json: complete answers, a root user who
// passes every rule, one region, nobody else). A time is an age from the snapshot's time, "-90d1s". The first word says:
//
//	user NAME [WORD…]       a user in both lists and with a row in the report. Words: created=AGE (-400d) path=/p/ groups=a,b attached=a,b
//	                        inline=a,b password=AGE used=AGE mfa key1=AGE key1.used=AGE[,SERVICE[,REGION]] key1.inactive (and key2);
//	                        any other COLUMN=TEXT is a raw cell of its row
//	root [COLUMN=TEXT…]     raw cells of root's row; an age stands for its date
//	group NAME [attached=a,b] [inline=a,b]
//	role NAME [path=/p/] [created=AGE] [used=AGE] [attached=a,b] [inline=a,b] [trust=WHOM]   WHOM is service:ec2 (which is the default),
//	                        account:NUMBER, user:NAME, role:NAME or anyone
//	managed NAME [DOCUMENT] a managed policy, which "attached" and "boundary" lines may name; aws/NAME is AWS's own. A DOCUMENT is JSON to the
//	                        end of the line, without its version where it begins with a statement's {"Effect"; or @NAME, which is
//	                        testdata/policies/account/NAME.json and the default
//	version POLICY ID DOCUMENT   another version of a managed policy; v1 allows everything, and v2 is the default
//	inline OWNER NAME [DOCUMENT]   an inline policy of user/NAME, group/NAME or role/NAME
//	trust ROLE DOCUMENT     the role's trust policy
//	boundary OWNER POLICY   a permissions boundary
//	tag OWNER KEY=VALUE     OWNER is a user's NAME, or role/NAME
//	setting machine_users=a,b trusted_accounts=a,b required_tags=a,b private_issuers=a,b
//	limit USERS KEY=NUMBER…   thresholds of single users, who are named as in machine_users
//	saml NAME | oidc ISSUER | device NAME [owner=USER|owner=root]   the last is a virtual MFA device
//	summary KEY=NUMBER…     numbers of the account summary; an empty NUMBER takes the key away
//	policy none | policy FIELD=VALUE…
//	alias NAME | alias none
//	live USER [login=none|AGE [reset]] [mfa=SERIAL,…] [keys=ID:Status:AGE,…] [used=ID:never|ID:AGE] [ssh=ID:Status:AGE,…]
//	     [certs=ID:Status:AGE:END,…]      answers about one user; a certificate's END is an age, or "torn" for one that can't be read
//	credential USER ID SERVICE created=AGE [expires=AGE] [status=STATUS] [api-key]   a service-specific credential
//	server-certificate NAME expires=AGE
//	organization enabled=FEATURE,… | organization refused=CODE
//	contact KIND none | contact KIND [email=MAIL] [phone=NUMBER]   KIND is security, billing or operations
//	region none | region NAME [STATE] [NAME:TYPE:STATUS[:TAG…]…]   a region, ENABLED without a STATE, and its analyzers
//	row USER none           takes the user's row, or <root_account>'s, out of the report
//	only-in-report USER     takes the user out of both lists
//	list-users USER         takes the user out of the authorization details, and leaves it in ListUsers
//	partition NAME | threshold KEY=NUMBER
//	differ                  says that two answers differ on purpose, so that the verdict hangs on which of them is there
//	unread SECTION… | deny SECTION [USER|REGION] | torn SECTION
type setup struct {
	t         testing.TB
	s         *account.Snapshot
	columns   []string
	rows      []map[string]string
	threshold map[string]int
	settings  audit.Settings
}

var baseAccount = func() []byte {
	data, err := os.ReadFile("../../testdata/accounts/base.json")
	if err != nil {
		panic(err)
	}
	return data
}()

// build makes the snapshot that the lines describe, as it would be after a save.
func build(t testing.TB, lines string) (*account.Snapshot, map[string]int, audit.Settings) {
	t.Helper()
	base, err := account.Read(bytes.NewReader(baseAccount), "base.json")
	if err != nil {
		t.Fatal(err)
	}
	c := &setup{t: t, s: base, threshold: map[string]int{}}
	c.readReport()
	var last [][]string
	for line := range strings.Lines(lines) {
		words := strings.Fields(line)
		if len(words) == 0 {
			continue
		}
		if slices.Contains([]string{"unread", "deny", "torn", "partition"}, words[0]) {
			last = append(last, words)
			continue
		}
		if !c.policies(words[0], words[1:], line) && !c.others(words[0], words[1:]) {
			c.apply(words[0], words[1:])
		}
	}
	c.resolvePolicies()
	c.writeReport()
	for _, words := range last {
		c.lose(words[0], words[1:])
	}
	var saved bytes.Buffer
	if err := c.s.Write(&saved); err != nil {
		t.Fatal(err)
	}
	s, err := account.Read(&saved, "case")
	if err != nil {
		t.Fatal(err)
	}
	return s, c.threshold, c.settings
}

func (c *setup) apply(what string, words []string) {
	d := &c.s.AuthorizationDetails.Value
	switch what {
	case "differ":
	case "user":
		c.user(words[0], words[1:])
	case "root":
		for _, word := range words {
			column, text, _ := strings.Cut(word, "=")
			c.row(account.RootUserName)[column] = c.cell(text)
		}
	case "group":
		v := values(words[1:])
		d.Groups = append(d.Groups, account.GroupDetail{Name: words[0], ID: "AGPA" + id(words[0]), ARN: c.arn("group/" + words[0]), Path: "/",
			Created: c.at("-300d"), AttachedPolicies: attached(v["attached"]), InlinePolicies: inline(v["inline"])})
	case "role":
		c.role(words[0], values(words[1:]))
	case "saml":
		c.s.SAMLProviders.Value = append(c.s.SAMLProviders.Value, account.Provider{ARN: c.arn("saml-provider/" + words[0])})
	case "oidc":
		c.s.OIDCProviders.Value = append(c.s.OIDCProviders.Value, account.Provider{ARN: c.arn("oidc-provider/" + words[0])})
	case "device":
		c.device(words[0], values(words[1:])["owner"])
	case "summary":
		for key, text := range values(words) {
			delete(c.s.AccountSummary.Value, key)
			if text != "" {
				c.s.AccountSummary.Value[key] = int32(c.number(text))
			}
		}
	case "policy":
		c.policy(words)
	case "alias":
		c.s.AccountAliases.Value = slices.DeleteFunc(words, func(w string) bool { return w == "none" })
	case "live":
		c.live(words[0], values(words[1:]))
	case "row":
		if c.row(words[0]); len(words) != 2 || words[1] != "none" {
			c.t.Fatalf("got row %v, want row USER none", words)
		}
		c.rows = slices.DeleteFunc(c.rows, func(row map[string]string) bool { return row["user"] == words[0] })
	case "only-in-report":
		d.Users = slices.DeleteFunc(d.Users, func(u account.UserDetail) bool { return u.Name == words[0] })
		c.s.Users.Value = slices.DeleteFunc(c.s.Users.Value, func(u account.ListedUser) bool { return u.Name == words[0] })
	case "list-users":
		d.Users = slices.DeleteFunc(d.Users, func(u account.UserDetail) bool { return u.Name == words[0] })
	case "threshold":
		for key, text := range values(words) {
			c.threshold[key] = c.number(text)
		}
	default:
		c.t.Fatalf("got a line that begins with %q, want one of those that setup's comment lists", what)
	}
}

// lose applies the lines that take something away or move the whole account: they come last, wherever they stand.
func (c *setup) lose(what string, words []string) {
	switch what {
	case "partition":
		c.partition(words[0])
	case "unread":
		for _, section := range words {
			take(c.t, c.s, account.Section(section))
		}
	case "deny":
		deny(c.t, c.s, account.Section(words[0]), strings.Join(words[1:], ""))
	case "torn":
		tear(c.t, c.s, account.Section(words[0]))
	}
}

func (c *setup) user(name string, words []string) {
	v := values(words)
	created := c.at(or(v["created"], "-400d"))
	path := or(v["path"], "/")
	d := account.UserDetail{Name: name, ID: "AIDA" + id(name), ARN: c.arn("user" + path + name), Path: path, Created: created,
		Groups: list(v["groups"]), AttachedPolicies: attached(v["attached"]), InlinePolicies: inline(v["inline"]), Tags: []account.Tag{}}
	listed := account.ListedUser{Name: name, ID: d.ID, ARN: d.ARN, Path: path, Created: created}
	row := map[string]string{"user": name, "arn": d.ARN, "user_creation_time": stamp(created)}
	for _, column := range c.columns[3:] {
		row[column] = "N/A"
		if strings.HasSuffix(column, "_active") || column == "password_enabled" {
			row[column] = "false"
		}
	}
	for _, word := range words {
		key, text, _ := strings.Cut(word, "=")
		key, detail, _ := strings.Cut(key, ".")
		switch {
		case slices.Contains([]string{"created", "path", "groups", "attached", "inline"}, key):
		case key == "password":
			row["password_enabled"], row["password_last_changed"] = "true", c.cell(text)
			row["password_last_used"] = "no_information"
		case key == "used":
			at := c.at(text)
			row["password_last_used"], listed.PasswordLastUsed = stamp(at), &at
		case key == "mfa":
			row["mfa_active"] = "true"
			c.s.AccountSummary.Value["MFADevicesInUse"]++
		case (key == "key1" || key == "key2") && detail == "":
			column := "access_key_" + key[3:]
			row[column+"_active"], row[column+"_last_rotated"] = "true", c.cell(text)
		case (key == "key1" || key == "key2") && detail == "inactive":
			row["access_key_"+key[3:]+"_active"] = "false"
		case (key == "key1" || key == "key2") && detail == "used":
			parts := append(strings.Split(text, ","), "N/A", "N/A")
			column := "access_key_" + key[3:] + "_last_used_"
			row[column+"date"], row[column+"service"], row[column+"region"] = c.cell(parts[0]), parts[1], parts[2]
		case slices.Contains(c.columns, key):
			row[key] = c.cell(text)
		default:
			c.t.Fatalf("got %q for a user, want one of the words that setup's comment lists", word)
		}
	}
	c.s.AuthorizationDetails.Value.Users = append(c.s.AuthorizationDetails.Value.Users, d)
	c.s.Users.Value = append(c.s.Users.Value, listed)
	c.rows = append(c.rows, row)
}

func (c *setup) device(name, owner string) {
	d := account.VirtualMFADevice{Serial: c.arn("mfa/" + name)}
	since := c.at("-200d")
	switch owner {
	case "":
	case "root":
		d.Owner, d.EnabledSince = &account.MFAOwner{ID: c.s.Caller.AccountID, ARN: c.arn("root")}, &since
	default:
		row := c.row(owner)
		d.Owner, d.EnabledSince = &account.MFAOwner{Name: owner, ID: "AIDA" + id(owner), ARN: row["arn"]}, &since
		row["mfa_active"] = "true"
		c.s.AccountSummary.Value["MFADevicesInUse"]++
	}
	c.s.VirtualMFADevices.Value = append(c.s.VirtualMFADevices.Value, d)
}

func (c *setup) policy(words []string) {
	if words[0] == "none" {
		c.s.PasswordPolicy.Value = nil
		return
	}
	whole, err := json.Marshal(c.s.PasswordPolicy.Value)
	if err != nil {
		c.t.Fatal(err)
	}
	fields := map[string]json.RawMessage{}
	if err := json.Unmarshal(whole, &fields); err != nil {
		c.t.Fatal(err)
	}
	for key, text := range values(words) {
		if _, known := fields[key]; !known {
			c.t.Fatalf("got the setting %s, want one of a password policy", key)
		}
		fields[key] = json.RawMessage(text)
	}
	data, err := json.Marshal(fields)
	if err != nil {
		c.t.Fatal(err)
	}
	if err := json.Unmarshal(data, c.s.PasswordPolicy.Value); err != nil {
		c.t.Fatal(err)
	}
}

func (c *setup) live(user string, v map[string]string) {
	if c.s.PerUser == nil {
		c.s.PerUser = map[string]*account.UserAnswers{}
	}
	answers := &account.UserAnswers{ID: "AIDA" + id(user)}
	c.s.PerUser[user] = answers
	if login, ok := v["login"]; ok {
		answers.LoginProfile = answer[*account.LoginProfile](c, "iam:GetLoginProfile", nil)
		if login != "none" {
			_, reset := v["reset"]
			answers.LoginProfile.Value = &account.LoginProfile{Created: c.at(login), PasswordResetRequired: reset}
		}
	}
	if serials, ok := v["mfa"]; ok {
		answers.MFADevices = answer(c, "iam:ListMFADevices", []account.ListedMFADevice{})
		for _, serial := range list(serials) {
			answers.MFADevices.Value = append(answers.MFADevices.Value, account.ListedMFADevice{Serial: serial, EnabledSince: c.at("-200d")})
		}
	}
	if keys, ok := v["keys"]; ok {
		answers.AccessKeys = answer(c, "iam:ListAccessKeys", []account.ListedAccessKey{})
		for _, key := range list(keys) {
			parts := strings.Split(key, ":")
			answers.AccessKeys.Value = append(answers.AccessKeys.Value, account.ListedAccessKey{ID: parts[0], Status: parts[1], Created: c.at(parts[2])})
		}
	}
	if used, ok := v["used"]; ok {
		answers.AccessKeyLastUsed = map[string]*account.Answer[account.KeyLastUsed]{}
		for _, key := range list(used) {
			id, when, _ := strings.Cut(key, ":")
			use := account.KeyLastUsed{Service: "N/A", Region: "N/A"}
			if when != "never" {
				at := c.at(when)
				use = account.KeyLastUsed{At: &at, Service: "s3", Region: "eu-west-1"}
			}
			answers.AccessKeyLastUsed[id] = answer(c, "iam:GetAccessKeyLastUsed", use)
		}
	}
	c.otherAnswers(answers, v)
}

func answer[T any](c *setup, action string, value T) *account.Answer[T] {
	at := c.s.TakenAt.Add(5 * time.Second)
	return &account.Answer[T]{Action: action, Began: at, Ended: at, Complete: true, Value: value}
}

// partition moves the account, ARNs and all, to another partition.
func (c *setup) partition(name string) {
	data, err := json.Marshal(c.s)
	if err != nil {
		c.t.Fatal(err)
	}
	data = bytes.ReplaceAll(data, []byte("arn:aws:"), []byte("arn:"+name+":"))
	*c.s = account.Snapshot{}
	if err := json.Unmarshal(data, c.s); err != nil {
		c.t.Fatal(err)
	}
	c.s.Caller.Partition = name
}

// at reads an age: days, and what time.ParseDuration reads.
func (c *setup) at(age string) time.Time {
	if ahead, ok := strings.CutPrefix(age, "+"); ok {
		return c.s.TakenAt.Add(c.s.TakenAt.Sub(c.at("-" + ahead)))
	}
	days, rest, isDays := strings.Cut(strings.TrimPrefix(age, "-"), "d")
	if !isDays {
		days, rest = "0", days
	}
	more, err := time.ParseDuration(or(rest, "0s"))
	if err != nil {
		c.t.Fatalf("got the age %q: %v", age, err)
	}
	return c.s.TakenAt.Add(-time.Duration(c.number(days))*24*time.Hour - more)
}

func (c *setup) number(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil {
		c.t.Fatal(err)
	}
	return n
}

func (c *setup) arn(resource string) string { return "arn:aws:iam::123456789012:" + resource }

func stamp(t time.Time) string { return t.Format("2006-01-02T15:04:05+00:00") }

func id(name string) string {
	return fmt.Sprintf("%X", name) + "EXAMPLE"
}

func or(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}

func values(words []string) map[string]string {
	v := map[string]string{}
	for _, word := range words {
		key, text, _ := strings.Cut(word, "=")
		v[key] = text
	}
	return v
}

func list(text string) []string {
	return slices.DeleteFunc(strings.Split(text, ","), func(s string) bool { return s == "" })
}

func attached(text string) []account.AttachedPolicy {
	policies := []account.AttachedPolicy{}
	for _, name := range list(text) {
		policies = append(policies, account.AttachedPolicy{Name: name, ARN: "arn:aws:iam::aws:policy/" + name})
	}
	return policies
}

func inline(text string) []account.InlinePolicy {
	policies := []account.InlinePolicy{}
	for _, name := range list(text) {
		policies = append(policies, account.InlinePolicy{Name: name, Document: "{}"})
	}
	return policies
}
