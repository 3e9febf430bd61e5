package policy

import "testing"

// Words that an arena hands out are zero, also those that were used before; what is more than most need isn't kept.
func TestArenaIsUsedAgain(t *testing.T) {
	t.Parallel()
	var a Arena
	var first *uint64
	for round := range 3 {
		for n := 0; n < 2*maxArenaKept; n += 1000 {
			words := a.words(1000)
			if n == 0 && round == 0 {
				first = &words[0]
			}
			if n == 0 && first != &words[0] {
				t.Error("got other memory, want that of the first time")
			}
			for i := range words {
				if words[i] != 0 {
					t.Fatalf("round %d, %d words in: got one that isn't zero", round, n+i)
				}
				words[i] = 1
			}
		}
		a.Reset()
		if kept := len(a.chunks) * arenaChunk; kept != maxArenaKept {
			t.Errorf("got %d words kept, want %d", kept, maxArenaKept)
		}
	}
	if got := len(a.words(2 * arenaChunk)); got != 2*arenaChunk {
		t.Errorf("got %d words, want more than a chunk", got)
	}
}
