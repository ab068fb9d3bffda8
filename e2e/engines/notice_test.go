package engines

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/caddy-consent/caddy-consent/e2e/harness"
)

// What the notice does in every engine. What is clicked on is found by what it does, as not every engine can be told to
// ask for French.

const (
	refuse   = `#caddy-consent button[value=refuse]`
	accept   = `#caddy-consent button[value=accept]`
	settings = `#caddy-consent button[formaction]`
	manage   = `[data-caddy-consent=manage]`
	// inNotice tells that the focus is in the notice.
	inNotice = `document.activeElement !== null && document.activeElement.closest('#caddy-consent') !== null`
)

// served is a site of one page with a link, and a new visitor of it.
func served(t *testing.T, engine *harness.Engine, body string) (string, *harness.Tab) {
	t.Helper()
	site := harness.Serve(t, harness.Watched, map[string]string{"/": harness.Document("", `<p><a href="/">Accueil</a></p>`+body),
		"/more": harness.Document("", "more")})
	return site.URL, engine.Visit(t)
}

// chosenIs tells that the choice is kept, as pages may ask.
func chosenIs(video bool) string {
	return fmt.Sprintf(`consent.get().then(c => c.state === 'given' && c.services.video === %t)`, video)
}

func TestNoticeAnswered(t *testing.T) {
	inEach(t, func(t *testing.T, engine *harness.Engine) {
		for button, video := range map[string]bool{refuse: false, accept: true} {
			site, tab := served(t, engine, "")
			tab.Open(site)
			tab.Await(harness.NoticeShown)
			if cookies := tab.Cookies(); len(cookies) > 0 {
				t.Errorf("before there is an answer, the browser holds %v", cookies)
			}
			tab.ClickOn(button)
			tab.Await(harness.NoticeGone)
			tab.Await(chosenIs(video))
			if _, ok := tab.Cookies()["cookies_preferences"]; !ok {
				t.Error("the answer is not kept")
			}
			tab.Open(site + "/more")
			tab.Await(harness.ManageShown)
			tab.Await(harness.NoticeGone)
		}
	})
}

func TestSettingsCustomChoice(t *testing.T) {
	inEach(t, func(t *testing.T, engine *harness.Engine) {
		site, tab := served(t, engine, "")
		tab.Open(site)
		tab.Await(harness.NoticeShown)
		tab.ClickOn(settings)
		tab.Await(harness.SettingsShown)
		tab.ClickOn(`#caddy-consent input[value=video]`)
		tab.ClickOn(`#caddy-consent input[value=stats]`)
		tab.ClickOn(`#caddy-consent button[value=custom]`)
		tab.Await(harness.NoticeGone)
		tab.Await(`consent.get().then(c => c.services.video === true && c.services.stats === false)`)
	})
}

func TestCharterForm(t *testing.T) {
	inEach(t, func(t *testing.T, engine *harness.Engine) {
		site, tab := served(t, engine, "")
		tab.Open(site)
		tab.Await(harness.NoticeShown)
		tab.ClickOn(`#caddy-consent a[href*="/_consent"]`)
		tab.Await(`document.body !== null && document.body.classList.contains('caddy-consent-charter') && document.readyState === 'complete'`)
		tab.ClickOn(`button[value=accept]`)
		tab.Await(`document.querySelector('input[value=video]') === null || document.querySelector('input[value=video]').checked`)
		tab.Open(site)
		tab.Await(harness.ManageShown)
		tab.Await(chosenIs(true))
	})
}

