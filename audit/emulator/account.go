package emulator

import (
	"cmp"
	"slices"

	"sekisho/audit/account"
)

var accountOperations = map[string]operation{
	account.AccountSummaryAnswer.Action(): whole(account.AccountSummaryAnswer, summaryOf),
	account.AccountAliasesAnswer.Action(): listed(account.AccountAliasesAnswer, "AccountAliases", func(alias string) string { return alias }),
	account.PasswordPolicyAnswer.Action(): whole(account.PasswordPolicyAnswer, passwordPolicyOf),

	account.CredentialReportAnswer.Actions[0]: (*Server).getCredentialReport,
	account.CredentialReportAnswer.Actions[1]: (*Server).generateCredentialReport,
}

type entry struct {
	Key   string `xml:"key"`
	Value int32  `xml:"value"`
}

func summaryOf(_ *Server, summary account.Summary) (any, *apiError) {
	var result struct {
		Entries []entry `xml:"SummaryMap>entry"`
	}
	for key, n := range summary {
		result.Entries = append(result.Entries, entry{key, n})
	}
	slices.SortFunc(result.Entries, func(x, y entry) int { return cmp.Compare(x.Key, y.Key) })
	return result, nil
}

type passwordPolicy struct {
	MinimumPasswordLength      int32
	RequireSymbols             bool
	RequireNumbers             bool
	RequireUppercaseCharacters bool
	RequireLowercaseCharacters bool
	AllowUsersToChangePassword bool
	ExpirePasswords            bool
	MaxPasswordAge             int32 `xml:",omitempty"`
	PasswordReusePrevention    int32 `xml:",omitempty"`
	HardExpiry                 bool
}

func passwordPolicyOf(s *Server, p *account.PasswordPolicy) (any, *apiError) {
	if p == nil {
		return nil, noSuchEntity("The Password Policy with domain name %s cannot be found.", s.snapshot.Caller.AccountID)
	}
	return struct{ PasswordPolicy passwordPolicy }{passwordPolicy{
		p.MinimumPasswordLength, p.RequireSymbols, p.RequireNumbers, p.RequireUppercase, p.RequireLowercase,
		p.AllowUsersToChangePassword, p.ExpirePasswords, p.MaxPasswordAgeDays, p.PasswordReusePrevention, p.HardExpiry,
	}}, nil
}
