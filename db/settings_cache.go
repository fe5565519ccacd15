package db

import (
	"crypto/rand"
	"errors"
	"io"
	"log/slog"
	"os"
	"regexp"
	"sync"
	"time"
)

// settingsCache keeps in memory what merchants set up, which each request, page and
// delivery needs: merchants, accounts and their secrets, API keys, webhook endpoints. It
// is for a SQLite file only and not out of date for whoever reads after a change:
//
//   - A change of this process forgets everything once it is committed or undone, before
//     its caller hears of it.
//   - A change of another process, such as of a command, then writes a new stamp to a file
//     beside the database, which is compared before each use. A process that is killed
//     between its commit and the stamp is made up for by settingsLast.
//
// What is kept is shared by all who read it, so nobody may change it. A nil settingsCache
// keeps nothing.
type settingsCache struct {
	file *os.File // has the stamp
	log  *slog.Logger

	mu         sync.Mutex
	stamp      stamp // of the file, when it was last read or written
	known      map[any]knownSettings
	generation int // grows when everything is forgotten
}

type knownSettings struct {
	value  any
	readAt time.Time
}

type stamp [16]byte

const (
	stampSuffix  = ".settings"
	settingsLast = time.Second
	maxSettings  = 10_000
)

// openSettingsCache returns nil when the file of the stamp cannot be opened, because
// another user of this machine has made it: settings are then read each time.
func openSettingsCache(path string, log *slog.Logger) *settingsCache {
	file, err := os.OpenFile(path+stampSuffix, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		log.Warn("settings are not kept in memory", "error", err)
		return nil
	}
	return &settingsCache{file: file, log: log, known: map[any]knownSettings{}}
}

func (c *settingsCache) close() error {
	if c == nil {
		return nil
	}
	if err := c.file.Close(); !errors.Is(err, os.ErrClosed) { // closed before
		return err
	}
	return nil
}

// Keys of cachedSettings.
type (
	merchantKey      struct{ id string }
	accountKey       struct{ id string }
	accountsKey      struct{ merchantID, mode string }
	accountSecretKey struct{ accountID, name string }
	apiKeyKey        struct{ hash string }
	endpointKey      struct{ id string }
)

// cachedSettings returns what the store's cache knows by a key, or else what load reads.
func cachedSettings[T any](s *Store, key any, load func() (T, error)) (T, error) {
	if s.settings == nil {
		return load()
	}

	known, generation := s.settings.get(key)
	if known != nil {
		return known.(T), nil
	}

	loaded, err := load()
	if err == nil {
		s.settings.keep(key, loaded, generation)
	}
	return loaded, err
}

// get returns what is known by a key, or nil and the generation to keep it with.
func (c *settingsCache) get(key any) (known any, generation int) {
	c.mu.Lock()
	defer c.mu.Unlock()

	var now stamp
	if _, err := c.file.ReadAt(now[:], 0); err != nil && !errors.Is(err, io.EOF) || now != c.stamp {
		c.forget()
		c.stamp = now
	}

	if found := c.known[key]; time.Since(found.readAt) < settingsLast {
		return found.value, c.generation
	}
	return nil, c.generation
}

// keep keeps what was read since the generation began.
func (c *settingsCache) keep(key, value any, generation int) {
	c.mu.Lock()
	defer c.mu.Unlock()

	if generation != c.generation {
		return
	}
	if len(c.known) >= maxSettings {
		c.forget()
	}
	c.known[key] = knownSettings{value, time.Now()}
}

func (c *settingsCache) forget() {
	clear(c.known)
	c.generation++
}

// changed has this process and all others forget everything.
func (c *settingsCache) changed() {
	c.mu.Lock()
	defer c.mu.Unlock()

	c.forget()
	_, _ = rand.Read(c.stamp[:]) // never fails
	if _, err := c.file.WriteAt(c.stamp[:], 0); err != nil {
		c.log.Error("announce changed settings", "error", err)
	}
}

// writesSettings matches the statements that write rows which the cache keeps. A quota,
// which is spent with each query, is not kept, although it is in the row of its account.
func writesSettings(query string) bool {
	return writingSettings.MatchString(query) && query != updateQuotaQuery
}

var writingSettings = regexp.MustCompile(`^(INSERT INTO|UPDATE|DELETE FROM) (merchants|provider_accounts|account_secrets|api_keys|webhook_endpoints)\b`)
