package main

import (
	"runtime"
	"runtime/debug"
	"testing"
)

// Little that is in use is collected as ever, much of it sooner. What bounds the garbage goes on from one collection to the
// next, and ends; it isn't parallel, since the bound is the process's.
func TestGarbageIsBounded(t *testing.T) {
	for _, test := range []struct{ used, most, want uint64 }{
		{0, 0, 100}, {1 << 20, 0, 100}, {40 << 20, 0, 100}, {80 << 20, 0, 50}, {400 << 20, 0, 33},
		{80 << 20, 100 << 20, 50}, {80 << 20, 200 << 20, 112}, {400 << 20, 600 << 20, 37}, {10 << 20, 600 << 20, 4425},
	} {
		if got := garbagePercent(test.used, 33, test.most); got != test.want {
			t.Errorf("got %d %% of %d bytes where %d were in use once, want %d", got, test.used, test.most, test.want)
		}
	}
	before := debug.SetGCPercent(77)
	defer debug.SetGCPercent(before)
	much := make([]*[1 << 20]byte, 100)
	for i := range much {
		much[i] = new([1 << 20]byte)
	}
	end := frugal(33)
	var bounded int
	for range 1000 {
		runtime.GC()
		runtime.Gosched() // what follows a collection runs by itself
		bounded = debug.SetGCPercent(100)
		debug.SetGCPercent(bounded)
		if bounded < 50 {
			break
		}
	}
	runtime.KeepAlive(much)
	end()
	runtime.GC()
	if after := debug.SetGCPercent(77); bounded >= 50 || after != 77 {
		t.Errorf("got %d %% with 100 MiB in use, and %d afterwards, want less than half, and 77", bounded, after)
	}
}
