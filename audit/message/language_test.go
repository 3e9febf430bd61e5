package message_test

import (
	"testing"

	"sekisho/audit/message"
)

var japanese = message.NewLanguage("ja", map[string]string{
	"%s of %s":       "%[2]s の %[1]s",
	"by %s":          "%s による",
	"%s and %d more": "%[1]s ほか %[2]d 件",
	", ":             "、",
	"none":           "なし",
	"%d keys":        "キー %d 個",
	"100%% of %s":    "%s の 100%%",
	"Root is well":   "ルートユーザーは正常",
	"one\ntwo %q":    "%[1]q 二",
	"%s, %s and %s":  "%[3]s、%[1]s と %s",
})

func TestAnotherLanguage(t *testing.T) {
	t.Parallel()
	for want, m := range map[string]message.Message{
		"alice のキー":                  message.New("%s のキー", "alice"), // nothing is said for it
		"alice のキー 2 個":              message.New("%s of %s", message.Plural(2, "%d key", "%d keys"), "alice"),
		"1 key":                      message.New("%s", message.Plural(1, "%d key", "%d keys")),
		"a、b ほか 1,234 件による":          message.New("by %s", message.Some(2, 1234, []string{"a", "b"})),
		"a、b による":                    message.New("by %s", message.Names(0, []string{"a", "b"})),
		"なしによる":                      message.New("by %s", message.Names[string](2, nil)),
		"2026-11-29 12:12 UTC による":   message.New("by %s", message.At(at)),
		"2026-11-29 の %s, %s and %s": message.New("%s of %s", "%s, %s and %s", message.On(at)), // what is an argument isn't translated
		"x の 100%":                   message.New("100%% of %s", "x"),
		`"x" 二`:                      message.New("one\ntwo %q", "x"),
		"c、a と b":                    message.New("%s, %s and %s", "a", "b", "c"),
		"b の a、a による":                message.New("by %s", message.Parts(message.New("%s of %s", "a", "b"), message.New("a"))),
		"alice に 5 個":                message.Joined("%s に %s", message.New("alice"), message.New("%d 個", 5)),
	} {
		if got := m.In(japanese); got != want {
			t.Errorf("got %q of %q, want %q", got, m, want)
		}
	}
	if got := japanese.Text("Root is well") + japanese.Text("Root is ill"); got != "ルートユーザーは正常"+"Root is ill" {
		t.Errorf("got the texts %q", got)
	}
	var english *message.Language
	if got := english.Tag() + " " + japanese.Tag() + " " + english.Text("Root is well"); got != "en ja Root is well" {
		t.Errorf("got %q of English and Japanese", got)
	}
}

// A number that no argument has must not end the program: translations are files.
func TestVerbsOfNoArgumentStay(t *testing.T) {
	t.Parallel()
	for format, want := range map[string]string{
		"%[2]s": "%s", "% a": "% a", "%[0]s": "%[0]s", "%[x]s": "%[x]s", "%[9": "%[9", "%[1]": "%", "%[1]s %[1]s": "a a",
	} {
		l := message.NewLanguage("ja", map[string]string{"%s": format})
		if got := message.New("%s", "a").In(l); got != want {
			t.Errorf("got %q of %q, want %q", got, format, want)
		}
	}
}
