package harness

import "slices"

// Combinations are all that have one value of each list.
func Combinations(lists ...[]string) [][]string {
	all := [][]string{nil}
	for _, list := range lists {
		var longer [][]string
		for n := range len(all) * len(list) {
			longer = append(longer, append(slices.Clip(all[n/len(list)]), list[n%len(list)]))
		}
		all = longer
	}
	return all
}
