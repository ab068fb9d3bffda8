package guard

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/caddy-consent/caddy-consent/e2e/harness"
)

// What takes the place of names that the snippets of denied services define (internal/notice/embedded/guard/standins.js).

// snippets are providers' own, reduced to what defines names. In hubs the page notes what the real things
// are told: they come with the scripts of other hosts, which call ran.push.
const (
	hubs    = `<script src="/hubs.js"></script>`
	theHubs = `window.told = [];
	window.ran = [];
	const tell = name => (...args) => { told.push(name + ' ' + JSON.stringify(args)) };
	ran.push = function (path) {
		Array.prototype.push.call(this, path);
		if (path === 'connect.facebook.net/fbevents.js') { const queue = fbq.queue; window.fbq = tell('fbq'); queue.forEach(call => fbq(...call)) }
		if (path === 'js.hsforms.net/forms/v2.js') window.hbspt = { forms: {
			create(...args) { told.push('hbspt ' + JSON.stringify(args) + (this === hbspt.forms)) } } };
		if (path === 'client.crisp.chat/l.js') { const list = $crisp; window.$crisp = { push: tell('crisp') }; list.forEach(item => $crisp.push(item)) }
		if (path === 'logs.xiti.com/xtcore.js') window.xt_click = tell('xt_click');
		if (path === 'www.googletagmanager.com/gtag/js') {
			const read = call => {
				told.push('data ' + JSON.stringify(call.length ? [...call] : [call]));
				for (const part of [call, ...Array.from(call)]) (part && (part.event_callback || part.eventCallback) || (() => {}))();
			};
			dataLayer.forEach(read);
			dataLayer.push = read;
		}
	};`
	facebook = `<script>!function(f,b,e,v,n,t,s){if(f.fbq)return;n=f.fbq=function(){n.queue.push(arguments)};n.queue=[];
		t=b.createElement(e);t.async=!0;t.src=v;s=b.getElementsByTagName(e)[0];s.parentNode.insertBefore(t,s)
		}(window,document,'script','https://connect.facebook.net/fbevents.js'); fbq('init', '1');</script>`
	google = `<script async src="https://www.googletagmanager.com/gtag/js?id=G-1"></script>
		<script>window.dataLayer = window.dataLayer || []; function gtag(){dataLayer.push(arguments)} gtag('js', 0); gtag('config', 'G-1');</script>`
	crisp = `<script>window.$crisp=[];window.CRISP_WEBSITE_ID="x";(function(){var ` +
		`d=document,s=d.createElement("script");s.src="https://client.crisp.chat/l.js";s.async=1;` +
		`d.getElementsByTagName("head")[0].appendChild(s);})();</script>`
	hubspot = `<script src="https://js.hsforms.net/forms/v2.js"></script>`
	xiti    = `<script>xtnv = document;</script><script src="https://logs.xiti.com/xtcore.js"></script>`

	many = "service ga\nservice facebook\nservice hubspot\nservice xiti\nservice crisp\nservice matomo"
)

func TestStandInGlobals(t *testing.T) {
	const names = `window.names = at => ['gtag', 'dataLayer', 'fbq', 'hbspt', '$crisp', 'xt_click', '_paq', 'hj', 'Intercom'].filter(name => ` +
		`typeof window[name] !== 'undefined').join();`
	head := hubs + `<script>` + names + `window.first = names()</script>` + google + facebook + `<script>window.second = names()</script>` + crisp
	_, site, p := guarded(t, many, map[string]string{
		"/hubs.js": theHubs,
		"/":        harness.Document(head, hubspot+xiti+`<a id="hj"></a><script src="/app.js"></script>`),
		"/app.js": `window.third = names();
			window.kinds = [typeof gtag, Array.isArray(dataLayer), typeof fbq, typeof hbspt.forms.create, Array.isArray($crisp), hj.localName].join();
			gtag('event', 'search'); fbq('track', 'Search'); hbspt.forms.create({ portalId: 1 }); $crisp.push(['do', 'chat:hide']);
			xt_click(document.body, 'C');
			window.done = Object.keys(window).filter(n => /^(gtag|fbq|hbspt)$/.test(n)).length`,
		"/none": harness.Document(hubs, `<script>`+names+`window.third = names()</script><script>var hj = hj || 'mine'; var _paq = window._paq || []; `+
			`function fbq() {} let gtag = 1; window.own = [hj, _paq.length, fbq(), gtag].join()</script>`),
	})
	p.Open(site.URL)
	p.Await(`window.done === 0`)
	for expression, want := range map[string]string{
		`first`:  "",
		`second`: "gtag,dataLayer,fbq",
		`third`:  "gtag,dataLayer,fbq,hbspt,$crisp,xt_click,hj", // which is an element of the page
		`kinds`:  "function,true,function,function,true,a",
	} {
		if got := harness.Eval[string](p, expression); got != want {
			t.Errorf("%s: %q, want %q", expression, got, want)
		}
	}
	for _, problem := range p.Problems() {
		t.Error(problem)
	}
	p.Open(site.URL + "/none")
	if got := harness.Eval[string](p, `third + own`); got != "mine,0,,1" {
		t.Errorf("a page of none of these: %q", got)
	}
	for _, problem := range p.Problems() {
		t.Error(problem)
	}
}

