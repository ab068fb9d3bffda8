package commands

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/caddyserver/certmagic"
	"github.com/spf13/cobra"

	"github.com/caddy-consent/caddy-consent/internal/adminapi"
	"github.com/caddy-consent/caddy-consent/internal/notice"
	"github.com/caddy-consent/caddy-consent/internal/store"
)

// manifest says of what the files in escrow are.
type manifest struct {
	URL     string         `json:"url"`
	Site    string         `json:"site"`
	Policy  string         `json:"policy"`
	Since   *time.Time     `json:"since,omitempty"`
	Module  string         `json:"module"`
	Created time.Time      `json:"created"`
	Files   []manifestFile `json:"files"`
}

type manifestFile struct {
	Path   string `json:"path"`
	SHA256 string `json:"sha256"`
}

func (c Commands) notice() *cobra.Command {
	var at configuration
	var address, folder string
	cmd := command("notice --url <url> --output <folder> [--config <file>]", "Writes what visitors are shown, with hashes, to be kept as proof", `
Writes the very bytes of the notice and of the charter, in each language, as visitors get them who have not
chosen yet; the files that they load; a manifest; and SHA256SUMS, for "sha256sum --check". Nothing runs and
nothing is asked of the site.

Keep the folder where nobody can change it (an archive, a notary, a timestamping service): each entry of the
ledger names the notice that was answered by its SHA-256, which is that of <language>/notice.html here, or of
notice-gpc.html for visitors whose browsers signalled refusal.

	caddy consent notice --config Caddyfile --url https://data.example.fr --output escrow/2026-11-25`, cobra.NoArgs,
		func(ctx context.Context, _ []string) (int, error) {
			u, err := url.Parse(address)
			if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || strings.Trim(u.Path, "/") != "" {
				return exitNoAnswer, fmt.Errorf("--url %q: it should be the site's home page, such as https://data.example.fr", address)
			}
			if folder == "" {
				return exitNoAnswer, errors.New("--output is missing: the folder to write to")
			}
			config, err := at.load()
			if err != nil {
				return exitNoAnswer, err
			}
			declared, err := at.declared(config, c.Declare)
			if err != nil {
				return exitNoAnswer, err
			}
			err = withStorage(ctx, config, func(ctx context.Context, storage certmagic.Storage) (err error) {
				declared.Notice.Since, err = store.KnownSince(ctx, storage, declared.Site.Policy.Version)
				if err == nil && declared.Notice.Since.IsZero() {
					_, err = fmt.Fprintln(out, "This policy has not been in force yet: the charter does not say since when it is.")
				}
				return err
			})
			if err == nil {
				err = escrow(declared, u, folder)
			}
			return exitCode(err), err
		})
	at.flags(cmd)
	at.siteFlag(cmd)
	cmd.Flags().StringVar(&address, "url", "", "the address of the site's home page, as visitors have it")
	cmd.Flags().StringVarP(&folder, "output", "o", "", "the folder to write to")
	return cmd
}

// escrow writes what visitors of a site are shown.
func escrow(declared Declared, at *url.URL, folder string) error {
	renderer, err := notice.New(declared.Notice)
	if err != nil {
		return err
	}
	site := declared.Site.Policy.Site
	if site == "" {
		site = at.Host
	}
	documents, err := renderer.Escrow(site)
	if err != nil {
		return err
	}
	m := manifest{URL: at.Scheme + "://" + at.Host + "/", Site: site, Policy: declared.Site.Policy.Version, Module: adminapi.ModuleVersion(), Created: time.Now().UTC().Truncate(time.Second)}
	if since := declared.Notice.Since; !since.IsZero() {
		m.Since = &since
	}
	var sums strings.Builder
	slices.SortFunc(documents, func(a, b notice.Document) int { return strings.Compare(a.Name, b.Name) })
	for _, d := range documents {
		file := filepath.Join(folder, filepath.FromSlash(d.Name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(file, d.Body, 0o644); err != nil {
			return err
		}
		sum := fmt.Sprintf("%x", sha256.Sum256(d.Body))
		m.Files = append(m.Files, manifestFile{d.Name, sum})
		fmt.Fprintf(&sums, "%s  %s\n", sum, d.Name)
	}
	text, err := json.MarshalIndent(m, "", "\t")
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(folder, "manifest.json"), append(text, '\n'), 0o644); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(folder, "SHA256SUMS"), []byte(sums.String()), 0o644); err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "%d files of policy %s are in %s; SHA256SUMS names their hashes.\n", len(documents), m.Policy, folder)
	return err
}
