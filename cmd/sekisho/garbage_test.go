package main

import (
	"runtime"
	"runtime/debug"
	"testing"
)

// Little that is in use is collected as ever, much of it sooner. What bounds the garbage goes on from one collection to the
// next, and ends; it isn't parallel, since the bound is the process's.
func TestGarbageIsBounded(t *testing.T) {
	for used, want := range map[uint64]int{0: 100, 1 << 20: 100, 40 << 20: 100, 80 << 20: 50, 400 << 20: 33} {
		if got := garbagePercent(used, 33); got != want {
			t.Errorf("got %d %% of %d bytes, want %d", got, used, want)
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
