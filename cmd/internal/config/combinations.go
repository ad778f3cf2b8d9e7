package config

import (
	"fmt"
	"net/url"
	"strings"
)

// combinations finds values that are right alone and wrong together.
func (c *checker) combinations(config *Config) Faults {
	var faults Faults
	fault := func(name, problem string) { faults = append(faults, Fault{c.file, c.line(name), name, problem}) }
	if len(config.LDAP.Forests) > 0 {
		for _, name := range c.alone(config.LDAP.Directory, "ldap") {
			fault(name, "this is about one forest, and several are listed: say it in its entry of ldap.forests")
		}
	}
	for i, d := range config.LDAP.Directories() {
		path := "ldap"
		if len(config.LDAP.Forests) > 0 {
			path = fmt.Sprintf("ldap.forests[%d]", i)
		}
		directory(d, path, fault)
	}
	if len(config.Graph.Tenants) > 0 {
		for _, name := range c.alone(config.Graph.Tenant, "graph") {
			fault(name, "this is about one tenant, and several are listed: say it in its entry of graph.tenants")
		}
	}
	for i, t := range config.Graph.Places() {
		path := "graph"
		if len(config.Graph.Tenants) > 0 {
			path = fmt.Sprintf("graph.tenants[%d]", i)
		}
		tenant(t, path, fault)
	}
	if g := config.Graph; !config.HasGraph() && (g.Client != "" || !g.Secret.IsZero() || g.Certificate != "" || g.TokenFile != "" || g.Auth != "") {
		fault("graph.tenant", "set the tenant, its id or one of its domains")
	}
	network(config.Network, fault)
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

func directory(d Directory, path string, fault func(name, problem string)) {
	if len(d.Servers) == 0 && d.Domain == "" {
		fault(path, "set servers or domain, so that the forest can be found")
	}
	for _, s := range d.Servers {
		u, err := url.Parse(s)
		switch {
		case err != nil || u.Host == "" || u.Scheme != "ldap" && u.Scheme != "ldaps":
			fault(path+".servers", s+" is no address such as ldaps://dc1.contoso.com")
		case u.Path != "" && u.Path != "/" || u.RawQuery != "" || u.User != nil:
			fault(path+".servers", "give the host and port only: "+u.Scheme+"://"+u.Host)
		case u.Scheme == "ldaps" && d.StartTLS:
			fault(path+".startTLS", "ldaps:// is encrypted already: use ldap:// with startTLS, or ldaps:// without")
		case u.Scheme == "ldap" && !d.StartTLS && !d.AllowPlaintext:
			fault(path+".servers", s+" would send the password in clear: use ldaps://, or set "+path+".startTLS (or, on a closed network only, "+path+".allowPlaintext)")
		}
	}
	signIn(d, path, fault)
}

// signIn checks that what a way to sign in needs is there, and nothing that it has no use for.
func signIn(d Directory, path string, fault func(name, problem string)) {
	password, account := !d.Password.IsZero(), d.BindName != ""
	switch d.Auth {
	case "kerberos":
		ways := 0
		for _, there := range []bool{password, d.Keytab != "", d.CredentialCache != ""} {
			if there {
				ways++
			}
		}
		if ways != 1 {
			fault(path+".auth", "kerberos wants one of password, keytab and credentialCache")
		}
		if !account && d.CredentialCache == "" {
			fault(path+".bindName", "kerberos wants the account's name: set its UPN")
		}
	case "sspi":
		if password || account {
			fault(path+".auth", "sspi signs in as the account that runs this: leave out bindName and password")
		}
	case "external":
		if d.ClientCertificate == "" {
			fault(path+".clientCertificate", "external signs in with a client certificate: set it and clientKey")
		}
	default:
		if !account {
			fault(path+".bindName", "the directory wants an account: set its UPN")
		}
		if !password {
			fault(path+".password", "the account wants a password: write a reference to it, such as env:HYBRIDAUDIT_AD_PASSWORD")
		}
	}
	if (d.ClientCertificate == "") != d.ClientKey.IsZero() {
		fault(path+".clientKey", "clientCertificate and clientKey belong together")
	}
	if d.Auth != "kerberos" && (d.Keytab != "" || d.CredentialCache != "" || d.Krb5Conf != "" || d.Realm != "" || d.SPN != "" && d.Auth != "sspi") {
		fault(path+".auth", "realm, keytab, credentialCache, krb5Conf and spn are for kerberos: set auth: kerberos, or leave them out")
	}
}

func tenant(t Tenant, path string, fault func(name, problem string)) {
	if t.ID == "" {
		fault(path+".tenant", "set the tenant, its id or one of its domains")
	}
	tenantSignIn(t, path, fault)
	if (t.LoginURL == "") != (t.GraphURL == "") {
		fault(path+".loginURL", path+".loginURL and "+path+".graphURL belong together")
	}
}

// tenantSignIn checks that what the way to sign in needs is there, and nothing that it has no use for.
func tenantSignIn(t Tenant, path string, fault func(name, problem string)) {
	method := t.Method()
	switch {
	case method == "azureCLI" && t.Client != "":
		fault(path+".client", "azureCLI signs in as the Azure CLI does: leave the client id out")
	case registers(method) && t.Client == "":
		fault(path+".client", "set the application (client) id of the app registration")
	}
	credentials := []struct {
		method, key, need string
		there             bool
	}{
		{"secret", "secret", "set " + path + ".secret or " + path + ".certificate, so that the application can sign in", !t.Secret.IsZero()},
		{"certificate", "certificate", "set the file with the certificate and its key", t.Certificate != ""},
		{"workloadIdentity", "tokenFile", "set the file that the other identity provider keeps its token in", t.TokenFile != ""},
	}
	for _, c := range credentials {
		switch {
		case c.method == method && !c.there:
			fault(path+"."+c.key, c.need)
		case c.method != method && c.there && t.Auth == "":
			chosen := map[string]string{"workloadIdentity": "tokenFile"}[method]
			if chosen == "" {
				chosen = method
			}
			fault(path+"."+chosen, "set either "+path+"."+c.key+" or "+path+"."+chosen+", not both")
		case c.method != method && c.there:
			fault(path+"."+c.key, path+".auth is "+method+", which has no use for it: leave it out, or set auth: "+c.method)
		}
	}
	if !t.CertificatePassword.IsZero() && t.Certificate == "" {
		fault(path+".certificatePassword", "this is the password of a certificate file, and none is set")
	}
}
