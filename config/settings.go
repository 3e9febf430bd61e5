package config

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"sekisho/audit"
	"sekisho/audit/lists"
)

// setting is one key: the flag that overrides it, if any, and how its text is read and checked.
type setting struct {
	key  string
	flag string
	// parse returns the typed value, or what is wrong and a hint that may help. An *[Error] names its own place.
	parse func(value) (parsed any, hint string, err error)
	// fields are the keys of an entry, where the setting is a list of entries; see entries.
	fields []setting
}

// env is the name of the setting's variable.
func (s setting) env() string {
	return envPrefix + strings.ToUpper(strings.ReplaceAll(s.key, ".", "_"))
}

const (
	// AWS keeps a password policy within these; an age of a century is a typing error.
	maxDays              = 36500
	leastPasswordLength  = 6
	mostPasswordLength   = 128
	mostPasswordReuse    = 24
	mostPasswordAgeDays  = 1095
	mostAPIKeyDays       = 36600 // what IAM takes
	mostSetupMinutes     = 1440
	mostSessionHours     = 12 // IAM Identity Center User Guide, howtosessionduration
	mostAssignmentCalls  = 1_000_000
	mostRefreshedUsers   = 1_000_000
	mostAnswerMiB        = 4096
	mostRequestsASecond  = 10_000
	mostMiB              = 1 << 20
	leastRequestsASecond = 0.01
)

// The shapes of texts. They are compiled where there is a text, for few settings are set and each command loads them all.
const (
	roleARN    = `^arn:[a-z-]+:iam::[0-9]{12}:role/[\x21-\x7e]+$`
	mfaSerial  = `^[\w+=/:,.@-]{9,256}$`
	externalID = `^[\w+=,.@:/-]{2,}$`
	// Whether a region exists is for the sign-in to say; one of an endpoint of one's own may have any name.
	region      = `^[A-Za-z0-9-]+$`
	profile     = `^[^[:cntrl:]]+$`
	bucketOwner = `^([0-9]{12}|none)$`
	endpoint    = `^https?://[^/@?#\s]+(/[^@?#\s]*)?$`
	// The characters that IAM allows for the key of a tag, and the length: within the pattern it would take 5 MB.
	tagKey        = `^[\p{L}\p{Z}\p{N}_.:/=+@-]+$`
	longestTagKey = 128
)

// settingsFor lists every setting there is, in the order of the file.
func settingsFor(src Sources) []setting {
	return slices.Concat([]setting{
		{key: "aws.profile", flag: "profile", parse: text(profile, "the name of a profile")},
		{key: "aws.region", flag: "region", parse: text(region, "a region such as eu-central-1")},
		{key: "aws.role_arn", flag: "role-arn", parse: text(roleARN, "a role's ARN such as arn:aws:iam::123456789012:role/audit")},
		{key: "aws.external_id", flag: "external-id", parse: text(externalID, "2 or more letters, digits and characters of +=,.@:/-_")},
		{key: "aws.mfa_serial", flag: "mfa-serial",
			parse: text(mfaSerial, "a device's ARN such as arn:aws:iam::123456789012:mfa/alice, or a hardware serial number")},
		{key: "s3.profile", flag: "s3-profile", parse: text(profile, "the name of a profile")},
		{key: "s3.region", flag: "s3-region", parse: text(region, "a region such as eu-central-1")},
		{key: "s3.owner", flag: "s3-owner", parse: text(bucketOwner, "the 12 digits of an account, or none")},
		{key: "s3.endpoint", flag: "s3-endpoint", parse: text(endpoint, "an address such as https://minio.example.com")},
		{key: "rules", flag: "rules", parse: ruleList(src.Catalogue)},
		{key: "skip_rules", flag: "skip-rules", parse: ruleList(src.Catalogue)},
		{key: "frameworks", flag: "framework", parse: frameworkList(src.Frameworks)},
		{key: "depth", flag: "depth", parse: oneOf(audit.Depths())},
		{key: "due", flag: "due", parse: daysAhead},
		{key: "fail_on", flag: "fail-on", parse: failOn},
		{key: "timeout", flag: "timeout", parse: duration(time.Second, 24*time.Hour)},
		{key: "max_rps", flag: "max-rps", parse: rate},
		{key: "output.format", flag: "format", parse: oneOf(src.Formats)},
		{key: "output.color", flag: "no-color", parse: oneOf([]string{ColorAuto, ColorAlways, ColorNever})},
		{key: "read.max_mib", parse: whole(1, mostMiB, "MiB")},
		{key: "refresh.fresh", flag: "fresh", parse: yesOrNo},
		{key: "refresh.max_users", parse: whole(0, mostRefreshedUsers, "users")},
		{key: "collect.max_answer_mib", parse: whole(1, mostAnswerMiB, "MiB")},
		{key: "collect.tolerate_absent", parse: tolerable(src.Tolerable)},
		{key: "mfa.machine_users", parse: listOf(func(one string) error { return audit.Settings{MachineUsers: []string{one}}.Validate() })},
		{key: "accounts.trusted", parse: listOf(func(one string) error { return audit.Settings{TrustedAccounts: []string{one}}.Validate() })},
		{key: "trust.private_issuers", parse: listOf(func(one string) error { return audit.Settings{PrivateIssuers: []string{one}}.Validate() })},
		{key: "tags.required", parse: listOf(checkTagKey)},
		{key: "offboard.match_tags", parse: listOf(checkTagKey)},
		rolesFor(),
		{key: "fleet.delegated_admins", parse: listOf(checkDelegate)},
		{key: "fleet.max_session_hours", parse: whole(1, mostSessionHours, "hours")},
		{key: "fleet.max_assignment_calls", parse: whole(0, mostAssignmentCalls, "calls")},
		exceptions(src.Catalogue, src.Now()),
		thresholdsFor(),
	}, thresholds())
}

