package notice

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
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
	// Hash is that of the body, as a Content-Security-Policy and integrity="" have it.
	Hash    string
	encoded map[string]func() []byte
}

// assets are the files by name, in a folder whose URL changes with their bytes. All such folders are in one.
type assets struct {
	all, folder string
	files       map[string]Asset
}

// readAssets reads what is served at {path}/assets/<hash>/<name>.
func readAssets(files fs.FS, o Options) (assets, error) {
	a := assets{files: make(map[string]Asset)}
	h := sha256.New()
	for _, f := range []struct {
		name, contentType string
		read              func() ([]byte, error)
	}{
		{"style.css", contentCSS, func() ([]byte, error) {
			body, err := fs.ReadFile(files, "style.css")
			return append(body, o.Style.CSS()...), err
		}},
		{"charter.css", contentCSS, nil},
		{"placeholder.css", contentCSS, nil},
		{"notice.js", contentScript, nil},
		{"release.js", contentScript, nil},
		{"worker.js", contentScript, func() ([]byte, error) { return o.Guard.worker(o.Policy) }},
		{"guard.js", contentScript, func() ([]byte, error) { return o.Guard.script(o.Policy, a.hashes()) }},
		{"kept.js", contentScript, func() ([]byte, error) { return o.keptGuard(a.hashes()) }},
	} {
		if f.read == nil {
			f.read = func() ([]byte, error) { return fs.ReadFile(files, f.name) }
		}
		body, err := f.read()
		if err != nil {
			return a, fmt.Errorf("templates: %s: %w", f.name, err)
		}
		h.Write(body)
		a.files[f.name] = newAsset(f.contentType, body)
	}
	// Short: it stands in every page, and 2^32 versions are enough to tell two apart.
	a.all = o.Path.Assets()
	a.folder = a.all + hex.EncodeToString(h.Sum(nil)[:4]) + "/"
	return a, nil
}

// hashes are those of the scripts that the guard loads.
func (a assets) hashes() map[string]string {
	return map[string]string{"notice.js": a.files["notice.js"].Hash, "release.js": a.files["release.js"].Hash}
}

const (
	contentCSS    = "text/css; charset=utf-8"
	contentScript = "text/javascript; charset=utf-8"
)

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
	digest := sha256.Sum256(body)
	return Asset{contentType, body, "sha256-" + base64.StdEncoding.EncodeToString(digest[:]), map[string]func() []byte{
		"br":   compressed(func(w io.Writer) io.WriteCloser { return brotli.NewWriterLevel(w, brotli.BestCompression) }),
		"gzip": compressed(func(w io.Writer) io.WriteCloser { z, _ := gzip.NewWriterLevel(w, gzip.BestCompression); return z }),
	}}
}

// Encoded is the body in a content coding: br or gzip.
func (a Asset) Encoded(coding string) []byte { return a.encoded[coding]() }

// Asset returns the asset at that path, also where its folder is that of other bytes, as of an
// instance whose configuration is another: while a new one rolls out, pages come from one, files from
// the next. IsCurrent tells the two apart.
func (r *Renderer) Asset(path string) (Asset, bool) {
	rest, ok := strings.CutPrefix(path, r.assets.all)
	_, name, within := strings.Cut(rest, "/")
	if granted, file, tells := strings.Cut(name, "/"); tells && strings.HasPrefix(granted, "on=") {
		name = file // a worker reads the rest in its own address: see guard/worker.js
	}
	a, known := r.assets.files[name]
	return a, ok && within && known
}

// IsCurrent tells whether the path of an asset is that of its very bytes.
func (r *Renderer) IsCurrent(path string) bool { return strings.HasPrefix(path, r.assets.folder) }

// File is the path of an asset, and its hash.
func (r *Renderer) File(name string) (path, hash string) {
	return r.assets.folder + name, r.assets.files[name].Hash
}
