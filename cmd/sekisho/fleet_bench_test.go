//go:build linux

package main

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// What an audit of a thousand accounts of fifty users may take, at 40 ms for each answer and fifty accounts at a time.
const (
	benchConcurrency = 50
	mostMegabytes    = 300
	mostDescriptors  = 200
	mostGrowth       = 1.2 // from 250 accounts to 1,000
	mostMerge        = 60  // seconds of CPU
	mostTrusting     = 20
	mostMergeMB      = 200
	perAccount       = 0.45 // seconds that one account takes alone
)

// BenchmarkFleet audits organizations of several sizes, which a process of its own serves, and makes their reports. It
// shows the peak of the memory and of the open files, the CPU of both processes, and the wall time as a multiple of the
// least that it can be: the latency of that many accounts at a time, or the CPU over the processors. What hangs on how
// busy the machine is only shows; the rest fails.
func BenchmarkFleet(b *testing.B) {
	folder := b.TempDir()
	for _, program := range []string{"sekisho", "emulator"} {
		if out, err := exec.CommandContext(b.Context(), "go", "build", "-o", filepath.Join(folder, program), "sekisho/cmd/"+program).CombinedOutput(); err != nil {
			b.Fatalf("%v: %s", err, out)
		}
	}
	smallest := 0.0
	for _, accounts := range []int{50, 250, 500, 1000} {
		b.Run(fmt.Sprintf("accounts=%d", accounts), func(b *testing.B) {
			f := &benchFleet{folder: folder, environ: append(os.Environ(), "HOME="+b.TempDir(), "XDG_CONFIG_HOME=", "AWS_CONFIG_FILE=", "AWS_SHARED_CREDENTIALS_FILE=",
				"AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY=not-a-secret", "AWS_REGION=us-east-1")}
			served := f.serve(b, accounts)
			runs, made := b.TempDir(), 0
			last := func() string { return filepath.Join(runs, strconv.Itoa(made)) }
			b.Run("run", func(b *testing.B) {
				for b.Loop() {
					b.StopTimer()
					made++
					f.run(b, statusClean, "fleet", "plan", "-o", last())
					before, begun := processCPU(b, served), time.Now()
					b.StartTimer()
					took := f.run(b, statusClean, "fleet", "run", last(), "-q", "--concurrency", strconv.Itoa(benchConcurrency))
					wall, serving := time.Since(begun).Seconds(), processCPU(b, served)-before
					least := max((took.cpu+serving)/float64(min(2, runtime.NumCPU())), float64(accounts)*perAccount/benchConcurrency)
					took.report(b)
					b.ReportMetric(serving, "emulator-cpu-s")
					b.ReportMetric(float64(took.files), "files")
					b.ReportMetric(wall/least, "wall/least")
					if took.megabytes > mostMegabytes || took.files > mostDescriptors {
						b.Errorf("got %.0f MB and %d open files, want at most %d and %d", took.megabytes, took.files, mostMegabytes, mostDescriptors)
					}
					switch {
					case accounts == 250:
						smallest = took.megabytes
					case smallest > 0 && took.megabytes > smallest*mostGrowth:
						b.Errorf("got %.0f MB, and %.0f MB for 250 accounts, want memory that does not grow with them", took.megabytes, smallest)
					}
				}
			})
			if made == 0 {
				return
			}
			for _, way := range []struct {
				name string
				most float64
			}{{"merge", mostMerge}, {"merge --trust-reports", mostTrusting}} {
				name, most := way.name, way.most
				b.Run(name, func(b *testing.B) {
					for b.Loop() {
						took := f.run(b, statusFinding, slices.Concat([]string{"fleet"}, strings.Fields(name), []string{last(), "-q", "-o", filepath.Join(b.TempDir(), "fleet.json")})...)
						took.report(b)
						if took.cpu > most || took.megabytes > mostMergeMB {
							b.Errorf("got %.1f s of CPU and %.0f MB, want at most %.0f s and %d MB", took.cpu, took.megabytes, most, mostMergeMB)
						}
					}
				})
			}
		})
	}
}

// benchFleet is where the programs are, and the environment in which they find the organization.
type benchFleet struct {
	folder  string
	environ []string
}

// serve starts an organization in a process of its own, and gives the process.
func (f *benchFleet) serve(b *testing.B, accounts int) int {
	b.Helper()
	cmd := exec.CommandContext(b.Context(), filepath.Join(f.folder, "emulator"), "-organization", strconv.Itoa(accounts), "-users", "50", "-latency", "40ms")
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // it says that it was killed
	})
	endpoint, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		b.Fatal(err)
	}
	f.environ = append(f.environ, "AWS_ENDPOINT_URL="+strings.TrimSpace(endpoint))
	return cmd.Process.Pid
}

// taken is what a process took.
type taken struct {
	cpu, megabytes float64
	files          int
}

func (t taken) report(b *testing.B) {
	b.ReportMetric(t.cpu, "cpu-s")
	b.ReportMetric(t.megabytes, "MB-peak")
}

// run runs Sekisho to its end, and looks at it meanwhile. The peak of the memory is the kernel's own.
func (f *benchFleet) run(b *testing.B, want int, arguments ...string) (t taken) {
	b.Helper()
	cmd := exec.CommandContext(b.Context(), filepath.Join(f.folder, "sekisho"), arguments...)
	var stderr strings.Builder
	cmd.Env, cmd.Stderr = f.environ, &stderr
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	process := filepath.Join("/proc", strconv.Itoa(cmd.Process.Pid))
	for {
		select {
		case <-ended:
			if got := cmd.ProcessState.ExitCode(); got != want {
				b.Fatalf("%q: got exit status %d and %s, want %d", arguments, got, stderr.String(), want)
			}
			t.cpu = (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Seconds()
			return t
		case <-time.After(20 * time.Millisecond):
			files, _ := os.ReadDir(filepath.Join(process, "fd")) // none, where it has just ended
			status, _ := os.ReadFile(filepath.Join(process, "status"))
			t.files = max(t.files, len(files))
			for line := range strings.Lines(string(status)) {
				var kilobytes float64
				if n, _ := fmt.Sscanf(line, "VmHWM: %f kB", &kilobytes); n == 1 {
					t.megabytes = max(t.megabytes, kilobytes*1024/1e6)
				}
			}
		}
	}
}

// processCPU is what a process has taken so far, in seconds.
func processCPU(b *testing.B, process int) float64 {
	b.Helper()
	text, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(process), "stat"))
	if err != nil {
		b.Fatal(err)
	}
	_, after, _ := strings.Cut(string(text), ") ") // the name may be anything
	var ticks [2]float64
	for i := range ticks {
		if ticks[i], err = strconv.ParseFloat(strings.Fields(after)[11+i], 64); err != nil {
			b.Fatal(err)
		}
	}
	const second = 100 // in ticks, on Linux
	return (ticks[0] + ticks[1]) / second
}
