package main

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"sync"
)

// mostGarbage is how many bytes of garbage lie about at most, unless a part of what is in use is more.
const mostGarbage = 40 << 20

// frugal lets no more garbage lie about until what it returns is called; least is that part, in percent. By itself the
// runtime collects when there is as much of it as of what is in use. An audit keeps nearly all that it makes: at the end
// the garbage would take as much memory again as the account does, and before that collecting it sooner saves none.
func frugal(least uint64) (end func()) {
	var mu sync.Mutex
	before, ended := debug.SetGCPercent(100), false
	var collected func(struct{})
	collected = func(struct{}) {
		mu.Lock()
		defer mu.Unlock()
		if !ended {
			debug.SetGCPercent(garbagePercent(inUse(), least))
			runtime.AddCleanup(new([1 << 10]byte), collected, struct{}{}) // called after the next collection
		}
	}
	collected(struct{}{})
	return func() {
		mu.Lock()
		defer mu.Unlock()
		ended = true
		debug.SetGCPercent(before)
	}
}

// garbagePercent is how much garbage there may be for each hundred bytes in use.
func garbagePercent(used, least uint64) int {
	return int(min(100, max(least, 100*mostGarbage/max(used, 1))))
}

// inUse is how many bytes the last collection left.
func inUse() uint64 {
	sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}
