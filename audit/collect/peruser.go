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

// getUser asks for one user: whether he is there, and when his password was last used.
func getUser(ctx context.Context, r *run, u subject) error {
	a := answer[account.ListedUser](r, "iam:GetUser")
	out, err := r.session.IAM.GetUser(ctx, &iam.GetUserInput{UserName: &u.name})
	switch {
	case noSuchEntity(err):
		return gone(ctx, r, u, a.Action)
	case err != nil:
		return failed(a.Action, err)
	case out.User == nil:
		return failed(a.Action, errors.New("got an answer without a User"))
	case u.id != "" && aws.ToString(out.User.UserId) != u.id:
		return failed(a.Action, fmt.Errorf("got the user %s, want %s: the name has changed hands since it was listed", aws.ToString(out.User.UserId), u.id))
	}
	return keepOf(r, u, a, convert.User(*out.User), nil, func(answers *account.UserAnswers) **account.Answer[account.ListedUser] {
		return &answers.User
	})
}

// loginProfile asks whether a user has a console password. NoSuchEntity is an answer: he has none, unless AWS says that it is the user
// who doesn't exist.
func loginProfile(ctx context.Context, r *run, u subject) error {
	a := answer[*account.LoginProfile](r, "iam:GetLoginProfile")
	out, err := r.session.IAM.GetLoginProfile(ctx, &iam.GetLoginProfileInput{UserName: &u.name})
	var profile *account.LoginProfile
	switch {
	case noSuchEntity(err) && aboutUser(err):
		return gone(ctx, r, u, a.Action)
	case noSuchEntity(err):
	case err != nil:
		return failed(a.Action, err)
	default:
		if profile = convert.LoginProfile(out.LoginProfile); profile == nil {
			return failed(a.Action, errors.New("got an answer without a LoginProfile"))
		}
	}
	return keepOf(r, u, a, profile, nil, func(answers *account.UserAnswers) **account.Answer[*account.LoginProfile] {
		return &answers.LoginProfile
	})
}

// aboutUser tells "The user with name alice cannot be found." from "Login Profile for User alice cannot be found.", which have the same code.
func aboutUser(err error) bool {
	var api smithy.APIError
	return errors.As(err, &api) && strings.Contains(strings.ToLower(api.ErrorMessage()), "user with name")
}

func mfaDevices(ctx context.Context, r *run, u subject) error {
	a := answer[[]account.ListedMFADevice](r, "iam:ListMFADevices")
	devices := []account.ListedMFADevice{}
	_, err := pages(func(marker *string) (page, error) {
		out, err := r.session.IAM.ListMFADevices(ctx, &iam.ListMFADevicesInput{UserName: &u.name, Marker: marker})
		if err != nil {
			return page{}, err
		}
		devices = append(devices, convert.List(out.MFADevices, convert.MFADevice)...)
		return page{out.IsTruncated, out.Marker}, nil
	})
	if noSuchEntity(err) {
		return gone(ctx, r, u, a.Action)
	}
	return keepOf(r, u, a, devices, err, func(answers *account.UserAnswers) **account.Answer[[]account.ListedMFADevice] {
		return &answers.MFADevices
	})
}

func accessKeys(ctx context.Context, r *run, u subject) error {
	a := answer[[]account.ListedAccessKey](r, "iam:ListAccessKeys")
	keys := []account.ListedAccessKey{}
	_, err := pages(func(marker *string) (page, error) {
		out, err := r.session.IAM.ListAccessKeys(ctx, &iam.ListAccessKeysInput{UserName: &u.name, Marker: marker})
		if err != nil {
			return page{}, err
		}
		keys = append(keys, convert.List(out.AccessKeyMetadata, convert.AccessKey)...)
		return page{out.IsTruncated, out.Marker}, nil
	})
	if noSuchEntity(err) {
		return gone(ctx, r, u, a.Action)
	}
	return keepOf(r, u, a, keys, err, func(answers *account.UserAnswers) **account.Answer[[]account.ListedAccessKey] {
		return &answers.AccessKeys
	})
}

