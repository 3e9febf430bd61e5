package locale_test

import (
	"testing"

	"sekisho/audit/message"
	"sekisho/report/locale"
)

func TestPreferredLanguage(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		all, messages, lang, want string
	}{
		{"", "", "", "en"},
		{"", "", "ja_JP.UTF-8", "ja"},
		{"", "ja_JP", "en_US.UTF-8", "ja"},
		{"C", "ja_JP", "ja_JP.UTF-8", "en"},
		{"ja", "C", "C", "ja"},
		{"ja.utf8", "", "", "ja"},
		{"", "de_DE.UTF-8", "ja_JP.UTF-8", "en"},
		{"java_JP", "", "", "en"},
	} {
		got := locale.Preferred(func(name string) string {
			return map[string]string{"LC_ALL": test.all, "LC_MESSAGES": test.messages, "LANG": test.lang}[name]
		})
		if got != test.want {
			t.Errorf("got %s of %+v, want %s", got, test, test.want)
		}
	}
}

func TestLanguagesByName(t *testing.T) {
	t.Parallel()
	for _, tag := range locale.Tags() {
		language, err := locale.Named(tag)
		if err != nil || language.Tag() != tag {
			t.Errorf("got the language %s and %v of %s", language.Tag(), err, tag)
		}
	}
	if _, err := locale.Named("fr"); err == nil || err.Error() != `got the language "fr", want one of en, ja` {
		t.Errorf("got %v of French", err)
	}
}

// A file of translations has long texts in several lines, quotes, and texts that aren't translated.
func TestTranslationsAreRead(t *testing.T) {
	t.Parallel()
	const po = `msgid ""
msgstr ""
"Language: ja\n"
"Plural-Forms: nplurals=1; plural=0;\n"

#. a comment
msgid "in \"%s\":\n%d%%"
msgstr ""
"「%[1]s」の中:\n"
"%[2]d%%"

msgid "not yet"
msgstr ""
`
	l := message.NewLanguage("ja", locale.Translations([]byte(po)))
	if got, want := message.New("in \"%s\":\n%d%%", "a", 5).In(l), "「a」の中:\n5%"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := locale.Translations([]byte(po)); len(got) != 1 {
		t.Errorf("got %q, want what is translated alone", got)
	}
	for _, broken := range []string{"", "msgid", "msgid \"a\nmsgstr", "\xff\xfe"} {
		if got := locale.Translations([]byte(broken)); len(got) != 0 {
			t.Errorf("got %q of %q, want nothing", got, broken)
		}
	}
}
