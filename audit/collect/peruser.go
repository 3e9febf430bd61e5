package collect

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/smithy-go"

	"sekisho/audit/account"
	"sekisho/audit/convert"
)

var userCollectors = []Collector{
	ofUser(account.GetUserAnswer, getUser),
	ofUser(account.LoginProfileAnswer, loginProfile),
	listedOfUser(account.MFADevicesAnswer, func(ctx context.Context, s *Session, user, marker *string) ([]account.ListedMFADevice, page, error) {
		out, err := s.IAM.ListMFADevices(ctx, &iam.ListMFADevicesInput{UserName: user, Marker: marker})
		if err != nil {
			return nil, page{}, err
		}
		return convert.List(out.MFADevices, convert.MFADevice), page{out.IsTruncated, out.Marker}, nil
	}),
	accessKeys,
	{Descriptor: account.AccessKeyLastUsedAnswer, user: accessKeysLastUsed},
	listedOfUser(account.SSHPublicKeysAnswer, func(ctx context.Context, s *Session, user, marker *string) ([]account.SSHPublicKey, page, error) {
		out, err := s.IAM.ListSSHPublicKeys(ctx, &iam.ListSSHPublicKeysInput{UserName: user, Marker: marker})
		if err != nil {
			return nil, page{}, err
		}
		return convert.List(out.SSHPublicKeys, convert.SSHPublicKey), page{out.IsTruncated, out.Marker}, nil
	}),
	// The certificates themselves are kept: AWS lists when one was uploaded, and the certificate alone tells when it
	// ends.
	listedOfUser(account.SigningCertificatesAnswer, func(ctx context.Context, s *Session, user, marker *string) ([]account.ListedCertificate, page, error) {
		out, err := s.IAM.ListSigningCertificates(ctx, &iam.ListSigningCertificatesInput{UserName: user, Marker: marker})
		if err != nil {
			return nil, page{}, err
		}
		return convert.List(out.Certificates, convert.SigningCertificate), page{out.IsTruncated, out.Marker}, nil
	}),
}

var accessKeys = listedOfUser(account.AccessKeysAnswer, func(ctx context.Context, s *Session, user, marker *string) ([]account.ListedAccessKey, page, error) {
	out, err := s.IAM.ListAccessKeys(ctx, &iam.ListAccessKeysInput{UserName: user, Marker: marker})
	if err != nil {
		return nil, page{}, err
	}
	return convert.List(out.AccessKeyMetadata, convert.AccessKey), page{out.IsTruncated, out.Marker}, nil
})

// getUser asks for one user: that the user is there, and when the password was last used.
func getUser(ctx context.Context, s *Session, u subject) (account.ListedUser, error) {
	var none account.ListedUser
	out, err := s.IAM.GetUser(ctx, &iam.GetUserInput{UserName: &u.name})
	switch {
	case err != nil:
		return none, err
	case u.id != "" && aws.ToString(out.User.UserId) != u.id:
		return none, fmt.Errorf("got the user %s, want %s: the name has changed hands since it was listed", aws.ToString(out.User.UserId), u.id)
	}
	return convert.User(*out.User), nil
}

// loginProfile asks whether a user has a console password. NoSuchEntity is an answer: there is none, unless AWS says
// that it is the user who doesn't exist.
func loginProfile(ctx context.Context, s *Session, u subject) (*account.LoginProfile, error) {
	out, err := s.IAM.GetLoginProfile(ctx, &iam.GetLoginProfileInput{UserName: &u.name})
	if noSuchEntity(err) && !aboutUser(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return convert.LoginProfile(out.LoginProfile), nil
}

// aboutUser tells "The user with name alice cannot be found." from "Login Profile for User alice cannot be found.",
// which have the same code.
func aboutUser(err error) bool {
	var api smithy.APIError
	return errors.As(err, &api) && strings.Contains(strings.ToLower(api.ErrorMessage()), "user with name")
}

// accessKeysLastUsed asks for the last use of each of a user's keys, which it lists first where nobody did. A key that
// fails leaves the others' answers standing.
func accessKeysLastUsed(ctx context.Context, r *run, u subject) error {
	r.mu.Lock()
	listed := r.answers(u).AccessKeys
	var refused error
	if i := slices.IndexFunc(r.snapshot.Gaps, func(g account.Gap) bool { return g.Section == account.AccessKeysSection && g.Resource == u.name }); i >= 0 {
		refused = &smithy.GenericAPIError{Code: r.snapshot.Gaps[i].Code, Message: "the user's access keys could not be listed: " + r.snapshot.Gaps[i].Message}
	}
	r.mu.Unlock()
	if listed == nil && refused != nil {
		return failed(account.AccessKeysAnswer.Action(), refused)
	}
	if listed == nil {
		if err := accessKeys.user(ctx, r, u); err != nil {
			return err
		}
		r.mu.Lock()
		listed = r.answers(u).AccessKeys
		r.mu.Unlock()
		if listed == nil {
			return nil // the user is gone
		}
	}
	var firstErr error
	for _, key := range listed.Value {
		a := answer[account.KeyLastUsed](r, account.AccessKeyLastUsedAnswer.Action())
		out, err := r.session.IAM.GetAccessKeyLastUsed(ctx, &iam.GetAccessKeyLastUsedInput{AccessKeyId: &key.ID})
		if err == nil && out.UserName != nil && !strings.EqualFold(*out.UserName, u.name) {
			err = fmt.Errorf("got an answer about the user %s, want one about %s", *out.UserName, u.name)
		}
		if err != nil {
			if firstErr == nil {
				firstErr = failed(a.Action, err)
			}
			continue
		}
		a.Value = convert.KeyLastUsed(*out.AccessKeyLastUsed)
		a.Complete, a.Ended = true, r.now()
		r.mu.Lock()
		answers := r.answers(u)
		if answers.AccessKeyLastUsed == nil {
			answers.AccessKeyLastUsed = map[string]*account.Answer[account.KeyLastUsed]{}
		}
		answers.AccessKeyLastUsed[key.ID] = a
		r.mu.Unlock()
	}
	return firstErr
}

// gone notes that the user was deleted since the list was read. IAM is slow to agree with itself, and a new user may be
// missing from one answer and not from the next, so GetUser must say so too.
func gone(ctx context.Context, r *run, u subject, action string) error {
	if getUser := account.GetUserAnswer.Action(); action != getUser {
		out, err := r.session.IAM.GetUser(ctx, &iam.GetUserInput{UserName: &u.name})
		switch {
		case noSuchEntity(err):
		case err != nil:
			return failed(getUser, err)
		case u.id == "" || aws.ToString(out.User.UserId) == u.id:
			return failed(action, fmt.Errorf("got NoSuchEntity for a user whom %s knows", getUser))
		}
	}
	now := r.now()
	r.mu.Lock()
	defer r.mu.Unlock()
	answers := r.answers(u)
	answers.Gone = &account.Answer[bool]{Action: action, Began: now, Ended: now, Complete: true, Value: true}
	return nil
}
