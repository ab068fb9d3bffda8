package page

import (
	"net/http"
	"net/url"
	"path"
	"strings"
	"sync"
)

// Workers are the scripts that browsers have asked for as service workers (Service Workers, section 6.1: with
// Service-Worker: script). Asks of a nil one finds none.
type Workers struct {
	mu    sync.RWMutex
	known map[string]bool
	order [maxWorkers]string // the oldest at next, once there are as many as are kept
	next  int
}

// maxWorkers bounds them: a site has one, or one for each of its applications. Longer paths than maxWorkerPath are
// not kept either.
const (
	maxWorkers    = 64
	maxWorkerPath = 512
)

// Note remembers the script at a path where a request is for one, and the response's header is a script's.
func (w *Workers) Note(r *http.Request, path string, h http.Header) {
	if first(r.Header["Service-Worker"]) != "script" || len(path) > maxWorkerPath {
		return
	}
	if essence, _ := mediaType(h["Content-Type"]); !strings.HasSuffix(essence, "javascript") && !strings.HasSuffix(essence, "ecmascript") {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.known[path] {
		return
	}
	if w.known == nil {
		w.known = make(map[string]bool)
	}
	delete(w.known, w.order[w.next])
	w.known[path], w.order[w.next] = true, path
	w.next = (w.next + 1) % maxWorkers
}

// Asks tells whether a service worker makes a request: its Referer is the worker's own address, one that is known or
// that ends as a script's does, never a page's.
func (w *Workers) Asks(r *http.Request) bool {
	referer := first(r.Header["Referer"])
	if referer == "" {
		return false
	}
	from, err := url.Parse(referer)
	if err != nil {
		return false
	}
	if ending := path.Ext(from.Path); ending == ".js" || ending == ".mjs" {
		return true
	}
	if w == nil {
		return false
	}
	w.mu.RLock()
	defer w.mu.RUnlock()
	return w.known[from.Path]
}
