package collect

import (
	"crypto/tls"
	"errors"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/feature/ec2/imds"
	"github.com/aws/smithy-go"

	"sekisho/audit/account"
	"sekisho/audit/collect/shape"
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
	endless      bool   // a file that was to tell credentials goes on behind its bound
}

const (
	hintSignIn = "sign in with `aws sso login` or `aws login`, name a profile with --profile, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; " +
		"`sekisho audit --demo` shows an audit without any account"
	hintForcedMFA = "a policy denies this explicitly, as one that forces MFA does: sign in with --mfa-serial ARN-OF-YOUR-DEVICE --token-code CODE"
	hintNoMFA     = "session credentials that were got with GetSessionToken and without MFA can't call IAM: " +
		"sign in with --mfa-serial ARN-OF-YOUR-DEVICE --token-code CODE from the user's own access key"
	hintNotAWS = "what answers is not AWS: check AWS_ENDPOINT_URL, the proxy (HTTPS_PROXY), and whether the network asks for a sign-in of its own"
	hintClock  = "set this machine's clock: AWS refuses requests that are signed more than a few minutes off"
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
	x := newFailure(err, f)
	for _, about := range []func(*failure) (text string, known bool){
		(*failure).ofAnswers, (*failure).onThisMachine, (*failure).onTheWay, (*failure).ofCredentials, (*failure).ofPermission,
	} {
		if text, known := about(x); known {
			return text
		}
	}
	return ""
}

// failure is a failed call or sign-in, with all that a hint may go by.
type failure struct {
	*facts
	err     error
	action  string // within which it failed; empty where no call was under way
	code    string
	message string // in lower case
}

func newFailure(err error, f *facts) *failure {
	x := &failure{facts: f, err: err}
	within := err
	var c *callError
	var renewal *credentialsError
	if errors.As(err, &c) {
		x.facts = c.facts
	}
	if errors.As(err, &renewal) { // a call within a call, or none: what failed is not the outer one
		within = renewal.err
	}
	if errors.As(within, &c) {
		x.action = c.action
	}
	x.code, x.message = reason(err)
	x.message = strings.ToLower(x.message)
	return x
}

// call is the action without its service: "ListUsers".
func (x *failure) call() string {
	_, call, _ := strings.Cut(x.action, ":")
	return call
}

// onThisMachine is about what is wrong before anything was sent, or with what this machine trusts.
func (x *failure) onThisMachine() (string, bool) {
	var certificate *tls.CertificateVerificationError
	var noProfile config.SharedConfigProfileNotExistError
	switch {
	case x.code == "Cancelled":
		return "", true
	case x.code == "Redirected":
		return hintNotAWS, true
	case x.endless || isEndless(x.err):
		return "was another file meant? AWS_CONFIG_FILE, AWS_SHARED_CREDENTIALS_FILE, AWS_CA_BUNDLE, AWS_WEB_IDENTITY_TOKEN_FILE and the profile name files", true
	case errors.As(x.err, &noProfile):
		return "`aws configure list-profiles` shows the profiles that there are", true
	case noCredentials(x.err):
		return hintSignIn, true
	case errors.As(x.err, &certificate):
		return "what answers has a certificate that this machine does not trust; behind a proxy that opens connections " +
			"set AWS_CA_BUNDLE to its certificates", true
	}
	return "", false
}

// onTheWay is about the connection, and about something else than AWS that answers. Access analyzers are asked for in
// every region: what one of them says is no word about the caller's own region or keys.
func (x *failure) onTheWay() (string, bool) {
	switch {
	case x.action == analyzersAction && !account.Denied(x.code) && !slices.Contains(expiredCodes, x.code):
		return "", true
	case isConnection(x.err) || isTimeout(x.err):
		return hintConnection(x.facts), true
	case x.action == getCallerIdentity && (x.code == "TornAnswer" || x.code == "InvalidAnswer"):
		return hintNotAWS, true
	}
	return "", false
}

