package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// cpuTime is what all threads of a process and of its children have run so far. The
// scheduler's own count is in nanoseconds; what /proc/PID/stat has is in hundredths of
// a second. Threads that have ended do not count, but no proxy here ends any under load.
func cpuTime(pid int) (time.Duration, error) {
	var sum time.Duration
	for _, pid := range family(pid) {
		threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", pid))
		if err != nil || len(threads) == 0 {
			return 0, fmt.Errorf("process %d is gone, or this kernel has no schedstat", pid)
		}
		for _, name := range threads {
			text, err := os.ReadFile(name)
			if errors.Is(err, fs.ErrNotExist) {
				continue
			} else if err != nil {
				return 0, err
			}
			ran, _, _ := strings.Cut(string(text), " ")
			ns, err := strconv.ParseInt(ran, 10, 64)
			if err != nil {
				return 0, fmt.Errorf("%s: %w", name, err)
			}
			sum += time.Duration(ns)
		}
	}
	return sum, nil
}

// rss is the memory of a process and its children, in bytes. What they share counts for
// each.
func rss(pid int) (int, error) {
	sum := 0
	for _, pid := range family(pid) {
		status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
		if err != nil {
			return 0, err
		}
		_, after, _ := strings.Cut(string(status), "VmRSS:")
		var kib int
		if _, err := fmt.Sscanf(after, "%d kB", &kib); err != nil {
			return 0, fmt.Errorf("process %d: VmRSS: %w", pid, err)
		}
		sum += kib << 10
	}
	return sum, nil
}

// family is a process and all that descend from it.
func family(pid int) []int {
	all := []int{pid}
	lists, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid)) // the pattern is sound
	for _, name := range lists {
		text, _ := os.ReadFile(name) // a thread that has ended has no children
		for _, child := range strings.Fields(string(text)) {
			if n, err := strconv.Atoi(child); err == nil {
				all = append(all, family(n)...)
			}
		}
	}
	return all
}
