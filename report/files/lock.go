//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package files

import (
	"io/fs"
	"syscall"
)

// locks tells that a file that is to get its name is open until it has it, for its lock ends with that.
const locks = true

const noFollow = syscall.O_NOFOLLOW // of a link that somebody else left

// lock takes the lock of an open file, which ends with the process, or tells that another run has it, unless it is to
// wait for that. Some file systems have no locks: then neither is so, and nothing counts as left over.
func lock(f file, wait bool) (held, busy bool) {
	how := syscall.LOCK_EX | syscall.LOCK_NB
	if wait {
		how = syscall.LOCK_EX
	}
	err := syscall.EINTR
	for err == syscall.EINTR {
		err, _ = syscall.Flock(int(f.Fd()), how).(syscall.Errno)
	}
	return err == 0, err == syscall.EWOULDBLOCK
}

// number puts folders into one order for all runs.
func number(folder fs.FileInfo) []uint64 {
	stat, ok := folder.Sys().(*syscall.Stat_t)
	if !ok {
		return nil
	}
	return []uint64{uint64(stat.Dev), stat.Ino}
}
