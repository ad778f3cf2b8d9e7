package graph

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"hybridaudit/sources/evidence/directory"
)

// localDial bounds the connection to the endpoint of managed identities, which is on this machine or next to it.
const localDial = 5 * time.Second

// maxTokenFile is more than any token.
const maxTokenFile = 64 << 10

// make builds the credential library's credential, with an empty token cache.
func (c *credential) make() (azcore.TokenCredential, error) {
	options := azcore.ClientOptions{
		Cloud:            cloud.Configuration{ActiveDirectoryAuthorityHost: c.cfg.login.String()},
		Transport:        c.transport,
		Retry:            policy.RetryOptions{MaxRetries: -1}, // waiting is ours
		Telemetry:        policy.TelemetryOptions{ApplicationID: "hybridaudit"},
		PerRetryPolicies: []policy.Policy{watch{}},
	}
	switch c.cfg.Auth {
	case ByCertificate:
		certs, key, err := c.cfg.Certificate.load()
		if err != nil {
			return nil, err
		}
		return azidentity.NewClientCertificateCredential(c.cfg.TenantID, c.cfg.ClientID, certs, key, &azidentity.ClientCertificateCredentialOptions{
			ClientOptions: options, DisableInstanceDiscovery: c.cfg.ownLogin,
		})
	case ByManagedIdentity:
		return c.managedIdentity(options)
	case ByWorkloadIdentity:
		// The library's own credential for token files keeps what it has read for ten minutes, longer than some of them are good for.
		return azidentity.NewClientAssertionCredential(c.cfg.TenantID, c.cfg.ClientID, c.assertion, &azidentity.ClientAssertionCredentialOptions{
			ClientOptions: options, DisableInstanceDiscovery: c.cfg.ownLogin,
		})
	case ByDeviceCode:
		return c.deviceCode(options)
	case ByAzureCLI:
		return azidentity.NewAzureCLICredential(&azidentity.AzureCLICredentialOptions{TenantID: c.cfg.TenantID})
	}
	secret, err := c.cfg.Secret()
	if err != nil {
		return nil, fmt.Errorf("reading the client secret: %w", err)
	}
	if secret == "" {
		return nil, errors.New("the client secret is empty")
	}
	return azidentity.NewClientSecretCredential(c.cfg.TenantID, c.cfg.ClientID, secret, &azidentity.ClientSecretCredentialOptions{
		ClientOptions: options, DisableInstanceDiscovery: c.cfg.ownLogin,
	})
}

// managedIdentity asks the endpoint of this Azure resource, never through a proxy: it is link-local, and what it gives is for this machine only.
func (c *credential) managedIdentity(options azcore.ClientOptions) (azcore.TokenCredential, error) {
	parent, ok := c.transport.Transport.(*http.Transport)
	if !ok {
		return nil, errors.New("the HTTP transport of the sign-in was replaced")
	}
	local := parent.Clone()
	local.Proxy, local.OnProxyConnectResponse = nil, nil
	local.DialContext = (&net.Dialer{Timeout: localDial}).DialContext
	local.DisableKeepAlives = true
	options.Transport = &http.Client{Transport: local, CheckRedirect: func(*http.Request, []*http.Request) error {
		return &LinkError{Redirect: true, Problem: "was not followed: the endpoint of managed identities has none"}
	}}
	identity := azidentity.ManagedIdentityCredentialOptions{ClientOptions: options}
	if c.cfg.ClientID != "" {
		identity.ID = azidentity.ClientID(c.cfg.ClientID)
	}
	return azidentity.NewManagedIdentityCredential(&identity)
}

// assertion reads the token file. Its errors name the file and nothing of what is in it.
func (c *credential) assertion(ctx context.Context) (string, error) {
	text, err := readToken(c.cfg.TokenFile)
	if err != nil {
		sightingOf(ctx).fault = err
	}
	return text, err
}

func readToken(path string) (string, error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return "", fmt.Errorf("the token file: %w", err)
	case !info.Mode().IsRegular() || info.Size() > maxTokenFile:
		return "", fmt.Errorf("the token file %s: it is no file with a token", path)
	}
	data, err := os.ReadFile(path) //nolint:gosec // the administrator names the file
	if err != nil {
		return "", fmt.Errorf("the token file: %w", err)
	}
	text := strings.TrimSpace(string(data))
	if strings.Count(text, ".") != 2 || strings.ContainsAny(text, " \t\r\n") {
		return "", fmt.Errorf("the token file %s: it holds no token (three parts with dots between them)", path)
	}
	return text, nil
}

