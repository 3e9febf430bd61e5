package access

// What a search may try, so that each one ends: one that tried as much says so, and then nobody knows whether there is a way.

// A search asks maxAsked questions at most, and fewAsked once all of an account asked manyAsked, and someAsked for each user and
// role: most need a few dozen, and the hardest of thousands half of what one may ask.
const (
	maxAsked  = 100_000
	fewAsked  = 1_000
	manyAsked = 200_000
	someAsked = 40
)

// spent reports whether the search has asked as much as it may: then it gives up.
func (s *search) spent() bool {
	most := maxAsked
	if s.asked > manyAsked+someAsked*len(s.graph.all) {
		most = fewAsked
	}
	if s.asked-s.began < most {
		return false
	}
	s.lacks = tooMany
	return true
}

// maxVariants bounds the combinations of changes of one principal's rights, and maxVaried those of all of a search.
const (
	maxVariants = 64
	maxVaried   = 1024
)

// room reports whether more combinations are to be tried.
func (s *search) room(c *control) bool {
	full := len(c.personas) >= maxVariants || s.varied >= maxVaried
	if full {
		s.lacks = tooMany
	}
	return !full
}
