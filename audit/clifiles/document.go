package clifiles

import (
	"encoding/base64"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"sekisho/audit/account"
)

// shape is how an answer is recognised: by the key that it always has, and by having no key but those of it. Answers of other commands
// share keys with these: aws iam get-group has Users, too. What an answer doesn't tell, whose list it is, may stand beside it; see Command.
type shape struct {
	key  string
	also []string
	take func(r *reader, file string, value json.RawMessage, more bool) error
}

var shapes = []shape{
	{"Arn", []string{"Account", "UserId"}, (*reader).takeCaller},
	{"SummaryMap", nil, (*reader).takeSummary},
	{"AccountAliases", nil, (*reader).takeAliases},
	{"PasswordPolicy", nil, (*reader).takePasswordPolicy},
	{"Content", []string{"ReportFormat", "GeneratedTime"}, (*reader).takeCredentialReport},
	{"State", []string{"Description"}, func(*reader, string, json.RawMessage, bool) error { return nil }}, // of generate-credential-report
	{"UserDetailList", detailLists, (*reader).takeDetails},
	{"GroupDetailList", detailLists, (*reader).takeDetails},
	{"RoleDetailList", detailLists, (*reader).takeDetails},
	{"Users", nil, (*reader).takeUsers},
	{"VirtualMFADevices", nil, (*reader).takeVirtualMFADevices},
	{"SAMLProviderList", nil, (*reader).takeSAMLProviders},
	{"OpenIDConnectProviderList", nil, (*reader).takeOIDCProviders},
	{"User", nil, (*reader).takeUser},
	{"LoginProfile", nil, (*reader).takeLoginProfile},
	{"MFADevices", []string{"UserName"}, (*reader).takeMFADevices},
	{"AccessKeyMetadata", []string{"UserName"}, (*reader).takeAccessKeys},
	{"AccessKeyLastUsed", []string{"UserName"}, (*reader).takeLastUsed},
	{"SSHPublicKeys", []string{"UserName"}, (*reader).takeSSHPublicKeys},
	{"Certificates", []string{"UserName"}, (*reader).takeSigningCertificates},
	{"ServiceSpecificCredentials", []string{"AllUsers"}, (*reader).takeServiceCredentials},
	{"ServerCertificateMetadataList", nil, (*reader).takeServerCertificates},
	{"EnabledFeatures", []string{"OrganizationId"}, (*reader).takeOrganizationsFeatures},
	{"AlternateContact", nil, (*reader).takeAlternateContact},
	{"Regions", nil, (*reader).takeRegions},
	{"analyzers", []string{"Region"}, (*reader).takeAnalyzers},
}

var detailLists = []string{"UserDetailList", "GroupDetailList", "RoleDetailList", "Policies"}

// paging are the keys of any list: NextToken is the aws command's own, for --max-items; the others come with --no-paginate, or where the
// command knows no pages.
var paging = []string{"NextToken", "nextToken", "IsTruncated", "Marker", "ResponseMetadata"}

// document takes one JSON value, if it is an answer.
func (r *reader) document(file string, value json.RawMessage) (used bool, err error) {
	var keys map[string]json.RawMessage
	if err := json.Unmarshal(value, &keys); err != nil {
		r.warn(file, "is not recognised; want answers of the aws command, which are JSON objects")
		return false, nil
	}
	for _, s := range shapes {
		if _, ok := keys[s.key]; !ok {
			continue
		}
		known := true
		for key := range keys {
			known = known && (key == s.key || slices.Contains(s.also, key) || slices.Contains(paging, key))
		}
		if known {
			more, err := truncated(keys)
			if err != nil {
				return false, err
			}
			return true, s.take(r, file, value, more)
		}
	}
	r.warn(file, "is not recognised; want an answer of the aws command as it came, or as sekisho permissions --commands asks for it, that an audit has use for")
	return false, nil
}

// truncated reports whether a list goes on.
func truncated(keys map[string]json.RawMessage) (bool, error) {
	var cut, more bool
	for _, key := range []string{"NextToken", "nextToken"} {
		var token string
		if raw, ok := keys[key]; ok {
			if err := json.Unmarshal(raw, &token); err != nil {
				return false, fmt.Errorf("reading %s: %w", key, err)
			}
		}
		more = more || token != ""
	}
	if raw, ok := keys["IsTruncated"]; ok {
		if err := json.Unmarshal(raw, &cut); err != nil {
			return false, fmt.Errorf("reading IsTruncated: %w", err)
		}
	}
	return more || cut, nil
}

// looksLikeReport reports whether a text begins with the header of a credential report.
func looksLikeReport(data []byte) bool {
	header, _, _ := strings.Cut(string(data[:min(len(data), 4096)]), "\n")
	columns, err := csv.NewReader(strings.NewReader(strings.ToLower(header))).Read()
	return err == nil && slices.Contains(columns, "user") && slices.Contains(columns, "user_creation_time")
}

func (r *reader) takeCredentialReport(file string, value json.RawMessage, _ bool) error {
	var answer struct {
		Content       string
		ReportFormat  string
		GeneratedTime *stamp
	}
	if err := json.Unmarshal(value, &answer); err != nil {
		return fmt.Errorf("reading a credential report: %w", err)
	}
	content, err := base64.StdEncoding.DecodeString(answer.Content)
	if err != nil {
		return fmt.Errorf("decoding the credential report's Content: %w", err)
	}
	if answer.ReportFormat != "" && answer.ReportFormat != "text/csv" {
		return fmt.Errorf("got a credential report of format %q, want text/csv", answer.ReportFormat)
	}
	var generated time.Time
	if answer.GeneratedTime != nil {
		generated = answer.GeneratedTime.Time
	}
	return r.credentialReport(file, string(content), generated)
}

