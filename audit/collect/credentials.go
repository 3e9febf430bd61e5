package collect

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go/logging"
	"github.com/aws/smithy-go/middleware"
)

// roleSession is the name of role sessions in the account's CloudTrail, where a profile gives no other.
const roleSession = "sekisho"

// roleDuration is the longest that any role allows without being set up for more, and the longest for a role assumed
// from a role.
const roleDuration = time.Hour

// localLimit bounds the search for credentials where it ends at an address of the machine itself, which on most
// machines nobody answers.
const localLimit = 8 * time.Second

var (
	errNoCredentials = errors.New("found none in the environment, a profile, or the metadata of an instance")
	errNoMetadata    = fmt.Errorf("the machine's own credentials endpoint gave no answer within %s", localLimit)
)

// static is the configuration of a client that takes nothing from the AWS environment.
func (s *Session) static(context.Context) error {
	s.facts.region = partitions[0].region
	s.Config = aws.Config{
		Region: s.facts.region, BaseEndpoint: &s.options.Endpoint, Retryer: s.options.Retryer, Logger: logging.Nop{},
		Credentials: credentials.NewStaticCredentialsProvider("AKIAIOSFODNN7EXAMPLE", "not-a-secret", ""),
		APIOptions:  []func(*middleware.Stack) error{s.client.install},
		HTTPClient:  cmp.Or[aws.HTTPClient](s.options.HTTPClient, httpClient(s.options.Connections, func(t *http.Transport) { t.Proxy = nil })),
	}
	return nil
}

// load reads the AWS environment and configuration files. Where they give no region a second look is taken with a
// likely one, since the providers of credentials need it too.
func (s *Session) load(ctx context.Context) error {
	files, err := s.sharedFiles(ctx)
	if err != nil {
		return err
	}
	cfg, err := s.loadWith(ctx, files, "")
	if err != nil {
		return err
	}
	s.facts.region, s.facts.regionChosen = cfg.Region, cfg.Region != ""
	s.facts.endpoint = s.facts.endpoint || cfg.BaseEndpoint != nil || os.Getenv("AWS_ENDPOINT_URL_STS") != ""
	if cfg.Region == "" {
		s.facts.region = likelyRegion(s.options, cfg.ConfigSources)
		if cfg, err = s.loadWith(ctx, files, s.facts.region); err != nil {
			return err
		}
	}
	// An endpoint of the person's own may go by any region's name.
	if !s.facts.endpoint && !regionShape.MatchString(cfg.Region) {
		return &Error{Doing: "choosing a region", Err: fmt.Errorf("got %q, want the name of an AWS region such as us-east-1", cfg.Region),
			Hint: "pass --region us-east-1, or correct AWS_REGION or the profile's region"}
	}
	s.Config = cfg
	return s.retrieve(ctx, "getting credentials")
}

func (s *Session) loadWith(ctx context.Context, files [2]sharedFile, region string) (aws.Config, error) {
	o := s.options
	configuration, credentials, done := openFiles(files)
	profile, _ := config.LoadSharedConfigProfile(ctx, cmp.Or(s.facts.profile, "default"), func(o *config.LoadSharedConfigOptions) {
		o.ConfigFiles, o.CredentialsFiles = configuration, credentials
	}) // whose error comes again
	done()
	bounded, err := s.boundedFiles(ctx, profile)
	if err != nil {
		return aws.Config{}, err
	}
	configuration, credentials, done = openFiles(files)
	defer done()
	base := new(*string) // known after loading, used when a role is assumed
	roles := 0
	loaders := []func(*config.LoadOptions) error{
		config.WithAPIOptions([]func(*middleware.Stack) error{s.client.install}),
		config.WithRetryer(o.Retryer),
		config.WithHTTPClient(cmp.Or[aws.HTTPClient](o.HTTPClient, httpClient(o.Connections))),
		config.WithLogger(logging.Nop{}), // the SDK's log would go to stderr, where progress and prompts are
		config.WithDefaultRegion(region),
		config.WithSharedConfigFiles(configuration),
		config.WithSharedCredentialsFiles(credentials),
		config.WithAssumeRoleCredentialOptions(func(role *stscreds.AssumeRoleOptions) {
			role.RoleSessionName = cmp.Or(role.RoleSessionName, roleSession)
			role.Duration = cmp.Or(role.Duration, roleDuration)
			if role.RoleARN != "" {
				s.role = role.RoleARN
				roles++
			}
			// In a chain of roles the first is assumed with the person's own keys, which alone can bring MFA.
			if o.MFASerial != "" && roles <= 1 {
				role.SerialNumber = &o.MFASerial
			}
			s.profileMFA = roles > 0
			serial := aws.ToString(role.SerialNumber)
			role.TokenProvider = func() (string, error) {
				code, err := s.codes.next(ctx, serial)
				if err == nil && !s.facts.mfa { // written once, while signing in
					s.facts.mfa = true
				}
				return code, err
			}
			if role.Client != nil {
				role.Client = roleClient{role.Client, base}
			}
		}),
	}
	if o.Profile != "" {
		loaders = append(loaders, config.WithSharedConfigProfile(o.Profile))
	}
	if o.Region != "" {
		loaders = append(loaders, config.WithRegion(o.Region))
	}
	if o.Endpoint != "" {
		loaders = append(loaders, config.WithBaseEndpoint(o.Endpoint))
	}
	cfg, err := config.LoadDefaultConfig(ctx, append(loaders, bounded...)...)
	if err != nil {
		found := cmp.Or(hint(err, s.facts), "check the AWS configuration files (~/.aws/config and ~/.aws/credentials, or where AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE point) and AWS_CA_BUNDLE")
		return aws.Config{}, &Error{Doing: readingConfiguration, Err: err, Hint: found}
	}
	*base = cfg.BaseEndpoint
	return cfg, nil
}

