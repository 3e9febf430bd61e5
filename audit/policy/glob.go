package policy

import "strings"

// Glob is a resource pattern as one string, in which the control characters below stand for wildcards; so * and ?
// that a variable's value brought in stay plain text.
type Glob string

const (
	globRun      = '\x00' // any characters, even none
	globOne      = '\x01' // one character
	globField    = '\x02' // any characters but colons, even none
	globFieldOne = '\x03' // one character but a colon
	globName     = '\x04' // any characters but slashes; in ARN formats only
	globOpaque   = '\x05' // a text that nobody knows and that equals nothing else
)

const GlobAll = Glob("\x00")

// maxGlobWork bounds one comparison of globs; ARNs have at most some 2,000 characters. Beyond, the answer is the
// careful one.
const maxGlobWork = 1 << 22

// globOf makes a glob of a pattern's tokens, variables resolved; a variable that is left stands for opaque text.
func globOf(tokens []token) Glob {
	var b strings.Builder
	size := 0
	for i := range tokens {
		size += 1 + len(tokens[i].text)
	}
	b.Grow(size)
	for i := range tokens {
		switch t := &tokens[i]; t.kind {
		case anyRun:
			b.WriteByte(globRun)
		case anyOne:
			b.WriteByte(globOne)
		case fieldRun:
			b.WriteByte(globField)
		case fieldOne:
			b.WriteByte(globFieldOne)
		case variable:
			b.WriteByte(globOpaque)
		default:
			for i := range len(t.text) {
				if t.text[i] <= globOpaque {
					b.WriteByte(' ')
				} else {
					b.WriteByte(t.text[i])
				}
			}
		}
	}
	return Glob(normalRuns(b.String()))
}

// normalRuns puts "*?" as "?*" and "**" as "*", so that equal patterns are equal texts.
func normalRuns(s string) string {
	if !strings.Contains(s, "\x00\x00") && !strings.Contains(s, "\x00\x01") {
		return s
	}
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); {
		if s[i] != globRun && s[i] != globOne {
			out = append(out, s[i])
			i++
			continue
		}
		run := false
		for ; i < len(s) && (s[i] == globRun || s[i] == globOne); i++ {
			if s[i] == globRun {
				run = true
			} else {
				out = append(out, globOne)
			}
		}
		if run {
			out = append(out, globRun)
		}
	}
	return string(out)
}

// Text writes the glob as policies do.
func (g Glob) Text() string { return globText.Replace(string(g)) }

var globText = strings.NewReplacer("\x00", "*", "\x01", "?", "\x02", "*", "\x03", "?", "\x04", "*", "\x05", "…")

// Texts returns what all that the glob matches begins with, and the longest text that is in the rest of all of it.
func (g Glob) Texts() (begin, longest string) {
	for from := 0; from <= len(g); {
		to := from
		for to < len(g) && g[to] > globOpaque {
			to++
		}
		if text := string(g[from:to]); from == 0 {
			begin = text
		} else if len(text) > len(longest) {
			longest = text
		}
		from = to + 1
	}
	return begin, longest
}

// Aligned returns the pattern of an ARN with its wildcards kept within the fields that they stand in.
func (g Glob) Aligned() Glob {
	if strings.Count(string(g), ":") < arnFields-1 {
		return g
	}
	var out []byte // where it differs
	for i, colons := 0, 0; colons < arnFields-1; i++ {
		switch g[i] {
		case ':':
			colons++
		case globRun, globOne:
			if out == nil {
				out = []byte(g)
			}
			out[i] += globField - globRun
		}
	}
	if out == nil {
		return g
	}
	return Glob(out)
}

// Contains reports whether every text that g matches is matched by d too. It is never wrong when it says yes; it misses
// inclusions only where d has a ? at the place of a run of g, which errs on the side of "not protected".
func (d Glob) Contains(g Glob) bool {
	if d == GlobAll || d == g {
		return true
	}
	n := 0
	for n < len(d) && d[n] > globOpaque { // most pairs differ in the text that d begins with
		if n == len(g) || g[n] != d[n] {
			return false
		}
		n++
	}
	d, g = d[n:], g[n:]
	if d == GlobAll {
		return true
	}
	for len(d) > 0 && d[len(d)-1] > globOpaque { // or in the text that d ends in
		if len(g) == 0 || g[len(g)-1] != d[len(d)-1] {
			return false
		}
		d, g = d[:len(d)-1], g[:len(g)-1]
	}
	if len(d)*len(g) > maxGlobWork {
		return false
	}
	var small [2][128]bool
	row, next := globRows(&small, len(d)+1)
	row[0] = true
	for i := 0; ; i++ {
		alive := false
		for j := range row { // a run of d may end anywhere
			if row[j] {
				alive = true
				if j < len(d) && isRun(d[j]) {
					row[j+1] = true
				}
			}
		}
		if i == len(g) || !alive {
			return alive && row[len(d)]
		}
		clear(next)
		for j := range d {
			switch {
			case !row[j]:
			case isRun(d[j]):
				next[j] = next[j] || within(d[j], g[i])
			case d[j] == globOne || d[j] == globFieldOne:
				// One byte of a longer character is not one character.
				next[j+1] = g[i] < 0x80 && g[i] != globOpaque && !isRun(g[i]) && within(d[j], g[i])
			default:
				next[j+1] = d[j] == g[i] && d[j] != globOpaque
			}
		}
		row, next = next, row
	}
}

