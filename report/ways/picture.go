package ways

import (
	"cmp"
	"slices"
	"strings"

	"sekisho/audit"
	"sekisho/audit/account"
	"sekisho/audit/lists"
	"sekisho/audit/message"
	"sekisho/report/sanitize"
	"sekisho/report/term"
)

// picture is laid out in pixels. Its columns are layers: the administrators at the right, and each way goes one column
// to the right with each step.
type picture struct {
	Width, Height int
	Columns       []label
	Boxes         []*box
	Edges         []edge
}

// label is a line of text, by the left end of its baseline.
type label struct {
	X, Y  int
	Text  sanitize.Text
	Class sanitize.Text
}

// edge is a curve to the right, with its arrowhead.
type edge struct {
	X1, Y1, X2, Y2, Middle, Tip int
	Class                       sanitize.Text
}

// box stands for one who acts, or for all who have the same way.
type box struct {
	X, Y, W, H int
	Class      sanitize.Text
	Anchor     sanitize.Text // of the first way in the list that leads through it
	Title      sanitize.Text // all that the picture tells of it, in words
	Lines      []label
	Rules      []int // where a line parts what is done from who does it

	layer, number int
	name          []sanitize.Text
	title         message.Message
	steps         []*move
	from          []*box
}

// move is what is done at a box, and where it leads.
type move struct {
	to   *box
	how  message.Message
	sure bool
	tail int // where its edge begins, from the top of the box
}

// The measures of a picture. A column of text takes what it does in the widest of the usual fonts of fixed width.
const (
	columns    = 28 // of text in a box
	perColumn  = 7.5
	lineHeight = 16
	padding    = 9
	boxWidth   = int(columns*perColumn) + 2*padding
	gapWidth   = 64
	gapHeight  = 12
	headHeight = 32
	margin     = 3 // for the lines around boxes
	arrow      = 7

	mostRows    = 9 // boxes in a layer
	mostOutside = 4 // ways from outside that are drawn before others
	mostSteps   = 6 // of a way that is drawn
	mostLines   = 3 // of a name, and of what is done
	firstNames  = 3 // in a box
	moreNames   = 20
)

// sketch is a picture in the making.
type sketch struct {
	boxes   map[string]*box
	layers  [mostSteps + 1][]*box
	hidden  [mostSteps + 1]int // who has no box, by the layer where it would be
	through map[string]bool    // who acts within a way, by box
}

// draw makes the picture of classes.
func draw(classes []*class, end message.Message) *picture {
	classes = lists.Filter(classes, func(c *class) bool { return c.groups[0].paths[0].To != "" }) // others have no way
	if len(classes) == 0 {
		return nil
	}
	s := sketch{boxes: map[string]*box{}, through: map[string]bool{}}
	for _, c := range classes {
		for _, p := range c.paths() {
			for n := 1; n < len(p.Steps); n++ {
				s.through[place(p.Steps[n].From, len(p.Steps)-n)] = true
			}
		}
	}
	// Many from outside would leave no room for others.
	outside := 0
	for _, c := range classes {
		if c.outside {
			outside++
			c.favoured = outside <= mostOutside
		}
	}
	slices.SortStableFunc(classes, func(a, b *class) int {
		return cmp.Or(cmp.Compare(a.turn(), b.turn()), cmp.Compare(b.size, a.size))
	})
	for _, c := range classes {
		s.class(c)
	}
	return s.picture(end)
}

// turn is when a class gets its room in the picture.
func (c *class) turn() int {
	if c.favoured {
		return -1
	}
	return int(c.groups[0].rank())
}

// place names the box of someone who has so many steps to go.
func place(arn string, steps int) string { return key(arn, steps) }

// class adds boxes for those who are drawn alike. Someone who acts within a way, too, has the box that they have there.
func (s *sketch) class(c *class) {
	var folded []*audit.AccessPath
	for _, p := range c.paths() {
		if at := place(p.Principal, len(p.Steps)); s.through[at] {
			s.add(at, []*audit.AccessPath{p}, c.anchor)
			continue
		}
		folded = append(folded, p)
	}
	switch len(folded) {
	case 0:
	case 1:
		s.add(place(folded[0].Principal, len(folded[0].Steps)), folded, c.anchor)
	default:
		s.add(c.name, folded, c.anchor)
	}
}

// add draws one way for all who go it, if each layer has room for what is new.
func (s *sketch) add(start string, paths []*audit.AccessPath, at sanitize.Text) {
	p, who := paths[0], actors(paths[0])
	last := len(p.Steps)
	if last > mostSteps {
		s.hidden[mostSteps] += len(paths)
		return
	}
	end := key("end", p.To, p.HangsOn != "")
	if p.To == who[max(0, last-1)] && last > 0 {
		end = key("itself", p.HangsOn != "")
	}
	if last == 0 {
		end = start
	}
	places := []string{start}
	for n := 1; n < last; n++ {
		places = append(places, place(who[n], last-n))
	}
	if last > 0 {
		places = append(places, end)
	}
	for n, name := range places {
		if layer := last - n; s.boxes[name] == nil && len(s.layers[layer]) >= mostRows {
			s.hidden[last] += len(paths)
			return
		}
	}
	var from *box
	for n, name := range places {
		b := s.boxes[name]
		if b == nil {
			b = &box{layer: last - n, number: len(s.boxes), Anchor: at}
			s.boxes[name], s.layers[b.layer] = b, append(s.layers[b.layer], b)
			b.call(p, who[n], n, paths)
		}
		if from != nil {
			from.move(&p.Steps[n-1], b)
		}
		from = b
	}
}

