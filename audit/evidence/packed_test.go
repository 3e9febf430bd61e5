package evidence

import (
	"bytes"
	"io"
	"strings"
	"testing"
)

// page is a part of n bytes that are much alike.
func page(t *testing.T, n int) Part {
	t.Helper()
	line := strings.Repeat("user/person-0001 has no MFA device and a password\n", 1+n/50)[:n]
	part, err := NewPart(PageName, func(w io.Writer) error {
		for rest := line; rest != ""; {
			piece := rest[:min(len(rest), 1000)]
			if _, err := io.WriteString(w, piece); err != nil {
				return err
			}
			rest = rest[len(piece):]
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(part.bytes(), []byte(line)) {
		t.Errorf("got other bytes of a part of %d bytes than were written", n)
	}
	if whole := packBytes([]byte(line)); part.size != whole.size || part.sum != whole.sum || part.crc != whole.crc {
		t.Errorf("got %d bytes with sums %s and %x in pieces, want %d with %s and %x", part.size, part.sum, part.crc, whole.size, whole.sum, whole.crc)
	}
	return part
}

// counted counts the bytes that are read.
type counted struct {
	io.ReaderAt
	bytes int
}

func (c *counted) ReadAt(p []byte, offset int64) (int, error) {
	n, err := c.ReaderAt.ReadAt(p, offset)
	c.bytes += n
	return n, err
}

// Large evidence is read once, and takes little memory: when it is made, and when it is read.
func TestLargeEvidenceIsHeldPackedAndReadOnce(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, 1, small - 1, small, small + 1, small + 1000} {
		page(t, n)
	}
	const size = 4 << 20
	made, err := New(tool, RuleSet{}, snapshot(), append(parts()[:1], parts()[2], page(t, size))...)
	if err != nil {
		t.Fatal(err)
	}
	file := bytesOf(t, made)
	reader := &counted{ReaderAt: bytes.NewReader(file)}
	read, err := Open(reader, int64(len(file)), DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	if most := len(file) + 1<<17; reader.bytes > most {
		t.Errorf("got %d bytes read of %d, want each once, save for the end", reader.bytes, len(file))
	}
	for what, a := range map[string]*Archive{"made": made, "read": read} {
		held := 0
		for _, p := range a.parts {
			held += len(p.data)
		}
		if held > size/10 {
			t.Errorf("%s: got %d bytes held of %d, want a tenth at most", what, held, size)
		}
		if got := bytesOf(t, a); !bytes.Equal(got, file) {
			t.Errorf("%s: got other bytes written again, want the same", what)
		}
	}
	first, err := read.Snapshot()
	if again, _ := read.Snapshot(); err != nil || first != again {
		t.Errorf("got the snapshot read twice, and error %v, want it once", err)
	}
}
