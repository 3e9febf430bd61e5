package evidence

import (
	"bufio"
	"bytes"
	"compress/flate"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"hash/crc32"
	"io"
)

// packed is what a file of the archive holds. In memory it is deflated if it is large, for it may be larger than all
// that it was made of: the files of an account of 5,000 users have 100 MB, and 8 MB deflated.
type packed struct {
	data     []byte
	deflated bool
	size     int64
	crc      uint32
	sum      string // SHA-256 in lower-case hexadecimal
}

// small is up to which size deflating costs more memory than it saves.
const small = 1 << 17

// packer deflates what is written as soon as it is large.
type packer struct {
	forgets bool // what is written, and tells only its size and sums

	kept    bytes.Buffer
	deflate *flate.Writer
	size    int64
}

// pack takes what is written, be it in many small pieces.
func (p *packer) pack(write func(io.Writer) error) (packed, error) {
	p.kept.Reset()
	p.deflate, p.size = nil, 0
	crc, sum := crc32.NewIEEE(), sha256.New()
	out := bufio.NewWriter(io.MultiWriter(p, crc, sum))
	err := errors.Join(write(out), out.Flush())
	if err == nil && p.deflate != nil {
		err = p.deflate.Close()
	}
	return packed{bytes.Clone(p.kept.Bytes()), p.deflate != nil, p.size, crc.Sum32(), hex.EncodeToString(sum.Sum(nil))}, err
}

func (p *packer) Write(data []byte) (int, error) {
	p.size += int64(len(data))
	if p.forgets {
		return len(data), nil
	}
	if p.size <= small {
		return p.kept.Write(data)
	}
	if p.deflate == nil {
		before := bytes.Clone(p.kept.Bytes())
		p.kept.Reset()
		p.deflate, _ = flate.NewWriter(&p.kept, flate.BestSpeed) // it refuses other levels than there are
		if _, err := p.deflate.Write(before); err != nil {
			return 0, err
		}
	}
	return p.deflate.Write(data)
}

// packBytes keeps bytes.
func packBytes(data []byte) packed {
	p, err := new(packer).pack(PartOf("", data).Write)
	if err != nil {
		panic(err) // memory takes everything
	}
	return p
}

// writeTo writes the bytes.
func (p packed) writeTo(w io.Writer) error {
	var from io.Reader = bytes.NewReader(p.data)
	if p.deflated {
		from = flate.NewReader(from)
	}
	_, err := io.Copy(w, from)
	return err
}

// bytes returns them in one piece.
func (p packed) bytes() []byte {
	out := bytes.NewBuffer(make([]byte, 0, p.size+bytes.MinRead))
	if err := p.writeTo(out); err != nil {
		panic(err) // it was packed here
	}
	return out.Bytes()
}
