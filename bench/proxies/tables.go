package main

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// results are the samples of all rounds. The last index but one is the proxy's.
type results struct {
	cases   []exchange
	proxies []*proxy

	samples   [][][]sample // the first is the case's
	firstByte map[string][][]float64
	inFlight  map[string][][]float64
	rss       [][]float64
}

func newResults(cases []exchange, proxies []*proxy) *results {
	n := len(proxies)
	r := &results{cases: cases, proxies: proxies, rss: make([][]float64, n),
		firstByte: make(map[string][][]float64), inFlight: make(map[string][][]float64)}
	for range cases {
		r.samples = append(r.samples, make([][]sample, n))
	}
	for _, s := range slow {
		r.firstByte[s] = make([][]float64, n)
	}
	for _, c := range codings {
		r.inFlight[c] = make([][]float64, n)
	}
	return r
}

func (r *results) print(o options, versions []string, took time.Duration) {
	fmt.Printf("%d rounds of %d turns in %s, %d connections; %s. While they were measured, the proxies kept their core busy for at least %.0f%% of the time.\n\n%s",
		o.rounds, o.turns, took.Round(time.Second), o.concurrency, strings.Join(versions, "; "), r.busy(), settings)
	for i, c := range r.cases {
		fmt.Printf("\n**%s**\n\n", c.name)
		r.printCase(r.samples[i])
	}
	fmt.Print("\n**First byte of a page whose upstream flushes 2 KB, then waits 20 ms** (milliseconds after the flush; `X-Accel-Buffering: no` is nginx's alone)\n\n")
	r.printFirstByte()
	fmt.Printf("\n**Memory** (%d unfinished responses of a 60 KB page in flight; RSS at the end of the load)\n\n", o.inFlight)
	r.printMemory()
}

// settings is what a reader has to know of those compared.
const settings = `All figures are medians; in brackets is the middle half of the samples. "Plain" is the same proxy without inserting anything. Caddy with the module inserts the notice, and after a choice the
control that leads back to it; nginx and Apache insert 5 KB. Pages that come in gzip are edited as they are by
the module, and inflated and compressed again by Apache, at level 5. nginx inflates none for clients that accept gzip: with sub_filter it asks the
upstream for plain pages, and only compresses, at level 5. The upstream's answers are ready at no cost, plain or in gzip's level 6.
`

// busy tells whether it was the proxies that were measured, or what was on the other core:
// how busy a proxy was in the case where it was least so, in percent.
func (r *results) busy() float64 {
	least := 100.0
	for _, samples := range slices.Concat(r.samples...) {
		least = min(least, median(of(samples, func(s sample) float64 { return s.cpu * s.rate / 1e4 })))
	}
	return least
}

func (r *results) printCase(samples [][]sample) {
	rows := [][]string{{"proxy", "CPU µs", "to plain Caddy", "µs added to its plain", "responses/s", "p50 ms at half of that", "p99 ms", "body KB"}}
	cpus := make(map[string][]float64)
	for _, p := range r.proxies {
		own := samples[p.index]
		cpu := of(own, func(s sample) float64 { return s.cpu })
		cpus[p.name] = cpu
		added := "–"
		if p.name != p.plain {
			added = short(median(pairs(cpu, cpus[p.plain], func(a, b float64) float64 { return a - b })))
		}
		rows = append(rows, []string{p.name, short(median(cpu)), ratio(cpu, cpus[plainCaddy]), added,
			fmt.Sprintf("%.0f", median(of(own, func(s sample) float64 { return s.rate }))),
			short(median(of(own, func(s sample) float64 { return s.p50 }))),
			short(median(of(own, func(s sample) float64 { return s.p99 }))),
			fmt.Sprintf("%.1f", own[0].size/1024)})
	}
	printTable(rows)
}

func (r *results) printFirstByte() {
	rows := [][]string{{"proxy"}}
	for _, s := range slow {
		coding, when, _ := strings.Cut(s, "/")
		if when == unbuffered {
			coding += ", X-Accel-Buffering: no"
		}
		rows[0] = append(rows[0], coding, "to plain Caddy")
	}
	for _, p := range r.proxies {
		row := []string{p.name}
		for _, s := range slow {
			waited := r.firstByte[s]
			row = append(row, fmt.Sprintf("%.2f", median(waited[p.index])), ratio(waited[p.index], waited[0]))
		}
		rows = append(rows, row)
	}
	printTable(rows)
}

func (r *results) printMemory() {
	rows := [][]string{{"proxy", "RSS MB", "to plain Caddy"}}
	for _, c := range codings {
		rows[0] = append(rows[0], "KB in flight, "+c, "more than plain Caddy")
	}
	for _, p := range r.proxies {
		row := []string{p.name, fmt.Sprintf("%.1f", median(r.rss[p.index])/(1<<20)), ratio(r.rss[p.index], r.rss[0])}
		for _, c := range codings {
			own := r.inFlight[c][p.index]
			row = append(row, fmt.Sprintf("%.0f", median(own)/1024))
			if p.index == 0 {
				row = append(row, "–")
				continue
			}
			more := pairs(own, r.inFlight[c][0], func(a, b float64) float64 { return (a - b) / 1024 })
			low, high := middle(more)
			row = append(row, fmt.Sprintf("%+.0f (%+.0f to %+.0f)", median(more), low, high))
		}
		rows = append(rows, row)
	}
	printTable(rows)
}

// ratio is that of each turn, so that what the machine did meanwhile counts on both sides.
func ratio(own, base []float64) string {
	if &own[0] == &base[0] {
		return "1"
	}
	r := pairs(own, base, func(a, b float64) float64 { return a / b })
	low, high := middle(r)
	return fmt.Sprintf("%.2f (%.2f–%.2f)", median(r), low, high)
}

func of(samples []sample, f func(sample) float64) []float64 {
	var all []float64
	for _, s := range samples {
		all = append(all, f(s))
	}
	return all
}

func pairs(a, b []float64, f func(a, b float64) float64) []float64 {
	all := make([]float64, len(a))
	for i := range a {
		all[i] = f(a[i], b[i])
	}
	return all
}

// short shows three digits.
func short(v float64) string {
	switch {
	case v >= 100 || v <= -100:
		return fmt.Sprintf("%.0f", v)
	case v >= 10 || v <= -10:
		return fmt.Sprintf("%.1f", v)
	}
	return fmt.Sprintf("%.2f", v)
}

func printTable(rows [][]string) {
	for i, row := range rows {
		fmt.Println("| " + strings.Join(row, " | ") + " |")
		if i == 0 {
			fmt.Println("|---" + strings.Repeat("|--:", len(row)-1) + "|")
		}
	}
}
