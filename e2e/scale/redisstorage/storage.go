// Package redisstorage is a Caddy storage on Redis, for the tests: a site in production takes one of
// the plugins that are maintained, such as caddy-storage-redis.
package redisstorage

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"sync"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
	"github.com/caddyserver/certmagic"
	"github.com/redis/go-redis/v9"
)

func init() {
	caddy.RegisterModule(Storage{})
}

// Storage keeps Caddy's files in a Redis.
//
//	storage redis <host:port>
type Storage struct {
	// Address is the server's host and port.
	Address string `json:"address,omitempty"`

	client *redis.Client
	locks  *locks
}

// CaddyModule returns the Caddy module information.
func (Storage) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{ID: "caddy.storage.redis", New: func() caddy.Module { return new(Storage) }}
}

// UnmarshalCaddyfile reads the address.
func (s *Storage) UnmarshalCaddyfile(d *caddyfile.Dispenser) error {
	d.Next()
	if !d.AllArgs(&s.Address) {
		return d.ArgErr()
	}
	return nil
}

// Provision connects.
func (s *Storage) Provision(caddy.Context) error {
	s.client = redis.NewClient(&redis.Options{Addr: s.Address})
	s.locks = &locks{held: make(map[string]*held)}
	return nil
}

// Cleanup disconnects.
func (s *Storage) Cleanup() error { return s.client.Close() }

// CertMagicStorage returns the storage itself.
func (s *Storage) CertMagicStorage() (certmagic.Storage, error) { return s, nil }

// Files and the index of their names, by which folders are listed.
const (
	filePrefix = "file:"
	lockPrefix = "lock:"
	index      = "files"
)

// Store writes a file.
func (s *Storage) Store(ctx context.Context, key string, value []byte) error {
	_, err := s.client.TxPipelined(ctx, func(p redis.Pipeliner) error {
		p.HSet(ctx, filePrefix+key, "value", value, "modified", time.Now().UnixMilli())
		p.ZAdd(ctx, index, redis.Z{Member: key})
		return nil
	})
	return err
}

// Load reads a file.
func (s *Storage) Load(ctx context.Context, key string) ([]byte, error) {
	value, err := s.client.HGet(ctx, filePrefix+key, "value").Bytes()
	return value, notExist(key, err)
}

func notExist(key string, err error) error {
	if errors.Is(err, redis.Nil) {
		return fmt.Errorf("%s: %w", key, fs.ErrNotExist)
	}
	return err
}

// Delete removes a file, or a folder with all that is in it.
func (s *Storage) Delete(ctx context.Context, key string) error {
	files, err := s.below(ctx, key)
	if err != nil {
		return err
	}
	for _, file := range append(files, key) {
		_, err := s.client.TxPipelined(ctx, func(p redis.Pipeliner) error {
			p.Del(ctx, filePrefix+file)
			p.ZRem(ctx, index, file)
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// Exists tells whether there is such a file or folder.
func (s *Storage) Exists(ctx context.Context, key string) bool {
	_, err := s.Stat(ctx, key)
	return err == nil
}

// below are the files in a folder, at any depth. The index is in the order of the names.
func (s *Storage) below(ctx context.Context, folder string) ([]string, error) {
	prefix := strings.TrimSuffix(folder, "/") + "/"
	if prefix == "/" {
		return s.client.ZRange(ctx, index, 0, -1).Result()
	}
	return s.client.ZRangeByLex(ctx, index, &redis.ZRangeBy{Min: "[" + prefix, Max: "(" + strings.TrimSuffix(prefix, "/") + "0"}).Result()
}

// List names what is in a folder; folders too, where it is not recursive.
func (s *Storage) List(ctx context.Context, folder string, recursive bool) ([]string, error) {
	files, err := s.below(ctx, folder)
	if err != nil {
		return nil, err
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("%s: %w", folder, fs.ErrNotExist)
	}
	if recursive {
		return files, nil
	}
	var names []string
	prefix := strings.TrimPrefix(strings.TrimSuffix(folder, "/")+"/", "/")
	for _, file := range files {
		name, _, _ := strings.Cut(strings.TrimPrefix(file, prefix), "/")
		if name = prefix + name; len(names) == 0 || names[len(names)-1] != name {
			names = append(names, name)
		}
	}
	return names, nil
}

// Stat tells of a file or folder.
func (s *Storage) Stat(ctx context.Context, key string) (certmagic.KeyInfo, error) {
	found, err := s.client.HMGet(ctx, filePrefix+key, "value", "modified").Result()
	if err != nil {
		return certmagic.KeyInfo{}, err
	}
	if value, ok := found[0].(string); ok {
		var modified int64
		_, _ = fmt.Sscan(fmt.Sprint(found[1]), &modified)
		return certmagic.KeyInfo{Key: key, Modified: time.UnixMilli(modified), Size: int64(len(value)), IsTerminal: true}, nil
	}
	files, err := s.below(ctx, key)
	if err == nil && len(files) == 0 {
		err = fmt.Errorf("%s: %w", key, fs.ErrNotExist)
	}
	return certmagic.KeyInfo{Key: key}, err
}

// A lock is a key with a token that only its holder knows. It expires, so that the lock of a process
// that is gone is free again, and is renewed while it is held.
const (
	lockLife = 10 * time.Second
	lockPoll = 50 * time.Millisecond
)

// locks are those that this process holds.
type locks struct {
	mu   sync.Mutex
	held map[string]*held
}

type held struct {
	token string
	stop  chan struct{}
}

// renewed and released do something with a lock only if the token is still the holder's.
var (
	renewed  = redis.NewScript(`if redis.call("get", KEYS[1]) == ARGV[1] then return redis.call("pexpire", KEYS[1], ARGV[2]) end return 0`)
	released = redis.NewScript(`if redis.call("get", KEYS[1]) == ARGV[1] then return redis.call("del", KEYS[1]) end return 0`)
)

// Lock waits until it holds the lock of that name.
func (s *Storage) Lock(ctx context.Context, name string) error {
	h := &held{token: rand.Text(), stop: make(chan struct{})}
	for {
		took, err := s.client.SetNX(ctx, lockPrefix+name, h.token, lockLife).Result()
		if err != nil {
			return err
		}
		if took {
			break
		}
		select {
		case <-time.After(lockPoll):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	s.locks.mu.Lock()
	s.locks.held[name] = h
	s.locks.mu.Unlock()
	go s.renew(name, h)
	return nil
}

func (s *Storage) renew(name string, h *held) {
	for {
		select {
		case <-time.After(lockLife / 3):
			_ = renewed.Run(context.Background(), s.client, []string{lockPrefix + name}, h.token, lockLife.Milliseconds()).Err()
		case <-h.stop:
			return
		}
	}
}

// Unlock gives the lock back.
func (s *Storage) Unlock(ctx context.Context, name string) error {
	s.locks.mu.Lock()
	h := s.locks.held[name]
	delete(s.locks.held, name)
	s.locks.mu.Unlock()
	if h == nil {
		return fmt.Errorf("the lock %s is not held", name)
	}
	close(h.stop)
	return released.Run(ctx, s.client, []string{lockPrefix + name}, h.token).Err()
}

var (
	_ caddy.StorageConverter = (*Storage)(nil)
	_ caddy.CleanerUpper     = (*Storage)(nil)
	_ caddy.Provisioner      = (*Storage)(nil)
	_ caddyfile.Unmarshaler  = (*Storage)(nil)
	_ certmagic.Storage      = (*Storage)(nil)
)
