package evidence

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"sekisho/audit/message"
)

// Limits are what is read at most. What is stored has the size of its file, so the limits are of what takes memory,
// too.
type Limits struct {
	File  int64 // bytes of the archive
	Part  int64 // bytes of one part
	Parts int   // files in the archive
}

// DefaultLimits hold the evidence of an account of 5,000 users, which is IAM's own limit, more than ten times over.
func DefaultLimits() Limits { return Limits{File: 1 << 30, Part: 512 << 20, Parts: 100} }

// FormatError is a file that is no evidence, or that is made so that reading it can't be trusted. Part is the name of
// the part concerned, empty for the archive as a whole.
type FormatError struct {
	Part string
	Err  error
}

func (e *FormatError) Error() string {
	if e.Part == "" {
		return "reading the evidence: " + e.Err.Error()
	}
	return fmt.Sprintf("reading the evidence: %q: %v", e.Part, e.Err)
}

// Unwrap returns what was wrong.
func (e *FormatError) Unwrap() error { return e.Err }

var errMissing = errors.New("got no such part, want one")

// Read reads an archive, each byte once. It refuses what is no evidence, and whatever plain evidence never has:
// compression, encryption, tricks with paths, names twice, bytes that belong to nothing. Every error is a
// *[FormatError] save those of r. Whether the parts are those of the manifest is for [Archive.Verify] to say.
func Read(r io.ReaderAt, size int64, limits Limits) (*Archive, error) {
	if size > limits.File {
		return nil, &FormatError{"", fmt.Errorf("got %d bytes, want %d at most", size, limits.File)}
	}
	file, err := readZip(source{r, size}, limits)
	if err != nil {
		return nil, err
	}
	a := &Archive{file: file}
	there := false
	for _, e := range file.entries {
		switch e.name {
		case ManifestName:
			a.manifest, there = e.bytes(), true
		case SignatureName:
			a.Signature = e.bytes()
		default:
			a.parts = append(a.parts, held{e.name, e.packed})
		}
	}
	slices.SortFunc(a.parts, func(x, y held) int { return strings.Compare(x.name, y.name) })
	if !there {
		return nil, &FormatError{ManifestName, errMissing}
	}
	if err := json.Unmarshal(a.manifest, &a.Manifest); err != nil {
		return nil, &FormatError{ManifestName, fmt.Errorf("reading JSON: %w", err)}
	}
	if a.Manifest.Schema != ManifestSchema {
		return nil, &FormatError{ManifestName, fmt.Errorf("got schema %q, want %q", a.Manifest.Schema, ManifestSchema)}
	}
	return a, nil
}

// Open reads an archive and wants nothing to be wrong with it, save that nobody looks at its signature.
func Open(r io.ReaderAt, size int64, limits Limits) (*Archive, error) {
	a, err := Read(r, size, limits)
	if err != nil {
		return nil, err
	}
	if problems := a.Verify(); len(problems) > 0 {
		return nil, &FormatError{problems[0].Part, message.Errorf("%s", problems[0].Text)}
	}
	return a, nil
}

// source is what an archive is read from.
type source struct {
	r    io.ReaderAt
	size int64
}

// at reads n bytes.
func (s source) at(offset, n int64) ([]byte, error) {
	data := make([]byte, n)
	if got, err := s.r.ReadAt(data, offset); int64(got) < n {
		return nil, fmt.Errorf("reading the evidence: got %d of %d bytes from byte %d on: %w", got, n, offset, err)
	}
	return data, nil
}

