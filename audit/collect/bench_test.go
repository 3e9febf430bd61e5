package collect_test

import (
	"context"
	"encoding/json"
	"fmt"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"sekisho/audit"
	"sekisho/audit/account"
	"sekisho/audit/collect"
	"sekisho/audit/emulator"
)

// BenchmarkRun audits companies of several sizes through the real SDK, against an emulator that takes 40 ms for each
// answer, as IAM does from nearby. It reports the calls; the wall time as a multiple of the longest chain of calls that
// wait for one another, the least that any program could take; the peak of the heap, the emulator's own snapshot
// included; and the size of the report as JSON.
func BenchmarkRun(b *testing.B) {
	const latency = 40 * time.Millisecond
	for _, size := range []struct{ users, failing int }{{100, 0}, {1000, 0}, {1000, 30}, {5000, 0}, {5000, 100}} {
		b.Run(fmt.Sprintf("users=%d/failing=%d", size.users, size.failing), func(b *testing.B) {
			of := emulator.CompanyFailing(size.users, size.failing, now)
			for b.Loop() {
				endpoint, stop, err := emulator.New(of, emulator.Options{Latency: latency}).Start()
				if err != nil {
					b.Fatal(err)
				}
				peak := watchHeap()
				start := time.Now()
				s := readFrom(b, endpoint)
				wall := time.Since(start)
				report, _ := judgeWith(s, audit.Options{})
				data, err := json.Marshal(report)
				if err != nil {
					b.Fatal(err)
				}
				stop()
				b.ReportMetric(float64(s.Calls.Total), "calls")
				b.ReportMetric(wall.Seconds()*1000, "wall-ms")
				b.ReportMetric(float64(wall)/float64(time.Duration(longestChain(s))*latency), "wall/chain")
				b.ReportMetric(float64(peak())/(1<<20), "peak-heap-MB")
				b.ReportMetric(float64(len(data))/(1<<20), "report-MB")
			}
		})
	}
}

func readFrom(b *testing.B, endpoint string) *account.Snapshot {
	b.Helper()
	session, err := collect.SignIn(context.Background(), collect.Options{
		Endpoint: endpoint, StaticKeys: true, Allowed: collect.Actions(), Now: func() time.Time { return now },
	})
	if err != nil {
		b.Fatal(err)
	}
	s, err := session.Collect(context.Background(), planOf(audit.Options{}))
	if err != nil {
		b.Fatal(err)
	}
	return s
}

// longestChain is the number of calls of a run that can't be made at once: who am I, then the section with most pages,
// then an eighth of the calls about single users.
func longestChain(s *account.Snapshot) int {
	bulk := 2 // the report: generate, then get
	for _, action := range []string{"iam:GetAccountAuthorizationDetails", "iam:ListUsers", "iam:ListVirtualMFADevices"} {
		bulk = max(bulk, s.Calls.ByAction[action])
	}
	const atOnce = 8
	users := 0
	for _, action := range []string{"iam:GetLoginProfile", "iam:ListMFADevices", "iam:ListAccessKeys", "iam:GetAccessKeyLastUsed", "iam:ListSSHPublicKeys", "iam:ListSigningCertificates"} {
		users += s.Calls.ByAction[action]
	}
	return 1 + bulk + (users+atOnce-1)/atOnce
}

// watchHeap samples the heap until the function that it returns is called, which gives the peak in bytes.
func watchHeap() func() uint64 {
	var peak atomic.Uint64
	done := make(chan struct{})
	stopped := make(chan struct{})
	runtime.GC()
	go func() {
		defer close(stopped)
		var m runtime.MemStats
		for {
			runtime.ReadMemStats(&m)
			peak.Store(max(peak.Load(), m.HeapInuse))
			select {
			case <-done:
				return
			case <-time.After(5 * time.Millisecond):
			}
		}
	}()
	return func() uint64 {
		close(done)
		<-stopped
		return peak.Load()
	}
}

// BenchmarkEvaluate judges a snapshot of 5,000 users with the whole catalogue.
func BenchmarkEvaluate(b *testing.B) {
	for _, failing := range []int{0, 5000} {
		b.Run(fmt.Sprintf("users=5000/failing=%d", failing), func(b *testing.B) {
			s := emulator.CompanyFailing(5000, failing, now)
			b.ReportAllocs()
			for b.Loop() {
				judge(s)
			}
		})
	}
}
