package applications

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/caddy-consent/caddy-consent/e2e/harness"
)

var mediawiki = application{
	word: "mediawiki",
	start: func(t *testing.T) string {
		restore(t, "var/lib/mediawiki/images")
		const local = "/etc/mediawiki/LocalSettings.php"
		t.Cleanup(func() { _ = os.Remove(filepath.Join(root(), local)) })
		// All that its installer does not ask for is as it comes, the database's name too.
		install := inside("php", "/usr/share/mediawiki/maintenance/install.php", "--confpath", filepath.Dir(local), "--scriptpath", "",
			"--dbserver", "localhost:"+database(t), "--dbuser", "root", "--pass", password, "Open data", user)
		if output, err := install.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, output)
		}
		file, err := os.OpenFile(filepath.Join(root(), local), os.O_APPEND|os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		const settings = "$wgServer = 'http://' . $_SERVER['HTTP_HOST'];\n$wgEnableUploads = true;\n"
		if _, err := file.WriteString(settings); err != nil {
			t.Fatal(err)
		}
		file.Close()
		return serve(t, "/usr/share/mediawiki")
	},
	signIn: func(p *harness.Page, site string) {
		p.Open(site + "/index.php?title=Special:UserLogin")
		fill(p, `document.querySelector('#wpLoginAttempt').click()`, "#wpName1", user, "#wpPassword1", password)
	},
	signedIn: `document.querySelector('#pt-userpage') !== null && document.readyState === 'complete'`,
	refused:  `document.querySelector('#userloginForm .mw-message-box-error')?.innerText.includes('There seems to be a problem with your login session') === true`,
	edit: func(p *harness.Page, site, text string) {
		p.Open(site + "/index.php?title=Main_Page&action=edit")
		fill(p, `document.querySelector('#wpSave').click()`, "#wpTextbox1", text)
		p.Await(`window.mw?.config?.get('wgPostEdit') === 'saved'`) // what it says "Your edit was saved" by
	},
	upload: func(p *harness.Page, site, name string) string {
		p.Open(site + "/index.php?title=Special:Upload")
		choose(p, "#wpUploadFile", name)
		// Without it, the same picture under another name would have to be confirmed.
		harness.Eval[bool](p, `document.querySelector('#wpIgnoreWarning').checked = true`)
		fill(p, `document.querySelector('[name=wpUpload]').click()`, "#wpDestFile", name)
		p.Await(`document.querySelector('.fullMedia a') !== null`)
		return harness.Eval[string](p, `document.querySelector('.fullMedia a').href`)
	},
}
