package deflate_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"os"

	"github.com/caddy-consent/caddy-consent/internal/deflate"
)

func ExampleStream() {
	var page bytes.Buffer
	w := gzip.NewWriter(&page)
	_, _ = io.WriteString(w, "<html><body><p>Données ouvertes</p></body></html>")
	_ = w.Close()

	// Inserts a word behind <body>; what may be its beginning waits for the rest.
	const tag = "<body>"
	inserted, base := false, int64(0)
	scan := func(text []byte, end bool) (edits []deflate.Edit, decided int) {
		decided = len(text)
		if at := bytes.Index(text, []byte(tag)); !inserted && at >= 0 {
			inserted = true
			edits = append(edits, deflate.Edit{Offset: base + int64(at+len(tag)), Replacement: "Bonjour. "})
		} else if !inserted && !end {
			decided = max(0, len(text)-len(tag)+1)
		}
		base += int64(decided)
		return edits, decided
	}

	var edited bytes.Buffer
	var s deflate.Stream
	s.Reset(&edited, deflate.Gzip, scan, func() bool { return inserted })
	_, err := page.WriteTo(&s)
	fmt.Println(err, s.Close())

	r, _ := gzip.NewReader(&edited)
	_, _ = io.Copy(os.Stdout, r)
	// Output:
	// <nil> <nil>
	// <html><body>Bonjour. <p>Données ouvertes</p></body></html>
}
