package e2e

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

// runner runs a command of a page, or fails where what is known to run it does not.
type runner func(t *testing.T, w *workplace, command string)

// runners say for each command of the pages, as far as its placeholders are not concerned, what runs it. The first
// that fits counts.
var runners = []struct {
	command string
	run     runner
}{
	// What operators run.
	{`caddy consent init`, initialised},
	{`caddy(-consent)? consent suggest`, prints("", "\nservice ga\n")},
	{`caddy consent suggest a.json b.json c.json`, saved},
	// The portal is ours, and bears more than two requests a second.
	{`caddy consent audit https://<site>/( --config Caddyfile)?`, prints(" --rate 100", "\nClean: ")},
	{`caddy consent audit`, prints(" https://<site>/ --rate 100", "\nClean: ")},
	{`caddy consent notice --url https://<site> --output (\w+|escrow/\$\(date \+%FT%H%M\))`, kept},
	{`caddy consent notice`, prints(" --url https://<site> --output kept", "kept")},
	{`caddy consent verify (--config Caddyfile )?<logs>/consent-ledger\* receipt.json`, prints("", "1 entry in 1 chain", "receipt")},
	{`caddy consent verify <logs>/consent-ledger\*`, prints("", "1 entry in 1 chain")},
	{`caddy-consent consent verify <logs>/ledger\*`, packaged},
	{`caddy consent verify`, prints(" consent-ledger.log", "1 entry in 1 chain")},
	{`caddy consent rotate-key`, prints("", "The new key starts signing")},
	{`caddy consent <command> --help`, prints("", "--config")},
	{`caddy validate && caddy reload`, prints("", "Valid configuration")},
	{`caddy validate`, prints("", "Valid configuration")},
	{`caddy reload`, prints("")},
	{`curl --insecure --resolve <site>:443:<address> https://<site>/`, resolved},
	{`curl -v`, prints(" https://<site>/", "HTTP/1.1 200 OK")},
	{`sha256sum --check --ignore-missing sha256sums.txt`, downloaded},
	{`ssh -L 2020:localhost:2020 server`, step("examples/overview.caddyfile", "http://localhost:2020 {")},
	{`sysctl net\.ipv4\.tcp_migrate_req=1`, setting},

	// The package.
	{`apt install( <package>)?`, step(".ci/package", "apt-get install", "package.deb")},
	{`apt purge caddy-consent`, step(".ci/package", "apt-get purge", "caddy-consent")},
	{`editor /etc/caddy-consent/Caddyfile`, step(".ci/package", "sed -i", "data.example.fr", "https://portal.example", "$caddyfile")},
	{`runuser .*`, step(".ci/package", "runuser -u caddy-consent -- caddy-consent validate --config $caddyfile")},
	{`systemctl enable --now caddy-consent`, step(".ci/package", "systemctl enable --now caddy-consent")},

	// What contributors run.
	{`go run ./cmd/caddy run --config Caddyfile.example`, step(".ci/run")},
	{`xcaddy build .*`, step(".ci/run")},
	{`npm ci --prefix e2e/npm`, step(".ci/run")},
	{`gofmt -l \.`, step(".ci/run")},
	{`go vet \./\.\.\.`, step(".ci/run")},
	{`go run ./bench/proxies`, step(".ci/run")},
	{`go run -C bench/scanners \.`, step(".ci/run")},
	{`go run ./bench/guard`, explained},
	{`go run ./bench/speedometer -suite \S+`, explained},
	// It fetches from another site, on which no test depends; the next command finds what it makes.
	{`git clone .* ../Speedometer`, step("docs/performance.md", "-suite ../Speedometer")},
	{`staticcheck ./\.\.\.`, step(".ci/run", "go run", "/staticcheck@", "./...")},
	{`go generate ./internal/notice`, generated("internal/notice/minify", "TestMinifiedScriptsAreFresh")},
	{`go generate ./internal/policy`, generated("internal/policy/list", "TestServiceListIsFresh")},
	{`.ci/run`, step(".github/workflows/ci.yml")},
	{`.ci/release <version>`, step(".github/workflows/release.yml", ".ci/release", "GITHUB_REF_NAME")},
	{`CONSENT_E2E=required go test \./\.\.\.`, step(".ci/run", "export CONSENT_E2E=required")},
	{`go test \./\.\.\.`, step(".ci/run")},
	{`e2e/applications/unpack dist/applications`, step(".ci/run")},
	{`CONSENT_APPLICATIONS=\$PWD/dist/applications go test \./e2e/applications`,
		both(selects, step(".ci/run", "export CONSENT_APPLICATIONS=$PWD/dist/applications"))},
	{`CONSENT_NIGHTLY=1 go test .*`, both(selects, step(".github/workflows/ci.yml", "CONSENT_NIGHTLY:", "schedule"))},
	{`go test \./bench .*-bench .*`, both(selects, step(".ci/run", "go test ./bench", "-bench ."))},
	{`go test \. -run TestResponseShapes/.*`, both(selects, passes)},
	{`go test \./e2e/guard -run TestScriptCookies`, both(selects, passes)},
	{`go test -v -run Size \./internal/notice`, both(selects, passes)},
	{`go test \./internal/csp .*-fuzz .*`, both(selects, passes)},
	{`(CONSENT_WAYS=all )?go test .*`, selects}, // the whole is run by .ci/run
}