// thresholds lists the settings that rules compare with.
func thresholds() []setting {
	days := func(name string, least int) setting {
		return setting{key: "thresholds." + name, parse: whole(least, maxDays, "days")}
	}
	return []setting{
		days("root_unused_days", 1),
		days("user_inactive_days", 1),
		days("access_key_max_age_days", 1),
		days("access_key_unused_days", 1),
		days("access_key_inactive_days", 0),
		{key: "thresholds.access_key_setup_minutes", parse: whole(1, mostSetupMinutes, "minutes")},
		days("password_unused_days", 1),
		days("password_unclaimed_days", 1),
		{key: "thresholds.password_min_length", parse: whole(leastPasswordLength, mostPasswordLength, "characters")},
		{key: "thresholds.password_reuse", parse: whole(1, mostPasswordReuse, "passwords")},
		{key: "thresholds.password_max_age_days", parse: whole(1, mostPasswordAgeDays, "days")},
		days("role_unused_days", 1),
		{key: "thresholds.max_admins", parse: whole(0, mostRefreshedUsers, "users and roles")},
		days("ssh_key_max_age_days", 1),
		days("git_credential_max_age_days", 1),
		{key: "thresholds.api_key_max_age_days", parse: whole(1, mostAPIKeyDays, "days")},
		days("signing_certificate_max_age_days", 1),
	}
}

func whole(least, most int, unit string) func(value) (any, string, error) {
	return func(v value) (any, string, error) {
		n, err := strconv.Atoi(v.text)
		if err != nil || n < least || n > most {
			return nil, "", fmt.Errorf("got %s, want a whole number of %s from %d to %d", v, unit, least, most)
		}
		return n, "", nil
	}
}

// daysAhead takes a number of days with their unit.
func daysAhead(v value) (any, string, error) {
	number, unit := strings.CutSuffix(v.text, "d")
	n, err := strconv.Atoi(number)
	if err != nil || !unit || n < 0 || n > audit.MaxDueDays {
		hint := ""
		if err == nil && !unit {
			hint = "days have a unit: " + number + "d"
		}
		return nil, hint, fmt.Errorf("got %s, want days from 0d to %dd such as 15d", v, audit.MaxDueDays)
	}
	return n, "", nil
}

func rate(v value) (any, string, error) {
	n, err := strconv.ParseFloat(v.text, 64)
	ok := n == 0 || n >= leastRequestsASecond && n <= mostRequestsASecond
	if err != nil || math.IsNaN(n) || !ok {
		return nil, "", fmt.Errorf("got %s, want a number of requests a second from %v to %d, or 0 for no limit", v, leastRequestsASecond, mostRequestsASecond)
	}
	return n, "", nil
}

func duration(least, most time.Duration) func(value) (any, string, error) {
	return func(v value) (any, string, error) {
		d, err := time.ParseDuration(v.text)
		if err != nil || d < least || d > most {
			hint := ""
			if _, plain := strconv.ParseFloat(v.text, 64); plain == nil {
				hint = fmt.Sprintf("a duration has a unit: %ss or %sm", v.text, v.text)
			}
			return nil, hint, fmt.Errorf("got %s, want a duration from %s to %s such as 90s or 10m", v, short(least), short(most))
		}
		return d, "", nil
	}
}

