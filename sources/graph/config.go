package graph

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"regexp"
	"strings"
	"time"

	"hybridaudit/sources/evidence"
)

// Defaults of Config.
const (
	DefaultMaxWait  = 15 * time.Minute
	DefaultTimeout  = 2 * time.Minute
	DefaultPageSize = 999
	DefaultStreams  = 3
)

// Config says which tenant is read and how.
type Config struct {
	// TenantID is the tenant's id or, but for ByManagedIdentity, one of its verified domains; ClientID the application's id, for ByManagedIdentity that of a
	// user-assigned identity or "", for ByAzureCLI always "".
	TenantID, ClientID string
	// Auth is the way to sign in, one of Methods. "" takes the one whose credential is given: Secret, Certificate or TokenFile.
	Auth string
	// Secret gives the client secret. It is called when a token is needed, and what it returns is kept in no field and no message.
	Secret func() (string, error)
	// Certificate signs in instead of Secret.
	Certificate *Certificate
	// TokenFile is the path of the token that another identity provider gives this program, for ByWorkloadIdentity. It is read at every sign-in.
	TokenFile string
	// Prompt shows a person where to enter which code, for ByDeviceCode.
	Prompt func(context.Context, DeviceCode) error
	// Cloud is global (the default), usgov, usgovdod or china. LoginURL and GraphURL override its addresses: a scheme and a host. https only; the
	// Graph URL may be http on loopback.
	Cloud, LoginURL, GraphURL string
	// RootCAs are trusted instead of the system's; for trials and for proxies that break TLS open.
	RootCAs *x509.CertPool
	// MaxWait is how long one page is waited for in all when the service asks for patience.
	MaxWait time.Duration
	// Timeout is for one request with its whole answer.
	Timeout time.Duration
	// PageSize is $top for users, 1 to 999.
	PageSize int
	// RequestsPerSecond limits the requests of all streams together; 0 sets no limit.
	RequestsPerSecond float64
	// Streams is how many datasets are read side by side.
	Streams int
	// UserProperties narrows what is read of users to these columns of evidence.TenantUsers; id is always read. Empty reads them all.
	UserProperties []string
	// Beta also reads what only the beta endpoint gives: evidence.TenantSIPInfo and TenantLimits. SignIns also reads evidence.TenantSignIns, which needs
	// Entra ID P1. Without them these datasets are left out, without a coverage, even when they are wanted.
	Beta, SignIns bool
	// Previous is the evidence of an earlier run: users, groups and contacts of the same tenant are brought up to date from it where the service still tells the
	// changes. Nil reads everything.
	Previous *evidence.Snapshot
	// Version of the program, for the User-Agent header.
	Version string
	// Progress is called after each page, from several goroutines; expected is -1 when unknown.
	Progress func(d evidence.Dataset, rows, expected int)
	// Log gets waits and faults with the ids that support asks for; nothing that names a person. Nil discards.
	Log *slog.Logger
	// Clock is the system's by default.
	Clock Clock
}

// Certificate is a client certificate with its key: PEM text with both (key not encrypted), or a PFX (PKCS #12) file.
type Certificate struct {
	Data     []byte
	Password func() (string, error) // of a PFX; nil for none
}

// cloudAddresses are the sign-in and Graph roots of the clouds.
func cloudAddresses(cloud string) (login, graph string, ok bool) {
	switch cloud {
	case "", "global":
		return "https://login.microsoftonline.com", "https://graph.microsoft.com", true
	case "usgov":
		return "https://login.microsoftonline.us", "https://graph.microsoft.us", true
	case "usgovdod":
		return "https://login.microsoftonline.us", "https://dod-graph.microsoft.us", true
	case "china":
		return "https://login.chinacloudapi.cn", "https://microsoftgraph.chinacloudapi.cn", true
	}
	return "", "", false
}

// Root is the address of Graph in a cloud of Clouds, without the API version; "" for another name.
func Root(cloud string) string {
	_, root, _ := cloudAddresses(cloud)
	return root
}

// Clouds lists the names that Config.Cloud takes.
func Clouds() []string { return []string{"global", "usgov", "usgovdod", "china"} }

var (
	guidText   = regexp.MustCompile(`^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$`)
	tenantText = regexp.MustCompile(`^[0-9A-Za-z][0-9A-Za-z.-]*$`)
)

