package account

import (
	"maps"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"sekisho/audit/message"
)

// clocksApart is how far the machine's clock may be from AWS's before it is worth a word.
const clocksApart = 5 * time.Minute

// Warnings are what people should know of how the answers were got: by a machine whose clock is off, over a
// connection on which anybody may have changed them, or without a list that was taken for empty.
func (s *Snapshot) Warnings() []message.Message {
	var warnings []message.Message
	if apart := s.MachineTime.Sub(s.TakenAt).Abs(); !s.MachineTime.IsZero() && apart > clocksApart {
		warnings = append(warnings, message.New("this machine's clock says %s, AWS's %s, which counts: set the machine's clock",
			s.MachineTime.UTC().Format(time.RFC3339), s.TakenAt.UTC().Format(time.RFC3339)))
	}
	for _, endpoint := range slices.Compact(slices.Sorted(maps.Values(s.Endpoints))) {
		if u, err := url.Parse(endpoint); err == nil && u.Scheme == "http" && !loopback(u.Hostname()) {
			warnings = append(warnings, message.New("the endpoint %s is asked without encryption: anybody on the way can read and change what it answers", endpoint))
		}
	}
	for _, absent := range s.Tolerated {
		warnings = append(warnings, message.New("AWS left %s out of %s of %s; it counts as an empty list, as collect.tolerate_absent says",
			absent.Element, message.Plural(absent.Answers, "%d answer", "%d answers"), absent.Action))
	}
	return warnings
}

// loopback reports whether a host is the machine itself.
func loopback(host string) bool {
	if address, err := netip.ParseAddr(host); err == nil {
		return address.Unmap().IsLoopback()
	}
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	return host == "localhost" || strings.HasSuffix(host, ".localhost")
}