// text takes an empty string, which leaves the matter to the AWS environment, or one that matches.
func text(pattern, want string) func(value) (any, string, error) {
	var compiled *regexp.Regexp
	return func(v value) (any, string, error) {
		if compiled == nil && v.text != "" {
			compiled = regexp.MustCompile(pattern)
		}
		if v.many || v.text != "" && !compiled.MatchString(v.text) {
			return nil, "", fmt.Errorf("got %s, want %s", v, want)
		}
		return v.text, "", nil
	}
}

func oneOf(choices []string) func(value) (any, string, error) {
	return func(v value) (any, string, error) {
		if v.many || len(choices) > 0 && !slices.Contains(choices, v.text) {
			return nil, Suggest(v.text, choices), fmt.Errorf("got %s, want one of %s", v, strings.Join(choices, ", "))
		}
		return v.text, "", nil
	}
}

func yesOrNo(v value) (any, string, error) {
	switch {
	case strings.EqualFold(v.text, "true"):
		return true, "", nil
	case strings.EqualFold(v.text, "false"):
		return false, "", nil
	}
	return nil, "", fmt.Errorf("got %s, want true or false", v)
}

func failOn(v value) (any, string, error) {
	if strings.EqualFold(v.text, "none") {
		return FailOn{Never: true}, "", nil
	}
	severity, err := audit.ParseSeverity(v.text)
	if err != nil {
		return oneOf([]string{"info", "low", "medium", "high", "critical", "none"})(v)
	}
	return FailOn{Severity: severity}, "", nil
}

// names are the entries of a list, or those of a text with commas in between, of which an empty one has none.
func (v value) names() []string {
	entries := v.list
	if strings.TrimSpace(v.text) != "" {
		entries = strings.Split(v.text, ",")
	}
	return lists.Map(entries, strings.TrimSpace)
}

// listOf takes a list of which check refuses what can't be an entry.
func listOf(check func(string) error) func(value) (any, string, error) {
	return hintedList(func(entry string) (hint string, err error) {
		if entry == "" {
			return "", errors.New("got an empty entry in the list, want none such")
		}
		return "", check(entry)
	})
}

// hintedList is as listOf where check may have a hint.
func hintedList(check func(string) (hint string, err error)) func(value) (any, string, error) {
	return func(v value) (any, string, error) {
		names := v.names()
		for _, name := range names {
			if hint, err := check(name); err != nil {
				return nil, hint, err
			}
		}
		return names, "", nil
	}
}

// ruleList takes IDs, globs and categories. One that matches nothing is an error: a typing error must not drop a check
// unseen.
func ruleList(catalogue []*audit.Rule) func(value) (any, string, error) {
	return hintedList(func(pattern string) (string, error) { return checkRule(pattern, catalogue) })
}

func checkRule(pattern string, catalogue []*audit.Rule) (hint string, err error) {
	if pattern == "" {
		return "", errors.New("got an empty name among the rules, want an ID, a glob of IDs or a category")
	}
	if _, err := audit.Select(catalogue, []string{pattern}, nil); err != nil {
		return SuggestRule(pattern, catalogue), err
	}
	return "", nil
}

func checkTagKey(key string) error {
	if utf8.RuneCountInString(key) > longestTagKey || !regexp.MustCompile(tagKey).MatchString(key) {
		return fmt.Errorf("got the tag key %q, want up to 128 letters, digits, spaces and characters of _.:/=+@-", key)
	}
	return nil
}

// tolerable takes names of elements that AWS may leave out.
func tolerable(elements []string) func(value) (any, string, error) {
	return hintedList(func(name string) (string, error) {
		if !slices.Contains(elements, name) {
			return Suggest(name, elements), fmt.Errorf("got %q, want one of %s", name, strings.Join(elements, ", "))
		}
		return "", nil
	})
}

// frameworkList takes names of frameworks. One that is there twice counts once.
func frameworkList(frameworks []string) func(value) (any, string, error) {
	return func(v value) (any, string, error) {
		clean := []string{}
		for _, name := range v.names() {
			if !slices.Contains(frameworks, name) {
				return nil, Suggest(name, frameworks), fmt.Errorf("got framework %q, want one of %s", name, strings.Join(frameworks, ", "))
			}
			if !slices.Contains(clean, name) {
				clean = append(clean, name)
			}
		}
		return clean, "", nil
	}
}

// short writes 10m for 10m0s.
func short(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// String shows the value as an error message quotes it.
func (v value) String() string {
	if v.many || v.entries != nil {
		return "a list"
	}
	return strconv.Quote(v.text)
}

var delegate = regexp.MustCompile(`^[0-9]{12}(=[a-z0-9.-]+)?$`)

func checkDelegate(one string) error {
	if !delegate.MatchString(one) {
		return fmt.Errorf("got the delegated administrator %q, want a number of 12 digits, or one with a service: 111122223333=guardduty.amazonaws.com", one)
	}
	return nil
}
