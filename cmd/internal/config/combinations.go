package config

import (
	"net/url"
	"strings"
)

// combinations finds values that are right alone and wrong together.
func (c *checker) combinations(config *Config) Faults {
	var faults Faults
	fault := func(name, problem string) { faults = append(faults, Fault{c.file, c.line(name), name, problem}) }
	if config.HasLDAP() {
		l := config.LDAP
		for _, s := range l.Servers {
			u, err := url.Parse(s)
			switch {
			case err != nil || u.Host == "" || u.Scheme != "ldap" && u.Scheme != "ldaps":
				fault("ldap.servers", s+" is no address such as ldaps://dc1.contoso.com")
			case u.Path != "" && u.Path != "/" || u.RawQuery != "" || u.User != nil:
				fault("ldap.servers", "give the host and port only: "+u.Scheme+"://"+u.Host)
			case u.Scheme == "ldaps" && l.StartTLS:
				fault("ldap.startTLS", "ldaps:// is encrypted already: use ldap:// with startTLS, or ldaps:// without")
			case u.Scheme == "ldap" && !l.StartTLS && !l.AllowPlaintext:
				fault("ldap.servers", s+" would send the password in clear: use ldaps://, or set ldap.startTLS (or, on a closed network only, ldap.allowPlaintext)")
			}
		}
		if l.BindName == "" {
			fault("ldap.bindName", "the directory wants an account: set its UPN")
		}
		if l.Password.IsZero() {
			fault("ldap.password", "the account wants a password: write a reference to it, such as env:HYBRIDAUDIT_AD_PASSWORD")
		}
	}
	if config.HasGraph() {
		g := config.Graph
		if g.Client == "" {
			fault("graph.client", "set the application (client) id of the app registration")
		}
		switch {
		case g.Secret.IsZero() && g.Certificate == "":
			fault("graph.secret", "set graph.secret or graph.certificate, so that the application can sign in")
		case !g.Secret.IsZero() && g.Certificate != "":
			fault("graph.certificate", "set either graph.secret or graph.certificate, not both")
		}
		if (g.LoginURL == "") != (g.GraphURL == "") {
			fault("graph.loginURL", "graph.loginURL and graph.graphURL belong together")
		}
	}
	if config.Graph.Tenant == "" && (config.Graph.Client != "" || !config.Graph.Secret.IsZero()) {
		fault("graph.tenant", "set the tenant, its id or one of its domains")
	}
	seen := map[string]bool{}
	for _, r := range config.Rules {
		id := strings.ToUpper(r.ID)
		if id == "" || seen[id] {
			faults = append(faults, Fault{c.file, r.Line, "rules", "each entry wants an id of its own"})
		}
		seen[id] = true
	}
	return faults
}
