// Command speedometer runs WebKit's Speedometer 3, which does in a browser what visitors do in applications made with
// many frameworks, in pages without the module, with the notice open, and after a refusal. From the repository's root,
// with Chromium and a clone of https://github.com/WebKit/Speedometer in some folder:
//
//	go run ./bench/speedometer -suite <folder>
//
// It prints Markdown. docs/performance.md tells how to read the figures.
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"maps"
	"math"
	"net/url"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/caddy-consent/caddy-consent/bench/internal/visits"
)

type options struct {
	suite      string
	only       *regexp.Regexp
	rounds     int
	iterations int
	goal       float64
	most       float64
}

func main() {
	var o options
	var only string
	flag.StringVar(&o.suite, "suite", "", "the `folder` with Speedometer's files")
	flag.StringVar(&only, "only", ".", "only the suites whose name `matches`")
	flag.IntVar(&o.rounds, "rounds", 5, "how often all is run")
	flag.IntVar(&o.iterations, "iterations", 2, "how often each suite is run in a round")
	flag.Float64Var(&o.goal, "goal", 0.97, "the least `ratio` of the scores, with the module to without")
	flag.Float64Var(&o.most, "most", 1.1, "the most `times` as long that a suite is to take")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := errors.New("wrong arguments: see -help")
	if o.only, _ = regexp.Compile(only); o.only != nil && o.suite != "" && o.rounds > 0 && o.iterations > 0 && flag.NArg() == 0 {
		err = run(ctx, o)
	}
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "speedometer:", err)
		os.Exit(1)
	}
}

// listed are the names in Speedometer's list of suites.
var listed = regexp.MustCompile(`(?m)^ {8}name: "([^"]+)"`)

func run(ctx context.Context, o options) error {
	folder, err := filepath.Abs(o.suite)
	if err != nil {
		return err
	}
	list, err := os.ReadFile(filepath.Join(folder, "suites", "default-suites.mjs"))
	if err != nil {
		return fmt.Errorf("-suite: %w", err)
	}
	var suites []string
	for _, name := range listed.FindAllStringSubmatch(string(list), -1) {
		if o.only.MatchString(name[1]) {
			suites = append(suites, name[1])
		}
	}
	if len(suites) == 0 {
		return errors.New("no suite is left")
	}
	v, err := visits.Start(ctx, fmt.Sprintf("\troot %q\n\tfile_server", folder))
	if err != nil {
		return err
	}
	defer v.Stop()
	version, err := v.Version()
	if err != nil {
		return err
	}

	began, times := time.Now(), make(visits.Times)
	for round := range o.rounds {
		for _, way := range visits.Turn(round) {
			fmt.Fprintf(os.Stderr, "round %d of %d, %s\n", round+1, o.rounds, way)
			if err := measure(v, way, suites, o.iterations, times); err != nil {
				return fmt.Errorf("%s: %w", way, err)
			}
		}
	}
	fmt.Printf("%d rounds of %d iterations in %s, %s; the least time of each suite.\n\n", o.rounds, o.iterations, time.Since(began).Round(time.Second), version)
	return report(o, times)
}

// measure runs the suites once in a tab of a new visitor, as often as there are iterations.
func measure(v *visits.Visits, way string, suites []string, iterations int, times visits.Times) error {
	tab, shut, err := v.Tab(way)
	if err != nil {
		return err
	}
	defer shut()
	tab, cancel := context.WithTimeout(tab, 15*time.Minute)
	defer cancel()
	address := fmt.Sprintf("%s/?startAutomatically&iterationCount=%d&suites=%s", v.Origin(way), iterations, url.QueryEscape(strings.Join(suites, ",")))
	if err := chromedp.Do(tab, chromedp.EmulateViewport(1000, 800), chromedp.Navigate(address)); err != nil {
		return err
	}
	if err := visits.Check(tab, way); err != nil {
		return err
	}
	// It shows its summary when it is done, and also where it has failed: there are no values then.
	if err := chromedp.Do(tab, chromedp.Poll[chromedp.Void](`location.hash === '#summary'`, chromedp.WithPollingInterval(time.Second), chromedp.WithPollingTimeout(0))); err != nil {
		return err
	}
	type iteration struct {
		Tests map[string]struct{ Total float64 }
	}
	measured, err := chromedp.Run(tab, chromedp.Evaluate[[]iteration](`JSON.parse(benchmarkClient._formattedJSONResult({ modern: false }))`))
	if err != nil {
		return err
	}
	if len(measured) != iterations {
		return fmt.Errorf("it has failed after %d iterations", len(measured))
	}
	for _, i := range measured {
		for _, suite := range suites {
			total := i.Tests[suite].Total
			if total == 0 {
				return fmt.Errorf("%s was not run", suite)
			}
			times.Add(way, suite, total)
		}
	}
	return nil
}

// report prints the ratios of the scores and all suites, and tells by its error what misses the goals. Speedometer's
// score is the inverse of the geometric mean of the times.
func report(o options, times visits.Times) error {
	suites := slices.Sorted(maps.Keys(times[visits.Plain]))
	ways := []string{visits.Control, visits.Open, visits.Refused}
	score := make(map[string]float64)
	var missed []string
	row := "| **score to that without** | | "
	for _, way := range ways {
		sum := 0.0
		for _, suite := range suites {
			sum -= math.Log(times.Ratio(way, suite))
		}
		score[way] = math.Exp(sum / float64(len(suites)))
		row += fmt.Sprintf("**%.3f** | ", score[way])
		if way != visits.Control && score[way] < o.goal*min(1, score[visits.Control]) {
			missed = append(missed, fmt.Sprintf("the score, %s: %.3f", way, score[way]))
		}
	}
	fmt.Printf("| | without, ms | again | notice open | refused |\n|---|--:|--:|--:|--:|\n%s\n", strings.TrimSpace(row))
	slices.SortStableFunc(suites, func(a, b string) int { // the slowest come first
		return cmp.Compare(max(times.Ratio(visits.Open, b), times.Ratio(visits.Refused, b)), max(times.Ratio(visits.Open, a), times.Ratio(visits.Refused, a)))
	})
	for _, suite := range suites {
		fmt.Printf("| %s | %.1f |", suite, times[visits.Plain][suite])
		for _, way := range ways {
			ratio := times.Ratio(way, suite)
			fmt.Printf(" %.2f |", ratio)
			if way != visits.Control && ratio > o.most*max(1, times.Ratio(visits.Control, suite)) {
				missed = append(missed, fmt.Sprintf("%s, %s: %.2f", suite, way, ratio))
			}
		}
		fmt.Println()
	}
	if len(missed) > 0 {
		return fmt.Errorf("these miss the goals: %s", strings.Join(missed, "; "))
	}
	return nil
}
