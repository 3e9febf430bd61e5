package page

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"html"
	"io"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
)

var files = fstest.MapFS{
	"assets/a.css":  {Data: []byte(".a { color: red; }\n")},
	"assets/b.css":  {Data: []byte(".b { color: blue; }\n")},
	"assets/x.tmpl": {Data: []byte(`{{define "content"}}<section id="one"><h1>{{.}}</h1></section>{{end}}`)},
	"assets/x.js":   {Data: []byte(`"use strict"; document.title += " & more";`)},
}

func write(t *testing.T, k *Kind, p Page) string {
	t.Helper()
	var out bytes.Buffer
	if err := k.Write(&out, p); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func sample() Page {
	return Page{Title: "<acme>", Tool: "sekisho 1", Schema: "s/v1", Legend: "A ? is unknown.", View: "<b>", Contents: []Entry{{"one", "The one", "3"}, {Anchor: "one", Title: "Again"}}}
}

func TestPolicyAllowsJustWhatIsInline(t *testing.T) {
	t.Parallel()
	without := fstest.MapFS{"assets/x.tmpl": files["assets/x.tmpl"]}
	for name, k := range map[string]*Kind{"with a script": New(files), "without": New(without)} {
		out := write(t, k, sample())
		want := "default-src 'none'; style-src " + digest(inside(out, "style"))
		if name == "with a script" {
			want += "; script-src " + digest(inside(out, "script"))
		} else if strings.Contains(out, "<script") {
			t.Errorf("%s: got a script, want none", name)
		}
		want += "; base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
		m := regexp.MustCompile(`http-equiv="Content-Security-Policy" content="([^"]*)"`).FindStringSubmatch(out)
		if m == nil || html.UnescapeString(m[1]) != want {
			t.Errorf("%s: got the policy %q, want %q", name, m, want)
		}
	}
}

func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

func inside(out, element string) string {
	_, rest, _ := strings.Cut(out, "<"+element+">")
	text, _, _ := strings.Cut(rest, "</"+element+">")
	return text
}

func TestStylesAreTheCommonOneAndThenTheKindsInOrder(t *testing.T) {
	t.Parallel()
	style := inside(write(t, New(files), sample()), "style")
	own := ".a { color: red; }\n.b { color: blue; }\n"
	if !strings.HasPrefix(style, ":root {") || !strings.HasSuffix(style, own) {
		t.Errorf("got the style %q…, want the common one and then %q", style[:40], own)
	}
}

func TestPageIsWellFormedAndEscapesItsView(t *testing.T) {
	t.Parallel()
	for _, demo := range []bool{true, false} {
		p := sample()
		p.Demo = demo
		out := write(t, New(files), p)
		for _, want := range []string{"<h1>&lt;b&gt;</h1>", "A ? is unknown.", `<a href="#one">The one <span class="n">3</span></a>`, `<a href="#one">Again</a>`, "<code>s/v1</code>"} {
			if !strings.Contains(out, want) {
				t.Errorf("got no %s", want)
			}
		}
		title := "<title>&lt;acme&gt;</title>"
		if demo {
			title = "<title>&lt;acme&gt; (demo)</title>"
		}
		if !strings.Contains(out, title) || strings.Contains(out, "<strong>Demo.</strong>") != demo {
			t.Errorf("demo %t: got a page that says otherwise", demo)
		}
		decoder := xml.NewDecoder(strings.NewReader(regexp.MustCompile(`(?s)<(style|script)>.*?</(style|script)>|<!DOCTYPE html>`).ReplaceAllString(out, "")))
		for {
			if _, err := decoder.Token(); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatal(err)
			}
		}
	}
	p := sample()
	p.Contents = nil
	if out := write(t, New(files), p); strings.Contains(out, "<nav") {
		t.Error("got a list of sections, want none where there are none")
	}
}

type full struct{}

var errFull = errors.New("disk full")

func (full) Write([]byte) (int, error) { return 0, errFull }

// A style sheet that can't be read is a fault of the program, which a page without it would hide.
func TestAssetsThatCannotBeReadPanic(t *testing.T) {
	t.Parallel()
	for name, read := range map[string]func(){
		"a folder in the place of a file": func() { all(fstest.MapFS{"assets/a.css/b": {}}, "*.css") },
		"a pattern that isn't one":        func() { all(files, "[") },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: got no panic, want one", name)
				}
			}()
			read()
		}()
	}
}

func TestErrorsAreReturned(t *testing.T) {
	t.Parallel()
	if err := New(files).Write(full{}, sample()); !errors.Is(err, errFull) {
		t.Errorf("got %v, want the writer's error", err)
	}
	broken := fstest.MapFS{"assets/x.tmpl": {Data: []byte(`{{define "content"}}{{.Missing}}{{end}}`)}}
	if err := New(broken).Write(io.Discard, sample()); err == nil || !strings.Contains(err.Error(), "Missing") {
		t.Errorf("got %v, want the template's error", err)
	}
}
