package graphlab

import (
	"bytes"
	"crypto"
	"crypto/rsa"
	"crypto/sha1" //nolint:gosec // x5t is defined as the SHA-1 thumbprint; it only names a certificate here
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// clockSkew is what Entra allows between its clock and the client's.
const clockSkew = 5 * time.Minute

// assertion is a client assertion (RFC 7523) as the credential library sends it.
type assertion struct {
	header struct {
		Algorithm string `json:"alg"`
		SHA1      string `json:"x5t"`
		SHA256    string `json:"x5t#S256"`
	}
	claims struct {
		Audience  audience `json:"aud"`
		Issuer    string   `json:"iss"`
		Subject   string   `json:"sub"`
		ID        string   `json:"jti"`
		NotBefore int64    `json:"nbf"`
		Expires   int64    `json:"exp"`
	}
	signed    []byte
	signature []byte
}

func parseAssertion(text string) (assertion, error) {
	var a assertion
	parts := strings.Split(text, ".")
	if len(parts) != 3 {
		return a, errors.New("client assertion is not three parts")
	}
	for i, into := range []any{&a.header, &a.claims} {
		raw, err := base64.RawURLEncoding.DecodeString(parts[i])
		if err != nil {
			return a, fmt.Errorf("client assertion part %d: %w", i+1, err)
		}
		if err := json.Unmarshal(raw, into); err != nil {
			return a, fmt.Errorf("client assertion part %d: %w", i+1, err)
		}
	}
	a.signed = []byte(parts[0] + "." + parts[1])
	var err error
	if a.signature, err = base64.RawURLEncoding.DecodeString(parts[2]); err != nil {
		return a, fmt.Errorf("client assertion signature: %w", err)
	}
	return a, nil
}

// certificate finds the certificate that the header names.
func (a assertion) certificate(known []*x509.Certificate) *x509.Certificate {
	sum := func(text string) []byte {
		text = strings.TrimRight(strings.NewReplacer("+", "-", "/", "_").Replace(text), "=")
		b, err := base64.RawURLEncoding.DecodeString(text)
		if err != nil {
			return nil
		}
		return b
	}
	long, short := sum(a.header.SHA256), sum(a.header.SHA1)
	for _, c := range known {
		s256, s1 := sha256.Sum256(c.Raw), sha1.Sum(c.Raw) //nolint:gosec // see the import
		if bytes.Equal(long, s256[:]) || bytes.Equal(short, s1[:]) {
			return c
		}
	}
	return nil
}

// verify checks the signature with the certificate's key.
func (a assertion) verify(c *x509.Certificate) error {
	key, ok := c.PublicKey.(*rsa.PublicKey)
	if !ok {
		return errors.New("certificate has no RSA key")
	}
	return a.verifyKey(key)
}

func (a assertion) verifyKey(key *rsa.PublicKey) error {
	sum := sha256.Sum256(a.signed)
	switch a.header.Algorithm {
	case "RS256":
		return rsa.VerifyPKCS1v15(key, crypto.SHA256, sum[:], a.signature)
	case "PS256":
		return rsa.VerifyPSS(key, crypto.SHA256, sum[:], a.signature, &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash, Hash: crypto.SHA256})
	}
	return fmt.Errorf("algorithm %q is not RS256 or PS256", a.header.Algorithm)
}

// checkAssertion says why a certificate sign-in is refused, nil when it is not.
func (s *Server) checkAssertion(a *answer, app *Application, kind, text string) *entraError {
	refuse := func(code int, format string, args ...any) *entraError {
		return &entraError{http.StatusUnauthorized, "invalid_client", code, fmt.Sprintf(format, args...)}
	}
	if kind != assertionType {
		return refuse(900144, "The request body must contain the following parameter: 'client_assertion_type'.")
	}
	t, err := parseAssertion(text)
	if err != nil {
		return refuse(50027, "JWT token is invalid or malformed: %v.", err)
	}
	if len(app.Federated) > 0 && !strings.EqualFold(t.claims.Issuer, app.ClientID) {
		return a.checkFederated(app, t)
	}
	cert := t.certificate(app.Certificates)
	if cert == nil {
		return refuse(700027, "The certificate with identifier used to sign the client assertion is not registered on application '%s'.", app.ClientID)
	}
	if err := t.verify(cert); err != nil {
		return refuse(700027, "Client assertion failed signature validation: %v.", err)
	}
	if a.now.After(cert.NotAfter) {
		return refuse(7000222, "The provided client certificate for app '%s' is expired.", app.ClientID)
	}
	base := a.origin() + "/" + s.options.Tenant.ID
	notBefore, expires := time.Unix(t.claims.NotBefore, 0), time.Unix(t.claims.Expires, 0)
	switch {
	case !strings.EqualFold(t.claims.Issuer, app.ClientID) || !strings.EqualFold(t.claims.Subject, app.ClientID):
		return refuse(700021, "Client assertion application identifier doesn't match 'client_id' parameter.")
	case !t.claims.Audience.has(base+"/oauth2/v2.0/token") && !t.claims.Audience.has(base+"/v2.0"):
		return refuse(700023, "Client assertion audience claim does not match Realm issuer.")
	case t.claims.ID == "":
		return refuse(50027, "JWT token is invalid or malformed: no jti.")
	case a.now.Before(notBefore.Add(-clockSkew)) || a.now.After(expires.Add(clockSkew)):
		return refuse(700024, "Client assertion is not within its valid time range.")
	}
	return nil
}
