package evidence

import (
	"fmt"
	"testing"
)

// A header ends where its entry's bytes begin.
func TestPlaces(t *testing.T) {
	t.Parallel()
	read, err := readBytes(bytesOf(t, archive(t)))
	if err != nil {
		t.Fatal(err)
	}
	at := int64(0)
	for _, e := range read.file.entries {
		header, inside := fmt.Sprintf("the header of %q", e.name), fmt.Sprintf("%q", e.name)
		first := at + localSize + int64(len(e.name))
		last := first + e.size - 1
		for offset, want := range map[int64]string{at: header, first - 1: header, first: inside, last: inside} {
			if got := read.file.place(offset).String(); got != want {
				t.Errorf("byte %d: got %s, want %s", offset, got, want)
			}
		}
		at = last + 1
	}
	if got := read.file.place(at).String(); got != "the directory" {
		t.Errorf("byte %d: got %s, want the directory", at, got)
	}
}
