package policy

import "strings"

// Words is what stands in the formats that patterns are compared with, as pairs of neighbouring characters.
type Words struct{ pairs [1 << 10]uint64 }

// Add adds the words of a format.
func (w *Words) Add(format string) {
	for i := 1; i < len(format); i++ {
		pair := uint16(format[i-1])<<8 | uint16(format[i])
		w.pairs[pair>>6] |= 1 << (pair & 63)
	}
}

// foreign reports whether a word is surely no part of any format's.
func (w *Words) foreign(word string) bool {
	for i := 1; i < len(word); i++ {
		if pair := uint16(word[i-1])<<8 | uint16(word[i]); w.pairs[pair>>6]>>(pair&63)&1 == 0 {
			return true
		}
	}
	return false
}

// ForeignTo reports whether the text of a pattern surely contains no format: it has a word that is no part of any. The
// numbers of accounts are no words, for formats that are spelled out have them.
func (w *Words) ForeignTo(pattern string) bool {
	for pattern != "" {
		end := strings.IndexAny(pattern, ":/*?$")
		if end < 0 {
			end = len(pattern)
		}
		if word := pattern[:end]; w.foreign(word) && strings.Trim(word, "0123456789") != "" {
			return true
		}
		if pattern = pattern[end:]; strings.HasPrefix(pattern, "${") { // a variable, or nearly one
			_, pattern, _ = strings.Cut(pattern, "}")
		} else if pattern != "" {
			pattern = pattern[1:]
		}
	}
	return false
}

// globForeign stands for a foreign word in a shape.
const globForeign = globOpaque + 1

// Shape appends the glob with one sign for each foreign word, whatever it is. Globs of one shape contain the same
// formats, and intersect the same ones of those in whose fields, and in the pieces of whose paths, wildcards stand alone:
// such a word is not what a literal piece says, and is what a wildcard takes. A ? beside a word is too short for that.
func (g Glob) Shape(shape []byte, w *Words) []byte {
	start, single := 0, false // of the word under way; a ? stands before it
	for i := 0; i <= len(g); i++ {
		if i < len(g) && g[i] > globOpaque && g[i] != ':' && g[i] != '/' {
			continue
		}
		next := i < len(g) && (g[i] == globOne || g[i] == globFieldOne || g[i] == globOpaque)
		if word := string(g[start:i]); !single && !next && w.foreign(word) {
			shape = append(shape, globForeign)
		} else {
			shape = append(shape, word...)
		}
		if i < len(g) {
			shape = append(shape, g[i])
		}
		start, single = i+1, next
	}
	return shape
}
