package ways

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"sekisho/audit"
	"sekisho/audit/lists"
	"sekisho/audit/message"
	"sekisho/report/page"
	"sekisho/report/term"
)

const prefix = "arn:aws:iam::123456789012:"

var testPage = page.New(Assets, fstest.MapFS{"assets/own.tmpl": {Data: []byte(`{{define "content"}}<section id="ways">{{template "ways" .}}</section>{{end}}`)}})

func render(t *testing.T, v *View) string {
	t.Helper()
	var out strings.Builder
	if err := testPage.Write(&out, page.Page{Title: "ways", View: v}); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// path is a way through others, the last of whom is the administrator. A step with a question mark hangs on something.
func path(principal string, through ...string) audit.AccessPath {
	p := audit.AccessPath{Principal: prefix + principal, Status: "can", Steps: []audit.AccessStep{}}
	from := p.Principal
	for _, to := range through {
		to, unsure := strings.CutSuffix(to, "?")
		how := message.New("assumes %s", to)
		s := audit.AccessStep{ID: "assume-role", From: from, To: prefix + to, How: how.String(), Text: how, Actions: []string{"sts:AssumeRole"}, By: []string{"of " + to + "#1"}, Sure: !unsure}
		if unsure {
			p.Status, s.HangsOn, s.HangsOnText = "possible", "a thing", message.New("a thing")
		}
		from, p.Steps = prefix+to, append(p.Steps, s)
	}
	p.To = from
	return p
}

func accountOf(list ...audit.AccessPath) *audit.AccessPaths {
	paths := &audit.AccessPaths{Counts: map[string]int{"cannot": 3}, Paths: list}
	for _, p := range list {
		paths.Counts[p.Status]++
	}
	return paths
}

// users are those of one way.
func users(n int, through ...string) (list []audit.AccessPath) {
	for i := range n {
		list = append(list, path(fmt.Sprintf("user/person-%05d", i), through...))
	}
	return list
}

func named(t *testing.T, v *View, title string) *box {
	t.Helper()
	i := slices.IndexFunc(v.Picture.Boxes, func(b *box) bool { return strings.HasPrefix(string(b.Title), title) })
	if i < 0 {
		t.Fatalf("got the boxes %q, want one that begins with %q", lists.Map(v.Picture.Boxes, func(b *box) string { return string(b.Title) }), title)
	}
	return v.Picture.Boxes[i]
}

func TestWhoHasTheSameWayStandsTogether(t *testing.T) {
	t.Parallel()
	list := append(users(12, "role/ci", "role/boss"), path("role/ci", "role/boss"), path("role/cd", "role/boss"), path("user/other", "role/ci?", "role/boss"))
	list[3].Steps[0].By = []string{"another#1"} // told apart, and drawn together
	v := New(accountOf(list...))
	if n := len(v.Picture.Boxes); n != 5 {
		t.Errorf("got %d boxes, want 5", n)
	}
	b := named(t, v, "12 users: person-00000, person-00001, ")
	if want := ": assumes role/ci"; !strings.HasSuffix(string(b.Title), want) || b.Lines[0].Text != "12 users" {
		t.Errorf("got the box %q with the lines %v, want the users and what they do", b.Title, b.Lines)
	}
	var got []string
	for _, g := range v.Groups {
		got = append(got, string(g.Heading))
	}
	want := []string{
		"2 roles can become an administrator in 1 step", "11 users can become an administrator in 2 steps",
		"user/person-00003 can become an administrator in 2 steps", "user/other can possibly become an administrator in 2 steps",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got the groups %q, want %q", got, want)
	}
	if g := v.Groups[1]; g.Steps[0].How != "each of them assumes role/ci" || g.Steps[1].How != "role/ci assumes role/boss" || b.Anchor != g.Anchor ||
		strings.Count(string(g.Names), "person-") != 11 {
		t.Errorf("got %+v, want all who go the way, and the box to lead there", g)
	}
	if on := v.Groups[3].Steps[0].On; on != "possibly: it hangs on a thing" {
		t.Errorf("got %q, want what it hangs on", on)
	}
}

// Boxes stand in the column of the steps that are left, the administrators at the right, and each edge leads one column
// on.
func TestColumnsAreSteps(t *testing.T) {
	t.Parallel()
	itself := path("user/writer", "user/writer")
	v := New(accountOf(itself, path("user/a", "role/b", "role/c", "role/boss"), path("role/b", "role/c?", "role/boss")))
	column := func(title string) int { return (named(t, v, title).X - margin) / (boxWidth + gapWidth) }
	for title, want := range map[string]int{"user/a": 0, "role/b": 1, "role/c": 2, "role/boss": 3, "user/writer": 2, "those who change": 3} {
		if got := column(title); got != want {
			t.Errorf("%s: got column %d, want %d", title, got, want)
		}
	}
	classes := map[string]int{}
	for _, e := range v.Picture.Edges {
		if e.Tip-e.X1 != gapWidth {
			t.Errorf("got the edge %+v, want one over a gap", e)
		}
		classes[string(e.Class)]++
	}
	if classes["sure"] != 4 || classes["maybe"] != 1 {
		t.Errorf("got the edges %v, want each step once, and the one that hangs on something apart", classes)
	}
	out := render(t, v)
	if !strings.Contains(out, `class="edge maybe"`) || !regexp.MustCompile(`\.edge\.maybe \{[^}]*stroke-dasharray`).MatchString(out) {
		t.Error("got no dashed edge")
	}
}

// Texts stay in their boxes, in any script, and boxes apart from one another.
func TestTextsStayInTheirBoxes(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("Ww", 32)
	for _, name := range []string{"a", long, "部署/" + strings.Repeat("管理者", 40), "a b " + long + " c", strings.Repeat("e\u0301", 64), strings.Repeat("\u202e", 64), "👩👩" + long} {
		list := append(users(5, "role/"+name, "role/boss"), path("role/"+name, "role/"+name+"2"), path("user/"+name, "user/"+name))
		list = append(list, path("user/1"+name, "role/boss"), path("user/2"+name, "role/boss"))
		v := New(accountOf(list...))
		last := map[int]int{}
		for _, b := range v.Picture.Boxes {
			if b.Y < last[b.X] || b.X < 0 || b.X+b.W > v.Picture.Width || b.Y+b.H > v.Picture.Height {
				t.Errorf("%q: got the box %q at %d, %d, want it in the picture and below the one above it", name, b.Title, b.X, b.Y)
			}
			last[b.X] = b.Y + b.H
			for i, l := range b.Lines {
				if end := l.X + int(float64(term.Width(l.Text))*perColumn); l.X < b.X || end > b.X+b.W || l.Y < b.Y+lineHeight/2 || l.Y > b.Y+b.H || i > 0 && l.Y < b.Lines[i-1].Y+lineHeight {
					t.Errorf("%q: got the line %q at %d to %d, %d, want it in the box %d to %d, %d to %d", name, l.Text, l.X, end, l.Y, b.X, b.X+b.W, b.Y, b.Y+b.H)
				}
			}
		}
	}
}

// An account of thousands, in which nobody has the same way, makes no large page; what is left out is counted.
func TestPagesAreBounded(t *testing.T) {
	t.Parallel()
	list := users(4000, "role/boss")
	for i := range list {
		list[i].Steps[0].By = []string{fmt.Sprintf("policy-%d#1", i%1000)}
		if i >= 2000 {
			list[i].Steps[0].How, list[i].Steps[0].Text = "", message.New("assumes %s in a way of their own, %d", "role/boss", i)
		}
		list[i].Steps[0].How = list[i].Steps[0].Text.String()
	}
	deep := []string{}
	for i := range mostSteps + 1 {
		deep = append(deep, fmt.Sprintf("role/r-%d", i))
	}
	v := New(accountOf(append(list, path("user/deep", deep...))...))
	out := render(t, v)
	if len(out) > 200_000 {
		t.Errorf("got %d bytes, want at most 200,000", len(out))
	}
	perLayer := map[int]int{}
	for _, b := range v.Picture.Boxes {
		perLayer[b.X]++
	}
	for x, n := range perLayer {
		if n > mostRows+1 {
			t.Errorf("got %d boxes in the column at %d, want at most %d", n, x, mostRows+1)
		}
	}
	named(t, v, "2,000 users: person-00000, ")
	named(t, v, "and 1,992 principals, not drawn here")
	named(t, v, "and 1 principal, not drawn here")
	if want := "and 2,851 more ways of 3,701 principals"; string(v.Rest) != want || len(v.Groups) != mostGroups {
		t.Errorf("got %d groups and %q, want %d and %q", len(v.Groups), v.Rest, mostGroups, want)
	}
	if want := `id="ways-rest">… ` + string(v.Rest) + `: <code>sekisho access paths</code>`; !strings.Contains(out, want) {
		t.Errorf("got no %q", want)
	}
}

// A picture is well-formed, reached by keyboard, and each box leads to a place of the page.
func TestBoxesAreLinks(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"plain", `<b>"'&`, "]]>", "</svg><script>x</script>", "\x1b[31m\u202e{{.}}", "javascript:x"} {
		list := append(users(mostRows*3, "role/"+name, "role/boss?"), path("role/"+name, "role/boss"))
		for i := range list[:mostRows*2] {
			list[i].Steps[0].How, list[i].Steps[0].Text = fmt.Sprint(name, i), message.New("%s", fmt.Sprint(name, i))
		}
		v := New(accountOf(list...))
		out := render(t, v)
		ids, links, boxes := map[string]int{}, []string{}, 0
		text := regexp.MustCompile(`(?s)<style>.*?</style>|<!DOCTYPE html>`).ReplaceAllString(out, "")
		decoder := xml.NewDecoder(strings.NewReader(text))
		for {
			token, err := decoder.Token()
			if errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatal(err)
			}
			element, ok := token.(xml.StartElement)
			if !ok {
				continue
			}
			attributes := map[string]string{}
			for _, a := range element.Attr {
				attributes[a.Name.Local] = a.Value
			}
			ids[attributes["id"]]++
			switch {
			case element.Name.Local == "script" || element.Name.Local == "b":
				t.Errorf("%q: got the element %s", name, element.Name.Local)
			case strings.HasPrefix(attributes["class"], "box "):
				boxes++
			case element.Name.Local == "a" && attributes["aria-label"] != "":
				links = append(links, attributes["href"])
			}
		}
		if len(links) != boxes || boxes != len(v.Picture.Boxes) {
			t.Errorf("%q: got %d links for %d of %d boxes, want one each", name, len(links), boxes, len(v.Picture.Boxes))
		}
		for _, link := range links {
			if ids[strings.TrimPrefix(link, "#")] != 1 {
				t.Errorf("%q: got a link to %q, want a place of the page", name, link)
			}
		}
		if strings.ContainsAny(out, "\x1b\u202e") {
			t.Errorf("%q: got a control character", name)
		}
	}
}

