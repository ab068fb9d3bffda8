package recent

import (
	"strconv"
	"strings"
	"testing"
)

func TestCache(t *testing.T) {
	var c Cache[int]
	if _, ok := c.Load("a"); ok {
		t.Error("an empty cache has something")
	}
	c.Store("a", 1)
	if v, ok := c.Load("a"); v != 1 || !ok {
		t.Errorf("%d, %t", v, ok)
	}
	if v, ok := c.Find([]byte("a")); v != 1 || !ok {
		t.Errorf("found %d, %t", v, ok)
	}
	if _, ok := c.Find([]byte("b")); ok {
		t.Error("found what was not stored")
	}
	c.Store("a", 2)
	if v, _ := c.Load("a"); v != 2 {
		t.Errorf("%d", v)
	}
	long := strings.Repeat("x", maxKey+1)
	c.Store(long, 3)
	if _, ok := c.Load(long); ok {
		t.Error("a long key is remembered")
	}
	kept := 0
	for i := range 4 * slots {
		c.Store(strconv.Itoa(i), i)
	}
	for i := range 4 * slots {
		if v, ok := c.Load(strconv.Itoa(i)); ok {
			if kept++; v != i {
				t.Errorf("%d is %d", i, v)
			}
		}
	}
	if kept == 0 || kept > slots {
		t.Errorf("%d are kept in %d slots", kept, slots)
	}
	if n := testing.AllocsPerRun(100, func() { c.Load("a") }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}
