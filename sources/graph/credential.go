package graph

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"hybridaudit/sources/evidence/objects"
)

// credential is the token source of all streams. The SDK's authentication provider asks it for tokens; a stream that was answered 401 asks it for a
// fresh one. Waiting for a throttled sign-in service happens in token, outside the time limit of a Graph request.
type credential struct {
	cfg       resolved
	transport *http.Client
	scopes    []string

	turn       chan struct{} // holds one token of its own: whoever has it may use what follows
	inner      azcore.TokenCredential
	current    azcore.AccessToken
	refresh    time.Time
	generation int
	claims     string
}

func newCredential(cfg resolved, transport *http.Client) *credential {
	c := &credential{cfg: cfg, transport: transport, scopes: []string{cfg.graph.String() + "/.default"}, turn: make(chan struct{}, 1)}
	c.turn <- struct{}{}
	return c
}

// GetToken gives the token that token fetched, as the SDK wants it.
func (c *credential) GetToken(ctx context.Context, _ policy.TokenRequestOptions) (azcore.AccessToken, error) {
	t, _, err := c.token(ctx)
	return t, err
}

// token gives a token that is valid for a while, and its generation: the number of renewals before it.
func (c *credential) token(ctx context.Context) (azcore.AccessToken, int, error) {
	if err := c.take(ctx); err != nil {
		return azcore.AccessToken{}, 0, err
	}
	defer c.give()
	if c.current.Token != "" && c.cfg.Clock.Now().Before(c.refresh) {
		return c.current, c.generation, nil
	}
	t, err := c.fetch(ctx)
	if err != nil {
		return azcore.AccessToken{}, 0, fmt.Errorf("signing in: %w", err)
	}
	now := c.cfg.Clock.Now()
	c.current, c.refresh = t, t.ExpiresOn.Add(-min(5*time.Minute, t.ExpiresOn.Sub(now)/5))
	return t, c.generation, nil
}

// renew drops the token of the given generation, so that the next one is a new one; claims are those of the refusal's challenge. A token that another
// stream has renewed already stays.
func (c *credential) renew(ctx context.Context, generation int, claims string) error {
	if err := c.take(ctx); err != nil {
		return err
	}
	defer c.give()
	if generation == c.generation {
		c.generation++
		c.current, c.claims = azcore.AccessToken{}, claims
		if c.cfg.Auth != ByDeviceCode { // the person need not come back while the refresh token is good
			c.inner = nil // and with it the library's own token cache
		}
	}
	return nil
}

func (c *credential) take(ctx context.Context) error {
	select {
	case <-c.turn:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (c *credential) give() { c.turn <- struct{}{} }

// fetch signs in; it waits where the service is busy, as long as MaxWait allows, and repeats after a lost connection.
func (c *credential) fetch(ctx context.Context) (azcore.AccessToken, error) {
	p := patience{clock: c.cfg.Clock, most: c.cfg.MaxWait}
	for {
		t, err := c.once(ctx)
		if err == nil {
			return t, nil
		}
		if ctx.Err() != nil {
			return t, context.Cause(ctx)
		}
		var busy *busyError
		switch {
		case errors.As(err, &busy):
			if err := p.wait(ctx, busy.status, busy.header); err != nil {
				return t, err
			}
		case repeatable(err):
			if err := p.again(ctx, err); err != nil {
				return t, err
			}
		default:
			return t, err
		}
	}
}

// once signs in a single time.
func (c *credential) once(ctx context.Context) (azcore.AccessToken, error) {
	if c.inner == nil {
		inner, err := c.make()
		if err != nil {
			return azcore.AccessToken{}, err
		}
		c.inner = inner
	}
	if c.cfg.Auth != ByDeviceCode { // a person may take as long as the code is good for; each of its requests has the limit
		limited, cancel := context.WithTimeout(ctx, c.cfg.Timeout)
		defer cancel()
		ctx = limited
	}
	seen := &sighting{}
	t, err := c.inner.GetToken(context.WithValue(ctx, sightingKey{}, seen), policy.TokenRequestOptions{Scopes: c.scopes, EnableCAE: true, Claims: c.asked()})
	if err != nil {
		return azcore.AccessToken{}, c.explain(err, seen)
	}
	return t, c.stranger(t.Token)
}

// nothingMore are claims that ask for nothing: the library passes over its cached token for them, as for all claims.
const nothingMore = `{"access_token":{}}`

// asked gives the claims for the next token: those of the last refusal. Where a refused token would otherwise come out of a cache that is not dropped with inner
// there are claims in any case.
func (c *credential) asked() string {
	if c.claims == "" && c.generation > 0 && (c.cfg.Auth == ByDeviceCode || c.cfg.Auth == ByManagedIdentity) {
		return nothingMore
	}
	return c.claims
}

// busyError is an answer that asks for patience.
type busyError struct {
	status int
	header http.Header
}

func (e *busyError) Error() string {
	return fmt.Sprintf("the sign-in service is busy (HTTP %d)", e.status)
}

// repeatable tells the faults that may be gone the next time.
func repeatable(err error) bool {
	var (
		body  *bodyError
		page  *objects.PageError
		lost  *connectionError
		spent *repeatedError
	)
	return !errors.As(err, &spent) && (errors.As(err, &body) || errors.As(err, &page) || errors.As(err, &lost) && !lasting(err))
}
