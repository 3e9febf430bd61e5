package evidence

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"strings"
	"testing"
)

// A program that knows nothing of evidence reads it, too.
func TestOtherProgramsReadTheArchive(t *testing.T) {
	t.Parallel()
	a := archive(t)
	file := bytesOf(t, a)
	z, err := zip.NewReader(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := len(z.File), len(a.Names())+2; got != want {
		t.Errorf("got %d files, want %d", got, want)
	}
	for _, f := range z.File {
		if f.Mode() != 0o600 {
			t.Errorf("%s: got mode %v, want 0600", f.Name, f.Mode())
		}
		if want, ok := a.Part(f.Name); ok {
			r, err := f.Open()
			if err != nil {
				t.Fatal(err)
			}
			if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, want) {
				t.Errorf("%s: got other bytes than were written, and error %v", f.Name, err)
			}
		}
	}
}

// two are the entries of a small archive whose first part lies at byte 0.
func two() []entry {
	return []entry{newEntry("a.json", packBytes([]byte("aaaa"))), newEntry("b.json", packBytes([]byte("bbbbb")))}
}

func written(t testing.TB, entries []entry) []byte {
	t.Helper()
	var file bytes.Buffer
	l, err := layOut(entries)
	if err == nil {
		err = l.write(&file)
	}
	if err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

// both sets a field of two bytes in the local header and the directory's entry of the first part.
func both(file []byte, local, directory int, value uint16) []byte {
	binary.LittleEndian.PutUint16(file[local:], value)
	binary.LittleEndian.PutUint16(file[bytes.Index(file, []byte("PK\x01\x02"))+directory:], value)
	return file
}

// inDirectory sets a field of the directory's first entry.
func inDirectory(file []byte, at int, value ...byte) []byte {
	copy(file[bytes.Index(file, []byte("PK\x01\x02"))+at:], value)
	return file
}

func inEnd(file []byte, at int, value ...byte) []byte {
	copy(file[len(file)-endSize+at:], value)
	return file
}

func TestTricksAreRefusedByName(t *testing.T) {
	t.Parallel()
	named := func(names ...string) func([]byte) []byte {
		return func([]byte) []byte {
			var entries []entry
			for _, name := range names {
				entries = append(entries, newEntry(name, packBytes([]byte("x"))))
			}
			return written(t, entries)
		}
	}
	for name, test := range map[string]struct {
		trick func(file []byte) []byte
		want  string
	}{
		"deflated":            {func(f []byte) []byte { return both(f, 8, 10, 8) }, `"a.json": got compression method 8, want the part stored (0)`},
		"encrypted":           {func(f []byte) []byte { return both(f, 6, 8, 1) }, `"a.json": got an encrypted part`},
		"strongly encrypted":  {func(f []byte) []byte { return both(f, 6, 8, 1<<6) }, `"a.json": got an encrypted part`},
		"directory encrypted": {func(f []byte) []byte { return both(f, 6, 8, 1<<13) }, `"a.json": got an encrypted part`},
		"data descriptor":     {func(f []byte) []byte { return both(f, 6, 8, 1<<3) }, `"a.json": got a data descriptor`},
		"UTF-8 flag":          {func(f []byte) []byte { return both(f, 6, 8, 1<<11) }, `"a.json": got the flags 0x0800, want none`},
		"bomb, declared size": {func(f []byte) []byte { return inDirectory(f, 24, 0, 0, 0, 0x40) }, `"a.json": got 4 bytes that are to become 1073741824`},
		"bomb, both sizes":    {func(f []byte) []byte { return inDirectory(f, 20, 0, 0, 0, 0x40, 0, 0, 0, 0x40) }, `"a.json": got 1073741824 bytes, want 536870912 at most`},
		"size behind the end": {func(f []byte) []byte { return sizes(f, 5000) }, `"a.json": got 45 bytes, want the 5000 that the directory declares`},
		"overlapping parts": {
			func(f []byte) []byte { return inDirectory(f, directorySize+6+42, 0, 0, 0, 0) },
			`"b.json": got it -40 bytes from the end of what is before it`,
		},
		"a gap between parts": {
			func(f []byte) []byte { return sizes(f, 3) },
			`"b.json": got it 1 bytes from the end of what is before it`,
		},
		"zip64 part":            {func(f []byte) []byte { return inDirectory(f, 20, 255, 255, 255, 255) }, `"a.json": got a zip64 part`},
		"zip64":                 {func(f []byte) []byte { return inEnd(f, 8, 255, 255, 255, 255) }, "got a zip64 archive"},
		"several disks":         {func(f []byte) []byte { return inEnd(f, 4, 1) }, "spans several disks"},
		"entries on other disk": {func(f []byte) []byte { return inEnd(f, 8, 1) }, "spans several disks"},
		"part on other disk":    {func(f []byte) []byte { return inDirectory(f, 34, 1) }, `"a.json": got a part on another disk`},
		"archive comment":       {func(f []byte) []byte { return append(inEnd(f, 20, 2), "hi"...) }, "got an archive comment of 2 bytes"},
		"part comment":          {func(f []byte) []byte { return inDirectory(f, 32, 2) }, `"a.json": got a comment of 2 bytes`},
		"extra fields":          {func(f []byte) []byte { return inDirectory(f, 30, 4) }, `"a.json": got 4 bytes of extra fields`},
		"local extra fields":    {func(f []byte) []byte { f[28] = 4; return f }, `"a.json": got a header that contradicts the directory`},
		"other local name":      {func(f []byte) []byte { f[localSize] = 'c'; return f }, `"a.json": got the name "c.json" in its header`},
		"other local CRC":       {func(f []byte) []byte { f[14] ^= 1; return f }, `"a.json": got a header that contradicts the directory`},
		"symbolic link":         {func(f []byte) []byte { return inDirectory(f, 40, 0xff, 0xa1) }, `"a.json": got a symbolic link`},
		"folder by its mode":    {func(f []byte) []byte { return inDirectory(f, 40, 0xed, 0x41) }, `"a.json": got a folder`},
		"folder by DOS":         {func(f []byte) []byte { return inDirectory(f, 38, 0x10) }, `"a.json": got a folder`},
		"device":                {func(f []byte) []byte { return inDirectory(f, 40, 0x80, 0x21) }, `"a.json": got a special file of type 020000`},
		"link of another system": {
			func(f []byte) []byte { return inDirectory(inDirectory(f, 5, 0), 40, 0xff, 0xa1) }, `"manifest.json": got no such part, want one`,
		},
		"data before":        {func(f []byte) []byte { return append([]byte("#!/bin/sh\n"), f...) }, "got data before the archive"},
		"part before":        {func(f []byte) []byte { return append([]byte("PK\x03\x04"), f...) }, "got 4 bytes before the archive"},
		"data behind":        {func(f []byte) []byte { return append(f, "more"...) }, "got 4 bytes behind the end of the archive"},
		"far behind":         {func(f []byte) []byte { return append(f, make([]byte, 70000)...) }, "got an archive without its end"},
		"torn":               {func(f []byte) []byte { return f[:40] }, "got an archive without its end"},
		"too few entries":    {func(f []byte) []byte { return inEnd(f, 8, 1, 0, 1, 0) }, "got 52 bytes behind the directory's last entry"},
		"too many entries":   {func(f []byte) []byte { return inEnd(f, 8, 3, 0, 3, 0) }, "got a directory without the entry 3 of 3"},
		"endless entries":    {func(f []byte) []byte { return inEnd(f, 8, 200, 0, 200, 0) }, "got 200 parts, want 100 at most"},
		"directory too long": {func(f []byte) []byte { return inEnd(f, 12, 255, 255) }, "got a directory that reaches behind the archive's end"},
		"name too long":      {func(f []byte) []byte { return inDirectory(f, 28, 255, 255) }, "got a directory that ends in the name of the entry 1"},
		"empty archive":      {named(), "no part in it"},
		"no archive":         {func([]byte) []byte { return []byte(`{"schema":"sekisho/snapshot/v1"}`) }, "got a file that is no zip archive"},
		"empty file":         {func([]byte) []byte { return nil }, "got a file that is no zip archive"},
		"absolute":           {named("/etc/passwd"), `"/etc/passwd": got an absolute path`},
		"upwards":            {named("frameworks/../../x"), `got a path with ..`},
		"just upwards":       {named(".."), `got a path with ..`},
		"dot":                {named("./report.json"), `got a path with an empty element or a dot`},
		"empty element":      {named("frameworks//x.json"), `got a path with an empty element or a dot`},
		"backslash":          {named(`frameworks\x.json`), `got a name with a backslash`},
		"drive":              {named("C:report.json"), `got a path with a drive letter`},
		"NUL":                {named("report.json\x00.txt"), `got a name with a NUL byte`},
		"folder":             {named("frameworks/"), `"frameworks/": got a folder`},
		"empty name":         {named(""), `got an empty name`},
		"right to left":      {named("report\u202ejson"), `got a name with odd characters`},
		"blank":              {named("report.json "), `got a name with odd characters`},
		"twice":              {named("report.json", "report.json"), `"report.json": got the name twice, also as "report.json"`},
		"twice, in capitals": {named("Report.json", "report.json"), `"report.json": got the name twice, also as "Report.json"`},
		"no manifest":        {named("report.json"), `"manifest.json": got no such part, want one`},
		"manifest no JSON":   {named("manifest.json"), `"manifest.json": reading JSON: `},
		"another schema": {
			func([]byte) []byte {
				return written(t, []entry{newEntry(ManifestName, packBytes([]byte(`{"schema":"x"}`)))})
			},
			`"manifest.json": got schema "x", want "sekisho/evidence/v1"`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := test.trick(written(t, two()))
			_, err := readBytes(file)
			var format *FormatError
			if !errors.As(err, &format) || !strings.HasPrefix(err.Error(), "reading the evidence: ") || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want a FormatError with %s", err, test.want)
			}
		})
	}
}