// TestFocusNotObscured tabs through a page with the notice open, to its last line (WCAG 2.2, 2.4.11).
func TestFocusNotObscured(t *testing.T) {
	links := `<header><a href="/a">A</a> <a href="/b">B</a></header>`
	for i := range 40 {
		links += fmt.Sprintf(`<p style="margin:.3em 0"><a href="/%d">Lien %d</a></p>`, i, i)
	}
	pages := map[string]string{
		"/":      harness.Document("", links),
		"/short": harness.Document("", `<a href="/1">1</a><p style="line-height:40vh"><a href="/2">2</a></p><p><a href="/3">3</a></p>`),
		"/big":   harness.Document("", `<textarea style="height:90vh;width:80%"></textarea><a href="/1">1</a><div tabindex="0" style="height:150vh">Carte</div>`),
	}
	site := harness.Serve(t, `controller "Ville d’Essai"
	service matomo
	service ga
	service youtube
	service dailymotion
	service vimeo
	service facebook`, pages).URL
	// What has the focus and is not the notice's is in sight, in part at least, a few frames after the key:
	// WebKit scrolls to it, and the notice makes way, in a later one.
	const inSight = `(async () => {
		const isInSight = e => {
			if (e === document.body || e.closest('[data-caddy-consent]')) return true;
			const box = e.getBoundingClientRect(), x = box.x + Math.min(box.width / 2, 10);
			const [top, bottom] = [Math.max(box.top, 0), Math.min(box.bottom, innerHeight)];
			return [top + 2, (top + bottom) / 2, bottom - 2].some(y => document.elementFromPoint(x, y) === e);
		};
		for (let frame = 0; frame < 30; frame++) {
			if (isInSight(document.activeElement)) return true;
			await new Promise(requestAnimationFrame);
		}
		return false;
	})()`
	inEach(t, func(t *testing.T, engine *harness.Engine) {
		for _, size := range harness.Share([][2]int{{320, 640}, {360, 740}, {640, 400}, {768, 1024}, {1280, 800}}, [2]int{640, 400}) {
			for path := range pages {
				t.Run(fmt.Sprintf("%dx%d%s", size[0], size[1], path), func(t *testing.T) {
					tab := engine.Visit(t)
					tab.Resize(size[0], size[1])
					tab.Open(site + path)
					tab.Await(harness.NoticeShown)
					seen := 0
					for range 60 {
						tab.Press("Tab")
						if !harness.Ask[bool](tab, inSight) {
							t.Errorf("hidden: %s", harness.Ask[string](tab, `document.activeElement.outerHTML.slice(0, 80) + ' ' + innerWidth + 'x' + innerHeight + ' ' +
								JSON.stringify([document.activeElement, document.getElementById('caddy-consent')].map(e => e.getBoundingClientRect()))`))
						}
						if harness.Ask[bool](tab, `document.activeElement === document.body`) && seen > 0 {
							break
						}
						seen++
					}
					if want := map[string]int{"/": 42, "/short": 3, "/big": 3}[path]; seen < want {
						t.Errorf("only %d stops", seen)
					}
				})
			}
		}
	})
}

func TestNoticeKeyboardFocus(t *testing.T) {
	inEach(t, func(t *testing.T, engine *harness.Engine) {
		site, tab := served(t, engine, "")
		tab.Open(site)
		tab.Await(harness.NoticeShown)
		tab.Press("Tab")
		tab.Await(inNotice)
		stops := 1
		for ; harness.Ask[bool](tab, inNotice) && stops < 20; stops++ {
			tab.Press("Tab")
		}
		if stops == 20 {
			t.Error("the notice holds the focus")
		}

		// Escape puts it away, and is no answer.
		another := engine.Visit(t)
		another.Open(site)
		another.Await(harness.NoticeShown)
		another.Press("Tab")
		another.Await(inNotice)
		another.Press("Escape")
		another.Await(harness.NoticeGone)
		if _, ok := another.Cookies()["cookies_preferences"]; ok {
			t.Error("Escape is an answer")
		}
		another.Reload()
		another.Await(harness.NoticeShown)

		// Enter on a button answers.
		for range 20 {
			another.Press("Tab")
			if harness.Ask[bool](another, fmt.Sprintf(`document.activeElement.matches(%q)`, refuse)) {
				break
			}
		}
		another.Press("Enter")
		another.Await(harness.NoticeGone)
		another.Await(chosenIs(false))
	})
}

