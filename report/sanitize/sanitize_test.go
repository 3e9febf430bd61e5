package sanitize

import (
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestTerminal(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"":                              "",
		"alice@example.com":             "alice@example.com",
		"山田太郎":                          "山田太郎",
		"か\u3099":                       "か\u3099",
		"全角\u3000空白":                    "全角\u3000空白",
		"Nguyễn":                        "Nguyễn",
		"a\x1b[31mred":                  `a\u001b[31mred`,
		"a\u009b31mred":                 `a\u009b31mred`,
		"one\ntwo\r\tthree":             `one\ntwo\r\tthree`,
		"nul\x00bel\x07del\x7f":         `nul\u0000bel\u0007del\u007f`,
		"evil\u202egnp.exe":             `evil\u202egnp.exe`,
		"iso\u2066late\u2069":           `iso\u2066late\u2069`,
		"zero\u200bwidth":               `zero\u200bwidth`,
		"soft\u00adhyphen":              `soft\u00adhyphen`,
		"bom\ufeff":                     `bom\ufeff`,
		"line\u2028sep\u2029":           `line\u2028sep\u2029`,
		"tag\U000e0041":                 `tag\U000e0041`,
		"no\u00a0break":                 `no\u00a0break`,
		"filler\u3164":                  `filler\u3164`,
		"selector\ufe0f":                `selector\ufe0f`,
		"private\ue000":                 `private\ue000`,
		"bad\xffbyte\xc3":               `bad\xffbyte\xc3`,
		"replacement\ufffd":             "replacement\ufffd",
		"\u0301first":                   `\u0301first`,
		"a\u0301\u0301\u0301":           "a\u0301\u0301\u0301",
		"a\u0301\u0301\u0301\u0301":     "a\u0301\u0301\u0301" + `\u0301`,
		"a\u0301\u0301\u0301\xff\u0301": "a\u0301\u0301\u0301" + `\xff` + "\u0301", // what is written for a byte takes marks again
		"a\u0301\u0301\u0301\x1b\u0301": "a\u0301\u0301\u0301" + `\u001b` + "\u0301",
	} {
		if got := Terminal(in); string(got) != want {
			t.Errorf("Terminal(%q): got %q, want %q", in, got, want)
		}
	}
}

func TestJoinAndLines(t *testing.T) {
	t.Parallel()
	for want, parts := range map[Text][]Text{"": nil, "a": {"a"}, "a\nb\n\nc": {"a", "b", "", "c"}} {
		if got := Join(parts, "\n"); got != want {
			t.Errorf("got %q of %q, want %q", got, parts, want)
		}
		if got := slices.Collect(Lines(want)); len(parts) > 0 && !slices.Equal(got, parts) {
			t.Errorf("got the lines %q of %q, want %q", got, want, parts)
		}
	}
	for line := range Lines("a\nb") {
		if line == "b" {
			t.Error("got a second line after the end of the loop, want none")
		}
		break
	}
}

func TestWriteCSV(t *testing.T) {
	t.Parallel()
	rows := slices.Values([][]Cell{{"a", "b"}, {CSV("x,y"), CSV("=1")}})
	for mark, bom := range map[string]bool{"": false, "\ufeff": true} {
		var got strings.Builder
		if err := WriteCSV(&got, "the list", bom, rows); err != nil || got.String() != mark+"a,b\n\"x,y\",'=1\n" {
			t.Errorf("got %q (%v), want two rows behind %q", got.String(), err, mark)
		}
	}
	for _, row := range [][]Cell{{"a"}, {Cell(strings.Repeat("a", 1<<18))}} {
		reader, writer := io.Pipe()
		reader.Close()
		err := WriteCSV(writer, "the list", false, slices.Values([][]Cell{row, row}))
		if !errors.Is(err, io.ErrClosedPipe) || !strings.HasPrefix(err.Error(), "writing the list as CSV: ") {
			t.Errorf("got %v of a closed pipe, want that, and what was written", err)
		}
	}
}

func TestCSV(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"":                  "",
		"   ":               "   ",
		"alice":             "alice",
		"a=b":               "a=b",
		"=cmd|'/C calc'!A0": "'=cmd|'/C calc'!A0",
		"+1":                "'+1",
		"-1":                "'-1",
		"@SUM(A1)":          "'@SUM(A1)",
		"\t=1":              `'\t=1`,
		"\r=1":              `'\r=1`,
		"  =1":              "'  =1",
		"＝1":                "'＝1",
		"a\u202eb":          `a\u202eb`,
		"a;b; c":            "a;b; c",
		"a;=1;\u3000@x;b":   "a\\u003b=1\\u003b\u3000@x;b",
		";-1":               `\u003b-1`,
	} {
		if got := CSV(in); string(got) != want {
			t.Errorf("CSV(%q): got %q, want %q", in, got, want)
		}
	}
}

