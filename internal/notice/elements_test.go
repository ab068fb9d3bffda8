package notice

import (
	"strings"
	"testing"
)

func TestGuardElements(t *testing.T) {
	told := "|" + loading() + "|"
	t.Log(told)
	for _, part := range []string{
		"|background body table ", "|src frame script iframe img input[type=image] ", "|href link !script !use !feImage !image|", "|xlink:href !script ",
		"|srcset, img source|", "|imagesrcset, link|", "|content= meta[http-equiv=refresh]|", "|srcdoc< iframe|", "|ping+ a area|",
		"|to !set[attributeName$=href] !animate[attributeName$=href]|", "|values; !animate[attributeName$=href]|",
	} {
		if !strings.Contains(told, part) {
			t.Errorf("it is not told %q", part)
		}
	}
	if !strings.HasPrefix(relations(), "stylesheet preload ") || !strings.HasSuffix(relations(), " manifest") {
		t.Errorf("the relations are %q", relations())
	}
}
