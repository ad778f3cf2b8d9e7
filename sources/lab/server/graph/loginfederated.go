package graphlab

import (
	"crypto/rsa"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"time"
)

// Federated is a federated credential of an app registration.
type Federated struct {
	Issuer, Subject, Audience string
	// Key is the one that the issuer signs with.
	Key *rsa.PublicKey
}

// audience is the aud claim: text, or a list of it as Kubernetes writes it.
type audience []string

func (u *audience) UnmarshalJSON(data []byte) error {
	var one string
	if json.Unmarshal(data, &one) == nil {
		*u = audience{one}
		return nil
	}
	var several []string
	err := json.Unmarshal(data, &several)
	*u = several
	return err
}

func (u audience) has(one string) bool { return slices.Contains(u, one) }

// checkFederated says why the token of another identity provider is refused, nil when it is not.
func (a *answer) checkFederated(app *Application, t assertion) *entraError {
	const advice = "Check your federated identity credential Subject, Audience and Issuer against the presented assertion."
	refuse := func(code int, format string, args ...any) *entraError {
		return &entraError{http.StatusUnauthorized, "invalid_client", code, fmt.Sprintf(format, args...)}
	}
	of := func(keep func(Federated) bool) []Federated {
		return slices.DeleteFunc(slices.Clone(app.Federated), func(f Federated) bool { return !keep(f) })
	}
	issuer := of(func(f Federated) bool { return f.Issuer == t.claims.Issuer })
	subject := of(func(f Federated) bool { return f.Issuer == t.claims.Issuer && f.Subject == t.claims.Subject })
	whole := of(func(f Federated) bool {
		return f.Issuer == t.claims.Issuer && f.Subject == t.claims.Subject && t.claims.Audience.has(f.Audience)
	})
	switch {
	case len(issuer) == 0:
		return refuse(700211, "No matching federated identity record found for presented assertion issuer '%s'. %s", t.claims.Issuer, advice)
	case len(subject) == 0:
		return refuse(700213, "No matching federated identity record found for presented assertion subject '%s'. %s", t.claims.Subject, advice)
	case len(whole) == 0:
		return refuse(700212, "No matching federated identity record found for presented assertion audience '%v'. %s", []string(t.claims.Audience), advice)
	}
	if err := t.verifyKey(whole[0].Key); err != nil {
		return refuse(5002730, "Invalid JWT token: %v.", err)
	}
	notBefore, expires := time.Unix(t.claims.NotBefore, 0), time.Unix(t.claims.Expires, 0)
	if a.now.Before(notBefore.Add(-clockSkew)) || a.now.After(expires.Add(clockSkew)) {
		return refuse(700024, "Client assertion is not within its valid time range.")
	}
	return nil
}
