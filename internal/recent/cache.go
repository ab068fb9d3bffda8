// Package recent remembers what was made of the last strings that came, so that the next request with the same costs less.
package recent

import (
	"hash/maphash"
	"strings"
	"sync/atomic"
)

// The bounds of a cache: how many results it holds, and the bytes of a key; one that is longer is not remembered.
const (
	slots  = 1024
	maxKey = 1024
)

// A Cache is bounded: a slot holds one result, another takes its place; no lock is held. The zero Cache is ready.
type Cache[V any] struct {
	slots [slots]atomic.Pointer[result[V]]
}

type result[V any] struct {
	key   string
	value V
}

var seed = maphash.MakeSeed()

func (c *Cache[V]) slot(key string) *atomic.Pointer[result[V]] {
	return &c.slots[maphash.String(seed, key)%slots]
}

// Load returns what was stored for a key, unless another has taken its place.
func (c *Cache[V]) Load(key string) (value V, ok bool) {
	if r := c.slot(key).Load(); r != nil && r.key == key {
		return r.value, true
	}
	return value, false
}

// Find is Load for a key that is made to be looked up, at no cost in memory.
func (c *Cache[V]) Find(key []byte) (value V, ok bool) {
	if r := c.slots[maphash.Bytes(seed, key)%slots].Load(); r != nil && r.key == string(key) {
		return r.value, true
	}
	return value, false
}

// Store remembers a value. It keeps a copy of the key, which may be a piece of a request's header.
func (c *Cache[V]) Store(key string, value V) {
	if len(key) <= maxKey {
		c.slot(key).Store(&result[V]{strings.Clone(key), value})
	}
}