func TestMarkdown(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"alice":                  "alice",
		"user/bob":               "user/bob",
		"a|b":                    `a\|b`,
		"<script>":               "&lt;script&gt;",
		"&amp;":                  "&amp;amp;",
		"[x](javascript:y)":      `\[x\](javascript:y)`,
		"![i](u)":                `!\[i\](u)`,
		"**bold** `code`":        "\\*\\*bold\\*\\* \\`code\\`",
		"https://evil.example/":  `https&#58;//evil.example/`,
		"@everyone":              "&#64;everyone",
		"WWW.evil.example":       `WWW\.evil.example`,
		"- a - b":                `\- a - b`,
		"  + a":                  `  \+ a`,
		"# a #b #1":              `\# a #b \#1`,
		"=== =":                  `\=== =`,
		"12. a 1. 2)":            `12\. a 1. 2)`,
		"3) a":                   `3\) a`,
		"GH-12 a-1":              `GH\-12 a-1`,
		"_a_ a_b __c":            `\_a\_ a_b \_\_c`,
		"arn:aws:iam::12:u/x":    "arn&#58;aws&#58;iam::12:u/x",
		":100: :+1: 17:58:03 a:": "&#58;100: &#58;+1: 17:58:03 a:",
		"two\nlines":             `two\\nlines`,
		"山田":                     "山田",
	} {
		if got := Markdown(in); string(got) != want {
			t.Errorf("Markdown(%q): got %q, want %q", in, got, want)
		}
	}
}

// A program takes either; a person who reads JSON takes what everybody can see.
func TestJSONKeepsWhatIsSeen(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`"関所 été €"`: `"関所 été €"`, `"a\u202eb"`: `"a\u202eb"`, "\"a\u202eb\"": `"a\u202eb"`, "\"\x7f\"": `"\u007f"`,
		"\"\xff\"": `"\ufffd"`, "\"\U0001F600\U000E0041\"": "\"\U0001F600\\udb40\\udc41\"",
	} {
		if got := string(JSON([]byte(text))); got != want {
			t.Errorf("JSON(%q): got %q, want %q", text, got, want)
		}
	}
}

func TestAddressOfAnybodyIsNoLink(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"https://docs.aws.amazon.com/IAM/latest/UserGuide/id_root-user.html":     "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_root-user.html",
		"https://docs.aws.amazon.com.evil.example/a.html":                        "https&#58;//docs.aws.amazon.com.evil.example/a.html",
		"https://docs.aws.amazon.com/a.html](https://docs.aws.amazon.com/b.html": "https&#58;//docs.aws.amazon.com/a.html\\](https&#58;//docs.aws.amazon.com/b.html",
	} {
		if got := Address(in); string(got) != want {
			t.Errorf("Address(%q): got %q, want %q", in, got, want)
		}
	}
}

func FuzzSanitize(f *testing.F) {
	for _, s := range []string{"alice", "a\x1b[2J", "\u202e", "=1", "\xff\xfe", "山\u3099\u3099\u3099\u3099", "\U000e0001", "|`<>", "\\u202e"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		line := string(Terminal(s))
		if !utf8.ValidString(line) {
			t.Fatalf("Terminal(%q): got %q, which is not UTF-8", s, line)
		}
		marks := maxMarks
		for _, r := range line {
			if !Visible(r) {
				t.Fatalf("Terminal(%q): got %q with the invisible %U", s, line, r)
			}
			if unicode.Is(unicode.M, r) {
				if marks++; marks > maxMarks {
					t.Fatalf("Terminal(%q): got %q with a mark too many", s, line)
				}
			} else {
				marks = 0
			}
		}
		if again := string(Terminal(line)); again != line {
			t.Fatalf("Terminal(%q): got %q, and %q the second time", s, line, again)
		}

		for cell := range strings.SplitSeq(string(CSVList([]string{s, s})), ";") {
			if strings.ContainsRune("=+-@\t\r", rune(strings.TrimLeft(cell+"x", " ")[0])) {
				t.Fatalf("CSVList of %q: got the formula %q", s, cell)
			}
		}
		if md := string(Markdown(s)); strings.ContainsAny(md, "<>\n") {
			t.Fatalf("Markdown(%q): got %q", s, md)
		}

		encoded, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		safe := JSON(encoded)
		for _, r := range string(safe) {
			if !Visible(r) {
				t.Fatalf("JSON(%q): got %q with the invisible %U", encoded, safe, r)
			}
		}
		var before, after string
		if err := json.Unmarshal(encoded, &before); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(safe, &after); err != nil || after != before {
			t.Fatalf("JSON(%q): got %q, %v, want %q", encoded, after, err, before)
		}
	})
}
