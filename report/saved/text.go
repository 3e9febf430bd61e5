package saved

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"unicode/utf16"
	"unicode/utf8"
)

var bom = []byte("\ufeff")

// Text takes the byte order mark off UTF-8, and makes UTF-8 of UTF-16.
func Text(data []byte) ([]byte, error) {
	order := orderOf(data)
	if order == nil {
		return bytes.TrimPrefix(data, bom), nil
	}
	if len(data)%2 != 0 {
		return nil, errors.New("got UTF-16 that ends within a character")
	}
	text := make([]byte, 0, len(data)/2)
	for i := 0; i < len(data); i += 2 {
		r := rune(order.Uint16(data[i:]))
		if utf16.IsSurrogate(r) {
			low := rune(0)
			if i += 2; i < len(data) {
				low = rune(order.Uint16(data[i:]))
			}
			if r = utf16.DecodeRune(r, low); r == utf8.RuneError {
				return nil, fmt.Errorf("got UTF-16 with half a character at byte %d", i-2)
			}
		}
		text = utf8.AppendRune(text, r)
	}
	return bytes.TrimPrefix(text, bom), nil
}

// orderOf is the byte order of UTF-16, nil for anything else. It is told by the mark; without one by a zero byte, which
// the texts that are read here never hold.
func orderOf(head []byte) binary.ByteOrder {
	switch {
	case len(head) < 2:
		return nil
	case head[0] == 0xff && head[1] == 0xfe, head[0] != 0 && head[1] == 0:
		return binary.LittleEndian
	case head[0] == 0xfe && head[1] == 0xff, head[0] == 0 && head[1] != 0:
		return binary.BigEndian
	}
	return nil
}

// decoded is as Text, of a reader whose first bytes were read already. UTF-8 passes through without being kept.
func decoded(head []byte, rest io.Reader) (io.Reader, error) {
	whole := io.MultiReader(bytes.NewReader(bytes.TrimPrefix(head, bom)), rest)
	if orderOf(head) == nil {
		return whole, nil
	}
	data, err := io.ReadAll(whole)
	if err == nil {
		data, err = Text(data)
	}
	return bytes.NewReader(data), err
}

// answers are the files of a folder as UTF-8; they have one bound together.
type answers struct {
	fs.FS
	bound *bounded
}

func (a *answers) ReadFile(name string) ([]byte, error) {
	in, err := a.Open(name)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	a.bound.in = in
	data, err := io.ReadAll(a.bound)
	if err != nil {
		return nil, err
	}
	if data, err = Text(data); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return data, nil
}