// TestHeldKey: a key that is held does nothing where its first press has led.
func TestHeldKey(t *testing.T) {
	inEach(t, func(t *testing.T, engine *harness.Engine) {
		site, tab := served(t, engine, "")
		tab.Open(site)
		tab.Await(harness.Settled)
		hold := func(selector, until string) {
			t.Helper()
			harness.Ask[bool](tab, fmt.Sprintf(`(document.querySelector(%q).focus(), window.presses = [], true)`, selector))
			tab.KeyDown("Enter")
			tab.Await(until)
			tab.KeyDown("Enter")
			tab.KeyDown("Enter")
			tab.KeyUp("Enter")
		}
		harness.Ask[bool](tab, `(['keydown', 'click'].forEach(type => addEventListener(type, e => presses.push(e.repeat ? 'repeat' : type), true)), true)`)
		hold(settings, harness.SettingsShown)
		tab.Await(harness.SettingsShown)
		if cookies := tab.Cookies(); len(cookies) > 0 {
			t.Errorf("to open the settings is an answer: %v", cookies)
		}
		hold(`#caddy-consent [role=switch]`, harness.NoticeGone)
		want := "keydown,click,repeat,repeat"
		if engine.Name == "webkit" { // whose driver cannot be told to repeat a key
			want = "keydown,click"
		}
		if pressed := harness.Ask[string](tab, `presses.join()`); pressed != want {
			t.Errorf("answered and held: %s, want %s", pressed, want)
		}
		hold(manage, harness.SettingsShown)
		tab.Await(harness.SettingsShown)
	})
}

func TestGrantThenWithdrawal(t *testing.T) {
	inEach(t, func(t *testing.T, engine *harness.Engine) {
		world := harness.Elsewhere()
		site, tab := served(t, engine,
			`<img src="https://www.video.test/image"><script src="https://www.video.test/script"></script><iframe src="https://www.video.test/frame"></iframe>
			<script>video.play("x")</script>`)
		asked := func(path string) bool {
			return slices.ContainsFunc(world.Requests(), func(r harness.Request) bool { return r.Path == path })
		}
		paths := []string{"/image", "/script", "/frame"}
		tab.Open(site)
		tab.Await(harness.NoticeShown)
		tab.Await(harness.Settled)
		settle(tab)
		for _, path := range paths {
			if asked(path) {
				t.Errorf("%s is asked for before there is a choice", path)
			}
		}
		if problems, told := tab.Problems(); told {
			for _, problem := range problems {
				if strings.Contains(problem, "caddy-consent") || strings.Contains(problem, "_consent") {
					t.Errorf("the console says: %s", problem)
				}
			}
		}
		harness.Ask[string](tab, `window.same = "this very document"`)
		tab.ClickOn(accept)
		tab.Await(harness.NoticeGone)
		for _, path := range paths {
			world.Await(t, func(string) bool { return asked(path) }, path)
		}
		if harness.Ask[string](tab, `window.same || ''`) == "" {
			t.Error("the page was loaded anew")
		}

		// Taken back by the control that every page has.
		tab.Await(harness.ManageShown)
		tab.ClickOn(manage)
		tab.Await(harness.SettingsShown)
		tab.ClickOn(refuse)
		tab.Await(harness.NoticeGone)
		tab.Await(`typeof consent === 'object' && ` + chosenIs(false))
		world.Forget()
		tab.Open(site + "/?again")
		tab.Await(harness.ManageShown)
		settle(tab)
		for _, path := range paths {
			if asked(path) {
				t.Errorf("%s is asked for after a withdrawal", path)
			}
		}
	})
}

func TestNoticeNoScript(t *testing.T) {
	inEach(t, func(t *testing.T, engine *harness.Engine) {
		site, tab := served(t, engine.WithoutScripts(t), `<noscript><i id="without">x</i></noscript>`)
		tab.Open(site)
		tab.Await(`document.querySelector('#without') !== null && document.querySelector('#without').checkVisibility()`)
		tab.Await(harness.NoticeShown)
		tab.ClickOn(refuse)
		tab.Await(`document.readyState === 'complete' && ` + harness.NoticeGone)
		if _, ok := tab.Cookies()["cookies_preferences"]; !ok {
			t.Error("the answer is not kept")
		}
		tab.Await(harness.ManageShown)
		tab.ClickOn(manage)
		// A click on a page that is still being laid out may hit nothing.
		tab.Await(`document.readyState === 'complete' && document.body.classList.contains('caddy-consent-charter')`)
		tab.ClickOn(`button[value=accept]`)
		tab.Await(`document.readyState === 'complete' && document.querySelector('[data-caddy-consent=manage]') !== null || ` +
			`document.querySelector('input[value=video]') !== null && document.querySelector('input[value=video]').checked`)
	})
}
