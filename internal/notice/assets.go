package notice

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"sync"

	"github.com/andybalholm/brotli"
)

// Asset is a file that pages load.
type Asset struct {
	ContentType string
	Body        []byte
	encoded     map[string]func() []byte
}

// assets are the files by name, in a folder whose URL changes with their bytes.
type assets struct {
	folder string
	files  map[string]Asset
}

// readAssets reads what is served at {path}/assets/<hash>/<name>.
func readAssets(files fs.FS, path string, style Style) (assets, error) {
	a := assets{files: make(map[string]Asset)}
	h := sha256.New()
	for _, f := range []struct{ name, contentType string }{
		{"style.css", "text/css; charset=utf-8"},
		{"charter.css", "text/css; charset=utf-8"},
		{"notice.js", "text/javascript; charset=utf-8"},
	} {
		body, err := fs.ReadFile(files, f.name)
		if err != nil {
			return a, fmt.Errorf("templates: %w", err)
		}
		if f.name == "style.css" {
			body = append(body, style.CSS()...)
		}
		h.Write(body)
		a.files[f.name] = newAsset(f.contentType, body)
	}
	// Short: it stands in every page, and 2^32 versions are enough to tell two apart.
	a.folder = path + "/assets/" + hex.EncodeToString(h.Sum(nil)[:4]) + "/"
	return a, nil
}

// newAsset compresses the file when it is first asked for, once, and as well as can be: it
// is the same for everyone, and Caddy's encode has no brotli.
func newAsset(contentType string, body []byte) Asset {
	compressed := func(open func(io.Writer) io.WriteCloser) func() []byte {
		return sync.OnceValue(func() []byte {
			var b bytes.Buffer // writing to it cannot fail
			w := open(&b)
			_, _ = w.Write(body)
			_ = w.Close()
			return b.Bytes()
		})
	}
	return Asset{contentType, body, map[string]func() []byte{
		"br":   compressed(func(w io.Writer) io.WriteCloser { return brotli.NewWriterLevel(w, brotli.BestCompression) }),
		"gzip": compressed(func(w io.Writer) io.WriteCloser { z, _ := gzip.NewWriterLevel(w, gzip.BestCompression); return z }),
	}}
}

// Encoded is the body in a content coding: br or gzip.
func (a Asset) Encoded(coding string) []byte { return a.encoded[coding]() }

// Asset returns the asset at that path.
func (r *Renderer) Asset(path string) (Asset, bool) {
	name, ok := strings.CutPrefix(path, r.assets.folder)
	a, known := r.assets.files[name]
	return a, ok && known
}
