package config

import "testing"

func TestContact(t *testing.T) {
	for contact, want := range map[string]bool{
		"": true, "dpo@ville.example": true, "données@ville-modèle.example": true, "root@localhost": true, "a.b+c@x.example": true,
		"https://ville.example/contact?a=b@c#d": true, "http://ville.example": true, "https://été.example/": true, "HTTPS://ville.example/": false,
		"dpo": false, "@ville.example": false, "dpo@": false, "a@b@c": false, "Ville <dpo@ville.example>": false, "mailto:dpo@ville.example": true, "mailto:dpo": false,
		"ville.example/contact": false, "/contact": false, "https://": false, "https:ville.example": false, "javascript:alert(1)": false,
	} {
		if err := (&Controller{Name: "Ville", Contact: contact}).Check(); (err == nil) != want {
			t.Errorf("%q: %v", contact, err)
		}
	}
	if err := (*Controller)(nil).Check(); err != nil {
		t.Error(err)
	}
}
