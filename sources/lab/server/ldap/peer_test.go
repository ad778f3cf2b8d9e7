package ldaplab

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// ldapsearch runs OpenLDAP's client, so that the server is tried with a second implementation of the protocol.
func ldapsearch(t *testing.T, environment []string, arguments ...string) (stdout string, err error) {
	t.Helper()
	program, lookErr := exec.LookPath("ldapsearch")
	if lookErr != nil {
		const how = "peer ldapsearch is missing: it is not installed; enable with: apt-get install ldap-utils"
		if os.Getenv("HYBRIDAUDIT_E2E") == "required" {
			t.Fatal(how)
		}
		t.Skip(how)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	c := exec.CommandContext(ctx, program, append([]string{"-LLL", "-o", "nettimeout=5"}, arguments...)...)
	c.Env = append(os.Environ(), environment...)
	var complaint strings.Builder
	c.Stderr = &complaint
	out, err := c.Output()
	if err != nil {
		err = fmt.Errorf("%w: %s", err, complaint.String())
	}
	return string(out), err
}

func TestLdapsearch(t *testing.T) {
	cert, _ := certificate(t)
	leaf, err := x509.ParseCertificate(cert.Certificate[0])
	if err != nil {
		t.Fatal(err)
	}
	ca := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: leaf.Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	environment := []string{"LDAPTLS_CACERT=" + ca, "LDAPTLS_REQCERT=demand"}
	o := Options{Directory: sample(2300), Certificate: cert}
	plain, secure := "ldap://"+start(t, o, false), "ldaps://"+start(t, o, true)
	auth := []string{"-x", "-D", `CONTOSO\reader`, "-w", testPassword}
	staff := []string{"-b", "OU=Staff," + testBase, "-E", "pr=1000/noprompt", "(&(objectCategory=person)(objectClass=user))", "mail", "objectGUID"}

	for name, connection := range map[string][]string{"plain": {"-H", plain}, "StartTLS": {"-H", plain, "-ZZ"}, "LDAPS": {"-H", secure}} {
		t.Run(name, func(t *testing.T) {
			out, err := ldapsearch(t, environment, append(append(connection, auth...), staff...)...)
			if err != nil {
				t.Fatal(err)
			}
			if n := strings.Count(out, "\ndn: ") + strings.Count(out, "dn: CN=User 00000"); n != 2300 {
				t.Errorf("%d entries, want 2300", n)
			}
			if !strings.Contains(out, "mail: u02299@contoso.com") || !strings.Contains(out, "objectGUID:: ") {
				t.Error("attributes are missing")
			}
		})
	}
	t.Run("root search", func(t *testing.T) {
		out, err := ldapsearch(t, nil, append(append([]string{"-H", plain}, auth...), "-b", testBase, "(objectClass=contact)", "mail")...)
		if err != nil || strings.Count(out, "ldap://") != 3 || !strings.Contains(out, "partner@fabrikam.com") {
			t.Errorf("%v\n%s", err, out)
		}
	})
	t.Run("unpaged", func(t *testing.T) {
		out, err := ldapsearch(t, nil, append(append([]string{"-H", plain}, auth...), "-b", testBase, "(objectClass=user)", "1.1")...)
		if err == nil || !strings.Contains(err.Error(), "Size limit exceeded (4)") || strings.Count(out, "dn: ") != 1000 {
			t.Errorf("%v, %d entries", err, strings.Count(out, "dn: "))
		}
	})
	t.Run("wrong password", func(t *testing.T) {
		_, err := ldapsearch(t, nil, "-H", plain, "-x", "-D", `CONTOSO\reader`, "-w", "wrong", "-b", testBase)
		if err == nil || !strings.Contains(err.Error(), "Invalid credentials (49)") || !strings.Contains(err.Error(), "data 52e") {
			t.Error(err)
		}
	})
	t.Run("ranges", func(t *testing.T) {
		out, err := ldapsearch(t, nil, append(append([]string{"-H", plain}, auth...), "-b", "CN=Everyone,OU=Staff,"+testBase, "-s", "base", "member")...)
		if err != nil || strings.Count(out, "member;range=0-1499:") != 1500 {
			t.Errorf("%v, %d values", err, strings.Count(out, "member;range=0-1499:"))
		}
	})
	t.Run("unknown critical control", func(t *testing.T) {
		_, err := ldapsearch(t, nil, append(append([]string{"-H", plain}, auth...), "-E", "!1.2.3.4=:x", "-b", testBase, "-s", "base")...)
		if err == nil || !strings.Contains(err.Error(), "Critical extension is unavailable (12)") {
			t.Error(err)
		}
	})
}
