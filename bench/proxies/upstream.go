package main

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"net"
	"strings"
	"sync/atomic"
	"time"

	"github.com/caddy-consent/caddy-consent/bench/internal/portal"
)

// How a body comes from the upstream and leaves the proxy; the first part of a page's path.
const (
	asIs       = "plain"  // plain on both sides, though the client accepts gzip
	compressed = "gzip"   // compressed on both sides
	encoded    = "encode" // plain from upstream; the proxy compresses
)

var codings = []string{asIs, compressed}

// The second part of the path of a page that does not come at once. Of such a page the
// upstream sends the first 2 KB, flushes, and then waits.
const (
	late       = "late"       // for lateBy
	unbuffered = "unbuffered" // the same, and tells nginx not to buffer
	held       = "held"       // until it is told to go on

	lateBy = 20 * time.Millisecond
)

// bodies are what the upstream has at each path, and compressedBodies what it sends
// there to who accepts gzip.
var bodies, compressedBodies = func() (plain, gzipped map[string][]byte) {
	plain, gzipped = make(map[string][]byte), make(map[string][]byte)
	for size, name := range map[int]string{4: "4", 60: "60", 500: "500"} {
		page := portal.Page(size << 10)
		plain["/"+asIs+"/"+name] = page
		plain["/"+encoded+"/"+name] = page
		plain["/"+compressed+"/"+name] = page
		gzipped["/"+compressed+"/"+name] = compress(page)[0]
	}
	for name, page := range map[string][]byte{
		"dense60": portal.Dense(60<<10, false), "dense500": portal.Dense(500<<10, false), "new60": portal.Dense(60<<10, true),
		"scripts60": portal.Scripted(60 << 10),
	} {
		plain["/"+asIs+"/"+name] = page
	}
	dense := plain["/"+asIs+"/dense60"]
	plain["/"+compressed+"/dense60"] = dense
	gzipped["/"+compressed+"/dense60"], _ = numberedGzip(dense)
	plain["/api"] = portal.JSON(2 << 10)
	plain["/cookies"] = plain["/api"]
	return plain, gzipped
}()

// upstream is the site. It speaks just enough HTTP/1.1, with answers that are ready, so
// that the core it shares with the load is not what limits the proxy.
type upstream struct {
	port     int
	answers  map[string][]byte    // by path, and " gzip" where it is compressed
	numbers  map[string][]int     // where in those of a path a number differs from answer to answer
	sums     map[string]*checksum // of those of which the end tells one
	answered atomic.Int64
	unready  map[string][2][]byte // what comes before the wait, and what after it
	flushed  atomic.Int64         // when the last late page was, in Unix nanoseconds
	holding  atomic.Int64         // how many responses wait for release
	released atomic.Pointer[chan struct{}]
}

func serve() (*upstream, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	u := &upstream{port: listener.Addr().(*net.TCPAddr).Port, answers: make(map[string][]byte), numbers: make(map[string][]int), sums: make(map[string]*checksum), unready: make(map[string][2][]byte)}
	u.hold()
	for path, body := range bodies {
		whole := answer(path, "", body)
		u.answers[path] = whole
		for at := 0; ; at += len(portal.Number) {
			found := bytes.Index(whole[at:], []byte(portal.Number))
			if found < 0 {
				break
			}
			at += found
			u.numbers[path] = append(u.numbers[path], at)
		}
	}
	for path, body := range compressedBodies {
		u.answers[path+" gzip"] = answer(path, "Content-Encoding: gzip\r\n", body)
	}
	dense := "/" + compressed + "/dense60"
	stream, at := numberedGzip(bodies[dense])
	u.numbers[dense+" gzip"] = []int{len(u.answers[dense+" gzip"]) - len(stream) + at}
	u.sums[dense+" gzip"] = checksumOf(bodies[dense])
	page := portal.Page(60 << 10)
	first := bytes.LastIndexByte(page[:2<<10], '\n') + 1 // servers flush between tags
	pieces := [][]byte{page[:first], page[first:]}
	for _, when := range []string{late, unbuffered, held} {
		fields := "Transfer-Encoding: chunked\r\n"
		if when == unbuffered {
			fields += "X-Accel-Buffering: no\r\n"
		}
		u.unready["/"+asIs+"/"+when] = inChunks(fields, pieces)
		u.unready["/"+compressed+"/"+when] = u.unready["/"+asIs+"/"+when]
		u.unready["/"+compressed+"/"+when+" gzip"] = inChunks(fields+"Content-Encoding: gzip\r\n", compress(pieces...))
	}
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go u.talk(conn)
		}
	}()
	return u, nil
}

