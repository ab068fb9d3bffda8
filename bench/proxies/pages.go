package main

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"math/rand/v2"
	"strings"
)

// bodyTag is where the proxies insert: nginx and Apache look for this very text.
const bodyTag = `<body class="catalogue">`

// What Apache and nginx insert, about as long as the notice. It comes in two pieces,
// because a word in nginx's configuration has 4 KB at most, and contains nothing that
// either would not take literally.
var (
	insertedMark   = `id="proxies-inserted"`
	insertedPieces = [2]string{
		`<div ` + insertedMark + ` class="notice"><p>` + prose(rand.New(rand.NewPCG(3, 4)), 2500),
		prose(rand.New(rand.NewPCG(5, 6)), 2400) + `</p></div>`,
	}
)

var words = strings.Fields(`arbres remarquables commune hauteur essence emplacement budget primitif subventions
	associations recettes fonction nature publication licence ouverte sportifs cantines menus stationnement travaux
	voirie collecte points apport prets horaires conseil municipal publics resultats bureau vote population quartier`)

func prose(random *rand.Rand, size int) string {
	var b strings.Builder
	for b.Len() < size {
		b.WriteString(words[random.IntN(len(words))])
		b.WriteByte(' ')
	}
	return b.String()
}

// makePage makes a catalogue of data sets. Its words vary, so that it compresses about
// as a page does, and are the same in every run.
func makePage(size int) []byte {
	random := rand.New(rand.NewPCG(1, 2))
	var b bytes.Buffer
	b.WriteString(`<!DOCTYPE html>
<html lang="fr">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Catalogue</title>
<link rel="stylesheet" href="/static/portal.css">
<script>window.portal = {"lang": "fr", "debug": false};</script>
<script src="/static/portal.js" defer></script>
</head>
` + bodyTag + `
<header><a href="/">Données ouvertes</a><nav><a href="/explore/">Catalogue</a> <a href="/pages/a-propos/">À propos</a></nav></header>
<main>
<h1>Catalogue</h1>
<ul class="datasets">
`)
	const end = "</ul>\n</main>\n<footer><a href=\"/terms/cookies-policy/\">Cookies</a></footer>\n</body>\n</html>\n"
	for b.Len() < size-len(end) {
		id := random.Uint32()
		fmt.Fprintf(&b, "<li class=\"dataset\" data-id=\"%08x\">\n<h2><a href=\"/explore/dataset/%08x/information/\">%s</a></h2>\n<p>%s.</p>\n<p class=\"meta\">%s · %d enregistrements · CSV, API</p>\n<img src=\"/static/%08x.svg\" alt=\"\" width=\"48\" height=\"48\">\n</li>\n",
			id, id, prose(random, 25), prose(random, 200), prose(random, 18), random.IntN(100000), id)
	}
	b.WriteString(end)
	return b.Bytes()
}

func makeJSON(size int) []byte {
	b := []byte(`{"total_count":36,"results":[`)
	for i := 1; len(b) < size-2; i++ {
		if i > 1 {
			b = append(b, ',')
		}
		b = fmt.Appendf(b, `{"recordid":%d,"essence":"Quercus robur","hauteur":%d,"circonference":%d}`, i, 8+i*7%20, 90+i*31%240)
	}
	return append(b, "]}"...)
}

// compress makes pieces of one gzip stream. The upstream's flush ends each.
func compress(pieces ...[]byte) [][]byte {
	var b bytes.Buffer
	w, _ := gzip.NewWriterLevel(&b, 6)
	var compressed [][]byte
	for i, piece := range pieces {
		_, _ = w.Write(piece) // to memory
		if i < len(pieces)-1 {
			_ = w.Flush()
		} else {
			_ = w.Close()
		}
		compressed = append(compressed, bytes.Clone(b.Bytes()))
		b.Reset()
	}
	return compressed
}
