package graph

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// The ways to sign in. The last two act for a person (delegated permissions), the others for an application.
const (
	BySecret           = "secret"           // a client secret of the app registration
	ByCertificate      = "certificate"      // a certificate that the app registration knows
	ByManagedIdentity  = "managedIdentity"  // the identity of the Azure resource that this runs on
	ByWorkloadIdentity = "workloadIdentity" // a token of another identity provider that the app registration trusts
	ByDeviceCode       = "deviceCode"       // a person who enters a code in a browser
	ByAzureCLI         = "azureCLI"         // whoever is signed in to the Azure CLI
)

// Methods lists what Config.Auth takes.
func Methods() []string {
	return []string{BySecret, ByCertificate, ByManagedIdentity, ByWorkloadIdentity, ByDeviceCode, ByAzureCLI}
}

// Delegated says whether a way to sign in acts for a person and not for an application.
func Delegated(method string) bool { return method == ByDeviceCode || method == ByAzureCLI }

// DeviceCode is what a person needs for a sign-in by device code. The texts are the service's, without control characters.
type DeviceCode struct {
	Tenant  string // as configured
	URL     string // where to enter the code
	Code    string
	Message string // a sentence with both
}

// method is the configured way to sign in.
func (c Config) method() string {
	switch {
	case c.Auth != "":
		return c.Auth
	case c.Certificate != nil:
		return ByCertificate
	case c.TokenFile != "":
		return ByWorkloadIdentity
	}
	return BySecret
}

// checkSignIn finds what is missing or too much for the way to sign in; asked is the one that the configuration names, "" for none.
func (r *resolved) checkSignIn(asked string) []error {
	var faults []error
	if !slices.Contains(Methods(), r.Auth) {
		return []error{fmt.Errorf("sign-in %q is none of %s", r.Auth, strings.Join(Methods(), ", "))}
	}
	switch {
	case r.Auth == ByAzureCLI:
		if r.ClientID != "" {
			faults = append(faults, errors.New("the Azure CLI signs in as itself: no client id is wanted"))
		}
	case r.Auth == ByManagedIdentity && r.ClientID == "": // system-assigned
	case !guidText.MatchString(r.ClientID):
		faults = append(faults, fmt.Errorf("client id %q is not a GUID", r.ClientID))
	}
	credentials := []struct {
		method, what string
		there        bool
	}{
		{BySecret, "a client secret", r.Secret != nil},
		{ByCertificate, "a certificate", r.Certificate != nil},
		{ByWorkloadIdentity, "a token file", r.TokenFile != ""},
	}
	for _, c := range credentials {
		switch {
		case c.method == r.Auth && !c.there && asked == "":
			faults = append(faults, errors.New("a client secret or a certificate is needed, or another way to sign in"))
		case c.method == r.Auth && !c.there:
			faults = append(faults, fmt.Errorf("signing in by %s needs %s", r.Auth, c.what))
		case c.method != r.Auth && c.there:
			faults = append(faults, fmt.Errorf("signing in is by %s or by %s, not both", r.Auth, c.method))
		}
	}
	if r.Auth == ByDeviceCode && r.Prompt == nil {
		faults = append(faults, errors.New("signing in by device code needs somebody to show the code to"))
	}
	return faults
}
