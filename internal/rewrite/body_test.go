package rewrite

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/caddy-consent/caddy-consent/internal/markup"
)

const (
	text    = "<!doctype html><title>x</title><body><p>text</p></body>"
	notice  = "<b>notice</b>"
	changed = "<!doctype html><title>x</title><body>" + notice + "<p>text</p></body>"
)

// inserting is a page into which something is inserted.
func inserting() markup.Page {
	return markup.Page{Rules: markup.Rules{Body: func([]byte) string { return notice }}}
}

func TestLength(t *testing.T) {
	for name, c := range map[string]struct {
		length    int // as the header tells it
		buffering bool
		want      string // the length in the new header
	}{
		"known":             {len(text), true, "68"},
		"known, unbuffered": {len(text), false, ""},
		"unknown":           {0, false, ""},
	} {
		t.Run(name, func(t *testing.T) {
			w := httptest.NewRecorder()
			var b Body
			defer b.End()
			b.Begin(w, http.StatusTeapot, inserting(), c.length, c.buffering)
			if b.Waits() != c.buffering || !b.Began() {
				t.Errorf("waits %t, began %t", b.Waits(), b.Began())
			}
			if n, err := b.Write([]byte(text)); n != len(text) || err != nil {
				t.Errorf("%d, %v", n, err)
			}
			if err := b.Close(nil, nil); err != nil {
				t.Error(err)
			}
			if got := w.Body.String(); got != changed || w.Header().Get("Content-Length") != c.want {
				t.Errorf("%q of the length %q, want %q", got, w.Header().Get("Content-Length"), c.want)
			}
			if c.buffering != (w.Code == http.StatusTeapot) {
				t.Errorf("the status is %d", w.Code)
			}
			if cost := b.Cost(); cost.Bytes != len(text) || cost.Worked <= 0 {
				t.Errorf("it cost %+v", cost)
			}
		})
	}
}

func TestContentLengthExceeded(t *testing.T) {
	w := httptest.NewRecorder()
	var b Body
	defer b.End()
	b.Begin(w, http.StatusOK, inserting(), len(text), true)
	if n, err := b.Write([]byte(text + "more")); n != len(text) || !errors.Is(err, http.ErrContentLength) {
		t.Errorf("%d, %v", n, err)
	}
	if err := b.Close(nil, nil); err != nil || w.Body.String() != changed {
		t.Errorf("%q, %v", w.Body, err)
	}
}

func TestFlush(t *testing.T) {
	w := httptest.NewRecorder()
	var b Body
	defer b.End()
	b.Begin(w, http.StatusOK, inserting(), 1000, true)
	_, _ = b.Write([]byte(text[:30])) // before anything is inserted, so that the new length is not known
	if err := b.Flush(); err != nil || b.Waits() || w.Header().Get("Content-Length") != "" || !strings.HasPrefix(w.Body.String(), "<!doctype") {
		t.Errorf("%q, %q, %v", w.Body, w.Header(), err)
	}
}

func TestBufferLimit(t *testing.T) {
	w := httptest.NewRecorder()
	var b Body
	defer b.End()
	const pieces = 100
	piece := strings.Repeat("<p>x", 1<<10)
	b.Begin(w, http.StatusOK, markup.Page{Rules: markup.Rules{Meta: func([]byte) string { return "" }}, To: nil}, pieces*len(piece), true)
	for range pieces {
		_, _ = b.Write([]byte(piece))
		if b.buffer != nil && b.buffer.Len() > maxBuffered {
			t.Fatalf("%d bytes are buffered", b.buffer.Len())
		}
	}
	if err := b.Close(nil, nil); err != nil || w.Body.Len() != pieces*len(piece) {
		t.Errorf("%d bytes, %v", w.Body.Len(), err)
	}
}

// sized notes the sizes of what is written.
type sized struct {
	*httptest.ResponseRecorder
	sizes []int
}

