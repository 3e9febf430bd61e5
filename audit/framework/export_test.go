package framework

// Named counts the places in the tables that name a rule.
func Named() int {
	named := 0
	for _, d := range definitions {
		for _, r := range d.list {
			named += len(r.rules)
		}
	}
	return named
}
