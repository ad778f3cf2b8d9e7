package graphlab

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"time"

	"hybridaudit/sources/lab"
)

// Application is one app registration that may sign in to the sample tenant.
type Application struct {
	ClientID string // lower-case GUID text
	// Secret is the client secret; empty when the application has none.
	Secret string
	// SecretExpired makes the right secret fail as one past its end date does (AADSTS7000222).
	SecretExpired bool
	// Certificates are the uploaded certificates; an assertion signed with the key of one of them is accepted.
	Certificates []*x509.Certificate
	// Federated are the federated credentials: tokens of other identity providers that stand for the application.
	Federated []Federated
	// Person is the UPN of somebody who signs in for the application by device code; empty when public client flows are not allowed.
	Person string
}

// Options describe a server. Only Tenant is required; without an application nobody can sign in.
type Options struct {
	Tenant       lab.Tenant
	Applications []Application
	// Certificate is what the server shows on TLS connections. Its zero value serves plain HTTP, which Graph clients accept on loopback only.
	Certificate tls.Certificate
	// Audience is the Graph root URL that tokens may be asked for besides the server's own address, when sign-in and Graph are reached under two.
	Audience string
	// UnknownProperties are properties of users that this cloud does not know: selecting one is answered with 400.
	UnknownProperties []string
	// Device says what becomes of device codes.
	Device DevicePlan
	// TokenLifetime is how long a token is accepted, one hour by default.
	TokenLifetime time.Duration
	Faults        []Fault
	Delta         DeltaOptions
	// PageDelay is how long the service thinks about each page, and about each batch as a whole.
	PageDelay time.Duration
	// ResourceUnits announces what each answer costs (x-ms-resource-unit).
	ResourceUnits bool
	// Throttle gives the share of the allowance that is in use when a target is asked for: from 0.8 on it is announced (x-ms-throttle-limit-percentage). It is called from
	// several goroutines at once; nil announces nothing.
	Throttle func(target string) float64
	// Observe is called after each answer, from several goroutines at once.
	Observe func(Request)
	// Now is the server's clock, time.Now by default.
	Now func() time.Time
	// Log receives connection errors; nil discards them.
	Log *slog.Logger
}

// Request is what the server saw of one request and did with it.
type Request struct {
	Method   string
	Path     string // as sent: /v1.0/users
	RawQuery string
	// Target is the path without API version and query, in lower case: "users", "users/$count"; "token", "devicecode" and "discovery" for sign-in.
	Target          string
	Status          int
	Fault           FaultKind // zero when the answer was an honest one
	Rows            int       // objects in the answer
	Token           int       // ordinal of the presented token, from 1; 0 without a known one
	ClientRequestID string
	Consistency     string // ConsistencyLevel header
	Prefer          string
	UserAgent       string
	Part            string // id of the part of a batch; the batch itself comes too, with the target "$batch"
}

var guidText = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)

func (o Options) validate() error {
	if !guidText.MatchString(o.Tenant.ID) {
		return fmt.Errorf("tenant id %q is not a lower-case GUID", o.Tenant.ID)
	}
	for _, a := range o.Applications {
		if !guidText.MatchString(a.ClientID) {
			return fmt.Errorf("client id %q is not a lower-case GUID", a.ClientID)
		}
	}
	for i, f := range o.Faults {
		if err := f.validate(); err != nil {
			return fmt.Errorf("fault %d: %w", i, err)
		}
	}
	if o.TokenLifetime < 0 || o.PageDelay < 0 {
		return errors.New("token lifetime or page delay is negative")
	}
	return nil
}