var (
	block     = regexp.MustCompile("(?ms)^ *```(\\w*)\n(.*?)^ *```")
	indented  = regexp.MustCompile(`(?m)^ {4}(\S.*)$`)
	inline    = regexp.MustCompile("`([^`]+)`")
	comment   = regexp.MustCompile(`(^|\s+)#\s.*$`)
	continued = regexp.MustCompile(`\\\n\s*`)
	// begins tells commands from other code.
	begins = regexp.MustCompile(`^(?:[A-Z_]+=\S* )*(?:sudo )?(?:\.ci/\w+|` +
		`(?:caddy|caddy-consent|go|gofmt|staticcheck|xcaddy|apt|apt-get|systemctl|sysctl|curl|ssh|sha256sum|npm|node|git|docker) .+)`)
)

// commandsOf are the commands of a page: each line of its blocks for a shell, and what looks like one in other code.
func commandsOf(text string) (all []string) {
	add := func(line string, isCommand func(string) bool) {
		line = comment.ReplaceAllString(strings.Join(strings.Fields(line), " "), "")
		if isCommand(line) {
			all = append(all, strings.TrimPrefix(line, "$ "))
		}
	}
	// What the entries of the ledger are sealed with begins like a command.
	looksLike := func(line string) bool { return begins.MatchString(line) && line != "caddy-consent ledger" }
	kinds := map[string]func(string) bool{
		"":        looksLike,
		"sh":      func(line string) bool { return line != "" },
		"console": func(line string) bool { return strings.HasPrefix(line, "$ ") }, // the others are what is printed
	}
	kinds["bash"], kinds["shell"] = kinds["sh"], kinds["sh"]
	for _, b := range block.FindAllStringSubmatch(text, -1) {
		if isCommand := kinds[b[1]]; isCommand != nil {
			for line := range strings.Lines(continued.ReplaceAllString(b[2], "")) {
				add(line, isCommand)
			}
		}
	}
	text = block.ReplaceAllString(text, "")
	for _, code := range append(indented.FindAllStringSubmatch(text, -1), inline.FindAllStringSubmatch(text, -1)...) {
		add(code[1], looksLike)
	}
	return all
}

func TestDocumentedCommandsFound(t *testing.T) {
	const page = "```sh\n# why\ngo vet   # all\n\n```\n\n```console\n$ ls a \\\n  b\na b\n```\n\n```\ncurl x\nx y\n```\n\n" +
		"1. So:\n\n   ```bash\n   nonsense\n   ```\n\n```json\ncurl y\n```\n\n    go run .\n    x y\n\n" +
		"Run `caddy\nreload` or `A=1 go test .`, not `mode x`, `go`.\n"
	want := []string{"go vet", "ls a b", "curl x", "nonsense", "go run .", "caddy reload", "A=1 go test ."}
	if got := commandsOf(page); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// placeholders are what readers replace by their own.
var placeholders = []struct {
	is   *regexp.Regexp
	name string
}{
	{regexp.MustCompile(`\bdata\.example\.fr\b|\bvotre-site\.fr\b`), "<site>"},
	{regexp.MustCompile(`\b192\.0\.2\.\d+\b`), "<address>"},
	{regexp.MustCompile(`/var/log/caddy(-consent)?/`), "<logs>/"},
	{regexp.MustCompile(`\./caddy-consent_\S*\.deb\b`), "<package>"},
	{regexp.MustCompile(`^sudo `), ""},
}

// TestDocumentedCommands: each command that a page gives is run, here or by what its row in runners names.
func TestDocumentedCommands(t *testing.T) {
	fits := make([]*regexp.Regexp, len(runners))
	for i, r := range runners {
		fits[i] = regexp.MustCompile("^(?:" + r.command + ")$")
	}
	w := newWorkplace(t)
	used, tried := make(map[int]bool), make(map[string]bool)
	for _, page := range pages(t) {
		if page == "docs/CHANGELOG.md" {
			continue
		}
		for _, command := range commandsOf(documentation(t, page)) {
			for _, p := range placeholders {
				command = p.is.ReplaceAllLiteralString(command, p.name)
			}
			i := slices.IndexFunc(fits, func(fits *regexp.Regexp) bool { return fits.MatchString(command) })
			switch {
			case i < 0:
				t.Errorf("%s: nothing runs %q", page, command)
			case !tried[command]:
				used[i], tried[command] = true, true
				t.Run(command, func(t *testing.T) { runners[i].run(t, w, command) })
			}
		}
	}
	for i, r := range runners {
		if !used[i] {
			t.Errorf("no page has the command %s", r.command)
		}
	}
}
