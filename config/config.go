package config

import (
	_ "embed"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/go-viper/mapstructure/v2"
	"github.com/spf13/pflag"
	"github.com/spf13/viper"

	"sekisho/audit"
	"sekisho/audit/fleet"
	"sekisho/audit/orgpolicy"
)

// Config is every setting of a run, checked, and where it came from.
type Config struct {
	Settings

	// Source is the path of the configuration file and SHA256 the lower-case hexadecimal sum of its bytes; both are
	// empty where there is none.
	Source string
	SHA256 string

	raw     map[string]value
	origins map[string]string
}

// Settings are the values themselves; the names are the keys of the configuration file.
type Settings struct {
	AWS        AWS              `json:"aws"`
	S3         S3               `json:"s3"`
	Rules      []string         `json:"rules"`      // to run; none means all that are on by default
	SkipRules  []string         `json:"skip_rules"` // to leave out
	Frameworks []string         `json:"frameworks"` // to sum the report up by
	Depth      audit.Depth      `json:"depth"`
	Due        int              `json:"due"` // days to look ahead; 0 is not at all
	FailOn     FailOn           `json:"fail_on"`
	Timeout    time.Duration    `json:"timeout"`
	MaxRPS     float64          `json:"max_rps"` // requests a second; 0 is no limit
	Output     Output           `json:"output"`
	Read       Read             `json:"read"`
	Refresh    Refresh          `json:"refresh"`
	Collect    Collect          `json:"collect"`
	MFA        MFA              `json:"mfa"`
	Accounts   Accounts         `json:"accounts"`
	Trust      Trust            `json:"trust"`
	Tags       Tags             `json:"tags"`
	Offboard   Offboard         `json:"offboard"`
	Fleet      Fleet            `json:"fleet"`
	Thresholds audit.Thresholds `json:"thresholds"`
	// ThresholdsFor are thresholds of single users.
	ThresholdsFor []audit.UserThresholds `json:"thresholds_for"`
	Exceptions    []audit.Exception      `json:"exceptions"`
}

// AWS says how to sign in. An empty string leaves the matter to the AWS environment.
type AWS struct {
	Profile    string `json:"profile"`
	Region     string `json:"region"`
	RoleARN    string `json:"role_arn"`
	ExternalID string `json:"external_id"`
	MFASerial  string `json:"mfa_serial"`
}

// S3 says how buckets are reached. An empty string leaves the matter to the AWS environment.
type S3 struct {
	Profile  string `json:"profile"`
	Region   string `json:"region"`
	Owner    string `json:"owner"`
	Endpoint string `json:"endpoint"`
}

// Output says how the report on stdout looks.
type Output struct {
	Format string `json:"format"`
	Color  string `json:"color"` // ColorAuto, ColorAlways or ColorNever
}

// When the report on stdout is coloured.
const (
	ColorAuto   = "auto"
	ColorAlways = "always"
	ColorNever  = "never"
)

// Read says how much is read of a file.
type Read struct {
	MaxMiB int `json:"max_mib"`
}

// Limit is how many bytes a file has at most that somebody saved, and all files of a folder together.
func (r Read) Limit() int64 { return int64(r.MaxMiB) << 20 }

// Refresh says which users are read one by one.
type Refresh struct {
	Fresh    bool `json:"fresh"` // each of them, whether or not a verdict hangs on it
	MaxUsers int  `json:"max_users"`
}

// Collect says which answers of AWS's are taken.
type Collect struct {
	MaxAnswerMiB   int      `json:"max_answer_mib"`
	TolerateAbsent []string `json:"tolerate_absent"` // elements that count as empty lists where AWS leaves them out
}

// MFA tells what AWS doesn't know of who can show MFA.
type MFA struct {
	MachineUsers []string `json:"machine_users"` // globs of user names, or tag:KEY=VALUE
}

// Accounts tells what AWS doesn't know of other accounts.
type Accounts struct {
	Trusted []string `json:"trusted"` // account numbers
}

// Trust tells what AWS doesn't know of identity providers.
type Trust struct {
	PrivateIssuers []string `json:"private_issuers"` // without https://
}

// Tags tells how the account is to be tagged.
type Tags struct {
	Required []string `json:"required"` // keys
}

// Offboard tells how people are found who left.
type Offboard struct {
	MatchTags []string `json:"match_tags"` // keys, in any case
}

// Fleet tells what AWS doesn't know of an organization.
type Fleet struct {
	Roles              []fleet.RoleFor `json:"roles"`                // to assume, the first that is for an account
	DelegatedAdmins    []string        `json:"delegated_admins"`     // account numbers, or NUMBER=SERVICE
	MaxSessionHours    int             `json:"max_session_hours"`    // of permission sets
	MaxAssignmentCalls int             `json:"max_assignment_calls"` // to Identity Center
}

// Organization returns the settings that the rules about an organization see.
func (s Settings) Organization() orgpolicy.Settings {
	return orgpolicy.Settings{
		Rules: s.Rules, SkipRules: s.SkipRules, Exceptions: s.Exceptions, DelegatedAdmins: s.Fleet.DelegatedAdmins, MaxSessionHours: s.Fleet.MaxSessionHours,
	}
}

// Audit returns the settings that the rules see.
func (s Settings) Audit() audit.Settings {
	return audit.Settings{
		MachineUsers: s.MFA.MachineUsers, TrustedAccounts: s.Accounts.Trusted, PrivateIssuers: s.Trust.PrivateIssuers, RequiredTags: s.Tags.Required, UserThresholds: s.ThresholdsFor,
	}
}

// FailOn is the mildest severity whose failures make the run fail.
type FailOn struct {
	Severity audit.Severity
	Never    bool // no failure does
}

