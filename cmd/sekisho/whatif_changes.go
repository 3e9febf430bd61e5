package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"sekisho/audit/account"
	"sekisho/audit/change"
	"sekisho/audit/lists"
	"sekisho/audit/policy"
	reportplan "sekisho/report/plan"
)

// changeKind is what a flag asks for.
type changeKind int

const (
	toAttach changeKind = iota
	toDetach
	toPut
	toNewVersion
	toDeleteKey
	toDeleteUser
	toPasswordPolicy
	toPlan
)

var changeFlags = []struct {
	kind        changeKind
	name, usage string
}{
	{toAttach, "attach", "attach a managed policy, new if it is a file: `POLICY=TARGET` (repeatable, as all changes)"},
	{toDetach, "detach", "detach a managed policy, or delete an inline one: `POLICY=TARGET`"},
	{toPut, "put", "put an inline policy, called as the file of its document: `DOCUMENT=TARGET`"},
	{toNewVersion, "policy", "give a managed policy a new default version, of a document's file: `POLICY=DOCUMENT`"},
	{toDeleteKey, "delete-key", "delete the access key of that `ID`"},
	{toDeleteUser, "delete-user", "delete the user `NAME`, and first all that is theirs"},
	{toPasswordPolicy, "password-policy", "set the account password policy as in `FILE`, the JSON of aws iam get-account-password-policy"},
	{toPlan, "plan", "take the steps of the plan in `FILE`, the JSON of sekisho plan"},
}

// asked is a change that was asked for.
type asked struct {
	kind         changeKind
	flag, value  string // as they were given
	what, target string // the policy, key, user or file; and whose
	file         string // that is read; empty for none
	text         string // of the file
	plan         *reportplan.Kept
}

// changeValue is a flag that asks for a change. All share one list, so that the order is kept.
type changeValue struct {
	kind changeKind
	list *[]asked
}

func (v *changeValue) String() string { return "" }
func (v *changeValue) Type() string   { return "change" }

var targeted = regexp.MustCompile(`^(.+)=((?:user|group|role)/.+|arn:[^=]+)$`)

// Set takes one change.
func (v *changeValue) Set(text string) error {
	a := asked{kind: v.kind, flag: "--" + changeFlags[v.kind].name, value: text, what: text}
	switch v.kind {
	case toAttach, toDetach, toPut:
		parts := targeted.FindStringSubmatch(text)
		if parts == nil {
			return fmt.Errorf("want POLICY=TARGET, such as guard.json=group/developers")
		}
		if a.what, a.target = parts[1], parts[2]; v.kind == toPut || v.kind == toAttach && isFile(a.what) {
			a.file = a.what
		}
	case toNewVersion:
		var ok bool
		if a.what, a.file, ok = strings.Cut(text, "="); !ok || a.what == "" || a.file == "" {
			return fmt.Errorf("want POLICY=DOCUMENT, such as ForceMFA=guard.json")
		}
	case toPasswordPolicy, toPlan:
		a.file = text
	case toDeleteUser:
		a.what = text[strings.LastIndex(text, "/")+1:]
	}
	if (v.kind == toDeleteUser || v.kind == toDeleteKey) && slices.ContainsFunc(*v.list, func(b asked) bool { return b.kind == a.kind && b.what == a.what }) {
		return fmt.Errorf("got it twice, want it once")
	}
	if text == "" {
		return fmt.Errorf("want a value")
	}
	*v.list = append(*v.list, a)
	return nil
}