func TestStandInReplay(t *testing.T) {
	_, site, p := guarded(t, many, map[string]string{
		"/hubs.js": theHubs,
		"/":        harness.Document(hubs+google+facebook+crisp, hubspot+xiti+`<script src="/app.js"></script>`),
		"/app.js": `const mine = fbq; gtag('event', 'search', { event_callback() { told.push('called back') } }); fbq('track', 'Search');
			hbspt.forms.create({ portalId: 1 });
			$crisp.push(['do', 'chat:hide']); xt_click(document.body, 'C'); dataLayer.push({ event: 'open' });`,
	})
	p.Open(site.URL)
	p.Await(harness.Settled)
	p.Await(`told.length === 1`)
	p.Decide("accept", "undefined")
	p.Await(`ran.length === 5`)
	p.Await(`told.length >= 9`)
	harness.Eval[string](p, `mine('track', 'Late'), gtag('event', 'late'), ''`)
	p.Await(`told.length >= 11`)
	got := harness.Resolve[[]string](p, `new Promise(done => setTimeout(() => setTimeout(() => done(told.sort()), 50)))`)
	want := []string{
		`called back`, // once
		`crisp [["do","chat:hide"]]`,
		`data ["event","late"]`, `data ["config","G-1"]`, `data ["event","search",{}]`, `data ["js",0]`, `data [{"event":"open"}]`,
		`fbq ["init","1"]`, `fbq ["track","Late"]`, `fbq ["track","Search"]`,
		`hbspt [{"portalId":1}]true`,
		// what xt_click took is dropped: it leads away
	}
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("told are\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	for _, problem := range p.Problems() {
		t.Error(problem)
	}
}

func TestStandInQueueReader(t *testing.T) {
	_, site, p := guarded(t, many, map[string]string{
		// Something loads while the snippet's queue stands, and what reads the queue runs at once after.
		"/hubs.js": `window.told = [], window.ran = { push() {
			document.images[0].dispatchEvent(new Event('load'));
			$crisp.forEach(item => told.push(item.join()));
			window.$crisp = { push(item) { told.push(item.join()) } };
		} }`,
		"/":       harness.Document(hubs+`<script>window.$crisp=[]; // client.crisp.chat/l.js</script>`, hubspot+`<img><script src="/app.js"></script>`),
		"/app.js": `$crisp.push(['do', 'chat:hide'])`,
	})
	p.Open(site.URL)
	p.Await(harness.Settled)
	p.Decide("accept", "undefined")
	p.Await(`told.join() === 'do,chat:hide'`)
}

func TestDataLayerOwnArray(t *testing.T) {
	_, site, p := guarded(t, many, map[string]string{"/hubs.js": theHubs,
		"/app.js": `const go = () => told.push('called back'), click = { event: 'click', eventCallback: go };
			window.dataLayer = [{ page: 1 }]; window.layer = dataLayer; dataLayer.push(click); dataLayer.push(click)`,
		"/": harness.Document(hubs, `<script src="/app.js"></script>`+google)})
	p.Open(site.URL)
	p.Await(harness.Settled)
	p.Await(`told.length === 2`)
	p.Decide("accept", "undefined")
	p.Await(`told.length >= 7`)
	got := harness.Resolve[[]string](p,
		`new Promise(done => setTimeout(() => done([...told, layer === dataLayer, click.eventCallback === go].map(String)), 50))`)
	want := []string{"called back", "called back", `data [{"page":1}]`, `data [{"event":"click"}]`, `data [{"event":"click"}]`, `data ["js",0]`,
		`data ["config","G-1"]`, "true", "true"}
	if !slices.Equal(got, want) {
		t.Errorf("told are %q, want %q", got, want)
	}
}

func TestStandInLimit(t *testing.T) {
	_, site, p := guarded(t, many, map[string]string{"/hubs.js": theHubs, "/": harness.Document(hubs+google+facebook, "")})
	p.Open(site.URL)
	p.Await(harness.Settled)
	got := harness.Eval[string](p, `(() => {
		for (let i = 0; i < 5000; i++) { dataLayer.push({ i }); fbq('track', i) }
		return [dataLayer.length, dataLayer[0].i, dataLayer[99].i, dataLayer[dataLayer.length - 1].i, dataLayer.push('x', 'y')].join();
	})()`)
	if want := "300,0,4799,4999,301"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	p.Decide("accept", "undefined")
	p.Await(`told.filter(line => line.startsWith('fbq')).length === 301`) // with that of the snippet
}