// deviceCode signs a person in. Polling outlasts short faults by the library's own repetitions: a new sign-in would want a new code.
func (c *credential) deviceCode(options azcore.ClientOptions) (azcore.TokenCredential, error) {
	client := *c.transport
	client.Timeout = c.cfg.Timeout
	options.Transport, options.Retry = &client, policy.RetryOptions{}
	inner, err := azidentity.NewDeviceCodeCredential(&azidentity.DeviceCodeCredentialOptions{
		ClientOptions: options, TenantID: c.cfg.TenantID, ClientID: c.cfg.ClientID, DisableInstanceDiscovery: c.cfg.ownLogin, DisableAutomaticAuthentication: true,
		UserPrompt: func(ctx context.Context, m azidentity.DeviceCodeMessage) error {
			shown := DeviceCode{
				Tenant: c.cfg.TenantID, URL: directory.Printable(m.VerificationURL, 200), Code: directory.Printable(m.UserCode, 60), Message: directory.Printable(m.Message, 500),
			}
			if err := c.cfg.Prompt(ctx, shown); err != nil {
				sightingOf(ctx).fault = fmt.Errorf("showing the code: %w", err)
				return err
			}
			return nil
		},
	})
	if err != nil {
		return nil, err
	}
	return &person{inner: inner}, nil
}

// person is a credential by device code. The person is asked for at first, and again when the refresh token is no longer taken, but not because the service was
// busy or away when the token was to be renewed.
type person struct {
	inner    *azidentity.DeviceCodeCredential
	signedIn bool
}

func (p *person) GetToken(ctx context.Context, o policy.TokenRequestOptions) (azcore.AccessToken, error) {
	if p.signedIn {
		t, err := p.inner.GetToken(ctx, o)
		var again *azidentity.AuthenticationRequiredError
		if seen := sightingOf(ctx); !errors.As(err, &again) || seen.lost != nil || seen.busy() {
			return t, err
		}
	}
	if _, err := p.inner.Authenticate(ctx, &o); err != nil {
		return azcore.AccessToken{}, err
	}
	p.signedIn = true
	o.Claims = "" // the token that has just come answers them
	return p.inner.GetToken(ctx, o)
}

// sighting is what was seen of the requests of one sign-in: the library keeps only the text of what went wrong.
type sighting struct {
	host   string      // of the last request
	status int         // of its answer, 0 for none
	header http.Header // of the same
	body   []byte      // of the same when it is an error
	code   bool        // the same gives a device code
	lost   error       // why there is none
	fault  error       // of our own: a file that cannot be read
}

type sightingKey struct{}

// sightingOf gives the sighting of a sign-in's context.
func sightingOf(ctx context.Context) *sighting {
	if seen, ok := ctx.Value(sightingKey{}).(*sighting); ok {
		return seen
	}
	return &sighting{}
}

// busy says that the last answer asked for patience.
func (s *sighting) busy() bool {
	return s.status == http.StatusTooManyRequests || s.status >= http.StatusInternalServerError
}

// pending says that the service waits for a person to enter a code.
func (s *sighting) pending() bool {
	var answer struct {
		Error string `json:"error"`
	}
	return s.code || json.Unmarshal(s.body, &answer) == nil && (answer.Error == "authorization_pending" || answer.Error == "slow_down")
}

// watch notes what comes of each request.
type watch struct{}

func (watch) Do(req *policy.Request) (*http.Response, error) {
	resp, err := req.Next()
	ctx := req.Raw().Context()
	seen := sightingOf(ctx)
	if err != nil && errors.Is(ctx.Err(), context.DeadlineExceeded) && seen.pending() {
		return resp, err // the code's time was over in the middle of a question; the answer before it stands
	}
	seen.host, seen.status, seen.header, seen.body, seen.code, seen.lost = req.Raw().URL.Host, 0, nil, nil, false, err
	if err != nil {
		return resp, err
	}
	seen.status, seen.header = resp.StatusCode, resp.Header
	if resp.StatusCode < http.StatusBadRequest {
		seen.code = resp.StatusCode == http.StatusOK && strings.HasSuffix(req.Raw().URL.Path, "/devicecode")
		return resp, nil
	}
	if body, err := runtime.Payload(resp); err == nil {
		seen.body = body
	}
	return resp, nil
}
