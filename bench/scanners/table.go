package main

import (
	"fmt"
	"strings"
)

// beyond is the speed in MB/s from which a candidate has not really read the page.
const beyond = 100_000

func printTable(candidates []candidate, corpora []corpus, samples [][][]sample) {
	fmt.Print("| MB per second of processor time: median (range) |")
	for _, c := range corpora {
		fmt.Printf(" %s: %.1f MB, %.0f `<` per KB |", c.name, float64(c.size)/1e6, 1e3*float64(c.tags)/float64(c.size))
	}
	fmt.Print("\n|---|", strings.Repeat("---|", len(corpora)), "\n")
	for i, one := range candidates {
		fmt.Printf("| %s |", one.name)
		for j := range corpora {
			fmt.Printf(" %s |", cell(samples[i][j]))
		}
		fmt.Println()
	}
}

func cell(samples []sample) string {
	if len(samples) == 0 {
		return "not in this version"
	}
	middle, low, high := median(samples)
	if middle > beyond {
		return fmt.Sprintf("over %d", beyond)
	}
	if len(samples) == 1 {
		return fmt.Sprintf("%.0f", middle)
	}
	return fmt.Sprintf("%.0f (%.0f–%.0f)", middle, low, high)
}
