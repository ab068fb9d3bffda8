package notice

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
)

// Asset is a file that pages load, under a name that changes with its bytes.
type Asset struct {
	Path        string
	ContentType string
	Body        []byte
}

var assetTypes = map[string]string{
	"style.css": "text/css; charset=utf-8",
	"notice.js": "text/javascript; charset=utf-8",
}

// readAssets returns the assets by their path, all in one folder named after their
// hash: {path}/assets/<hash>/<name>.
func readAssets(files fs.FS, path string) (map[string]Asset, error) {
	h := sha256.New()
	bodies := make(map[string][]byte)
	for _, name := range []string{"style.css", "notice.js"} {
		body, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, fmt.Errorf("templates: %w", err)
		}
		bodies[name] = body
		h.Write(body)
	}
	folder := path + "/assets/" + hex.EncodeToString(h.Sum(nil)[:6]) + "/"
	assets := make(map[string]Asset)
	for name, body := range bodies {
		assets[folder+name] = Asset{Path: folder, ContentType: assetTypes[name], Body: body}
	}
	return assets, nil
}

// Asset returns the asset at that path.
func (r *Renderer) Asset(path string) (Asset, bool) {
	a, ok := r.assets[path]
	return a, ok
}

// assetFolder is the URL path of the folder that holds all assets.
func (r *Renderer) assetFolder() string {
	for _, a := range r.assets {
		return a.Path
	}
	return ""
}
