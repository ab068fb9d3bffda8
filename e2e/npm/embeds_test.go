package npm

import (
	"slices"
	"strings"
	"testing"

	"github.com/caddy-consent/caddy-consent/e2e/harness"
)

// angularEmbeds are ways in which AngularJS applications bring others' content into a page, some
// time after the page.
const angularEmbeds = `window.ready = 0;
angular.module('portal', ['ngSanitize'])
	.directive('film', () => ({ template: '<iframe src="https://www.dailymotion.com/embed/video/x" title="Film"></iframe>' }))
	.directive('post', () => ({ link: (scope, element) => {
		const script = document.createElement('script');
		script.async = true;
		script.src = 'https://platform.twitter.com/widgets.js';
		element[0].appendChild(script);
	} }))
	.controller('Embeds', ['$scope', '$sce', '$timeout', ($scope, $sce, $timeout) => $timeout(() => {
		$scope.video = $sce.trustAsResourceUrl('https://www.youtube.com/embed/x');
		$scope.html = '<p>Photo <img src="https://scontent.cdninstagram.com/v/x.jpg"></p>';
		$scope.raw = $sce.trustAsHtml('<iframe src="https://player.vimeo.com/video/1" title="Vimeo"></iframe>');
		$scope.late = true;
		$scope.$on('$includeContentLoaded', () => { window.ready++; });
		angular.element(document.querySelector('#jqlite')).append('<img src="https://live.staticflickr.com/1/x.jpg" alt="">');
	})]);`

const angularPage = `<div ng-controller="Embeds">
	<iframe ng-src="{{ video }}" title="Vidéo"></iframe>
	<div ng-if="late"><film></film><post></post></div>
	<div ng-bind-html="html"></div><div ng-bind-html="raw"></div>
	<div ng-include="late && '/comments.html'"></div>
	<div id="jqlite"></div>
</div>`

func TestAngularJSEmbeds(t *testing.T) {
	hosts := map[string]string{
		"youtube": "www.youtube.com", "dailymotion": "www.dailymotion.com", "twitter": "platform.twitter.com", "instagram": "scontent.cdninstagram.com",
		"vimeo": "player.vimeo.com", "flickr": "live.staticflickr.com", "disqus": "example.disqus.com",
	}
	lines := ""
	for id := range hosts {
		lines += "service " + id + "\n"
	}
	html := strings.Replace(harness.Document(`<script src="/npm/angular/angular.js"></script><script src="/npm/angular-sanitize/angular-sanitize.js">`+
		`</script><script src="/app.js"></script>`, angularPage), "<html", `<html ng-app="portal"`, 1)
	s := harness.Serve(t, lines, map[string]string{
		"/": html, "/app.js": angularEmbeds, "/comments.html": `<section><img src="https://example.disqus.com/count.gif" alt=""></section>`,
	})
	world := harness.Elsewhere()
	p := harness.Browser(t, world.Settings).Visit(t, harness.Visitor{})
	const injected = `window.ready === 1 && document.querySelectorAll('iframe').length === 3 && document.querySelector('#jqlite img') !== null`
	load := func() {
		t.Helper()
		p.Open(s.URL)
		p.Await(injected)
		p.Await(harness.Settled)
	}
	load()
	if n := harness.Eval[int](p, `document.querySelectorAll('[data-consent-service]').length`); n != len(hosts) {
		t.Errorf("%d elements are held, want %d", n, len(hosts))
	}
	world.Silent(t, "before the choice")
	p.Answer("Tout refuser")
	load()
	world.Silent(t, "after refusing")

	awaitHost := func(wanted string) {
		t.Helper()
		world.Await(t, func(host string) bool { return host == wanted }, wanted)
	}
	harness.Eval[bool](p, `(window.same = true)`)
	p.Decide("grant", "{vimeo: true}")
	p.Await(`document.querySelectorAll('[data-consent-service]').length === 6`)
	awaitHost("player.vimeo.com")
	if got := world.Hosts(); !slices.Equal(got, []string{"player.vimeo.com"}) {
		t.Errorf("Vimeo is allowed, and asked are %v", got)
	}
	p.Decide("accept", "undefined")
	p.Await(`document.querySelectorAll('[data-consent-service]').length === 0`)
	for _, host := range hosts {
		awaitHost(host)
	}
	if !harness.Eval[bool](p, `window.same === true`) {
		t.Error("the page was loaded anew")
	}

	p.Decide("refuse", "undefined")
	p.Await(`window.same === undefined && document.readyState === 'complete'`)
	p.Await(injected)
	world.Forget()
	load()
	world.Silent(t, "after withdrawing")
}
