//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package files

import (
	"errors"
	"syscall"
)

// locks tells that a file that is to get its name is open until it has it, for its lock ends with that.
const locks = true

// lock takes the lock of an open file, which ends with the process, or tells that another process has it. Some file
// systems have no locks: then neither is so, and nothing counts as left over.
func lock(f file) (held, busy bool) {
	err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	return err == nil, errors.Is(err, syscall.EWOULDBLOCK)
}
