// Tells tags of the visitor's choice in their own terms: Google's Consent Mode v2, and Matomo's consent
// calls. It stands behind the guard, before any tag.
{
	const { google, matomo } = guard.policy;

	if (google) {
		const types = () => Object.fromEntries(Object.keys(google).map(type => [type, google[type].some(id => guard.granted.has(id)) ? 'granted' : 'denied']));
		const gtag = function () { dataLayer.push(arguments); };
		let known = types();
		window.dataLayer = window.dataLayer || [];
		gtag('consent', 'default', { ...known, security_storage: 'granted' });
		gtag('set', 'ads_data_redaction', true);
		guard.heard.push(() => {
			const changed = Object.entries(types()).filter(([type, value]) => value !== known[type]);
			known = types();
			if (changed.length) gtag('consent', 'update', Object.fromEntries(changed));
		});
	}

	if (matomo) {
		const tell = call => (window._paq = window._paq || []).push([call]);
		tell('requireCookieConsent');
		if (guard.granted.has(matomo)) tell('setCookieConsentGiven');
		guard.heard.push(before => {
			if (before.has(matomo) !== guard.granted.has(matomo)) tell(before.has(matomo) ? 'forgetCookieConsentGiven' : 'setCookieConsentGiven');
		});
	}
}
