package fleet

import (
	"cmp"
	"iter"
	"maps"
	"net/url"
	"path/filepath"
	"slices"
	"strings"

	"sekisho/audit"
	"sekisho/audit/account"
	"sekisho/audit/fleet"
	"sekisho/audit/message"
	"sekisho/report/sanitize"
)

// matrixView is the table of accounts: the worst as rows, and all of them as data of which the page's script makes rows as
// they come into view.
type matrixView struct {
	Columns []columnView
	Rows    []rowView
	Units   []sanitize.Text
	Tags    []sanitize.Text
	Rules   []sanitize.Text
	Rest    sanitize.Text
	CSV     sanitize.Text // the address of the file, from the folder that the page is in
	Data    matrixData
}

// columnView is a column; Kind is what its cells are: a name, a verdict or a number.
type columnView struct{ Title, Kind sanitize.Text }

type rowView struct {
	Name, Place, Status, Link sanitize.Text
	Critical                  int
	Cells                     []cellView
}

// cellView is a verdict or a number, and what it is coloured as.
type cellView struct{ Text, Class sanitize.Text }

// matrixData is what the script reads. Rules, units and tags are named by their places in the lists, since there may be
// thousands of accounts.
type matrixData struct {
	Points int             `json:"points"` // how many
	Keys   []int           `json:"keys"`   // the rules that have columns
	Rules  []sanitize.Text `json:"rules"`
	Units  []sanitize.Text `json:"units"`
	Tags   []sanitize.Text `json:"tags"`
	// Link is what stands before and behind an account's number in the address of its own report; none: there are none.
	Link []sanitize.Text `json:"link"`
	Rows []rowData       `json:"rows"`
}

// rowData is an account: its number, name, unit, state, points complete and applicable, the verdicts on the points by
// their first letters, failures by severity, unknown verdicts, failing rules each with a count, undecided rules, and tags.
type rowData [12]any

// mostKeys is how many rules have columns, mostTags how many tags can be chosen.
const (
	mostKeys = 6
	mostTags = 500
)

// places gives each text of a list a place.
type places struct {
	at   map[string]int
	list []sanitize.Text
}

func newPlaces() *places { return &places{map[string]int{}, []sanitize.Text{}} }

func (p *places) of(text string) int {
	i, known := p.at[text]
	if !known {
		i = len(p.list)
		p.at[text], p.list = i, append(p.list, sanitize.Terminal(text))
	}
	return i
}

func (m *Merged) matrix(from string) *matrixView {
	r := m.Report
	v := &matrixView{Rest: more(r.Summary.Audited), CSV: m.address(m.CSV, from)}
	rules, units, tags := newPlaces(), newPlaces(), newPlaces()
	keys := keyRules(r)
	d := &v.Data
	d.Points, d.Keys, d.Link = len(r.Points), []int{}, m.linkAround(from)
	for _, key := range keys {
		d.Keys = append(d.Keys, rules.of(key))
	}
	v.Columns = columns(r, keys)
	d.Rows = make([]rowData, 0, len(r.Accounts))
	for i := range r.Accounts {
		row := &r.Accounts[i]
		d.Rows = append(d.Rows, dataOf(row, rules, units, tags))
		if row.Status == fleet.Audited && len(v.Rows) < onPage {
			v.Rows = append(v.Rows, m.rowOf(row, keys, from))
		}
	}
	d.Rules, d.Units, d.Tags = rules.list, units.list, tags.list
	v.Rules = slices.Sorted(slices.Values(rules.list))
	v.Units = above(r)
	if v.Tags = slices.Sorted(slices.Values(tags.list)); len(v.Tags) > mostTags {
		v.Tags = v.Tags[:mostTags]
	}
	return v
}

// keyRules are the rules that have columns: those of the highest severity that fail in most accounts, and are no point of
// the Security Status.
func keyRules(r *fleet.Report) []string {
	var rules []*fleet.RuleRow
	for i := range r.Rules {
		rule := &r.Rules[i]
		if len(rule.Accounts) > 0 && !slices.ContainsFunc(r.Points, func(p fleet.Point) bool { return p.Rule == rule.ID }) {
			rules = append(rules, rule)
		}
	}
	slices.SortStableFunc(rules, func(x, y *fleet.RuleRow) int {
		return cmp.Or(cmp.Compare(y.Severity, x.Severity), cmp.Compare(len(y.Accounts), len(x.Accounts)))
	})
	var keys []string
	for _, rule := range rules[:min(mostKeys, len(rules))] {
		keys = append(keys, rule.ID)
	}
	return keys
}

