package change

import (
	"fmt"
	"slices"
)

// AppendKey appends what no other call has: the action and its parameters.
func (c Change) AppendKey(to []byte) []byte {
	var room [8]string
	names := room[:0]
	for name := range c.With {
		names = append(names, name)
	}
	slices.Sort(names)
	to = append(to, c.Action...)
	for _, name := range names {
		to = append(append(append(to, 0), name...), 0)
		if value, ok := c.With[name].(string); ok {
			to = append(to, value...)
		} else {
			to = fmt.Append(to, c.With[name])
		}
	}
	return append(to, 1)
}
