package ad

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/jcmturner/gokrb5/v8/config"
	"github.com/jcmturner/gokrb5/v8/iana/errorcode"
	"github.com/jcmturner/gokrb5/v8/iana/etypeID"
	"github.com/jcmturner/gokrb5/v8/messages"
	"github.com/jcmturner/gokrb5/v8/types"

	"hybridaudit/sources/evidence/directory"
)

// ticket is a ticket with what its owner needs in order to use it.
type ticket struct {
	ticket messages.Ticket
	key    types.EncryptionKey
	client types.PrincipalName
	realm  string // the client's
	end    time.Time
}

// tickets are those of one run: one for each domain controller, used again when the connection to it is opened anew. There is nothing to be released.
type tickets struct {
	mu       sync.Mutex
	home     string // realm of the first domain controller
	granting *ticket
	services map[string]ticket
	hosts    map[string][]string // domain controllers that were reached, by their realm in capitals
	refused  error               // the account was refused: asking again would lock it out
}

// kerberos is one sign-in's view of the tickets, which are locked while it lasts.
type kerberos struct {
	config   *resolved
	settings *config.Config
}

// margin is how long before its end a ticket is no longer used.
const margin = 5 * time.Minute

// kerberosBind signs in with a ticket. There is no security layer: TLS protects the connection.
func (s *session) kerberosBind(ctx context.Context, r *resolved) *Error {
	names := s.serviceNames(r)
	var (
		granted ticket
		err     error
	)
	for _, spn := range names {
		granted, err = r.tickets.forService(ctx, r, s, spn)
		if refused := (messages.KRBError{}); !errors.As(err, &refused) || refused.ErrorCode != errorcode.KDC_ERR_S_PRINCIPAL_UNKNOWN {
			break
		}
	}
	if err != nil {
		return s.kerberosError(ctx, r, names[0], err)
	}
	s.guard.allow()
	err = s.conn.GSSAPIBind(&gssContext{ticket: granted, bindings: channelBindings(s.certificate)}, names[0], "")
	if err != nil {
		// Should the domain controller's key have changed, the next attempt needs a new ticket.
		r.tickets.forget(names)
		return s.kerberosError(ctx, r, names[0], err)
	}
	return nil
}

// serviceNames are the service principal names that a domain controller may have, the likeliest first: with the name that it gives itself, and with those
// by which it is known here.
func (s *session) serviceNames(r *resolved) []string {
	if r.Auth.SPN != "" {
		return []string{r.Auth.SPN}
	}
	var names []string
	for _, host := range []string{s.root.host, s.server.name, s.server.host} {
		if name := "ldap/" + strings.ToLower(host); host != "" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// forService gives the ticket for a domain controller, from the KDC if none is at hand.
func (t *tickets) forService(ctx context.Context, r *resolved, s *session, spn string) (got ticket, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if realm := strings.ToUpper(s.root.domain()); realm != "" {
		t.met(realm, s.server.host)
	}
	now := r.Clock.Now()
	if known, ok := t.services[spn]; ok && now.Add(margin).Before(known.end) {
		return known, nil
	}
	if t.refused != nil {
		return ticket{}, t.refused
	}
	// The library's decoders trust lengths that they read.
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("what the KDC, the keytab or the credential cache says cannot be read: %v", p)
		}
	}()
	k := &kerberos{config: r}
	if k.settings, err = r.krb5Settings(t.home); err != nil {
		return ticket{}, err
	}
	got, err = k.obtain(ctx, spn)
	if err != nil {
		return ticket{}, err
	}
	if t.services == nil {
		t.services = map[string]ticket{}
	}
	t.services[spn] = got
	return got, nil
}

// met remembers a domain controller as KDC of its realm.
func (t *tickets) met(realm, host string) {
	if t.home == "" {
		t.home = realm
	}
	if t.hosts == nil {
		t.hosts = map[string][]string{}
	}
	// The one at hand comes first: it answers.
	others := t.hosts[realm]
	t.hosts[realm] = []string{host}
	for _, other := range others {
		if other != host {
			t.hosts[realm] = append(t.hosts[realm], other)
		}
	}
}

func (t *tickets) forget(names []string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, spn := range names {
		delete(t.services, spn)
	}
}

// krb5Settings reads the Kerberos configuration, or makes one for the realm of a domain.
func (r *resolved) krb5Settings(home string) (*config.Config, error) {
	settings := config.New()
	if r.Auth.Krb5Conf != "" {
		text, err := os.ReadFile(r.Auth.Krb5Conf)
		if err != nil {
			return nil, credentialError("the Kerberos configuration cannot be read", "check the path of krb5.conf", err)
		}
		err = parsed(func() (err error) {
			settings, err = config.NewFromString(string(text))
			return err
		})
		if unsupported := (config.UnsupportedDirective{}); err != nil && !errors.As(err, &unsupported) {
			return nil, credentialError("the Kerberos configuration is wrong: "+directory.Printable(err.Error(), 200), "check "+r.Auth.Krb5Conf, err)
		}
	}
	l := &settings.LibDefaults
	if l.DefaultRealm == "" {
		l.DefaultRealm = home
	}
	l.NoAddresses = true
	l.DefaultTktEnctypeIDs = supported(l.DefaultTktEnctypeIDs, true)
	l.DefaultTGSEnctypeIDs = supported(l.DefaultTGSEnctypeIDs, false)
	if len(l.DefaultTktEnctypeIDs) == 0 || len(l.DefaultTGSEnctypeIDs) == 0 {
		return nil, credentialError("the Kerberos configuration allows none of the encryption types that are known here", "allow AES in krb5.conf", nil)
	}
	return settings, nil
}

// supported keeps the encryption types that can be used. RC4 is for the account's key only, if it has no other.
func supported(ids []int32, rc4 bool) []int32 {
	var kept []int32
	for _, id := range ids {
		switch id {
		case etypeID.AES256_CTS_HMAC_SHA1_96, etypeID.AES128_CTS_HMAC_SHA1_96, etypeID.AES256_CTS_HMAC_SHA384_192, etypeID.AES128_CTS_HMAC_SHA256_128:
			kept = append(kept, id)
		case etypeID.RC4_HMAC:
			if rc4 {
				kept = append(kept, id)
			}
		}
	}
	return kept
}

// obtain gets the ticket for a service: out of a credential cache, or for a granting ticket.
func (k *kerberos) obtain(ctx context.Context, spn string) (ticket, error) {
	t := k.config.tickets
	if k.config.Auth.CCache != "" {
		granting, service, err := k.fromCache(spn)
		if err != nil || service != nil {
			return deref(service), err
		}
		return k.serviceTicket(ctx, *granting, spn)
	}
	if t.granting == nil || !k.config.Clock.Now().Add(margin).Before(t.granting.end) {
		granting, err := k.logIn(ctx)
		// A KDC that is only busy comes as an Error of its own, and may be asked again.
		if refused := (messages.KRBError{}); errors.As(err, &refused) && !errors.As(err, new(*Error)) {
			t.refused = err
		}
		if err != nil {
			return ticket{}, err
		}
		t.granting = &granting
	}
	return k.serviceTicket(ctx, *t.granting, spn)
}

func deref(t *ticket) ticket {
	if t == nil {
		return ticket{}
	}
	return *t
}

// credentialError says that something the sign-in needs on this machine is not there.
func credentialError(what, advice string, err error) *Error {
	if path := (*os.PathError)(nil); errors.As(err, &path) {
		what += ": " + path.Error()
	}
	return &Error{Kind: CredentialError, What: what, Advice: advice, Err: err}
}
