package cookies

import "strings"

// Expire is the Set-Cookie value that deletes the cookie of a name, path and domain from a browser
// (RFC 6265bis, section 5.7); with an empty domain, the host's own. Over https it is secure: without,
// browsers would keep cookies whose name begins with __Secure- or __Host-.
func Expire(name, path, domain string, https bool) string {
	line := name + "=; Path=" + path
	if domain != "" {
		line += "; Domain=" + domain
	}
	line += "; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT"
	if https {
		line += "; Secure"
	}
	return line
}

// maxPathsOfAPage bounds how far up from a page its folders are looked at.
const maxPathsOfAPage = 4

// Paths are the Path attributes, besides "/", of cookies that a browser sends with a page (section
// 5.1.4): its escaped path and the folders above, with and without a slash at the end.
func Paths(page string) []string {
	if strings.Contains(page, ";") { // would end the attribute
		return nil
	}
	var paths []string
	page = strings.TrimSuffix(page, "/")
	for range maxPathsOfAPage {
		if page == "" {
			break
		}
		paths = append(paths, page, page+"/")
		page = page[:strings.LastIndexByte(page, '/')]
	}
	return paths
}
