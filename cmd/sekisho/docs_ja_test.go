package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// translatedPages are the pages that stand in Japanese, too, from the module's root.
var translatedPages = []string{"README.md", "cmd/sekisho/RUNNING.md", "audit/access/MFA.md"}

// outline is what a page has in any language: the depths of its headings, the columns of its tables' rows, and its
// commands and outputs, without comments that speak to people.
func outline(page string) (headings, rows, code []string) {
	comment := regexp.MustCompile(`\s*# .*|[ぁ-ん].*`)
	fenced := false
	for line := range strings.Lines(page) {
		line = strings.TrimRight(line, "\n")
		switch {
		case strings.HasPrefix(line, "```"):
			fenced = !fenced
			code = append(code, line)
		case fenced || strings.HasPrefix(line, "    "):
			code = append(code, strings.TrimRight(comment.ReplaceAllString(line, ""), " "))
		case strings.HasPrefix(line, "#"):
			marks, _, _ := strings.Cut(line, " ")
			headings = append(headings, marks)
		case strings.HasPrefix(line, "|"):
			rows = append(rows, strings.Repeat("|", strings.Count(line, "|")))
		}
	}
	return headings, rows, code
}

// A page in Japanese has the sections, tables, commands and outputs of the English one: what the tests of that one hold
// is true of it, too.
func TestTranslatedPagesSayTheSame(t *testing.T) {
	t.Parallel()
	for _, name := range translatedPages {
		english, japanese := read(t, "..", "..", name), read(t, "..", "..", strings.TrimSuffix(name, ".md")+".ja.md")
		wantHeadings, wantRows, wantCode := outline(english)
		headings, rows, code := outline(japanese)
		for _, part := range []struct {
			what      string
			got, want []string
		}{{"headings", headings, wantHeadings}, {"rows of tables", rows, wantRows}, {"lines of code", code, wantCode}} {
			if slices.Equal(part.got, part.want) {
				continue
			}
			i := 0
			for i < min(len(part.got), len(part.want)) && part.got[i] == part.want[i] {
				i++
			}
			t.Errorf("%s: got %d %s in Japanese, want %d; the first difference is number %d: got %q, want %q",
				name, len(part.got), part.what, len(part.want), i+1, strings.Join(part.got[i:min(i+1, len(part.got))], ""), strings.Join(part.want[i:min(i+1, len(part.want))], ""))
		}
	}
}

var linkOfPage = regexp.MustCompile(`\]\(([^)#:]*)(#[^)]+)?\)`)

// anchorOf is what a heading is reached by, as GitHub makes it.
func anchorOf(heading string) string {
	text := strings.ToLower(strings.TrimLeft(heading, "# "))
	return "#" + strings.ReplaceAll(regexp.MustCompile(`[^\p{L}\p{N}\p{M} _-]`).ReplaceAllString(text, ""), " ", "-")
}

func TestLinksOfTranslatedPagesLead(t *testing.T) {
	t.Parallel()
	for _, name := range translatedPages {
		name = strings.TrimSuffix(name, ".md") + ".ja.md"
		for _, link := range linkOfPage.FindAllStringSubmatch(read(t, "..", "..", name), -1) {
			target := filepath.Join(filepath.Dir(name), link[1])
			if link[1] == "" {
				target = name
			}
			if _, err := os.Stat(filepath.Join("..", "..", target)); err != nil {
				t.Errorf("%s: got a link to %s, want one to what is there", name, target)
			}
			if link[2] == "" {
				continue
			}
			page := read(t, "..", "..", target)
			found := slices.ContainsFunc(strings.Split(page, "\n"), func(line string) bool { return strings.HasPrefix(line, "#") && anchorOf(line) == link[2] })
			if !found {
				t.Errorf("%s: got a link to %s%s, where no heading is", name, target, link[2])
			}
		}
	}
}
