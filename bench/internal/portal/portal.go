// Package portal makes what the benchmarks' upstreams send: the same pages, JSON and
// cookies in every run and in every comparison.
package portal

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
)

// BodyTag is where the proxies insert: nginx and Apache look for this very text.
const BodyTag = `<body class="catalogue">`

// Cookies are what the site sets. The charter knows half of them as necessary.
var Cookies = []string{
	"sessionid=8dk2b5h3z0t9q1x7c4v6n8m2l5k3j1h0; expires=Mon, 07 Dec 2026 12:00:00 GMT; HttpOnly; Max-Age=1209600; Path=/; SameSite=Lax",
	"_ga=GA1.1.1234567890.1764000000; Max-Age=63072000; Path=/; SameSite=Lax",
	"csrftoken=Zc0vJ1xq3mT5yR7uW9eA2sD4fG6hK8lP; expires=Mon, 22 Nov 2027 12:00:00 GMT; Max-Age=31449600; Path=/; SameSite=Lax",
	"_pk_id.1.1=0123456789abcdef.1764000000.; Max-Age=33955200; Path=/; SameSite=Lax",
	"django_language=fr; Path=/; Max-Age=31536000",
	"xtvrn=$123456$; Max-Age=15552000; Path=/; SameSite=Lax",
}

// NecessaryCookies are how many of Cookies the charter knows.
const NecessaryCookies = 3

var words = strings.Fields(`arbres remarquables commune hauteur essence emplacement budget primitif subventions
	associations recettes fonction nature publication licence ouverte sportifs cantines menus stationnement travaux
	voirie collecte points apport prets horaires conseil municipal publics resultats bureau vote population quartier`)

// Prose makes text of at least size bytes, of words in ASCII alone.
func Prose(random *rand.Rand, size int) string {
	var b strings.Builder
	for b.Len() < size {
		b.WriteString(words[random.IntN(len(words))])
		b.WriteByte(' ')
	}
	return b.String()
}

// Page makes a catalogue of data sets. Its words vary, so that it compresses about
// as a page does, and are the same in every run.
func Page(size int) []byte {
	random := rand.New(rand.NewPCG(1, 2))
	var b bytes.Buffer
	b.WriteString(`<!DOCTYPE html>
<html lang="fr">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Catalogue</title>
<link rel="stylesheet" href="/static/portal.css">
<script>window.PORTAL = {"lang": "fr", "debug": false, "colour": "#0B4F8A", "search": "?q=%22arbres%22&sort=modified_at"};</script>
<script src="/static/portal.js" defer></script>
</head>
` + BodyTag + `
<header><a href="/">Données ouvertes</a><nav><a href="/explore/">Catalogue</a> <a href="/pages/a-propos/">À propos</a></nav></header>
<main>
<h1>Catalogue</h1>
<ul class="datasets">
`)
	const end = "</ul>\n</main>\n<footer><a href=\"/terms/cookies-policy/\">Cookies</a></footer>\n</body>\n</html>\n"
	for b.Len() < size-len(end) {
		id := random.Uint32()
		fmt.Fprintf(&b, "<li class=\"dataset\" data-id=\"%08x\">\n<h2><a href=\"/explore/dataset/%08x/information/\">%s</a></h2>\n<p>%s.</p>\n<p class=\"meta\">%s · %d enregistrements · CSV, API</p>\n<img src=\"/static/%08x.svg\" alt=\"\" width=\"48\" height=\"48\">\n</li>\n",
			id, id, Prose(random, 25), Prose(random, 200), Prose(random, 18), random.IntN(100000), id)
	}
	b.WriteString(end)
	return b.Bytes()
}

// Number is what stands in the rows of a Dense page for what differs from answer to answer.
const Number = "00000000"

// Dense makes a table of records as a portal shows it: 29 tags in a kilobyte. Number stands in the first row, and where
// all differ in each.
func Dense(size int, allDiffer bool) []byte {
	random := rand.New(rand.NewPCG(7, 8))
	var b bytes.Buffer
	b.WriteString("<!DOCTYPE html>\n<html lang=\"fr\">\n<head>\n<meta charset=\"utf-8\">\n<title>Table</title>\n" +
		"<link rel=\"stylesheet\" href=\"/static/portal.css\">\n<script src=\"/static/portal.js\" defer></script>\n</head>\n" +
		BodyTag + "\n<main>\n<table class=\"odswidget-table\">\n")
	const end = "</table>\n</main>\n</body>\n</html>\n"
	for row := 0; b.Len() < size-len(end); row++ {
		number := fmt.Sprintf("%08x", random.Uint32()|0xf<<28) // no Number
		if allDiffer || row == 0 {
			number = Number
		}
		fmt.Fprintf(&b, "<tr class=\"records\"><td><a href=\"/explore/%s\">%s</a></td><td><span class=\"n\">%d</span></td>"+
			"<td><b>%s</b></td><td><i class=\"fa\"></i></td></tr>\n", number, Prose(random, 18), random.IntN(1e9), Prose(random, 60))
	}
	b.WriteString(end)
	return b.Bytes()
}

// Scripted makes a page of which half is inline scripts, as of an application that brings its data with it.
func Scripted(size int) []byte {
	random := rand.New(rand.NewPCG(9, 10))
	var b bytes.Buffer
	b.WriteString("<!DOCTYPE html>\n<html lang=\"fr\">\n<head>\n<meta charset=\"utf-8\">\n<title>Carte</title>\n</head>\n" + BodyTag + "\n<main>\n")
	const end = "</main>\n</body>\n</html>\n"
	for part := 0; b.Len() < size-len(end); part++ {
		fmt.Fprintf(&b, "<section><h2>%s</h2><div ng-controller=\"map%d\"><p>%s</p></div></section>\n", Prose(random, 30), part, Prose(random, 2500))
		fmt.Fprintf(&b, "<script>window.app = window.app || {}; app.load(%d, %s, function (d) { return d.length < 3 && d; });</script>\n", part, JSON(2500))
	}
	b.WriteString(end)
	return b.Bytes()
}

// JSON makes an answer of the portal's API.
func JSON(size int) []byte {
	b := []byte(`{"total_count":36,"results":[`)
	for i := 1; len(b) < size-2; i++ {
		if i > 1 {
			b = append(b, ',')
		}
		b = fmt.Appendf(b, `{"recordid":%d,"essence":"Quercus robur","hauteur":%d,"circonference":%d}`, i, 8+i*7%20, 90+i*31%240)
	}
	return append(b, "]}"...)
}
