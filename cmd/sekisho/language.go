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
	flags.StringVar(&s.tag, "lang", "", "speak this `LANGUAGE`, "+strings.Join(locale.Tags(), " or ")+"; else that of SEKISHO_LANG, or of the locale (LC_ALL, LC_MESSAGES, LANG)")
}

// language is the one that the flag names, or else SEKISHO_LANG, or else the locale.
func (s *spoken) language(sys system) (*message.Language, error) {
	variable := sys.variable("SEKISHO_LANG")
	language, err := locale.Named(cmp.Or(s.tag, variable, locale.Preferred(sys.variable)))
	if err != nil {
		given, source := s.tag, "--lang"
		if given == "" {
			given, source = variable, "SEKISHO_LANG"
		}
		return nil, usagef(config.Suggest(given, locale.Tags()), "%s: %w", source, err)
	}
	return language, nil
}
