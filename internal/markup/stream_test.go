package markup

import (
	"bytes"
	stdflate "compress/flate"
	stdgzip "compress/gzip"
	stdzlib "compress/zlib"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"
)

var page = "<!doctype html><body>" + strings.Repeat("<p>Jeux de données</p>", 5000)

// flushed encodes parts as the decoders' peers do, with a flush between them.
func flushed(t testing.TB, coding string, parts ...string) [][]byte {
	var b bytes.Buffer
	var w interface {
		io.WriteCloser
		Flush() error
	}
	switch coding {
	case "gzip":
		w = stdgzip.NewWriter(&b)
	case "deflate":
		w = stdzlib.NewWriter(&b)
	case "bare deflate":
		w, _ = stdflate.NewWriter(&b, 6)
	case "br":
		w = brotli.NewWriterLevel(&b, 6)
	case "zstd":
		w, _ = zstd.NewWriter(&b)
	}
	var pieces [][]byte
	for i, part := range parts {
		_, err := io.WriteString(w, part)
		if err == nil && i < len(parts)-1 {
			err = w.Flush()
		} else if err == nil {
			err = w.Close()
		}
		if err != nil {
			t.Fatal(err)
		}
		pieces = append(pieces, bytes.Clone(b.Bytes()))
		b.Reset()
	}
	return pieces
}

func compressed(t testing.TB, coding, text string) []byte { return flushed(t, coding, text)[0] }

// list makes a list of codings; "" is none.
func list(codings string) []string {
	parsed, _ := ParseCodings(codings)
	return parsed
}

// decompress reads what went out, with another implementation where there is one.
func decompress(coding string, b []byte) (string, error) {
	var r io.Reader
	var err error
	switch coding {
	case "gzip":
		r, err = stdgzip.NewReader(bytes.NewReader(b))
	case "deflate":
		r, err = stdzlib.NewReader(bytes.NewReader(b))
	case "bare deflate":
		r = stdflate.NewReader(bytes.NewReader(b))
	case "br":
		r = brotli.NewReader(bytes.NewReader(b))
	case "zstd":
		r, err = zstd.NewReader(bytes.NewReader(b))
	}
	if err != nil {
		return "", err
	}
	text, err := io.ReadAll(r)
	return string(text), err
}

func TestStreamCodings(t *testing.T) {
	want := strings.Replace(page, "<body>", "<body>"+notice, 1)
	for _, coding := range append([]string{"bare deflate"}, Codings...) {
		t.Run(coding, func(t *testing.T) {
			in, from := compressed(t, coding, page), strings.TrimPrefix(coding, "bare ")
			for _, size := range []int{1, 1000, len(in)} {
				for _, to := range []string{from, ""} {
					var out bytes.Buffer
					s := NewStream(&out, Page{Rules: Rules{Body: insert(notice)}, From: list(from), To: list(to)})
					for rest := in; len(rest) > 0; rest = rest[min(size, len(rest)):] {
						if _, err := s.Write(rest[:min(size, len(rest))]); err != nil {
							t.Fatal(coding, err)
						}
					}
					if err := s.Close(); err != nil {
						t.Fatal(coding, err)
					}
					s.End()
					got := out.String()
					if to != "" {
						var err error
						if to == "deflate" {
							to = coding // bare blocks stay so
						}
						if got, err = decompress(to, out.Bytes()); err != nil {
							t.Fatal(coding, err)
						}
					}
					if got != want {
						t.Fatalf("%s in pieces of %d to %q: %d bytes, want %d", coding, size, to, len(got), len(want))
					}
				}
			}
		})
	}
}

func TestStreamFlush(t *testing.T) {
	for _, coding := range Codings {
		t.Run(coding, func(t *testing.T) {
			var out bytes.Buffer
			s := NewStream(&out, Page{Rules: Rules{Body: insert(notice)}, From: list(coding), To: list(coding)})
			want := []string{"<title>x</title>", "<title>x</title><body>" + notice + "a", "<title>x</title><body>" + notice + "ab"}
			for i, piece := range flushed(t, coding, "<title>x</title>", "<body>a", "b") {
				if _, err := s.Write(piece); err != nil {
					t.Fatal(coding, err)
				}
				if err := s.Flush(); err != nil {
					t.Fatal(coding, err)
				}
				if got, _ := decompress(coding, out.Bytes()); got != want[i] { // unfinished
					t.Errorf("%s, after the flush %d: %q, want %q", coding, i, got, want[i])
				}
			}
			size := out.Len()
			if _ = s.Flush(); out.Len() != size {
				t.Errorf("%s: a flush of nothing adds bytes", coding)
			}
			s.End()
		})
	}
}

func TestStreamBroken(t *testing.T) {
	for _, coding := range Codings {
		t.Run(coding, func(t *testing.T) {
			whole := compressed(t, coding, page)
			broken := map[string][]byte{"cut": whole[:len(whole)/2], "cut at the end": whole[:len(whole)-1], "not compressed": []byte(page)}
			if coding == "gzip" {
				damaged := bytes.Clone(whole)
				damaged[len(damaged)-6] ^= 1 // CRC
				broken["damaged"] = damaged
			}
			for name, in := range broken {
				var out bytes.Buffer
				s := NewStream(&out, Page{Rules: Rules{Body: insert(notice)}, From: list(coding), To: list(coding)})
				_, err := s.Write(in)
				if err == nil {
					err = s.Close()
				}
				s.End()
				if err == nil && coding != "gzip" { // of which what nobody looks at any more passes as it comes
					t.Errorf("%s, %s: ended well", coding, name)
				}
				if _, err := decompress(coding, out.Bytes()); err == nil && out.Len() > 0 {
					t.Errorf("%s, %s: what went out looks complete", coding, name)
				}
			}
		})
	}
}

