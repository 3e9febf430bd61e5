package collect

import (
	"crypto/tls"
	"errors"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/feature/ec2/imds"
	"github.com/aws/smithy-go"
)

// facts is what is known of a session where a hint depends on it. It is written while signing in, before calls run
// concurrently.
type facts struct {
	profile      string // as the aws command would name it; empty: no profile was named
	region       string
	regionChosen bool   // by the person: option, environment or profile
	endpoint     bool   // the person set an endpoint of their own
	login        string // the command that renews what the credentials come from: "aws sso login", "aws login"; empty: none does
	temporary    bool   // the credentials have a session token
	mfa          bool   // … which this run got with an MFA code
}

const (
	hintSignIn = "sign in with `aws sso login` or `aws login`, name a profile with --profile, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; " +
		"`sekisho audit --demo` shows an audit without any account"
	hintForcedMFA = "a policy denies this explicitly, as one that forces MFA does: sign in with --mfa-serial ARN-OF-YOUR-DEVICE --token-code CODE"
	hintNoMFA     = "session credentials that were got with GetSessionToken and without MFA can't call IAM: " +
		"sign in with --mfa-serial ARN-OF-YOUR-DEVICE --token-code CODE from the user's own access key"
	hintClock = "set this machine's clock: AWS refuses requests that are signed more than a few minutes off"
)

// Hint says what a person may do about a failed call or sign-in; empty where nothing useful is known.
func Hint(err error) string {
	var own *Error
	if errors.As(err, &own) && own.Hint != "" {
		return own.Hint
	}
	return hint(err, &facts{})
}

// hint is for an error of the session that f is about.
func hint(err error, f *facts) string {
	action, within := "", err
	var c *callError
	var renewal *credentialsError
	if errors.As(err, &c) {
		f = c.facts
	}
	if errors.As(err, &renewal) { // a call within a call, or none: what failed is not the outer one
		within = renewal.err
	}
	if errors.As(within, &c) {
		action = c.action
	}
	code, message := reason(err)
	_, call, _ := strings.Cut(action, ":")
	lower := strings.ToLower(message)
	var certificate *tls.CertificateVerificationError
	var noProfile config.SharedConfigProfileNotExistError
	switch {
	case code == "Cancelled":
		return ""
	case errors.As(err, &noProfile):
		return "`aws configure list-profiles` shows the profiles that there are"
	case noCredentials(err):
		return hintSignIn
	case errors.As(err, &certificate):
		return "what answers has a certificate that this machine does not trust; behind a proxy that opens connections set AWS_CA_BUNDLE to its certificates"
	case action == analyzersAction && !isDenied(code) && !slices.Contains(expiredCodes, code):
		return "" // asked in every region: what one of them says is no word about the caller's own region or keys
	case isConnection(err) || isTimeout(err):
		return hintConnection(f)
	case action == getCallerIdentity && (code == "TornAnswer" || code == "InvalidAnswer"):
		return "what answers is not AWS: check AWS_ENDPOINT_URL, the proxy (HTTPS_PROXY), and whether the network wants a sign-in of its own"
	case f.login != "" && (action == "" || slices.Contains(signInActions, action) && !strings.HasPrefix(action, "sts:")):
		return "run `" + f.login + f.profileFlag() + "`"
	case strings.Contains(lower, "signature expired"), strings.Contains(lower, "signature not yet current"), code == "RequestTimeTooSkewed", code == "RequestExpired":
		return hintClock + "; if it is right, the credentials have expired: sign in again"
	case code == "SignatureDoesNotMatch", code == "InvalidSignatureException":
		return "the secret access key does not belong to the access key ID, or the clock is off; " + hintClock
	case slices.Contains(expiredCodes, code):
		if f.login != "" {
			return "the session is over: run `" + f.login + f.profileFlag() + "`"
		}
		return "the session is over: sign in again (`aws sso login`, `aws login`, or new values for AWS_SESSION_TOKEN and the two keys that go with it)"
	case code == "InvalidClientTokenId" || code == "UnrecognizedClientException":
		return hintUnknownKey(action, f)
	case code == "OptInRequired" || code == "RegionDisabledException":
		return "pass --region with a region that is enabled in the account, such as us-east-1"
	case isDenied(code):
		return hintDenied(call, lower, f)
	case code == "ValidationError" && (call == "GetSessionToken" || call == "AssumeRole"):
		return "check --role-arn, --external-id and --mfa-serial: a virtual device is named by its ARN, arn:aws:iam::ACCOUNT:mfa/NAME, a hardware device by its serial number"
	}
	return ""
}

func isDenied(code string) bool {
	return code == "AccessDenied" || code == "AccessDeniedException" || code == "UnauthorizedOperation"
}

// hintUnknownKey is about a key that AWS says it does not know.
func hintUnknownKey(action string, f *facts) string {
	switch {
	case strings.HasPrefix(action, "iam:") && f.temporary && !f.mfa:
		return hintNoMFA
	case strings.HasPrefix(action, "iam:") && f.temporary:
		return ""
	case !f.regionChosen:
		return "no region is configured, so " + f.region + " was asked: if the account is in China, GovCloud or the European Sovereign Cloud pass --region cn-north-1, us-gov-west-1 or eusc-de-east-1; " +
			"otherwise the access key was deleted or deactivated, or its session token is missing"
	}
	return "the access key was deleted or deactivated, its session token is missing, or it belongs to another partition than the region " + f.region
}

func hintDenied(call, message string, f *facts) string {
	switch {
	case strings.Contains(message, "multifactorauthentication failed"):
		return "check the device in --mfa-serial; a code is good once, and for half a minute: run again with the next one"
	case call == "GetSessionToken" && strings.Contains(message, "session credentials"):
		return "leave --mfa-serial out, or sign in with the user's own access key: a session can't get another one"
	case call == "GetCallerIdentity":
		return "sts:GetCallerIdentity needs no permission: an explicit deny, the policy of a VPC endpoint or a proxy on the way refuses it"
	case strings.Contains(message, "explicit deny") && !f.mfa:
		return hintForcedMFA
	case call == "ListRegions":
		return "allow " + regionsAction + " as well: the AWS managed policy SecurityAudit does not"
	case call == "AssumeRole":
		return "check --role-arn and --external-id; the role's trust policy must allow you, and may demand MFA (--mfa-serial ARN-OF-YOUR-DEVICE --token-code CODE)"
	}
	return ""
}

func hintConnection(f *facts) string {
	switch {
	case f.endpoint:
		return "check that the endpoint is right and up (AWS_ENDPOINT_URL, or the profile's endpoint_url)"
	case f.regionChosen:
		return "check the region " + f.region + " (--region, AWS_REGION or the profile's region), the network and, if there is one, the proxy (HTTPS_PROXY)"
	}
	return "check the network and, if there is one, the proxy (HTTPS_PROXY)"
}

// profileFlag names the profile in the aws command of a hint.
func (f *facts) profileFlag() string {
	if f.profile == "" {
		return ""
	}
	return " --profile " + f.profile
}

// noCredentials reports whether the search for credentials ended, as it does on a machine without any, at the metadata
// of an instance that is none.
func noCredentials(err error) bool {
	var operation *smithy.OperationError
	for at := err; errors.As(at, &operation); at = operation.Err {
		if operation.ServiceID == imds.ServiceID {
			return true
		}
	}
	return errors.Is(err, errNoCredentials) || errors.Is(err, errNoMetadata)
}
