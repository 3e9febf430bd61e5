package term

import "testing"

func TestWhichCharactersBreakAnywhere(t *testing.T) {
	t.Parallel()
	for r, want := range map[rune]bool{'a': false, 'é': false, '\u10ff': false, '\u1100': true, 'あ': true, '漢': true, 'ｱ': false} {
		if got := wide(r); got != want {
			t.Errorf("%q: got %t, want %t", r, got, want)
		}
	}
}
