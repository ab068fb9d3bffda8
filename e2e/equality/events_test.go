package equality

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/caddy-consent/caddy-consent/e2e/harness"
)

func TestScriptEvents(t *testing.T) {
	p := serve(t, map[string]string{
		"/events":  harness.Document(`<script src="/testdata/markup.js"></script><script src="/testdata/events.js"></script>`, ""),
		"/said.js": "window.said = 1", "/order.js": "order.push(document.currentScript.src.split('?')[1])",
		"/empty": harness.Document("", ""),
	})
	inEach(t, p, "/events", func(t *testing.T, tabs tabs) {
		tell := func(tab *harness.Tab) map[string]string {
			told := make(map[string]string)
			const step = 30
			for from := 0; ; from += step {
				var some map[string]string
				if err := json.Unmarshal([]byte(harness.Ask[string](tab, fmt.Sprintf("events.run(%d, %d)", from, from+step))), &some); err != nil {
					t.Fatal(err)
				}
				maps.Copy(told, some)
				if len(some) < step {
					break
				}
			}
			return told
		}
		without, with := tell(tabs.plain), tell(tabs.guarded)
		if len(without) < 100 {
			t.Errorf("only %d are tried", len(without))
		}
		for _, name := range slices.Sorted(maps.Keys(without)) {
			if !tabs.same(t, name, without[name], with[name]) {
				t.Errorf("%s:%s", name, difference(without[name], with[name]))
			}
		}
	})
}
