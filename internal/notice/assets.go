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

	"github.com/andybalholm/brotli"
)

// Asset is a file that pages load.
type Asset struct {
	ContentType string
	Body        []byte
	// Encoded is the body in each content coding that it is kept in: br, gzip.
	Encoded map[string][]byte
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
		if a.files[f.name], err = newAsset(f.contentType, body); err != nil {
			return a, err
		}
	}
	// Short: it stands in every page, and 2^32 versions are enough to tell two apart.
	a.folder = path + "/assets/" + hex.EncodeToString(h.Sum(nil)[:4]) + "/"
	return a, nil
}

// newAsset compresses the file once, as well as can be: it is the same for everyone, and
// Caddy's encode has no brotli.
func newAsset(contentType string, body []byte) (Asset, error) {
	a := Asset{contentType, body, make(map[string][]byte)}
	for coding, open := range map[string]func(io.Writer) io.WriteCloser{
		"br":   func(w io.Writer) io.WriteCloser { return brotli.NewWriterLevel(w, brotli.BestCompression) },
		"gzip": func(w io.Writer) io.WriteCloser { z, _ := gzip.NewWriterLevel(w, gzip.BestCompression); return z },
	} {
		var b bytes.Buffer
		w := open(&b)
		if _, err := w.Write(body); err != nil {
			return a, err
		}
		if err := w.Close(); err != nil {
			return a, err
		}
		a.Encoded[coding] = b.Bytes()
	}
	return a, nil
}

// Asset returns the asset at that path.
func (r *Renderer) Asset(path string) (Asset, bool) {
	name, ok := strings.CutPrefix(path, r.assets.folder)
	a, known := r.assets.files[name]
	return a, ok && known
}
