package applications

import (
	"crypto/md5"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/caddy-consent/caddy-consent/e2e/harness"
)

var dokuwiki = application{
	word: "dokuwiki",
	start: func(t *testing.T) string {
		data := folder(t)
		if err := os.CopyFS(filepath.Join(root(), data), os.DirFS(filepath.Join(root(), "var/lib/dokuwiki/data"))); err != nil {
			t.Fatal(err)
		}
		// What Debian asks for when the package is installed.
		write(t, "etc/dokuwiki/local.php", "<?php\n$conf['useacl'] = 1;\n$conf['savedir'] = '"+data+"';\n")
		write(t, "var/lib/dokuwiki/acl/acl.auth.php", "* @ALL 1\n* @user 8\n")
		write(t, "var/lib/dokuwiki/acl/users.auth.php", fmt.Sprintf("ada:%x:%s:ada@ville.example:user\n", md5.Sum([]byte(password)), user))
		return serve(t, "/usr/share/dokuwiki")
	},
	signIn: func(p *harness.Page, site string) {
		p.Open(site + "/doku.php?id=start&do=login")
		fill(p, `document.querySelector('#dw__login [type=submit]').click()`, "#dw__login [name=u]", "ada", "#dw__login [name=p]", password)
	},
	signedIn: `document.querySelector('#dokuwiki__usertools .user') !== null && document.readyState === 'complete'`,
	refused:  `location.search === '?id=start' && document.querySelector('#dokuwiki__usertools .login') !== null`,
	edit: func(p *harness.Page, site, text string) {
		p.Open(site + "/doku.php?id=start&do=edit")
		fill(p, `document.querySelector('#edbtn__save').click()`, "#wiki__text", text)
		p.Await(`document.querySelector('#wiki__text') === null && document.readyState === 'complete'`)
	},
	upload: func(p *harness.Page, site, name string) string {
		p.Open(site + "/doku.php?id=start&do=media&tab_files=upload")
		p.Await(`document.querySelector('.qq-upload-button input[type=file]') !== null`)
		choose(p, ".qq-upload-button input[type=file]", name)
		p.Await(`document.querySelector('#mediamanager__upload_button') !== null`)
		fill(p, `document.querySelector('#mediamanager__upload_button').click()`)
		p.Await(`location.search.includes('tab_files=files') || document.querySelector('.qq-upload-success') !== null`)
		return site + "/lib/exe/fetch.php?media=" + name
	},
}
