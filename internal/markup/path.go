package markup

import (
	"bytes"
	"net/url"
	"strings"
)

// pathOf is the path of the URL in an attribute's value as browsers send it, against that of a page or of a <base>: without
// dot segments (URL, section 4.4, "path state").
func pathOf(value []byte, escaped bool, scheme, base string) string {
	if escaped {
		value = decoded(value)
	}
	v := strings.NewReplacer("\t", "", "\n", "", "\r", "").Replace(string(bytes.TrimFunc(value, isControlOrSpace)))
	v, base = untilQuery(v), untilQuery(base)
	authority, kind := authorityOf([]byte(v), scheme)
	v = strings.ReplaceAll(v, `\`, "/")
	if end := schemeLength([]byte(v)); end > 0 {
		v = v[end+1:]
	}
	switch {
	case kind == absolute:
		v = strings.TrimLeft(v, "/")[len(authority):]
		if v == "" {
			v = "/"
		}
	case v == "":
		v = base
	case v[0] != '/':
		v = base[:strings.LastIndexByte(base, '/')+1] + v
	}
	return withoutDots(v)
}

// queryOf is what stands between "?" and "#".
func queryOf(value []byte, escaped bool) string {
	if escaped {
		value = decoded(value)
	}
	address, _, _ := bytes.Cut(value, []byte("#"))
	_, query, _ := bytes.Cut(address, []byte("?"))
	return string(query)
}

func untilQuery(address string) string {
	if end := strings.IndexAny(address, "?#"); end >= 0 {
		return address[:end]
	}
	return address
}

// withoutDots resolves "." and "..", which may be escaped. Empty segments stay.
func withoutDots(path string) string {
	if !strings.Contains(path, "/.") && !strings.Contains(path, "%2") {
		return path
	}
	var kept []string
	segments := strings.Split(strings.TrimPrefix(path, "/"), "/")
	for i, segment := range segments {
		isLast := i == len(segments)-1
		switch strings.ReplaceAll(strings.ToLower(segment), "%2e", ".") {
		case "..":
			kept = kept[:max(0, len(kept)-1)]
		case ".":
		default:
			kept = append(kept, segment)
			continue
		}
		if isLast {
			kept = append(kept, "")
		}
	}
	return "/" + strings.Join(kept, "/")
}

// unescaped is a path as servers read it; as it stands where its escapes are none, for then no server answers.
func unescaped(path string) string {
	if plain, err := url.PathUnescape(path); err == nil {
		return plain
	}
	return path
}

// Path is the path of a URL, decoded, as it stands in a field of a page with that path and scheme, "" where that is not
// known; ok is false where it is of a host other than site, or of none.
func Path(address, site, page, scheme string) (path string, ok bool) {
	var buffer [maxHost]byte
	host, relative := hostOf([]byte(address), false, scheme, &buffer)
	if !relative && (len(host) == 0 || string(host) != site) {
		return "", false
	}
	return unescaped(pathOf([]byte(address), false, scheme, page)), true
}
