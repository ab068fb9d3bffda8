package policy

import "time"

const day = 24 * time.Hour

// catalogue holds well-known services: first the trackers that the portal's back office
// offers, then others by purpose. Each tells in Source where its facts are from.
//
//   - Cookies of names that sites use themselves (lang, player, fr) are left out, although
//     providers set them: on their own hosts, where no proxy of the site sees them.
//   - Hosts are the provider's alone, never a CDN that others share. Two services may list
//     one; the first has it.
//   - Inline are literals that nothing but the service's snippets holds. No two services
//     share one: a script with it would wait until both are granted.
//   - Globals are what the provider has sites call in scripts of their own. Of a library's objects only
//     those of which all that sites call is listed: half an object is worse than none.
//   - Lifetime is the longest that is documented for one of the cookies, at most 13 months.
var catalogue = []Service{
	// The trackers that the portal's back office offers.
	{
		ID: "ga", Name: "Google Analytics", Purpose: Statistics,
		Provider: Provider{"Google", "https://policies.google.com/privacy"},
		Cookies: []Pattern{
			"_ga", "_ga_*", "_gid", "_gat", "_gat_*", "_gac_*", "_dc_gtm_*", "__utm*",
			"AMP_TOKEN",
		},
		Hosts: []Pattern{
			"googletagmanager.com", "*.googletagmanager.com", "google-analytics.com", "*.google-analytics.com",
			"analytics.google.com", "*.analytics.google.com", "stats.g.doubleclick.net",
		},
		Inline: []string{
			"googletagmanager.com/gtm.js", "googletagmanager.com/gtag/js", "gtag(", "google-analytics.com/",
			"GoogleAnalyticsObject", "ga('create'", `ga("create"`, "ga('send'", `ga("send"`, "_gaq.push",
		},
		Globals:  []string{"dataLayer[]", "gtag()", "ga()", "_gaq[]"},
		Lifetime: 395 * day,
		Description: Text{
			"fr": "Mesure la fréquentation du site avec l’outil de Google, pour savoir quelles pages sont consultées et comment elles ont été trouvées.",
			"en": "Measures the site’s audience with Google’s tool, to know which pages are read and how they were found.",
		},
		Source: "https://support.google.com/analytics/answer/11397207",
	},
	{
		ID: "matomo", Name: "Matomo", Purpose: Statistics,
		Provider: Provider{"Matomo", "https://matomo.org/privacy-policy/"},
		Cookies: []Pattern{
			"_pk_id.*", "_pk_ses.*", "_pk_ref.*", "_pk_cvar.*", "_pk_hsr.*", "_pk_testcookie*", "_pk_uid", "mtm_consent",
			"mtm_consent_removed", "mtm_cookie_consent", "matomo_ignore", "matomo_sessid", "MATOMO_SESSID",
		},
		Hosts:    []Pattern{"*.matomo.cloud"},
		Inline:   []string{"_paq.push", "_mtm.push", "matomo.js", "matomo.php", "piwik.js", "piwik.php"},
		Globals:  []string{"_paq[]", "_mtm[]"},
		Lifetime: 393 * day,
		Description: Text{
			"fr": "Mesure la fréquentation du site, pour savoir quelles pages sont consultées et améliorer le service rendu.",
			"en": "Measures the site’s audience, to know which pages are read and to improve the service.",
		},
		Source: "https://matomo.org/faq/general/faq_146/",
	},
	{
		ID: "xiti", Name: "XiTi", Purpose: Statistics,
		Provider: Provider{"Piano (AT Internet)", "https://piano.io/privacy-policy/"},
		Cookies:  []Pattern{"xtvrn", "xtan", "xtant", "xtidc", "xtat*", "idrxvr"},
		Hosts:    []Pattern{"xiti.com", "*.xiti.com", "*.ati-host.net", "*.aticdn.net", "*.at-internet.com"},
		Inline:   []string{"Xt_param", "xtnv = d", "xtnv=d", "xtcore.js", "hit.xiti"},
		Globals:  []string{"~xt_click()", "~xt_med()"},
		Lifetime: 395 * day,
		Description: Text{
			"fr": "Mesure la fréquentation du site en comptant les visites et les pages consultées.",
			"en": "Measures the site’s audience by counting visits and the pages read.",
		},
		Source: "https://developers.atinternet-solutions.com/as2-tagging-fr/javascript-fr/bien-commencer-javascript-fr/cookies-at-internet-javascript-fr/",
	},
	{
		ID: "at", Name: "AT Internet SmartTag", Purpose: Statistics,
		Provider: Provider{"Piano (AT Internet)", "https://piano.io/privacy-policy/"},
		Cookies:  []Pattern{"atuserid", "atidvisitor", "atauthority", "atredir", "atreman", "atsession", "attvtreman", "attvtsession"},
		Hosts:    []Pattern{"xiti.com", "*.xiti.com", "*.ati-host.net", "*.aticdn.net", "*.at-internet.com"},
		Inline:   []string{"ATInternet.Tracker", "smarttag.js"},
		Lifetime: 395 * day,
		Description: Text{
			"fr": "Mesure la fréquentation du site en comptant les visites, les pages consultées et les clics.",
			"en": "Measures the site’s audience by counting visits, the pages read and clicks.",
		},
		Source: "https://developers.atinternet-solutions.com/as2-tagging-fr/javascript-fr/bien-commencer-javascript-fr/cookies-at-internet-javascript-fr/",
	},
	{
		ID: "piano", Name: "Piano Analytics", Purpose: Statistics,
		Provider: Provider{"Piano", "https://piano.io/privacy-policy/"},
		Cookies:  []Pattern{"_pcid", "_pctx", "_pcus", "_pprv", "pa_privacy", "pa_user", "pa_vid"},
		Hosts:    []Pattern{"*.pa-cd.com", "*.aticdn.net", "*.piano.io"},
		Inline:   []string{"pa.setConfigurations(", "pa.sendEvent(", ".pa-cd.com", "piano-analytics.js"},
		Globals:  []string{"_paq[]"},
		Lifetime: 395 * day,
		Description: Text{
			"fr": "Mesure la fréquentation du site, pour connaître les pages consultées et les usages qui en sont faits.",
			"en": "Measures the site’s audience, to know which pages are read and how they are used.",
		},
		Source: "https://developers.atinternet-solutions.com/piano-analytics/data-collection/general/cookie-storage",
	},
	{
		ID: "eulerian", Name: "Eulerian Analytics", Purpose: Statistics,
		Provider: Provider{"Eulerian Technologies", "https://www.eulerian.com/en/privacy/"},
		Cookies:  []Pattern{"etuix", "etuixx"},
		Hosts:    []Pattern{"*.eulerian.net", "*.eulerian.com"},
		Inline:   []string{"EA_push", "EA_collector", "EA_datalayer"},
		Globals:  []string{"EA_push()", "EA_collector()"},
		Lifetime: 395 * day,
		Description: Text{
			"fr": "Mesure la fréquentation du site et le chemin par lequel les visiteurs y arrivent.",
			"en": "Measures the site’s audience and the ways by which visitors reach it.",
		},
		Source: "https://doc.eulerian.com/p/WijZuvqwsFKoQB/What-is-important-to-know-about-Eulerian-Cookies",
	},

	// Captchas, fonts, maps and error monitoring: these pass where nobody declared them.
	{
		ID: "google-fonts", Name: "Google Fonts", Purpose: Functional,
		Provider: Provider{"Google", "https://policies.google.com/privacy"},
		Hosts:    []Pattern{"fonts.googleapis.com", "fonts.gstatic.com"},
		Inline:   []string{"fonts.googleapis.com/"},
		Description: Text{
			"fr": "Fournit les polices de caractères dans lesquelles le site est composé.",
			"en": "Provides the typefaces in which the site is set.",
		},
		Source: "https://developers.google.com/fonts/faq/privacy",
	},
	{
		ID: "google-maps", Name: "Google Maps", Purpose: Functional,
		Provider: Provider{"Google", "https://policies.google.com/privacy"},
		Cookies:  []Pattern{"NID", "ENID"},
		Hosts: []Pattern{
			"maps.google.com", "maps.google.fr", "maps.googleapis.com", "maps.gstatic.com", "www.google.com", "www.google.fr",
			"khms0.googleapis.com", "khms1.googleapis.com",
		},
		Inline:   []string{"maps.googleapis.com/maps/api/js", "google.maps.", "google.com/maps/embed"},
		Lifetime: 395 * day,
		Description: Text{
			"fr": "Affiche des cartes de Google dans les pages.",
			"en": "Shows maps by Google in the pages.",
		},
		Source: "https://policies.google.com/technologies/cookies",
	},
	{
		ID: "recaptcha", Name: "reCAPTCHA", Purpose: Functional,
		Provider: Provider{"Google", "https://policies.google.com/privacy"},
		Cookies:  []Pattern{"_GRECAPTCHA"},
		Hosts:    []Pattern{"www.google.com", "www.recaptcha.net", "www.gstatic.com"},
		Inline:   []string{"grecaptcha.", "/recaptcha/api.js", "/recaptcha/enterprise.js"},
		Lifetime: 183 * day,
		Description: Text{
			"fr": "Protège les formulaires du site contre les envois automatisés.",
			"en": "Protects the site’s forms against automated submissions.",
		},
		Source: "https://cloud.google.com/recaptcha/docs/faq",
	},
	{
		ID: "sentry", Name: "Sentry", Purpose: Functional,
		Provider: Provider{"Functional Software (Sentry)", "https://sentry.io/privacy/"},
		Hosts:    []Pattern{"sentry.io", "*.sentry.io", "*.sentry-cdn.com"},
		Inline:   []string{"Sentry.init(", "Sentry.onLoad(", "sentryOnLoad", ".sentry-cdn.com/"},
		Description: Text{
			"fr": "Signale aux responsables du site les erreurs qui surviennent dans les pages, afin qu’elles soient corrigées.",
			"en": "Reports errors that occur in the pages to those who run the site, so that they are fixed.",
		},
		Source: "https://docs.sentry.io/platforms/javascript/data-management/data-collected/",
	},
	{
		ID: "umap", Name: "uMap", Purpose: Functional,
		Provider: Provider{"OpenStreetMap France, ANCT", "https://www.openstreetmap.fr/mentions-legales/"},
		Hosts:    []Pattern{"umap.openstreetmap.fr", "umap.incubateur.anct.gouv.fr"},
		Description: Text{
			"fr": "Affiche dans les pages des cartes réalisées à partir d’OpenStreetMap.",
			"en": "Shows maps made from OpenStreetMap in the pages.",
		},
		Source: "https://docs.umap-project.org/",
	},

	// Statistics.
	{
		ID: "clarity", Name: "Microsoft Clarity", Purpose: Statistics,
		Provider: Provider{"Microsoft", "https://www.microsoft.com/privacy/privacystatement"},
		Cookies:  []Pattern{"_clck", "_clsk", "CLID", "ANONCHK", "MUID"},
		Hosts:    []Pattern{"*.clarity.ms"},
		Inline:   []string{"clarity.ms/tag/", "window.clarity("},
		Globals:  []string{"clarity()"},
		Lifetime: 365 * day,
		Description: Text{
			"fr": "Enregistre les déplacements de la souris, les clics et le défilement, pour comprendre comment les pages sont utilisées.",
			"en": "Records mouse movements, clicks and scrolling, to understand how the pages are used.",
		},
		Source: "https://learn.microsoft.com/en-us/clarity/setup-and-installation/cookie-list",
	},
	{
		ID: "hotjar", Name: "Hotjar", Purpose: Statistics,
		Provider: Provider{"Hotjar (Contentsquare)", "https://www.hotjar.com/legal/policies/privacy/"},
		Cookies:  []Pattern{"_hj*"},
		Hosts:    []Pattern{"*.hotjar.com", "*.hotjar.io"},
		Inline:   []string{"hotjar.com/c/hotjar-", "_hjSettings"},
		Globals:  []string{"hj()"},
		Lifetime: 365 * day,
		Description: Text{
			"fr": "Enregistre les clics et le défilement et recueille des avis, pour comprendre comment les pages sont utilisées.",
			"en": "Records clicks and scrolling and collects opinions, to understand how the pages are used.",
		},
		Source: "https://help.hotjar.com/hc/en-us/articles/6952777582999-Cookies-Set-by-the-Hotjar-Tracking-Code",
	},

	// Embeds: what is shown inside a page, and chat widgets.
	{
		ID: "calameo", Name: "Calaméo", Purpose: Embeds,
		Provider: Provider{"Calaméo", "https://www.calameo.com/privacy"},
		Hosts:    []Pattern{"calameo.com", "*.calameo.com", "*.calameoassets.com"},
		Description: Text{
			"fr": "Affiche dans les pages des publications à feuilleter.",
			"en": "Shows publications to leaf through in the pages.",
		},
		Source: "https://www.calameo.com/privacy",
	},
	{
		ID: "crisp", Name: "Crisp", Purpose: Embeds,
		Provider: Provider{"Crisp IM", "https://crisp.chat/en/privacy/"},
		Cookies:  []Pattern{"crisp-client/*", "crisp-client%2F*"},
		Hosts:    []Pattern{"*.crisp.chat"},
		Inline:   []string{"client.crisp.chat", "CRISP_WEBSITE_ID", "$crisp.push"},
		Globals:  []string{"$crisp[]"},
		Lifetime: 183 * day,
		Description: Text{
			"fr": "Permet de dialoguer avec l’équipe du site et de retrouver la conversation d’une page à l’autre.",
			"en": "Lets you chat with the site’s team and find the conversation again from page to page.",
		},
		Source: "https://help.crisp.chat/en/article/crisp-cookie-policy-1147xor/",
	},
	{
		ID: "dailymotion", Name: "Dailymotion", Purpose: Embeds,
		Provider: Provider{"Dailymotion", "https://legal.dailymotion.com/en/privacy-policy/"},
		Cookies:  []Pattern{"dmvk", "v1st"},
		Hosts:    []Pattern{"dailymotion.com", "*.dailymotion.com", "dai.ly", "*.dmcdn.net", "*.dm-event.net"},
		Inline:   []string{"geo.dailymotion.com/", "dailymotion.createPlayer", "dmAsyncInit", "DM.player(", "api.dmcdn.net/"},
		Lifetime: 395 * day,
		Description: Text{
			"fr": "Affiche des vidéos de Dailymotion dans les pages.",
			"en": "Shows videos from Dailymotion in the pages.",
		},
		Source: "https://legal.dailymotion.com/en/cookie-policy/",
	},
	{
		ID: "datawrapper", Name: "Datawrapper", Purpose: Embeds,
		Provider: Provider{"Datawrapper", "https://www.datawrapper.de/privacy"},
		Hosts:    []Pattern{"*.dwcdn.net"},
		Inline:   []string{"datawrapper-height"},
		Description: Text{
			"fr": "Affiche dans les pages des graphiques, des cartes et des tableaux.",
			"en": "Shows charts, maps and tables in the pages.",
		},
		Source: "https://www.datawrapper.de/privacy",
	},
	{
		ID: "disqus", Name: "Disqus", Purpose: Embeds,
		Provider: Provider{"Disqus", "https://help.disqus.com/en/articles/1717103-disqus-privacy-policy"},
		Cookies:  []Pattern{"disqus_unique", "__jid"},
		Hosts:    []Pattern{"disqus.com", "*.disqus.com", "*.disquscdn.com"},
		Inline:   []string{".disqus.com/embed.js", ".disqus.com/count.js", "var disqus_", "DISQUS.reset("},
		Lifetime: 365 * day,
		Description: Text{
			"fr": "Permet de lire et de publier des commentaires sous les pages.",
			"en": "Lets you read and post comments below the pages.",
		},
		Source: "https://help.disqus.com/en/articles/1717155-use-of-cookies",
	},
	{
		ID: "flickr", Name: "Flickr", Purpose: Embeds,
		Provider: Provider{"Flickr", "https://www.flickr.com/help/privacy"},
		Hosts:    []Pattern{"flickr.com", "*.flickr.com", "*.staticflickr.com"},
		Inline:   []string{"embedr.flickr.com"},
		Description: Text{
			"fr": "Affiche des photos de Flickr dans les pages.",
			"en": "Shows photos from Flickr in the pages.",
		},
		Source: "https://www.flickr.com/help/cookies",
	},
	{
		ID: "genially", Name: "Genially", Purpose: Embeds,
		Provider: Provider{"Genially Web", "https://genially.com/privacy/"},
		Hosts:    []Pattern{"*.genially.com", "*.genial.ly"},
		Inline:   []string{"genially-embed-js", "view.genially.com/", "view.genial.ly/"},
		Description: Text{
			"fr": "Affiche dans les pages des présentations et des infographies interactives.",
			"en": "Shows interactive presentations and infographics in the pages.",
		},
		Source: "https://www.genial.ly/cookies",
	},
	{
		ID: "instagram", Name: "Instagram", Purpose: Embeds,
		Provider: Provider{"Meta Platforms", "https://privacycenter.instagram.com/policy/"},
		Cookies:  []Pattern{"ig_did", "ig_nrcb"},
		Hosts:    []Pattern{"instagram.com", "*.instagram.com", "*.cdninstagram.com"},
		Inline:   []string{"instagram.com/embed.js", "instgrm.Embeds"},
		Globals:  []string{"~instgrm.Embeds.process()"},
		Lifetime: 365 * day,
		Description: Text{
			"fr": "Affiche des publications d’Instagram dans les pages.",
			"en": "Shows posts from Instagram in the pages.",
		},
		Source: "https://privacycenter.instagram.com/policies/cookies/",
	},
	{
		ID: "intercom", Name: "Intercom", Purpose: Embeds,
		Provider: Provider{"Intercom", "https://www.intercom.com/legal/privacy"},
		Cookies:  []Pattern{"intercom-id-*", "intercom-session-*", "intercom-device-id-*"},
		Hosts:    []Pattern{"*.intercom.io", "*.intercomcdn.com", "*.intercomcdn.eu", "*.intercomassets.com", "*.intercomassets.eu"},
		Inline:   []string{"widget.intercom.io/", "intercomSettings", "Intercom('boot'", `Intercom("boot"`},
		Globals:  []string{"Intercom()"},
		Lifetime: 275 * day,
		Description: Text{
			"fr": "Permet de dialoguer avec l’équipe du site et de retrouver la conversation à la visite suivante.",
			"en": "Lets you chat with the site’s team and find the conversation again at your next visit.",
		},
		Source: "https://www.intercom.com/help/en/articles/2361922-intercom-messenger-cookies",
	},
	{
		ID: "powerbi", Name: "Power BI", Purpose: Embeds,
		Provider: Provider{"Microsoft", "https://www.microsoft.com/privacy/privacystatement"},
		Hosts:    []Pattern{"*.powerbi.com", "*.analysis.windows.net"},
		Inline:   []string{"app.powerbi.com/", "powerbi.embed("},
		Description: Text{
			"fr": "Affiche dans les pages des tableaux de bord et des rapports interactifs.",
			"en": "Shows interactive dashboards and reports in the pages.",
		},
		Source: "https://learn.microsoft.com/en-us/fabric/security/power-bi-allow-list-urls",
	},
	{
		ID: "soundcloud", Name: "SoundCloud", Purpose: Embeds,
		Provider: Provider{"SoundCloud", "https://soundcloud.com/pages/privacy"},
		Cookies:  []Pattern{"sc_anonymous_id"},
		Hosts:    []Pattern{"soundcloud.com", "*.soundcloud.com", "*.sndcdn.com"},
		Inline:   []string{"w.soundcloud.com/", "SC.Widget("},
		Lifetime: 395 * day,
		Description: Text{
			"fr": "Permet d’écouter dans les pages des sons et de la musique de SoundCloud.",
			"en": "Lets you listen to sounds and music from SoundCloud in the pages.",
		},
		Source: "https://pages.soundcloud.com/legal/cookie-policy",
	},
	{
		ID: "spotify", Name: "Spotify", Purpose: Embeds,
		Provider: Provider{"Spotify", "https://www.spotify.com/legal/privacy-policy/"},
		Cookies:  []Pattern{"sp_t", "sp_landing"},
		Hosts:    []Pattern{"*.spotify.com", "*.scdn.co", "*.spotifycdn.com", "*.byspotify.com"},
		Inline:   []string{"open.spotify.com/embed", "onSpotifyIframeApiReady", "pixel.byspotify.com"},
		Lifetime: 365 * day,
		Description: Text{
			"fr": "Permet d’écouter dans les pages de la musique et des podcasts de Spotify.",
			"en": "Lets you listen to music and podcasts from Spotify in the pages.",
		},
		Source: "https://www.spotify.com/legal/cookies-policy/",
	},
	{
		ID: "stonly", Name: "Stonly", Purpose: Embeds,
		Provider: Provider{"Stonly", "https://stonly.com/privacy"},
		Hosts:    []Pattern{"stonly.com", "*.stonly.com"},
		Inline:   []string{"STONLY_WID", "StonlyWidget"},
		Globals:  []string{"StonlyWidget()"},
		Description: Text{
			"fr": "Affiche une aide pas à pas dans les pages.",
			"en": "Shows step-by-step help in the pages.",
		},
		Source: "https://stonly.com/privacy",
	},
	{
		ID: "tableau", Name: "Tableau", Purpose: Embeds,
		Provider: Provider{"Salesforce (Tableau)", "https://www.tableau.com/privacy"},
		Cookies:  []Pattern{"tableau_locale", "tableau_public_negotiated_locale"},
		Hosts:    []Pattern{"*.tableau.com", "*.tableausoftware.com"},
		Inline:   []string{"public.tableau.com/", "javascripts/api/viz_v1.js", "tableau.Viz("},
		Description: Text{
			"fr": "Affiche dans les pages des graphiques et des tableaux de bord interactifs.",
			"en": "Shows interactive charts and dashboards in the pages.",
		},
		Source: "https://www.tableau.com/privacy",
	},
	{
		ID: "typeform", Name: "Typeform", Purpose: Embeds,
		Provider: Provider{"Typeform", "https://admin.typeform.com/to/dwk6gt"},
		Cookies:  []Pattern{"attribution_user_id"},
		Hosts:    []Pattern{"*.typeform.com"},
		Inline:   []string{"embed.typeform.com/", "form.typeform.com/"},
		Lifetime: 365 * day,
		Description: Text{
			"fr": "Affiche des formulaires et des questionnaires dans les pages.",
			"en": "Shows forms and surveys in the pages.",
		},
		Source: "https://www.typeform.com/help/a/data-protection-at-typeform-360029259552/",
	},
	{
		ID: "vimeo", Name: "Vimeo", Purpose: Embeds,
		Provider: Provider{"Vimeo", "https://vimeo.com/privacy"},
		Cookies:  []Pattern{"vuid"},
		Hosts:    []Pattern{"vimeo.com", "*.vimeo.com", "*.vimeocdn.com"},
		Inline:   []string{"player.vimeo.com/", "Vimeo.Player("},
		Lifetime: 395 * day,
		Description: Text{
			"fr": "Affiche des vidéos de Vimeo dans les pages.",
			"en": "Shows videos from Vimeo in the pages.",
		},
		Source: "https://help.vimeo.com/hc/en-us/articles/26080940921361",
	},
	{
		ID: "youtube", Name: "YouTube", Purpose: Embeds,
		Provider: Provider{"Google", "https://policies.google.com/privacy"},
		Cookies:  []Pattern{"VISITOR_INFO1_LIVE", "VISITOR_PRIVACY_METADATA", "YSC", "__Secure-YEC", "__Secure-ROLLOUT_TOKEN"},
		Hosts:    []Pattern{"youtube.com", "*.youtube.com", "youtube-nocookie.com", "*.youtube-nocookie.com", "youtu.be", "*.ytimg.com", "*.googlevideo.com"},
		Inline:   []string{"youtube.com/iframe_api", "onYouTubeIframeAPIReady", "YT.Player("},
		Lifetime: 395 * day,
		Description: Text{
			"fr": "Affiche des vidéos de YouTube dans les pages.",
			"en": "Shows videos from YouTube in the pages.",
		},
		Source: "https://policies.google.com/technologies/cookies",
	},

	// Marketing: advertising, and what recognises visitors from one site to another.
	{
		ID: "addthis", Name: "AddThis", Purpose: Marketing,
		Provider: Provider{"Oracle (AddThis)", "https://www.oracle.com/legal/privacy/addthis-privacy-policy.html"},
		Cookies:  []Pattern{"__atuvc", "__atuvs", "__atssc", "__atrfs"},
		Hosts:    []Pattern{"addthis.com", "*.addthis.com", "*.addthisedge.com"},
		Inline:   []string{"addthis_config", "addthis_share", "addthis.init(", "addthis.layers("},
		Lifetime: 395 * day,
		Description: Text{
			"fr": "Propose des boutons de partage et suit les visiteurs d’un site à l’autre pour cibler la publicité.",
			"en": "Offers sharing buttons and follows visitors from site to site to target advertising.",
		},
		Source: "https://www.oracle.com/legal/privacy/addthis-privacy-policy.html",
	},
	{
		ID: "facebook", Name: "Facebook", Purpose: Marketing,
		Provider: Provider{"Meta Platforms", "https://www.facebook.com/privacy/policy/"},
		Cookies:  []Pattern{"_fbp", "_fbc", "datr"},
		Hosts:    []Pattern{"facebook.com", "*.facebook.com", "*.facebook.net", "*.fbcdn.net"},
		Inline:   []string{"connect.facebook.net/", "facebook-jssdk", "fbAsyncInit", "FB.init(", "fbq('", `fbq("`},
		Globals:  []string{"fbq()"},
		Lifetime: 395 * day,
		Description: Text{
			"fr": "Affiche des contenus de Facebook et mesure l’effet de ses publicités sur les visites du site.",
			"en": "Shows content from Facebook and measures what its advertising brings to the site.",
		},
		Source: "https://www.facebook.com/privacy/policies/cookies/",
	},
	{
		ID: "google-ads", Name: "Google Ads", Purpose: Marketing,
		Provider: Provider{"Google", "https://policies.google.com/privacy"},
		Cookies:  []Pattern{"_gcl_*", "__gads", "__gpi", "__gpi_optout", "IDE", "FPAU", "FPGCLAW", "FPGCLGB"},
		Hosts: []Pattern{
			"googleadservices.com", "*.googleadservices.com", "doubleclick.net", "*.doubleclick.net", "*.googlesyndication.com",
			"*.googletagservices.com", "*.2mdn.net", "adservice.google.com", "adservice.google.fr", "googletagmanager.com",
			"*.googletagmanager.com",
		},
		Inline:   []string{"googleadservices.com/", "googlesyndication.com/", "google_conversion_id", "window.adsbygoogle", "googletag.cmd"},
		Globals:  []string{"dataLayer[]", "gtag()", "adsbygoogle[]", "googletag.cmd[]"},
		Lifetime: 395 * day,
		Description: Text{
			"fr": "Affiche des publicités choisies selon vos visites et mesure leur effet.",
			"en": "Shows advertisements chosen from your visits and measures their effect.",
		},
		Source: "https://business.safety.google/adscookies/",
	},
	{
		ID: "hubspot", Name: "HubSpot", Purpose: Marketing,
		Provider: Provider{"HubSpot", "https://legal.hubspot.com/privacy-policy"},
		Cookies: []Pattern{
			"__hstc", "__hssc", "__hssrc", "__hs_*", "hubspotutk", "messagesUtk", "hs-messages-is-open",
			"hs-messages-hide-welcome-message",
		},
		Hosts: []Pattern{
			"*.hubspot.com", "*.hs-scripts.com", "*.hs-analytics.net", "*.hs-banner.com", "*.hscollectedforms.net", "*.hsforms.net",
			"*.hsforms.com", "*.hsadspixel.net", "*.hsleadflows.net", "*.hsappstatic.net", "*.hubapi.com", "*.hubspotfeedback.com",
			"*.usemessages.com",
		},
		Inline:   []string{"hbspt.", "_hsq.push", ".hs-scripts.com/", "hsConversationsSettings"},
		Globals:  []string{"_hsq[]", "hbspt.forms.create()@hsforms"},
		Lifetime: 183 * day,
		Description: Text{
			"fr": "Affiche des formulaires et une messagerie, et relie vos visites aux messages que vous envoyez.",
			"en": "Shows forms and a chat, and links your visits to the messages that you send.",
		},
		Source: "https://knowledge.hubspot.com/privacy-and-consent/what-cookies-does-hubspot-set-in-a-visitor-s-browser",
	},
	{
		ID: "linkedin", Name: "LinkedIn", Purpose: Marketing,
		Provider: Provider{"LinkedIn", "https://www.linkedin.com/legal/privacy-policy"},
		Cookies: []Pattern{
			"bcookie", "bscookie", "li_gc", "lidc", "li_sugr", "li_fat_id", "li_giant", "lms_ads", "lms_analytics", "ln_or",
			"UserMatchHistory", "AnalyticsSyncHistory",
		},
		Hosts:    []Pattern{"linkedin.com", "*.linkedin.com", "*.licdn.com"},
		Inline:   []string{"_linkedin_partner_id", "_linkedin_data_partner_id", "snap.licdn.com", "lintrk("},
		Globals:  []string{"lintrk()"},
		Lifetime: 365 * day,
		Description: Text{
			"fr": "Affiche des contenus de LinkedIn et mesure l’effet de ses publicités sur les visites du site.",
			"en": "Shows content from LinkedIn and measures what its advertising brings to the site.",
		},
		Source: "https://www.linkedin.com/legal/l/cookie-table",
	},
	{
		ID: "sharethis", Name: "ShareThis", Purpose: Marketing,
		Provider: Provider{"ShareThis", "https://sharethis.com/privacy/"},
		Cookies:  []Pattern{"__stid", "__stidv", "__unam", "fpestid"},
		Hosts:    []Pattern{"sharethis.com", "*.sharethis.com"},
		Inline:   []string{"stLight.options", "sharethis.com/"},
		Lifetime: 395 * day,
		Description: Text{
			"fr": "Propose des boutons de partage et suit les visiteurs d’un site à l’autre pour cibler la publicité.",
			"en": "Offers sharing buttons and follows visitors from site to site to target advertising.",
		},
		Source: "https://sharethis.com/privacy/",
	},
	{
		ID: "twitter", Name: "X (Twitter)", Purpose: Marketing,
		Provider: Provider{"X", "https://x.com/en/privacy"},
		Cookies:  []Pattern{"guest_id", "guest_id_ads", "guest_id_marketing", "personalization_id", "muc_ads", "_twclid", "_twpid"},
		Hosts:    []Pattern{"twitter.com", "*.twitter.com", "x.com", "*.x.com", "*.twimg.com", "*.ads-twitter.com", "t.co"},
		Inline:   []string{"platform.twitter.com/", "platform.x.com/", "twttr.widgets", "static.ads-twitter.com/", "twq('", `twq("`},
		Globals:  []string{"twq()", "twttr.ready()@widgets", "~twttr.widgets.load()@widgets"},
		Lifetime: 395 * day,
		Description: Text{
			"fr": "Affiche des publications de X et mesure l’effet de ses publicités sur les visites du site.",
			"en": "Shows posts from X and measures what its advertising brings to the site.",
		},
		Source: "https://help.x.com/en/rules-and-policies/x-cookies",
	},
}

// FromCatalogue returns the well-known service with that id, or one that has
// nothing but the id.
func FromCatalogue(id string) Service {
	for _, s := range catalogue {
		if s.ID == id {
			return s
		}
	}
	return Service{ID: id}
}

// KnownCookie is the id of the well-known service that sets cookies of that name, "" where there is none.
func KnownCookie(name string) string {
	for _, s := range catalogue {
		for _, pattern := range s.Cookies {
			if pattern.Match(name) {
				return s.ID
			}
		}
	}
	return ""
}
