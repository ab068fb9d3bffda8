// Shows the cookies that scripts can read here, and never writes one.
(function () {
  'use strict';
  var list = document.getElementById('cookies-held');
  var shown;

  function show() {
    if (document.cookie === shown) return;
    shown = document.cookie;
    var names = shown.split('; ').filter(Boolean).map(function (pair) {
      return pair.includes('=') ? pair.split('=')[0] : '(sans nom)';
    });
    list.replaceChildren.apply(list, (names.length ? names : ['aucun']).map(function (name) {
      var item = document.createElement('li');
      item.textContent = name;
      if (!names.length) item.className = 'none';
      return item;
    }));
  }

  document.documentElement.classList.remove('no-js');
  if (list) {
    show();
    setInterval(show, 1000);
  }

  // The portal's own banner is switched off, as behind the proxy it should be:
  // its button leads to the cookie policy.
  document.addEventListener('click', function (event) {
    if (!event.defaultPrevented && event.target.closest('.ods-manage-cookies-preferences__show-button')) {
      location.href = '/terms/cookies-policy/';
    }
  });
})();
