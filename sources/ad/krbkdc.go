package ad

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/jcmturner/gokrb5/v8/iana/errorcode"
	"github.com/jcmturner/gokrb5/v8/messages"

	"hybridaudit/sources/evidence/directory"
)

const (
	kdcPort = "88"
	// kdcTimeout is for one KDC: connecting, asking, answering.
	kdcTimeout = 10 * time.Second
	// maxKDCAnswer bounds one answer, in bytes. Tickets of accounts in very many groups have 64 KiB.
	maxKDCAnswer = 1 << 20
)

// kdcs gives the addresses of a realm's KDCs: those of the Kerberos configuration; without any the domain controllers of the realm that were reached, then
// those that DNS knows, and when there are none at all the configured servers, of which it is then not known what realm they have.
func (k *kerberos) kdcs(ctx context.Context, realm string) []string {
	var found []string
	add := func(address string) {
		if !slices.Contains(found, address) {
			found = append(found, address)
		}
	}
	for _, one := range k.settings.Realms {
		if !strings.EqualFold(one.Realm, realm) {
			continue
		}
		for _, address := range one.KDC {
			add(strings.TrimSuffix(address, "*"))
		}
	}
	if len(found) > 0 {
		return found
	}
	for _, host := range k.config.tickets.hosts[strings.ToUpper(realm)] {
		add(net.JoinHostPort(host, kdcPort))
	}
	if k.config.Resolver != nil {
		// A realm that DNS does not know leaves what is known otherwise.
		listed, _ := k.config.lookUp(ctx, "kerberos", realm)
		for _, one := range listed {
			add(one.address)
		}
	}
	if len(found) == 0 {
		for _, s := range k.config.servers {
			add(net.JoinHostPort(s.host, kdcPort))
		}
	}
	return found
}

// ask sends a request to the KDCs of a realm, one after the other until one answers. The error is a messages.KRBError when the answer is a refusal.
func (k *kerberos) ask(ctx context.Context, realm string, request []byte) ([]byte, error) {
	addresses := k.kdcs(ctx, realm)
	if len(addresses) == 0 {
		return nil, &Error{
			Kind: Unreachable, What: "no KDC of the realm " + directory.Printable(realm, 255) + " is known",
			Advice: "check the realm, or name its KDCs in a krb5.conf",
		}
	}
	var faults []error
	for _, address := range addresses {
		answer, err := k.askOne(ctx, address, request)
		if err != nil {
			k.config.Log.Debug("no answer from a KDC", "kdc", address, "because", err)
			faults = append(faults, fmt.Errorf("%s: %w", address, err))
			if ctx.Err() != nil {
				break
			}
			continue
		}
		var refused messages.KRBError
		if refused.Unmarshal(answer) != nil {
			return answer, nil
		}
		if refused.ErrorCode != errorcode.KDC_ERR_SVC_UNAVAILABLE {
			return nil, refused
		}
		faults = append(faults, fmt.Errorf("%s: %w", address, refused))
	}
	return nil, kdcUnreachable(realm, addresses, errors.Join(faults...))
}

// askOne asks over TCP: over UDP tickets with many groups would be cut.
func (k *kerberos) askOne(ctx context.Context, address string, request []byte) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, kdcTimeout)
	defer cancel()
	conn, err := k.config.Dialer.DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	defer func() { _ = conn.Close() }()
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	if _, err := conn.Write(append(binary.BigEndian.AppendUint32(nil, uint32(len(request))), request...)); err != nil { //nolint:gosec // our own request
		return nil, whyEnded(ctx, err)
	}
	var length [4]byte
	if _, err := io.ReadFull(conn, length[:]); err != nil {
		return nil, whyEnded(ctx, err)
	}
	n := binary.BigEndian.Uint32(length[:])
	if n == 0 || n > maxKDCAnswer {
		return nil, fmt.Errorf("an answer of %d bytes is none of Kerberos", n)
	}
	answer := make([]byte, n)
	if _, err := io.ReadFull(conn, answer); err != nil {
		return nil, whyEnded(ctx, err)
	}
	return answer, nil
}

// whyEnded prefers the reason for which a connection was closed under our feet.
func whyEnded(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

// kdcUnreachable says that no KDC answered, with the reason of the first.
func kdcUnreachable(realm string, addresses []string, err error) *Error {
	e := &Error{Kind: Unreachable, Err: err}
	e.What = "no KDC of the realm " + directory.Printable(realm, 255) + " answers (" + directory.Printable(strings.Join(addresses, ", "), 200) + ")"
	e.Advice = "Kerberos needs TCP port 88 of the domain controllers: check the firewall, and the realm or krb5.conf"
	if dns := (*net.DNSError)(nil); errors.As(err, &dns) {
		e.What = "the KDC's name " + directory.Printable(dns.Name, 255) + " has no address"
		e.Advice = "check that this machine asks a DNS server that knows the domain, or krb5.conf"
	}
	return e
}
