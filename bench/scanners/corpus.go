package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
)

// page is one HTML file.
type page struct {
	path    string
	content []byte
	// scratch is a copy for a tokeniser that writes into what it reads.
	scratch []byte
}

// corpus is a set of pages that is measured as one.
type corpus struct {
	name  string
	pages []page
	size  int
	tags  int // how often "<" occurs
}

const briefPages = 16

func loadCorpora(brief bool) ([]corpus, error) {
	var corpora []corpus
	for _, source := range []struct{ name, files string }{
		{"web pages", "node_modules/htmlparser-benchmark/files/*.html"},
		{"ffmpeg-all.html", ".cache/ffmpeg-all.html"},
		{"Node.js all.html", ".cache/all.html"},
	} {
		paths, err := filepath.Glob(source.files)
		if err != nil {
			return nil, err
		}
		if len(paths) == 0 {
			return nil, fmt.Errorf("no %s: remove node_modules and .cache, and fetch again", source.files)
		}
		if brief {
			paths = paths[:min(len(paths), briefPages)]
		}
		c := corpus{name: source.name}
		if len(paths) > 1 {
			c.name = fmt.Sprint(len(paths), " ", c.name)
		}
		for _, path := range paths {
			content, err := os.ReadFile(path)
			if err != nil {
				return nil, err
			}
			// tdewolff's lexer wants a NUL behind the page; with room for it, it need
			// not copy the page each time.
			scratch := append(make([]byte, 0, len(content)+1), content...)
			c.pages = append(c.pages, page{path, content, scratch})
			c.size += len(content)
			c.tags += bytes.Count(content, []byte("<"))
		}
		corpora = append(corpora, c)
	}
	return corpora, nil
}
