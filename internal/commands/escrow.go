package commands

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
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
	cmd := command("notice --url <url> --output <folder> [--config <file>]", "Writes what visitors are shown, with hashes, to keep as proof", `
Writes the notice and the charter in each language, byte for byte as a visitor who has not chosen yet gets
them. Also writes the files that they load, a manifest, and SHA256SUMS for "sha256sum --check". The command
starts no server and sends the site no request.

The folder has to be new or empty, so that nothing that was kept before is overwritten. Keep it where nobody can
change it (an archive, a notary, a timestamping service). Each ledger entry identifies the notice that the visitor
answered by its SHA-256: that of <language>/notice.html here, or of <language>/notice-gpc.html if the browser
signalled refusal (Sec-GPC: 1).

	caddy consent notice --config Caddyfile --url https://data.example.fr --output escrow/2026-11-25T0930`, cobra.NoArgs,
		func(ctx context.Context, _ []string) (int, error) {
			u, err := url.Parse(address)
			if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || strings.Trim(u.Path, "/") != "" {
				return exitNoAnswer, fmt.Errorf("--url %q: give the address of the site's home page, such as https://data.example.fr", address)
			}
			if folder == "" {
				return exitNoAnswer, errors.New("--output is missing: name the folder to write to")
			}
			if err := unused(folder); err != nil {
				return exitNoAnswer, err
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
				if err != nil || !declared.Notice.Since.IsZero() {
					return err
				}
				fmt.Fprintln(out, "This policy has not been in force yet, so its charter gives no date.")
				if err := requireKey(ctx, storage); err != nil {
					fmt.Fprintf(out, "If visitors have come already, that is not so: %v\n", err)
				}
				return nil
			})
			if err == nil {
				err = escrow(declared, u, folder)
			}
			return exitCode(err), err
		})
	at.flags(cmd)
	at.siteFlag(cmd)
	cmd.Flags().StringVar(&address, "url", "", "the address of the site's home page, as visitors see it")
	cmd.Flags().StringVarP(&folder, "output", "o", "", "the folder to write to")
	return cmd
}

// unused refuses a folder in which something is: it may be proof, and two versions in one folder prove nothing.
func unused(folder string) error {
	there, err := os.ReadDir(folder)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case len(there) > 0:
		return fmt.Errorf("%s is not empty, and what it holds may be proof: name a new folder with --output, such as one with the date and the time in its name", folder)
	}
	return nil
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
	_, err = fmt.Fprintf(out, "Wrote %d files of policy %s to %s; SHA256SUMS lists their hashes.\n", len(documents), m.Policy, folder)
	return err
}
