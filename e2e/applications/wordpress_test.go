package applications

import (
	"testing"

	"github.com/caddy-consent/caddy-consent/e2e/harness"
)

var wordpress = application{
	word: "wordpress",
	start: func(t *testing.T) string {
		restore(t, "var/lib/wordpress/wp-content/uploads")
		socket := database(t)
		write(t, "etc/wordpress/config-default.php", `<?php
define('DB_USER', 'root');
define('DB_PASSWORD', '');
define('DB_HOST', 'localhost:`+socket+`');
define('WP_HOME', 'http://' . $_SERVER['HTTP_HOST']);
define('WP_SITEURL', WP_HOME);
define('DISABLE_WP_CRON', true);
define('WP_HTTP_BLOCK_EXTERNAL', true);
`)
		install := inside("php", "-r", `
define('WP_INSTALLING', true);
$_SERVER['HTTP_HOST'] = 'localhost';
require '/usr/share/wordpress/wp-load.php';
require ABSPATH . 'wp-admin/includes/upgrade.php';
wp_install('Open data', '`+user+`', 'ada@ville.example', false, '', '`+password+`');`)
		if output, err := install.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, output)
		}
		return serve(t, "/usr/share/wordpress")
	},
	signIn: func(p *harness.Page, site string) {
		p.Open(site + "/wp-login.php")
		fill(p, `document.querySelector('#wp-submit').click()`, "#user_login", user, "#user_pass", password)
	},
	signedIn: `document.querySelector('#wp-admin-bar-my-account') !== null && document.readyState === 'complete'`,
	refused:  `document.querySelector('#login_error')?.innerText.includes('Cookies are blocked') === true`,
	edit: func(p *harness.Page, site, text string) {
		p.Open(site + "/wp-admin/post.php?post=2&action=edit")
		p.Await(`window.wp?.data?.select('core/editor')?.getCurrentPostId() === 2 && wp.data.select('core/block-editor').getBlockCount() > 0`)
		const guide = `wp.data.select('core/edit-post').isFeatureActive('welcomeGuide')` // it covers the editor
		harness.Eval[bool](p, guide+` && wp.data.dispatch('core/edit-post').toggleFeature('welcomeGuide'), true`)
		fill(p, `wp.data.dispatch('core/block-editor').insertBlocks(wp.blocks.createBlock('core/paragraph', { content: "`+text+`" }))`)
		p.Await(`document.querySelector('.editor-post-publish-button')?.getAttribute('aria-disabled') === 'false'`)
		p.Click("Update")
		p.Await(`document.querySelector('.components-snackbar')?.innerText.includes('Page updated') === true`)
		p.Open(site + "/?page_id=2")
	},
	upload: func(p *harness.Page, site, name string) string {
		p.Open(site + "/wp-admin/media-new.php?browser-uploader")
		choose(p, "#async-upload", name)
		fill(p, `document.querySelector('#html-upload').click()`)
		p.Await(`location.pathname === '/wp-admin/upload.php' && document.readyState === 'complete'`)
		return harness.Resolve[string](p, `fetch('/index.php?rest_route=/wp/v2/media').then(answer => answer.json()).then(media => media[0]?.source_url ?? '')`)
	},
}