func TestWhatIsNotKnownIsLoud(t *testing.T) {
	t.Parallel()
	nobody, loud := "Nobody can become an administrator who isn", `<strong>Not known.</strong>`
	out := render(t, New(accountOf()))
	if !strings.Contains(out, nobody) || strings.Contains(out, loud) || strings.Contains(out, "<svg") {
		t.Errorf("got %s, want one sentence", out)
	}
	unknown := audit.AccessPath{Principal: prefix + "user/a", Status: "unknown", Reason: "a policy is torn"}
	other := unknown
	other.Principal, other.Status = prefix+"user/b", "of a later version"
	gap := accountOf(unknown, other)
	gap.Counts["unknown"], gap.Gaps = 2, []message.Message{message.New("the list of roles is not complete")}
	out = render(t, New(gap))
	if strings.Contains(out, nobody) || strings.Count(out, loud) != 2 || !strings.Contains(out, "user/b: not known: a policy is torn") {
		t.Errorf("got %s, want both who are not known, and what is not", out)
	}
	if New(nil) != nil {
		t.Error("got a view of a report that has no ways")
	}
}

// Who is named is told of, whatever is to be told.
func TestWhoHasNoWayIsListed(t *testing.T) {
	t.Parallel()
	list := []audit.AccessPath{}
	for _, status := range []string{"administrator", "cannot", "not_applicable"} {
		list = append(list, audit.AccessPath{Principal: prefix + "role/" + status, Status: status, Reason: "it is linked"})
	}
	maybe := audit.AccessPath{Principal: prefix + "user/maybe", Status: "possible", To: prefix + "user/maybe", HangsOn: "what user/maybe may do hangs on conditions of which nothing is known"}
	second := maybe
	second.Principal, second.To = prefix+"user/second", prefix+"user/second"
	v := New(accountOf(append(list, maybe, second)...))
	out := render(t, v)
	for _, want := range []string{
		"role/administrator: an administrator already<", "role/cannot can&#39;t become an administrator<", "role/not_applicable: not judged: it is linked<",
		"2 users: possibly an administrator already<", "possibly: what they may do hangs on conditions of which nothing is known<",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("got no %q in %s", want, out)
		}
	}
	if b := named(t, v, "2 users: maybe, second, possibly an administrator"); b.Class != "user end maybe" || len(v.Picture.Boxes) != 1 {
		t.Errorf("got the boxes %+v, want the two as one, dashed", b)
	}
}

