package main

import (
	"fmt"
	"io"
	"sync"
	"time"

	"sekisho/audit/collect"
)

// redraw is the shortest time between two drawings of the progress line. More would be wasted on a person.
const redraw = 100 * time.Millisecond

// eraseLine returns to the start of the line and erases it.
const eraseLine = "\r\x1b[K"

// progress shows on one line, which is rewritten, what a run is doing. A nil progress shows nothing.
type progress struct {
	w   io.Writer
	now func() time.Time

	mu        sync.Mutex
	what      string // empty before the first phase: nothing is drawn
	done      int
	throttled int
	drawn     time.Time
	paused    bool
	ended     bool
	visible   bool
}

// phase names what the run does now.
func (p *progress) phase(what string) {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.what = what
	p.draw(true)
}

// observe counts a call.
func (p *progress) observe(e collect.Event) {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if e.Done {
		p.done++
	}
	if e.Throttled {
		p.throttled++
	}
	p.draw(false)
}

// pause takes the line away until resume is called, so that something else can be written.
func (p *progress) pause() {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.clear()
	p.paused = true
}

func (p *progress) resume() {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.paused = false
	p.draw(true)
}

// end takes the line away for good, even if someone still calls: a prompt that was interrupted may come back late.
func (p *progress) end() {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.clear()
	p.ended = true
}

// draw writes the line, unless it was written just now. Nothing can be done about a terminal that takes no text, so
// errors are dropped.
func (p *progress) draw(always bool) {
	now := p.now()
	if p.paused || p.ended || p.what == "" || !always && now.Sub(p.drawn) < redraw {
		return
	}
	line := fmt.Sprintf("%s: %d calls done", p.what, p.done)
	if p.done == 1 {
		line = p.what + ": 1 call done"
	}
	if p.throttled > 0 {
		line += fmt.Sprintf(", %d throttled", p.throttled)
	}
	_, _ = io.WriteString(p.w, eraseLine+line)
	p.drawn, p.visible = now, true
}

func (p *progress) clear() {
	if p.visible {
		_, _ = io.WriteString(p.w, eraseLine)
		p.visible = false
	}
}
