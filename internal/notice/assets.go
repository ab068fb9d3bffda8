package notice

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"strings"
)

// Asset is a file that pages load.
type Asset struct {
	ContentType string
	Body        []byte
}

// assets are the files by name, in a folder whose URL changes with their bytes.
type assets struct {
	folder string
	files  map[string]Asset
}

// readAssets reads what is served at {path}/assets/<hash>/<name>.
func readAssets(files fs.FS, path string) (assets, error) {
	a := assets{files: make(map[string]Asset)}
	h := sha256.New()
	for _, f := range []struct{ name, contentType string }{
		{"style.css", "text/css; charset=utf-8"},
		{"notice.js", "text/javascript; charset=utf-8"},
	} {
		body, err := fs.ReadFile(files, f.name)
		if err != nil {
			return a, fmt.Errorf("templates: %w", err)
		}
		h.Write(body)
		a.files[f.name] = Asset{f.contentType, body}
	}
	a.folder = path + "/assets/" + hex.EncodeToString(h.Sum(nil)[:6]) + "/"
	return a, nil
}

// Asset returns the asset at that path.
func (r *Renderer) Asset(path string) (Asset, bool) {
	name, ok := strings.CutPrefix(path, r.assets.folder)
	a, known := r.assets.files[name]
	return a, ok && known
}
