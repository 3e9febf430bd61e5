package collect

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"sekisho/audit/account"
)

// mfaSessionDuration is how long a session got with GetSessionToken lasts: AWS's default, and for a user the time that
// people know from their own scripts. AWS itself shortens root's to an hour.
const mfaSessionDuration = 12 * time.Hour

var sixDigits = regexp.MustCompile(`^[0-9]{6}$`)

// errCode says what a code must look like, and never what was typed.
var errCode = errors.New("got a code that is not six digits")

// checkCode takes the blanks out of a code, which authenticator apps show in the middle, and refuses what can't be one.
func checkCode(code string) (string, error) {
	code = strings.Join(strings.Fields(code), "")
	if !sixDigits.MatchString(code) {
		return "", errCode
	}
	return code, nil
}

// noCodes are the devices whose codes AWS does not take in a call, by how their ARNs go on behind the account.
var noCodes = []struct{ prefix, what string }{
	{"u2f/", "got a passkey or security key, which shows no code"},
	{"sms-mfa/", "got a phone that is sent its codes, which AWS takes in the console alone"},
}

// checkDevice refuses, when something is being done, a device that has no codes to sign in with, and an ARN of what is no
// device.
func checkDevice(doing, serial string) error {
	if !strings.HasPrefix(serial, "arn:") {
		return nil // a hardware device
	}
	arn, err := account.ParseARN(serial)
	for _, device := range noCodes {
		if err == nil && strings.HasPrefix(arn.Resource, device.prefix) {
			return &Error{Doing: doing, Err: errors.New(device.what),
				Hint: "name a virtual or hardware device of the user's, which may have several; with passkeys and security keys sign in by `aws login` or `aws sso login`, which ask in the browser"}
		}
	}
	if err == nil && !strings.HasPrefix(arn.Resource, "mfa/") {
		err = fmt.Errorf("got the ARN of %s, want that of an MFA device", account.ShortARN(serial))
	}
	if err != nil {
		return &Error{Doing: doing, Err: err, Hint: "a virtual device's ARN looks like arn:aws:iam::123456789012:mfa/NAME; `aws iam list-mfa-devices` shows it"}
	}
	return nil
}

// codes hands out the code of an MFA device. It may be used concurrently; AWS accepts a code once, so it is given out
// once.
type codes struct {
	prompt func(ctx context.Context, serial string) (string, error)

	mu    sync.Mutex
	given string // from --token-code; empty once it was used
	spent bool
}

// next returns a code for the device, from the options first and then from the person.
func (c *codes) next(ctx context.Context, serial string) (string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return "", err
	}
	doing := "asking for the code of the MFA device " + serial
	if err := checkDevice(doing, serial); err != nil { // one of a profile
		return "", err
	}
	if c.given != "" {
		code := c.given
		c.given, c.spent = "", true
		return code, nil
	}
	if c.prompt == nil {
		if c.spent {
			return "", &Error{Doing: doing, Err: errors.New("the code given was used already, and there is no terminal to ask for the next"),
				Hint: "wait for the device to show its next code and run again with it in --token-code"}
		}
		return "", &Error{Doing: doing, Err: errors.New("there is no terminal to ask on"), Hint: "pass the six digits with --token-code"}
	}
	code, err := c.prompt(ctx, serial)
	if err != nil {
		return "", &Error{Doing: doing, Err: err, Hint: "pass the six digits with --token-code"}
	}
	code, err = checkCode(code)
	if err != nil {
		return "", &Error{Doing: doing, Err: err, Hint: "type the six digits that the device shows"}
	}
	return code, nil
}

// unused reports whether a code was given that nothing asked for.
func (c *codes) unused() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.given != ""
}

// sessionToken is a credentials provider that turns long-term keys into a session with MFA.
type sessionToken struct {
	client *sts.Client
	serial string
	codes  *codes
	// ctx is that of the run: the SDK's credentials cache hands providers a context that is never cancelled.
	ctx context.Context
}

// Retrieve asks for a code and makes the session.
func (p *sessionToken) Retrieve(ctx context.Context) (aws.Credentials, error) {
	code, err := p.codes.next(p.ctx, p.serial)
	if err != nil {
		return aws.Credentials{}, err
	}
	out, err := p.client.GetSessionToken(ctx, &sts.GetSessionTokenInput{
		SerialNumber: &p.serial, TokenCode: &code, DurationSeconds: aws.Int32(int32(mfaSessionDuration / time.Second)),
	})
	if err != nil {
		return aws.Credentials{}, err
	}
	got := out.Credentials
	return aws.Credentials{
		AccessKeyID: *got.AccessKeyId, SecretAccessKey: *got.SecretAccessKey, SessionToken: *got.SessionToken,
		Source: "GetSessionToken", CanExpire: true, Expires: aws.ToTime(got.Expiration),
	}, nil
}