// resolved is a checked configuration with everything filled in.
type resolved struct {
	Config
	login, graph *url.URL
	ownLogin     bool // the authority is not one of Microsoft's known ones
}

// Validate gives every fault of the configuration at once.
func (c Config) Validate() error {
	_, err := c.resolve()
	return err
}

func (c Config) resolve() (resolved, error) {
	r := resolved{Config: c}
	var faults []error
	fault := func(format string, args ...any) { faults = append(faults, fmt.Errorf(format, args...)) }
	switch {
	case !tenantText.MatchString(c.TenantID):
		fault("tenant id %q is neither a GUID nor a domain name", c.TenantID)
	case c.Auth == ByManagedIdentity && !guidText.MatchString(c.TenantID): // its token could be of any tenant: see stranger
		fault("a managed identity signs in to its own tenant only: give the tenant by its id and not as %q", c.TenantID)
	}
	r.Auth = c.method()
	faults = append(faults, r.checkSignIn(c.Auth)...)
	login, graph, ok := cloudAddresses(c.Cloud)
	if !ok {
		fault("cloud %q is none of %s", c.Cloud, strings.Join(Clouds(), ", "))
	}
	r.ownLogin = c.LoginURL != ""
	if c.LoginURL != "" {
		login = c.LoginURL
	}
	if c.GraphURL != "" {
		graph = c.GraphURL
	}
	var err error
	if r.login, err = rootURL(login, false); err != nil {
		fault("login URL: %w", err)
	}
	if r.graph, err = rootURL(graph, true); err != nil {
		fault("Graph URL: %w", err)
	}
	if c.PageSize < 0 || c.PageSize > DefaultPageSize {
		fault("page size %d is not between 1 and %d", c.PageSize, DefaultPageSize)
	}
	if c.MaxWait < 0 || c.Timeout < 0 || c.RequestsPerSecond < 0 || c.Streams < 0 {
		fault("waits, timeouts, rates and numbers of streams cannot be negative")
	}
	for _, name := range c.UserProperties {
		if _, ok := evidence.SchemaOf(evidence.TenantUsers).Find(name); !ok {
			fault("%q is no property of users that evidence keeps", name)
		}
	}
	r.fill()
	return r, errors.Join(faults...)
}

// fill sets the defaults.
func (r *resolved) fill() {
	orDefault(&r.MaxWait, DefaultMaxWait)
	orDefault(&r.Timeout, DefaultTimeout)
	orDefault(&r.PageSize, DefaultPageSize)
	orDefault(&r.Streams, DefaultStreams)
	orDefault(&r.Version, "dev")
	if r.Log == nil {
		r.Log = slog.New(slog.DiscardHandler)
	}
	if r.Clock == nil {
		r.Clock = systemClock{}
	}
	if r.Progress == nil {
		r.Progress = func(evidence.Dataset, int, int) {}
	}
}

func orDefault[T comparable](v *T, value T) {
	var zero T
	if *v == zero {
		*v = value
	}
}

// rootURL reads a scheme and host, with or without the API version behind it.
func rootURL(text string, loopbackPlain bool) (*url.URL, error) {
	u, err := url.Parse(strings.TrimSuffix(strings.TrimSuffix(text, "/"), "/v1.0"))
	if err != nil {
		return nil, fmt.Errorf("%q is not a URL", text)
	}
	u.Host = strings.ToLower(u.Host)
	switch {
	case u.Hostname() == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || strings.Trim(u.Path, "/") != "":
		return nil, fmt.Errorf("%q is not just a scheme and a host", text)
	case u.Scheme == "http" && loopbackPlain && isLoopback(u.Hostname()), u.Scheme == "https":
	case u.Scheme == "http" && loopbackPlain:
		return nil, fmt.Errorf("%q must begin with https:// (http:// is for loopback only)", text)
	default:
		return nil, fmt.Errorf("%q must begin with https://", text)
	}
	u.Path = ""
	return u, nil
}

// isLoopback is as strict as the SDK, which sends no token over http to any other name.
func isLoopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && (ip.Equal(net.IPv4(127, 0, 0, 1)) || ip.Equal(net.IPv6loopback))
}
