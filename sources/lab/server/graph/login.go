package graphlab

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"crypto/subtle"
)

const assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

// entraError is one refusal of the sign-in service: the OAuth error, the AADSTS number and its text.
type entraError struct {
	status int
	oauth  string
	code   int
	text   string
}

func (a *answer) entraError(e entraError) {
	trace, correlation := newGUID(), a.w.Header().Get("client-request-id")
	at := a.now.UTC().Format("2006-01-02 15:04:05Z")
	text := e.text
	if e.code != 0 {
		text = fmt.Sprintf("AADSTS%d: %s", e.code, e.text)
	}
	a.marshal(e.status, map[string]any{
		"error":             e.oauth,
		"error_description": fmt.Sprintf("%s Trace ID: %s Correlation ID: %s Timestamp: %s", text, trace, correlation, at),
		"error_codes":       []int{e.code},
		"timestamp":         at,
		"trace_id":          trace,
		"correlation_id":    correlation,
		"error_uri":         fmt.Sprintf("%s/error?code=%d", a.origin(), e.code),
	})
}

func (a *answer) marshal(status int, v any) {
	body, err := json.Marshal(v)
	if err != nil { // maps of strings and numbers always marshal
		status, body = http.StatusInternalServerError, []byte(`{}`)
	}
	a.send(status, "application/json; charset=utf-8", body)
}

// knowsTenant accepts the tenant's id and its verified domains.
func (s *Server) knowsTenant(name string) bool {
	if strings.EqualFold(name, s.options.Tenant.ID) {
		return true
	}
	c := s.collection("domains")
	return c != nil && c.find(name) != nil
}

func tenantNotFound(tenant string) entraError {
	return entraError{http.StatusBadRequest, "invalid_tenant", 90002, fmt.Sprintf("Tenant '%s' not found. Check to make sure you have the correct "+
		"tenant ID and are signing into the correct cloud. Check with your subscription administrator, this may happen if there are no active "+
		"subscriptions for the tenant.", tenant)}
}

func (s *Server) instanceDiscovery(a *answer) {
	a.seen.Target = targetDiscovery
	tenant := s.options.Tenant.ID
	if u, err := url.Parse(a.r.URL.Query().Get("authorization_endpoint")); err == nil {
		if parts := strings.Split(strings.Trim(u.Path, "/"), "/"); parts[0] != "" {
			tenant = parts[0]
		}
	}
	host := a.r.Host
	a.marshal(http.StatusOK, map[string]any{
		"tenant_discovery_endpoint": a.origin() + "/" + tenant + "/v2.0/.well-known/openid-configuration",
		"api-version":               "1.1",
		"metadata":                  []any{map[string]any{"preferred_network": host, "preferred_cache": host, "aliases": []string{host}}},
	})
}

func (s *Server) openIDConfiguration(a *answer, tenant string) {
	a.seen.Target = targetDiscovery
	if !s.knowsTenant(tenant) {
		a.entraError(tenantNotFound(tenant))
		return
	}
	base := a.origin() + "/" + s.options.Tenant.ID
	a.marshal(http.StatusOK, map[string]any{
		"token_endpoint":                        base + "/oauth2/v2.0/token",
		"token_endpoint_auth_methods_supported": []string{"client_secret_post", "private_key_jwt"},
		"jwks_uri":                              base + "/discovery/v2.0/keys",
		"issuer":                                base + "/v2.0",
		"authorization_endpoint":                base + "/oauth2/v2.0/authorize",
		"device_authorization_endpoint":         base + "/oauth2/v2.0/devicecode",
		"tenant_region_scope":                   "EU",
		"cloud_instance_name":                   a.r.Host,
		"msgraph_host":                          a.r.Host,
	})
}

func (s *Server) token(a *answer, tenant string) {
	a.seen.Target = targetToken
	if a.r.Method != http.MethodPost {
		a.entraError(entraError{http.StatusMethodNotAllowed, "invalid_request", 900561, "The endpoint only accepts POST requests."})
		return
	}
	if f, due := s.faults.due(targetToken); due {
		s.failLogin(a, f)
		return
	}
	if !s.knowsTenant(tenant) {
		a.entraError(tenantNotFound(tenant))
		return
	}
	a.r.Body = http.MaxBytesReader(a.w, a.r.Body, 64<<10)
	if err := a.r.ParseForm(); err != nil {
		a.entraError(entraError{http.StatusBadRequest, "invalid_request", 900144, "The request body could not be read."})
		return
	}
	body, refusal := s.grant(a)
	if refusal != nil {
		a.entraError(*refusal)
		return
	}
	a.w.Header().Set("Cache-Control", "no-store, no-cache")
	s.faults.answer(targetToken)
	a.marshal(http.StatusOK, body)
}