// credentialReport takes the report as CSV, with the time at which AWS made it where that is known.
func (r *reader) credentialReport(file, content string, generated time.Time) error {
	content = strings.TrimRight(strings.ReplaceAll(strings.TrimPrefix(content, "\ufeff"), "\r\n", "\n"), "\n")
	if err := account.ParseCredentialReport(content); err != nil {
		return err
	}
	rows, err := csv.NewReader(strings.NewReader(content)).ReadAll()
	if err != nil {
		return fmt.Errorf("reading the credential report: %w", err)
	}
	for i, row := range rows[1:] {
		for column, cell := range row {
			name := strings.ToLower(strings.TrimSpace(rows[0][column]))
			if name == "arn" {
				if _, err := account.ParseARN(cell); err != nil {
					return fmt.Errorf("reading the credential report, row %d: %w", i+2, err)
				}
				if err := r.owned(file, cell); err != nil {
					return err
				}
			}
			// The next rotation is still to come.
			if at, err := time.Parse(time.RFC3339, cell); err == nil && name != "password_next_rotation" {
				at = at.UTC()
				r.told(&at)
				if at.After(r.newestInReport) {
					r.newestInReport = at
				}
			}
		}
	}
	if err := r.report.set(file, "the credential report", content); err != nil {
		return err
	}
	if !generated.IsZero() {
		if !r.generated.IsZero() && !r.generated.Equal(generated) {
			return contradiction(r.report.file, file, fmt.Errorf("got credential reports of %s and %s, want one",
				r.generated.Format(time.RFC3339), generated.Format(time.RFC3339)))
		}
		r.generated = generated
	}
	return nil
}

// stamp is a time as the aws command writes it, ISO 8601 with Z or +00:00, or as boto3's datetime prints, with a blank for the T.
type stamp struct{ time.Time }

// UnmarshalJSON reads the time, in UTC.
func (s *stamp) UnmarshalJSON(data []byte) error {
	var text string
	if err := json.Unmarshal(data, &text); err != nil {
		return fmt.Errorf("got %s for a time, want one in ISO 8601: %w", data, err)
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02 15:04:05Z07:00"} {
		if at, err := time.Parse(layout, text); err == nil {
			s.Time = at.UTC()
			return nil
		}
	}
	return fmt.Errorf("got %q, want a time in ISO 8601", text)
}

// orZero returns the time, or the zero time where there is none.
func (s *stamp) orZero() time.Time {
	if s == nil {
		return time.Time{}
	}
	return s.Time
}

// or returns the time, or nil where there is none.
func (s *stamp) or() *time.Time {
	if s == nil {
		return nil
	}
	return &s.Time
}

func (r *reader) takeSummary(file string, value json.RawMessage, _ bool) error {
	var answer struct{ SummaryMap account.Summary }
	if err := json.Unmarshal(value, &answer); err != nil {
		return fmt.Errorf("reading an account summary: %w", err)
	}
	if answer.SummaryMap == nil {
		return errors.New("got a SummaryMap of null, want an object")
	}
	return r.summary.set(file, "the account summary", answer.SummaryMap)
}

func (r *reader) takeCaller(file string, value json.RawMessage, _ bool) error {
	var answer struct{ Arn, Account, UserId string }
	if err := json.Unmarshal(value, &answer); err != nil {
		return fmt.Errorf("reading who asked: %w", err)
	}
	arn, err := account.ParseARN(answer.Arn)
	if err != nil {
		return err
	}
	if arn.Account != answer.Account {
		return fmt.Errorf("got the account %q and the ARN %q, want them to agree", answer.Account, answer.Arn)
	}
	if err := r.owned(file, answer.Arn); err != nil {
		return err
	}
	// Two people may have asked, or one in two sessions: the first stands for both.
	if r.caller.file == "" {
		r.caller.value, r.caller.file = account.Caller{AccountID: arn.Account, Partition: arn.Partition, ARN: answer.Arn, UserID: answer.UserId}, file
	}
	return nil
}

func (r *reader) takePasswordPolicy(file string, value json.RawMessage, _ bool) error {
	var answer struct {
		PasswordPolicy *struct {
			MinimumPasswordLength                                                                  *int32
			RequireSymbols, RequireNumbers, RequireUppercaseCharacters, RequireLowercaseCharacters *bool
			AllowUsersToChangePassword, ExpirePasswords                                            *bool
			MaxPasswordAge, PasswordReusePrevention                                                int32
			HardExpiry                                                                             bool
		}
	}
	if err := json.Unmarshal(value, &answer); err != nil {
		return fmt.Errorf("reading a password policy: %w", err)
	}
	p := answer.PasswordPolicy
	if p == nil || p.MinimumPasswordLength == nil || p.RequireSymbols == nil || p.RequireNumbers == nil || p.RequireUppercaseCharacters == nil ||
		p.RequireLowercaseCharacters == nil || p.AllowUsersToChangePassword == nil || p.ExpirePasswords == nil {
		return errors.New("got a password policy that lacks some of its settings, want them all")
	}
	return r.policy.set(file, "the password policy", &account.PasswordPolicy{
		MinimumPasswordLength: *p.MinimumPasswordLength,
		RequireUppercase:      *p.RequireUppercaseCharacters, RequireLowercase: *p.RequireLowercaseCharacters,
		RequireSymbols: *p.RequireSymbols, RequireNumbers: *p.RequireNumbers,
		AllowUsersToChangePassword: *p.AllowUsersToChangePassword, ExpirePasswords: *p.ExpirePasswords,
		MaxPasswordAgeDays: p.MaxPasswordAge, PasswordReusePrevention: p.PasswordReusePrevention, HardExpiry: p.HardExpiry,
	})
}