func (w *sized) Write(p []byte) (int, error) {
	w.sizes = append(w.sizes, len(p))
	return w.ResponseRecorder.Write(p)
}

// TestPieces: a long page goes out in pieces that the server writes at once, however it comes.
func TestPieces(t *testing.T) {
	page := text + strings.Repeat("<p>x", 50<<10)
	for name, size := range map[string]int{"as the proxy reads": 32 << 10, "small": 1000, "odd": 70_001, "at once": len(page)} {
		t.Run(name, func(t *testing.T) {
			w := &sized{ResponseRecorder: httptest.NewRecorder()}
			var b Body
			defer b.End()
			b.Begin(w, http.StatusOK, markup.Page{Rules: markup.Rules{Host: func([]byte) *markup.Mark { return nil }}}, len(page), true)
			for rest := page; rest != ""; {
				n := min(size, len(rest))
				if _, err := b.Write([]byte(rest[:n])); err != nil {
					t.Fatal(err)
				}
				rest = rest[n:]
			}
			if err := b.Close(nil, nil); err != nil || w.Body.String() != page {
				t.Errorf("the page is another, %v", err)
			}
			for i, size := range w.sizes {
				if size != piece && i < len(w.sizes)-1 {
					t.Errorf("the pieces have %v bytes", w.sizes)
					break
				}
			}
		})
	}
}

func TestClose(t *testing.T) {
	handler, cause := errors.New("handler"), errors.New("cause")
	for name, c := range map[string]struct {
		length         int
		written        string
		handler, cause error
		broken         error // nil where the page is whole
	}{
		"whole":                           {0, text, nil, nil, nil},
		"whole, though its handler fails": {len(text), text, handler, nil, nil},
		"shorter than its header says":    {len(text), text[:20], nil, nil, io.ErrUnexpectedEOF},
		"broken before":                   {0, text, nil, cause, cause},
	} {
		t.Run(name, func(t *testing.T) {
			var b Body
			defer b.End()
			b.Begin(httptest.NewRecorder(), http.StatusOK, inserting(), c.length, c.length > 0)
			_, _ = b.Write([]byte(c.written))
			if err := b.Close(c.handler, c.cause); !errors.Is(err, c.broken) {
				t.Errorf("%v, want %v", err, c.broken)
			}
		})
	}
}

func TestRead(t *testing.T) {
	inserted := 0
	var b Body
	defer b.End()
	b.Read(markup.Page{Rules: markup.Rules{Body: func([]byte) string { inserted++; return notice }}})
	if n, err := b.Write([]byte(text)); n != len(text) || err != nil || b.Waits() {
		t.Errorf("%d, %v", n, err)
	}
	if err := b.Close(nil, nil); err != nil || inserted != 1 || b.Cost().Bytes != len(text) {
		t.Errorf("%v, inserted %d times, %+v", err, inserted, b.Cost())
	}
}

// stalled fails after some bytes, as a connection does whose visitor has gone.
type stalled struct {
	*httptest.ResponseRecorder
	left int
}

func (s *stalled) Write(p []byte) (int, error) {
	if s.left -= len(p); s.left < 0 {
		return 0, io.ErrClosedPipe
	}
	return s.ResponseRecorder.Write(p)
}

func TestClientDisconnect(t *testing.T) {
	var b Body
	defer b.End()
	b.Begin(&stalled{httptest.NewRecorder(), 100}, http.StatusOK, inserting(), 0, false)
	var err error
	for range 100 {
		if _, err = b.Write([]byte(text)); err != nil {
			break
		}
	}
	if !errors.Is(err, io.ErrClosedPipe) {
		t.Fatalf("%v", err)
	}
	if _, again := b.Write([]byte(text)); !errors.Is(again, io.ErrClosedPipe) || !errors.Is(b.Flush(), io.ErrClosedPipe) || !errors.Is(b.Close(nil, nil), io.ErrClosedPipe) {
		t.Errorf("then %v", again)
	}
}
