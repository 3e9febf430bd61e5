package saved

import (
	"strings"
	"testing"
)

// UTF-16 is told by its mark, or by a zero byte beside one that isn't; all else is left as it is.
func TestText(t *testing.T) {
	t.Parallel()
	for data, want := range map[string]string{
		"": "", "a": "a", "{}": "{}", "\ufeff{}": "{}", "\xff": "\xff",
		"{\x00}\x00": "{}", "\x00{\x00}": "{}", "\xff\xfe{\x00": "{", "\xfe\xff\x00{": "{", "\xff\xfe": "", "\xfe\xff": "",
		"\xffa": "\xffa", "\xfea": "\xfea", "a\xfe": "a\xfe", "a\xff": "a\xff", "\x00\x00": "\x00\x00", "\x00\xff": "\u00ff", "\xfe\x00": "\u00fe",
		"\x42\xd8\xb7\xdf": "\x42\xd8\xb7\xdf", "\xff\xfe\x42\xd8\xb7\xdf": "𠮷",
	} {
		if got, err := Text([]byte(data)); err != nil || string(got) != want {
			t.Errorf("%q: got %q and %v, want %q", data, got, err, want)
		}
	}
	for data, want := range map[string]string{
		"a\x00b": "ends within a character", "\xff\xfe\x42\xd8": "half a character at byte 2", "\xff\xfea\x00\x42\xd8b\x00": "half a character at byte 4",
	} {
		if got, err := Text([]byte(data)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %q and %v, want an error with %q", data, got, err, want)
		}
	}
}
