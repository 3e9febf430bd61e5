//go:build unix

package store

import (
	"fmt"
	"io/fs"
	"os"
	"syscall"
)

// private refuses a folder of somebody else's, and one that others may write to.
func private(name string, info fs.FileInfo) error {
	owner, ok := info.Sys().(*syscall.Stat_t)
	switch {
	case !info.IsDir():
		return fmt.Errorf("opening %s: got a file, want a folder", name)
	case ok && int(owner.Uid) != os.Getuid():
		return fmt.Errorf("opening %s: got a folder of user %d, want one of one's own", name, owner.Uid)
	case info.Mode().Perm()&0o022 != 0:
		return fmt.Errorf("opening %s: got a folder that others may write to (%v), want one that only its owner may", name, info.Mode().Perm())
	}
	return nil
}

func syncFolder(folder *os.File) error { return folder.Sync() }
