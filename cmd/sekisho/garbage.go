package main

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"sync"
)

// mostGarbage is how many bytes of garbage lie about at most, unless a part of what is in use is more, or there is room: a
// process of that size is no burden, or was larger before, for a writer needs less than the judging that has gone by. An
// audit keeps most of what it makes, and two sides at once take the room of two.
const (
	mostGarbage = 40 << 20
	room        = 200 << 20
	roomOfAudit = room - 16<<20
	roomOfTwo   = 2 * room
)

// frugal lets no more garbage lie about until what it returns is called; least is that part, in percent. By itself the
// runtime collects when there is as much of it as of what is in use. An audit keeps nearly all that it makes: at the end
// the garbage would take as much memory again as the account does, and before that collecting it sooner saves none.
func frugal(least, room uint64) (end func()) {
	var mu sync.Mutex
	before, limit, ended := debug.SetGCPercent(100), debug.SetMemoryLimit(-1), false
	most := room // that there was, with its garbage, or may be
	var collected func(struct{})
	collected = func(struct{}) {
		mu.Lock()
		defer mu.Unlock()
		if used := inUse(); !ended {
			percent := garbagePercent(used, least, most)
			most = max(most, used+used*percent/100)
			debug.SetGCPercent(int(percent))
			debug.SetMemoryLimit(min(limit, memoryLimit(used, room)))
			runtime.AddCleanup(new([1 << 10]byte), collected, struct{}{}) // called after the next collection
		}
	}
	runtime.GC() // else one may be under way that won't tell, and what was right for a small heap holds for a large one
	collected(struct{}{})
	return func() {
		mu.Lock()
		defer mu.Unlock()
		ended = true
		debug.SetGCPercent(before)
		debug.SetMemoryLimit(limit)
	}
}

// memoryLimit is how many bytes the runtime may hold, with what lies between what is in use: of what is free beyond that it
// gives back at once, and not in its time. What is in use has to find its place all the same.
func memoryLimit(used, room uint64) int64 { return int64(max(room+room/8, used+used*3/5)) }

// garbagePercent is how much garbage there may be for each hundred bytes in use, where there was once so much in all, or
// may be. Not all of that is free again: what is in use lies scattered.
func garbagePercent(used, least, most uint64) uint64 {
	used = max(used, 1<<20)
	return max(min(100, max(least, 100*mostGarbage/used)), 75*(max(most, used)-used)/used)
}

// inUse is how many bytes the last collection left.
func inUse() uint64 {
	sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}
