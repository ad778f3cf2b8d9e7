package graph

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/valyala/fastjson"

	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/directory"
)

// GrantState says what is known of a permission.
type GrantState int

// The states of a permission.
const (
	Granted  GrantState = iota
	Missing             // not granted, or refused when asked for
	Off                 // the configuration does not ask for the dataset
	Absent              // the cloud does not have the resource
	Untested            // whether it is granted could not be found out
)

// Grant is a permission and whether the tenant has given it.
type Grant struct {
	Permission
	State GrantState
	// Optional says that an audit without the dataset is not incomplete.
	Optional bool
	// By is the permission that gives the dataset instead of the one that is named; "" for that one itself and where the resource was asked.
	By string
	// Why says why the state is Untested, and what the service answered when the resource was asked.
	Why string
}

// Access is what a sign-in gives. Names come from the access token, which nobody has verified: they are for people.
type Access struct {
	TenantID   string
	TenantName string // "" when it could not be read
	// ClientID is the application's id, Application its name; ServicePrincipal the object id of an application in the tenant.
	ClientID, Application, ServicePrincipal string
	Person                                  string // who is signed in, with delegated permissions
	Delegated                               bool
	// Asked says that the resources were asked for one by one: the token tells nothing, or not all, since a person may do what both the token and the person's
	// own rights allow.
	Asked  bool
	Held   []string // permissions that the token names
	Grants []Grant  // in the order of Permissions
}

// Check signs in and finds out which permissions the tenant has given; nothing else is read but the organisation's name and, where the token does not tell, one object of each
// resource. The error is a [SignInError] when the sign-in was refused; beside another error there may be an Access with what is known.
func Check(ctx context.Context, cfg Config) (*Access, error) {
	r, err := cfg.resolve()
	if err != nil {
		return nil, fmt.Errorf("graph configuration: %w", err)
	}
	c, err := newClient(r)
	if err != nil {
		return nil, err
	}
	defer c.close()
	token, _, err := c.cred.token(ctx)
	if err != nil {
		return nil, err
	}
	a := &Access{TenantID: r.TenantID, ClientID: r.ClientID, Delegated: Delegated(r.Auth), Asked: true}
	if claims, ok := parseToken(token.Token); ok {
		a.take(claims)
	}
	if err := a.greet(ctx, c); err != nil {
		return a, err
	}
	probe := probing{client: c}
	for _, p := range Permissions() {
		g := Grant{Permission: p, Optional: (&Collector{cfg: r}).optional(p.Dataset)}
		switch {
		case !r.switchedOn(p.Dataset):
			g.State = Off
		case g.Optional && (p.Dataset == evidence.TenantTeamsUsers || p.Dataset == evidence.TenantNumbers):
			g.State = Absent
		case a.Asked:
			if err := probe.ask(ctx, &g); err != nil {
				return a, err
			}
		default:
			g.weigh(a.Held)
		}
		a.Grants = append(a.Grants, g)
	}
	return a, nil
}

// take notes what the token tells.
func (a *Access) take(t tokenClaims) {
	if t.Tenant != "" {
		a.TenantID = t.Tenant
	}
	if t.Application != "" {
		a.ClientID = t.Application
	}
	a.Application, a.Person, a.Held = t.Name, t.Person, slices.Clone(t.Roles)
	if a.Delegated || len(t.Scopes) > 0 {
		a.Delegated, a.Held = true, t.Scopes
	} else if guidText.MatchString(t.Principal) {
		a.ServicePrincipal = t.Principal
	}
	slices.Sort(a.Held)
	a.Asked = a.Delegated
}

// weigh looks for the permission among those that the token names.
func (g *Grant) weigh(held []string) {
	g.State = Missing
	if slices.Contains(held, g.Name) {
		g.State = Granted
		return
	}
	for _, name := range held {
		if g.Covers(name) {
			g.State, g.By = Granted, directory.Printable(name, 100)
			return
		}
	}
}

