package equality

import (
	"encoding/json"
	"maps"
	"slices"
	"testing"

	"github.com/caddy-consent/caddy-consent/e2e/harness"
)

// YouTube, which the sites declare, has keys in storage: the guard looks at each. These are nobody's.
func TestStorageUndeclared(t *testing.T) {
	p := serve(t, map[string]string{
		"/storage": harness.Document(`<script src="/testdata/storage.js"></script>`, ""), "/empty": harness.Document("", ""),
	})
	inEach(t, p, "/storage", func(t *testing.T, tabs tabs) {
		tell := func(tab *harness.Tab) map[string]string {
			told := make(map[string]string)
			if err := json.Unmarshal([]byte(harness.Ask[string](tab, "storing()")), &told); err != nil {
				t.Fatal(err)
			}
			return told
		}
		if !harness.Ask[bool](tabs.guarded, `fetch(document.querySelector('script[data-caddy-consent]').src).then(r => r.text()).then(t => t.includes('"yt-remote-*"'))`) {
			t.Fatal("the guard does not look at storage")
		}
		without, with := tell(tabs.plain), tell(tabs.guarded)
		if len(without) < 40 {
			t.Errorf("only %d are tried", len(without))
		}
		for _, name := range slices.Sorted(maps.Keys(without)) {
			if !tabs.same(t, name, without[name], with[name]) {
				t.Errorf("%s:%s", name, difference(without[name], with[name]))
			}
		}
	})
}
