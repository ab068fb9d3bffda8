package npm

import (
	"strings"
	"testing"

	"github.com/caddy-consent/caddy-consent/e2e/harness"
)

// TestAngularJSNotice: the portal's pages are AngularJS applications, that
// compile what is in the body, write parts of it late, and take links for routes of their own.
func TestAngularJSNotice(t *testing.T) {
	const body = `<div ng-controller="Portal">
		<h1>{{ title }}</h1>
		<p ng-repeat="n in names">{{ n }}</p>
		<form ng-submit="search()"><input ng-model="query"><button class="search">Chercher</button></form>
		<a class="route" href="/explore">Catalogue</a>
		<footer class="ods-front-footer" ng-bind="late"></footer>
	</div>`
	const app = `angular.module('portal', []).config(['$locationProvider', $locationProvider =>
		$locationProvider.html5Mode({ enabled: true, requireBase: false })])
		.controller('Portal', ['$scope', '$timeout', '$location', ($scope, $timeout, $location) => {
			$scope.title = 'Portail compilé';
			$scope.names = ['arbres', 'bancs'];
			$scope.search = () => { $scope.title = 'Trouvé : ' + $scope.query };
			$scope.$on('$locationChangeSuccess', () => { $scope.route = $location.path(); window.route = $scope.route });
			$timeout(() => { $scope.late = '##manage-cookies##' });
		}]);`
	html := strings.Replace(harness.Document(`<script src="/npm/angular/angular.js"></script><script src="/app.js"></script>`, body), "<html",
		`<html ng-app="portal"`, 1)
	s := harness.Serve(t, `
		site "Données {{ 6 * 7 }}"
		service matomo {
			description fr "Compte {{ 6 * 7 }} visites."
		}`, map[string]string{"/": html, "/app.js": app})
	p := harness.Browser(t, harness.Settings{}).Visit(t, harness.Visitor{})
	check := func(what string) {
		t.Helper()
		if text := harness.Eval[string](p, `document.querySelector('#caddy-consent').textContent`); strings.Contains(text, "42") ||
			!strings.Contains(text, "{{ 6 * 7 }}") {
			t.Errorf("%s: AngularJS compiles what it says: %s", what, text)
		}
		if n := harness.Eval[int](p, `document.querySelectorAll('#caddy-consent.ng-scope, #caddy-consent :is(.ng-scope, .ng-binding, .ng-pristine, `+
			`.ng-valid)').length`); n > 0 {
			t.Errorf("%s: %d of its elements belong to AngularJS", what, n)
		}
		for _, problem := range p.Problems() {
			t.Errorf("%s: %s", what, problem)
		}
	}
	p.Open(s.URL)
	p.Await(`document.querySelector('h1').innerText === 'Portail compilé' && document.querySelectorAll('p.ng-binding').length === 2`)
	p.Await(harness.NoticeShown)
	check("the notice")
	// AngularJS writes into the footer after the page, and the footer is looked at now and then.
	p.Await(`document.querySelector('.ods-manage-cookies-preferences__show-button') !== null`)
	p.OpenSettings("Gérer mes cookies")
	check("the settings")

	p.Follow("Consulter la charte des cookies") // not a route of the application
	p.Await(`document.title.startsWith('Charte des cookies')`)
	p.Back()
	p.Await(harness.NoticeShown)

	p.Answer("Tout refuser")
	p.Reload()
	p.Await(harness.Settled)
	p.OpenSettings("Gérer mes cookies")
	check("the settings of a visitor who comes back")
	p.Click("Fermer")
	p.Await(harness.NoticeGone)

	// The application works as before.
	p.Click("Catalogue")
	p.Await(`window.route === '/explore' && location.pathname === '/explore'`)
	harness.Eval[bool](p, `document.querySelector('[ng-model]').focus() === undefined`)
	p.Type("tilleuls")
	p.Click("Chercher")
	p.Await(`document.querySelector('h1').innerText === 'Trouvé : tilleuls'`)
}