// People from outside come first, and leave room for others.
func TestThoseFromOutsideComeFirst(t *testing.T) {
	t.Parallel()
	paths := accountOf(users(30, "role/boss")...)
	for i := range mostRows {
		who := message.New("someone who signs in at saml-provider/%d", i)
		p := path("", fmt.Sprintf("role/door-%d", i), "role/boss")
		p.Principal, p.Who, p.Steps[0].From = who.String(), who, who.String()
		paths.Outside = append(paths.Outside, p)
	}
	double := paths.Outside[0]
	double.Principal, double.Who = "anybody", message.New("anybody")
	paths.Outside = append(paths.Outside, double)
	v := New(paths)
	if v.Outside != "10 ways begin outside the account" || v.Others != 40 {
		t.Errorf("got %q and %d, want both counted", v.Outside, v.Others)
	}
	if b := named(t, v, "2 from outside: someone who signs in at saml-provider/0, anybody: assumes role/door-0"); b.Class != "outside" {
		t.Errorf("got the class %q, want them to look like those from outside", b.Class)
	}
	named(t, v, "30 users: ")
	if g := v.Groups[0]; g.Heading != "2 from outside can become an administrator in 2 steps" || g.Steps[0].How != "each of them assumes role/door-0" {
		t.Errorf("got %+v first, want those from outside", g)
	}
	if g := v.Groups[1]; g.Steps[0].How != "someone who signs in at saml-provider/1 assumes role/door-1" {
		t.Errorf("got %+v, want them by their words", g)
	}
}
