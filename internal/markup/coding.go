package markup

import (
	"bufio"
	"io"
	"slices"
	"strings"
	"sync"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zlib"
	"github.com/klauspost/compress/zstd"
)

// Codings are the content codings in which pages are decoded and encoded again
// (RFC 9110, section 8.4.1).
var Codings = []string{"gzip", "br", "zstd", "deflate"}

// maxCodings bounds how many a page may have been given in a row.
const maxCodings = 3

// ParseCodings reads a Content-Encoding: codings in the order in which they were applied,
// by their names in Codings, none where browsers decode none. ok is false where one of them, or so many, cannot be
// decoded.
func ParseCodings(contentEncoding string) (codings []string, ok bool) {
	unknown := false
	for element := range strings.SplitSeq(contentEncoding, ",") {
		coding := strings.ToLower(strings.Trim(element, " \t"))
		switch {
		case coding == "" || coding == "identity":
			continue
		case coding == "x-gzip": // RFC 9110, section 8.4.1.3
			coding = "gzip"
		case slices.Contains(registered, coding), strings.Trim(coding, "abcdefghijklmnopqrstuvwxyz0123456789-_./") != "":
			return nil, false
		case !slices.Contains(Codings, coding):
			unknown = true
			continue
		}
		codings = append(codings, coding)
	}
	if len(codings) > maxCodings || unknown && len(codings) > 0 { // of which browsers make different things
		return nil, false
	}
	return codings, true
}

// registered are codings that there are, though not here (IANA's registry; x-compress as in RFC 9110, section
// 8.4.1.1). Any other name, such as none, utf-8 or binary, browsers take for no coding.
var registered = []string{"compress", "x-compress", "aes128gcm", "dcb", "dcz", "exi", "pack200-gzip"}

// Pages are compressed anew for every visitor who sees them changed, so the levels
// are fast ones; the windows are small, so that memory does not grow with the page.
const (
	gzipLevel     = 1
	brotliLevel   = 3
	windowBits    = 18
	maxZstdWindow = 8 << 20 // RFC 9659: what a client may be asked for
)

// encoder compresses a page as it streams by.
type encoder interface {
	io.WriteCloser
	Flush() error
	Reset(io.Writer)
}

// encoders are used again: making one costs more than a small page.
var encoders = map[string]*sync.Pool{
	"gzip": {New: func() any { w, _ := gzip.NewWriterLevel(nil, gzipLevel); return w }},
	"br": {New: func() any {
		return brotli.NewWriterOptions(nil, brotli.WriterOptions{Quality: brotliLevel, LGWin: windowBits})
	}},
	"zstd": {New: func() any {
		w, _ := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1),
			zstd.WithWindowSize(1<<windowBits), zstd.WithLowerEncoderMem(true))
		return w
	}},
	"deflate": {New: func() any { w, _ := zlib.NewWriterLevel(nil, gzipLevel); return w }},
}

// decoders read a compressed page. Each returns a reader that ends with io.EOF where
// the page is complete, and with another error where it is cut short or broken.
var decoders = map[string]func(*bufio.Reader) (io.Reader, func(), error){
	"gzip":    readGzip,
	"br":      readBrotli,
	"zstd":    readZstd,
	"deflate": readDeflate,
}

func noRelease() {}

var gzipReaders = sync.Pool{New: func() any { return new(gzip.Reader) }}

func readGzip(source *bufio.Reader) (io.Reader, func(), error) {
	z := gzipReaders.Get().(*gzip.Reader)
	release := func() { gzipReaders.Put(z) }
	if err := z.Reset(source); err != nil {
		return nil, release, err
	}
	z.Multistream(false)
	return &gzipMembers{z, source}, release, nil
}

// gzipMembers reads one member after the other. What follows the last is no part of
// the page; browsers pass over it.
type gzipMembers struct {
	*gzip.Reader
	source *bufio.Reader
}

func (g *gzipMembers) Read(p []byte) (int, error) {
	n, err := g.Reader.Read(p)
	if err != io.EOF {
		return n, err
	}
	if n > 0 {
		return n, nil // looking further may wait for bytes that have not come
	}
	if next, _ := g.source.Peek(2); string(next) != "\x1f\x8b" {
		return n, io.EOF
	}
	if err := g.Reset(g.source); err != nil {
		return n, err
	}
	g.Multistream(false)
	return n, nil
}

var brotliReaders = sync.Pool{New: func() any { return brotli.NewReader(nil) }}

func readBrotli(source *bufio.Reader) (io.Reader, func(), error) {
	z := brotliReaders.Get().(*brotli.Reader)
	return &brotliStream{Reader: z}, func() { brotliReaders.Put(z) }, z.Reset(source)
}

// brotliStream ends where its stream does. What follows is no part of the page; browsers pass over it. The library calls
// it an error, which it does not export, and calls so too what it has taken of a whole stream that comes in small pieces.
type brotliStream struct {
	*brotli.Reader
	ended bool
}

func (b *brotliStream) Read(p []byte) (int, error) {
	if b.ended {
		return 0, io.EOF
	}
	n, err := b.Reader.Read(p)
	if err != nil && err.Error() == "brotli: excessive input" {
		b.ended, err = true, nil
	}
	return n, err
}

func readZstd(source *bufio.Reader) (io.Reader, func(), error) {
	z, err := zstd.NewReader(source, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(maxZstdWindow))
	if err != nil {
		return nil, noRelease, err
	}
	return z, z.Close, nil
}

// readDeflate reads the zlib format, which "deflate" means, and the bare stream, which
// some servers send and browsers read (RFC 9110, section 8.4.1.2).
func readDeflate(source *bufio.Reader) (io.Reader, func(), error) {
	header, err := source.Peek(2)
	if err != nil {
		return nil, noRelease, io.ErrUnexpectedEOF
	}
	if header[0]&0x0f == 8 && (int(header[0])<<8+int(header[1]))%31 == 0 { // RFC 1950, section 2.2
		z, err := zlib.NewReader(source)
		return z, noRelease, err
	}
	return flate.NewReader(source), noRelease, nil
}