func isFile(name string) bool {
	return !strings.HasPrefix(name, "arn:") && (strings.HasSuffix(name, ".json") || strings.ContainsAny(name, `/\`))
}

// readDocuments reads the files of changes.
func readDocuments(ctx context.Context, sys system, all []asked) error {
	read := map[string]string{}
	for i := range all {
		a := &all[i]
		if a.file == "" || a.kind == toPlan {
			continue
		}
		if _, done := read[a.file]; !done {
			data, err := policyText(ctx, sys, "file", a.flag, a.file)
			if err != nil {
				return err
			}
			read[a.file] = string(bytes.TrimSpace(data))
		}
		a.text = read[a.file]
		if a.kind == toPasswordPolicy {
			if _, err := a.passwordPolicy(); err != nil {
				return err
			}
		} else if _, err := policy.Parse(filepath.Base(a.file), policy.Identity, []byte(a.text)); err != nil {
			return usagef("want the document alone, as aws iam put-user-policy takes it", "%s: %w", a.flag, err)
		}
	}
	return nil
}

// wantsOf is what has to be read for the changes themselves: whose key it is, and what is a user's.
func wantsOf(s *account.Snapshot, all []asked) (wants []account.Want) {
	a := account.New(s)
	add := func(u *account.User, sections ...account.Section) {
		for _, section := range sections {
			if !a.Asked(section, u) {
				wants = append(wants, account.Want{Section: section, User: u.Name, UserID: u.ID, Uncapped: true})
			}
		}
	}
	for _, one := range all {
		switch one.kind {
		case toDeleteKey:
			for _, u := range a.Users {
				if keys, known := u.AccessKeys.Get(); ownerOf(s, one.what) == "" && (!known || len(keys) > 0) {
					add(u, account.AccessKeysSection)
				}
			}
		case toPlan:
			planWants(a, one.plan, add)
		case toDeleteUser:
			if u := a.User(one.what); u != nil {
				add(u, account.LoginProfileSection, account.MFADevicesSection, account.AccessKeysSection, account.SSHPublicKeysSection, account.SigningCertificatesSection)
			}
		}
	}
	return wants
}

// wantsAfter is what it takes to name the keys of users whom changes touch, and to know who has yet to sign in first.
func wantsAfter(s *account.Snapshot, steps []change.Step) (wants []account.Want) {
	a := account.New(s)
	for _, u := range a.Users {
		if !slices.ContainsFunc(steps, func(step change.Step) bool { return slices.Contains(step.Touches, u.ARN) }) {
			continue
		}
		if keys, _ := u.AccessKeys.Get(); len(keys) > 0 && keys[0].ID == "" && !a.Asked(account.AccessKeysSection, u) {
			wants = append(wants, account.Want{Section: account.AccessKeysSection, User: u.Name, UserID: u.ID})
		}
		used, known := u.PasswordLastUsed.Get()
		if password, _ := u.Password.Get(); password && known && used.IsZero() && !a.Asked(account.LoginProfileSection, u) {
			wants = append(wants, account.Want{Section: account.LoginProfileSection, User: u.Name, UserID: u.ID})
		}
	}
	return wants
}

// ownerOf is whose access key it is; empty where that isn't known.
func ownerOf(s *account.Snapshot, id string) string {
	for name, own := range s.PerUser {
		if own.AccessKeys != nil && slices.ContainsFunc(own.AccessKeys.Value, func(k account.ListedAccessKey) bool { return k.ID == id }) {
			return name
		}
	}
	return ""
}

// resolve makes changes of what was asked for, on the account as it is by then, and tells which of a plan are left out.
func resolve(s *account.Snapshot, all []asked) (steps []change.Step, left []change.Change, after *account.Snapshot, err error) {
	for i := range all {
		var made []change.Step
		var refused, changes []change.Change
		if all[i].kind == toPlan {
			made, refused, after, err = all[i].carryOut(s)
		} else {
			if changes, err = all[i].changes(s); err != nil {
				return nil, nil, nil, err
			}
			made, after, err = change.Made(s, changes...)
		}
		if err != nil {
			return nil, nil, nil, usagef("", "%s %s: %w", all[i].flag, all[i].value, err)
		}
		steps, left, s = append(steps, made...), append(left, refused...), after
	}
	return steps, left, s, nil
}

// holders are the kinds of what has policies.
var holders = map[string]string{"user": "User", "group": "Group", "role": "Role"}

func (a *asked) changes(s *account.Snapshot) (all []change.Change, err error) {
	wrong := func(hint, format string, args ...any) ([]change.Change, error) {
		return nil, usagef(hint, "%s %s: %w", a.flag, a.value, fmt.Errorf(format, args...))
	}
	switch a.kind {
	case toDeleteUser:
		there := *a
		there.target = "user/" + a.what
		if _, nearest, err := there.targets(s); err != nil {
			return wrong(nearest, "%w", err)
		}
		return []change.Change{change.New("iam:DeleteUser", a.what)}, nil
	case toDeleteKey:
		owner := ownerOf(s, a.what)
		if owner == "" {
			return wrong("sekisho inventory lists the keys", "got an ID that no access key that was read has")
		}
		return []change.Change{change.New("iam:DeleteAccessKey", owner, a.what)}, nil
	case toPasswordPolicy:
		c, err := a.passwordPolicy()
		return []change.Change{c}, err
	case toNewVersion:
		arn, nearest := policyNamed(s, a.what)
		if arn == "" {
			return wrong(nearest, "the account has no policy %s", a.what)
		}
		c := change.New("iam:CreatePolicyVersion", arn, a.text, true)
		c.File = a.file
		return []change.Change{c}, nil
	}
	targets, nearest, err := a.targets(s)
	if err != nil {
		return wrong(nearest, "%w", err)
	}
	name := strings.TrimSuffix(filepath.Base(a.what), ".json")
	arn := a.what
	if a.kind == toAttach && a.file != "" {
		arn = change.PolicyARN(s, "/", name)
		if there, _ := policyNamed(s, arn); there == "" {
			c := change.New("iam:CreatePolicy", name, a.text)
			c.File = a.file
			all = append(all, c)
		} else if !a.madeOf(s, arn) {
			return wrong("sekisho whatif --policy "+name+"="+a.file, "there is a policy %s already, with another document", name)
		}
	} else if a.kind != toPut {
		if arn, nearest = policyNamed(s, a.what); arn == "" && a.kind == toAttach {
			return wrong(nearest, "the account has no policy %s", a.what)
		}
	}
	for _, t := range targets {
		of := holders[t.kind]
		switch {
		case a.kind == toAttach:
			all = append(all, change.New("iam:Attach"+of+"Policy", t.name, arn))
		case a.kind == toPut:
			c := change.New("iam:Put"+of+"Policy", t.name, name, a.text)
			c.File = a.file
			all = append(all, c)
		case t.attached(arn):
			all = append(all, change.New("iam:Detach"+of+"Policy", t.name, arn))
		case t.inline(a.what):
			all = append(all, change.New("iam:Delete"+of+"Policy", t.name, a.what))
		case !strings.ContainsAny(a.target, "*?"):
			return wrong("", "%s/%s has no policy %s", t.kind, t.name, a.what)
		}
	}
	if len(all) == 0 {
		return wrong("", "nobody has the policy %s", a.what)
	}
	return all, nil
}

// madeOf reports whether a policy's default version is the document of the file.
func (a *asked) madeOf(s *account.Snapshot, arn string) bool {
	for _, p := range s.AuthorizationDetails.Value.Policies {
		for _, v := range p.Versions {
			if p.ARN == arn && v.Default && v.Document == a.text {
				return true
			}
		}
	}
	return false
}

// target is a user, group or role with its policies.
type target struct {
	kind, name string
	managed    []account.AttachedPolicy
	own        []account.InlinePolicy
}

func (t target) attached(arn string) bool {
	return slices.ContainsFunc(t.managed, func(p account.AttachedPolicy) bool { return p.ARN == arn })
}

func (t target) inline(name string) bool {
	return slices.ContainsFunc(t.own, func(p account.InlinePolicy) bool { return p.Name == name })
}

// targets finds those that a TARGET names. Of one that is not there, the nearest is the hint.
func (a *asked) targets(s *account.Snapshot) (found []target, hint string, err error) {
	if s.AuthorizationDetails == nil {
		return nil, "", errors.New("the users, groups and roles were not read")
	}
	short := account.ShortARN(a.target)
	kind, name, _ := strings.Cut(short, "/")
	name = name[strings.LastIndex(name, "/")+1:]
	if _, err := path.Match(name, ""); err != nil {
		return nil, "", fmt.Errorf("got the pattern %q: %w", name, err)
	}
	var names []string
	add := func(of string, t target) {
		if of != kind {
			return
		}
		names = append(names, of+"/"+t.name)
		if ok, _ := path.Match(name, t.name); ok {
			t.kind = of
			found = append(found, t)
		}
	}
	d := s.AuthorizationDetails.Value
	for _, u := range d.Users {
		add("user", target{"", u.Name, u.AttachedPolicies, u.InlinePolicies})
	}
	for _, g := range d.Groups {
		add("group", target{"", g.Name, g.AttachedPolicies, g.InlinePolicies})
	}
	for _, r := range d.Roles {
		if !strings.HasPrefix(r.Path, "/aws-service-role/") || !strings.ContainsAny(name, "*?") {
			add("role", target{"", r.Name, r.AttachedPolicies, r.InlinePolicies})
		}
	}
	if len(found) > 0 {
		return found, "", nil
	}
	if i := lists.Nearest(kind+"/"+name, names); i >= 0 {
		hint = "did you mean " + names[i] + "?"
	}
	return nil, hint, fmt.Errorf("the account has no %s", short)
}

// policyNamed finds a managed policy by ARN or name. Of one that is not there, the nearest is the hint.
func policyNamed(s *account.Snapshot, name string) (arn, hint string) {
	if s.AuthorizationDetails == nil {
		return "", ""
	}
	var names []string
	for _, p := range s.AuthorizationDetails.Value.Policies {
		if names = append(names, p.Name); p.ARN == name || p.Name == name {
			return p.ARN, ""
		}
	}
	if i := lists.Nearest(name, names); i >= 0 {
		return "", "did you mean " + names[i] + "?"
	}
	if account.OfAWS(name) {
		return "", "AWS tells the documents of its own policies where they are in use; save it in a file, and attach that"
	}
	return "", ""
}
