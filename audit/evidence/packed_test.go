package evidence

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"hash/crc32"
	"io"
	"strings"
	"testing"
)

// page is a part of n bytes that are much alike, written in pieces.
func page(n int) Part {
	line := strings.Repeat("user/person-0001 has no MFA device and a password\n", 1+n/50)[:n]
	return Part{PageName, func(w io.Writer) error {
		for rest := line; rest != ""; {
			piece := rest[:min(len(rest), 1000)]
			if _, err := io.WriteString(w, piece); err != nil {
				return err
			}
			rest = rest[len(piece):]
		}
		return nil
	}}
}

// What is packed comes back, whether it is small or large.
func TestPackedBytesComeBack(t *testing.T) {
	t.Parallel()
	p := new(packer)
	for _, n := range []int{small + 1000, 0, 1, small - 1, small, small + 1} {
		part, err := p.pack(page(n).Write)
		var want bytes.Buffer
		if page(n).Write(&want) != nil || err != nil || !bytes.Equal(part.bytes(), want.Bytes()) {
			t.Errorf("got error %v, or other bytes of a part of %d bytes than were written", err, n)
		}
		if sum := sha256.Sum256(want.Bytes()); part.size != int64(n) || part.sum != hex.EncodeToString(sum[:]) || part.crc != crc32.ChecksumIEEE(want.Bytes()) {
			t.Errorf("got %d bytes with sums %s and %x, want %d with %x and %x", part.size, part.sum, part.crc, n, sum, crc32.ChecksumIEEE(want.Bytes()))
		}
	}
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
	const size = 4 << 20
	all := append(parts()[:1], parts()[2], page(size))
	made, err := New(tool, RuleSet{}, snapshot(), all...)
	if err != nil {
		t.Fatal(err)
	}
	expected, err := Expect(tool, RuleSet{}, snapshot(), all...)
	if err != nil || !bytes.Equal(expected.manifest, made.manifest) {
		t.Errorf("got error %v and the manifest %s of what is only compared, want that of what is made", err, expected.manifest)
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
	for what, a := range map[string]*Archive{"made": made, "read": read, "expected": expected} {
		kept := 0
		for _, p := range a.parts {
			kept += len(p.data)
		}
		if kept > size/10 || a == expected && kept > 0 {
			t.Errorf("%s: got %d bytes held of %d, want a tenth at most, and none of what is only compared", what, kept, size)
		}
		if a == expected {
			continue
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
