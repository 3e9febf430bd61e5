package evidence

import (
	"encoding/binary"
	"io"
	"math"

	"sekisho/audit/message"
)

// entry is one file of a zip archive.
type entry struct {
	name string
	packed
	declared uint32 // the CRC that the archive has
}

func newEntry(name string, c packed) entry { return entry{name, c, c.crc} }

// layout is an archive without what its entries hold.
type layout struct {
	entries []entry  // in the order of the archive
	frame   [][]byte // the header of each, and the directory with the end
}

// The records of a zip archive, byte for byte and little-endian, as PKWARE's APPNOTE.TXT has them in 4.3.7, 4.3.12 and
// 4.3.16.
type (
	localHeader struct {
		Signature           uint32
		Needs               uint16
		Flags, Method       uint16
		Time, Date          uint16
		CRC, Packed, Size   uint32
		NameSize, ExtraSize uint16
	}
	directoryHeader struct {
		Signature                        uint32
		MadeBy, Needs                    uint16
		Flags, Method                    uint16
		Time, Date                       uint16
		CRC, Packed, Size                uint32
		NameSize, ExtraSize, CommentSize uint16
		Disk                             uint16
		Internal                         uint16
		External                         uint32
		Offset                           uint32
	}
	endRecord struct {
		Signature           uint32
		Disk, DirectoryDisk uint16
		EntriesHere         uint16
		Entries             uint16
		Size, Offset        uint32 // of the directory
		CommentSize         uint16
	}
)

const (
	localSignature     = 0x04034b50
	directorySignature = 0x02014b50
	endSignature       = 0x06054b50

	localSize     = 30
	directorySize = 46
	endSize       = 22

	stored       = 0
	versionNeeds = 10        // 1.0: nothing but stored files
	versionMade  = 3<<8 | 10 // on Unix, where External holds the mode
	firstDay     = 1<<5 | 1  // 1980-01-01, before which the format knows no date
	externalMode = 0o100600 << 16
)

var errTooBig = message.Errorf("got more than a plain zip archive can hold, 4 GiB and 65,534 files")

// layOut makes the archive of entries in their order. Whatever could differ from one writing to the next is fixed.
func layOut(entries []entry) (*layout, error) {
	l := &layout{entries: entries}
	total := int64(endSize)
	for _, e := range entries {
		total += localSize + directorySize + 2*int64(len(e.name)) + e.size
	}
	if total >= math.MaxUint32 || len(entries) >= math.MaxUint16 {
		return nil, errTooBig
	}
	offset := uint32(0)
	var directory []byte
	for _, e := range entries {
		local := localHeader{
			Signature: localSignature, Needs: versionNeeds, Method: stored, Date: firstDay,
			CRC: e.declared, Packed: uint32(e.size), Size: uint32(e.size), NameSize: uint16(len(e.name)),
		}
		head := append(record(local), e.name...)
		directory = append(directory, record(directoryHeader{
			Signature: directorySignature, MadeBy: versionMade, Needs: versionNeeds, Method: stored, Date: firstDay,
			CRC: e.declared, Packed: local.Packed, Size: local.Size, NameSize: local.NameSize, External: externalMode, Offset: offset,
		})...)
		directory = append(directory, e.name...)
		l.frame = append(l.frame, head)
		offset += uint32(len(head)) + local.Size
	}
	l.frame = append(l.frame, append(directory, record(endRecord{
		Signature: endSignature, EntriesHere: uint16(len(entries)), Entries: uint16(len(entries)),
		Size: uint32(len(directory)), Offset: offset,
	})...))
	return l, nil
}

func (l *layout) write(w io.Writer) error {
	for i, head := range l.frame {
		if _, err := w.Write(head); err != nil {
			return err
		}
		if i < len(l.entries) {
			if err := l.entries[i].writeTo(w); err != nil {
				return err
			}
		}
	}
	return nil
}

// record lays a header out. Its fields have fixed sizes, so it can't fail.
func record(header any) []byte {
	data, err := binary.Append(nil, binary.LittleEndian, header)
	if err != nil {
		panic(err)
	}
	return data
}
