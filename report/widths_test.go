package report_test

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sekisho/audit"
	"sekisho/audit/access"
	"sekisho/audit/account"
	"sekisho/audit/diff"
	"sekisho/audit/emulator"
	auditframework "sekisho/audit/framework"
	"sekisho/audit/inventory"
	"sekisho/audit/offboard"
	"sekisho/audit/policy"
	"sekisho/audit/rules"
	"sekisho/report"
	reportaccess "sekisho/report/access"
	"sekisho/report/catalogue"
	reportdiff "sekisho/report/diff"
	"sekisho/report/format"
	reportinventory "sekisho/report/inventory"
	reportoffboard "sekisho/report/offboard"
	reportpolicy "sekisho/report/policy"
	"sekisho/report/term"
)

// japanese is the demo account with Japanese tags, and with users whose names fill lines.
func japanese() *account.Snapshot {
	s := emulator.Demo(takenAt)
	for i := range s.AuthorizationDetails.Value.Users {
		s.AuthorizationDetails.Value.Users[i].Tags = []account.Tag{
			{Key: "部署", Value: "情報システム本部クラウド基盤推進部認証基盤グループ、東京都千代田区丸の内一丁目"},
			{Key: "name", Value: "山田 太郎（退職者）"}, {Key: "email", Value: "taro.yamada.of.the.very.long.department.name@example.co.jp"},
		}
	}
	return s
}

// TestWidths measures what every command writes for people on a terminal of 80 columns, where Japanese characters take
// two: no line is longer, but for one word that stands alone.
func TestWidths(t *testing.T) {
	t.Parallel()
	s := japanese()
	r, _ := audit.Evaluate(s, rules.Catalogue(), audit.Options{})
	later := *r
	later.TakenAt = later.TakenAt.Add(1)
	listed, _ := inventory.Of(s, inventory.Options{Users: true, Roles: true, Groups: true})
	var people []offboard.Person
	for _, name := range []string{"山田 太郎（退職者）", "kondo.emi", "誰も知らない人の、とても長い名前で、一行には入りきらないもの、そしてまだ続きがあるもの"} {
		p, err := offboard.Named(name)
		if err != nil {
			t.Fatal(err)
		}
		people = append(people, p)
	}
	leavers, _ := offboard.Check(s, people, offboard.Options{MatchTags: []string{"name"}})
	judged := func(files ...string) reportpolicy.Judged {
		var documents []*policy.Document
		for _, file := range files {
			data, err := os.ReadFile(filepath.Join("..", "testdata", "policies", file))
			if err != nil {
				t.Fatal(err)
			}
			d, err := policy.ParseAny("管理者に必要な権限を許可するポリシー（東京リージョン用）の定義"+file, policy.Identity, data)
			if err != nil {
				t.Fatal(err)
			}
			documents = append(documents, d)
		}
		return reportpolicy.Judged{Analysis: access.Analyze(&access.Subject{Name: "someone", Identity: documents}), AsksForMFA: len(files) > 1}
	}
	ways, err := access.New(account.New(s)).Ascents([]string{"user/kondo.emi", "user/sato.yuki"}, "")
	if err != nil {
		t.Fatal(err)
	}
	var frameworks []*auditframework.Framework
	for _, id := range auditframework.IDs() {
		frameworks = append(frameworks, auditframework.Find(rules.Catalogue(), id))
	}
	explained := map[string]func(io.Writer, format.Options) error{}
	for _, rule := range rules.Catalogue() {
		explained["rules "+rule.ID] = func(w io.Writer, o format.Options) error {
			return catalogue.Text(w, catalogue.Listing{Rules: []*audit.Rule{rule}, Explained: true}, o)
		}
	}
	tables := map[string]func(io.Writer, format.Options) error{
		"audit": func(w io.Writer, o format.Options) error { return report.Table(w, r, o) },
		"access paths": func(w io.Writer, o format.Options) error {
			return reportaccess.Table(w, reportaccess.Paths{Ascents: ways}, o)
		},
		"inventory": func(w io.Writer, o format.Options) error { return reportinventory.Table(w, listed, o) },
		"offboard":  func(w io.Writer, o format.Options) error { return reportoffboard.Table(w, leavers, o) },
		"rules": func(w io.Writer, o format.Options) error {
			return catalogue.Text(w, catalogue.Listing{Rules: rules.Catalogue()}, o)
		},
		"rules --framework": func(w io.Writer, o format.Options) error {
			return catalogue.Text(w, catalogue.Listing{Frameworks: frameworks}, o)
		},
		"policy, an admin": func(w io.Writer, o format.Options) error { return reportpolicy.Table(w, judged("admin.json"), o) },
		"policy, leaks": func(w io.Writer, o format.Options) error {
			return reportpolicy.Table(w, judged("admin.json", "bool.json"), o)
		},
		"policy, exceptions": func(w io.Writer, o format.Options) error {
			return reportpolicy.Table(w, judged("admin.json", "exceptions.json"), o)
		},
		"policy can": func(w io.Writer, o format.Options) error {
			return reportpolicy.AnswerTable(w, reportpolicy.Answer{
				Request:  policy.Request{Action: "s3:GetObject", Resource: "arn:aws:s3:::bucket"},
				Decision: policy.Decision{Result: policy.Allowed, By: []string{strings.Repeat("許可", 30), strings.Repeat("拒否", 30)}},
			}, o)
		},
		"diff": func(w io.Writer, o format.Options) error {
			changed := japanese()
			changed.TakenAt = changed.TakenAt.Add(1)
			changed.AuthorizationDetails.Value.Users[0].Tags = nil
			return reportdiff.Table(w, diff.Compare(diff.Side{Report: r, Snapshot: s}, diff.Side{Report: &later, Snapshot: changed}), o)
		},
	}
	for name, write := range explained {
		tables[name] = write
	}
	for name, write := range tables {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, verbose := range []bool{false, true} {
				var out bytes.Buffer
				if err := write(&out, format.Options{Width: 80, Verbose: verbose}); err != nil {
					t.Fatal(err)
				}
				for line := range strings.SplitSeq(out.String(), "\n") {
					if term.Width(line) > 80 && len(strings.Fields(strings.TrimLeft(line, " -"))) > 1 {
						t.Errorf("got a line of %d columns: %s", term.Width(line), line)
					}
				}
			}
		})
	}
}
