package wording

import (
	"cmp"
	"slices"
	"strings"

	"sekisho/audit"
	"sekisho/audit/account"
	"sekisho/audit/lists"
	"sekisho/audit/message"
)

// Block is what stands under one heading: the findings of a rule with one status and severity, by their numbers in the
// report.
type Block struct {
	Rule     audit.RuleResult
	Status   audit.Status
	Severity audit.Severity
	Numbers  []int
	// Also are findings of other rules that say the same of the same resources; they stand in no other block.
	Also []Block

	report *audit.Report
}

// Blocks parts the findings of a report, in its order.
func Blocks(r *audit.Report) []Block {
	rules := make(map[string]audit.RuleResult, len(r.Rules))
	over := map[string]bool{} // rules under which others are shown
	for _, rule := range r.Rules {
		rules[rule.ID] = rule
		over[rule.Under] = true
	}
	type place struct{ rule, resource string }
	fails := map[place]int{}
	var blocks []Block
	at := func(f *audit.Finding) int { // the block of a finding: the last one, or a new one
		rule, ok := rules[f.Rule]
		if !ok {
			rule = audit.RuleResult{ID: f.Rule, Title: f.Rule, Severity: f.Severity}
		}
		if last := len(blocks) - 1; last >= 0 && blocks[last].Rule.ID == f.Rule && blocks[last].Status == f.Status && blocks[last].Severity == f.Severity {
			return last
		}
		blocks = append(blocks, Block{Rule: rule, Status: f.Status, Severity: f.Severity, report: r})
		return len(blocks) - 1
	}
	for i := range r.Findings {
		f := &r.Findings[i]
		block := at(f)
		blocks[block].Numbers = append(blocks[block].Numbers, i)
		if over[f.Rule] && f.Status == audit.StatusFail {
			fails[place{f.Rule, f.Resource}] = block
		}
	}
	for i := range blocks {
		b := &blocks[i]
		if b.Rule.Under == "" || b.Status != audit.StatusFail {
			continue
		}
		b.Numbers = lists.Filter(b.Numbers, func(number int) bool {
			host, ok := fails[place{b.Rule.Under, r.Findings[number].Resource}]
			if !ok || host == i {
				return true
			}
			also := &blocks[host].Also
			if n := len(*also); n == 0 || (*also)[n-1].Rule.ID != b.Rule.ID || (*also)[n-1].Severity != b.Severity {
				*also = append(*also, Block{Rule: b.Rule, Status: b.Status, Severity: b.Severity, report: r})
			}
			last := &(*also)[len(*also)-1]
			last.Numbers = append(last.Numbers, number)
			return false
		})
	}
	return slices.DeleteFunc(blocks, func(b Block) bool { return len(b.Numbers) == 0 })
}

// Findings are those of the block.
func (b Block) Findings() []audit.Finding {
	return lists.Map(b.Numbers, func(number int) audit.Finding { return b.report.Findings[number] })
}

// First is the first finding.
func (b Block) First() audit.Finding { return b.report.Findings[b.Numbers[0]] }

// Part is the block with some of its findings, and without those of others.
func (b Block) Part(from, to int) Block {
	b.Numbers, b.Also = b.Numbers[from:to], nil
	return b
}

// Heading says what the block is about.
func (b Block) Heading() string { return cmp.Or(Headline(b.Status, b.Rule), b.Rule.ID) }

// Excepted counts the findings that an exception covers.
func (b Block) Excepted() int {
	n := 0
	for _, number := range b.Numbers {
		if b.report.Findings[number].Exception != nil {
			n++
		}
	}
	return n
}

// ByAlso says of the findings that are shown with a block which rule they are of: "root-hardware-mfa (high) fails for the
// same reason".
func (b Block) ByAlso() message.Message {
	if n := len(b.Numbers); n > 1 {
		return message.New("%s (%s) fails on %d of these, too", b.Rule.ID, Word(b.Severity.String()), n)
	}
	return message.New("%s (%s) fails on this, too", b.Rule.ID, Word(b.Severity.String()))
}

// Fold is findings of a block that say the same, but for their names.
type Fold struct {
	Numbers []int
	Message string
	// Notes say what could not be told, and what else is to be known of each of them.
	Notes     []string
	Exception *audit.Exception

	report *audit.Report
}