// grant gives the answer with a token, or says why there is none.
func (s *Server) grant(a *answer) (map[string]any, *entraError) {
	form := a.r.PostForm
	for _, name := range []string{"grant_type", "client_id", "scope"} {
		if form.Get(name) == "" {
			return nil, &entraError{http.StatusBadRequest, "invalid_request", 900144,
				fmt.Sprintf("The request body must contain the following parameter: '%s'.", name)}
		}
	}
	switch form.Get("grant_type") {
	case "client_credentials":
		app, refusal := s.authenticate(a)
		if refusal != nil {
			return nil, refusal
		}
		seconds := int(s.tokens.lifetime.Seconds())
		return map[string]any{
			"token_type": "Bearer", "expires_in": seconds, "ext_expires_in": seconds, "access_token": s.tokens.issue(a.now, s.appClaims(app)),
		}, nil
	case "device_code", "urn:ietf:params:oauth:grant-type:device_code", "refresh_token":
		app, refusal := s.redeem(a, form)
		if refusal != nil {
			return nil, refusal
		}
		return s.personsToken(a, app), nil
	}
	return nil, &entraError{http.StatusBadRequest, "unsupported_grant_type", 70003, "The app requested an unsupported grant type '" + form.Get("grant_type") + "'."}
}

// application finds the app registration.
func (s *Server) application(id string) (*Application, *entraError) {
	id = strings.ToLower(id)
	for i := range s.options.Applications {
		if s.options.Applications[i].ClientID == id {
			return &s.options.Applications[i], nil
		}
	}
	return nil, &entraError{http.StatusBadRequest, "unauthorized_client", 700016, fmt.Sprintf("Application with identifier '%s' was not found in the "+
		"directory '%s'. This can happen if the application has not been installed by the administrator of the tenant or consented to by any "+
		"user in the tenant. You may have sent your authentication request to the wrong tenant.", id, s.options.Tenant.ID)}
}

// authenticate says why the client credentials in the form are refused, nil when they are not.
func (s *Server) authenticate(a *answer) (*Application, *entraError) {
	form := a.r.PostForm
	app, refusal := s.application(form.Get("client_id"))
	if refusal != nil {
		return nil, refusal
	}
	if refusal := s.checkScope(a, form.Get("scope")); refusal != nil {
		return nil, refusal
	}
	if form.Get("client_assertion") != "" {
		return app, s.checkAssertion(a, app, form.Get("client_assertion_type"), form.Get("client_assertion"))
	}
	return app, checkSecret(app, form.Get("client_secret"))
}

func checkSecret(app *Application, secret string) *entraError {
	switch {
	case secret == "":
		return &entraError{http.StatusUnauthorized, "invalid_client", 7000218,
			"The request body must contain the following parameter: 'client_assertion' or 'client_secret'."}
	case app.Secret == "" || subtle.ConstantTimeCompare([]byte(secret), []byte(app.Secret)) != 1:
		return &entraError{http.StatusUnauthorized, "invalid_client", 7000215, fmt.Sprintf("Invalid client secret provided. Ensure the secret being "+
			"sent in the request is the client secret value, not the client secret ID, for a secret added to app '%s'.", app.ClientID)}
	case app.SecretExpired:
		return &entraError{http.StatusUnauthorized, "invalid_client", 7000222, fmt.Sprintf("The provided client secret keys for app '%s' are expired. "+
			"Visit the Azure portal to create new keys for your app, or consider using certificate credentials for added security.", app.ClientID)}
	}
	return nil
}

// checkScope wants exactly one resource scope, <graph root>/.default.
func (s *Server) checkScope(a *answer, scope string) *entraError {
	var resource string
	for _, one := range strings.Fields(scope) {
		switch one {
		case "openid", "profile", "offline_access":
			continue
		}
		root, isDefault := strings.CutSuffix(one, "/.default")
		if !isDefault || resource != "" {
			return &entraError{http.StatusBadRequest, "invalid_scope", 1002012, fmt.Sprintf("The provided value for scope %s is not valid. Client "+
				"credential flows must have a scope value with /.default suffixed to the resource identifier (application ID URI).", scope)}
		}
		resource = strings.TrimSuffix(root, "/")
	}
	if resource != a.origin() && (s.options.Audience == "" || resource != strings.TrimSuffix(s.options.Audience, "/")) {
		return &entraError{http.StatusBadRequest, "invalid_resource", 500011, fmt.Sprintf("The resource principal named %s was not found in the tenant "+
			"named %s. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in "+
			"the tenant.", resource, s.options.Tenant.ID)}
	}
	return nil
}

// failLogin answers a token request with a planted fault.
func (s *Server) failLogin(a *answer, f Fault) {
	a.seen.Fault = f.Kind
	if v := f.retryAfter(a.now); v != "" {
		a.w.Header().Set("Retry-After", v)
	}
	switch f.Kind {
	case Throttled:
		a.entraError(entraError{http.StatusTooManyRequests, "temporarily_unavailable", 90055, "Server is terribly busy."})
	case ConnectionReset:
		a.cut(true, "", nil)
	case HTMLPage:
		a.send(http.StatusOK, "text/html", []byte(proxyPage))
	case Unauthorized:
		a.entraError(entraError{http.StatusUnauthorized, "invalid_client", 7000215, "Invalid client secret provided."})
	default:
		a.entraError(entraError{http.StatusServiceUnavailable, "temporarily_unavailable", 90033, "A transient error has occurred. Please try again."})
	}
}
