package markup

import (
	"bufio"
	"bytes"
	"io"
	"iter"
	"slices"
	"sync"

	"github.com/caddy-consent/caddy-consent/internal/css"
)

// Page says how a page comes and what is to become of it.
type Page struct {
	Rules Rules
	// XML reads the page as XHTML.
	XML bool
	// Charset tells that the page came with the name of its encoding.
	Charset bool
	// From are the content codings in which the page comes, To those in which it goes out:
	// each one of Codings, in the order in which they were applied; none for none.
	From, To []string
	// Sheet, if not nil, reads what comes as a style sheet instead, and Rules do not count. It is ready for another.
	Sheet *css.Scanner
}

// finder finds the edits in what streams by: in a page a [Scanner], in a style sheet a [css.Scanner].
type finder interface {
	Scan(window []byte, eof bool) (edits []Edit, decided int)
	Done() bool
}

// Stream takes a page as the upstream sends it, piece by piece, and writes it
// rewritten. A page that comes and goes in gzip or deflate is edited as it is compressed; one in another coding is decoded on
// the way in and encoded again on the way out.
type Stream struct {
	in         io.Writer
	rewriter   Rewriter
	compressed *compressedEditor
	decoder    *decoder
	encoders   []encoder // the first takes the page
	codings    []string  // of the encoders
	begun      bool      // the page has a first byte
	unsynced   bool      // bytes went into the encoders since they were last flushed
}

// streams are used again, with the memory of their scanners.
var streams = sync.Pool{New: func() any { return new(Stream) }}

// NewStream makes a stream that writes to out. End must be called in the end.
func NewStream(out io.Writer, page Page) *Stream {
	s := streams.Get().(*Stream)
	if format, ok := inPlace(page.From, page.To); ok {
		s.rewriter.Reset(nil, page)
		s.compressed = newCompressedEditor(out, format, &s.rewriter)
		s.in = s.compressed
		return s
	}
	s.codings = page.To
	for i := len(page.To) - 1; i >= 0; i-- {
		e := encoders[page.To[i]].Get().(encoder)
		e.Reset(out)
		s.encoders = append(s.encoders, e)
		out = e
	}
	slices.Reverse(s.encoders)
	s.rewriter.Reset(out, page)
	s.in = &s.rewriter
	if len(page.From) > 0 {
		s.decoder = newDecoder(page.From, &s.rewriter)
		s.in = s.decoder
	}
	return s
}

// Write passes on what is decided of the page with p.
func (s *Stream) Write(p []byte) (int, error) {
	s.begun = s.begun || len(p) > 0
	s.unsynced = s.unsynced || len(p) > 0
	return s.in.Write(p)
}

// Flush lets the reader see all that is decided.
func (s *Stream) Flush() error {
	if !s.unsynced {
		return nil
	}
	s.unsynced = false
	if s.compressed != nil {
		return s.compressed.Flush()
	}
	if err := s.rewriter.Flush(); err != nil {
		return err
	}
	for _, e := range s.encoders {
		if err := e.Flush(); err != nil {
			return err
		}
	}
	return nil
}

// Close ends the page. An error says that what came was cut short or broken, so
// that what went out must not look complete. A page without a byte stays so,
// whatever coding it was said to have.
func (s *Stream) Close() error {
	if !s.begun {
		return nil
	}
	if s.compressed != nil {
		return s.compressed.Close()
	}
	if s.decoder != nil {
		if err := s.decoder.Close(); err != nil {
			return err
		}
	}
	if err := s.rewriter.Close(); err != nil {
		return err
	}
	for _, e := range s.encoders {
		if err := e.Close(); err != nil {
			return err
		}
	}
	return nil
}

// Abandon passes what is held of a page that its sender did not finish, without an
// end.
func (s *Stream) Abandon() error {
	if s.compressed != nil {
		return s.compressed.Abandon()
	}
	if err := s.rewriter.Abandon(); err != nil {
		return err
	}
	s.unsynced = true
	return s.Flush()
}

