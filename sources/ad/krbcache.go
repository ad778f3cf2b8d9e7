package ad

import (
	"encoding/binary"
	"errors"
	"os"
	"strings"
	"time"

	"github.com/jcmturner/gokrb5/v8/types"

	"hybridaudit/sources/evidence/directory"
)

// maxCache bounds a credential cache, in bytes.
const maxCache = 16 << 20

// cached is one entry of a credential cache.
type cached struct {
	server principal
	key    types.EncryptionKey
	end    time.Time
	ticket []byte
}

// principal is a Kerberos name with its realm.
type principal struct {
	name  types.PrincipalName
	realm string
}

// fromCache reads a credential cache: the ticket for the service if it is there, otherwise the granting ticket.
func (k *kerberos) fromCache(spn string) (granting, service *ticket, err error) {
	path := strings.TrimPrefix(k.config.Auth.CCache, "FILE:")
	data, err := os.ReadFile(path) //nolint:gosec // the configuration names it
	if err != nil {
		return nil, nil, credentialError("the credential cache cannot be read", "run kinit -c "+directory.Printable(path, 200), err)
	}
	owner, entries, err := parseCache(data)
	if err != nil {
		return nil, nil, credentialError("the credential cache is damaged", "run kinit -c "+directory.Printable(path, 200), err)
	}
	now := k.config.Clock.Now()
	var expired time.Time
	for _, one := range entries {
		name := one.server.name.PrincipalNameString()
		isGranting := strings.EqualFold(name, "krbtgt/"+owner.realm)
		if !isGranting && (!strings.EqualFold(name, spn) || len(supported([]int32{one.key.KeyType}, false)) == 0) {
			continue
		}
		if !now.Before(one.end) {
			if one.end.After(expired) {
				expired = one.end
			}
			continue
		}
		found := &ticket{key: one.key, client: owner.name, realm: owner.realm, end: one.end}
		if err := parsed(func() error { return found.ticket.Unmarshal(one.ticket) }); err != nil {
			return nil, nil, credentialError("the credential cache is damaged", "run kinit -c "+directory.Printable(path, 200), err)
		}
		if isGranting {
			granting = found
		} else {
			service = found
		}
	}
	switch {
	case granting != nil || service != nil:
		return granting, service, nil
	case !expired.IsZero():
		return nil, nil, credentialError("the ticket in the credential cache has expired on "+expired.UTC().Format("2006-01-02 15:04 UTC"),
			"run kinit, or sign in with a keytab, which does not expire", nil)
	}
	return nil, nil, credentialError("the credential cache holds no ticket of its realm "+directory.Printable(owner.realm, 255), "run kinit -c "+directory.Printable(path, 200), nil)
}

// parseCache reads a credential cache of MIT Kerberos or Heimdal, in the versions 3 and 4 of the format. The library's own decoder trusts the lengths in it.
func parseCache(data []byte) (principal, []cached, error) {
	if len(data) < 2 || data[0] != 5 || data[1] != 3 && data[1] != 4 {
		return principal{}, nil, errors.New("it is no credential cache of version 3 or 4")
	}
	if len(data) > maxCache {
		return principal{}, nil, errors.New("it is too large")
	}
	r := &cacheReader{rest: data[2:], version: data[1]}
	if r.version == 4 {
		r.take(r.number(2)) // what is known of the KDC's clock
	}
	owner := r.principal()
	var entries []cached
	for len(r.rest) > 0 && r.err == nil {
		one := r.entry()
		// Heimdal and MIT keep settings between the tickets.
		if !strings.HasPrefix(one.server.realm, "X-CACHECONF") {
			entries = append(entries, one)
		}
	}
	return owner, entries, r.err
}

// cacheReader reads a credential cache from its beginning. After an error everything is empty.
type cacheReader struct {
	rest    []byte
	version byte
	err     error
}

func (r *cacheReader) take(n int) []byte {
	if n > len(r.rest) || r.err != nil {
		r.rest, r.err = nil, errors.New("it is cut short")
		return nil
	}
	b := r.rest[:n]
	r.rest = r.rest[n:]
	return b
}

// number reads an integer of so many bytes, at most 4.
func (r *cacheReader) number(n int) int {
	var b [8]byte
	copy(b[8-n:], r.take(n))
	return int(binary.BigEndian.Uint64(b[:])) //nolint:gosec // 32 bits
}

func (r *cacheReader) data() []byte { return r.take(r.number(4)) }

func (r *cacheReader) principal() principal {
	p := principal{name: types.PrincipalName{NameType: int32(r.number(4))}} //nolint:gosec // small numbers, others name nobody
	n := r.number(4)
	p.realm = string(r.data())
	for ; n > 0 && r.err == nil; n-- {
		p.name.NameString = append(p.name.NameString, string(r.data()))
	}
	return p
}

func (r *cacheReader) entry() cached {
	r.principal() // whose it is
	one := cached{server: r.principal()}
	one.key.KeyType = int32(r.number(2)) //nolint:gosec // 16 bits
	if r.version == 3 {
		r.take(2) // once more
	}
	one.key.KeyValue = r.data()
	r.take(8) // when it was given, from when it is good
	one.end = time.Unix(int64(r.number(4)), 0)
	r.take(4 + 1 + 4) // renewable until, whether it is for another user's ticket, flags
	for range 2 {     // addresses and authorisation data
		for n := r.number(4); n > 0 && r.err == nil; n-- {
			r.take(2)
			r.data()
		}
	}
	one.ticket = r.data()
	r.data() // a second ticket
	return one
}
