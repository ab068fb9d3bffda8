package store

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

func TestAtFirstRetry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tried, failures := 0, 0
		begin := AtFirst(func() error {
			if tried++; tried < 3 {
				return errors.New("no storage")
			}
			return nil
		}, func(error) { failures++ })
		for range 10 {
			begin()
			begin()
			time.Sleep(retry / 2)
		}
		if tried != 3 || failures != 2 {
			t.Errorf("tried %d times, failed %d times", tried, failures)
		}
	})
}

// TestAtFirstHangs: who comes while a storage that has failed is tried again goes on without it.
func TestAtFirstHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begin := AtFirst(func() error {
			time.Sleep(StoragePatience)
			return errors.New("no storage")
		}, func(error) {})
		waited := func() time.Duration {
			began := time.Now()
			begin()
			return time.Since(began)
		}
		if got := waited(); got != StoragePatience {
			t.Errorf("the first attempt takes %s", got)
		}
		time.Sleep(retry)
		go begin()
		synctest.Wait()
		if got := waited(); got != 0 {
			t.Errorf("the second attempt is waited for %s", got)
		}
		time.Sleep(StoragePatience) // until it has failed
	})
}