// Reached reports whether a failure of the severity makes the run fail.
func (f FailOn) Reached(s audit.Severity) bool { return !f.Never && s >= f.Severity }

func (f FailOn) String() string {
	if f.Never {
		return "none"
	}
	return f.Severity.String()
}

// Sources are where settings come from. Its zero value gives the defaults.
type Sources struct {
	// File is the configuration file to read. Where it is empty the first of Search that exists is read, if any.
	File   string
	Search []string
	// Recorded are the settings of an earlier run, as [Config.Record] wrote them. They take the place of the file.
	Recorded []byte
	// Environ holds variables as NAME=value; only those that begin with SEKISHO_ count. An empty one counts as not set.
	Environ []string
	// Flags are the flags of the command line; those that were given and that belong to a setting override it.
	Flags *pflag.FlagSet
	// Catalogue, Formats and Frameworks are the rules, the report formats and the frameworks that there are.
	Catalogue  []*audit.Rule
	Formats    []string
	Frameworks []string
	// Tolerable are the elements of AWS's answers that may be taken for empty lists.
	Tolerable []string
	// Bytes reads a file whole, or fails where it has more than so many bytes.
	Bytes func(path string, most int64) ([]byte, error)
	// Text makes UTF-8 of a file's bytes, however it was saved; nil takes them as they are.
	Text func([]byte) ([]byte, error)
	// Now is the clock by which an exception is granted for too long; nil is time.Now.
	Now func() time.Time
}

// Error is a setting that can't be used. Where names its place: a file with its line, a variable, or a flag.
type Error struct {
	Where   string
	Key     string // "thresholds.password_reuse"; empty where the trouble is with the whole place
	Problem string
	Hint    string // what might help; may be empty
}

func (e *Error) Error() string {
	// A flag or a variable is named after its key.
	if e.Key == "" || strings.HasPrefix(e.Where, "--") || strings.HasPrefix(e.Where, envPrefix) {
		return e.Where + ": " + e.Problem
	}
	return e.Where + ": " + e.Key + ": " + e.Problem
}

//go:embed sekisho.yaml
var defaults []byte

// Load gathers and checks the settings. Every error is an *[Error].
func Load(src Sources) (*Config, error) {
	if src.Now == nil {
		src.Now = time.Now
	}
	settings := settingsFor(src)
	builtIn, err := parseFile("the defaults", defaults, settings)
	if err != nil {
		return nil, err
	}
	file, fromFile, err := readSettings(src, settings)
	if err != nil {
		return nil, err
	}
	fromEnv, err := parseEnviron(src.Environ, settings)
	if err != nil {
		return nil, err
	}

	v := viper.New()
	merged := map[string]any{}
	for key, val := range builtIn {
		v.SetDefault(key, val.raw())
	}
	for _, layer := range []map[string]value{fromFile, fromEnv} {
		for key, val := range layer {
			put(merged, key, val.raw())
		}
	}
	if err := v.MergeConfigMap(merged); err != nil {
		return nil, &Error{Where: file.path, Problem: err.Error()}
	}
	fromFlags := parseFlags(v, src.Flags, settings)

	c := &Config{raw: map[string]value{}, origins: map[string]string{}}
	checked := viper.New()
	for _, s := range settings {
		val := valueOf(v.Get(s.key))
		val.where = builtIn[s.key].where
		for _, layer := range []map[string]value{fromFile, fromEnv, fromFlags} {
			if set, ok := layer[s.key]; ok {
				val.where = set.where
				c.origins[s.key] = set.where
			}
		}
		parsed, hint, err := s.parse(val)
		var placed *Error
		switch {
		case errors.As(err, &placed):
			return nil, placed
		case err != nil:
			return nil, &Error{Where: val.where, Key: s.key, Problem: err.Error(), Hint: hint}
		}
		if list, ok := parsed.([]string); ok {
			val = value{list: list, many: true}
		}
		c.raw[s.key] = val
		checked.Set(s.key, parsed)
	}
	err = checked.UnmarshalExact(&c.Settings, func(d *mapstructure.DecoderConfig) {
		d.TagName = "json"
		d.ErrorUnset = true
		d.WeaklyTypedInput = false
	})
	if err != nil {
		return nil, &Error{Where: "the settings", Problem: err.Error()}
	}
	if c.AWS.ExternalID != "" && c.AWS.RoleARN == "" {
		return nil, &Error{Where: c.origins["aws.external_id"], Key: "aws.external_id", Problem: "got an external ID without a role, want aws.role_arn too",
			Hint: "an external ID is only sent along when a role is assumed: give --role-arn too, or leave both to the profile"}
	}
	c.Source, c.SHA256 = file.path, file.sum
	return c, nil
}

// put sets a dotted key in nested maps.
func put(m map[string]any, key string, val any) {
	parts := strings.Split(key, ".")
	for _, part := range parts[:len(parts)-1] {
		inner, ok := m[part].(map[string]any)
		if !ok {
			inner = map[string]any{}
			m[part] = inner
		}
		m = inner
	}
	m[parts[len(parts)-1]] = val
}

// value is a setting as it was written: a list where a setting takes one, else one text.
type value struct {
	text    string // empty where there are many
	list    []string
	many    bool
	entries []entry // not nil where the setting takes entries
	where   string
}

func (v value) raw() any {
	switch {
	case v.entries != nil:
		return v.entries
	case v.many:
		return v.list
	}
	return v.text
}

// valueOf undoes raw.
func valueOf(raw any) value {
	switch x := raw.(type) {
	case []entry:
		return value{entries: x}
	case []string:
		return value{list: x, many: true}
	case []any:
		v := value{many: true}
		for _, item := range x {
			v.list = append(v.list, fmt.Sprint(item))
		}
		return v
	case nil:
		return value{}
	}
	return value{text: fmt.Sprint(raw)}
}
