package ldaplab

import (
	"context"
	"crypto/subtle"
	"fmt"
	"strings"

	"hybridaudit/sources/evidence/directory"
)

// account is one account with all names that it may sign in with.
type account struct {
	sam, upn, nt, key string
	password          string
}

// accountsOf resolves the names of the accounts in the directory. Those of the forest's root are known in its other domains too.
func accountsOf(o Options, t *tree) []account {
	var out []account
	for _, a := range o.Accounts {
		one := account{
			sam: a.Name, password: a.Password, upn: strings.ToLower(a.Name + "@" + o.Directory.ForestName),
			nt:  strings.ToLower(o.Directory.NetBIOSName + `\` + a.Name),
			key: directory.DNKey("CN=" + directory.EscapeRDN(a.Name) + ",CN=Users," + o.Directory.BaseDN),
		}
		sam, upn := t.id("sAMAccountName"), t.id("userPrincipalName")
		for i := range t.nodes {
			if v := first(t.nodes[i].values(sam)); v == nil || !strings.EqualFold(string(v), a.Name) {
				continue
			}
			one.key = t.nodes[i].key
			if v := first(t.nodes[i].values(upn)); v != nil {
				one.upn = strings.ToLower(string(v))
			}
		}
		out = append(out, one)
		if root := o.Forest[0]; root.BaseDN != o.Directory.BaseDN {
			one.upn, one.nt = strings.ToLower(a.Name+"@"+root.ForestName), strings.ToLower(root.NetBIOSName+`\`+a.Name)
			one.key = directory.DNKey("CN=" + directory.EscapeRDN(a.Name) + ",CN=Users," + root.BaseDN)
			out = append(out, one)
		}
	}
	return out
}

// refusedSignIn is invalidCredentials with the data code by which a domain controller says what is wrong.
func refusedSignIn(data string) outcome {
	status := "80090308"
	if len(data) == 8 {
		status = data
	}
	return outcome{code: 49, text: fmt.Sprintf("%s: LdapErr: DSID-0C090447, comment: AcceptSecurityContext error, data %s, v4563\x00", status, data)}
}

var outcomeNotSecure = outcome{code: 8, text: "00002028: LdapErr: DSID-0C090259, comment: The server requires binds to turn on integrity checking if " +
	"SSL\\TLS are not already active on the connection, data 0, v4563\x00"}

func (c *connection) bind(e envelope) error {
	done := func(o outcome) error { return c.send(result(e.id, tagBindResponse, o, nil, nil)) }
	c.who = ""
	if len(e.op.Children) != 3 {
		return done(outcomeProtocol)
	}
	name, auth := e.op.Children[1].Data.String(), e.op.Children[2]
	c.observe(Request{Operation: "bind", Who: name})
	if auth.Tag != 0 {
		return done(outcome{code: 7, text: "00002027: LdapErr: DSID-0C0906A5, comment: Invalid Authentication method, data 0, v4563\x00"})
	}
	password := auth.Data.Bytes()
	if len(password) == 0 {
		return done(outcome{}) // an anonymous or unauthenticated bind succeeds and gives no rights
	}
	if c.server.options.RequireTLS && !c.secure {
		return done(outcomeNotSecure)
	}
	if code := c.server.faults.bindCode(); code != "" {
		return done(refusedSignIn(code))
	}
	a, ok := c.server.signIn(name, password)
	if !ok {
		return done(refusedSignIn("52e"))
	}
	c.who = a.sam
	return done(outcome{})
}

func (s *Server) signIn(name string, password []byte) (account, bool) {
	lower, key := strings.ToLower(name), directory.DNKey(name)
	for _, a := range s.accounts {
		if lower == a.upn || lower == a.nt || key == a.key {
			return a, subtle.ConstantTimeCompare(password, []byte(a.password)) == 1
		}
	}
	return account{}, false
}

// extended answers StartTLS and "Who am I?".
func (c *connection) extended(ctx context.Context, e envelope) error {
	c.observe(Request{Operation: "extended"})
	name := ""
	if len(e.op.Children) > 0 {
		name = e.op.Children[0].Data.String()
	}
	switch name {
	case oidStartTLS:
		o := outcome{}
		switch {
		case c.secure:
			o = outcome{code: 1, text: "00000000: LdapErr: DSID-0C090A1A, comment: TLS or SSL already in effect, data 0, v4563\x00"}
		case len(c.server.options.Certificate.Certificate) == 0:
			o = outcome{code: 52, text: "00000000: LdapErr: DSID-0C090A1E, comment: Error initializing SSL/TLS, data 0, v4563\x00"}
		}
		err := c.send(result(e.id, tagExtendedResponse, o, func(w *wire) { w.text(0x8a, oidStartTLS) }, nil))
		if err != nil || o.code != 0 {
			return err
		}
		return c.startTLS(ctx)
	case oidWhoAmI:
		who := ""
		if c.who != "" {
			who = `u:` + c.server.options.Directory.NetBIOSName + `\` + c.who
		}
		return c.send(result(e.id, tagExtendedResponse, outcome{}, func(w *wire) { w.text(0x8b, who) }, nil))
	}
	return c.send(result(e.id, tagExtendedResponse, outcomeProtocol, nil, nil))
}
