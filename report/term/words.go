package term

import (
	"fmt"
	"strings"
	"time"

	"sekisho/audit/message"
)

// Number writes a number with thousands separators: 1,234.
func Number(n int) string { return message.Grouped(int64(n)) }

// Count writes how many there are of a thing: "1 finding", "1,234 findings".
func Count(n int, what string) string {
	if n != 1 {
		what += "s"
	}
	return Number(n) + " " + what
}

// Minute writes a time as people read it: 2026-11-29 21:12 UTC.
func Minute(t time.Time) string { return message.At(t).String() }

// Day writes a day in UTC: 2026-11-29.
func Day(t time.Time) string { return message.On(t).String() }

// Age says how old something is.
func Age(d time.Duration) string {
	switch minutes := int(d.Minutes()); {
	case minutes < 1:
		return "new"
	case minutes < 60:
		return fmt.Sprintf("%d min old", minutes)
	case minutes < 48*60:
		return fmt.Sprintf("%d h %d min old", minutes/60, minutes%60)
	default:
		return Number(minutes/(24*60)) + " days old"
	}
}

// Some joins the first n names of a list and counts the others. One alone isn't counted but named. More are not in the list.
func Some(list []string, n, more int) string {
	if more == 0 && len(list) <= n+1 {
		return strings.Join(list, ", ")
	}
	shown := list[:min(n, len(list))]
	return strings.Join(shown, ", ") + " and " + Number(len(list)-len(shown)+more) + " more"
}