// roleClient sends AssumeRole to the endpoint that all other calls go to: the SDK makes this client before it resolves
// the endpoint.
type roleClient struct {
	stscreds.AssumeRoleAPIClient
	base **string
}

func (c roleClient) AssumeRole(ctx context.Context, in *sts.AssumeRoleInput, options ...func(*sts.Options)) (*sts.AssumeRoleOutput, error) {
	return c.AssumeRoleAPIClient.AssumeRole(ctx, in, append(slices.Clip(options), func(o *sts.Options) {
		if o.BaseEndpoint == nil {
			o.BaseEndpoint = *c.base
		}
	})...)
}

// retrieve gets the credentials of the configuration now, so that a failure is told as what it is, and has later
// failures to renew them told apart from those of the call that needed them.
func (s *Session) retrieve(ctx context.Context, doing string) error {
	provider := s.Config.Credentials
	if provider == nil {
		return s.failed(doing, errNoCredentials)
	}
	sources := sourcesOf(provider)
	switch {
	case slices.Contains(sources, aws.CredentialSourceSSO), slices.Contains(sources, aws.CredentialSourceSSOLegacy):
		s.facts.login = "aws sso login"
	case slices.Contains(sources, aws.CredentialSourceLogin):
		s.facts.login = "aws login"
	}
	bounded := ctx
	if slices.Contains(sources, aws.CredentialSourceIMDS) || slices.Contains(sources, aws.CredentialSourceHTTP) {
		var cancel context.CancelFunc
		bounded, cancel = context.WithTimeoutCause(ctx, localLimit, errNoMetadata)
		defer cancel()
	}
	got, err := provider.Retrieve(bounded)
	var redirect *redirectError
	if err != nil && bounded.Err() != nil && ctx.Err() == nil {
		err = errNoMetadata
	}
	switch {
	case ctx.Err() != nil:
		return s.failed(doing, &cancelledError{ctx.Err()})
	case err == nil && !got.HasKeys(), noCredentials(err) && !errors.As(err, &redirect):
		return s.failed(doing, errNoCredentials)
	case err != nil:
		return s.failed(doing, err)
	}
	s.facts.temporary = got.SessionToken != ""
	s.Config.Credentials = told{provider}
	return nil
}

// sourcesOf lists where credentials come from, first to last.
func sourcesOf(provider aws.CredentialsProvider) []aws.CredentialSource {
	if chain, ok := provider.(aws.CredentialProviderSource); ok {
		return chain.ProviderSources()
	}
	return nil
}

// told is a provider whose failures are known as such where they are seen within a call.
type told struct{ aws.CredentialsProvider }

func (t told) Retrieve(ctx context.Context) (aws.Credentials, error) {
	got, err := t.CredentialsProvider.Retrieve(ctx)
	if err != nil {
		err = &credentialsError{err}
	}
	return got, err
}

// httpClient is the SDK's own, with less patience for a host that does not answer and none for redirects. All accounts of
// an organization are asked at the same hosts: with a bound on connections they share them.
func httpClient(connections int, options ...func(*http.Transport)) *awshttp.BuildableClient {
	return awshttp.NewBuildableClient().
		WithDialerOptions(func(d *net.Dialer) { d.Timeout = connectTimeout }).
		WithTransportOptions(append(options, func(t *http.Transport) {
			t.TLSHandshakeTimeout = connectTimeout
			if connections > 0 {
				t.MaxConnsPerHost, t.MaxIdleConnsPerHost, t.MaxIdleConns = connections, connections, 2*connections
			}
		}, refuseRedirects)...)
}
