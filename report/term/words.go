package term

import (
	"time"

	"sekisho/audit/message"
	"sekisho/report/sanitize"
)

// Number writes a number with thousands separators: 1,234.
func Number(n int) sanitize.Text { return sanitize.Terminal(message.Grouped(int64(n))) }

// Minute writes a time as people read it: 2026-11-29 21:12 UTC.
func Minute(t time.Time) sanitize.Text { return sanitize.Message(message.At(t)) }

// Day writes a day in UTC: 2026-11-29.
func Day(t time.Time) sanitize.Text { return sanitize.Message(message.On(t)) }
