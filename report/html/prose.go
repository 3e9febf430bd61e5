package html

import (
	"regexp"
	"strings"

	"sekisho/report/sanitize"
	"sekisho/report/wording"
)

// block is a piece of a rule's documentation: a paragraph, an item of a list, or code. Just one of Code and Spans is
// set.
type block struct {
	Code  sanitize.Text
	Item  bool
	Spans []span
}

// span is a run of text within a paragraph.
type span struct {
	Text sanitize.Text
	Code bool
	Link bool // the text is an address, too
}

var (
	// command is a line that is typed: "aws iam get-user …", "$ aws …", "sekisho audit …", after an introduction such as
	// "Command line:" or none. The dash tells an operation of aws from a sentence that goes on with "aws".
	command = regexp.MustCompile(`^((?:[-*•] )?[A-Z][\w ()-]{0,40}: )?((?:\$ )?(?:aws (?:[a-z0-9-]+ [a-z0-9]+-[a-z0-9-]+|configure)|sekisho [a-z]+)(?: .*)?)$`)
	item    = regexp.MustCompile(`^(?:[-*•]|[0-9]{1,2}[.)]) `)
)

// prose reads plain text: blank lines part paragraphs, a line that is a command, is indented by four or stands in a
// fence of ``` is code, and so is what stands in `backticks`. Nothing of it is taken for HTML.
func prose(text string) []block {
	var r proseReader
	for _, line := range strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n") {
		r.line(line)
	}
	r.endParagraph()
	r.endCode()
	return r.blocks
}

type proseReader struct {
	blocks    []block
	paragraph []string
	code      []sanitize.Text
	fenced    bool
	continued bool // the line before was code and ended in a backslash
}

func (r *proseReader) line(line string) {
	trimmed := strings.TrimSpace(line)
	switch match := command.FindStringSubmatch(trimmed); {
	case strings.HasPrefix(trimmed, "```"):
		r.endParagraph()
		r.endCode()
		r.fenced = !r.fenced
	case r.fenced:
		r.addCode(line)
	case r.continued:
		r.addCode(line)
	case trimmed == "":
		r.endParagraph()
		r.endCode()
	case match != nil:
		if match[1] != "" {
			r.endCode()
			r.text(strings.TrimSuffix(match[1], " "))
		}
		r.endParagraph()
		r.addCode(strings.TrimPrefix(match[2], "$ "))
	case strings.HasPrefix(line, "    ") || strings.HasPrefix(line, "\t"):
		r.endParagraph()
		r.addCode(trimmed)
	case wording.Page(trimmed) != "":
		r.endParagraph()
		r.endCode()
		r.blocks = append(r.blocks, block{Spans: []span{{Text: "AWS: "}, {Text: sanitize.Terminal(wording.Page(trimmed)), Link: true}}})
	default:
		r.endCode()
		r.text(trimmed)
	}
}

func (r *proseReader) text(line string) {
	if item.MatchString(line) {
		r.endParagraph()
	}
	r.paragraph = append(r.paragraph, line)
}

func (r *proseReader) addCode(line string) {
	r.code = append(r.code, sanitize.Terminal(strings.ReplaceAll(line, "\t", "    ")))
	r.continued = strings.HasSuffix(line, `\`)
}

func (r *proseReader) endParagraph() {
	if len(r.paragraph) == 0 {
		return
	}
	text := strings.Join(r.paragraph, " ")
	r.blocks = append(r.blocks, block{Item: item.MatchString(text), Spans: spans(text)})
	r.paragraph = nil
}

func (r *proseReader) endCode() {
	if len(r.code) > 0 {
		r.blocks = append(r.blocks, block{Code: sanitize.Join(r.code, "\n")})
	}
	r.code, r.continued = nil, false
}

// spans parts a paragraph at backticks. One without its fellow is a character like any other.
func spans(text string) []span {
	var list []span
	for {
		before, rest, found := strings.Cut(text, "`")
		inside, after, closed := strings.Cut(rest, "`")
		if !found || !closed || inside == "" {
			return append(list, span{Text: sanitize.Terminal(text)})
		}
		if before != "" {
			list = append(list, span{Text: sanitize.Terminal(before)})
		}
		list = append(list, span{Text: sanitize.Terminal(inside), Code: true})
		if text = after; text == "" {
			return list
		}
	}
}
