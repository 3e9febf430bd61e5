package lists

// Nearest returns the place of the candidate that is most similar to a text, the first of several, or -1 where none is
// similar: someone may have misspelt it. Case counts.
func Nearest(text string, candidates []string) int {
	best, least := -1, len(text)/3+2
	var row []int
	for i, candidate := range candidates {
		if max(len(text)-len(candidate), len(candidate)-len(text)) >= least {
			continue // so many edits at least
		}
		var edits int
		if edits, row = distance(text, candidate, row); edits < least {
			best, least = i, edits
		}
	}
	return best
}

// distance counts the single-character edits (insert, delete, replace) that lead from a to b. It works in the row, and
// returns it for the next.
func distance(a, b string, row []int) (int, []int) {
	row = row[:0]
	for j := range len(b) + 1 {
		row = append(row, j)
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)], row
}