// ofAnswers is about answers that are not as they must be.
func (x *failure) ofAnswers() (string, bool) {
	var odd *shape.Error
	switch {
	case errors.As(x.err, &odd) && odd.Absent != "":
		return "where AWS means an empty list by it, collect.tolerate_absent: [" + odd.Absent + "] in the configuration takes it for one, and the report says so", true
	case isLarge(x.err):
		return "raise collect.max_answer_mib in the configuration", true
	}
	return "", false
}

// ofCredentials is about keys, sessions and signatures that AWS doesn't take.
func (x *failure) ofCredentials() (string, bool) {
	signingIn := x.action == "" || slices.Contains(signInActions, x.action) && !strings.HasPrefix(x.action, "sts:")
	late := strings.Contains(x.message, "signature expired") || strings.Contains(x.message, "signature not yet current")
	switch {
	case x.login != "" && signingIn:
		return "run `" + x.login + x.profileFlag() + "`", true
	case late || x.code == "RequestTimeTooSkewed" || x.code == "RequestExpired":
		return hintClock + "; if it is right, the credentials have expired: sign in again", true
	case x.code == "SignatureDoesNotMatch", x.code == "InvalidSignatureException":
		return "the secret access key does not belong to the access key ID, or the clock is off; " + hintClock, true
	case slices.Contains(expiredCodes, x.code) && x.login != "":
		return "the session is over: run `" + x.login + x.profileFlag() + "`", true
	case slices.Contains(expiredCodes, x.code):
		return "the session is over: sign in again (`aws sso login`, `aws login`, or new values for AWS_SESSION_TOKEN " +
			"and the two keys that go with it)", true
	case x.code == "InvalidClientTokenId" || x.code == "UnrecognizedClientException" || x.code == "InvalidAccessKeyId": // the last is S3's
		return hintUnknownKey(x.action, x.facts), true
	}
	return "", false
}

// ofPermission is about what the caller may not do, or asked for in a way that AWS doesn't take.
func (x *failure) ofPermission() (string, bool) {
	switch {
	case x.code == "OptInRequired" || x.code == "RegionDisabledException":
		return "pass --region with a region that is enabled in the account, such as us-east-1", true
	case account.Denied(x.code):
		return hintDenied(x.call(), x.message, x.facts), true
	case x.code == "ValidationError" && (x.call() == "GetSessionToken" || x.call() == "AssumeRole"):
		return "check --role-arn, --external-id and --mfa-serial: a virtual device is named by its ARN, " +
			"arn:aws:iam::ACCOUNT:mfa/NAME, a hardware device by its serial number", true
	}
	return "", false
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

// deniers are the policies that no sign-in with MFA is known to satisfy, as AWS names them where one denies a call or
// does not allow it (Guide, troubleshoot_access-denied).
var deniers = []struct{ name, hint string }{
	{"service control policy", "a service control policy (SCP) of the organization refuses this to the account: those who run the organization can change that, and nobody in the account"},
	{"resource control policy", "a resource control policy (RCP) of the organization refuses this: those who run the organization can change that, and nobody in the account"},
	{"permissions boundary", "the permissions boundary of the user or role refuses this: allow it there, or sign in as somebody else"},
	{"session policy", "the policy that the session was made with refuses this: make the session without it, or with one that allows the call"},
	{"vpc endpoint policy", "the policy of the VPC endpoint on the way refuses this: allow it there, or take another way to AWS"},
}

func hintDenied(call, message string, f *facts) string {
	for _, by := range deniers {
		if strings.Contains(message, "explicit deny in a "+by.name) || strings.Contains(message, "because no "+by.name+" allows") {
			return by.hint
		}
	}
	switch {
	case strings.Contains(message, "multifactorauthentication failed"):
		return "check the device in --mfa-serial; a code is good once, and for half a minute: run again with the next one"
	case call == "GetSessionToken" && strings.Contains(message, "session credentials"):
		return "leave --mfa-serial out, or sign in with the user's own access key: a session can't get another one"
	case call == "GetCallerIdentity":
		return "sts:GetCallerIdentity needs no permission: an explicit deny, the policy of a VPC endpoint or a proxy on the way refuses it"
	case strings.Contains(message, "explicit deny") && !strings.Contains(message, "explicit deny in a ") && !f.mfa:
		return hintForcedMFA // an identity-based policy, or one that AWS does not name
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