// sizes sets the sizes of the first part in all places.
func sizes(file []byte, size uint32) []byte {
	at := bytes.Index(file, []byte("PK\x01\x02"))
	for _, at := range []int{18, 22, at + 20, at + 24} {
		binary.LittleEndian.PutUint32(file[at:], size)
	}
	return file
}

func TestLimits(t *testing.T) {
	t.Parallel()
	file := bytesOf(t, archive(t))
	for name, test := range map[string]struct {
		limits Limits
		want   string
	}{
		"file":  {Limits{File: 100, Part: 1 << 20, Parts: 100}, "want 100 at most"},
		"part":  {Limits{File: 1 << 20, Part: 10, Parts: 100}, "bytes, want 10 at most"},
		"parts": {Limits{File: 1 << 20, Part: 1 << 20, Parts: 7}, "got 8 parts, want 7 at most"},
	} {
		if _, err := Read(bytes.NewReader(file), int64(len(file)), test.limits); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want an error with %q", name, err, test.want)
		}
	}
	if _, err := Read(bytes.NewReader(file[:50]), int64(len(file)), DefaultLimits()); err == nil || !strings.Contains(err.Error(), "got 50 of ") {
		t.Errorf("got %v, want an error about a file that is shorter than it was", err)
	}
}

func FuzzRead(f *testing.F) {
	f.Add(written(f, two()))
	f.Fuzz(func(t *testing.T, data []byte) {
		a, err := readBytes(data)
		if err == nil && a.Manifest.Schema != ManifestSchema {
			t.Errorf("got an archive with schema %q", a.Manifest.Schema)
		}
		if err == nil {
			a.Verify()
		}
	})
}
