package trend

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"sekisho/audit"
	"sekisho/audit/trend"
	"sekisho/report/format"
)

// sample has three points, the second of which two lines share, and hostile names.
func sample(t *testing.T) *trend.Trend {
	t.Helper()
	var points []trend.Point
	for i, critical := range []int{12, 3, 0} {
		alias := "<b>\x1b[31m"
		points = append(points, trend.PointOf("=evil\x1b[31m<i>.zip", &audit.Report{
			TakenAt: time.Date(2026, 1, 1+30*i, 9, 0, 0, 0, time.UTC), Account: audit.AccountInfo{ID: "123456789012", Alias: &alias},
			Summary:        audit.Summary{FailedBySeverity: map[string]int{"critical": critical, "high": 3}},
			SecurityStatus: audit.SecurityStatus{Complete: i, Items: make([]audit.StatusItem, 5)},
		}))
	}
	got, err := trend.Of(audit.Tool{Name: "sekisho"}, points, []trend.NotRead{{File: "bad.zip", Reason: "torn"}})
	if err != nil {
		t.Fatal(err)
	}
	got.Others = 2
	return got
}

func TestEachFormatTellsAllAndIsHarmless(t *testing.T) {
	t.Parallel()
	for _, f := range Formats() {
		var out bytes.Buffer
		if err := f.Render(&out, sample(t), format.Options{Width: 120}); err != nil {
			t.Fatal(err)
		}
		text := out.String()
		for _, want := range []string{"bad.zip", "torn", "2026-01-31"} {
			if !strings.Contains(text, want) {
				t.Errorf("%s: got no %q", f.Name, want)
			}
		}
		if strings.Contains(text, "\x1b") || f.Name == "html" && strings.Contains(text, "<i>") || f.Name == "csv" && strings.Contains(text, ",=evil") {
			t.Errorf("%s: got a name as it is: %s", f.Name, text)
		}
		if f.Name == "json" && json.Unmarshal(out.Bytes(), new(trend.Trend)) != nil {
			t.Errorf("got JSON that can't be read: %s", text)
		}
	}
}

func TestTableSaysWhatChanged(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if err := Table(&out, sample(t), format.Options{Width: 120}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"3 reports, from 2026-01-01 09:00 UTC to 2026-03-02 09:00 UTC", "Security Status: 0 of 5 → 2 of 5 complete", "Critical and high failures: 15 → 3",
		"Users with a console password who have an MFA device: 0 of 0, as before", "left out, since it is no report: 2 files",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("got no %q in\n%s", want, &out)
		}
	}
}

func TestChartKeepsScaleAndNamesApart(t *testing.T) {
	t.Parallel()
	c := charts(sample(t))[0]
	if got := c.Ticks[len(c.Ticks)-1]; got.Text != "20" || got.At != plotTop {
		t.Errorf("got the highest tick %+v, want 20 at the top, as the most is 12", got)
	}
	critical := c.Lines[0]
	if critical.Path != "M48 77L304 146L560 168" {
		t.Errorf("got the path %s, want it down to the bottom at the right", critical.Path)
	}
	if d := critical.Dots[0]; d.Title != "2026-01-01 09:00 UTC: 12 critical" {
		t.Errorf("got the title %q", d.Title)
	}
	var labels []int
	for _, l := range c.Lines {
		labels = append(labels, l.LabelY)
	}
	slices.Sort(labels)
	for i := range labels[1:] {
		if labels[i+1]-labels[i] < lineHeight {
			t.Errorf("got the names at %v, want them %d apart", labels, lineHeight)
		}
	}
	for n, want := range map[int]int{1: 2, 2: 2, 3: 4, 9: 10, 11: 20, 20: 20, 21: 40, 130: 200, 1001: 2000} {
		if got := rounded(n); got != want {
			t.Errorf("got %d rounded to %d, want %d", n, got, want)
		}
	}
}
