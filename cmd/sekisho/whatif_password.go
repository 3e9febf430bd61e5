package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"sekisho/audit/account"
	"sekisho/audit/change"
)

// passwordPolicy reads what aws iam get-account-password-policy prints, or update-account-password-policy takes.
func (a *asked) passwordPolicy() (change.Change, error) {
	var fields struct {
		MinimumPasswordLength                                                                                              int32
		RequireSymbols, RequireNumbers, RequireUppercaseCharacters, RequireLowercaseCharacters, AllowUsersToChangePassword bool
		ExpirePasswords, HardExpiry                                                                                        bool
		MaxPasswordAge, PasswordReusePrevention                                                                            int32
	}
	text := []byte(a.text)
	var wrapped struct{ PasswordPolicy json.RawMessage }
	if err := json.Unmarshal(text, &wrapped); err == nil && wrapped.PasswordPolicy != nil {
		text = wrapped.PasswordPolicy
	}
	in := json.NewDecoder(bytes.NewReader(text))
	in.DisallowUnknownFields()
	err := in.Decode(&fields)
	if err == nil && in.More() {
		err = errors.New("got more behind the object, want one object")
	}
	var kind *json.UnmarshalTypeError
	switch {
	case errors.Is(err, io.EOF):
		err = errors.New("got nothing, want a JSON object")
	case errors.As(err, &kind) && kind.Field == "":
		err = fmt.Errorf("got a JSON %s, want an object", kind.Value)
	case errors.As(err, &kind):
		err = fmt.Errorf("got a %s for %s, which takes another kind of value", kind.Value, kind.Field)
	}
	if err != nil {
		return change.Change{}, usagef("want the JSON that aws iam get-account-password-policy prints", "%s: reading %s: %w", a.flag, a.file, err)
	}
	for _, field := range []struct {
		name        string
		got         int32
		least, most int32
	}{
		{"MinimumPasswordLength", fields.MinimumPasswordLength, 6, 128}, {"MaxPasswordAge", fields.MaxPasswordAge, 0, 1095},
		{"PasswordReusePrevention", fields.PasswordReusePrevention, 0, 24},
	} {
		if field.got < field.least || field.got > field.most {
			return change.Change{}, usagef("", "%s: reading %s: got %s of %d, want %d to %d", a.flag, a.file, field.name, field.got, field.least, field.most)
		}
	}
	return change.PasswordPolicy(account.PasswordPolicy{
		MinimumPasswordLength: fields.MinimumPasswordLength, RequireSymbols: fields.RequireSymbols, RequireNumbers: fields.RequireNumbers,
		RequireUppercase: fields.RequireUppercaseCharacters, RequireLowercase: fields.RequireLowercaseCharacters, AllowUsersToChangePassword: fields.AllowUsersToChangePassword,
		MaxPasswordAgeDays: fields.MaxPasswordAge, PasswordReusePrevention: fields.PasswordReusePrevention, HardExpiry: fields.HardExpiry,
	}), nil
}
