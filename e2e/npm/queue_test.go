package npm

import (
	"strings"
	"testing"

	"github.com/caddy-consent/caddy-consent/e2e/harness"
)

// queueing is an application whose widgets share one queue of scripts, as the portal's own do: each waits for the
// one before it, failed or not, and a callback that throws stops them all.
const queueing = `window.shown = [];
window.enqueue = (() => {
	const queue = [];
	let pending;
	const finish = () => {
		if (!pending) return;
		pending.done();
		pending = null;
		next();
	};
	const next = () => {
		if (pending || !(pending = queue.shift())) return;
		const script = document.createElement('script');
		script.setAttribute('src', pending.url);
		script.async = false;
		script.onload = script.onerror = finish;
		document.head.appendChild(script);
	};
	return (url, done) => { queue.push({ url, done }); next() };
})();
angular.module('portal', [])
	.directive('contactForm', () => ({ template: '<div class="form"></div>', link: (scope, element) => {
		const create = () => hbspt.forms.create({ portalId: '1', target: element[0].firstChild });
		if (angular.isUndefined(window.hbspt)) enqueue('https://js.hsforms.net/forms/v2.js', create);
		else create();
	} }))
	.directive('chart', () => ({ template: '<svg class="chart"></svg>', link: () => enqueue('/chart.js', () => shown.push(draw('chart'))) }))
	.directive('map', () => ({ template: '<div class="map"></div>', link: () => enqueue('/map.js', () => shown.push(draw('map'))) }));
// What the script of the forms defines.
window.ran = [];
ran.push = function (path) {
	Array.prototype.push.call(this, path);
	if (path === 'js.hsforms.net/forms/v2.js') window.hbspt = { forms: { create({ target }) { target.innerHTML += '<form></form>' } } };
};`

// TestHubSpotFormHeld: whoever refuses HubSpot's forms keeps the widgets that load their scripts
// behind them.
func TestHubSpotFormHeld(t *testing.T) {
	const draws = `window.draw = name => name;`
	const forms = `<contact-form></contact-form><div chart></div><div map></div><contact-form></contact-form>`
	page := func(head string) string {
		return strings.Replace(harness.Document(head+`<script src="/npm/angular/angular.js"></script><script src="/app.js"></script>`, forms), "<html",
			`<html ng-app="portal"`, 1)
	}
	s := harness.Serve(t, "service hubspot", map[string]string{
		"/": page(""), "/tracked": page(`<script async src="https://js.hs-scripts.com/1.js"></script>`),
		"/app.js": queueing, "/chart.js": draws, "/map.js": draws,
	})
	world := harness.Elsewhere()
	const drawn = `shown.join() === 'chart,map'`
	for name, path := range map[string]string{"forms": "/", "forms and tracking": "/tracked"} {
		t.Run(name, func(t *testing.T) {
			p := harness.Browser(t, world.Settings).Visit(t, harness.Visitor{})
			check := func(when string) {
				t.Helper()
				for _, problem := range p.Problems() {
					t.Errorf("%s: %s", when, problem)
				}
			}
			world.Forget()
			p.Open(s.URL + path)
			p.Await(drawn)
			p.Await(harness.NoticeShown)
			check("before the choice")
			p.Answer("Tout refuser")
			p.Open(s.URL + path)
			p.Await(drawn)
			p.Await(harness.Settled)
			check("after refusing")
			world.Silent(t, "after refusing")

			p.Decide("accept", "undefined")
			p.Await(`[...document.querySelectorAll('.form')].every(f => f.querySelectorAll('form').length === 1)`)
			if !harness.Eval[bool](p, drawn) {
				t.Errorf("drawn are %s", harness.Eval[string](p, `shown.join()`))
			}
			check("allowed")
		})
	}
	t.Run("forms that nobody declared", func(t *testing.T) {
		s := harness.Serve(t, "service matomo", map[string]string{"/": page(""), "/app.js": queueing, "/chart.js": draws, "/map.js": draws})
		p := harness.Browser(t, world.Settings).Visit(t, harness.Visitor{})
		world.Forget()
		p.Open(s.URL)
		p.Await(drawn)
		world.Silent(t, "undeclared")
		for _, problem := range p.Problems() {
			t.Error(problem)
		}
	})
}
