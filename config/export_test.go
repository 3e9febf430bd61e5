package config

import "sekisho/audit/lists"

// Origin says where a setting that differs from its default was given: "--fail-on", "SEKISHO_FAIL_ON",
// "/etc/sekisho.yaml, line 7". It is empty for a default.
func (c *Config) Origin(key string) string { return c.origins[key] }

// Keys lists the keys of all settings.
func Keys(src Sources) []string {
	return lists.Map(settingsFor(src), func(s setting) string { return s.key })
}
