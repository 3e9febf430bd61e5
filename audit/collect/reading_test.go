//go:build unix

package collect

import (
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/aws/aws-sdk-go-v2/credentials/logincreds"
	"github.com/aws/aws-sdk-go-v2/credentials/ssocreds"
)

// sdkReads are the files that the SDK reads: how each comes to be that one.
var sdkReads = map[string]func(t *testing.T, file string){
	"AWS_CONFIG_FILE":             func(t *testing.T, file string) { t.Setenv("AWS_CONFIG_FILE", file) },
	"AWS_SHARED_CREDENTIALS_FILE": func(t *testing.T, file string) { t.Setenv("AWS_SHARED_CREDENTIALS_FILE", file) },
	"AWS_CA_BUNDLE":               func(t *testing.T, file string) { t.Setenv("AWS_CA_BUNDLE", file) },
	"AWS_WEB_IDENTITY_TOKEN_FILE": func(t *testing.T, file string) {
		t.Setenv("AWS_WEB_IDENTITY_TOKEN_FILE", file)
		t.Setenv("AWS_ROLE_ARN", fakeRole)
	},
	"AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": func(t *testing.T, file string) {
		t.Setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", file)
		t.Setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1:1/")
	},
	"ca_bundle": func(t *testing.T, file string) { home(t, "[default]\nca_bundle = "+file+"\n") },
	"web_identity_token_file": func(t *testing.T, file string) {
		home(t, "[default]\nrole_arn = "+fakeRole+"\nweb_identity_token_file = "+file+"\n")
	},
	"SSO's cache, of the profile of another one": func(t *testing.T, file string) {
		home(t, "[default]\nrole_arn = "+fakeRole+"\nsource_profile = work\n[profile work]\nsso_account_id = 123456789012\n"+
			"sso_role_name = audit\nsso_session = corp\n[sso-session corp]\nsso_region = us-east-1\nsso_start_url = https://example.awsapps.com/start\n")
		path, err := ssocreds.StandardCachedTokenFilepath("corp")
		isCache(t, path, file, err)
	},
	"SSO's cache of the old kind": func(t *testing.T, file string) {
		home(t, "[default]\nsso_account_id = 123456789012\nsso_role_name = audit\nsso_region = us-east-1\nsso_start_url = https://example.awsapps.com/start\n")
		path, err := ssocreds.StandardCachedTokenFilepath("https://example.awsapps.com/start")
		isCache(t, path, file, err)
	},
	"the cache of aws login": func(t *testing.T, file string) {
		home(t, "[default]\nlogin_session = "+fakeCaller+"\n")
		path, err := logincreds.StandardCachedTokenFilepath(fakeCaller, "")
		isCache(t, path, file, err)
	},
}

func isCache(t *testing.T, path, file string, err error) {
	t.Helper()
	if err = errors.Join(err, os.MkdirAll(filepath.Dir(path), 0o700), os.Symlink(file, path)); err != nil {
		t.Fatal(err)
	}
}

func TestFilesOfTheSDKAreBounded(t *testing.T) {
	for name, set := range sdkReads {
		t.Run(name, func(t *testing.T) {
			home(t, "")
			set(t, "/dev/zero")
			_, err := SignIn(t.Context(), Options{Region: "us-east-1", Retryer: fastRetryer})
			if err == nil || !strings.Contains(err.Error(), "got more than 16 MiB in /") || !strings.HasPrefix(Hint(err), "was another file meant?") {
				t.Errorf("got %v (%s), want the bound", err, Hint(err))
			}
		})
	}
}

// A file of the SDK's that never ends, such as a pipe that nobody writes to, does not hold a run that was interrupted.
func TestInterruptedWhileTheConfigurationIsRead(t *testing.T) {
	for name, set := range sdkReads {
		t.Run(name, func(t *testing.T) {
			home(t, "")
			set(t, pipe(t))
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			if _, err := SignIn(ctx, Options{}); !errors.Is(err, context.Canceled) {
				t.Errorf("got %v, want the interruption", err)
			}
		})
	}
}

// pipe makes a pipe, and lets go of who still reads it at the end.
func pipe(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if fd, err := syscall.Open(path, syscall.O_WRONLY|syscall.O_NONBLOCK, 0); err == nil {
			_ = syscall.Close(fd)
		}
	})
	return path
}

// What comes through a pipe, as from a shell's <(…), comes once, and the SDK reads it more often.
func TestPipedConfiguration(t *testing.T) {
	home(t, "")
	t.Setenv("AWS_CONFIG_FILE", pipe(t))
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", pipe(t))
	for variable, text := range map[string]string{
		"AWS_CONFIG_FILE":             strings.Repeat("# a comment\n", 20_000) + "[profile work]\nrole_arn = " + fakeRole + "\nsource_profile = default\n", // more than a pipe holds
		"AWS_SHARED_CREDENTIALS_FILE": "[default]\naws_access_key_id = AKIAPIPEDEXAMPLE\naws_secret_access_key = s\n",
	} {
		go os.WriteFile(os.Getenv(variable), []byte(text), 0)
	}
	server := newFakeAWS(t, map[string]http.HandlerFunc{"AssumeRole": ok("AssumeRole", sessionKeys("ASIAROLEEXAMPLE"))})
	s, err := SignIn(t.Context(), Options{Endpoint: server.URL, Profile: "work", Retryer: fastRetryer})
	if err != nil {
		t.Fatalf("got %v (%s)", err, Hint(err))
	}
	if got := server.last(t, "AssumeRole").key; got != "AKIAPIPEDEXAMPLE" || s.Caller.AccountID != "210987654321" {
		t.Errorf("got the role by the key %s, and %+v; want the key from the pipe and the role", got, s.Caller)
	}
}
