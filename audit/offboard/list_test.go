package offboard_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/text/encoding/japanese"

	"sekisho/audit/emulator"
	"sekisho/audit/offboard"
)

// A list of leavers is read in each of the forms in which spreadsheets save it.
func TestLeavers(t *testing.T) {
	t.Parallel()
	const plain = "氏名,User,Email,last_day,UNIQUE_ID\n" +
		"佐藤 雪,sato.yuki,,2026-10-31,AIDAVOWIWLHQMEXAMPLE\n" +
		"\"表示, 能\",,mori@client.example,2026/3/1,\n" +
		",,,,\n" +
		"ソ　ー,arn:aws:iam::123456789012:user/partners/ota.vendor,ota@vendor.example,,\n"
	sjis, err := japanese.ShiftJIS.NewEncoder().String(plain)
	if err != nil {
		t.Fatal(err)
	}
	for form, content := range map[string]string{
		"UTF-8": plain, "with a byte order mark": "\ufeff" + plain, "with CRLF": strings.ReplaceAll(plain, "\n", "\r\n"),
		"spelt otherwise": strings.Replace(plain, "Email,last_day,UNIQUE_ID", "E-Mail,Last Day,unique-id", 1),
		"Shift_JIS":       sjis, "Shift_JIS with CRLF": strings.ReplaceAll(sjis, "\n", "\r\n"), "quoted header": strings.Replace("\ufeff"+plain, "氏名,User", `"氏名"," user "`, 1),
	} {
		people, err := offboard.ReadLeavers(strings.NewReader(content), "leavers.csv")
		if err != nil || len(people) != 3 {
			t.Errorf("%s: got %v and %v, want three people", form, people, err)
			continue
		}
		a, b, c := people[0], people[1], people[2]
		if a.Query != "sato.yuki" || a.User != "sato.yuki" || a.LastDay.String() != "2026-10-31" || a.UniqueID != "AIDAVOWIWLHQMEXAMPLE" || a.Line != 2 {
			t.Errorf("%s: got %+v, want sato.yuki of line 2", form, a)
		}
		if b.Query != "mori@client.example" || b.Tag != b.Query || b.LastDay.String() != "2026-03-01" || b.Line != 3 {
			t.Errorf("%s: got %+v, want the address of line 3", form, b)
		}
		if c.User != "ota.vendor" || c.ARN == "" || c.LastDay != nil || c.Line != 5 {
			t.Errorf("%s: got %+v, want the user of the ARN of line 5", form, c)
		}
	}
}

