package markup

import "testing"

func TestGateGranted(t *testing.T) {
	become(t, granting(),
		`<script‹ data-g› «type="text/plain"» data-c-service="yes" src="//a.test"></script>`,
		`<script‹ data-g› «type="text/plain"» data-c-service="yes" «data-c-»src="//a.test"></script>`,
		`<script‹ data-g› «type="text/plain"» data-c-service="yes" «data-c-»type="module" «data-c-»src="//a.test"></script>`,
		`<script‹ data-g› «type='text/plain'» data-c-service=yes>a()</script>`,
		`<script‹ data-g› «type=text/plain» «type=x» data-c-service=yes>a()</script>`,
		`<script‹ data-g› data-c-service=yes «data-c-»src="//a.test"></script>`,
		// another type is the author's
		`<script‹ data-g› type=module data-c-service=yes «data-c-»src="//a.test"></script>`,
		`<script‹ data-g› type=module data-c-service=yes>import "/a.js"</script>`,
		`<script‹ data-g› type=x-template data-c-service=yes><p></script>`, `<script‹ data-g› type=importmap data-c-service=yes>{}</script>`,
		`<script‹ data-g› type=application/json data-c-service=yes>{}</script>`,
		`<script‹ data-g› «type=x-template» data-c-service=yes «data-c-»type=module>a()</script>`,
		`<script‹ data-g› «type=" Text/Plain "» data-c-service=yes>a()</script>`,
		`<img‹ data-g› «src="/placeholder.png"» data-c-service=yes «data-c-»src="//a.test" alt=a>`,
		`<img‹ data-g› «data-c-»SRCSET="//a.test" data-c-service=yes «srcset=x» src=/kept>`,
		`<iframe‹ data-g› «src="/f"» data-c-service="yes" «data-c-»src="//a.test"></iframe>`,
		`<iframe‹ data-g› data-c-service="&#121;es" «data-c-»src=//a.test></iframe>`,
		`<link‹ data-g› rel=stylesheet data-c-service=yes «data-c-»href=//a.test>`,
		`<svg><image‹ data-g› data-c-service=yes «data-c-»href=//a.test /></svg>`,
		`<noscript><img‹ data-g› data-c-service=yes «data-c-»src=/a></noscript>`,
		`<iframe srcdoc="<script‹ data-g› «type=text/plain» data-c-service=yes>a()</script>"></iframe>`,
		`<iframe srcdoc="<img‹ data-g› data-c-service=yes «data-c-»src=/a «src=&quot;b&quot;»>"></iframe>`,
		`<script‹ data-g› data-c-service=yes>a()</script>`,
		`<img‹ data-g›/«src»/data-c-service=yes «data-c-»src=/a>`,
		`<script‹ data-g› data-c-service=yes «type=text/plain»>track()</script>`, // the author's word, not the text's
	)
}

func TestGateOtherAttributes(t *testing.T) {
	become(t, granting(),
		`<img‹ data-g› data-c-service=yes data-c-alt=x data-c-other=y «data-c-»src=/a>`,
		`<link‹ data-g› rel=canonical data-c-service=yes data-c-href=//d.test>`, // this kind loads nothing
	)
}

func TestGateDenied(t *testing.T) {
	become(t, granting(),
		`<script type="text/plain" data-c-service="no" src="//d.test">track()</script>`, `<script type="text/plain" data-c-service="no">track()</script>`,
		`<img data-c-service="no" data-c-src="//d.test">`, `<img src=/placeholder data-c-service=no data-c-src=//d.test>`,
		`<iframe data-c-service=no data-c-src=//d.test></iframe>`,
		`<script type="text/plain" data-c-src="//a.test"></script>`,
		`<script type="text/plain" data-c-service="">a()</script>`, `<p data-c-service=yes>`, `<img data-c-src=//a.test>`,
		`<template><img data-c-service=no data-c-src=//d.test></template>`, `<img data-c-service=no data-c-service=yes data-c-src=//a.test>`,
	)
	rules := granting()
	rules.Granted = nil
	become(t, rules, `<script type="text/plain" data-c-service="yes" src="//d.test"></script>`,
		`<script type="text/plain" data-c-service="yes" src="//a.test"></script>`, `<img data-c-service=yes data-c-src=//a.test>`)
}

func TestGateDeniedHost(t *testing.T) {
	become(t, granting(),
		// it would load now: withheld
		`<img† ‡data-c-service=yes ‡src=//d.test>`, `<script†`+plain+` ‡data-c-service=yes ‡src=//d.test></script>`,
		`<img† ‡data-c-service=no ‡src=//d.test>`,
		`<script†`+plain+` ‡type=text/x-vendor ‡data-c-service=no ‡src=//d.test></script>`,
		// it waits: it goes on waiting
		`<img data-c-service=yes data-c-src=//d.test>`, `<script type=text/plain data-c-service=yes src=//d.test></script>`,
		`<script type=text/plain data-c-service=yes data-c-src=//d.test></script>`, `<img src=/placeholder data-c-service=yes data-c-src=//d.test>`,
		`<img data-c-service=yes data-c-src=//a.test data-c-srcset="//a.test, //d.test 2x">`,
	)
}
