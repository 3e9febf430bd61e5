package collect

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"
	"github.com/aws/smithy-go/middleware"
	"golang.org/x/sync/errgroup"

	"sekisho/audit/account"
	"sekisho/audit/convert"
	"sekisho/audit/organization"
)

// rootSeconds is how long a session of a member's root user lasts: as long as AWS allows at most.
const rootSeconds = 900

// reachesFarther reports whether a session of root is asked for that could do more than look at root's credentials.
func reachesFarther(parameters any) bool {
	in, is := parameters.(*sts.AssumeRootInput)
	return is && (in.TaskPolicyArn == nil || !strings.HasSuffix(aws.ToString(in.TaskPolicyArn.Arn), organization.RootTask("")[len("arn:"):]) ||
		aws.ToInt32(in.DurationSeconds) > rootSeconds)
}

// MemberRoots reads in sessions of members' root users which credentials these have, so many members at a time, and adds
// it to what was read of the organization. A member whose root can't be asked is a gap.
func (s *Session) MemberRoots(ctx context.Context, of *organization.Snapshot, ids []string, atOnce int) error {
	if account.IsRootARN(s.Caller.ARN) {
		return &Error{Doing: "making sessions of members' root users", Err: errors.New("got root's own credentials, with which AWS makes none"),
			Hint: "sign in as a role or user of the account that manages the organization, or of IAM's delegated administrator"}
	}
	a := &account.Answer[[]organization.MemberRoot]{Action: organization.AssumeRootAction, Began: s.at(), Complete: true, Value: make([]organization.MemberRoot, len(ids))}
	var mu sync.Mutex
	bill := account.Calls{ByAction: map[string]int{}, SignIn: map[string]int{}}
	group, within := errgroup.WithContext(ctx)
	group.SetLimit(atOnce)
	for i, id := range ids {
		group.Go(func() error {
			root, gaps, calls, err := s.memberRoot(within, id)
			mu.Lock()
			defer mu.Unlock()
			a.Value[i] = root
			a.Complete = a.Complete && len(gaps) == 0
			of.Gaps = append(of.Gaps, gaps...)
			bill.Add(calls)
			return err
		})
	}
	err := group.Wait()
	a.Ended = s.at()
	of.MemberRoots, of.Calls = a, s.Calls()
	of.Calls.Add(bill)
	slices.SortFunc(of.Gaps, account.Gap.Compare)
	return err
}

