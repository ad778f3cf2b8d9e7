package config

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var update = os.Getenv("UPDATE") != ""

const minimal = `ldap:
  servers: [ldaps://dc1.contoso.com]
  bindName: svc-audit@contoso.com
  password: env:AD_PASSWORD
graph:
  tenant: contoso.onmicrosoft.com
  client: 8d4a6f4e-1111-4c9a-9d1f-2b7c5e0a9d10
  secret: file:graph.secret
`

func TestExampleIsUpToDate(t *testing.T) {
	path := filepath.Join("..", "..", "..", "config.example.yaml")
	if update {
		if err := os.WriteFile(path, Example(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(Example()), string(got)); diff != "" {
		t.Errorf("config.example.yaml is not what the Config struct gives; run UPDATE=1 go test ./cmd/internal/config\n%s", diff)
	}
}

// The example with every comment taken in must be a configuration that loads: no key in it is invented.
func TestExampleLoads(t *testing.T) {
	if _, err := parse("example.yaml", Example()); err != nil {
		t.Errorf("as it stands: %v", err)
	}
	var b strings.Builder
	for line := range strings.Lines(string(Example())) {
		trimmed := strings.TrimSpace(line)
		if rest, ok := strings.CutPrefix(trimmed, "# "); ok && commentedKey(rest) {
			line = strings.Replace(line, "# ", "", 1)
		}
		b.WriteString(line)
	}
	full := b.String()
	for _, list := range []string{"rules", "forests", "tenants"} {
		full = strings.Replace(full, list+": []", list+":", 1)
	}
	full = strings.ReplaceAll(strings.ReplaceAll(full, "\n#  ", "\n  "), "\n  #  ", "\n    ")
	// These exclude each other or need a value that fits.
	full = strings.Replace(full, `  certificate: hybridaudit.pfx`, "", 1)
	full = strings.Replace(full, `  certificatePassword: "env:HYBRIDAUDIT_PFX_PASSWORD"`, "", 1)
	full = strings.Replace(full, `  tokenFile: /var/run/secrets/azure/tokens/azure-identity-token`, "", 1)
	full = strings.Replace(full, `  loginURL: ""`, "", 1)
	full = strings.Replace(full, `  graphURL: ""`, "", 1)
	full = strings.Replace(full, `  keytab: svc-audit.keytab`, "", 1)
	full = strings.Replace(full, `  credentialCache: /tmp/krb5cc_1000`, "", 1)
	full = strings.Replace(full, `  krb5Conf: /etc/krb5.conf`, "", 1)
	full = strings.Replace(full, `  realm: CONTOSO.COM`, "", 1)
	for _, f := range []string{"servers", "domain", "serverName", "spn", "searchBases", "excludeOUs", "userFilter", "contactFilter", "groupFilter", "tenant"} {
		full = regexp.MustCompile(`(?m)^  `+f+`: .*$`).ReplaceAllStringFunc(full, dropFirst())
	}
	c, err := parse("example.yaml", []byte(full))
	if err != nil {
		t.Fatalf("%v\n%s", err, full)
	}
	if len(c.Rules) != 1 || c.Rules[0].ID != "SYN-002" || c.Rules[0].Params.IsZero() {
		t.Errorf("rules: %+v", c.Rules)
	}
	if len(c.LDAP.Directories()) != 1 || len(c.Graph.Places()) != 1 {
		t.Error("the example configures no source")
	}
}

// dropFirst drops the first match that it is given: a key of one forest or tenant, which excludes the list.
func dropFirst() func(string) string {
	dropped := false
	return func(match string) string {
		if dropped {
			return match
		}
		dropped = true
		return ""
	}
}

func commentedKey(s string) bool {
	key, _, ok := strings.Cut(s, ": ")
	if !ok || strings.ContainsAny(key, " .") {
		return false
	}
	for _, k := range keys(configType, nil) {
		if k.path[len(k.path)-1] == key {
			return true
		}
	}
	return false
}

func TestDefaults(t *testing.T) {
	c, err := parse("c.yaml", []byte(minimal))
	if err != nil {
		t.Fatal(err)
	}
	if c.LDAP.PageSize != 1000 || c.Graph.MaxWait != 15*time.Minute || c.Sync.Interval != 30*time.Minute || c.Graph.Cloud != "global" {
		t.Errorf("defaults: %+v", c)
	}
	if c.LDAP.Password.String() != "env:AD_PASSWORD" || c.LDAP.Servers[0] != "ldaps://dc1.contoso.com" {
		t.Errorf("values: %+v", c.LDAP)
	}
	if _, err := Defaults(); err != nil {
		t.Errorf("without a file: %v", err)
	}
}

// Elements of the lists of forests and tenants have what they lack from the section above, but not what makes a forest or tenant the one it is.
func TestInheritance(t *testing.T) {
	c, err := parse("c.yaml", []byte(`ldap:
  bindName: svc@contoso.com
  password: env:AD
  pageSize: 500
  startTLS: true
  forests:
  - servers: [ldap://dc1.contoso.com]
  - servers: [ldaps://dc1.fabrikam.com]
    startTLS: false
    bindName: svc@fabrikam.com
    password: env:FABRIKAM
    pageSize: 100
graph:
  client: one
  secret: env:SECRET
  cloud: china
  tenants:
  - tenant: contoso.com
  - tenant: fabrikam.com
    certificate: app.pem
`))
	if err != nil {
		t.Fatal(err)
	}
	forests, tenants := c.LDAP.Directories(), c.Graph.Places()
	if len(forests) != 2 || len(tenants) != 2 {
		t.Fatalf("%d forests, %d tenants", len(forests), len(tenants))
	}
	one, other := forests[0], forests[1]
	if other.Auth != "simple" {
		t.Errorf("the second forest signs in by %q", other.Auth)
	}
	if one.PageSize != 500 || one.BindName != "svc@contoso.com" || !one.StartTLS || one.Timeout != 2*time.Minute || one.Password.String() != "env:AD" {
		t.Errorf("first forest: %+v", one)
	}
	if other.PageSize != 100 || other.BindName != "svc@fabrikam.com" || other.StartTLS || other.Password.String() != "env:FABRIKAM" {
		t.Errorf("second forest: %+v", other)
	}
	if tenants[0].Client != "one" || tenants[0].Cloud != "china" || tenants[0].Secret.String() != "env:SECRET" {
		t.Errorf("first tenant: %+v", tenants[0])
	}
	if tenants[1].Certificate != "app.pem" || !tenants[1].Secret.IsZero() || tenants[1].PageSize != 999 {
		t.Errorf("second tenant: %+v", tenants[1])
	}
}

// Tenants sign in each in its own way, and nothing of one way gets into another: a client id neither, where it is one of a managed identity.
func TestInheritanceOfSignIns(t *testing.T) {
	c, err := parse("c.yaml", []byte(`graph:
  client: app
  certificate: app.pfx
  certificatePassword: env:PFX
  beta: true
  tenants:
  - tenant: contoso.com
  - tenant: fabrikam.com
    secret: env:SECRET
    beta: false
    signIns: true
  - tenant: one.example.com
    auth: managedIdentity
  - tenant: two.example.com
    auth: managedIdentity
    client: identity
  - tenant: three.example.com
    auth: azureCLI
  - tenant: four.example.com
    auth: deviceCode
  - tenant: five.example.com
    client: other
    tokenFile: token
`))
	if err != nil {
		t.Fatal(err)
	}
	type seen struct {
		Method, Client, Certificate, Password, Secret, TokenFile string
		Beta, SignIns                                            bool
	}
	var got []seen
	for _, p := range c.Graph.Places() {
		got = append(got, seen{p.Method(), p.Client, p.Certificate, p.CertificatePassword.String(), p.Secret.String(), p.TokenFile, p.Beta, p.SignIns})
	}
	want := []seen{
		{"certificate", "app", "app.pfx", "env:PFX", "", "", true, false},
		{"secret", "app", "", "", "env:SECRET", "", false, true},
		{"managedIdentity", "", "", "", "", "", true, false},
		{"managedIdentity", "identity", "", "", "", "", true, false},
		{"azureCLI", "", "", "", "", "", true, false},
		{"deviceCode", "app", "", "", "", "", true, false},
		{"workloadIdentity", "other", "", "", "", "token", true, false},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	// From a managed identity above no app registration takes its client id.
	_, err = parse("c.yaml", []byte("graph:\n  auth: managedIdentity\n  client: identity\n  tenants:\n  - tenant: contoso.com\n  - tenant: fabrikam.com\n    secret: env:S\n"))
	if want := "c.yaml:6: graph.tenants[1].client: set the application (client) id of the app registration"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestEnvironment(t *testing.T) {
	t.Setenv("HYBRIDAUDIT_LDAP__PAGE_SIZE", "250")
	t.Setenv("HYBRIDAUDIT_GRAPH__MAX_WAIT", "90s")
	t.Setenv("HYBRIDAUDIT_GRAPH__LOGIN_URL", "https://login.example.com")
	t.Setenv("HYBRIDAUDIT_GRAPH__GRAPH_URL", "https://graph.example.com")
	t.Setenv("HYBRIDAUDIT_LDAP__PASSWORD", "env:OTHER")
	t.Setenv("HYBRIDAUDIT_DEPLOYMENT__NO_SERVER", "true")
	c, err := parse("c.yaml", []byte(minimal))
	if err != nil {
		t.Fatal(err)
	}
	if c.LDAP.PageSize != 250 || c.Graph.MaxWait != 90*time.Second || c.Graph.LoginURL != "https://login.example.com" || !c.Deployment.NoServer {
		t.Errorf("%+v", c)
	}
	if c.LDAP.Password.String() != "env:OTHER" {
		t.Errorf("password reference %v", c.LDAP.Password)
	}
	t.Setenv("HYBRIDAUDIT_LDAP__PAGE_SIZE", "many")
	if _, err := parse("c.yaml", []byte(minimal)); err == nil {
		t.Error("a page size of many is accepted")
	}
}

func TestEveryScalarComesFromTheEnvironment(t *testing.T) {
	seen := map[string]string{}
	for _, k := range keys(configType, nil) {
		if !k.scalar() {
			continue
		}
		if other, twice := seen[k.env()]; twice {
			t.Errorf("%s and %s share %s", other, k.name(), k.env())
		}
		seen[k.env()] = k.name()
	}
	if seen["HYBRIDAUDIT_LDAP__MAX_ENTRIES_PER_SECOND"] != "ldap.maxEntriesPerSecond" || seen["HYBRIDAUDIT_LDAP__START_TLS"] != "ldap.startTLS" {
		t.Errorf("%v", seen)
	}
}

func TestFaults(t *testing.T) {
	cases := map[string]struct {
		yaml string
		want []string
	}{
		"unknown key": {
			minimal + "  pageSizes: 3\n",
			[]string{"c.yaml:9: graph.pageSizes: no such key; did you mean pageSize?"},
		},
		"unknown section and key at once": {
			"ladp:\n  x: 1\nsync:\n  intervall: 1h\n",
			[]string{"c.yaml:1: ladp: no such key; did you mean ldap?", "c.yaml:4: sync.intervall: no such key; did you mean interval?"},
		},
		"key given twice": {
			"sync:\n  interval: 1h\n  interval: 2h\n",
			[]string{"c.yaml:3: sync.interval: given twice, first in line 2"},
		},
		"wrong types": {
			"ldap:\n  pageSize: many\n  startTLS: perhaps\n  timeout: 5\n  servers: ldaps://dc1\n  bindName: 12\n",
			[]string{
				`c.yaml:2: ldap.pageSize: "many" is no whole number`, `c.yaml:3: ldap.startTLS: "perhaps" is neither true nor false`,
				`c.yaml:4: ldap.timeout: "5" is no duration; write 30s, 15m or 2h`,
				"c.yaml:5: ldap.servers: this is a single value where a list is wanted; write [value] or lines that begin with a dash",
				"c.yaml:6: ldap.bindName: 12 is a number where text is wanted; put it in quotes",
			},
		},
		"network": {
			"network:\n  site: ' '\n  domains: [not a domain]\n  hosts: [mail.contoso.com, 'https://mail.contoso.com', 'a.contoso.com:99999']\n  internalResolvers: [dc1.contoso.com]\n  publicResolvers: [none, 1.1.1.1]\n" +
				"  proxy: http://kim:secret@proxy.contoso.com\n  pac: C:\\proxy.pac\n  privateHosts: [10.0.0.0/99]\n  connectTo: [a.contoso.com=192.0.2.1]\n  ntpServers: ['a:b']\n  mailbox: a@b@c\n",
			[]string{
				"c.yaml:5: network.internalResolvers: dc1.contoso.com is no address of a DNS server, such as 192.0.2.53 or 192.0.2.53:53; write [none] for none",
				"c.yaml:6: network.publicResolvers: none is no address of a DNS server, such as 192.0.2.53 or 192.0.2.53:53; write [none] for none",
				"c.yaml:7: network.proxy: leave out name and password: whether the proxy asks for them is what is found out",
				"c.yaml:9: network.privateHosts: 10.0.0.0/99 is neither a host nor a network such as 10.1.0.0/16",
				"c.yaml:10: network.connectTo: a.contoso.com=192.0.2.1 is not of the form HOST:PORT=ADDRESS:PORT",
				`c.yaml:3: network.domains: "not a domain" is no domain such as contoso.com`,
				`c.yaml:4: network.hosts: "https://mail.contoso.com" is no host such as mail.contoso.com or mail.contoso.com:443`,
				`c.yaml:4: network.hosts: "a.contoso.com:99999" is no host such as mail.contoso.com or mail.contoso.com:443`,
				`c.yaml:11: network.ntpServers: "a:b" is no host such as time.windows.com`,
				"c.yaml:8: network.pac: this is no address such as http://proxy.contoso.com/proxy.pac; a file is written as file:///c:/proxy.pac",
				"c.yaml:12: network.mailbox: this is no e-mail address such as kim@contoso.com",
				"c.yaml:2: network.site: name the place in 1 to 64 characters",
			},
		},
		"network, the same twice": {
			"network:\n  connectTo: ['*:443=192.0.2.1:443', '*:443=192.0.2.2:443']\n", []string{"c.yaml:2: network.connectTo: *:443 is listed twice"},
		},
		"section instead of value": {"ldap:\n  bindName: {a: b}\n", []string{"c.yaml:2: ldap.bindName: this is a section where a single value is wanted"}},
		"value instead of section": {"ldap: yes\n", []string{"c.yaml:1: ldap: this is a single value where a section with keys is wanted"}},
		"limits": {
			strings.Replace(minimal, "graph:", "  pageSize: 0\ngraph:", 1) + "  cloud: moon\n  pageSize: 1000\n",
			[]string{
				"c.yaml:5: ldap.pageSize: 0 is below the least allowed, 1", `c.yaml:10: graph.cloud: "moon" is none of global, usgov, usgovdod, china`,
				"c.yaml:11: graph.pageSize: 1000 is above the most allowed, 999",
			},
		},
		"literal secret": {
			strings.Replace(minimal, "env:AD_PASSWORD", "hunter2", 1),
			[]string{"c.yaml:4: ldap.password: " + errLiteral.Error()},
		},
		"clear text": {
			strings.Replace(minimal, "ldaps://", "ldap://", 1),
			[]string{"c.yaml:2: ldap.servers: ldap://dc1.contoso.com would send the password in clear: use ldaps://, or set ldap.startTLS (or, on a closed network only, ldap.allowPlaintext)"},
		},
		"both kinds of TLS": {
			strings.Replace(minimal, "  bindName", "  startTLS: true\n  bindName", 1),
			[]string{"c.yaml:3: ldap.startTLS: ldaps:// is encrypted already: use ldap:// with startTLS, or ldaps:// without"},
		},
		"no account": {
			"ldap:\n  servers: [ldaps://dc1.contoso.com]\n",
			[]string{
				"c.yaml:1: ldap.bindName: the directory wants an account: set its UPN",
				"c.yaml:1: ldap.password: the account wants a password: write a reference to it, such as env:HYBRIDAUDIT_AD_PASSWORD",
			},
		},
		"forest beside servers": {
			strings.Replace(minimal, "graph:", "  forests:\n  - servers: [ldaps://dc1.fabrikam.com]\ngraph:", 1),
			[]string{"c.yaml:2: ldap.servers: this is about one forest, and several are listed: say it in its entry of ldap.forests"},
		},
		"narrowing above a list": {
			"ldap:\n  bindName: a\n  password: env:P\n  excludeOUs: [OU=X]\n  userFilter: (a=b)\n  forests:\n  - servers: [ldaps://dc1.contoso.com]\n",
			[]string{
				"c.yaml:4: ldap.excludeOUs: this is about one forest, and several are listed: say it in its entry of ldap.forests",
				"c.yaml:5: ldap.userFilter: this is about one forest, and several are listed: say it in its entry of ldap.forests",
			},
		},
		"half an account in a list": {
			"ldap:\n  bindName: a\n  password: env:P\n  forests:\n  - servers: [ldaps://dc1.contoso.com]\n    bindName: b\n",
			[]string{"c.yaml:5: ldap.forests[0].password: the account wants a password: write a reference to it, such as env:HYBRIDAUDIT_AD_PASSWORD"},
		},
		"a limit above a list is told once": {
			"ldap:\n  bindName: a\n  password: env:P\n  pageSize: 5000\n  forests:\n  - servers: [ldaps://dc1.contoso.com]\n  - servers: [ldaps://dc1.fabrikam.com]\n",
			[]string{"c.yaml:4: ldap.pageSize: 5000 is above the most allowed, 1000"},
		},
		"fault in a list": {
			"ldap:\n  forests:\n  - servers: [ldap://dc1.fabrikam.com]\n    bindName: a@fabrikam.com\n    password: env:P\n  - bindName: x@contoso.com\n    password: env:P\n    pageSize: 5000\n",
			[]string{
				"c.yaml:8: ldap.forests[1].pageSize: 5000 is above the most allowed, 1000",
				"c.yaml:3: ldap.forests[0].servers: ldap://dc1.fabrikam.com would send the password in clear: use ldaps://, or set ldap.forests[0].startTLS (or, on a closed network only, ldap.forests[0].allowPlaintext)",
				"c.yaml:6: ldap.forests[1]: set servers or domain, so that the forest can be found",
			},
		},
		"two ways for kerberos": {
			strings.Replace(minimal, "graph:", "  auth: kerberos\n  keytab: a.keytab\ngraph:", 1),
			[]string{"c.yaml:5: ldap.auth: kerberos wants one of password, keytab and credentialCache"},
		},
		"keytab without kerberos": {
			strings.Replace(minimal, "graph:", "  keytab: a.keytab\ngraph:", 1),
			[]string{"c.yaml:1: ldap.auth: realm, keytab, credentialCache, krb5Conf and spn are for kerberos: set auth: kerberos, or leave them out"},
		},
		"no certificate": {
			"ldap:\n  servers: [ldaps://dc1.contoso.com]\n  auth: external\n",
			[]string{"c.yaml:1: ldap.clientCertificate: external signs in with a client certificate: set it and clientKey"},
		},
		"sspi with an account": {
			strings.Replace(minimal, "graph:", "  auth: sspi\ngraph:", 1),
			[]string{"c.yaml:5: ldap.auth: sspi signs in as the account that runs this: leave out bindName and password"},
		},
		"secret and certificate": {
			minimal + "  certificate: app.pem\n",
			[]string{"c.yaml:9: graph.certificate: set either graph.secret or graph.certificate, not both"},
		},
		"neither": {
			"graph:\n  tenant: contoso.com\n  client: x\n",
			[]string{"c.yaml:1: graph.secret: set graph.secret or graph.certificate, so that the application can sign in"},
		},
		"secret with managed identity": {
			minimal + "  auth: managedIdentity\n",
			[]string{"c.yaml:8: graph.secret: graph.auth is managedIdentity, which has no use for it: leave it out, or set auth: secret"},
		},
		"token file without client": {
			"graph:\n  tenant: contoso.com\n  auth: workloadIdentity\n  tokenFile: token\n",
			[]string{"c.yaml:1: graph.client: set the application (client) id of the app registration"},
		},
		"workload identity without a token file": {
			"graph:\n  tenant: contoso.com\n  client: x\n  auth: workloadIdentity\n",
			[]string{"c.yaml:1: graph.tokenFile: set the file that the other identity provider keeps its token in"},
		},
		"secret and token file": {
			minimal + "  tokenFile: token\n",
			[]string{"c.yaml:9: graph.tokenFile: set either graph.secret or graph.tokenFile, not both"},
		},
		"certificate that is not there": {
			"graph:\n  tenant: contoso.com\n  client: x\n  auth: certificate\n  certificatePassword: env:P\n",
			[]string{
				"c.yaml:1: graph.certificate: set the file with the certificate and its key",
				"c.yaml:5: graph.certificatePassword: this is the password of a certificate file, and none is set",
			},
		},
		"Azure CLI with a client": {
			"graph:\n  tenant: contoso.com\n  client: x\n  auth: azureCLI\n",
			[]string{"c.yaml:3: graph.client: azureCLI signs in as the Azure CLI does: leave the client id out"},
		},
		"unknown sign-in": {
			"graph:\n  tenant: contoso.com\n  client: x\n  auth: password\n",
			[]string{
				`c.yaml:4: graph.auth: "password" is none of secret, certificate, managedIdentity, workloadIdentity, deviceCode, azureCLI`,
			},
		},
		"sign-in without a tenant": {
			"graph:\n  auth: azureCLI\n",
			[]string{"c.yaml:1: graph.tenant: set the tenant, its id or one of its domains"},
		},
		"sign-ins of several tenants": {
			"graph:\n  client: x\n  secret: env:S\n  tenants:\n  - tenant: contoso.com\n    auth: certificate\n  - tenant: fabrikam.com\n    auth: managedIdentity\n    tokenFile: t\n",
			[]string{
				"c.yaml:5: graph.tenants[0].certificate: set the file with the certificate and its key",
				"c.yaml:9: graph.tenants[1].tokenFile: graph.tenants[1].auth is managedIdentity, which has no use for it: leave it out, or set auth: workloadIdentity",
			},
		},
		"two documents": {"sync: {}\n---\nsync: {}\n", []string{"c.yaml: it holds more than one YAML document"}},
		"no YAML":       {"ldap: [\n", []string{"c.yaml: line 1: did not find expected node content"}},
		"rule twice":    {"rules:\n- id: SIP-001\n- id: sip-001\n", []string{"c.yaml:3: rules: each entry wants an id of its own"}},
		"rule severity": {"rules:\n- id: SIP-001\n  severity: bad\n", []string{`c.yaml:3: rules[0].severity: "bad" is none of critical, high, medium, low, info`}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := parse("c.yaml", []byte(c.yaml))
			var faults Faults
			if !errors.As(err, &faults) {
				t.Fatalf("got %v", err)
			}
			if diff := cmp.Diff(c.want, strings.Split(faults.Error(), "\n")); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			if strings.Contains(err.Error(), "hunter2") {
				t.Error("the error repeats the secret")
			}
		})
	}
}

func TestSecrets(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "s"), []byte("from file\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("A_SECRET", "from env")
	for reference, want := range map[string]string{"env:A_SECRET": "from env", "file:s": "from file", "file:" + filepath.Join(dir, "s"): "from file"} {
		s, err := ParseSecret(reference, dir)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := s.Resolve(); err != nil || got != want {
			t.Errorf("%s: %q, %v", reference, got, err)
		}
	}
	for _, reference := range []string{"env:NOT_SET_ANYWHERE", "file:missing"} {
		s, err := ParseSecret(reference, dir)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Resolve(); err == nil || !strings.Contains(err.Error(), reference) {
			t.Errorf("%s: %v", reference, err)
		}
	}
	for _, bad := range []string{"plain", "http://x", "env:", "keyring:noaccount", "ENV:X"} {
		if _, err := ParseSecret(bad, dir); err == nil {
			t.Errorf("%s is accepted", bad)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(minimal))
	f.Add(Example())
	f.Add([]byte("a: &a [*a]"))
	f.Add([]byte("ldap: &x\n  servers: *x\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := parse("c.yaml", data)
		if (c == nil) == (err == nil) {
			t.Fatalf("%v with %v", c, err)
		}
	})
}

// The configuration in the README is one that loads.
func TestReadmeConfiguration(t *testing.T) {
	readme, err := os.ReadFile(filepath.Join("..", "..", "..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(readme), "```yaml\n")
	text, _, ok := strings.Cut(rest, "```")
	if !ok {
		t.Fatal("the README holds no YAML")
	}
	c, err := parse("README.md", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if len(c.LDAP.Directories()) == 0 || !c.HasGraph() {
		t.Error("it configures no source")
	}
}

// Each configuration in the page about permissions is one that loads, and together they show every way to sign in.
func TestPermissionsConfigurations(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "..", "..", "docs", "permissions.md"))
	if err != nil {
		t.Fatal(err)
	}
	var methods []string
	for _, part := range strings.Split(string(page), "```yaml\n")[1:] {
		text, _, _ := strings.Cut(part, "```")
		c, err := parse("permissions.md", []byte(text))
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		methods = append(methods, c.Graph.Method())
	}
	if diff := cmp.Diff([]string{"secret", "certificate", "managedIdentity", "workloadIdentity", "deviceCode", "azureCLI"}, methods); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
