// Command guard measures what the script that stands first in every page costs in a browser: the
// same work in a page without the module, with the notice open, and after a refusal. From the
// repository's root, with Chromium and the packages of e2e/npm:
//
//	go run ./bench/guard
//
// It prints Markdown. docs/performance.md tells how to read the figures.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math"
	"os"
	"os/signal"
	"regexp"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/caddy-consent/caddy-consent/bench/internal/visits"
)

type options struct {
	rounds int
	turns  int
	only   *regexp.Regexp
	goal   float64
}

func main() {
	var o options
	var only string
	flag.IntVar(&o.rounds, "rounds", 5, "how often all is measured")
	flag.IntVar(&o.turns, "turns", 4, "how often each row is measured in a round")
	flag.StringVar(&only, "only", ".", "only the rows whose name `matches`")
	flag.Float64Var(&o.goal, "goal", 1.2, "the `ratio` that no row is to be over")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := errors.New("wrong arguments: see -help")
	if o.only, _ = regexp.Compile(only); o.only != nil && o.rounds > 0 && o.turns > 0 && flag.NArg() == 0 {
		err = run(ctx, o)
	}
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "guard:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, o options) error {
	site, stop, err := serve()
	if err != nil {
		return err
	}
	defer stop()
	v, err := visits.Start(ctx, "\treverse_proxy "+site, chromedp.Flag("js-flags", "--expose-gc"))
	if err != nil {
		return err
	}
	defer v.Stop()
	version, err := v.Version()
	if err != nil {
		return err
	}

	began := time.Now()
	m := measurement{options: o, visits: v, times: make(visits.Times)}
	for round := range o.rounds {
		fmt.Fprintf(os.Stderr, "round %d of %d\n", round+1, o.rounds)
		if err := m.pages(ctx, round); err != nil {
			return err
		}
		if err := m.rows(ctx, round); err != nil {
			return err
		}
	}
	fmt.Printf("%d rounds in %s, %s; the least time of each.\n\n", o.rounds, time.Since(began).Round(time.Second), version)
	return m.print()
}

// print also tells by its error what is over the goal: by more than the control is.
func (m *measurement) print() error {
	fmt.Print("| | without, ms | again | notice open | refused |\n|---|--:|--:|--:|--:|\n")
	over := 0
	for _, name := range m.names {
		row := fmt.Sprintf("| %s | ", name)
		if plain, there := m.times[visits.Plain][name]; there {
			row += fmt.Sprintf("%.1f", plain)
		} else {
			row += "–"
		}
		noise := math.Max(1, m.times.Ratio(visits.Control, name))
		for _, way := range []string{visits.Control, visits.Open, visits.Refused} {
			ms, measured := m.times[way][name]
			ratio := m.times.Ratio(way, name)
			switch {
			case !measured:
				row += " | –"
			case math.IsNaN(ratio):
				row += fmt.Sprintf(" | %.1f ms", ms)
			case way != visits.Control && ratio > m.goal*noise:
				over++
				row += fmt.Sprintf(" | **%.2f**", ratio)
			default:
				row += fmt.Sprintf(" | %.2f", ratio)
			}
		}
		fmt.Println(row + " |")
	}
	if over > 0 {
		return fmt.Errorf("%d figures are over the goal of %.2f", over, m.goal)
	}
	return nil
}
