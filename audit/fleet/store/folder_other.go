//go:build !unix

package store

import (
	"fmt"
	"io/fs"
	"os"
)

// private refuses what is no folder. Who may write to it is a matter of access lists here.
func private(name string, info fs.FileInfo) error {
	if !info.IsDir() {
		return fmt.Errorf("opening %s: got a file, want a folder", name)
	}
	return nil
}

// syncFolder does nothing: folders can't be synced here.
func syncFolder(*os.File) error { return nil }
