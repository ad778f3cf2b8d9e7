package graphlab

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// DevicePlan says what the person at the browser does with a device code, and the service meanwhile.
type DevicePlan struct {
	// Pending is how many questions are answered with authorization_pending before the person is through, SlowDown how many of them with slow_down.
	Pending, SlowDown int
	// Never lets nobody come; Declined lets the person say no.
	Never, Declined bool
	// Lifetime is how long a code is good for, 15 minutes by default.
	Lifetime time.Duration
	// RefreshRefused makes the refresh token worthless: the person has to come again.
	RefreshRefused bool
}

// deviceCodes are the sign-ins of persons that are under way, and the refresh tokens that came of them.
type deviceCodes struct {
	mu      sync.Mutex
	open    map[string]*deviceSignIn
	refresh map[string]string // client id by refresh token
}

type deviceSignIn struct {
	client  string
	expires time.Time
	asked   int
}

// deviceCode begins the sign-in of a person.
func (s *Server) deviceCode(a *answer, tenant string) {
	a.seen.Target = targetDeviceCode
	app, refusal := s.publicClient(a, tenant)
	if refusal != nil {
		a.entraError(*refusal)
		return
	}
	lifetime := s.options.Device.Lifetime
	if lifetime == 0 {
		lifetime = 15 * time.Minute
	}
	code, user := noise(48), strings.ToUpper(newGUID()[:8])
	s.devices.mu.Lock()
	if s.devices.open == nil {
		s.devices.open, s.devices.refresh = map[string]*deviceSignIn{}, map[string]string{}
	}
	s.devices.open[code] = &deviceSignIn{client: app.ClientID, expires: a.now.Add(lifetime)}
	s.devices.mu.Unlock()
	where := a.origin() + "/device"
	a.marshal(http.StatusOK, map[string]any{
		"user_code": user, "device_code": code, "verification_uri": where, "expires_in": int(lifetime.Seconds()), "interval": 5,
		"message": fmt.Sprintf("To sign in, use a web browser to open the page %s and enter the code %s to authenticate.", where, user),
	})
}

// publicClient reads the form of a person's sign-in.
func (s *Server) publicClient(a *answer, tenant string) (*Application, *entraError) {
	if !s.knowsTenant(tenant) {
		e := tenantNotFound(tenant)
		return nil, &e
	}
	a.r.Body = http.MaxBytesReader(a.w, a.r.Body, 64<<10)
	if err := a.r.ParseForm(); err != nil {
		return nil, &entraError{http.StatusBadRequest, "invalid_request", 900144, "The request body could not be read."}
	}
	app, refusal := s.application(a.r.PostForm.Get("client_id"))
	if refusal == nil {
		refusal = s.checkScope(a, a.r.PostForm.Get("scope"))
	}
	if refusal == nil && app.Person == "" {
		refusal = &entraError{http.StatusUnauthorized, "invalid_client", 7000218, "The request body must contain the following parameter: 'client_assertion' or 'client_secret'."}
	}
	return app, refusal
}

// redeem answers a question about a device code, or one with a refresh token; the answer is nil when there is a token to give.
func (s *Server) redeem(a *answer, form url.Values) (*Application, *entraError) {
	app, refusal := s.publicClient(a, s.options.Tenant.ID)
	if refusal != nil {
		return nil, refusal
	}
	s.devices.mu.Lock()
	defer s.devices.mu.Unlock()
	if form.Get("grant_type") == "refresh_token" {
		if s.devices.refresh[form.Get("refresh_token")] != app.ClientID || s.options.Device.RefreshRefused {
			return nil, &entraError{http.StatusBadRequest, "invalid_grant", 50173, "The provided grant has expired due to it being revoked, a fresh auth token is needed."}
		}
		return app, nil
	}
	d := s.devices.open[form.Get("device_code")]
	if d == nil || d.client != app.ClientID {
		return nil, &entraError{http.StatusBadRequest, "bad_verification_code", 70018, "Bad verification code."}
	}
	d.asked++
	plan := s.options.Device
	switch {
	case !a.now.Before(d.expires):
		return nil, &entraError{http.StatusBadRequest, "expired_token", 70020, "The provided value for the input parameter 'device_code' is not valid. This device code has expired."}
	case d.asked <= plan.SlowDown:
		return nil, &entraError{http.StatusBadRequest, "slow_down", 0, "The request is too fast."}
	case plan.Never || d.asked <= plan.Pending+plan.SlowDown:
		return nil, &entraError{http.StatusBadRequest, "authorization_pending", 70016, "OAuth 2.0 device flow error. Authorization is pending. Continue polling."}
	case plan.Declined:
		return nil, &entraError{http.StatusBadRequest, "authorization_declined", 0, "The end user denied the authorization request."}
	}
	delete(s.devices.open, form.Get("device_code"))
	return app, nil
}

// personsToken is the answer with the tokens of somebody who signed in.
func (s *Server) personsToken(a *answer, app *Application) map[string]any {
	refresh := noise(64)
	s.devices.mu.Lock()
	s.devices.refresh[refresh] = app.ClientID
	s.devices.mu.Unlock()
	seconds, now := int(s.tokens.lifetime.Seconds()), a.now.Unix()
	identity := map[string]any{
		"aud": app.ClientID, "iss": a.origin() + "/" + s.options.Tenant.ID + "/v2.0", "iat": now, "nbf": now, "exp": now + int64(seconds), "name": app.Person, "oid": idOf(app.Person),
		"preferred_username": app.Person, "sub": noise(16), "tid": s.options.Tenant.ID, "ver": "2.0",
	}
	claims := s.personClaims(app)
	return map[string]any{
		"token_type": "Bearer", "expires_in": seconds, "ext_expires_in": seconds, "access_token": s.tokens.issue(a.now, claims), "refresh_token": refresh,
		"scope":       a.r.PostForm.Get("scope"),
		"id_token":    jwtPart(map[string]any{"typ": "JWT", "alg": "RS256"}) + "." + jwtPart(identity) + "." + noise(256),
		"client_info": jwtPart(map[string]any{"uid": idOf(app.Person), "utid": s.options.Tenant.ID}),
	}
}
