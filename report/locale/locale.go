// Package locale has the languages in which people are spoken to, beside English. The translations are in gettext PO
// files, for which translators have tools; go generate puts in what the sources say and leaves out what they no longer
// say, and a test holds that nothing lacks its translation.
package locale

//go:generate go run ../../cmd/sekisho/internal/translations -root ../.. ja.po

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"

	"github.com/leonelquinteros/gotext"

	"sekisho/audit/message"
)

//go:embed ja.po
var japanese []byte

// Tags lists the languages by their BCP 47 tags, English first.
func Tags() []string { return []string{"en", "ja"} }

// Named returns the language of a tag; nil, which is English, for "en".
func Named(tag string) (*message.Language, error) {
	switch tag {
	case "en":
		return nil, nil
	case "ja":
		return message.NewLanguage(tag, Translations(japanese)), nil
	}
	return nil, fmt.Errorf("got the language %q, want one of %s", tag, strings.Join(Tags(), ", "))
}

// Preferred is the tag of the language that the environment asks for, by the first of LC_ALL, LC_MESSAGES and LANG that
// is set; English where it is another one, C or POSIX.
func Preferred(getenv func(string) string) string {
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		value := getenv(name)
		if value == "" {
			continue
		}
		language, _, _ := strings.Cut(value, "_")
		language, _, _ = strings.Cut(language, ".")
		if slices.Contains(Tags(), language) {
			return language
		}
		break
	}
	return "en"
}

// Translations reads a PO file: what is said for each English text, without texts that aren't translated.
func Translations(po []byte) map[string]string {
	file := gotext.NewPo()
	file.Parse(po)
	said := map[string]string{}
	for english, translation := range file.GetDomain().GetTranslations() {
		if text := translation.Get(); english != "" && translation.IsTranslated() {
			said[english] = text
		}
	}
	return said
}
