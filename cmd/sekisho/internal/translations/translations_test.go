package main

import (
	"bytes"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"sekisho/report/locale"
)

const root = "../../../.."

// japanese reads the file of translations and what it says for each text.
func japanese(t *testing.T) ([]byte, map[string]string) {
	t.Helper()
	file, err := os.ReadFile(filepath.Join(root, "report", "locale", "ja.po"))
	if err != nil {
		t.Fatal(err)
	}
	return file, locale.Translations(file)
}

func TestNothingLacksItsTranslation(t *testing.T) {
	t.Parallel()
	all, err := texts(root)
	if err != nil {
		t.Fatal(err)
	}
	file, translations := japanese(t)
	missing := 0
	for _, text := range all {
		if translations[text.English] == "" {
			if missing++; missing <= 20 {
				t.Errorf("%s: got no translation of %q", text.Where, text.English)
			}
		}
	}
	if missing > 20 {
		t.Errorf("got %d texts more without a translation", missing-20)
	}
	var fresh bytes.Buffer
	if err := write(&fresh, all, translations); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(fresh.Bytes(), file) {
		t.Error("report/locale/ja.po differs from what the sources say: run go generate ./report/locale")
	}
}

var verb = regexp.MustCompile(`%(?:\[(\d+)\])?(%|[0-9.]*[a-z])`)

// verbs are the verbs of a format by the number of their argument, and how often each argument is named.
func verbs(format string) (map[int]string, int) {
	found, next, all := map[int]string{}, 1, 0
	for _, m := range verb.FindAllStringSubmatch(format, -1) {
		if m[2] == "%" {
			continue
		}
		if m[1] != "" {
			next, _ = strconv.Atoi(m[1])
		}
		found[next] = m[2]
		next++
		all++
	}
	return found, all
}

func TestTranslationsHaveTheArgumentsOfTheirTexts(t *testing.T) {
	t.Parallel()
	_, translations := japanese(t)
	for english, said := range translations {
		want, all := verbs(english)
		if got, n := verbs(said); !maps.Equal(got, want) || n != all {
			t.Errorf("got the arguments %v in %q, want %v as in %q", got, said, want, english)
		}
	}
}

// Of type: a blank stands between Japanese and what is written in ASCII, and none beside Japanese punctuation. An argument
// may be either.
var (
	script  = `[\p{Hiragana}\p{Katakana}\p{Han}ー々]`
	crowded = regexp.MustCompile(script + `[A-Za-z0-9]|[A-Za-z0-9]` + script)
	loose   = regexp.MustCompile(`[、。「」（）：；] | [、。「」（）：；]`)
	halved  = regexp.MustCompile(script + `[,;]|` + script + `\.( |$)|\(` + script + `|` + script + `\)`)
)

func TestJapaneseIsSetAsItIsWritten(t *testing.T) {
	t.Parallel()
	_, translations := japanese(t)
	for _, english := range slices.Sorted(maps.Keys(translations)) {
		said := verb.ReplaceAllString(translations[english], "…")
		for problem, pattern := range map[string]*regexp.Regexp{
			"no blank between Japanese and ASCII": crowded, "a blank beside Japanese punctuation": loose, "punctuation of half width": halved,
		} {
			if found := pattern.FindString(strings.TrimSpace(said)); found != "" {
				t.Errorf("got %s at %q in %q, of %q", problem, found, said, english)
			}
		}
	}
}
