// Command list writes docs/services.md, in which operators look for the words of the catalogue. Run it with
// `go generate ./internal/policy` when the catalogue or an application has changed.
package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"slices"
	"strings"

	"github.com/caddy-consent/caddy-consent/internal/policy"
)

func main() {
	list, err := page("../notice/embedded/en.json")
	if err == nil {
		err = os.WriteFile("../../docs/services.md", []byte(list), 0o644)
	}
	if err != nil {
		log.Fatal(err)
	}
}

// page is the list; the file has the words in which visitors read of the purposes.
func page(texts string) (string, error) {
	content, err := os.ReadFile(texts)
	if err != nil {
		return "", err
	}
	var words map[string]string
	if err := json.Unmarshal(content, &words); err != nil {
		return "", fmt.Errorf("%s: %w", texts, err)
	}
	services, applications := policy.BuiltIn().Services(), policy.Applications()
	var b strings.Builder
	fmt.Fprintf(&b, `# Services and applications

<!-- Written by go generate ./internal/policy: change the catalogue instead. -->

The %d services that the [catalogue](catalogue.md) knows, by purpose, and %d [applications](#applications). To let
visitors choose a service, write `+"`service <id>`"+` ([reference.md](reference.md#service)). One that nobody declares is
blocked, unless its purpose is `+"`functional`"+` ([`+"`third_parties`"+`](reference.md#third_parties)).

Of each service the first three cookies, hosts and storage keys stand here, with `+"`*`"+` for any characters; all are in the
[files](../internal/policy/catalogue). The provider's name leads to what it says of privacy. What is not here can be
declared too, or added with [`+"`catalogue`"+`](reference.md#catalogue).
`, len(services), len(applications))
	for _, purpose := range policy.BuiltInPurposes {
		its := slices.DeleteFunc(slices.Clone(services), func(s policy.Service) bool { return s.Purpose != purpose })
		if len(its) == 0 {
			continue // what is necessary is no service
		}
		slices.SortFunc(its, func(a, b policy.Service) int { return cmp.Compare(a.ID, b.ID) })
		fmt.Fprintf(&b, "\n## %s\n\n%s These %d have the purpose `%s`.\n", words["purpose."+purpose], words["purpose."+purpose+".text"], len(its), purpose)
		if exempt := exemptible(its); len(exempt) > 0 {
			fmt.Fprintf(&b, "[The CNIL's conditions](catalogue.md#the-cnils-conditions) for `exempt` are known of\n%s.\n", strings.Join(exempt, ", "))
		}
		b.WriteString("\n| id | name | provider | cookies | hosts | storage |\n|---|---|---|---|---|---|\n")
		for _, s := range its {
			provider := cell(s.Provider.Name)
			if s.Provider.URL != "" {
				provider = "[" + provider + "](" + s.Provider.URL + ")"
			}
			fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s | %s |\n", s.ID, cell(s.Name), provider, first(s.Cookies, shown), first(s.Hosts, shown), first(s.Storage, shown))
		}
	}
	b.WriteString("\n## Applications\n\nSoftware behind the site, with the cookies that it needs: write `application <id>`\n" +
		"([reference.md](reference.md#application)).\n\n| id | name | cookies |\n|---|---|---|\n")
	for _, a := range applications {
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", a.ID, cell(a.Name), first(a.Cookies, len(a.Cookies)))
	}
	return b.String(), nil
}

// shown is how many names of a kind stand in a row: enough to recognise a service by, few enough to keep it on a line.
const shown = 3

// exemptible are the ids of the services that may measure without consent.
func exemptible(services []policy.Service) (ids []string) {
	for _, s := range services {
		if s.Exemption != nil {
			ids = append(ids, "`"+s.ID+"`")
		}
	}
	return ids
}

// first are the first of some names, and how many more there are.
func first(names []policy.Pattern, most int) string {
	if len(names) == 0 {
		return "–"
	}
	var list []string
	for _, name := range names[:min(len(names), most)] {
		list = append(list, "`"+cell(string(name))+"`")
	}
	text := strings.Join(list, ", ")
	if more := len(names) - len(list); more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

// cell keeps a text within its cell of a table.
func cell(text string) string { return strings.ReplaceAll(text, "|", `\|`) }