// firstMember is the text of the first, as browsers read it, whatever follows.
func firstMember(b []byte) (string, error) {
	r, err := stdgzip.NewReader(bytes.NewReader(b))
	if err != nil {
		return "", err
	}
	r.Multistream(false)
	text, err := io.ReadAll(r)
	return string(text), err
}

func TestStreamTrailingBytes(t *testing.T) {
	whole := compressed(t, "gzip", page)
	want := strings.Replace(page, "<body>", "<body>"+notice, 1)
	for name, in := range map[string][]byte{
		"padding": append(bytes.Clone(whole), 0, 0, 0, 0), "a line": append(bytes.Clone(whole), "\r\n"...), "junk": append(bytes.Clone(whole), "junk"...),
		"two members": append(compressed(t, "gzip", page[:100]), compressed(t, "gzip", page[100:])...),
	} {
		t.Run(name, func(t *testing.T) {
			for _, size := range []int{1, len(in)} {
				var out bytes.Buffer
				s := NewStream(&out, Page{Rules: Rules{Body: insert(notice)}, From: list("gzip"), To: list("gzip")})
				for rest := in; len(rest) > 0; rest = rest[min(size, len(rest)):] {
					if _, err := s.Write(rest[:min(size, len(rest))]); err != nil {
						t.Fatalf("%s: %v", name, err)
					}
				}
				if err := s.Close(); err != nil {
					t.Errorf("%s: %v", name, err)
				}
				s.End()
				got, err := decompress("gzip", out.Bytes())
				if name != "two members" {
					got, err = firstMember(out.Bytes())
				}
				if err != nil || got != want {
					t.Errorf("%s in pieces of %d: %d bytes, want %d, %v", name, size, len(got), len(want), err)
				}
			}
		})
	}
}

func TestStreamEmpty(t *testing.T) {
	var out bytes.Buffer
	s := NewStream(&out, Page{Rules: Rules{Body: insert(notice)}, From: list("gzip"), To: list("gzip")})
	defer s.End()
	if err := s.Close(); err != nil || out.Len() > 0 {
		t.Error(err, out.Len())
	}
}

func TestPeekPrefix(t *testing.T) {
	in := compressed(t, "gzip", page)
	if got := string(Peek(list("gzip"), in)); got != page[:SniffLength] {
		t.Errorf("%d bytes", len(got))
	}
	if got := Peek(list("gzip"), in[:100]); len(got) == 0 || !strings.HasPrefix(page, string(got)) {
		t.Errorf("%q from the first bytes of a block", got)
	}
	if got := Peek(list("gzip"), in[:3]); len(got) != 0 {
		t.Errorf("%q from three bytes", got)
	}
	if got := Peek(list("gzip"), []byte("<html>")); len(got) != 0 {
		t.Errorf("%q from what is not compressed", got)
	}
}

func TestStreamMultipleCodings(t *testing.T) {
	want := strings.Replace(page, "<body>", "<body>"+notice, 1)
	for _, codings := range []string{"gzip, br", "br,gzip", "zstd, deflate, gzip", "gzip, gzip"} {
		t.Run(codings, func(t *testing.T) {
			in := page
			for coding := range strings.SplitSeq(codings, ",") {
				in = string(compressed(t, strings.TrimSpace(coding), in))
			}
			for _, to := range []string{codings, ""} {
				for _, size := range []int{1, 700, len(in)} {
					var out bytes.Buffer
					s := NewStream(&out, Page{Rules: Rules{Body: insert(notice)}, From: list(codings), To: list(to)})
					for rest := []byte(in); len(rest) > 0; rest = rest[min(size, len(rest)):] {
						if _, err := s.Write(rest[:min(size, len(rest))]); err != nil {
							t.Fatal(codings, err)
						}
					}
					if err := s.Close(); err != nil {
						t.Fatal(codings, err)
					}
					s.End()
					got := out.String()
					for _, coding := range slices.Backward(list(to)) {
						var err error
						if got, err = decompress(coding, []byte(got)); err != nil {
							t.Fatal(codings, err)
						}
					}
					if got != want {
						t.Errorf("%s in pieces of %d to %q: %d bytes, want %d", codings, size, to, len(got), len(want))
					}
				}
			}
		})
	}
}

func TestParseCodings(t *testing.T) {
	for header, want := range map[string][]string{
		"": nil, "identity": nil, "gzip": {"gzip"}, "GZIP": {"gzip"}, "x-gzip": {"gzip"},
		"gzip, br": {"gzip", "br"}, " gzip ,identity,, br": {"gzip", "br"},
	} {
		t.Run(fmt.Sprintf("%q", header), func(t *testing.T) {
			if got, ok := ParseCodings(header); !ok || !slices.Equal(got, want) {
				t.Errorf("%q: %q %v", header, got, ok)
			}
		})
	}
	for _, header := range []string{"compress", "gzip, dcb", "exi", "gzip,gzip,gzip,gzip", "gzip;q=1"} {
		t.Run(fmt.Sprintf("%q", header), func(t *testing.T) {
			if got, ok := ParseCodings(header); ok {
				t.Errorf("%q: %q", header, got)
			}
		})
	}
}