// Folds puts the findings of a block together that say the same, in the order in which they come.
func (b Block) Folds() []Fold {
	var folds []Fold
	at := map[string]int{}
	texts := [][]string{}
	for _, number := range b.Numbers {
		f := &b.report.Findings[number]
		alike := AlikeOf(f, f.Message)
		notes := lists.Map(f.Notes, func(note message.Message) string { return AlikeOf(f, note.String()) })
		key := strings.Join(append(notes, alike), "\x00")
		if f.Exception != nil {
			key += "\x00" + Exception(f.Exception).String()
		}
		i, ok := at[key]
		if !ok {
			i = len(folds)
			at[key] = i
			folds = append(folds, Fold{Message: f.Message, Notes: lists.Map(f.Notes, message.Message.String), Exception: f.Exception, report: b.report})
			texts = append(texts, append(notes, alike))
		}
		fold := &folds[i]
		fold.Numbers = append(fold.Numbers, number)
		if fold.Message != f.Message {
			fold.Message = texts[i][len(notes)]
		}
		for n, note := range f.Notes {
			if fold.Notes[n] != texts[i][n] && fold.Notes[n] != note.String() {
				fold.Notes[n] = texts[i][n]
			}
		}
	}
	return folds
}

// Who names whom a fold is about: "user/bob", or with at most so many names "3 users: alice, bob and 1 more".
func (f Fold) Who(most int) message.Message {
	return who(f.report, f.Numbers, most, func(f *audit.Finding) bool { return f.Item != "" && f.Item != f.Name })
}

// Who names whom the findings of a block are about; of several things inside one it names the one. With no names, it is
// as short as it can be.
func (b Block) Who(most int) message.Message {
	return who(b.report, b.Numbers, most, func(*audit.Finding) bool { return false })
}

func who(r *audit.Report, numbers []int, most int, exact func(*audit.Finding) bool) message.Message {
	switch first := &r.Findings[numbers[0]]; {
	case len(numbers) == 1 && most == 0:
		return message.New("%s", cmp.Or(first.Name, subject(first)))
	case len(numbers) == 1:
		return message.New("%s", subject(first))
	}
	kind, alike := kindOf(&r.Findings[numbers[0]]), true
	items := false
	for _, number := range numbers {
		f := &r.Findings[number]
		alike = alike && kindOf(f) == kind
		items = items || f.Item != "" && f.Item != f.Name
	}
	var names []string
	told := map[string]bool{}
	for _, number := range numbers {
		f := &r.Findings[number]
		name := subject(f)
		switch {
		case alike && kind != "" && !exact(f):
			name = f.Name
		case !exact(f) && !account.IsRootARN(f.Resource):
			name = account.ShortARN(f.Resource)
		}
		if !told[name] {
			told[name] = true
			names = append(names, name)
		}
	}
	if !alike || items {
		kind = ""
	}
	if most == 0 {
		return message.New("%s", count(len(numbers), kind))
	}
	return message.New("%s: %s", count(len(numbers), kind), message.Some(most, 0, names))
}

func subject(f *audit.Finding) string { return audit.Subject(f.Resource, f.Item, f.Name) }

// kindOf is the kind of a finding's resource, as its ARN says it; none for the account and its root user.
func kindOf(f *audit.Finding) string {
	switch {
	case account.IsRootARN(f.Resource) && f.Item != "" && f.Item == f.Name:
		return "region"
	case account.IsRootARN(f.Resource):
		return ""
	}
	kind, _, _ := strings.Cut(account.ShortARN(f.Resource), "/")
	return kind
}

// count counts what findings are about, by its kind where it has one that people count.
func count(n int, kind string) message.Count {
	switch kind {
	case "user":
		return message.Plural(n, "%d user", "%d users")
	case "group":
		return message.Plural(n, "%d group", "%d groups")
	case "role":
		return message.Plural(n, "%d role", "%d roles")
	case "policy":
		return message.Plural(n, "%d policy", "%d policies")
	case "mfa":
		return message.Plural(n, "%d MFA device", "%d MFA devices")
	case "region":
		return message.Plural(n, "%d region", "%d regions")
	}
	return message.Plural(n, "%d finding", "%d findings")
}