// readZip takes an archive apart whose parts lie end to end, from its first byte to its last.
func readZip(from source, limits Limits) (*layout, error) {
	end, err := readEnd(from)
	if err != nil {
		return nil, err
	}
	if int(end.Entries) > limits.Parts {
		return nil, &FormatError{"", fmt.Errorf("got %d parts, want %d at most", end.Entries, limits.Parts)}
	}
	parts := int64(end.Offset)
	last, err := from.at(parts, from.size-parts)
	if err != nil {
		return nil, err
	}
	directory := last[:len(last)-endSize]
	at := int64(0)
	seen := map[string]string{}
	l := &layout{}
	for i := range int(end.Entries) {
		var h directoryHeader
		if n, err := binary.Decode(directory, binary.LittleEndian, &h); err != nil || h.Signature != directorySignature {
			return nil, &FormatError{"", fmt.Errorf("got a directory without the entry %d of %d", i+1, end.Entries)}
		} else {
			directory = directory[n:]
		}
		if int(h.NameSize) > len(directory) {
			return nil, &FormatError{"", fmt.Errorf("got a directory that ends in the name of the entry %d", i+1)}
		}
		name := string(directory[:h.NameSize])
		directory = directory[h.NameSize:]
		if err := checkName(name); err != nil {
			return nil, &FormatError{name, err}
		}
		if other, twice := seen[strings.ToLower(name)]; twice {
			return nil, &FormatError{name, fmt.Errorf("got the name twice, also as %q", other)}
		}
		seen[strings.ToLower(name)] = name
		if err := h.check(limits); err != nil {
			return nil, &FormatError{name, err}
		}
		if before := int64(h.Offset) - at; before != 0 {
			return nil, &FormatError{name, fmt.Errorf("got it %d bytes from the end of what is before it, want it right there", before)}
		}
		head, err := from.at(at, min(localSize+int64(len(name)), parts-at))
		if err != nil {
			return nil, err
		}
		if err := checkLocal(head, parts-at, name, h); err != nil {
			return nil, &FormatError{name, err}
		}
		at += int64(len(head))
		held, err := from.pack(at, int64(h.Size))
		if err != nil {
			return nil, err
		}
		at += held.size
		l.entries, l.frame = append(l.entries, entry{name, held, h.CRC}), append(l.frame, head)
	}
	switch {
	case len(directory) > 0:
		return nil, &FormatError{"", fmt.Errorf("got %d bytes behind the directory's last entry, want none", len(directory))}
	case at < parts:
		return nil, &FormatError{"", fmt.Errorf("got %d bytes between the last part and the directory, want none", parts-at)}
	}
	l.frame = append(l.frame, last)
	return l, nil
}

// pack reads n bytes, and keeps them packed.
func (s source) pack(offset, n int64) (packed, error) {
	c, err := new(packer).pack(func(w io.Writer) error {
		_, err := io.Copy(w, io.NewSectionReader(s.r, offset, n))
		return err
	})
	if err == nil && c.size < n {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return c, fmt.Errorf("reading the evidence: got %d of %d bytes from byte %d on: %w", c.size, n, offset, err)
	}
	return c, nil
}

// readEnd reads the record that ends an archive, and says of one that has it elsewhere what is behind it.
func readEnd(from source) (endRecord, error) {
	var end endRecord
	start, err := from.at(0, min(4, from.size))
	if err != nil {
		return end, err
	}
	begin := max(0, from.size-endSize-math.MaxUint16)
	data, err := from.at(begin, from.size-begin)
	if err != nil {
		return end, err
	}
	if end, err = findEnd(string(start), data, begin); err != nil {
		return end, &FormatError{"", err}
	}
	return end, nil
}

// findEnd finds it in the last bytes of an archive, of which begin bytes are before them.
func findEnd(head string, data []byte, begin int64) (endRecord, error) {
	var end endRecord
	const local, mark = "PK\x03\x04", "PK\x05\x06"
	at := -1
	if len(data) >= endSize {
		at = strings.LastIndex(string(data[:len(data)-endSize+4]), mark)
	}
	switch {
	case head != local && head != mark && at < 0:
		return end, errors.New("got a file that is no zip archive")
	case at < 0:
		return end, errors.New("got an archive without its end: it was cut off, or something follows that is no comment")
	}
	if _, err := binary.Decode(data[at:], binary.LittleEndian, &end); err != nil {
		return end, err
	}
	behind := len(data) - at - endSize
	within := begin + int64(at) - int64(end.Offset) - int64(end.Size)
	switch {
	case end.CommentSize > 0:
		return end, fmt.Errorf("got an archive comment of %d bytes, want none", end.CommentSize)
	case behind > 0:
		return end, fmt.Errorf("got %d bytes behind the end of the archive, want none", behind)
	case end.Entries == math.MaxUint16 || end.Size == math.MaxUint32 || end.Offset == math.MaxUint32:
		return end, errors.New("got a zip64 archive, want a plain one")
	case end.Disk != 0 || end.DirectoryDisk != 0 || end.EntriesHere != end.Entries:
		return end, errors.New("got a part of an archive that spans several disks, want a whole one")
	case head != local:
		return end, errors.New("got data before the archive, or no part in it")
	case within > 0:
		return end, fmt.Errorf("got %d bytes before the archive or inside it that belong to no part", within)
	case within < 0:
		return end, errors.New("got a directory that reaches behind the archive's end")
	}
	return end, nil
}

