package policy

import (
	"net/netip"
	"slices"
)

// ofIPv4 reports whether all IPv4 addresses, one of which the key may have, have the same answer, and which.
func (c *compiledCondition) ofIPv4(e contextEntry, ctx *Context) (same Truth, is bool) {
	switch {
	case !e.ipv4:
		return No, false
	case c.operator.compare == compareNull:
		return c.matchNull(Present), true
	case c.operator.compare != compareIP:
		return c.constant(ctx)
	}
	networks, unreadable := networksOf(c.values)
	if c.operator.negated && unreadable {
		return No, true
	}
	all, none := covers(networks, netip.PrefixFrom(netip.IPv4Unspecified(), 0)), !slices.ContainsFunc(networks, func(n netip.Prefix) bool { return n.Addr().Is4() })
	return truthOf(all != c.operator.negated), all || none
}

// covers reports whether networks hold all of another together.
func covers(networks []netip.Prefix, all netip.Prefix) bool {
	within := false
	for _, n := range networks {
		if n.Overlaps(all) && n.Bits() <= all.Bits() {
			return true
		}
		within = within || n.Overlaps(all)
	}
	if !within {
		return false
	}
	upper := all.Addr().As4()
	upper[all.Bits()/8] |= 0x80 >> (all.Bits() % 8)
	return covers(networks, netip.PrefixFrom(all.Addr(), all.Bits()+1)) && covers(networks, netip.PrefixFrom(netip.AddrFrom4(upper), all.Bits()+1))
}

// Networks returns the values of a condition on addresses, as far as they are networks.
func (c *Condition) Networks() (out []netip.Prefix) {
	if ready := c.ready(); ready.operator.compare == compareIP {
		out, _ = networksOf(ready.values)
	}
	return out
}

func networksOf(values []conditionValue) (out []netip.Prefix, unreadable bool) {
	for i := range values {
		if v := &values[i]; v.readable {
			out = append(out, v.network)
		} else {
			unreadable = true
		}
	}
	return out, unreadable
}
