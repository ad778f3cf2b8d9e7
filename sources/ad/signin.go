package ad

import (
	"context"
	"errors"

	"github.com/go-ldap/ldap/v3"
)

// signIn signs in by the configured method.
func (s *session) signIn(ctx context.Context, r *resolved) *Error {
	switch r.Auth.method() {
	case Kerberos:
		return s.kerberosBind(ctx, r)
	case SSPI:
		return s.sspiBind(r)
	case NTLM:
		r.Log.Warn("signing in with NTLM, which Microsoft advises against: prefer kerberos", "server", s.server.address)
		return s.passwordBind(r, func(password string) error { return s.ntlmBind(r.BindName, password) })
	case External:
		return s.externalBind(r)
	}
	return s.passwordBind(r, func(password string) error { return s.conn.Bind(r.BindName, password) })
}

// passwordBind signs in with name and password.
func (s *session) passwordBind(r *resolved, bind func(password string) error) *Error {
	password, err := r.Password()
	if err == nil && password == "" {
		// With an empty password a server would let the account in as nobody, and say nothing of it.
		err = errors.New("the password is empty")
	}
	if err != nil {
		return &Error{Kind: CredentialError, Server: s.server.address, What: "the password is not available: " + err.Error(), Err: err}
	}
	s.guard.allow()
	if err := bind(password); err != nil {
		return s.bindError(r.Auth.method(), err)
	}
	return nil
}

// sspiBind signs in as the account that runs the process.
func (s *session) sspiBind(r *resolved) *Error {
	client, release, err := sspiClient(s.certificate)
	if err != nil {
		return s.bindError(SSPI, err)
	}
	defer release()
	s.guard.allow()
	if err := s.conn.GSSAPIBind(&onceOnly{GSSAPIClient: client}, s.serviceNames(r)[0], ""); err != nil {
		return s.bindError(SSPI, err)
	}
	return nil
}

// onceOnly refuses to begin a sign-in for the second time: a server that lets us in without an answer of its own would make the LDAP library try for ever.
type onceOnly struct {
	ldap.GSSAPIClient
	begun bool
}

func (o *onceOnly) InitSecContextWithOptions(target string, input []byte, options []int) ([]byte, bool, error) {
	if o.begun && len(input) == 0 {
		return nil, false, errNotProven
	}
	o.begun = true
	return o.GSSAPIClient.InitSecContextWithOptions(target, input, options)
}