func columns(r *fleet.Report, keys []string) []columnView {
	all := []columnView{{"Account", "name"}, {"Unit", "name"}, {"Security Status", "name"}}
	for _, p := range r.Points {
		all = append(all, columnView{sanitize.Terminal(p.Rule), "verdict"})
	}
	for _, key := range keys {
		all = append(all, columnView{sanitize.Terminal(key), "num"})
	}
	for _, severity := range audit.Severities() {
		all = append(all, columnView{sanitize.Terminal(severity.String()), "num"})
	}
	return append(all, columnView{"unknown", "num"})
}

// rowOf is an audited account as a row. What does not fail is a dash, whether it passes or nobody looked.
func (m *Merged) rowOf(row *fleet.Row, keys []string, from string) rowView {
	view := rowView{
		Name: sanitize.Message(named(row)), Place: sanitize.Terminal(row.Place), Link: m.link(row.ID, from), Status: sanitize.Message(message.New("%d of %d", row.Complete, row.Applicable)),
		Critical: row.FailedBySeverity[audit.Critical.String()],
	}
	for _, status := range row.Points {
		word := sanitize.Terminal(strings.ReplaceAll(status.String(), "_", " "))
		view.Cells = append(view.Cells, cellView{word, word})
	}
	for _, key := range keys {
		switch n := row.Failing[key]; {
		case n > 0:
			view.Cells = append(view.Cells, cellView{sanitize.Int(n), "num fail"})
		case slices.Contains(row.Undecided, key):
			view.Cells = append(view.Cells, cellView{"unknown", "num unknown"})
		default:
			view.Cells = append(view.Cells, cellView{"–", "num"})
		}
	}
	for _, severity := range audit.Severities() {
		view.Cells = append(view.Cells, cellView{sanitize.Int(row.FailedBySeverity[severity.String()]), "num"})
	}
	view.Cells = append(view.Cells, cellView{sanitize.Int(row.UnknownFindings), "num"})
	return view
}

func dataOf(row *fleet.Row, rules, units, tags *places) rowData {
	points, severities, failing, undecided, tagged := []byte{}, []int{}, []int{}, []int{}, []int{}
	for _, status := range row.Points {
		points = append(points, status.String()[0])
	}
	if row.Status == fleet.Audited {
		for _, severity := range audit.Severities() {
			severities = append(severities, row.FailedBySeverity[severity.String()])
		}
	}
	for id, n := range sorted(row.Failing) {
		failing = append(failing, rules.of(id), n)
	}
	for _, id := range row.Undecided {
		undecided = append(undecided, rules.of(id))
	}
	for key, value := range sorted(row.Tags) {
		tagged = append(tagged, tags.of(key+"="+value))
	}
	state := slices.Index([]fleet.State{fleet.Unknown, fleet.Audited, fleet.NotAudited}, row.Status)
	return rowData{
		sanitize.Terminal(row.ID), sanitize.Terminal(cmp.Or(row.Name, row.Alias)), units.of(row.Place), state, row.Complete, row.Applicable, sanitize.Terminal(string(points)),
		severities, row.UnknownFindings, failing, undecided, tagged,
	}
}

// above are the units of accounts, and those above them.
func above(r *fleet.Report) []sanitize.Text {
	seen := map[sanitize.Text]bool{}
	for i := range r.Accounts {
		place := r.Accounts[i].Place
		for place != "" {
			seen[sanitize.Terminal(place)] = true
			place = place[:max(0, strings.LastIndex(place, "/"))]
		}
	}
	var all []sanitize.Text
	for unit := range sorted(seen) {
		all = append(all, unit)
	}
	return all
}

// sorted goes through a map in the order of its keys.
func sorted[K cmp.Ordered, V any](all map[K]V) iter.Seq2[K, V] {
	return func(yield func(K, V) bool) {
		for _, key := range slices.Sorted(maps.Keys(all)) {
			if !yield(key, all[key]) {
				return
			}
		}
	}
}

// link leads to the own report of an account, from the folder that the page is in.
func (m *Merged) link(id, from string) sanitize.Text {
	if m.Beside == "" || !account.IsID(id) {
		return ""
	}
	return m.address(filepath.Join(m.Beside, id+m.End), from)
}

// linkAround is a link without the account.
func (m *Merged) linkAround(from string) []sanitize.Text {
	const any = "000000000000"
	link := string(m.link(any, from))
	at := strings.LastIndex(link, any)
	if at < 0 {
		return []sanitize.Text{}
	}
	return []sanitize.Text{sanitize.Terminal(link[:at]), sanitize.Terminal(link[at+len(any):])}
}

// address leads to a file from a folder.
func (m *Merged) address(file, from string) sanitize.Text {
	if file == "" {
		return ""
	}
	if relative, err := filepath.Rel(cmp.Or(from, "."), file); err == nil {
		file = relative
	}
	return sanitize.Terminal((&url.URL{Path: filepath.ToSlash(file)}).String())
}
