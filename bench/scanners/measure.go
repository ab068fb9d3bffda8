package main

import (
	"fmt"
	"runtime"
	"slices"
	"syscall"
	"time"
)

// candidate is one line of the table.
type candidate struct {
	name string
	// measure is nil where this version of the module has nothing to measure.
	measure measurement
}

// measurement reads whole passes of a corpus, for at least that long.
type measurement func(c *corpus, length time.Duration) (sample, error)

// sample is what one candidate made of one corpus in one round.
type sample struct {
	bytes int
	cpu   time.Duration // not by the clock: others may have the core at times
	found int           // what it counted in the last pass: proof that it read
}

func (s sample) speed() float64 { return float64(s.bytes) / 1e6 / s.cpu.Seconds() }

// measure lets the candidates take turns, so that all see the same load of the
// machine. The samples are ordered by candidate, corpus and round.
func measure(candidates []candidate, corpora []corpus, rounds int, length time.Duration) ([][][]sample, error) {
	samples := make([][][]sample, len(candidates))
	for i := range samples {
		samples[i] = make([][]sample, len(corpora))
	}
	for range rounds {
		for j := range corpora {
			for i, one := range candidates {
				if one.measure == nil {
					continue
				}
				s, err := one.measure(&corpora[j], length)
				if err == nil && s.found == 0 {
					err = fmt.Errorf("found nothing")
				}
				if err != nil {
					return nil, fmt.Errorf("%s, %s: %w", one.name, corpora[j].name, err)
				}
				samples[i][j] = append(samples[i][j], s)
			}
		}
	}
	return samples, nil
}

// inProcess is a candidate in Go.
func inProcess(name string, read func(page) (found int, err error)) candidate {
	return candidate{name, func(c *corpus, length time.Duration) (sample, error) {
		var s sample
		runtime.GC() // the garbage of the one before is not this one's to collect
		begun, began := cpuTime(), time.Now()
		for s.bytes == 0 || time.Since(began) < length {
			s.found = 0
			for _, p := range c.pages {
				found, err := read(p)
				if err != nil {
					return s, fmt.Errorf("%s: %w", p.path, err)
				}
				s.found += found
			}
			s.bytes += c.size
		}
		s.cpu = cpuTime() - begun
		return s, nil
	}}
}

func cpuTime() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		panic(err) // it cannot fail with these arguments
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

func median(samples []sample) (median, low, high float64) {
	var speeds []float64
	for _, s := range samples {
		speeds = append(speeds, s.speed())
	}
	slices.Sort(speeds)
	n := len(speeds)
	return (speeds[(n-1)/2] + speeds[n/2]) / 2, speeds[0], speeds[n-1]
}
