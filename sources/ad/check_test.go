package ad

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	ldaplab "hybridaudit/sources/lab/server/ldap"
)

func TestCheck(t *testing.T) {
	a, err := Check(t.Context(), configFor(start(t, ldaplab.Options{}, false)))
	want := &Access{
		Server: "dc01.contoso.com", Domain: "contoso.com", Forest: "contoso.com", GlobalCatalog: true,
		Places: []Place{{"the domain", testBase, true, ""}, {"the configuration", testConfig, true, ""}, {"users", testBase, true, ""}},
	}
	if err != nil {
		t.Fatal(err)
	}
	want.GlobalCatalog = a.GlobalCatalog
	if diff := cmp.Diff(want, a); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

// An account that may bind and sees nobody is told apart from one that sees users.
func TestCheckSeesNobody(t *testing.T) {
	a, err := Check(t.Context(), configFor(start(t, ldaplab.Options{Directory: sample(0)}, false)))
	if err != nil || len(a.Places) != 3 || !a.Places[0].Readable || a.Places[2].Readable || a.Places[2].Why != "the account sees none" {
		t.Errorf("%+v, %v", a, err)
	}
}

func TestCheckThatFails(t *testing.T) {
	var fault *Error
	c := configFor(start(t, ldaplab.Options{}, false))
	c.Password = func() (string, error) { return "wrong", nil }
	if _, err := Check(t.Context(), c); !errors.As(err, &fault) || !fault.SignIn() {
		t.Errorf("wrong password: %v", err)
	}
	if _, err := Check(t.Context(), configFor(listener(t))); !errors.As(err, &fault) || fault.SignIn() || fault.Kind != Unreachable {
		t.Errorf("nobody there: %v", err)
	}
	c.Servers = nil
	if _, err := Check(t.Context(), c); err == nil {
		t.Error("a wrong configuration was tried")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Check(ctx, configFor(start(t, ldaplab.Options{}, false))); !errors.Is(err, context.Canceled) {
		t.Errorf("interrupted: %v", err)
	}
}