// memberRoot asks one member's root user. The errors are those that end the whole run.
func (s *Session) memberRoot(ctx context.Context, id string) (organization.MemberRoot, []account.Gap, account.Calls, error) {
	read := organization.MemberRoot{ID: id}
	root, err := s.root(ctx, id)
	if err != nil {
		gap, abort := s.gap("organization", id, organization.AssumeRootAction, err)
		return read, []account.Gap{gap}, account.Calls{}, abort
	}
	var gaps []account.Gap
	note := func(action string, err error) {
		if err != nil {
			code, message, _ := Classify(err) // a session that ended is the trouble of one member
			gaps = append(gaps, account.Gap{Section: "organization", Resource: id, Action: action, Code: code, Message: message})
		}
	}
	read.Password, err = rootAnswer(root, account.LoginProfileAnswer.Action(), func() (*account.LoginProfile, error) {
		out, err := root.IAM.GetLoginProfile(ctx, &iam.GetLoginProfileInput{})
		if noSuchEntity(err) {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		return convert.LoginProfile(out.LoginProfile), nil
	})
	note(account.LoginProfileAnswer.Action(), err)
	read.AccessKeys, err = rootAnswer(root, account.AccessKeysAnswer.Action(), func() ([]account.ListedAccessKey, error) {
		list, _, err := pages(func(marker *string) ([]account.ListedAccessKey, page, error) {
			out, err := root.IAM.ListAccessKeys(ctx, &iam.ListAccessKeysInput{Marker: marker})
			if err != nil {
				return nil, page{}, err
			}
			return convert.List(out.AccessKeyMetadata, convert.AccessKey), page{out.IsTruncated, out.Marker}, nil
		})
		return list, err
	})
	note(account.AccessKeysAnswer.Action(), err)
	read.Certificates, err = rootAnswer(root, account.SigningCertificatesAnswer.Action(), func() ([]organization.RootCertificate, error) {
		list, _, err := pages(func(marker *string) ([]organization.RootCertificate, page, error) {
			out, err := root.IAM.ListSigningCertificates(ctx, &iam.ListSigningCertificatesInput{Marker: marker})
			if err != nil {
				return nil, page{}, err
			}
			return convert.List(out.Certificates, convert.RootCertificate), page{out.IsTruncated, out.Marker}, nil
		})
		return list, err
	})
	note(account.SigningCertificatesAnswer.Action(), err)
	read.MFADevices, err = rootAnswer(root, account.MFADevicesAnswer.Action(), func() ([]account.ListedMFADevice, error) {
		list, _, err := pages(func(marker *string) ([]account.ListedMFADevice, page, error) {
			out, err := root.IAM.ListMFADevices(ctx, &iam.ListMFADevicesInput{Marker: marker})
			if err != nil {
				return nil, page{}, err
			}
			return convert.List(out.MFADevices, convert.MFADevice), page{out.IsTruncated, out.Marker}, nil
		})
		return list, err
	})
	note(account.MFADevicesAnswer.Action(), err)
	read.Summary, err = rootAnswer(root, account.AccountSummaryAnswer.Action(), func() (account.Summary, error) {
		out, err := root.IAM.GetAccountSummary(ctx, &iam.GetAccountSummaryInput{})
		if err != nil {
			return nil, err
		}
		ofRoot := account.Summary{}
		for _, key := range []string{organization.RootPasswordPresent, organization.RootKeysPresent, organization.RootCertificatesPresent} {
			if n, known := out.SummaryMap[key]; known {
				ofRoot[key] = n
			}
		}
		return ofRoot, nil
	})
	note(account.AccountSummaryAnswer.Action(), err)
	if ctx.Err() != nil {
		return read, gaps, root.Calls(), context.Cause(ctx)
	}
	return read, gaps, root.Calls(), nil
}

// rootAnswer makes an answer of a read; nil where it failed.
func rootAnswer[T any](root *Session, action string, read func() (T, error)) (*account.Answer[T], error) {
	a := &account.Answer[T]{Action: action, Began: root.at()}
	value, err := read()
	if err != nil {
		return nil, err
	}
	a.Value, a.Complete, a.Ended = value, true, root.at()
	return a, nil
}

// root signs in as a member's root user, with a session that can look at root's credentials and do nothing else.
func (s *Session) root(ctx context.Context, id string) (*Session, error) {
	out, err := s.sts().AssumeRoot(ctx, &sts.AssumeRootInput{
		TargetPrincipal: &id, DurationSeconds: aws.Int32(rootSeconds), TaskPolicyArn: &types.PolicyDescriptorType{Arn: aws.String(organization.RootTask(s.Caller.Partition))},
	})
	if err != nil {
		return nil, err
	}
	o := s.options
	o.RoleARN, o.ExternalID, o.Allowed, o.Observe = "", "", organization.RootActions(), nil
	root := newSession(o)
	root.member = true
	root.client.governors = s.client.governed()
	*root.facts = *s.facts
	root.Config = s.Config.Copy()
	root.Config.APIOptions = []func(*middleware.Stack) error{root.client.install}
	root.Config.Credentials = credentials.NewStaticCredentialsProvider(aws.ToString(out.Credentials.AccessKeyId), aws.ToString(out.Credentials.SecretAccessKey), aws.ToString(out.Credentials.SessionToken))
	if err := root.identify(ctx); err != nil {
		return nil, failed(getCallerIdentity, err)
	}
	if root.Caller.AccountID != id {
		return nil, &Error{Doing: "asking AWS who is signed in (" + getCallerIdentity + ")", Err: errors.New("got another account than " + id), Hint: hintNotAWS}
	}
	return root.ready(), nil
}
