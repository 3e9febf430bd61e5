package main

import (
	"compress/gzip"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"sekisho/audit/account"
	"sekisho/audit/emulator"
)

// How much a file of evidence takes, as it is and compressed as gzip -9 does, for the demo account and for companies of
// which a tenth of the users fails.
func BenchmarkEvidenceSize(b *testing.B) {
	now := time.Now().UTC().Truncate(time.Second)
	accounts := map[string]*account.Snapshot{"demo": emulator.Demo(now)}
	for _, users := range []int{100, 1000, 5000} {
		accounts[fmt.Sprintf("users=%d", users)] = emulator.CompanyFailing(users, users/10, now)
	}
	for _, name := range slices.Sorted(maps.Keys(accounts)) {
		b.Run(name, func(b *testing.B) {
			endpoint, stop, err := emulator.New(accounts[name], emulator.Options{}).Start()
			if err != nil {
				b.Fatal(err)
			}
			defer stop()
			environ := []string{
				"AWS_ENDPOINT_URL=" + endpoint, "AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY=not-a-secret",
				"AWS_REGION=us-east-1", "AWS_EC2_METADATA_DISABLED=true",
			}
			for _, variable := range environ { // the SDK asks the process
				name, value, _ := strings.Cut(variable, "=")
				b.Setenv(name, value)
			}
			path := filepath.Join(b.TempDir(), "evidence.zip")
			for b.Loop() {
				var stderr strings.Builder
				sys := system{stdin: strings.NewReader(""), stdout: io.Discard, stderr: &stderr, environ: environ, now: time.Now}
				if got := run(b.Context(), []string{"audit", "--depth", "standard", "--quiet", "--evidence", path}, sys); got != statusFinding {
					b.Fatalf("got exit status %d and %q, want %d", got, stderr.String(), statusFinding)
				}
			}
			plain, packed := sizes(b, path)
			b.ReportMetric(float64(plain)/1e6, "MB")
			b.ReportMetric(float64(packed)/1e6, "MB-gzipped")
		})
	}
}

// sizes are those of a file.
func sizes(b *testing.B, path string) (plain, packed int64) {
	b.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		b.Fatal(err)
	}
	var count counter
	w, err := gzip.NewWriterLevel(&count, gzip.BestCompression)
	if err != nil {
		b.Fatal(err)
	}
	if _, err := w.Write(content); err != nil {
		b.Fatal(err)
	}
	if err := w.Close(); err != nil {
		b.Fatal(err)
	}
	return int64(len(content)), int64(count)
}

// counter counts what is written.
type counter int64

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}
