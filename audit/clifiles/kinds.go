package clifiles

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"sekisho/audit/account"
	"sekisho/audit/convert"
	"sekisho/audit/message"
)

// answer is an answer of the aws command: one JSON object of a file.
type answer struct {
	file   string
	fields map[string]json.RawMessage
	more   bool // says that more pages follow
}

// kind is one kind of answer of the aws command.
type kind struct {
	// An answer has one of the keys, and none but those, also and those of paging: answers of other commands share keys
	// with these, as aws iam get-group has Users, too. What an answer doesn't tell, whose list it is, may stand beside
	// it; see Command.
	keys, also []string
	// command gives the answer; its Section is empty for what belongs to no section.
	command Command
	take    func(r *reader, a answer) error
	refused refusal
	// put puts into the snapshot what was taken.
	put func(a assembly)
}

// refusal takes an error where it is an answer, and reports whether it is.
type refusal func(r *reader, file, code, message string) (bool, error)

// kinds is the register of what is recognised, in the order in which it is put into the snapshot. A new section is a
// line here and, where its answer is no plain list, a function that takes it.
func kinds() []kind {
	return []kind{
		{keys: []string{"Arn"}, also: []string{"Account", "UserId"}, take: takeCaller},
		// Of generate-credential-report.
		{keys: []string{"State"}, also: []string{"Description"}, take: func(*reader, answer) error { return nil }},
		one(account.AccountSummaryAnswer, "SummaryMap", takeSummary, nil),
		own(account.AccountAliasesAnswer.Descriptor, takeAliases, putAliases, "AccountAliases"),
		one(account.PasswordPolicyAnswer, "PasswordPolicy", takePasswordPolicy, noPasswordPolicy),
		own(account.CredentialReportAnswer.Descriptor, takeCredentialReport, nil, "Content", "ReportFormat", "GeneratedTime"),
		{keys: detailLists[:3], also: detailLists, command: command(account.AuthorizationDetailsAnswer.Descriptor),
			take: takeDetails, put: putDetails},
		many(account.UsersAnswer, "Users", convert.User, counted("Users", message.New("users"))),
		many(account.VirtualMFADevicesAnswer, "VirtualMFADevices", convert.VirtualMFADevice, uncounted),
		many(account.SAMLProvidersAnswer, "SAMLProviderList", convert.SAMLProvider, uncounted),
		many(account.OIDCProvidersAnswer, "OpenIDConnectProviderList", convert.OIDCProvider, uncounted),
		serviceCredentials(many(account.ServiceCredentialsAnswer, "ServiceSpecificCredentials", convert.ServiceCredential, ofAllUsers)),
		many(account.ServerCertificatesAnswer, "ServerCertificateMetadataList", convert.ServerCertificate,
			counted("ServerCertificates", message.New("server certificates"))),
		one(account.OrganizationsFeaturesAnswer, "EnabledFeatures", takeOrganizationsFeatures, noOrganizationsFeatures, "OrganizationId"),
		contact("SECURITY"), contact("BILLING"), contact("OPERATIONS"),
		own(account.AccessAnalyzersAnswer.Descriptor, takeRegions, putRegions, "Regions"),
		{keys: []string{"analyzers"}, also: []string{"Region"}, command: analyzersCommand(), take: takeAnalyzers},

		one(account.GetUserAnswer, "User", takeUser, nil),
		one(account.LoginProfileAnswer, "LoginProfile", takeLoginProfile, noLoginProfile),
		manyOfUser(account.MFADevicesAnswer, "MFADevices", message.New("MFA devices"), convert.MFADevice),
		manyOfUser(account.AccessKeysAnswer, "AccessKeyMetadata", message.New("access keys"), convert.AccessKey),
		own(account.AccessKeyLastUsedAnswer, takeLastUsed, putLastUsed, "AccessKeyLastUsed", "UserName"),
		manyOfUser(account.SSHPublicKeysAnswer, "SSHPublicKeys", message.New("SSH public keys"), convert.SSHPublicKey),
		manyOfUser(account.SigningCertificatesAnswer, "Certificates", message.New("signing certificates"), convert.SigningCertificate),
	}
}

// own is a section with a way of its own into the snapshot.
func own(d *account.Descriptor, take func(*reader, answer) error, put func(assembly), key string, also ...string) kind {
	return kind{keys: []string{key}, also: also, command: command(d), take: take, put: put}
}

// one is a section with an answer in one piece.
func one[H, T any](
	d account.Described[H, T], key string, take func(*reader, answer) error, refused refusal, also ...string,
) kind {
	k := own(d.Descriptor, take, nil, key, also...)
	k.refused = refused
	k.put = func(a assembly) {
		for _, of := range a.each(d.Section) {
			if s := held[single[T]](a.reader, d.Section, of); s.file != "" {
				*d.In(holder[H](a, of)) = made(a, d.Action(), s.value, true)
			}
		}
	}
	return k
}

