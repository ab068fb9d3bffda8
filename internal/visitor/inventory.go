package visitor

import (
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/caddy-consent/caddy-consent/internal/csp"
	"github.com/caddy-consent/caddy-consent/internal/inventory"
	"github.com/caddy-consent/caddy-consent/internal/page"
)

// Bounds on what a page may tell. The script inventory.js keeps to them.
const (
	maxInventory = 16 << 10
	maxNames     = 40 // of each kind
	maxNameBytes = 128
)

// inventory takes the names of cookies, of keys in storage and of hosts that a page tells of when its visitor leaves it.
func (h *Handler) inventory(w http.ResponseWriter, r *http.Request) {
	if !h.reports.Allow() {
		tooMany(w)
		return
	}
	names, problem := readNames(w, r)
	if problem != nil {
		fail(w, problem.status, problem.sentence)
		return
	}
	names.Hosts = slices.DeleteFunc(names.Hosts, func(host string) bool { return host == h.site(r).Name() })
	h.Told(names, h.visitor(r, time.Now()).Effective, refererWithoutQuery(r))
	w.WriteHeader(http.StatusNoContent)
}

func tooMany(w http.ResponseWriter) {
	w.Header().Set("Retry-After", "10")
	fail(w, http.StatusTooManyRequests, "There are too many reports at the moment.")
}

// refererWithoutQuery is the path of the page that the request comes from, without a query; "" where that is not told.
func refererWithoutQuery(r *http.Request) string {
	from, _ := page.RefererPath(r)
	path, _, _ := strings.Cut(from, "?")
	return path
}

func readNames(w http.ResponseWriter, r *http.Request) (names inventory.Names, _ *problem) {
	if media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || media != "application/json" {
		return names, malformed("Send the names as application/json.")
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxInventory))
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
		return names, &problem{http.StatusRequestEntityTooLarge, "The names are too many, or too long."}
	}
	if err != nil {
		return names, malformed("The names could not be read completely.")
	}
	decoder := json.NewDecoder(strings.NewReader(string(body)))
	decoder.DisallowUnknownFields()
	err = decoder.Decode(&names)
	if _, end := decoder.Token(); err != nil || end != io.EOF {
		return names, malformed(`The JSON must be one object with "cookies", "storage" and "hosts" (lists of strings), and no other member.`)
	}
	for _, list := range [][]string{names.Cookies, names.Storage, names.Hosts} {
		if len(list) > maxNames || slices.ContainsFunc(list, isNoName) {
			return names, malformed("A list may hold %d names of 1 to %d bytes.", maxNames, maxNameBytes)
		}
	}
	if slices.ContainsFunc(names.Hosts, func(host string) bool { return !csp.IsHost(host) }) {
		return names, malformed("A host is no host's name in lower case.")
	}
	return names, nil
}

func isNoName(name string) bool { return name == "" || len(name) > maxNameBytes }
