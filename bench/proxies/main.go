// Command proxies compares whole reverse proxies: Caddy without and with the consent
// module, nginx and Apache, each plain and inserting a text into pages. From the
// repository's root, on Linux:
//
//	go run ./bench/proxies
//
// It prints Markdown. All proxies share one core, on which only the one that is measured
// has anything to do; the load and the upstream have another. docs/performance.md tells how
// to read the figures.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"
)

// options are the command line's.
type options struct {
	only        string
	cases       string
	cpus        string
	concurrency int
	requests    int
	time        time.Duration
	rounds      int
	turns       int
	flushes     int
	inFlight    int
	brief       bool

	proxyCPU, loadCPU string
}

func parse() (options, error) {
	var o options
	flag.StringVar(&o.only, "only", "consent,nginx,apache", "the `kinds` to compare with plain Caddy")
	flag.StringVar(&o.cases, "cases", "", "only the cases whose name `matches`")
	flag.StringVar(&o.cpus, "cpus", "0,1", "the `core` of the proxies, and that of the load and the upstream")
	flag.IntVar(&o.concurrency, "concurrency", 8, "connections, each with one request at a time")
	flag.IntVar(&o.requests, "requests", 0, "requests of one sample, instead of -time")
	flag.DurationVar(&o.time, "time", 200*time.Millisecond, "how long one sample takes")
	flag.IntVar(&o.rounds, "rounds", 5, "how often all is started and measured")
	flag.IntVar(&o.turns, "turns", 5, "samples of each case and proxy in a round; the median of all is shown")
	flag.IntVar(&o.flushes, "flushes", 20, "slow pages of one sample")
	flag.IntVar(&o.inFlight, "inflight", 200, "responses to hold unfinished, to see what memory they take")
	flag.BoolVar(&o.brief, "brief", false, "everything, but too little of it to trust the figures: for CI")
	flag.Parse()
	if o.brief {
		o.time, o.rounds, o.turns, o.flushes, o.inFlight = 50*time.Millisecond, 1, 1, 3, 50
	}
	var two bool
	o.proxyCPU, o.loadCPU, two = strings.Cut(o.cpus, ",")
	for kind := range strings.SplitSeq(o.only, ",") {
		if !slices.Contains([]string{"consent", "nginx", "apache", ""}, kind) {
			return o, fmt.Errorf("-only: there is no %q", kind)
		}
	}
	switch {
	case !two, flag.NArg() > 0, o.rounds < 1, o.turns < 1, o.flushes < 1, o.requests < 0, o.time <= 0,
		o.concurrency < 1, o.concurrency > maxInFlight, o.inFlight < 1, o.inFlight > maxInFlight:
		return o, errors.New("wrong arguments: see -help")
	}
	return o, nil
}

// pinned is set in the environment of the program that runs on its core.
const pinned = "CONSENT_BENCH_PINNED"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	o, err := parse()
	switch {
	case err != nil:
	case runtime.GOOS != "linux":
		err = errors.New("this needs Linux: it pins processes to cores and reads /proc")
	case os.Getenv(pinned) == "":
		err = pin(ctx, o)
	default:
		err = run(ctx, o)
	}
	if ctx.Err() != nil {
		err = errors.New("interrupted")
	}
	stop()
	if _, said := errors.AsType[*exec.ExitError](err); said {
		os.Exit(1)
	} else if err != nil {
		fmt.Fprintln(os.Stderr, "proxies:", err)
		os.Exit(1)
	}
}

// pin runs this program again, on the core of the load.
func pin(ctx context.Context, o options) error {
	if _, err := find("taskset", "util-linux"); err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	again := command(ctx, o.loadCPU, append([]string{self}, os.Args[1:]...)...)
	again.Env = append(os.Environ(), pinned+"=1")
	again.Stdout, again.Stderr = os.Stdout, os.Stderr
	return again.Run()
}

// command runs on the cores named. It is asked to end where the context ends: killed,
// nginx and Apache would leave their workers behind.
func command(ctx context.Context, cpus string, args ...string) *exec.Cmd {
	c := exec.CommandContext(ctx, "taskset", append([]string{"-c", cpus}, args...)...)
	c.Cancel = func() error { return c.Process.Signal(syscall.SIGTERM) }
	c.WaitDelay = 10 * time.Second
	return c
}

func run(ctx context.Context, o options) error {
	matching, err := regexp.Compile(o.cases)
	if err != nil {
		return err
	}
	measured := slices.DeleteFunc(slices.Clone(cases), func(c exchange) bool { return !matching.MatchString(c.name) })

	dir, err := os.MkdirTemp("", "proxies")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	// Where root runs this, the workers of nginx and Apache are another user.
	if err := os.Chmod(dir, 0o755); err != nil {
		return err
	}
	site, err := serve()
	if err != nil {
		return err
	}
	proxies, versions, err := prepare(ctx, o, dir, site.port)
	if err != nil {
		return err
	}

	began := time.Now()
	all := newResults(measured, proxies)
	for round := range o.rounds {
		fmt.Fprintf(os.Stderr, "round %d of %d\n", round+1, o.rounds)
		if err := all.round(ctx, o, site); err != nil {
			return err
		}
	}
	all.print(o, versions, time.Since(began))
	return nil
}

// round measures everything, the proxies in turns, so that they all see the same load of
// the machine.
func (r *results) round(ctx context.Context, o options, site *upstream) error {
	// Memory comes first, each time of a fresh process: one that has worked already
	// has room left.
	for _, coding := range codings {
		for _, p := range r.proxies {
			m, err := p.memoryInFlight(ctx, o, site, coding)
			if err != nil {
				return fmt.Errorf("%s, responses in flight: %w", p.name, err)
			}
			r.inFlight[coding][p.index] = append(r.inFlight[coding][p.index], m)
		}
	}

	for _, p := range r.proxies {
		if err := p.start(ctx); err != nil {
			return err
		}
		defer p.stop()
	}
	for i, c := range r.cases {
		// Every other turn goes backwards, so that nobody always comes after the same.
		order := slices.Clone(r.proxies)
		for range o.turns {
			for _, p := range order {
				s, err := p.sample(o, c)
				if err != nil {
					return fmt.Errorf("%s, %s: %w", p.name, c.name, err)
				}
				r.samples[i][p.index] = append(r.samples[i][p.index], s)
			}
			slices.Reverse(order)
		}
	}
	for _, coding := range slow {
		for _, p := range r.proxies {
			t, err := p.firstByte(o, site, coding)
			if err != nil {
				return fmt.Errorf("%s, first byte: %w", p.name, err)
			}
			r.firstByte[coding][p.index] = append(r.firstByte[coding][p.index], t)
		}
	}
	for _, p := range r.proxies {
		size, err := rss(p.pid())
		if err != nil {
			return err
		}
		r.rss[p.index] = append(r.rss[p.index], float64(size))
	}
	return ctx.Err()
}