// What tells tags of the choice stands before all that the page has pushed, and the page's own array is never cut.
func TestConsentSignalsOrder(t *testing.T) {
	_, site, p := guarded(t, many+"\nsignals google matomo", map[string]string{"/hubs.js": theHubs, "/": harness.Document(hubs+google, "")})
	p.Open(site.URL)
	p.Await(harness.Settled)
	harness.Eval[bool](p, `(() => { for (let i = 0; i < 500; i++) dataLayer.push({ i, eventCallback: () => { window.back = (window.back || `+
		`0) + 1 } }); return true })()`)
	p.Await(`window.back === 500`)
	p.Decide("accept", "undefined")
	p.Await(`told.length >= 505`)
	if got := harness.Eval[string](p, `[told[0].slice(0, 25), told[1], told[2], told[501], told[502].slice(0, 24), told[503], told[504], `+
		`back].join('\n')`); got != `data ["consent","default"
data ["set","ads_data_redaction",true]
data [{"i":0}]
data [{"i":499}]
data ["consent","update"
data ["js",0]
data ["config","G-1"]
500` {
		t.Error(got)
	}
	if got := harness.Eval[string](p, `JSON.stringify(_paq)`); got != `[["requireCookieConsent"],["setCookieConsentGiven"]]` {
		t.Error(got)
	}
}

// A link that waits until something is sent must lead on, whatever was held.
func TestLinkEventCallback(t *testing.T) {
	ways := []way{
		{"gtag", `gtag('event', 'click', { event_callback: go, event_timeout: 2000 })`},
		{"dataLayer", `dataLayer.push({ event: 'click', eventCallback: go })`},
		{"ga", `ga('send', 'event', 'link', 'click', { hitCallback: go })`},
		{"a layer of the page's own", `window.dataLayer = [{ page: 1 }]; dataLayer.push({ event: 'click', eventCallback: go })`},
		{"image", `const i = new Image; i.onload = i.onerror = go; i.src = 'https://www.google-analytics.com/collect'`},
		{"image, listeners", `const i = document.createElement('img'); i.src = 'https://www.google-analytics.com/collect'; ` +
			`i.addEventListener('load', go); i.addEventListener('error', go)`},
		{"beacon", `navigator.sendBeacon('https://www.google-analytics.com/collect', 'x'); go()`},
		{"XMLHttpRequest", `const x = new XMLHttpRequest; x.onloadend = go; x.open('POST', 'https://www.google-analytics.com/collect'); x.send()`},
		{"fetch", `fetch('https://www.google-analytics.com/collect', { mode: 'no-cors', keepalive: true }).then(go, go)`},
	}
	_, site, p := guarded(t, many, map[string]string{"/hubs.js": theHubs, "/": harness.Document(hubs+google, `<script src="/links.js"></script>`),
		"/next":     harness.Document("", "next"),
		"/links.js": `window.times = 0; const go = () => { times++ };`})
	for _, w := range ways {
		p.Open(site.URL)
		p.Await(harness.Settled)
		harness.Eval[bool](p, fmt.Sprintf(`(() => { %s; return true })()`, w.code))
		p.Await(`times > 0`)
		if n := harness.Resolve[int](p, `new Promise(done => setTimeout(() => done(times), 20))`); n != 1 {
			t.Errorf("%s: it is called %d times", w.name, n)
		}
	}
}

// Intercom's loader leaves a page alone in which its name is taken, and waits for the page to have loaded.
func TestIntercomLoader(t *testing.T) {
	const loader = `<script>(function(){var w=window;var ic=w.Intercom;if(typeof ic==="function"){ic('update',w.intercomSettings);}else{var d=document;
		var i=function(){i.c(arguments)};i.q=[];i.c=function(args){i.q.push(args)};w.Intercom=i;
		function l(){var s=d.createElement('script');s.type='text/javascript';s.async=true;s.src='https://widget.intercom.io/widget/x';` +
		`var x=d.getElementsByTagName('script')[0];x.parentNode.insertBefore(s,x);}
		if(w.attachEvent){w.attachEvent('onload',l);}else{w.addEventListener('load',l,false);}}})()</script>`
	world, site, p := guarded(t, "service intercom", map[string]string{
		"/":       harness.Document(loader, `<script src="/app.js"></script>`),
		"/app.js": `Intercom('show')`,
	})
	p.Open(site.URL)
	p.Await(harness.Settled)
	p.Decide("accept", "undefined")
	if missing := await(world, "/widget/x"); len(missing) > 0 {
		t.Fatal("the widget does not load")
	}
	p.Await(`Intercom.q.length === 1 && Intercom.q[0][0] === 'show'`)
	for _, problem := range p.Problems() {
		t.Error(problem)
	}
}