// Intersects reports whether some text is matched by both. It walks all pairs of places, one row a character of p.
func (p Glob) Intersects(q Glob) bool {
	if p == GlobAll || q == GlobAll {
		return true
	}
	n := 0
	for n < len(p) && n < len(q) && p[n] > globOpaque && q[n] > globOpaque { // most pairs differ in the text they begin with
		if p[n] != q[n] {
			return false
		}
		n++
	}
	p, q = p[n:], q[n:]
	for len(p) > 0 && len(q) > 0 && p[len(p)-1] > globOpaque && q[len(q)-1] > globOpaque { // or end in
		if p[len(p)-1] != q[len(q)-1] {
			return false
		}
		p, q = p[:len(p)-1], q[:len(q)-1]
	}
	if len(p)*len(q) > maxGlobWork {
		return true
	}
	var small [2][128]bool
	row, next := globRows(&small, len(q)+1)
	row[0] = true
	for i := 0; ; i++ {
		alive := false
		for j := range row { // a run of q may end, one of p may swallow
			if row[j] {
				alive = true
				if j < len(q) && (isRun(q[j]) || i < len(p) && isRun(p[i]) && meets(p[i], q[j])) {
					row[j+1] = true
				}
			}
		}
		if i == len(p) || !alive {
			return alive && row[len(q)]
		}
		clear(next)
		for j := range row {
			switch {
			case !row[j]:
			case isRun(p[i]):
				next[j] = true
			case j < len(q) && isRun(q[j]):
				next[j] = next[j] || meets(q[j], p[i])
			case j < len(q) && meets(p[i], q[j]):
				next[j+1] = true
			}
		}
		row, next = next, row
	}
}

// globRows returns two rows of n places, on the caller's stack if they fit.
func globRows(small *[2][128]bool, n int) (row, next []bool) {
	if n <= len(small[0]) {
		return small[0][:n], small[1][:n]
	}
	return make([]bool, n), make([]bool, n)
}

func isRun(c byte) bool { return c == globRun || c == globField || c == globName }

// within reports whether all that g's character stands for is among what the wildcard w takes.
func within(w, g byte) bool {
	switch w {
	case globField, globFieldOne:
		return g == globField || g == globFieldOne || g > globOpaque && g != ':'
	case globName:
		return g == globName || g > globOpaque && g != '/'
	}
	return true
}

// meets reports whether two characters, wildcards or not, can stand for the same one.
func meets(a, b byte) bool {
	if a > globOpaque && b > globOpaque {
		return a == b
	}
	return admits(a, b) && admits(b, a)
}

// admits reports whether a, if it is a wildcard, takes the character b.
func admits(a, b byte) bool {
	switch a {
	case globField, globFieldOne:
		return b != ':'
	case globName:
		return b != '/'
	case globOpaque:
		return b <= globOpaque
	}
	return true
}

// FormatGlob spells a format of the catalogue out. Regions and accounts hold no colons.
func FormatGlob(text, partition, account string) Glob {
	if partition == "" {
		partition = string(globField)
	}
	if account == "" {
		account = string(globField)
	}
	var b strings.Builder
	b.Grow(len(text) + len(partition) + len(account) + len("arn::"))
	b.WriteString("arn:" + partition + ":")
	run, colons := byte(globField), 0
	for i := range len(text) {
		switch text[i] {
		case '*':
			b.WriteByte(run)
		case '<':
			b.WriteByte(globName)
		case '#':
			b.WriteString(account)
		case ':':
			if colons++; colons == 3 {
				run = globRun
			}
			fallthrough
		default:
			b.WriteByte(text[i])
		}
	}
	return Glob(normalRuns(b.String()))
}

// MayName reports whether some ARN of IAM's, or some text of anyone's, is matched by both. The fields of IAM's ARNs are
// read as they stand, as in taking: "arn:aws:iam::*:user/bob" is the name of no group.
func (e Glob) MayName(g Glob) bool {
	switch {
	case g == "*":
		return e == GlobAll
	case e.namesIAM() && g.namesIAM():
		return e.Aligned().Intersects(g.Aligned())
	}
	return e.Intersects(g)
}

// namesIAM reports whether the pattern spells an ARN of IAM's, with no field that only a * over several could make
// right. Other services' resources may hold colons, so that nobody can tell where a * of theirs ends.
func (g Glob) namesIAM() bool {
	if !strings.HasPrefix(string(g), "arn:") || !strings.Contains(string(g), ":iam:") {
		return false // as nearly all are, without memory for the fields
	}
	fields := strings.SplitN(string(g), ":", arnFields)
	if len(fields) < arnFields || fields[2] != "iam" {
		return false
	}
	account := strings.Trim(fields[4], "\x00\x01\x02\x030123456789")
	return strings.Trim(fields[3], "\x00\x02") == "" && (account == "" || account == "aws")
}

// ActionGlob returns the glob of an action pattern, lower-case.
func ActionGlob(text string) Glob { return PatternGlob(Lower(text)) }

// PatternGlob returns the glob of a text with wildcards and without variables.
func PatternGlob(text string) Glob { return globOf(tokenize(text, true, false)) }

// TextGlob returns the glob that matches just the text.
func TextGlob(text string) Glob { return globOf([]token{{kind: literal, text: text}}) }

// Plain reports whether the glob has no wildcards.
func (g Glob) Plain() bool {
	return !strings.ContainsFunc(string(g), func(r rune) bool { return r <= globOpaque })
}

// Crosses reports whether a wildcard of the glob may stand for a colon.
func (g Glob) Crosses() bool {
	return strings.ContainsFunc(string(g), func(r rune) bool { return r == globRun || r == globOne })
}
