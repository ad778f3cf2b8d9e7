package graph

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"hybridaudit/sources/evidence/directory"
)

// explain says why a sign-in failed. The library's own text is passed on for the Azure CLI only: it may repeat whole answers, tokens and all.
func (c *credential) explain(err error, seen *sighting) error {
	switch {
	case seen.fault != nil:
		return seen.fault
	case c.cfg.Auth == ByAzureCLI:
		return c.explainCLI(err)
	case seen.lost != nil && c.cfg.Auth == ByManagedIdentity:
		return &SignInError{
			Message: "the endpoint of managed identities is not there: " + (&connectionError{host: seen.host, err: seen.lost}).Error(), Advice: c.cfg.advice("", unreachable),
		}
	case seen.lost != nil:
		return &connectionError{host: seen.host, err: seen.lost}
	case seen.busy() || c.cfg.Auth == ByManagedIdentity && seen.status == http.StatusGone: // it is being updated
		return &busyError{status: seen.status, header: seen.header}
	case seen.status == 0:
		return c.noAnswer(err)
	case c.cfg.Auth == ByDeviceCode && seen.pending():
		return &SignInError{Message: "nobody entered the code while it was good", Advice: c.cfg.advice("", "expired_token")}
	case seen.status < http.StatusBadRequest:
		return &bodyError{problem: "the sign-in service at " + seen.host + " did not answer as one (is a proxy or another server in between?)"}
	}
	if refused := c.cfg.refusal(seen.body); refused != nil {
		return refused
	}
	return fmt.Errorf("%s answered HTTP %d without saying why (is a proxy in between?)", seen.host, seen.status)
}

// noAnswer is about a sign-in that sent nothing: the library did not like what it was given.
func (c *credential) noAnswer(err error) error {
	if errors.Is(err, context.DeadlineExceeded) {
		return &connectionError{host: c.cfg.login.Host, err: err}
	}
	if c.cfg.Auth == ByManagedIdentity {
		return &SignInError{Message: "this machine has no managed identity that can be used", Advice: c.cfg.advice("", unreachable)}
	}
	return &bodyError{problem: "the sign-in to " + c.cfg.login.Host + " could not be made"}
}

// Names of refusals, beside those of OAuth, that no service gives.
const (
	unreachable = "unreachable"
	notSignedIn = "not_signed_in"
	notFound    = "not_found"
)

// explainCLI reads the words of the Azure CLI, which are made for people and hold no token.
func (c *credential) explainCLI(err error) error {
	var failed *azidentity.AuthenticationFailedError
	switch said := err.Error(); {
	case errors.Is(err, context.DeadlineExceeded):
		return &SignInError{Message: "the Azure CLI did not answer in time", Advice: c.cfg.advice("", notSignedIn)}
	case c.claims != "":
		challenge := base64.StdEncoding.EncodeToString([]byte(c.claims))
		return &SignInError{Message: "the token of the Azure CLI was withdrawn", Advice: c.cfg.advice("", notSignedIn) + " --claims-challenge " + challenge}
	case strings.Contains(said, "executable not found"):
		return &SignInError{Message: "the Azure CLI (az) is not installed here", Advice: c.cfg.advice("", notFound)}
	case errors.As(err, &failed):
		said = strings.TrimPrefix(said, "AzureCLICredential: ")
		said, _, _ = strings.Cut(said, " To troubleshoot, visit")
		said, _, _ = strings.Cut(said, "Trace ID:")
		return &SignInError{
			Code: aadCode.FindString(said), Message: "the Azure CLI says: " + directory.Printable(strings.TrimSpace(said), 300), Advice: c.cfg.advice(aadCode.FindString(said), notSignedIn),
		}
	}
	return &SignInError{Message: "the Azure CLI answered something else than a token", Advice: c.cfg.advice("", notSignedIn)}
}

// stranger refuses the token of another tenant than the configured one: a managed identity belongs to one and asks nobody which. The other ways to sign in name the
// tenant to the service, which knows its domains.
func (c *credential) stranger(token string) error {
	t, ok := parseToken(token)
	if !ok || !guidText.MatchString(t.Tenant) || !guidText.MatchString(c.cfg.TenantID) || strings.EqualFold(t.Tenant, c.cfg.TenantID) {
		return nil
	}
	return &SignInError{Message: "the token is for tenant " + t.Tenant + " and not for " + c.cfg.TenantID, Advice: "set the tenant id to the one that the identity belongs to"}
}

// refusal reads an error answer of the sign-in service or of the endpoint of managed identities; nil when the body is neither.
func (r *resolved) refusal(body []byte) *SignInError {
	var answer struct {
		Error       string `json:"error"`
		Description string `json:"error_description"`
		Codes       []int  `json:"error_codes"`
		Message     string `json:"message"` // of App Service
	}
	if json.Unmarshal(body, &answer) != nil || answer.Error == "" && (answer.Message == "" || r.Auth != ByManagedIdentity) {
		return nil
	}
	e := &SignInError{Code: aadCode.FindString(answer.Description)}
	if e.Code == "" && len(answer.Codes) > 0 {
		e.Code = fmt.Sprintf("AADSTS%d", answer.Codes[0])
	}
	said, _, _ := strings.Cut(answer.Description, "Trace ID:")
	e.Message = directory.Printable(said, 500)
	if e.Message == "" {
		e.Message = directory.Printable(answer.Message, 300)
	}
	if e.Message == "" {
		e.Message = directory.Printable(answer.Error, 100)
	}
	e.Advice = r.advice(e.Code, answer.Error)
	return e
}
