package markup

import (
	"fmt"
	"strings"
	"testing"
)

func TestXHTMLElements(t *testing.T) {
	for _, marked := range []string{
		`<html><img† ‡src="//d.test"/></html>`, `<html><IMG src="//d.test"/><img SRC="/a"/></html>`, `<html><script†` + plain + ` ‡src="//d.test"/></html>`,
		`<html><script†` + plain + `>track()</script></html>`, `<html><script†` + plain + `><![CDATA[track("</script>")]]></script></html>`,
		`<html><script†` + plain + `><!-- </script> -->track()</script></html>`,
		`<html><script/>track()</html>`, `<html><script type="x">track()</script></html>`,
		`<html><svg xmlns="x"><image† ‡xlink:href="//d.test"/><use† ‡href="//d.test"/></svg></html>`,
		`<html><textarea><img† ‡src="//d.test"/></textarea></html>`, `<html><noscript><img† ‡src="//d.test"/></noscript></html>`,
		`<html><!-- <img src="//d.test"/> --><![CDATA[<img src="//d.test"/>]]><?x <img src="//d.test"/> ?><img† ‡src="//d.test"/></html>`,
		`<!DOCTYPE html [<!ENTITY a "<img src='//d.test'/>">]><html><img† a='>' ‡src = "&#47;/d.test" /></html>`,
		`<html><base href="//d.test"/><img† ‡src="x"/></html>`,
		`<html><iframe†‹ src="/f"› ‡src="//d.test"/><iframe srcdoc="&lt;img† ‡src=//d.test&gt;"/></html>`,
		`<html><a href="//d.test"/><input type="text" src="//d.test"/><link rel="icon" href="/a"/></html>`,
	} {
		t.Run(fmt.Sprintf("%.80q", marked), func(t *testing.T) {
			becomes(t, Scanner{Rules: denying(), XML: true}, marked, Passed{})
		})
	}
	for _, marked := range []string{
		`<html><script‹ data-g› «type="text/plain"» data-c-service="yes" «data-c-»src="/a"/></html>`,
		`<html><script type="text/plain" data-c-service="no" src="//d.test"/></html>`,
		`<html><img data-c-service="yes" data-c-src="//d.test"/></html>`,
	} {
		t.Run(fmt.Sprintf("%.80q", marked), func(t *testing.T) {
			becomes(t, Scanner{Rules: granting(), XML: true}, marked, Passed{})
		})
	}
	becomes(t, Scanner{Rules: denying(), XML: true}, `<html><script>track()<b/></script></html>`, Passed{Texts: 1})
}

func TestXHTMLLongName(t *testing.T) {
	for _, marked := range []string{
		`<html><` + strings.Repeat("x", 90) + `"><img src="//d.test"/>">`,
		`<html><` + strings.Repeat("x", 50) + `><img† ‡src="//d.test"/>`, `<html><` + strings.Repeat("x", 10) + `"><img† ‡src="//d.test"/>`,
	} {
		t.Run(fmt.Sprintf("%.80q", marked), func(t *testing.T) {
			becomes(t, Scanner{Rules: denying(), XML: true}, marked, Passed{})
		})
	}
}

func TestXHTMLInsertions(t *testing.T) {
	rules := denying()
	rules.Head, rules.Body = headed, insert(notice)
	becomes(t, Scanner{Rules: rules, XML: true},
		`<html><head>‹`+headed+`›<link† rel="icon" ‡href="//d.test"/></head><body† ‡background="//d.test">‹`+notice+`›</body></html>`, Passed{})
}
