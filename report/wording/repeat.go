package wording

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"sekisho/audit"
	"sekisho/audit/account"
	"sekisho/audit/message"
)

// Alike is a message with "…" for what it is about, where that stands as a word of its own: AWS names the user in each
// refusal, so that one missing permission gives as many messages as there are users.
func Alike(text string, names ...string) string {
	for _, name := range names {
		text = withoutWord(text, name)
	}
	return text
}

// AlikeOf is Alike for what is said of a finding's resource. The account and its root user go by names that are common
// words, but a region of the account does not.
func AlikeOf(f *audit.Finding, text string) string {
	if account.IsRootARN(f.Resource) {
		return Alike(text, f.Item)
	}
	return Alike(text, f.Resource, account.ShortARN(f.Resource), f.Name)
}

func withoutWord(text, word string) string {
	if word == "" || !strings.Contains(text, word) {
		return text
	}
	var b strings.Builder
	for from := 0; ; {
		i := strings.Index(text[from:], word)
		if i < 0 {
			b.WriteString(text[from:])
			return b.String()
		}
		start, end := from+i, from+i+len(word)
		b.WriteString(text[from:start])
		before, _ := utf8.DecodeLastRuneInString(text[:start])
		if inName(before) || goesOn(text[end:]) {
			b.WriteString(word)
		} else {
			b.WriteString("…")
		}
		from = end
	}
}

// goesOn reports whether a name goes on in what follows; a full stop or comma at the end of a phrase is no part of one.
func goesOn(rest string) bool {
	next, size := utf8.DecodeRuneInString(rest)
	if next == '.' || next == ',' {
		next, _ = utf8.DecodeRuneInString(rest[size:])
	}
	return inName(next)
}

// inName reports whether a character may stand in the name of a user, group, role or policy.
func inName(r rune) bool {
	return r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("_+=,.@-", r))
}

// Notes are those of one finding among several that stand together: Own stand with it, Numbers are of those that others
// have too.
type Notes struct {
	Own     []string
	Numbers []int
}

// sharedFrom is of how many findings a note stands once, below them.
const sharedFrom = 3

// Footnotes parts the notes of findings that stand together: one that at least three of them have, but for their names,
// is shared and goes by its number, from 1.
func Footnotes(findings []audit.Finding) (shared []string, of []Notes) {
	type kind struct {
		text      string // of all of them, or what is alike in them
		n, number int
	}
	type note struct {
		text string
		*kind
	}
	kinds := map[string]*kind{}
	told := make([][]note, len(findings))
	for i := range findings {
		for _, remark := range findings[i].Remarks() {
			text := remark.String()
			alike := AlikeOf(&findings[i], text)
			k := kinds[alike]
			switch {
			case k == nil:
				k = &kind{text: text}
				kinds[alike] = k
			case k.text == text:
				text = k.text // of which there is one in memory
			default:
				k.text = alike
			}
			k.n++
			told[i] = append(told[i], note{text, k})
		}
	}
	of = make([]Notes, len(findings))
	for i := range findings {
		for _, n := range told[i] {
			if n.n < sharedFrom {
				of[i].Own = append(of[i].Own, n.text)
				continue
			}
			if n.number == 0 {
				shared = append(shared, n.kind.text)
				n.number = len(shared)
			}
			of[i].Numbers = append(of[i].Numbers, n.number)
		}
	}
	return shared, of
}

// oneOf is the text itself where all are the same, else what is alike in them.
func oneOf(texts []string, alike string) string {
	if slices.ContainsFunc(texts, func(text string) bool { return text != texts[0] }) {
		return alike
	}
	return texts[0]
}

// Mark writes the numbers of notes: " [1] [3]".
func (n Notes) Mark() string {
	text := ""
	for _, number := range n.Numbers {
		text += " " + Number(number)
	}
	return text
}

// Number writes the number of a note: "[1]".
func Number(n int) string { return "[" + strconv.Itoa(n) + "]" }

// Gaps are calls that failed alike: for one section, by one action, with one error code.
type Gaps struct {
	Section account.Section
	Action  string
	Code    string
	Of      []string // the users or regions that were asked for
	// Messages are what AWS said, without what they are about where that is all in which they differ.
	Messages []string
}

// GroupGaps gathers gaps, in the order in which they come.
func GroupGaps(list []account.Gap) []Gaps {
	type kind struct {
		section      account.Section
		action, code string
	}
	at := map[kind]int{}
	var groups []Gaps
	members := [][]account.Gap{}
	for _, g := range list {
		k := kind{g.Section, g.Action, g.Code}
		i, ok := at[k]
		if !ok {
			i = len(groups)
			at[k] = i
			groups = append(groups, Gaps{Section: g.Section, Action: g.Action, Code: g.Code})
			members = append(members, nil)
		}
		members[i] = append(members[i], g)
		if g.Resource != "" {
			groups[i].Of = append(groups[i].Of, g.Resource)
		}
	}
	for i := range groups {
		groups[i].Messages = messages(members[i])
	}
	return groups
}

func messages(gaps []account.Gap) []string {
	var order []string
	texts := map[string][]string{}
	for _, g := range gaps {
		if g.Message == "" {
			continue
		}
		alike := Alike(g.Message, g.Resource)
		if texts[alike] == nil {
			order = append(order, alike)
		}
		texts[alike] = append(texts[alike], g.Message)
	}
	for i, alike := range order {
		order[i] = oneOf(texts[alike], alike)
	}
	return order
}

// For says for what the calls were made, without names where there are several: "mfa-devices of alice", "mfa-devices of
// 9 users", "access-analyzers in 3 regions". The names follow, if many is true.
func (g Gaps) For() (text message.Message, many bool) {
	regions := g.Section == account.AccessAnalyzersSection
	switch many = len(g.Of) > 1; {
	case len(g.Of) == 0:
		return message.New("%s", g.Section), false
	case many && regions:
		return message.New("%s in %s", g.Section, message.Plural(len(g.Of), "%d region", "%d regions")), true
	case many:
		return message.New("%s of %s", g.Section, message.Plural(len(g.Of), "%d user", "%d users")), true
	case regions:
		return message.New("%s in %s", g.Section, g.Of[0]), false
	}
	return message.New("%s of %s", g.Section, g.Of[0]), false
}
