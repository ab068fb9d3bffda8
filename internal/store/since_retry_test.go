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
