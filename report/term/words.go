package term

import (
	"time"

	"sekisho/audit/message"
	"sekisho/report/sanitize"
)

// Number writes a number with thousands separators: 1,234.
func Number(n int) sanitize.Text { return sanitize.Terminal(message.Grouped(int64(n))) }

// Count writes how many there are of a thing: "1 finding", "1,234 findings".
func Count(n int, what sanitize.Text) sanitize.Text {
	if n != 1 {
		what += "s"
	}
	return Number(n) + " " + what
}

// Minute writes a time as people read it: 2026-11-29 21:12 UTC.
func Minute(t time.Time) sanitize.Text { return sanitize.Terminal(message.At(t).String()) }

// Day writes a day in UTC: 2026-11-29.
func Day(t time.Time) sanitize.Text { return sanitize.Terminal(message.On(t).String()) }

// Age says how old something is.
func Age(d time.Duration) sanitize.Text {
	switch minutes := int(d.Minutes()); {
	case minutes < 1:
		return "new"
	case minutes < 60:
		return Number(minutes) + " min old"
	case minutes < 48*60:
		return Number(minutes/60) + " h " + Number(minutes%60) + " min old"
	default:
		return Number(minutes/(24*60)) + " days old"
	}
}

// Some joins the first n names of a list and counts the others. One alone isn't counted but named. More are not in the
// list.
func Some(list []sanitize.Text, n, more int) sanitize.Text {
	if more == 0 && len(list) <= n+1 {
		return sanitize.Join(list, ", ")
	}
	shown := list[:min(n, len(list))]
	return sanitize.Join(shown, ", ") + " and " + Number(len(list)-len(shown)+more) + " more"
}
