//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd)

package files

// lock knows no locks here, so nothing counts as left over.
func lock(file) (held, busy bool) { return false, false }