// many is a section with a list of the account's, in pages. lack says why it isn't whole.
func many[H, From any, To account.Entry](d account.Described[H, []To], key string, convertOne func(From) To, lack lack) kind {
	take := func(r *reader, a answer) error { return takeList(r, a, "", d, key, convertOne) }
	return own(d.Descriptor, take, func(a assembly) {
		for _, of := range a.each(d.Section) {
			l := held[list[To]](a.reader, d.Section, of)
			if whole := a.whole(d.Descriptor, of, lack(a, l.pages, len(l.items))); whole || d.Parts {
				*d.In(holder[H](a, of)) = made(a, d.Action(), l.all(), whole)
			}
		}
	}, key)
}

// manyOfUser is a section with lists of single users. An empty list, as the aws command prints it, doesn't say whose it
// is; a name may stand beside it.
func manyOfUser[From any, To account.Entry](
	d account.Described[account.UserAnswers, []To], key string, noun message.Message, convertOne func(From) To,
) kind {
	k := many(d, key, convertOne, uncounted)
	k.also = []string{"UserName"}
	k.command.Query = "{UserName:'%s'," + key + ":" + key + "}"
	k.take = func(r *reader, a answer) error {
		user, err := r.onlyUser(a, key, noun)
		if user == "" || err != nil {
			return err
		}
		return takeList(r, a, user, d, key, convertOne)
	}
	return k
}

// onlyUser names the user of a list: who is named beside it, or in its entries. "" and a warning where nobody is.
func (r *reader) onlyUser(a answer, key string, noun message.Message) (string, error) {
	var d decoder
	var beside string
	var entries []struct{ UserName string }
	if err := cmp.Or(d.field(a, "UserName", &beside), d.field(a, key, &entries)); err != nil {
		return "", err
	}
	if entries == nil {
		return "", errNoList
	}
	user := beside
	for i, entry := range entries {
		if i == 0 && user == "" {
			user = entry.UserName
		}
		if entry.UserName != user {
			return "", fmt.Errorf("got a list of %s of %q and %q, want one user's", noun, user, entry.UserName)
		}
	}
	if user == "" {
		r.warn(a.file, message.New("is a list of %s that names no user; it was not used", noun))
	}
	return user, nil
}

// takeList takes a list of the account's, or of a user's or region's.
func takeList[H, From any, To account.Entry](
	r *reader, a answer, of string, d account.Described[H, []To], key string, convertOne func(From) To,
) error {
	items, told, err := decodeList(a, key, convertOne)
	if err != nil {
		return err
	}
	if err := d.Check(items); err != nil {
		return err
	}
	if err := r.note(a.file, told); err != nil {
		return err
	}
	l := held[list[To]](r, d.Section, of)
	l.add(a.file, a.more)
	if err := r.whole(d.Descriptor, told); err != nil {
		l.lacks = message.New("%s: %s", a.file, err)
	}
	return l.put(a.file, items)
}

// decodeList decodes the list under a key. It must be there: null says nothing.
func decodeList[From, To any](a answer, key string, convertOne func(From) To) ([]To, *decoder, error) {
	told := &decoder{}
	var items []From
	if err := told.field(a, key, &items); err != nil {
		return nil, nil, err
	}
	if items == nil {
		return nil, nil, errNoList
	}
	return convert.List(items, convertOne), told, nil
}

var errNoList = errors.New("got null where a list belongs, want the list, empty or not")

// set takes an answer in one piece, of a user where of names one; what is what errors call it.
func set[H, T any](r *reader, file, of string, d account.Described[H, T], what string, value T, told *decoder) error {
	if err := cmp.Or(r.whole(d.Descriptor, told), d.Check(value)); err != nil {
		return err
	}
	if err := r.note(file, told); err != nil {
		return err
	}
	return held[single[T]](r, d.Section, of).set(file, what, value)
}

// paging are the keys of any list: NextToken is the aws command's own, for --max-items; the others come with
// --no-paginate, or where the command knows no pages.
var paging = []string{"NextToken", "nextToken", "IsTruncated", "Marker", "ResponseMetadata"}

// document takes one JSON value, if it is an answer.
func (r *reader) document(file string, value json.RawMessage) (used bool, err error) {
	a := answer{file: file}
	if err := json.Unmarshal(value, &a.fields); err != nil {
		r.warn(file, message.New("is not recognised; want answers of the aws command, which are JSON objects"))
		return false, nil
	}
	for _, k := range r.kinds {
		if !k.recognises(a.fields) {
			continue
		}
		if a.more, err = truncated(a); err != nil {
			return false, err
		}
		return true, k.take(r, a)
	}
	r.warn(file, message.New("is not recognised; want an answer of the aws command as it came, or as sekisho permissions --commands asks for it, "+
		"that an audit has use for"))
	return false, nil
}

func (k kind) recognises(fields map[string]json.RawMessage) bool {
	found := false
	for key := range fields {
		switch {
		case slices.Contains(k.keys, key):
			found = true
		case !slices.Contains(k.also, key) && !slices.Contains(paging, key):
			return false
		}
	}
	return found
}

// truncated reports whether a list goes on.
func truncated(a answer) (bool, error) {
	var d decoder
	var next, nextToken string
	var cut bool
	err := cmp.Or(d.field(a, "NextToken", &next), d.field(a, "nextToken", &nextToken), d.field(a, "IsTruncated", &cut))
	return next+nextToken != "" || cut, err
}
