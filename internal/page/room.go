package page

import "net/http"

// takenByAll and maxHeader: proxies in front take a header of 4 KB where nobody has told them otherwise (nginx, proxy_buffer_size), and answer
// 502 to a longer one. What the server adds itself (the status, Date, Server) has place besides.
const (
	takenByAll = 4096
	maxHeader  = 3800
)

// atLeast is room that there always is: a header that is longer without us has not made the proxies in front fail.
const atLeast = 700

// Room is how many bytes can be added to a response's header.
func Room(h http.Header) int {
	size := 0
	for name, values := range h {
		for _, value := range values {
			size += len(name) + len(": \r\n") + len(value)
		}
	}
	if size > takenByAll {
		return atLeast
	}
	return max(0, maxHeader-size)
}
