package notice

import "github.com/caddy-consent/caddy-consent/internal/choice"

// Shown is the notice as a visitor of the home page gets it, where no Content-Security-Policy of the
// site's asks for marks on it. The ledger names it by its hash.
func (r *Renderer) Shown(site, language string, refusing bool) string {
	return r.Notice(Place{Site: site, Return: "/", Language: language, OptOut: refusing})
}

// Document is something that visitors read.
type Document struct {
	// Name is a path: the language's tag and a file.
	Name string
	Body []byte
}

// Escrow returns the bytes that visitors of a site get before they have chosen: in each language the
// notice, the charter as its own address shows it and, where the browser's signal counts as refusal, the
// notice that says so; then the files that these load.
func (r *Renderer) Escrow(site string) ([]Document, error) {
	var documents []Document
	for _, tag := range r.languages.tags {
		documents = append(documents, Document{tag + "/notice.html", []byte(r.Shown(site, tag, false))})
		if r.options.Guard.GPC {
			documents = append(documents, Document{tag + "/notice-gpc.html", []byte(r.Shown(site, tag, true))})
		}
		charter, err := r.Charter(Visitor{
			Place:     Place{Language: tag, Site: site, Return: r.options.Path.Charter() + "?lang=" + tag},
			Effective: choice.Choice{}.Effective(r.options.Policy, false),
		})
		if err != nil {
			return nil, err
		}
		documents = append(documents, Document{tag + "/charter.html", charter})
	}
	for name, asset := range r.assets.files {
		documents = append(documents, Document{"assets/" + name, asset.Body})
	}
	return documents, nil
}
