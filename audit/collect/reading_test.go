//go:build unix

package collect

import (
	"context"
	"errors"
	"path/filepath"
	"syscall"
	"testing"
)

// A configuration file of AWS's that never ends, such as a pipe that nobody writes to, does not hold a run that was
// interrupted.
func TestInterruptedWhileTheConfigurationIsRead(t *testing.T) {
	for _, variable := range []string{"AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE", "AWS_CA_BUNDLE"} {
		t.Run(variable, func(t *testing.T) {
			pipe := filepath.Join(t.TempDir(), "pipe")
			if err := syscall.Mkfifo(pipe, 0o600); err != nil {
				t.Skip(err)
			}
			t.Cleanup(func() { // lets go of who still reads
				if fd, err := syscall.Open(pipe, syscall.O_WRONLY|syscall.O_NONBLOCK, 0); err == nil {
					_ = syscall.Close(fd)
				}
			})
			home(t, "")
			t.Setenv(variable, pipe)
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			if _, err := SignIn(ctx, Options{}); !errors.Is(err, context.Canceled) {
				t.Errorf("got %v, want the interruption", err)
			}
		})
	}
}
