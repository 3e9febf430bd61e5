package main

import (
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	ofPeople = regexp.MustCompile(`(?i)\b(he|his|him|himself|whoever)\b`)
	later    = regexp.MustCompile(`\b(TO` + `DO|FIX` + `ME|XXX)\b`)
)

// mostLines is the length of a file that can be read in one go. A longer one says in its first comment why it is "one
// file".
const mostLines = 400

// People are they, and someone is not whoever; what is to be done is done, or is nowhere.
func TestSourcesSpeakPlainly(t *testing.T) {
	t.Parallel()
	eachSource(t, func(path, text string) {
		if path == "cmd/sekisho/style_test.go" {
			return
		}
		number := 0
		for line := range strings.Lines(text) {
			number++
			if word := ofPeople.FindString(line); word != "" {
				t.Errorf("%s:%d: got %q, want they, their, them or someone who: %s", path, number, word, strings.TrimSpace(line))
			}
			if word := later.FindString(line); word != "" {
				t.Errorf("%s:%d: got a %s, want it done", path, number, word)
			}
		}
	})
}

// A file is a chapter.
func TestFilesAreShort(t *testing.T) {
	t.Parallel()
	eachSource(t, func(path, text string) {
		first, _, _ := strings.Cut(text, "\npackage ")
		if n := strings.Count(text, "\n"); strings.HasSuffix(path, ".go") && n > mostLines && !strings.Contains(first, "one file") {
			t.Errorf("%s: got %d lines, want %d at most, or a first comment that says why it is one file", path, n, mostLines)
		}
	})
}

// eachSource hands out what is written by hand: Go and Markdown, with the path from the root.
func eachSource(t *testing.T, check func(path, text string)) {
	t.Helper()
	root := filepath.Join("..", "..")
	seen := 0
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		name := entry.Name()
		switch {
		case err != nil:
			return err
		case entry.IsDir() && path != root && strings.HasPrefix(name, ".") && !slices.Contains([]string{".ci", ".github"}, name):
			return fs.SkipDir
		case !entry.IsDir() && (strings.HasSuffix(name, ".go") || strings.HasSuffix(name, ".md")):
			relative, err := filepath.Rel(root, path)
			if err != nil {
				return err
			}
			seen++
			check(filepath.ToSlash(relative), read(t, path))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if seen < 200 {
		t.Errorf("got %d sources, want all of them", seen)
	}
}
