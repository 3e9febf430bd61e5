//go:build linux

package files

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// What a child does in place of the tests, and where.
const childVariable, folderVariable = "SEKISHO_TEST_CHILD", "SEKISHO_TEST_FOLDER"

func TestMain(m *testing.M) {
	folder := os.Getenv(folderVariable)
	var err error
	switch os.Getenv(childVariable) {
	case "":
		os.Exit(m.Run())
	case "writer":
		err = writer(folder)
	case "full":
		err = fullDisk(folder)
	case "namer at 0", "namer at 1":
		err = namer(folder, int(os.Getenv(childVariable)[9]-'0'))
	}
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	os.Exit(0)
}

func child(t *testing.T, does, folder string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), childVariable+"="+does, folderVariable+"="+folder)
	return cmd
}

// killHalfway lets a child run until it says that it is halfway, and kills it after what is to be done then.
func killHalfway(t *testing.T, cmd *exec.Cmd, then ...func()) {
	t.Helper()
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer stdin.Close()
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(stdout).ReadString('\n'); line != "halfway\n" {
		t.Fatalf("got %q and %v, want the child to write", line, err)
	}
	for _, do := range then {
		do()
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err == nil {
		t.Error("got no error of a child that was killed")
	}
}

// writer writes two files, and halfway says so and waits for stdin to end.
func writer(folder string) error {
	var s Set
	for _, name := range []string{"a", "b"} {
		o, err := s.Create("--output", filepath.Join(folder, name))
		if err != nil {
			return err
		}
		o.Writes(func(w io.Writer) error {
			_, err := io.WriteString(w, strings.Repeat(name, 1<<20))
			if name == "b" {
				fmt.Println("halfway")
				_, err = io.ReadAll(os.Stdin)
			}
			return err
		})
	}
	return s.Commit(context.Background())
}

// A run that is killed while it writes leaves what was there, and temporary files, which the next run that writes to
// the folder removes; none removes those of a run that lives.
func TestKilledWhileWriting(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	for _, name := range []string{"a", "b", ".sekisho-mine.tmp", ".sekisho-1.tmp.txt"} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte("old"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("a", filepath.Join(folder, ".sekisho-2.tmp")); err != nil {
		t.Fatal(err)
	}
	temporaries := func() int {
		entries, err := filepath.Glob(filepath.Join(folder, ".sekisho-*[0-9].tmp"))
		if err != nil {
			t.Fatal(err)
		}
		return len(entries) - 1 // without the link
	}
	another := func() {
		var s Set
		o, err := s.Create("--output", filepath.Join(folder, "c"))
		if err != nil {
			t.Fatal(err)
		}
		o.Writes(func(w io.Writer) error {
			_, err := io.WriteString(w, "c")
			return err
		})
		if err := s.Commit(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	killHalfway(t, child(t, "writer", folder), func() {
		another()
		if got := temporaries(); got != 2 {
			t.Errorf("got %d temporary files of a run that lives, want 2", got)
		}
	})
	if got := temporaries(); got != 2 {
		t.Errorf("got %d temporary files of a run that was killed, want 2", got)
	}
	another()
	if got := temporaries(); got != 0 {
		t.Errorf("got %d temporary files after the next run, want none", got)
	}
	for name, want := range map[string]string{"a": "old", "b": "old", "c": "c", ".sekisho-mine.tmp": "old", ".sekisho-1.tmp.txt": "old", ".sekisho-2.tmp": "old"} {
		if data, err := os.ReadFile(filepath.Join(folder, name)); err != nil || string(data) != want {
			t.Errorf("got %q and %v in %s, want %q", data, err, name, want)
		}
	}
}

// waiting is a disk that says so and waits for stdin to end at one of the names that it gives.
type waiting struct {
	machine
	at int
}

func (d *waiting) Rename(from, to string) error {
	if d.at--; d.at == -1 {
		fmt.Println("halfway")
		if _, err := io.ReadAll(os.Stdin); err != nil {
			return err
		}
	}
	return os.Rename(from, to)
}

// namer writes two files, and stops at one of their names.
func namer(folder string, at int) error {
	s := Set{disk: &waiting{at: at}}
	for _, path := range []string{"a", "sub/b"} {
		o, err := s.Create("--output", filepath.Join(folder, path))
		if err != nil {
			return err
		}
		o.Writes(func(w io.Writer) error {
			_, err := io.WriteString(w, "new")
			return err
		})
	}
	return s.Commit(context.Background())
}

// Of a run that was killed between two names the next one says, in whichever folder it writes, which files have theirs,
// and only once there; of one that was killed before the first there is nothing to say.
func TestKilledBetweenNames(t *testing.T) {
	t.Parallel()
	for at := range 2 {
		folder := t.TempDir()
		if err := os.Mkdir(filepath.Join(folder, "sub"), 0o700); err != nil {
			t.Fatal(err)
		}
		for _, path := range []string{"a", "sub/b"} {
			if err := os.WriteFile(filepath.Join(folder, path), []byte("old"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		killHalfway(t, child(t, fmt.Sprintf("namer at %d", at), folder))
		want := ""
		if at == 1 {
			want = fmt.Sprintf("a run was killed before all its files had their names, and they are not of one run: its own: %s/a; not its own: %s/sub/b", folder, folder)
		}
		for _, sub := range []string{".", "sub"} {
			for _, again := range []bool{false, true} {
				var got []string
				s := Set{Warn: func(text string) { got = append(got, text) }}
				if _, err := s.Create("--output", filepath.Join(folder, sub, "c")); err != nil {
					t.Fatal(err)
				}
				s.Abort()
				if again && len(got) > 0 || !again && strings.Join(got, "\n") != want {
					t.Errorf("killed at name %d, in %s: got %q told, want %q once", at, sub, got, want)
				}
			}
		}
	}
}

// A note that nobody wrote, or that is none, is no set of files; its file is removed like that of any other killed run.
func TestNotesOfNoSet(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	for _, text := range []string{"", "{", "[]", `[{"Name": "x"}, {"Name": "y"}]`, strings.Repeat("[", mostNoted+1)} {
		if err := os.WriteFile(filepath.Join(folder, turnName), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		s := Set{Warn: func(text string) { t.Errorf("got %q, want nothing told", text) }}
		o, err := s.Create("--output", filepath.Join(folder, "a"))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, turnName), []byte(text), 0o600); err != nil { // since, by another run
			t.Fatal(err)
		}
		o.Writes(func(io.Writer) error { return nil })
		if err := s.Commit(t.Context()); err != nil {
			t.Errorf("%.20q: %v", text, err)
		}
		if left, err := filepath.Glob(filepath.Join(folder, ".sekisho-*")); err != nil || len(left) > 0 {
			t.Errorf("%.20q: got %v and %v left, want nothing", text, left, err)
		}
	}
}

// errNoMount tells that this machine lets nobody mount a file system.
var errNoMount = errors.New("mounting a file system of 64 kB")

// fullDisk replaces files on a file system that is too small.
func fullDisk(folder string) error {
	err := syscall.Mount("", "/", "", syscall.MS_REC|syscall.MS_PRIVATE, "")
	if err == nil {
		err = syscall.Mount("tmpfs", folder, "tmpfs", 0, "size=64k")
	}
	if err != nil {
		return fmt.Errorf("%w: %w", errNoMount, err)
	}
	for _, size := range []int{20 << 10, 100 << 10} {
		replaced, committed, wrong := replace(nil, folder, size)
		switch fits := size < 64<<10; {
		case wrong != nil:
			return wrong
		case fits && (committed != nil || len(replaced) != 3), !fits && (!errors.Is(committed, syscall.ENOSPC) || len(replaced) != 0):
			return fmt.Errorf("got %v and %v new of %d bytes on a disk of 64 kB, want all or none", committed, replaced, size)
		}
	}
	return nil
}

// On a disk that is full none of the files is replaced. The disk is one of a child's own, in a name space of its own.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	cmd := child(t, "full", t.TempDir())
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNS}
	root := os.Getuid() == 0
	if !root {
		cmd.SysProcAttr.Cloneflags |= syscall.CLONE_NEWUSER
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}}
	}
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	mounted := err == nil || errors.As(err, &exit) && !strings.HasPrefix(string(out), errNoMount.Error())
	switch {
	case err == nil:
	case !mounted && (!root || os.Getenv("CI") == ""):
		t.Skipf("this machine lets nobody mount a file system (%v %s); TestBrokenDisk has a full one", err, out)
	default:
		t.Errorf("got %v\n%s", err, out)
	}
}

// inTurn is a disk that looks, when files get their names, whether another run could give names in the folder.
type inTurn struct {
	machine
	folder string
	taken  int
}

func (d *inTurn) Rename(from, to string) error {
	f, err := os.OpenFile(filepath.Join(d.folder, ".sekisho-0.tmp"), os.O_RDWR, 0)
	if err == nil {
		if _, busy := lock(f, false); busy {
			d.taken++
		}
		f.Close()
	}
	return os.Rename(from, to)
}

// Runs that write to the same folder give their files names one after the other, so that these are of one run in the
// end; however a folder is spelled, a run doesn't wait for itself.
func TestNamesAreGivenInTurn(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	if err := os.Mkdir(filepath.Join(folder, "x"), 0o700); err != nil {
		t.Fatal(err)
	}
	lockName := filepath.Join(folder, ".sekisho-0.tmp")
	for _, turns := range []int{3, 0} {
		disk := &inTurn{folder: folder}
		s := Set{disk: disk}
		defer s.Abort()
		for _, path := range []string{folder + "/a", folder + "/x/../b", folder + "/x/c"} {
			o, err := s.Create("--output", path)
			if err != nil {
				t.Fatal(err)
			}
			o.Writes(func(io.Writer) error { return nil })
		}
		if err := s.Commit(t.Context()); err != nil || disk.taken != turns {
			t.Errorf("got %v and %d names given in turn, want %d", err, disk.taken, turns)
		}
		_, err := os.Lstat(lockName)
		if left := err == nil; left != (turns == 0) {
			t.Errorf("got %v of the lock, want it there where it is somebody else's", err)
		}
		// A link of that name is nothing to wait for, nor to write through.
		if err := os.Symlink(filepath.Join(folder, "made"), lockName); err != nil && turns > 0 {
			t.Fatal(err)
		}
	}
	if _, err := os.Lstat(filepath.Join(folder, "made")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v of what the link leads to, want nothing made", err)
	}
}
