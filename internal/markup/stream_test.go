package markup

import (
	"bytes"
	stdgzip "compress/gzip"
	"io"
	"strings"
	"testing"
)

func gzipped(t testing.TB, text string) []byte {
	var b bytes.Buffer
	w := stdgzip.NewWriter(&b)
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func gunzip(t testing.TB, b []byte) string {
	r, err := stdgzip.NewReader(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

var page = "<!doctype html><body>" + strings.Repeat("<p>Jeux de données</p>", 5000)

func TestACompressedPageIsRewrittenAndStaysCompressed(t *testing.T) {
	in := gzipped(t, page)
	want := strings.Replace(page, "<body>", "<body>"+notice, 1)
	for _, size := range []int{1, 1000, len(in)} {
		for _, encode := range []bool{true, false} {
			var out bytes.Buffer
			s := NewStream(&out, Scanner{AtBody: []byte(notice)}, true, encode)
			for rest := in; len(rest) > 0; rest = rest[min(size, len(rest)):] {
				if _, err := s.Write(rest[:min(size, len(rest))]); err != nil {
					t.Fatal(err)
				}
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			s.End()
			got := out.String()
			if encode {
				got = gunzip(t, out.Bytes())
			}
			if got != want {
				t.Fatalf("pieces of %d, encoded %v: %d bytes, want %d", size, encode, len(got), len(want))
			}
		}
	}
}

func TestAFlushPassesWhatIsDecidedOfACompressedPage(t *testing.T) {
	var in, out bytes.Buffer
	w := stdgzip.NewWriter(&in)
	s := NewStream(&out, Scanner{AtBody: []byte(notice)}, true, true)
	defer s.End()
	step := func(text, want string) {
		_, _ = io.WriteString(w, text)
		_ = w.Flush()
		if _, err := s.Write(in.Bytes()); err != nil {
			t.Fatal(err)
		}
		in.Reset()
		if err := s.Flush(); err != nil {
			t.Fatal(err)
		}
		r, err := stdgzip.NewReader(bytes.NewReader(out.Bytes()))
		if err != nil {
			t.Fatal(err)
		}
		got, _ := io.ReadAll(r) // unexpected EOF: it is not finished
		if string(got) != want {
			t.Fatalf("after %q: %q, want %q", text, got, want)
		}
	}
	step("<title>x</title>", "<title>x</title>")
	step("<body>a", "<title>x</title><body>"+notice+"a")
	step("b", "<title>x</title><body>"+notice+"ab")
	size := out.Len()
	_ = s.Flush()
	if out.Len() != size {
		t.Error("a flush of nothing adds bytes")
	}
}

func TestABrokenCompressedPageIsNeverEndedWell(t *testing.T) {
	whole := gzipped(t, page)
	damaged := bytes.Clone(whole)
	damaged[len(damaged)-6] ^= 1 // CRC
	for name, in := range map[string][]byte{
		"cut": whole[:len(whole)/2], "cut in the trailer": whole[:len(whole)-3], "damaged": damaged,
		"not gzip": []byte(page),
	} {
		var out bytes.Buffer
		s := NewStream(&out, Scanner{AtBody: []byte(notice)}, true, true)
		_, err := s.Write(in)
		if err == nil {
			err = s.Close()
		}
		s.End()
		if err == nil {
			t.Errorf("%s: ended well", name)
		}
		if r, err := stdgzip.NewReader(bytes.NewReader(out.Bytes())); err == nil {
			if _, err := io.ReadAll(r); err == nil {
				t.Errorf("%s: what went out looks complete", name)
			}
		}
	}
}

func TestWhatFollowsACompressedPageIsNoPartOfIt(t *testing.T) {
	whole := gzipped(t, page)
	want := strings.Replace(page, "<body>", "<body>"+notice, 1)
	for name, in := range map[string][]byte{
		"padding": append(bytes.Clone(whole), 0, 0, 0, 0), "junk": append(bytes.Clone(whole), "junk and more"...),
		"two members": append(gzipped(t, page[:100]), gzipped(t, page[100:])...),
	} {
		for _, size := range []int{1, len(in)} {
			var out bytes.Buffer
			s := NewStream(&out, Scanner{AtBody: []byte(notice)}, true, true)
			for rest := in; len(rest) > 0; rest = rest[min(size, len(rest)):] {
				if _, err := s.Write(rest[:min(size, len(rest))]); err != nil {
					t.Fatalf("%s: %v", name, err)
				}
			}
			if err := s.Close(); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			s.End()
			if got := gunzip(t, out.Bytes()); got != want {
				t.Errorf("%s in pieces of %d: %d bytes, want %d", name, size, len(got), len(want))
			}
		}
	}
}

func TestAPageWithoutAByteStaysSo(t *testing.T) {
	var out bytes.Buffer
	s := NewStream(&out, Scanner{AtBody: []byte(notice)}, true, true)
	defer s.End()
	if err := s.Close(); err != nil || out.Len() > 0 {
		t.Error(err, out.Len())
	}
}

func TestPeekReadsTheBeginningOnly(t *testing.T) {
	in := gzipped(t, page)
	if got := string(Peek(in)); got != page[:SniffLength] {
		t.Errorf("%d bytes", len(got))
	}
	if got := Peek(in[:100]); len(got) == 0 || !strings.HasPrefix(page, string(got)) {
		t.Errorf("%q from the first bytes of a block", got)
	}
	if got := Peek(in[:3]); len(got) != 0 {
		t.Errorf("%q from three bytes", got)
	}
	if got := Peek([]byte("<html>")); len(got) != 0 {
		t.Errorf("%q from what is not compressed", got)
	}
}