// Growth is by how many bytes the page has become longer; final tells that it will stay
// so, because no later edit is possible. Of a page that is encoded anew it is never known.
func (s *Stream) Growth() (bytes int, final bool) {
	if s.compressed != nil {
		return s.compressed.Growth()
	}
	r := &s.rewriter
	return r.growth, s.decoder == nil && len(s.encoders) == 0 && r.finder().Done() && len(r.held) == 0
}

// Passed counts what was not looked at.
func (s *Stream) Passed() Passed {
	if sheet := s.rewriter.sheet; sheet != nil {
		return Passed{Texts: sheet.Passed.Tokens, Encoding: sheet.Passed.Encoding}
	}
	return s.rewriter.Scanner.Passed
}

// End frees what the stream holds. Nothing may be done with it after.
func (s *Stream) End() {
	if s.compressed != nil {
		s.compressed.release()
	}
	s.rewriter.Out = io.Discard // a decoder that is stopped hands out what it has left
	if s.decoder != nil {
		s.decoder.stop()
	}
	for i, e := range s.encoders {
		e.Reset(nil)
		encoders[s.codings[i]].Put(e)
	}
	clear(s.encoders)
	*s = Stream{rewriter: s.rewriter, encoders: s.encoders[:0]}
	s.rewriter.Reset(nil, Page{})
	streams.Put(s)
}

// decoder turns a reader that pulls, as decoders are, into a writer that is
// pushed: the reader runs as a coroutine and gives way when it wants bytes that
// have not come yet. So every Write returns when all that can be decoded is.
type decoder struct {
	next  func() (struct{}, bool)
	stop  func()
	input []byte
	ended bool  // no more input will come
	err   error // how decoding ended; nil while it goes on or where it ended well
}

func newDecoder(codings []string, out io.Writer) *decoder {
	d := &decoder{}
	d.next, d.stop = iter.Pull(func(yield func(struct{}) bool) {
		d.err = decode(codings, out, pushed{d, yield})
	})
	return d
}

// decode reads all of a compressed page and writes it to out.
func decode(codings []string, out io.Writer, in io.Reader) error {
	r := in
	for _, coding := range slices.Backward(codings) { // the last was applied last
		decoded, release, err := decoders[coding](bufio.NewReader(r))
		defer release()
		if err != nil {
			return err
		}
		r = decoded
	}
	buf := copyBuffers.Get().(*[copyBufferSize]byte)
	defer copyBuffers.Put(buf)
	for {
		n, err := r.Read(buf[:])
		if n > 0 {
			if _, err := out.Write(buf[:n]); err != nil {
				return err
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

const copyBufferSize = 32 << 10

var copyBuffers = sync.Pool{New: func() any { return new([copyBufferSize]byte) }}

// pushed is the input as the coroutine reads it.
type pushed struct {
	d     *decoder
	yield func(struct{}) bool
}

func (p pushed) Read(b []byte) (int, error) {
	for len(p.d.input) == 0 {
		if p.d.ended {
			return 0, io.EOF
		}
		if !p.yield(struct{}{}) {
			return 0, io.ErrUnexpectedEOF // stopped
		}
	}
	n := copy(b, p.d.input)
	p.d.input = p.d.input[n:]
	return n, nil
}

func (d *decoder) Write(p []byte) (int, error) {
	if d.err != nil {
		return 0, d.err
	}
	d.input = p
	d.next() // does nothing any more behind the end of the page
	d.input = nil
	if d.err != nil {
		return 0, d.err
	}
	return len(p), nil
}

func (d *decoder) Close() error {
	if d.err != nil {
		return d.err
	}
	d.ended = true
	d.next()
	return d.err
}

// Peek decodes the beginning of a compressed page, as far as prefix reaches and up
// to SniffLength bytes.
func Peek(codings []string, prefix []byte) []byte {
	var out limited
	_ = decode(codings, &out, bytes.NewReader(prefix)) // an error shows again when the page is decoded
	return out.bytes
}

type limited struct{ bytes []byte }

func (l *limited) Write(p []byte) (int, error) {
	l.bytes = append(l.bytes, p...)
	if len(l.bytes) >= SniffLength {
		l.bytes = l.bytes[:SniffLength]
		return 0, io.ErrShortWrite
	}
	return len(p), nil
}
