package main

import (
	_ "embed"
	"encoding/base64"
	"errors"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"github.com/caddy-consent/caddy-consent/bench/internal/portal"
	"github.com/caddy-consent/caddy-consent/e2e/harness"
)

var (
	//go:embed rows.html
	rowsPage string
	//go:embed rows.js
	rowsScript string
	//go:embed ordinary.html
	ordinary string
)

// serve starts the site, and says where it is.
func serve() (address string, stop func(), err error) {
	packages := filepath.Join(harness.Root(), "e2e", "npm", "node_modules")
	if _, err := os.Stat(filepath.Join(packages, "jquery")); err != nil {
		return "", nil, errors.New("what e2e/npm/package.json names is missing (npm ci --prefix e2e/npm)")
	}
	_, datasets, _ := strings.Cut(string(portal.Page(60<<10)), `<ul class="datasets">`)
	datasets, _, _ = strings.Cut(datasets, "</ul>")

	mux := http.NewServeMux()
	file := func(path, kind, content string) {
		mux.HandleFunc("GET "+path, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", kind)
			w.Header().Set("Cache-Control", "max-age=600")
			// Pages that are isolated have a clock of 5 µs instead of 100.
			w.Header().Set("Cross-Origin-Opener-Policy", "same-origin")
			w.Header().Set("Cross-Origin-Embedder-Policy", "require-corp")
			_, _ = w.Write([]byte(content))
		})
	}
	dot, err := base64.StdEncoding.DecodeString("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
	if err != nil {
		return "", nil, err
	}
	file("/rows", "text/html; charset=utf-8", rowsPage)
	file("/rows.js", "text/javascript; charset=utf-8", rowsScript)
	file("/ordinary", "text/html; charset=utf-8", strings.Replace(ordinary, "<!-- datasets -->", "<ul>"+datasets+"</ul>", 1))
	file("/dot.gif", "image/gif", string(dot))
	file("/static/", "image/svg+xml", `<svg xmlns="http://www.w3.org/2000/svg"></svg>`)
	mux.Handle("GET /npm/", http.StripPrefix("/npm/", http.FileServer(http.Dir(packages))))

	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	server := &http.Server{Handler: mux}
	go func() { _ = server.Serve(listener) }()
	return listener.Addr().String(), func() { _ = server.Close() }, nil
}
