package graphlab

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
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

// issue makes a new token: in the form of Graph's, with these claims besides its own. Its signature is noise: what Graph accepts is known by the token itself.
func (s *tokenStore) issue(now time.Time, claims map[string]any) string {
	if claims == nil {
		claims = map[string]any{}
	}
	claims["iat"], claims["nbf"], claims["exp"] = now.Unix(), now.Unix(), now.Add(s.lifetime).Unix()
	claims["uti"] = noise(16)
	text := jwtPart(map[string]any{"typ": "JWT", "nonce": noise(32), "alg": "RS256", "x5t": noise(20), "kid": noise(20)}) + "." + jwtPart(claims) + "." + noise(256)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tokens[sha256.Sum256([]byte(text))] = &token{ordinal: len(s.tokens) + 1, expires: now.Add(s.lifetime)}
	return text
}

// jwtPart is one part of a token.
func jwtPart(v map[string]any) string {
	b, err := json.Marshal(v)
	if err != nil { // maps of text and numbers always marshal
		b = []byte("{}")
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

// noise is random text of n bytes in base64url.
func noise(n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails
	return base64.RawURLEncoding.EncodeToString(b)
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
