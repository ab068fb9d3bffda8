// An AngularJS application that does what portals' front ends do.
window.log = [];
angular.module('portal', ['ngSanitize', 'ngCookies'])
	.config(['$locationProvider', $locationProvider => $locationProvider.html5Mode({ enabled: true, requireBase: false })])
	.directive('tile', () => ({ template: '<img ng-src="/static/{{ id }}.svg" ng-attr-title="{{ id }}"><b ng-style="{ opacity: 0.5 }">{{ id }}</b>', scope: { id: '@' } }))
	.controller('Portal', ['$scope', '$http', '$cookies', '$location', '$timeout', ($scope, $http, $cookies, $location, $timeout) => {
		$scope.load = () => $http.get('/api/datasets', { params: { q: $scope.query || '' } }).then(answer => {
			$scope.datasets = answer.data.results;
			log.push('results ' + answer.data.results.length);
		});
		$scope.save = () => {
			$cookies.put('app_query', $scope.query);
			$http.post('/api/save', { query: $scope.query }).then(answer => log.push('saved ' + answer.data.ok + ' ' + $cookies.get('app_query')));
		};
		$scope.go = () => $location.path('/explore');
		$scope.$on('$locationChangeSuccess', () => { $scope.route = $location.path(); });
		$timeout(() => {
			const late = document.createElement('p');
			late.innerHTML = '<i>En retard</i>';
			document.querySelector('#late').appendChild(late);
			log.push('late ' + late.firstChild.localName);
		});
		$scope.load();
	}]);