func head(path, fields string) string {
	h := "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nVary: Accept-Language\r\n"
	if path == "/api" || path == "/cookies" {
		h = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
	}
	if path == "/cookies" {
		h += "Set-Cookie: " + strings.Join(portal.Cookies, "\r\nSet-Cookie: ") + "\r\n"
	}
	return h + fields
}

func answer(path, fields string, body []byte) []byte {
	return fmt.Appendf(nil, "%sContent-Length: %d\r\n\r\n%s", head(path, fields), len(body), body)
}

func inChunks(fields string, pieces [][]byte) [2][]byte {
	return [2][]byte{
		fmt.Appendf(nil, "%s\r\n%x\r\n%s\r\n", head("", fields), len(pieces[0]), pieces[0]),
		fmt.Appendf(nil, "%x\r\n%s\r\n0\r\n\r\n", len(pieces[1]), pieces[1]),
	}
}

// hold lets those go on that wait; the next ones wait again.
func (u *upstream) hold() {
	next := make(chan struct{})
	if old := u.released.Swap(&next); old != nil {
		close(*old)
	}
}

// talk answers the requests of one connection, which have no bodies.
func (u *upstream) talk(conn net.Conn) {
	defer conn.Close()
	r := bufio.NewReader(conn)
	key := make([]byte, 0, 64)
	var numbered []byte
	for {
		line, err := r.ReadSlice('\n')
		if err != nil {
			return
		}
		_, target, _ := bytes.Cut(line, []byte(" "))
		path, _, _ := bytes.Cut(target, []byte(" "))
		key = append(key[:0], path...)
		inGzip := false
		for {
			if line, err = r.ReadSlice('\n'); err != nil {
				return
			}
			name, value, _ := bytes.Cut(line, []byte(":"))
			if len(bytes.TrimSpace(line)) == 0 {
				break
			} else if bytes.EqualFold(name, []byte("Accept-Encoding")) && bytes.Contains(value, []byte("gzip")) {
				inGzip = true
			}
		}
		if inGzip && bytes.HasPrefix(key, []byte("/"+compressed+"/")) {
			key = append(key, " gzip"...)
		}

		if whole, ok := u.answers[string(key)]; ok {
			if numbers := u.numbers[string(key)]; len(numbers) > 0 {
				numbered = append(numbered[:0], whole...)
				for next := fmt.Appendf(nil, "%08d", u.answered.Add(1)%1e8); len(numbers) > 0; numbers = numbers[1:] {
					copy(numbered[numbers[0]:], next)
					if sum := u.sums[string(key)]; sum != nil {
						binary.LittleEndian.PutUint32(numbered[len(numbered)-8:], sum.with(next))
					}
				}
				whole = numbered
			}
			_, err = conn.Write(whole)
		} else if pieces, ok := u.unready[string(key)]; ok {
			err = u.sendLate(conn, pieces, bytes.Contains(key, []byte(held)))
		} else {
			_, err = conn.Write([]byte("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"))
		}
		if err != nil {
			return
		}
	}
}

func (u *upstream) sendLate(conn net.Conn, pieces [2][]byte, hold bool) error {
	u.flushed.Store(time.Now().UnixNano())
	if _, err := conn.Write(pieces[0]); err != nil {
		return err
	}
	if hold {
		release := *u.released.Load()
		u.holding.Add(1)
		<-release
		u.holding.Add(-1)
	} else {
		time.Sleep(lateBy)
	}
	_, err := conn.Write(pieces[1])
	return err
}
