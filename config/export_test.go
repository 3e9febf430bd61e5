package config

// Origin says where a setting that differs from its default was given: "--fail-on", "SEKISHO_FAIL_ON",
// "/etc/sekisho.yaml, line 7". It is empty for a default.
func (c *Config) Origin(key string) string { return c.origins[key] }
