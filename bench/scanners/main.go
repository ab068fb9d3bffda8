// Command scanners compares how fast tokenisers read real pages: the module's own
// scanner, two in Go, lol-html as WebAssembly, and two limits that none can pass. From
// the repository's root, on Debian or Ubuntu with node and npm:
//
//	go run -C bench/scanners .
//
// It fetches what it lacks, then prints one Markdown table. It is a Go module of its
// own, so that what only this comparison needs is no dependency of the product.
package main

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"time"
)

func main() {
	rounds := flag.Int("rounds", 5, "how often each tokeniser reads each corpus; the median is shown")
	length := flag.Duration("time", 500*time.Millisecond, "how long it reads each time, at least; always whole passes")
	brief := flag.Bool("brief", false, "everything, but too little of it to trust the figures: for CI")
	flag.Parse()
	if err := run(*rounds, *length, *brief); err != nil {
		fmt.Fprintln(os.Stderr, "bench/scanners:", err)
		os.Exit(1)
	}
}

func run(rounds int, length time.Duration, brief bool) error {
	if rounds < 1 {
		return fmt.Errorf("-rounds %d: at least one", rounds)
	}
	fetch := exec.Command("bash", "fetch")
	fetch.Stderr = os.Stderr
	if err := fetch.Run(); err != nil {
		return fmt.Errorf("fetch: %w (run this in bench/scanners, or with go run -C)", err)
	}
	corpora, err := loadCorpora(brief)
	if err != nil {
		return err
	}
	lol, err := startLolHTML()
	if err != nil {
		return err
	}
	defer lol.stop()

	candidates := append(ours(), goTokenizers()...)
	candidates = append(candidates, lol.candidates()...)
	candidates = append(candidates, limits()...)

	runtime.GOMAXPROCS(1) // the garbage collector shares the reader's core
	if brief {
		rounds, length = 1, 0
	} else if _, err := measure(candidates, corpora, 1, length); err != nil { // warms up: node compiles as it runs
		return err
	}
	samples, err := measure(candidates, corpora, rounds, length)
	if err != nil {
		return err
	}
	printTable(candidates, corpora, samples)
	return nil
}
