// Package config gathers the settings of a run: built-in defaults, a configuration file, SEKISHO_* variables and flags,
// the later overriding the earlier, into one typed and checked [Config].
//
// A typing error in a security tool's settings must not pass: an unknown key, an unknown variable or a value that makes
// no sense is an [Error] that names the place. The file sekisho.yaml beside this one holds the defaults and documents
// every key.
package config
