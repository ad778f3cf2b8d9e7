package ldaplab

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"strings"
	"testing"

	"github.com/go-ldap/ldap/v3"
)

func TestBindNames(t *testing.T) {
	address := start(t, Options{}, false)
	tests := []struct {
		name, password string
		want           int
		text           string
	}{
		{"reader@fabrikam.com", testPassword, 0, ""},
		{"READER@Fabrikam.com", testPassword, 0, ""},
		{`CONTOSO\reader`, testPassword, 0, ""},
		{`contoso\READER`, testPassword, 0, ""},
		{"cn=reader, cn=users, dc=contoso, dc=com", testPassword, 0, ""},
		{"svc-audit@contoso.com", testPassword, 0, ""},
		{"CN=svc-audit,CN=Users,DC=contoso,DC=com", testPassword, 0, ""},
		{"reader@contoso.com", testPassword, 49, "data 52e"}, // its UPN has another suffix
		{"reader", testPassword, 49, "data 52e"},
		{"reader@fabrikam.com", "wrong", 49, "80090308: LdapErr: DSID-0C090447, comment: AcceptSecurityContext error, data 52e, v4563"},
		{"nobody@contoso.com", testPassword, 49, "data 52e"},
	}
	for _, tt := range tests {
		t.Run(tt.name+"/"+tt.password, func(t *testing.T) {
			c := connect(t, address, "")
			err := c.Bind(tt.name, tt.password)
			if code(err) != tt.want {
				t.Fatalf("bind: %v, want code %d", err, tt.want)
			}
			if err != nil && !strings.Contains(err.Error(), tt.text) {
				t.Errorf("text %q lacks %q", err, tt.text)
			}
		})
	}
}

func TestBindDataCodes(t *testing.T) {
	for _, data := range []string{"525", "52e", "530", "531", "532", "533", "701", "773", "775", "80090346"} {
		t.Run(data, func(t *testing.T) {
			c := connect(t, start(t, Options{Faults: []Fault{{Kind: RefusedBind, Data: data}}}, false), "")
			err := c.Bind("reader@fabrikam.com", testPassword)
			if code(err) != 49 || !strings.Contains(err.Error(), "data "+data+",") {
				t.Errorf("bind: %v", err)
			}
		})
	}
}

func TestUnauthenticatedSeesOnlyRootDSE(t *testing.T) {
	c := connect(t, start(t, Options{}, false), "")
	check := func(when string) {
		root := ldap.NewSearchRequest("", ldap.ScopeBaseObject, 0, 0, 0, false, "(objectClass=*)", []string{"defaultnamingcontext"}, nil)
		got, err := c.Search(root)
		if err != nil || got.Entries[0].GetAttributeValue("defaultNamingContext") != testBase {
			t.Errorf("%s: rootDSE: %v", when, err)
		}
		root.Controls = []ldap.Control{ldap.NewControlPaging(10)}
		if _, err := c.Search(root); code(err) != 1 {
			t.Errorf("%s: paged rootDSE: %v, want code 1", when, err)
		}
		_, err = c.Search(subtree(testBase, "(objectClass=user)"))
		if code(err) != 1 || !strings.Contains(err.Error(), "000004DC: LdapErr:") {
			t.Errorf("%s: search: %v, want operationsError", when, err)
		}
	}
	check("before bind")
	if err := c.UnauthenticatedBind("reader@fabrikam.com"); err != nil {
		t.Fatal(err)
	}
	check("after an empty password")
	if err := c.Bind("reader@fabrikam.com", testPassword); err != nil {
		t.Fatal(err)
	}
	if err := c.Bind("reader@fabrikam.com", "wrong"); code(err) != 49 {
		t.Fatal(err)
	}
	check("after a failed bind")
}

func TestTLS(t *testing.T) {
	cert, pool := certificate(t)
	good := &tls.Config{RootCAs: pool, ServerName: "dc01.contoso.com", MinVersion: tls.VersionTLS12}

	t.Run("LDAPS", func(t *testing.T) {
		address := start(t, Options{Certificate: cert}, true)
		c, err := ldap.DialURL("ldaps://"+address, ldap.DialWithTLSConfig(good))
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = c.Close() }()
		if err := c.Bind("reader@fabrikam.com", testPassword); err != nil {
			t.Fatal(err)
		}
		who, err := c.WhoAmI(nil)
		if err != nil || who.AuthzID != `u:CONTOSO\reader` {
			t.Errorf("who am I: %v %v", who, err)
		}
	})
	t.Run("LDAPS to a plain port", func(t *testing.T) {
		if _, err := ldap.DialURL("ldaps://"+start(t, Options{Certificate: cert}, false), ldap.DialWithTLSConfig(good)); err == nil {
			t.Error("connected")
		}
	})
	t.Run("untrusted", func(t *testing.T) {
		address := start(t, Options{Certificate: cert}, true)
		_, err := ldap.DialURL("ldaps://"+address, ldap.DialWithTLSConfig(&tls.Config{ServerName: "dc01.contoso.com", MinVersion: tls.VersionTLS12}))
		if err == nil || !errors.As(err, new(x509.UnknownAuthorityError)) && !strings.Contains(err.Error(), "unknown authority") {
			t.Errorf("dial: %v", err)
		}
	})
	t.Run("StartTLS", func(t *testing.T) {
		c := connect(t, start(t, Options{Certificate: cert, RequireTLS: true}, false), "")
		if err := c.Bind("reader@fabrikam.com", testPassword); code(err) != 8 {
			t.Errorf("bind in clear: %v, want code 8", err)
		}
		if err := c.StartTLS(good); err != nil {
			t.Fatal(err)
		}
		if err := c.Bind("reader@fabrikam.com", testPassword); err != nil {
			t.Error(err)
		}
	})
	t.Run("StartTLS without certificate", func(t *testing.T) {
		c := connect(t, start(t, Options{}, false), "")
		if err := c.StartTLS(good); code(err) != 52 {
			t.Errorf("StartTLS: %v, want code 52", err)
		}
	})
	t.Run("LDAPS without certificate", func(t *testing.T) {
		s, err := New(Options{Directory: sample(0)})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.ServeTLS(t.Context(), listen(t)); err == nil {
			t.Error("no error")
		}
	})
}