// check refuses what plain evidence never has.
func (h directoryHeader) check(limits Limits) error {
	const unix, typeMask, regular = 3, 0o170000, 0o100000
	mode := h.External >> 16 & typeMask
	switch {
	case h.Flags&(1|1<<6|1<<13) != 0:
		return errors.New("got an encrypted part, want a plain one")
	case h.Flags&(1<<3) != 0:
		return errors.New("got a data descriptor behind the part, want its size in its header")
	case h.Flags != 0:
		return fmt.Errorf("got the flags %#04x, want none", h.Flags)
	case h.Method != stored:
		return fmt.Errorf("got compression method %d, want the part stored (0)", h.Method)
	case h.Packed == math.MaxUint32 || h.Size == math.MaxUint32 || h.Offset == math.MaxUint32:
		return errors.New("got a zip64 part, want a plain one")
	case h.Packed != h.Size:
		return fmt.Errorf("got %d bytes that are to become %d, want a stored part to keep its size", h.Packed, h.Size)
	case int64(h.Size) > limits.Part:
		return fmt.Errorf("got %d bytes, want %d at most", h.Size, limits.Part)
	case h.Disk != 0:
		return errors.New("got a part on another disk")
	case h.ExtraSize != 0:
		return fmt.Errorf("got %d bytes of extra fields, want none", h.ExtraSize)
	case h.CommentSize != 0:
		return fmt.Errorf("got a comment of %d bytes, want none", h.CommentSize)
	case h.External&0x10 != 0: // the bit that DOS has for it
		return errors.New("got a folder, want a file")
	case h.MadeBy>>8 == unix && mode == 0o120000:
		return errors.New("got a symbolic link, want a file")
	case h.MadeBy>>8 == unix && mode == 0o040000:
		return errors.New("got a folder, want a file")
	case h.MadeBy>>8 == unix && mode != regular && mode != 0:
		return fmt.Errorf("got a special file of type %#o, want a plain one", mode)
	}
	return nil
}

// checkLocal checks the header right before a part, which must say what the directory says. There are rest bytes from it
// on.
func checkLocal(head []byte, rest int64, name string, h directoryHeader) error {
	var local localHeader
	n, err := binary.Decode(head, binary.LittleEndian, &local)
	if err != nil || local.Signature != localSignature {
		return errors.New("got no header where the directory has the part")
	}
	want := localHeader{
		Signature: localSignature, Needs: h.Needs, Flags: h.Flags, Method: h.Method, Time: h.Time, Date: h.Date,
		CRC: h.CRC, Packed: h.Packed, Size: h.Size, NameSize: h.NameSize,
	}
	if local != want {
		return errors.New("got a header that contradicts the directory")
	}
	if there := rest - localSize - int64(len(name)); there < int64(h.Size) {
		return fmt.Errorf("got %d bytes, want the %d that the directory declares", max(0, there), h.Size)
	}
	if string(head[n:]) != name {
		return fmt.Errorf("got the name %q in its header, want the directory's", head[n:])
	}
	return nil
}

// checkName refuses names that could lead out of a folder, or look like others.
func checkName(name string) error {
	switch {
	case name == "":
		return message.Errorf("got an empty name")
	case strings.Contains(name, "\x00"):
		return message.Errorf("got a name with a NUL byte")
	case strings.Contains(name, `\`):
		return message.Errorf("got a name with a backslash, want slashes")
	case strings.HasPrefix(name, "/"):
		return message.Errorf("got an absolute path, want a relative one")
	case len(name) > 1 && name[1] == ':':
		return message.Errorf("got a path with a drive letter, want a relative one")
	case strings.HasSuffix(name, "/"):
		return message.Errorf("got a folder, want a file")
	}
	for _, element := range strings.Split(name, "/") {
		switch element {
		case "..":
			return message.Errorf("got a path with .., want one that stays below the folder")
		case "", ".":
			return message.Errorf("got a path with an empty element or a dot, want it straight")
		}
	}
	const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./"
	if strings.Trim(name, plain) != "" || strings.ContainsFunc(name, func(r rune) bool { return !strings.ContainsRune(plain, r) }) {
		return message.Errorf("got a name with odd characters, want letters, digits and -_./")
	}
	return nil
}
