package graphlab

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"sync"
	"time"
)

// tokenStore knows the tokens that were issued.
type tokenStore struct {
	lifetime time.Duration
	mu       sync.Mutex
	tokens   map[[sha256.Size]byte]*token
}

type token struct {
	ordinal int
	expires time.Time
	revoked bool
}

func newTokenStore(lifetime time.Duration) *tokenStore {
	return &tokenStore{lifetime: lifetime, tokens: map[[sha256.Size]byte]*token{}}
}

// issue makes a new opaque token.
func (s *tokenStore) issue(now time.Time) string {
	b := make([]byte, 48)
	_, _ = rand.Read(b) // never fails
	text := "lab." + base64.RawURLEncoding.EncodeToString(b)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tokens[sha256.Sum256([]byte(text))] = &token{ordinal: len(s.tokens) + 1, expires: now.Add(s.lifetime)}
	return text
}

// check returns the token's ordinal (0 for one never issued) and why it is not accepted, "" when it is.
func (s *tokenStore) check(text string, now time.Time) (ordinal int, refusal string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.tokens[sha256.Sum256([]byte(text))]
	switch {
	case text == "":
		return 0, "Access token is empty."
	case t == nil:
		return 0, "IDX14100: JWT is not well formed, there are no dots (.)."
	case t.revoked:
		return t.ordinal, "Access token has been revoked."
	case !now.Before(t.expires):
		return t.ordinal, "Lifetime validation failed, the token is expired."
	}
	return t.ordinal, ""
}

// revoke makes a token worthless.
func (s *tokenStore) revoke(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if t := s.tokens[sha256.Sum256([]byte(text))]; t != nil {
		t.revoked = true
	}
}
