package account

import (
	"bytes"
	"crypto/sha256"
)

// AsWritten is a snapshot as somebody reads it who has nothing but its text, which is given, too: JSON has no place for
// bytes that aren't UTF-8, for one. Where the text has the sum that is known the snapshot was read from it. Name is for
// errors.
func AsWritten(s *Snapshot, name string, known [sha256.Size]byte) (kept *Snapshot, text []byte, err error) {
	var written bytes.Buffer
	if err := s.Write(&written); err != nil {
		return nil, nil, err
	}
	text = written.Bytes()
	if sha256.Sum256(text) == known {
		return s, text, nil
	}
	kept, err = Read(bytes.NewReader(text), name)
	return kept, text, err
}
