package account

import (
	"bytes"
	"testing"
	"unsafe"
)

// What a snapshot says several times is kept once, wherever it stands.
func TestTextsAreKeptOnce(t *testing.T) {
	t.Parallel()
	s := full()
	var text bytes.Buffer
	if err := s.Write(&text); err != nil {
		t.Fatal(err)
	}
	read, err := Read(&text, "s.json")
	if err != nil {
		t.Fatal(err)
	}
	byName := map[string]*ListedUser{}
	for i, u := range read.Users.Value {
		byName[u.Name] = &read.Users.Value[i]
	}
	same := 0
	for _, u := range read.AuthorizationDetails.Value.Users {
		other := byName[u.Name]
		if other == nil || other.ARN != u.ARN {
			continue
		}
		if same++; unsafe.StringData(other.ARN) != unsafe.StringData(u.ARN) {
			t.Errorf("got the ARN %s twice, want it kept once", u.ARN)
		}
	}
	if same == 0 {
		t.Error("got nobody in both lists, want somebody")
	}
}