// call gives a box its name: that of the n-th who acts on the way of these.
func (b *box) call(p *audit.AccessPath, arn string, n int, paths []*audit.AccessPath) {
	if b.Class = "role"; strings.HasPrefix(account.ShortARN(arn), "user/") {
		b.Class = "user"
	}
	if n == 0 && kind(p) == "outside" {
		b.Class = "outside"
	}
	switch {
	case n == 0 && len(paths) > 1:
		g := group{paths: paths}
		b.title = message.New("%s: %s", g.who(), message.First(moreNames, g.names()))
		b.name = append(term.Clip(sanitize.Message(g.who()), columns, 1),
			term.Clip(sanitize.Message(message.New("%s", message.First(firstNames, g.names()))), columns, mostLines-1)...)
	case b.layer == 0 && len(p.Steps) > 0 && arn == actors(p)[len(p.Steps)-1]:
		b.Class, b.title = "role", message.New("those who change their own rights, with all rights then")
		b.name = term.Clip("itself, with all rights", columns, mostLines)
	default:
		if b.title = message.New("%s", account.ShortARN(arn)); n == 0 {
			b.title = name(p)
		}
		b.name = term.Clip(sanitize.Message(b.title), columns, mostLines)
	}
	if b.layer == 0 {
		b.Class = sanitize.Join([]sanitize.Text{b.Class, "end"}, " ")
		if p.HangsOn != "" {
			b.Class = sanitize.Join([]sanitize.Text{b.Class, "maybe"}, " ")
			b.title = message.New("%s, possibly an administrator", b.title)
		}
	}
}

// move adds a step of a box, unless it is there.
func (b *box) move(s *audit.AccessStep, to *box) {
	how := s.Text.Or(s.How)
	if !s.Sure {
		how = message.New("possibly %s", how)
	}
	for _, m := range b.steps {
		if m.to == to && m.sure == s.Sure && m.how.String() == how.String() {
			return
		}
	}
	b.steps = append(b.steps, &move{to: to, how: how, sure: s.Sure})
	if !slices.Contains(to.from, b) {
		to.from = append(to.from, b)
	}
}

// picture sets boxes and edges.
func (s *sketch) picture(end message.Message) *picture {
	last := 0
	for layer := range s.layers {
		if s.hidden[layer] > 0 {
			more := &box{layer: layer, number: len(s.boxes), Class: "more", Anchor: "ways"}
			more.title = message.New("and %s, not drawn here", principals(s.hidden[layer]))
			more.name = term.Clip(sanitize.Message(more.title), columns, mostLines)
			s.layers[layer] = append(s.layers[layer], more)
		}
		if len(s.layers[layer]) > 0 {
			last = layer
		}
	}
	p := &picture{}
	for layer, boxes := range s.layers[:last+1] {
		slices.SortStableFunc(boxes, func(a, b *box) int { return cmp.Compare(a.order(), b.order()) })
		for i, b := range boxes {
			b.number = i
			b.set(left(last - layer))
		}
	}
	for layer := last; layer >= 0; layer-- {
		y := headHeight
		for _, b := range s.layers[layer] {
			b.place(&y)
			p.Boxes = append(p.Boxes, b)
		}
		p.Height = max(p.Height, y)
		title := message.New("%s", message.Plural(layer, "%d step", "%d steps"))
		if layer == 0 {
			title = end
		}
		p.Columns = append(p.Columns, label{X: left(last - layer), Y: lineHeight, Text: sanitize.Message(title)})
	}
	p.Width = left(last) + boxWidth + margin
	for _, b := range p.Boxes {
		b.say()
		for _, m := range b.steps {
			e := edge{X1: b.X + b.W, Y1: b.Y + m.tail, X2: m.to.X - arrow, Y2: m.to.Y + m.to.H/2, Tip: m.to.X, Class: "sure"}
			if e.Middle = (e.X1 + e.X2) / 2; !m.sure {
				e.Class = "maybe"
			}
			p.Edges = append(p.Edges, e)
		}
	}
	return p
}

// left is where a column begins.
func left(column int) int { return margin + column*(boxWidth+gapWidth) }

// order puts boxes where the boxes are that they lead to.
func (b *box) order() int {
	switch {
	case b.Class == "more":
		return 1 << 20
	case len(b.steps) > 0:
		return b.steps[0].to.number
	}
	return 0
}

// set writes the lines of a box, from its top, and makes it as high as they are.
func (b *box) set(x int) {
	b.X, b.W = x, boxWidth
	y := padding
	write := func(class sanitize.Text, lines []sanitize.Text) {
		for _, text := range lines {
			y += lineHeight
			b.Lines = append(b.Lines, label{X: x + padding, Y: y - 4, Text: text, Class: class})
		}
	}
	write("name", b.name)
	for _, m := range b.steps {
		y += padding / 2
		b.Rules = append(b.Rules, y)
		y += padding / 2
		m.tail = y
		write("", term.Clip(sanitize.Message(m.how), columns, mostLines))
		m.tail = (m.tail + y) / 2
	}
	b.H = y + padding
}

// place moves a box down to where there is room, and to the middle of the boxes that lead to it if that is below.
func (b *box) place(y *int) {
	b.Y = *y
	if n := len(b.from); n > 0 {
		middle := 0
		for _, f := range b.from {
			middle += f.Y + f.H/2
		}
		b.Y = max(*y, middle/n-b.H/2)
	}
	*y = b.Y + b.H + gapHeight
	for i := range b.Lines {
		b.Lines[i].Y += b.Y
	}
	for i := range b.Rules {
		b.Rules[i] += b.Y
	}
}

// say puts all into words: who it is, and what they do.
func (b *box) say() {
	does := lists.Map(b.steps, func(m *move) message.Message { return m.how })
	b.Title = sanitize.Message(message.Joined("%s: %s", b.title, message.Joined("%s; %s", does...)))
}
