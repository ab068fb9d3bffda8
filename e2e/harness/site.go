package harness

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// Site is a portal of a few pages behind the module.
type Site struct {
	// URL is the address without a slash at its end.
	URL    string
	Portal *httptest.Server
}

// Watched are what the tests of the guard declare: a service that needs consent, and one that is exempt.
const Watched = `
	service video {
		provider "Exemple Vidéo SARL" https://video.example/vie-privee
		purpose  embeds
		hosts    video.test *.video.test
		cookies  vid_*
		inline   "video.play("
		lifetime 30d
	}
	service stats {
		provider "Ville d’Essai"
		purpose  statistics
		hosts    stats.test
		cookies  st_*
		lifetime 10d
		exempt
	}
`

// Declared is what the sites of most tests declare: services that need consent, one that is
// exempt, several purposes.
const Declared = `
	controller "Ville d’Essai" dpo@ville.example
	service matomo {
		provider "Ville d’Essai"
		exempt
		description fr "Compte les visites, sans suivre personne."
	}
	service ga
	service video {
		name "Vidéos"
		provider "Exemple Vidéo SARL" https://video.example/vie-privee
		purpose embeds
		cookies vid_*
	}
`

// Serve starts a portal with these pages, in front of it the module with these lines.
// Each answer gets the fields; files of npm packages are under /npm/.
func Serve(t testing.TB, consent string, pages map[string]string, fields ...string) Site {
	t.Helper()
	mux := http.NewServeMux()
	for path, content := range pages {
		mux.HandleFunc("GET "+path+exactly[path], func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			if strings.HasSuffix(path, ".css") {
				w.Header().Set("Content-Type", "text/css")
			}
			if strings.HasSuffix(path, ".js") {
				w.Header().Set("Content-Type", "text/javascript")
			}
			for _, field := range fields {
				name, value, _ := strings.Cut(field, ": ")
				w.Header().Set(name, value)
			}
			_, _ = io.WriteString(w, content)
		})
	}
	for _, content := range pages {
		if strings.Contains(content, "/npm/") {
			mux.Handle("GET /npm/", http.StripPrefix("/npm/", http.FileServer(http.Dir(NPM(t)))))
			break
		}
	}
	s := Site{Portal: httptest.NewServer(mux)}
	t.Cleanup(s.Portal.Close)
	s.URL = fmt.Sprintf("http://localhost:%d", FreePort(t))
	Caddy(t, fmt.Sprintf("%s {\n\tconsent {\n%s\n\t}\n\treverse_proxy %s\n}\n", s.URL, consent, strings.TrimPrefix(s.Portal.URL, "http://")))
	return s
}

// exactly ends the patterns of paths that would stand for all below them too.
var exactly = map[string]string{"/": "{$}"}

// Document is a page of a portal in French, with this in its head and in its body.
func Document(head, body string) string {
	return `<!DOCTYPE html><html lang="fr"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">` +
		`<title>Données ouvertes</title>` +
		head + `</head><body>` + body + `</body></html>`
}
