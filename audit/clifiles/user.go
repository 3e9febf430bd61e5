package clifiles

import (
	"cmp"
	"errors"
	"reflect"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"sekisho/audit/account"
	"sekisho/audit/convert"
	"sekisho/audit/message"
)

// takeUser takes one user as aws iam get-user tells of them. Root, who has no name there, is no user.
func takeUser(r *reader, a answer) error {
	var d decoder
	var u *types.User
	if err := d.field(a, "User", &u); err != nil {
		return err
	}
	if u == nil {
		return errors.New("got a User of null, want an object")
	}
	user := convert.User(*u)
	if user.Name == "" {
		r.warn(a.file, message.New("is a user without a name; it was not used"))
		return nil
	}
	_, label := user.Named()
	return set(r, a.file, user.Name, account.GetUserAnswer, label, user, &d)
}

func takeLoginProfile(r *reader, a answer) error {
	var d decoder
	var p *types.LoginProfile
	if err := d.field(a, "LoginProfile", &p); err != nil {
		return err
	}
	profile := convert.LoginProfile(p)
	if profile == nil {
		return errors.New("got a login profile without a CreateDate")
	}
	if p.UserName == nil || *p.UserName == "" {
		r.warn(a.file, message.New("is a login profile that names no user; it was not used"))
		return nil
	}
	return set(r, a.file, *p.UserName, account.LoginProfileAnswer, "the login profile of "+*p.UserName, profile, &d)
}

// noLoginProfile takes AWS's word that a user has no password.
func noLoginProfile(r *reader, file, code, said string) (bool, error) {
	user := noLoginOf.FindStringSubmatch(said)
	if code != "NoSuchEntity" || user == nil {
		return false, nil
	}
	return true, set(r, file, user[1], account.LoginProfileAnswer, "the login profile of "+user[1], nil, &decoder{})
}

// keyUse is the last use of one of a user's keys, and the file that tells it.
type keyUse struct {
	file string
	use  account.KeyLastUsed
}

// takeLastUsed keeps the last use of a key. The answer names the user and not the key, so that it is of use where they
// have just one.
func takeLastUsed(r *reader, a answer) error {
	var d decoder
	var user string
	var used *types.AccessKeyLastUsed
	if err := cmp.Or(d.field(a, "UserName", &user), d.field(a, "AccessKeyLastUsed", &used)); err != nil {
		return err
	}
	if used == nil {
		return errors.New("got no AccessKeyLastUsed, want it")
	}
	if err := r.whole(account.AccessKeyLastUsedAnswer, &d); err != nil {
		return err
	}
	if user == "" {
		r.warn(a.file, message.New("tells the last use of an access key and names no user; it was not used"))
		return nil
	}
	uses := held[[]keyUse](r, account.AccessKeyLastUsedSection, user)
	*uses = append(*uses, keyUse{a.file, convert.KeyLastUsed(*used)})
	return r.note(a.file, &d)
}

// putLastUsed gives a user's only key its last use.
func putLastUsed(a assembly) {
	for _, user := range a.each(account.AccessKeyLastUsedSection) {
		uses := *held[[]keyUse](a.reader, account.AccessKeyLastUsedSection, user)
		keys := held[list[account.ListedAccessKey]](a.reader, account.AccessKeysSection, user)
		same := !slices.ContainsFunc(uses, func(u keyUse) bool { return !reflect.DeepEqual(u.use, uses[0].use) })
		if !uncounted(a, keys.pages, 0).Empty() || len(keys.items) != 1 || !same {
			for _, u := range uses {
				a.warn(u.file, message.New("doesn't say of which of %s's access keys it tells the last use; it was not used", user))
			}
			continue
		}
		holder[account.UserAnswers](a, user).AccessKeyLastUsed = map[string]*account.Answer[account.KeyLastUsed]{
			keys.items[0].ID: made(a, account.AccessKeyLastUsedAnswer.Action(), uses[0].use, true),
		}
	}
}
