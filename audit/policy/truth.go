package policy

// Truth is an answer of three-valued logic. The zero value is No; Maybe is an answer that hangs on a
// context key whose value nobody knows.
type Truth int8

// The truths, in order: And is the minimum, Or the maximum.
const (
	No Truth = iota
	Maybe
	Yes
)

// And is Yes if both are, No if one is.
func (t Truth) And(u Truth) Truth { return min(t, u) }

// Or is Yes if one is, No if both are.
func (t Truth) Or(u Truth) Truth { return max(t, u) }

// Not swaps Yes and No.
func (t Truth) Not() Truth { return Yes - t }

// String returns "no", "maybe" or "yes".
func (t Truth) String() string { return [...]string{"no", "maybe", "yes"}[t] }

// truthOf turns what is known for certain into a Truth.
func truthOf(b bool) Truth {
	if b {
		return Yes
	}
	return No
}
