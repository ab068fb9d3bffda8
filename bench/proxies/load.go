package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// client is one keep-alive connection. It speaks just enough HTTP/1.1, without
// allocations, so that it takes little of the core it shares with the upstream.
type client struct {
	conn net.Conn
	r    *bufio.Reader
}

func dial(port int) (*client, error) {
	conn, err := net.Dial("tcp", "127.0.0.1:"+strconv.Itoa(port))
	if err != nil {
		return nil, err
	}
	return &client{conn: conn, r: bufio.NewReaderSize(conn, 64<<10)}, nil
}

// read asks and returns the whole answer, for who wants to look at it.
func (c *client) read(request []byte) (*http.Response, []byte, error) {
	res, err := c.ask(request)
	if err != nil {
		return nil, nil, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	return res, body, err
}

func (c *client) ask(request []byte) (*http.Response, error) {
	if _, err := c.conn.Write(request); err != nil {
		return nil, err
	}
	return http.ReadResponse(c.r, nil)
}

var (
	fieldLength  = []byte("Content-Length:")
	fieldChunked = []byte("Transfer-Encoding:")
)

// get asks and throws the answer away.
func (c *client) get(request []byte) error {
	if _, err := c.conn.Write(request); err != nil {
		return err
	}
	line, err := c.r.ReadSlice('\n')
	if err != nil {
		return err
	}
	if !bytes.HasPrefix(line, []byte("HTTP/1.1 200")) {
		return fmt.Errorf("answered with %q", line)
	}
	length, chunked := -1, false
	for {
		if line, err = c.r.ReadSlice('\n'); err != nil {
			return err
		}
		if line = bytes.TrimSpace(line); len(line) == 0 {
			break
		}
		if hasPrefixFold(line, fieldLength) {
			length = number(bytes.TrimSpace(line[len(fieldLength):]), 10)
		} else if hasPrefixFold(line, fieldChunked) {
			chunked = true
		}
	}
	switch {
	case chunked:
		return c.skipChunks()
	case length >= 0:
		_, err = c.r.Discard(length)
		return err
	}
	return errors.New("the answer has no length")
}

func (c *client) skipChunks() error {
	for {
		line, err := c.r.ReadSlice('\n')
		if err != nil {
			return err
		}
		size := number(bytes.TrimSpace(line), 16)
		if size < 0 {
			return fmt.Errorf("the length of a chunk is %q", line)
		}
		if _, err := c.r.Discard(size + len("\r\n")); err != nil || size == 0 {
			return err // of the last chunk: no proxy here sends trailers
		}
	}
}

func hasPrefixFold(line, prefix []byte) bool {
	return len(line) >= len(prefix) && bytes.EqualFold(line[:len(prefix)], prefix)
}

// number is strconv's for bytes, or −1.
func number(digits []byte, base int) int {
	n := 0
	for _, d := range digits {
		v := bytes.IndexByte([]byte("0123456789abcdef"), d|0x20)
		if v < 0 || v >= base {
			return -1
		}
		n = n*base + v
	}
	if len(digits) == 0 {
		return -1
	}
	return n
}

// load is some clients that ask for the same thing at once.
type load struct {
	clients   []*client
	latencies [][]time.Duration
}

func newLoad(port, concurrency int) (*load, error) {
	l := &load{latencies: make([][]time.Duration, concurrency)}
	for range concurrency {
		c, err := dial(port)
		if err != nil {
			l.close()
			return nil, err
		}
		l.clients = append(l.clients, c)
	}
	return l, nil
}

func (l *load) close() {
	for _, c := range l.clients {
		c.conn.Close()
	}
}

// run sends requests in turn, as many as told, or where that is 0, for as long, but on each connection one, and returns the
// times that the answers took, sorted, and the whole. With a pace, one request falls due
// each time that has passed, and takes as long from then on as it waits; else each
// connection asks again at once.
func (l *load) run(requests [][]byte, times int, long, pace time.Duration) ([]time.Duration, time.Duration, error) {
	var left, due, next atomic.Int64
	left.Store(int64(times))
	failed := make([]error, len(l.clients))
	began := time.Now()
	var all sync.WaitGroup
	for i, c := range l.clients {
		l.latencies[i] = l.latencies[i][:0]
		all.Go(func() {
			for {
				sent := time.Now()
				if pace > 0 {
					sent = began.Add(time.Duration(due.Add(1)) * pace)
					time.Sleep(time.Until(sent))
				}
				if times > 0 && left.Add(-1) < 0 || times == 0 && sent.Sub(began) >= long && len(l.latencies[i]) > 0 {
					return
				}
				if failed[i] = c.get(requests[int(next.Add(1))%len(requests)]); failed[i] != nil {
					return
				}
				l.latencies[i] = append(l.latencies[i], time.Since(sent))
			}
		})
	}
	all.Wait()
	took := time.Since(began)
	answers := slices.Concat(l.latencies...)
	slices.Sort(answers)
	return answers, took, errors.Join(failed...)
}
