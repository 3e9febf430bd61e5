package main

import (
	"cmp"
	"strings"

	"github.com/spf13/pflag"

	"sekisho/audit/message"
	"sekisho/config"
	"sekisho/report/locale"
)

// spoken is the language of what a command writes for people.
type spoken struct{ tag string }

func (s *spoken) bind(flags *pflag.FlagSet) {
	flags.StringVar(&s.tag, "lang", "", "speak this `LANGUAGE`, "+strings.Join(locale.Tags(), " or ")+"; else that of the locale (LC_ALL, LC_MESSAGES, LANG)")
}

// language is the one that the flag names, or else that of the locale.
func (s *spoken) language(sys system) (*message.Language, error) {
	language, err := locale.Named(cmp.Or(s.tag, locale.Preferred(sys.variable)))
	if err != nil {
		return nil, usagef(config.Suggest(s.tag, locale.Tags()), "--lang: %w", err)
	}
	return language, nil
}
