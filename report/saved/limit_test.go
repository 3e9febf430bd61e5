package saved

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What is larger than the bound is refused with the bound: a file, UTF-16 or not, and all files of a folder together.
func TestLimit(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	caller := `{"Account": "123456789012", "Arn": "arn:aws:iam::123456789012:user/a", "UserId": "AIDAEXAMPLE"}`
	large := `{"schema": "sekisho/snapshot/v1", "more": "` + strings.Repeat("x", 200) + `"}`
	write("folder/a.json", caller)
	write("folder/b.json", caller)
	for _, path := range []string{
		write("s.json", large), write("late.json", `{"more": "`+strings.Repeat("x", 200)+`", "schema": "sekisho/snapshot/v1"}`),
		write("wide.json", "{\x00"+strings.Repeat("x\x00", 100)), filepath.Join(dir, "folder"),
	} {
		_, err := within(t.Context(), &opener{path, Snapshot | Folder, true, 150})
		if err == nil || !strings.Contains(err.Error(), "got more than 150 bytes, want that many at most") {
			t.Errorf("%s: got %v, want the bound", filepath.Base(path), err)
		}
	}
	if f, err := within(t.Context(), &opener{filepath.Join(dir, "folder"), Folder, true, int64(2 * len(caller))}); err != nil || f.Kind != Folder {
		t.Errorf("got %v of a folder as large as the bound, want it", err)
	}
}
