package policy

import "time"

const day = 24 * time.Hour

// catalogue holds the trackers that the portal's back office offers. Names and
// lives of cookies are from the providers' published tables.
var catalogue = []Service{
	{
		ID: "ga", Name: "Google Analytics", Purpose: Statistics,
		Provider: Provider{"Google", "https://policies.google.com/privacy"},
		Cookies:  []Pattern{"_ga", "_ga_*", "_gid", "_gat", "_gat_*"},
		Lifetime: 395 * day,
		Description: Text{
			"fr": "Mesure de la fréquentation du site par Google.",
			"en": "Audience measurement by Google.",
		},
	},
	{
		ID: "matomo", Name: "Matomo", Purpose: Statistics,
		Provider: Provider{"Matomo", "https://matomo.org/privacy-policy/"},
		Cookies:  []Pattern{"_pk_id.*", "_pk_ses.*", "_pk_ref.*", "_pk_cvar.*", "_pk_hsr.*", "MATOMO_SESSID"},
		Lifetime: 393 * day,
		Description: Text{
			"fr": "Mesure de la fréquentation du site.",
			"en": "Audience measurement.",
		},
	},
	{
		ID: "xiti", Name: "XiTi", Purpose: Statistics,
		Provider: Provider{"Piano (AT Internet)", "https://piano.io/privacy-policy/"},
		Cookies:  []Pattern{"xtvrn", "xtan", "xtant", "xtidc", "xtat*"},
		Lifetime: 180 * day,
		Description: Text{
			"fr": "Mesure de la fréquentation du site.",
			"en": "Audience measurement.",
		},
	},
	{
		ID: "at", Name: "AT Internet SmartTag", Purpose: Statistics,
		Provider: Provider{"Piano (AT Internet)", "https://piano.io/privacy-policy/"},
		Cookies:  []Pattern{"atuserid", "atidvisitor", "atauthority", "atredir", "atsession"},
		Lifetime: 393 * day,
		Description: Text{
			"fr": "Mesure de la fréquentation du site.",
			"en": "Audience measurement.",
		},
	},
	{
		ID: "piano", Name: "Piano Analytics", Purpose: Statistics,
		Provider: Provider{"Piano", "https://piano.io/privacy-policy/"},
		Cookies:  []Pattern{"_pcid", "_pctx", "_pcus", "_pprv", "pa_privacy", "pa_user", "pa_vid"},
		Lifetime: 393 * day,
		Description: Text{
			"fr": "Mesure de la fréquentation du site.",
			"en": "Audience measurement.",
		},
	},
	{
		ID: "eulerian", Name: "Eulerian Analytics", Purpose: Statistics,
		Provider: Provider{"Eulerian Technologies", "https://www.eulerian.com/privacy"},
		Cookies:  []Pattern{"etuix", "etuixx"},
		Lifetime: 393 * day,
		Description: Text{
			"fr": "Mesure de la fréquentation du site.",
			"en": "Audience measurement.",
		},
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
