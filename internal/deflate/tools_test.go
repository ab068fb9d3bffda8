package deflate

import (
	"bytes"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

var record = flag.Bool("record", false, "write what the encoders of this machine make into testdata/encoders")

// tools are other encoders, which the machine may have; each reads a file and writes the stream to its output.
var tools = map[string][][]string{
	"gzip":       {{"gzip", "-1", "-c"}, {"gzip", "-6", "-c"}, {"gzip", "-9", "-c"}},
	"pigz":       {{"pigz", "-6", "-c"}, {"pigz", "-9", "-c", "-b", "128", "-i"}, {"pigz", "-11", "-c"}, {"pigz", "-H", "-c"}, {"pigz", "-U", "-c"}},
	"zopfli":     {{"zopfli", "-c", "--i1"}},
	"libdeflate": {{"libdeflate-gzip", "-1", "-c"}, {"libdeflate-gzip", "-6", "-c"}, {"libdeflate-gzip", "-12", "-c"}},
	"zlib": {{"/usr/bin/python3", "-c", `
import random, sys, zlib
text = open(sys.argv[1], "rb").read()
r = random.Random(len(text))
z = zlib.compressobj(r.choice([1, 4, 6, 9]), zlib.DEFLATED, 16 + r.choice([9, 12, 15]), r.choice([1, 8, 9]),
    r.choice([zlib.Z_DEFAULT_STRATEGY, zlib.Z_FILTERED, zlib.Z_HUFFMAN_ONLY, zlib.Z_RLE, zlib.Z_FIXED]))
while text:
    n = r.randrange(1, 30000)
    sys.stdout.buffer.write(z.compress(text[:n]))
    text = text[n:]
    sys.stdout.buffer.write(z.flush(r.choice([zlib.Z_NO_FLUSH, zlib.Z_PARTIAL_FLUSH, zlib.Z_SYNC_FLUSH, zlib.Z_FULL_FLUSH, zlib.Z_BLOCK])))
sys.stdout.buffer.write(z.flush())
`}},
}

// recordedSize is how long the text is of which testdata/encoders has a stream for each tool.
const recordedSize = 70_000

// TestEncoderTools runs the encoders themselves, in CI; elsewhere TestRecordedStreams has what they once made.
func TestEncoderTools(t *testing.T) {
	if os.Getenv("CONSENT_E2E") != "required" && !*record {
		t.Skip("CONSENT_E2E=required, as in CI, runs other encoders")
	}
	for name, commands := range tools {
		t.Run(name, func(t *testing.T) {
			if _, err := exec.LookPath(commands[0][0]); err != nil {
				t.Fatalf("%s is missing, and CONSENT_E2E=required", name)
			}
			for i := range 12 {
				r := rand.New(rand.NewPCG(uint64(i), 11))
				text := page(r, []int{0, 1, 500, 20_000, recordedSize, 200_000}[i%6])
				file := filepath.Join(t.TempDir(), "text")
				if err := os.WriteFile(file, text, 0o600); err != nil {
					t.Fatal(err)
				}
				for c, command := range commands {
					stream, err := exec.Command(command[0], append(command[1:], file)...).Output()
					if err != nil {
						t.Fatal(command, err)
					}
					if *record && len(text) == recordedSize && i < 6 {
						if err := os.WriteFile(fmt.Sprintf("testdata/encoders/%s-%d.gz", name, c), stream, 0o644); err != nil {
							t.Fatal(err)
						}
					}
					editForeign(t, fmt.Sprintf("%v, %d bytes", command, len(text)), r, stream, text, []int{0, 4000}[i%2])
				}
			}
		})
	}
}

// TestRecordedStreams edits what TestEncoderTools has recorded.
func TestRecordedStreams(t *testing.T) {
	files, _ := filepath.Glob("testdata/encoders/*.gz")
	commands := 0
	for _, of := range tools {
		commands += len(of)
	}
	if len(files) != commands {
		t.Errorf("%d streams are recorded, of %d commands: go test ./internal/deflate -run TestEncoderTools -record", len(files), commands)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			stream, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			text, err := inflated(stream)
			if err != nil || len(text) != recordedSize {
				t.Fatalf("%d bytes: %v", len(text), err)
			}
			for seed := range uint64(4) {
				editForeign(t, fmt.Sprintf("edits %d", seed), rand.New(rand.NewPCG(seed, 23)), stream, text, []int{0, 4000}[seed%2])
			}
		})
	}
}

// editForeign edits a stream of another encoder, in every envelope, and compares the texts.
func editForeign(t *testing.T, what string, r *rand.Rand, stream, text []byte, most int) {
	t.Helper()
	edits := someEdits(r, text)
	want := applied(text, edits)
	out, err := edited(r, Gzip, stream, scanner(r, edits), most)
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	if got, err := inflated(out); err != nil || !bytes.Equal(got, want) {
		t.Errorf("%s, %d edits: %v", what, len(edits), err)
	}
	recalled(t, r, stream, edits, want)
	if os.Getenv("CONSENT_E2E") == "required" {
		if err := decodedByZlib(out, want); err != nil {
			t.Errorf("%s: zlib: %v", what, err)
		}
	}
	for envelope, stream := range inOtherEnvelopes(t, stream, text) {
		out, err := edited(r, Deflate, stream, scanner(r, edits), 0)
		if err != nil {
			t.Fatalf("%s, %s: %v", what, envelope, err)
		}
		if got, err := inflatedFrom(envelope, out); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s, %d edits, %s: %v", what, len(edits), envelope, err)
		}
	}
}

// decodedByZlib compares what zlib makes of a stream.
func decodedByZlib(stream, want []byte) error {
	decode := exec.Command("/usr/bin/python3", "-c",
		"import sys, zlib; z = zlib.decompressobj(31); t = z.decompress(sys.stdin.buffer.read()); "+
			"assert z.eof and not z.unused_data; sys.stdout.buffer.write(t)")
	decode.Stdin = bytes.NewReader(stream)
	got, err := decode.Output()
	if err == nil && !bytes.Equal(got, want) {
		err = fmt.Errorf("%d bytes, want %d", len(got), len(want))
	}
	return err
}
