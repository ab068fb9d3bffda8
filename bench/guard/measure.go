package main

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/performance"
	"github.com/chromedp/cdproto/tracing"
	"github.com/chromedp/chromedp"

	"github.com/caddy-consent/caddy-consent/bench/internal/visits"
)

type measurement struct {
	options
	visits *visits.Visits
	names  []string // of the rows, in their order
	times  visits.Times
}

// patience is how long one page or one row may take.
const patience = 3 * time.Minute

// long is what is not measured a second time, in milliseconds, and ten times what is not in each turn.
const long = 4000

// The rows that are pages of their own.
const (
	tasks   = "an ordinary page: all tasks of the main thread"
	scripts = "an ordinary page: of these, scripts"
	guard   = "start of the guard"
)

func (m *measurement) wants(name string) bool {
	if !m.only.MatchString(name) {
		return false
	}
	if !slices.Contains(m.names, name) {
		m.names = append(m.names, name)
	}
	return true
}

func (m *measurement) add(way, name string, ms float64) {
	if m.wants(name) {
		m.times.Add(way, name, ms)
	}
}

// rows does the work of rows.js, row by row and each in turns: the four pages stay open.
func (m *measurement) rows(ctx context.Context, round int) error {
	tabs := make(map[string]context.Context)
	for _, way := range visits.Ways {
		tab, shut, err := m.visits.Tab(way)
		if err != nil {
			return err
		}
		defer shut()
		tabs[way] = tab
		if err := chromedp.Do(tab, chromedp.Navigate(m.visits.Origin(way)+"/rows")); err != nil {
			return err
		}
		if err := visits.Check(tab, way); err != nil {
			return err
		}
	}
	names, err := chromedp.Run(tabs[visits.Plain], chromedp.Evaluate[[]string](`rows.map(row => row.name)`))
	if err != nil {
		return err
	}
	for i, name := range names {
		if !m.wants(name) {
			continue
		}
		for _, way := range visits.Ways {
			if shown, err := evaluate[string](tabs[way], `prepare()`); err != nil || shown != "visible" {
				return fmt.Errorf("%s is not ready: %s, %w", way, shown, err)
			}
		}
		for turn := range m.turns {
			for _, way := range visits.Turn(round + turn) {
				if known := m.times[way][name]; known > long || turn > 0 && known > long/10 && m.times.Ratio(way, name) > 3 {
					continue
				}
				ms, err := evaluate[float64](tabs[way], fmt.Sprintf("measure(%d)", i))
				if err != nil {
					return fmt.Errorf("%s, %s: %w", name, way, err)
				}
				m.add(way, name, ms)
			}
		}
	}
	return ctx.Err()
}

// evaluate is what a promise on a page comes to.
func evaluate[T any](tab context.Context, promise string) (T, error) {
	tab, cancel := context.WithTimeout(tab, patience)
	defer cancel()
	return chromedp.Run(tab, chromedp.Evaluate[T](promise, chromedp.EvalAwaitPromise))
}

// pages loads an ordinary page, each time for a new visitor.
func (m *measurement) pages(ctx context.Context, round int) error {
	wanted := slices.Contains([]bool{m.wants(tasks), m.wants(scripts)}, true)
	traced := m.wants(guard)
	for _, way := range visits.Turn(round) {
		if wanted {
			counted, err := m.counters(way)
			if err != nil {
				return fmt.Errorf("an ordinary page, %s: %w", way, err)
			}
			m.add(way, tasks, counted["TaskDuration"])
			m.add(way, scripts, counted["ScriptDuration"])
		}
		if traced && (way == visits.Open || way == visits.Refused) {
			ms, err := m.evaluating(way, "/guard")
			if err != nil {
				return fmt.Errorf("start of the guard, %s: %w", way, err)
			}
			m.add(way, guard, ms)
		}
	}
	return ctx.Err()
}

// visit opens the ordinary page for a new visitor and calls f when all that it does is done.
func (m *measurement) visit(way string, before, after chromedp.Action[chromedp.Void]) error {
	tab, shut, err := m.visits.Tab(way)
	if err != nil {
		return err
	}
	defer shut()
	tab, cancel := context.WithTimeout(tab, patience)
	defer cancel()
	if err := chromedp.Do(tab, before, chromedp.Navigate(m.visits.Origin(way)+"/ordinary"),
		chromedp.Poll[chromedp.Void](`window.complete`, chromedp.WithPollingInterval(20*time.Millisecond))); err != nil {
		return err
	}
	if err := visits.Check(tab, way); err != nil {
		return err
	}
	return chromedp.Do(tab, after)
}

// counters are the browser's own of a page, in milliseconds of the processor's time.
func (m *measurement) counters(way string) (map[string]float64, error) {
	counted := make(map[string]float64)
	err := m.visit(way, chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, performance.Enable, performance.EnableParams{TimeDomain: performance.EnableTimeDomainThreadTicks})
		return err
	}), chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		got, err := cdp.Call(ctx, t, performance.GetMetrics, cdp.Empty{})
		for _, metric := range got.Metrics {
			counted[metric.Name] = 1000 * metric.Value
		}
		return err
	}))
	return counted, err
}

// evaluating is how long it takes to compile and run the scripts whose address contains a text, in milliseconds of the
// processor's time.
func (m *measurement) evaluating(way, address string) (ms float64, err error) {
	type traceEvent struct {
		Name     string
		Duration float64 `json:"tdur"` // of the processor, in microseconds
		Args     struct {
			Data struct{ URL string }
		}
	}
	var undecoded error
	complete := make(chan struct{})
	err = m.visit(way, chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		if err := chromedp.Listen(ctx, func(e any) {
			switch e := e.(type) {
			case *tracing.EventDataCollected:
				for _, raw := range e.Value {
					var event traceEvent
					if err := json.Unmarshal(raw, &event); err != nil {
						undecoded = err
					}
					if event.Name == "EvaluateScript" && strings.Contains(event.Args.Data.URL, address) {
						ms += event.Duration / 1000
					}
				}
			case *tracing.EventTracingComplete:
				close(complete)
			}
		}); err != nil {
			return err
		}
		_, err := cdp.Call(ctx, t, tracing.Start, tracing.StartParams{TraceConfig: &tracing.TraceConfig{
			IncludedCategories: []string{"devtools.timeline"}, ExcludedCategories: []string{"*"},
		}})
		return err
	}), chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		if _, err := cdp.Call(ctx, t, tracing.End, cdp.Empty{}); err != nil {
			return err
		}
		select {
		case <-complete:
			return undecoded
		case <-ctx.Done():
			return ctx.Err()
		}
	}))
	if err == nil && ms == 0 {
		err = fmt.Errorf("no script of %s has run", address)
	}
	return ms, err
}
