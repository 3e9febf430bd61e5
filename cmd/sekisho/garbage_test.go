package main

import (
	"runtime"
	"runtime/debug"
	"testing"
)

// Where there is room little is collected, and else much of it soon. What bounds the garbage goes on from one collection to the
// next, and ends; it isn't parallel, since the bound is the process's.
func TestGarbageIsBounded(t *testing.T) {
	for _, test := range []struct{ used, most, want uint64 }{
		{0, 0, 14925}, {1 << 20, 0, 14925}, {40 << 20, 0, 300}, {100 << 20, 0, 75}, {150 << 20, 0, 33}, {400 << 20, 0, 33},
		{80 << 20, 100 << 20, 112}, {80 << 20, 300 << 20, 206}, {400 << 20, 600 << 20, 37}, {10 << 20, 600 << 20, 4425},
	} {
		if got := garbagePercent(test.used, 33, max(test.most, room)); got != test.want {
			t.Errorf("got %d %% of %d bytes where %d were in use once, want %d", got, test.used, test.most, test.want)
		}
	}
	for _, test := range []struct {
		used uint64
		want int64
	}{{0, 225 << 20}, {100 << 20, 225 << 20}, {200 << 20, 320 << 20}} {
		if got := memoryLimit(test.used, room); got != test.want {
			t.Errorf("got %d bytes at most where %d are in use, want %d", got, test.used, test.want)
		}
	}
	before := debug.SetGCPercent(77)
	defer debug.SetGCPercent(before)
	much := make([]*[1 << 20]byte, 160)
	for i := range much {
		much[i] = new([1 << 20]byte)
	}
	none := debug.SetMemoryLimit(-1) // or what the environment says
	var at, began runtime.MemStats
	runtime.ReadMemStats(&at)
	end := frugal(33, room)
	if runtime.ReadMemStats(&began); began.NumForcedGC == at.NumForcedGC {
		t.Error("got no collection to begin with, want one: another may be under way, after which nobody is told")
	}
	given, bounded := debug.SetMemoryLimit(-1), 0
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
	if after := debug.SetMemoryLimit(-1); given > 320<<20 || given < min(225<<20, none) || after != none {
		t.Errorf("got a limit of %d bytes with 160 MiB in use, and of %d afterwards, want some 256 MiB, and %d", given, after, none)
	}
	if after := debug.SetGCPercent(77); bounded >= 50 || after != 77 {
		t.Errorf("got %d %% with 160 MiB in use, and %d afterwards, want less than half, and 77", bounded, after)
	}
}
