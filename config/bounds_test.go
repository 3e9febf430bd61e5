package config_test

import (
	"errors"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"sekisho/config"
)

var bounds = regexp.MustCompile(`want a (whole number of [a-zA-Z ]+|duration) from (\S+) to (\S+)`)

// A number or duration is taken from the least to the greatest that its setting names, and none beyond.
func TestEveryBoundIsTaken(t *testing.T) {
	t.Parallel()
	load := func(key, text string) error {
		_, err := config.Load(given(t, "", []string{"SEKISHO_" + strings.ToUpper(strings.ReplaceAll(key, ".", "_")) + "=" + text}))
		return err
	}
	seen := 0
	for _, key := range config.Keys(given(t, "", nil)) {
		var refused *config.Error
		if !errors.As(load(key, "?"), &refused) {
			continue
		}
		m := bounds.FindStringSubmatch(refused.Error())
		if m == nil {
			continue
		}
		seen++
		next := func(text string, by int) string {
			if m[1] == "duration" {
				d, err := time.ParseDuration(text)
				if err != nil {
					t.Fatal(err)
				}
				return (d + time.Duration(by)).String()
			}
			n, err := strconv.Atoi(text)
			if err != nil {
				t.Fatal(err)
			}
			return strconv.Itoa(n + by)
		}
		for text, taken := range map[string]bool{next(m[2], 0): true, next(m[3], 0): true, next(m[2], -1): false, next(m[3], 1): false} {
			if err := load(key, text); (err == nil) != taken {
				t.Errorf("%s: got %v for %s, want it taken %t", key, err, text, taken)
			}
		}
	}
	if seen < 18 {
		t.Errorf("got %d settings with bounds, want those of all numbers", seen)
	}
}

// A setting of one value takes no list, and a list takes one value.
func TestOneValueIsNoList(t *testing.T) {
	t.Parallel()
	many := []string{"rules", "skip_rules", "frameworks", "collect.tolerate_absent", "mfa.machine_users", "accounts.trusted", "trust.private_issuers", "tags.required", "offboard.match_tags", "fleet.delegated_admins"}
	for _, key := range config.Keys(given(t, "", nil)) {
		if key == "exceptions" || key == "thresholds_for" || key == "fleet.roles" {
			continue
		}
		content := strings.ReplaceAll(key, ".", ":\n  ") + ": "
		_, err := config.Load(given(t, content+"[]", nil))
		if list := slices.Contains(many, key); list != (err == nil) {
			t.Errorf("%s: got %v for an empty list, want it taken %t", key, err, list)
		}
	}
}
