package inventory

import (
	"testing"

	"sekisho/audit/inventory"
	"sekisho/report/enforcement"
)

func TestVerdictsThatAreNotSureSaySo(t *testing.T) {
	t.Parallel()
	sure, possible := &inventory.Enforced{Sure: true}, &inventory.Enforced{}
	for _, test := range []struct {
		kind       enforcement.Kind
		said       *inventory.Enforced
		wantPrefix string
	}{
		{enforcement.Leaky, possible, "possibly "}, {enforcement.NotEnforced, possible, "possibly "},
		{enforcement.Leaky, sure, ""}, {enforcement.NotEnforced, sure, ""}, {enforcement.NotEnforced, nil, ""},
		{enforcement.Enforced, possible, ""},
	} {
		if got, want := verdict(enforcement.Cell{Kind: test.kind}, test.said), test.wantPrefix+string(test.kind); got != want {
			t.Errorf("%s: got %q, want %q", test.kind, got, want)
		}
	}
	if got := verdict(enforcement.Cell{Kind: enforcement.Unknown}, sure); got != cellUnknown {
		t.Errorf("got %q of one that is not known, want %q", got, cellUnknown)
	}
}
