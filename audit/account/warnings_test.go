package account

import (
	"strings"
	"testing"
	"time"
)

func TestPlainEndpointIsWarnedOf(t *testing.T) {
	t.Parallel()
	for endpoint, warned := range map[string]bool{
		"http://192.0.2.1": true, "http://proxy.example.com:8080/aws": true, "http://localhost.example.com": true, "http://[2001:db8::1]": true,
		"https://192.0.2.1": false, "http://127.0.0.1:5000": false, "http://127.9.9.9": false, "http://[::1]:8080": false,
		"http://[::ffff:127.0.0.1]": false, "http://localhost:5000": false, "http://LOCALHOST.": false, "http://iam.localhost:4566": false, "": false,
	} {
		s := &Snapshot{Endpoints: map[string]string{"iam": endpoint, "sts": endpoint}}
		got := s.Warnings()
		if len(got) > 1 || len(got) == 1 != warned || warned && !strings.HasPrefix(got[0].String(), "the endpoint "+endpoint+" is asked without encryption") {
			t.Errorf("%s: got %v, want one warning: %t", endpoint, got, warned)
		}
	}
}

func TestClocksApartAreWarnedOf(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 22, 5, 0, 0, 0, time.UTC)
	for apart, warned := range map[time.Duration]bool{
		0: false, clocksApart: false, -clocksApart: false, clocksApart + time.Second: true, -clocksApart - time.Second: true, 24 * time.Hour: true,
	} {
		if got := (&Snapshot{TakenAt: at, MachineTime: at.Add(apart)}).Warnings(); len(got) == 1 != warned {
			t.Errorf("%s: got %v, want a warning: %t", apart, got, warned)
		}
	}
	if got := (&Snapshot{TakenAt: at}).Warnings(); len(got) != 0 {
		t.Errorf("got %v where the machine's time isn't known, want none", got)
	}
}

func TestListsTakenForEmptyAreWarnedOf(t *testing.T) {
	t.Parallel()
	s := &Snapshot{Tolerated: []Tolerated{{Action: "iam:ListSSHPublicKeys", Element: "SSHPublicKeys", Answers: 2}}}
	const want = "AWS left SSHPublicKeys out of 2 answers of iam:ListSSHPublicKeys; it counts as an empty list, as collect.tolerate_absent says"
	if got := s.Warnings(); len(got) != 1 || got[0].String() != want {
		t.Errorf("got %v, want %s", got, want)
	}
}