// greet asks Graph for the organisation's name, so that it is known whether Graph takes the token at all.
func (a *Access) greet(ctx context.Context, c *client) error {
	var status *StatusError
	body, err := c.get(ctx, request{url: c.url("organization", "$select", "id,displayName")}, nil, sound)
	switch {
	case errors.As(err, &status) && status.Status == http.StatusForbidden:
		return nil
	case err != nil:
		return fmt.Errorf("asking %s: %w", c.root.Host, err)
	}
	var page struct {
		Value []struct {
			Name string `json:"displayName"`
		} `json:"value"`
	}
	if json.Unmarshal(body, &page) == nil && len(page.Value) == 1 {
		a.TenantName = directory.Printable(page.Value[0].Name, 200)
	}
	return nil
}

// sound is the least that an answer must be.
func sound(a answer) error {
	if !json.Valid(a.body) {
		return &bodyError{problem: "the answer is not JSON"}
	}
	return nil
}

// probing asks for one object of each resource.
type probing struct {
	client *client
	domain domain // one of the tenant's, without a name as long as none is known
}

// ask asks for the resource of a grant. Its error is one that concerns all others too.
func (p *probing) ask(ctx context.Context, g *Grant) error {
	version, path, options := stable, g.Path, []string(nil)
	switch g.Dataset {
	case evidence.TenantPrincipals:
		path = strings.ReplaceAll(path, "{id}", hybridApplications()[0])
	case evidence.TenantDomainRecords, evidence.TenantVerification, evidence.TenantFederations:
		if p.domain.name == "" {
			g.State, g.Why = Untested, "no domain of the tenant is known to ask for"
			return nil
		}
		path = strings.ReplaceAll(path, "{id}", p.domain.name)
	case evidence.TenantSignIns:
		options = []string{"$select", "id,signInActivity", "$top", "1"}
	case evidence.TenantLimits:
		version = beta
	case evidence.TenantSIPInfo:
		version, options = beta, []string{"$top", "1"}
	case evidence.TenantUsers, evidence.TenantGroups, evidence.TenantContacts, evidence.TenantDeletedUsers, evidence.TenantRoles, evidence.TenantNumbers, evidence.TenantTeamsUsers,
		evidence.TenantIssues:
		options = []string{"$top", "1"} // the others do not know it
	}
	var status *StatusError
	body, err := p.client.get(ctx, request{url: p.client.versionURL(version, path, options...)}, nil, sound)
	switch {
	case err == nil:
		g.State = Granted
		if g.Dataset == evidence.TenantDomains {
			p.learn(body)
		}
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case errors.As(err, &status) && status.Status == http.StatusForbidden:
		g.State, g.Why = Missing, status.Error()
	case errors.As(err, &status) && p.none(g.Dataset, status.Status):
		g.State = Granted
	case errors.As(err, &status):
		g.State, g.Why = Untested, status.Error()
	default:
		return fmt.Errorf("asking %s: %w", p.client.root.Host, err)
	}
	return nil
}

// none says that an error answer tells only that there is nothing of the kind, as those are told who may know it.
func (p *probing) none(d evidence.Dataset, status int) bool {
	ofDomain := slices.ContainsFunc(domainKinds(), func(k domainKind) bool { return k.dataset == d })
	return status == http.StatusNotFound || status == http.StatusBadRequest && ofDomain && p.domain.microsofts()
}

// learn takes a domain from the list of domains, the best that it has.
func (p *probing) learn(body []byte) {
	list, err := fastjson.ParseBytes(body)
	if err != nil {
		return
	}
	for _, v := range list.GetArray("value") {
		o, err := v.Object()
		if err != nil {
			continue
		}
		if d := readDomain(o); domainName.MatchString(d.name) && (p.domain.name == "" || d.worth() > p.domain.worth()) {
			p.domain = d
		}
	}
}

// worth ranks the domains to try permissions with: first those that have everything, then Microsoft's, whose gaps are known. What is not verified, or below another
// domain, may be refused for that alone.
func (d domain) worth() int {
	switch {
	case d.microsofts():
		return 1
	case d.verified && !d.below:
		return 2
	}
	return 0
}
