package ad

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"os"
	"strings"
	"testing"
)

func TestAuthConfiguration(t *testing.T) {
	kerberos := func(change func(*Config)) func(*Config) {
		return func(c *Config) {
			c.Auth.Method = Kerberos
			change(c)
		}
	}
	external := func(c *Config) {
		c.Auth = Auth{Method: External, ClientCertificate: &tls.Certificate{}}
		c.Servers, c.AllowPlaintext = []string{"ldaps://dc01.contoso.com"}, false
		c.BindName, c.Password = "", nil
	}
	tests := map[string]struct {
		change func(*Config)
		text   string // "" when nothing is wrong
	}{
		"simple":                    {func(c *Config) { c.Auth.Method = SimpleBind }, ""},
		"unknown":                   {func(c *Config) { c.Auth.Method = "Kerberos" }, `method "Kerberos" is none of simple, kerberos`},
		"keytab for simple":         {func(c *Config) { c.Auth.Keytab = "x" }, "for kerberos only"},
		"SPN for simple":            {func(c *Config) { c.Auth.SPN = "ldap/x" }, "for kerberos and sspi only"},
		"password":                  {kerberos(func(*Config) {}), ""},
		"nothing":                   {kerberos(func(c *Config) { c.Password = nil }), "one of password, keytab and credential cache"},
		"two":                       {kerberos(func(c *Config) { c.Auth.Keytab = "x" }), "one of password, keytab and credential cache"},
		"no name":                   {kerberos(func(c *Config) { c.BindName = "" }), "needs an account name"},
		"principal":                 {kerberos(func(c *Config) { c.BindName, c.Auth.Principal = "", "svc-audit@CONTOSO.COM" }), ""},
		"principal without name":    {kerberos(func(c *Config) { c.Auth.Principal = "@CONTOSO.COM" }), "name or name@REALM"},
		"principal with two realms": {kerberos(func(c *Config) { c.Auth.Principal = "a@b@c" }), "name or name@REALM"},
		"two realms":                {kerberos(func(c *Config) { c.Auth.Principal, c.Auth.Realm = "a@CONTOSO.COM", "FABRIKAM.COM" }), "different realms"},
		"distinguished name":        {kerberos(func(c *Config) { c.BindName = "CN=svc-audit,CN=Users,DC=contoso,DC=com" }), "no distinguished name"},
		"keytab":                    {kerberos(func(c *Config) { c.Password, c.BindName, c.Auth.Keytab = nil, "", "x" }), ""},
		"cache":                     {kerberos(func(c *Config) { c.Password, c.BindName, c.Auth.CCache = nil, "", "FILE:/tmp/krb5cc_0" }), ""},
		"cache of Windows":          {kerberos(func(c *Config) { c.Password, c.Auth.CCache = nil, `C:\krb5cc` }), ""},
		"cache in the kernel":       {kerberos(func(c *Config) { c.Password, c.Auth.CCache = nil, "KEYRING:persistent:0" }), "kind KEYRING"},
		"SPN":                       {kerberos(func(c *Config) { c.Auth.SPN = "dc01.contoso.com" }), "like ldap/dc01.contoso.com"},
		"sspi":                      {func(c *Config) { c.Auth.Method, c.BindName, c.Password = SSPI, "", nil }, map[bool]string{false: "use kerberos"}[sspiAvailable]},
		"sspi with name":            {func(c *Config) { c.Auth.Method = SSPI }, "takes no account name"},
		"ntlm":                      {func(c *Config) { c.Auth.Method = NTLM }, ""},
		"ntlm without password":     {func(c *Config) { c.Auth.Method, c.Password = NTLM, nil }, "ntlm needs"},
		"ntlm with DN":              {func(c *Config) { c.Auth.Method, c.BindName = NTLM, "CN=a,DC=contoso,DC=com" }, "no distinguished name"},
		"external":                  {external, ""},
		"external without":          {func(c *Config) { external(c); c.Auth.ClientCertificate = nil }, "needs a client certificate"},
		"external with name":        {func(c *Config) { external(c); c.BindName = "svc-audit" }, "takes no account name"},
		"external in clear": {func(c *Config) {
			external(c)
			c.Servers, c.AllowPlaintext = []string{"ldap://dc01.contoso.com"}, true
		}, "needs TLS"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			c := configFor("dc01.contoso.com:389")
			tt.change(&c)
			err := c.Validate()
			if (err == nil) != (tt.text == "") || err != nil && !strings.Contains(err.Error(), tt.text) {
				t.Errorf("error %v, want %q", err, tt.text)
			}
		})
	}
}

func TestChannelBindings(t *testing.T) {
	data, err := os.ReadFile("testdata/bindings.txt")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for line := range strings.Lines(string(data)) {
		sum, certificate, ok := strings.Cut(strings.TrimSpace(line), " ")
		if !ok || sum == "#" {
			continue
		}
		der, err := base64.StdEncoding.DecodeString(certificate)
		if err != nil {
			t.Fatal(err)
		}
		c, err := x509.ParseCertificate(der)
		if err != nil {
			t.Fatal(err)
		}
		if got := hex.EncodeToString(channelBindings(c)); got != sum {
			t.Errorf("%s: %s, want %s", c.SignatureAlgorithm, got, sum)
		}
		n++
	}
	if n != 5 {
		t.Errorf("%d certificates", n)
	}
	if !bytes.Equal(channelBindings(nil), make([]byte, 16)) {
		t.Error("bindings without TLS")
	}
}
