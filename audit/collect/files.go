package collect

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials/endpointcreds"
	"github.com/aws/aws-sdk-go-v2/credentials/logincreds"
	"github.com/aws/aws-sdk-go-v2/credentials/ssocreds"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
)

// maxFile is how many bytes a file of the AWS configuration may have. Thousands of profiles have a tenth of it.
const maxFile = 16 << 20

// within reads a file to its end, as the SDK does, but no more of it than a bound and no longer than the context lasts.
func within(ctx context.Context, path string) ([]byte, error) {
	type outcome struct {
		data []byte
		err  error
	}
	read := make(chan outcome, 1)
	go func() {
		file, err := os.Open(path)
		if err != nil {
			read <- outcome{err: err}
			return
		}
		defer file.Close()
		data, err := io.ReadAll(io.LimitReader(file, maxFile+1))
		if len(data) > maxFile {
			err = &endlessError{path}
		}
		read <- outcome{data, err}
	}()
	select {
	case got := <-read:
		return got.data, got.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// endlessError is a file with more in it than is read of one.
type endlessError struct{ path string }

func (e *endlessError) Error() string {
	return fmt.Sprintf("got more than %d MiB in %s, want that at most", maxFile>>20, e.path)
}

// sharedFile is the path of a configuration file, and what came out of it where it is a pipe, which is read only once.
type sharedFile struct {
	path  string
	piped []byte
}

func isEndless(err error) bool {
	var endless *endlessError
	return errors.As(err, &endless)
}

// notRead is the error of a file that is not left to the SDK.
func (s *Session) notRead(err error) error {
	return &Error{Doing: readingConfiguration, Err: err, Hint: hint(err, s.facts)}
}

const readingConfiguration = "reading the AWS configuration"

// lookAt reads a file that the SDK is about to read, to be sure that it ends. What can't be read is left to the SDK to
// tell.
func (s *Session) lookAt(ctx context.Context, path string) (sharedFile, error) {
	data, err := within(ctx, path)
	switch info, failed := os.Stat(path); {
	case err != nil && (ctx.Err() != nil || isEndless(err)):
		return sharedFile{}, s.notRead(err)
	case err == nil && failed == nil && info.Mode()&os.ModeNamedPipe != 0:
		return sharedFile{path, data}, nil
	}
	return sharedFile{path: path}, nil
}

// open gives the path that the SDK is to read, once. What was piped is piped again.
func (f sharedFile) open() (path string, done func()) {
	if f.piped == nil {
		return f.path, func() {}
	}
	out, in, err := os.Pipe()
	if err != nil {
		return f.path, func() {}
	}
	go func() {
		_, _ = in.Write(f.piped) // the SDK may have had enough
		in.Close()
	}()
	return fmt.Sprintf("/dev/fd/%d", out.Fd()), func() { out.Close() }
}

// sharedFiles are those of the profiles: configuration and credentials.
func (s *Session) sharedFiles(ctx context.Context) (files [2]sharedFile, err error) {
	for i, path := range []string{
		cmp.Or(os.Getenv("AWS_CONFIG_FILE"), config.DefaultSharedConfigFilename()),
		cmp.Or(os.Getenv("AWS_SHARED_CREDENTIALS_FILE"), config.DefaultSharedCredentialsFilename()),
	} {
		if files[i], err = s.lookAt(ctx, path); err != nil {
			return files, err
		}
	}
	return files, nil
}

// openFiles gives the paths of both, for one reading.
func openFiles(files [2]sharedFile) (configuration, credentials []string, done func()) {
	c, doneC := files[0].open()
	k, doneK := files[1].open()
	return []string{c}, []string{k}, func() { doneC(); doneK() }
}

// boundedFiles makes the SDK read the files that the environment and the profile name within bounds.
func (s *Session) boundedFiles(ctx context.Context, profile config.SharedConfig) ([]func(*config.LoadOptions) error, error) {
	var loaders []func(*config.LoadOptions) error
	if path := cmp.Or(os.Getenv("AWS_CA_BUNDLE"), profile.CustomCABundle); path != "" {
		data, err := within(ctx, path)
		if err != nil && (ctx.Err() != nil || isEndless(err)) {
			return nil, s.notRead(err)
		}
		if err == nil {
			loaders = append(loaders, config.WithCustomCABundle(bytes.NewReader(data)))
		}
	}
	for p := &profile; p != nil; p = p.Source {
		var caches []string
		key := p.SSOStartURL
		if p.SSOSession != nil {
			key = p.SSOSession.Name
		}
		if path, err := ssocreds.StandardCachedTokenFilepath(key); err == nil && key != "" {
			caches = append(caches, path)
		}
		if path, err := logincreds.StandardCachedTokenFilepath(p.LoginSession, os.Getenv("AWS_LOGIN_CACHE_DIRECTORY")); err == nil && p.LoginSession != "" {
			caches = append(caches, path)
		}
		for _, path := range caches {
			if _, err := s.lookAt(ctx, path); err != nil {
				return nil, err
			}
		}
	}
	return append(loaders,
		config.WithEndpointCredentialOptions(func(container *endpointcreds.Options) {
			container.HTTPClient = cmp.Or[aws.HTTPClient](s.options.HTTPClient, httpClient(0))
			if path := os.Getenv("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"); path != "" {
				container.AuthorizationTokenProvider = endpointcreds.TokenProviderFunc(func() (string, error) {
					data, err := within(ctx, path)
					s.facts.endless = isEndless(err) // of which the SDK keeps the text alone
					return string(data), err
				})
			}
		}),
		config.WithWebIdentityRoleCredentialOptions(func(role *stscreds.WebIdentityRoleOptions) {
			s.role = role.RoleARN
			if file, ok := role.TokenRetriever.(stscreds.IdentityTokenFile); ok {
				role.TokenRetriever = tokenFile{ctx, string(file)}
			}
		}),
	), nil
}

// tokenFile is a file with a token for AssumeRoleWithWebIdentity.
type tokenFile struct {
	ctx  context.Context
	path string
}

// GetIdentityToken reads the token.
func (f tokenFile) GetIdentityToken() ([]byte, error) { return within(f.ctx, f.path) }