// accessKeysLastUsed asks for the last use of each of a user's keys, which it lists first where nobody did. A key that fails leaves the
// others' answers standing.
func accessKeysLastUsed(ctx context.Context, r *run, u subject) error {
	r.mu.Lock()
	listed := r.answers(u).AccessKeys
	var refused error
	if i := slices.IndexFunc(r.snapshot.Gaps, func(g account.Gap) bool { return g.Section == account.AccessKeysSection && g.Resource == u.name }); i >= 0 {
		refused = &smithy.GenericAPIError{Code: r.snapshot.Gaps[i].Code, Message: "the user's access keys could not be listed: " + r.snapshot.Gaps[i].Message}
	}
	r.mu.Unlock()
	if listed == nil && refused != nil {
		return failed("iam:ListAccessKeys", refused)
	}
	if listed == nil {
		if err := accessKeys(ctx, r, u); err != nil {
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
		a := answer[account.KeyLastUsed](r, "iam:GetAccessKeyLastUsed")
		out, err := r.session.IAM.GetAccessKeyLastUsed(ctx, &iam.GetAccessKeyLastUsedInput{AccessKeyId: &key.ID})
		if err == nil && out.AccessKeyLastUsed == nil {
			err = errors.New("got an answer without AccessKeyLastUsed")
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

func sshPublicKeys(ctx context.Context, r *run, u subject) error {
	a := answer[[]account.SSHPublicKey](r, "iam:ListSSHPublicKeys")
	keys := []account.SSHPublicKey{}
	_, err := pages(func(marker *string) (page, error) {
		out, err := r.session.IAM.ListSSHPublicKeys(ctx, &iam.ListSSHPublicKeysInput{UserName: &u.name, Marker: marker})
		if err != nil {
			return page{}, err
		}
		keys = append(keys, convert.List(out.SSHPublicKeys, convert.SSHPublicKey)...)
		return page{out.IsTruncated, out.Marker}, nil
	})
	if noSuchEntity(err) {
		return gone(ctx, r, u, a.Action)
	}
	keys = latestBy(keys, func(k account.SSHPublicKey) string { return k.ID })
	return keepOf(r, u, a, keys, err, func(answers *account.UserAnswers) **account.Answer[[]account.SSHPublicKey] {
		return &answers.SSHPublicKeys
	})
}

// signingCertificates keeps the certificates themselves: AWS lists when one was uploaded, and the certificate alone tells when it ends.
func signingCertificates(ctx context.Context, r *run, u subject) error {
	a := answer[[]account.ListedCertificate](r, "iam:ListSigningCertificates")
	certificates := []account.ListedCertificate{}
	_, err := pages(func(marker *string) (page, error) {
		out, err := r.session.IAM.ListSigningCertificates(ctx, &iam.ListSigningCertificatesInput{UserName: &u.name, Marker: marker})
		if err != nil {
			return page{}, err
		}
		certificates = append(certificates, convert.List(out.Certificates, convert.SigningCertificate)...)
		return page{out.IsTruncated, out.Marker}, nil
	})
	if noSuchEntity(err) {
		return gone(ctx, r, u, a.Action)
	}
	certificates = latestBy(certificates, func(c account.ListedCertificate) string { return c.ID })
	return keepOf(r, u, a, certificates, err, func(answers *account.UserAnswers) **account.Answer[[]account.ListedCertificate] {
		return &answers.SigningCertificates
	})
}

// keepOf stores a user's answer. A list that broke off is not kept, for nothing is judged on part of one user's list; nor is an answer that AWS
// can't have sent.
func keepOf[T any](r *run, u subject, a *account.Answer[T], value T, err error, place func(*account.UserAnswers) **account.Answer[T]) error {
	if err != nil {
		return failed(a.Action, err)
	}
	a.Value, a.Complete, a.Ended = value, true, r.now()
	r.mu.Lock()
	defer r.mu.Unlock()
	answers := r.answers(u)
	*place(answers) = a
	if err := answers.Validate(); err != nil {
		*place(answers) = nil
		return failed(a.Action, err)
	}
	return nil
}

// gone notes that the user was deleted since he was listed. IAM is slow to agree with itself, and a new user may be missing from one answer
// and not from the next, so GetUser must say so too.
func gone(ctx context.Context, r *run, u subject, action string) error {
	if action != "iam:GetUser" {
		out, err := r.session.IAM.GetUser(ctx, &iam.GetUserInput{UserName: &u.name})
		switch {
		case noSuchEntity(err):
		case err != nil:
			return failed("iam:GetUser", err)
		case out.User == nil || u.id == "" || aws.ToString(out.User.UserId) == u.id:
			return failed(action, errors.New("got NoSuchEntity for a user whom iam:GetUser knows"))
		}
	}
	now := r.now()
	r.mu.Lock()
	defer r.mu.Unlock()
	answers := r.answers(u)
	answers.Gone = &account.Answer[bool]{Action: action, Began: now, Ended: now, Complete: true, Value: true}
	return nil
}