// The list in the tree, as a Japanese spreadsheet saved it, leads to the right verdicts.
func TestLeaversInShiftJIS(t *testing.T) {
	t.Parallel()
	f, err := os.Open(filepath.Join("..", "..", "testdata", "offboard", "leavers-sjis.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	people, err := offboard.ReadLeavers(f, "leavers-sjis.csv")
	if err != nil {
		t.Fatal(err)
	}
	of := accountOf(person{name: "Sato.Yuki", path: "/tokyo/", password: true}, person{name: "ito", tags: tag("email", "ITO@example.com")})
	r := look(t, of, emulator.Options{}, people, offboard.Options{})
	for i, want := range []offboard.Verdict{offboard.Active, offboard.Disabled, offboard.Gone, offboard.NotFound} {
		if got := r.People[i]; got.Verdict != want {
			t.Errorf("got %s for %s, want %s: %s", got.Verdict, got.Query, want, got.Summary)
		}
	}
}

// Nothing in a list is guessed: what is wrong is an error with its line.
func TestBadLists(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ content, want string }{
		{"", "reading the list l.csv: got an empty file, want a header that names user or email"},
		{"氏名,社員番号\nx,1\n", `reading the list l.csv: line 1: got the header "氏名", "社員番号", want one with a column user or email`},
		{"user,last_day\n", "reading the list l.csv: got a header and nobody below it, want at least one person"},
		{"user,last_day\n,\n", "reading the list l.csv: got a header and nobody below it, want at least one person"},
		{"user,last_day\nalice,1989-12-31\n", `reading the list l.csv: line 2: last_day: got the day "1989-12-31", want one of the years 1990 to 2100`},
		{"user,last_day\nalice,0026/1/2\n", `reading the list l.csv: line 2: last_day: got the day "0026/1/2", want one of the years 1990 to 2100`},
		{"user,last_day\nalice,2101-01-01\n", `reading the list l.csv: line 2: last_day: got the day "2101-01-01", want one of the years 1990 to 2100`},
		{"user;last_day\nalice;2026-01-01\n", `reading the list l.csv: line 1: got the header "user;last_day", want one with a column user or email`},
		{"user,User\na,b\n", "reading the list l.csv: line 1: got the column user twice, want it once"},
		{"user,last_day\nalice,2026-13-01\n", `reading the list l.csv: line 2: last_day: got the day "2026-13-01", want one such as 2026-10-31 or 2026/10/31`},
		{"user,last_day\r\n\"alice\",31.10.2026\r\n", `reading the list l.csv: line 2: last_day: got the day "31.10.2026", want one such as 2026-10-31 or 2026/10/31`},
		{"user,last_day\nalice,2026-01-01\n\nbob\n", "reading the list l.csv: line 4: wrong number of fields"},
		{"user\nalice smith\n", `reading the list l.csv: line 2: got the user "alice smith", want the name of an IAM user`},
		{"email\nalice\n", `reading the list l.csv: line 2: got the email "alice", want an address such as alice@example.com`},
		{"user,unique_id\nalice,12\n", `reading the list l.csv: line 2: got the unique_id "12", want that of a user, such as AIDACKCEVSQ6C2EXAMPLE`},
		{"user,unique_id\nalice,AKIAIOSFODNN7EXAMPLE\n", `reading the list l.csv: line 2: got the unique_id "AKIAIOSFODNN7EXAMPLE", want that of a user, such as AIDACKCEVSQ6C2EXAMPLE`},
		{"user,unique_id\nalice,aidackcevsq6c2example\n", `reading the list l.csv: line 2: got the unique_id "aidackcevsq6c2example", want that of a user, such as AIDACKCEVSQ6C2EXAMPLE`},
		{"user,last_day\n,2026-01-01\n", "reading the list l.csv: line 2: got neither user nor email, want one of them"},
		{"user\narn:aws:iam::123456789012:role/x\n", `reading the list l.csv: line 2: got the ARN "arn:aws:iam::123456789012:role/x", want an IAM user's such as arn:aws:iam::123456789012:user/alice`},
		{"user\nalice\nbob\nALICE\n", `reading the list l.csv: line 4: got the user "alice", which line 2 has already, want each person once`},
		{"user\n\"alice\nbob\n", `reading the list l.csv: line 2: extraneous or missing " in quoted-field`},
		{"\x00user\nalice\n", "reading the list l.csv: got UTF-16 or no text at all, want CSV in UTF-8 or Shift_JIS"},
		{"\xff\xfeu\x00s\x00", "reading the list l.csv: got UTF-16 or no text at all, want CSV in UTF-8 or Shift_JIS"},
		{"\ufeffuser\n\xff\n", "reading the list l.csv: got a byte order mark of UTF-8 and text that is not UTF-8, want one encoding"},
		{"user,email,E-Mail\na,,\n", "reading the list l.csv: line 1: got the column email twice, want it once"},
		{"user,name\r\nalice,\x95\x5c\r\nbob,\xf0\x40\r\n", "reading the list l.csv: line 3: got text that is neither UTF-8 nor Shift_JIS, want one of them"},
		{"user\n\xff\xff\n", "reading the list l.csv: line 2: got text that is neither UTF-8 nor Shift_JIS, want one of them"},
	} {
		people, err := offboard.ReadLeavers(strings.NewReader(test.content), "l.csv")
		var list *offboard.ListError
		if people != nil || !errors.As(err, &list) || err.Error() != test.want {
			t.Errorf("got %v and the error %q for %q, want none and %q", people, err, test.content, test.want)
		}
	}
}

// The first and the last day that a list may have are read.
func TestDays(t *testing.T) {
	t.Parallel()
	for _, day := range []string{"1990-01-01", "2100-12-31"} {
		if got, err := offboard.ParseDay(day); err != nil || got.String() != day {
			t.Errorf("got %v and %v for %s, want that day", got, err, day)
		}
	}
}

// The staff are those of the list.
func TestReadStaff(t *testing.T) {
	t.Parallel()
	staff, err := offboard.ReadStaff(strings.NewReader("email,user,dept\na@example.com,,x\n,bob,y\n,arn:aws:iam::999999999999:user/dave,z\n"), "staff.csv")
	if err != nil {
		t.Fatal(err)
	}
	bob, dave := offboard.StaffRow{Line: 3, User: "bob"}, offboard.StaffRow{Line: 4, User: "dave", Account: "999999999999"}
	if len(staff.Rows) != 3 || staff.Rows[0].Email != "a@example.com" || staff.Rows[1] != bob || staff.Rows[2] != dave {
		t.Errorf("got %+v, want an address, bob, and dave of another account", staff.Rows)
	}
	if _, err := offboard.ReadStaff(strings.NewReader("name\nx\n"), "staff.csv"); err == nil {
		t.Error("got no error for a list without user and email, want one")
	}
}
