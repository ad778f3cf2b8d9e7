package hosts

import (
	"net/netip"
	"slices"
	"strings"
	"time"

	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/address"
)

// Validity says how a certificate's dates stand to a time. A higher one is worse.
type Validity uint8

// The validities.
const (
	Valid  Validity = iota
	Soon            // it ends within the longer limit
	Nearly          // it ends within the shorter limit
	Early           // it does not count yet
	Expired
)

// Limits are how long before its end a certificate is reported.
type Limits struct{ Soon, Nearly time.Duration }

// Dates judges the dates of a certificate.
func (l Limits) Dates(c evidence.Certificate, at time.Time) Validity {
	left := c.Ends.Sub(at)
	switch {
	case c.Ends.IsZero():
		return Valid
	case left < 0:
		return Expired
	case c.Begins.After(at):
		return Early
	case left < l.Nearly:
		return Nearly
	case left < l.Soon:
		return Soon
	}
	return Valid
}

// Oldest judges the dates of what a server sent: of its own certificate, and of the one that issued it unless the server sent another one of that name which is good. What is
// sent besides, such as an expired cross-signature, harms nobody.
func (l Limits) Oldest(chain []evidence.Certificate, at time.Time) (worst Validity, of evidence.Certificate) {
	if len(chain) == 0 {
		return Valid, evidence.Certificate{}
	}
	worst, of = l.Dates(chain[0], at), chain[0]
	issuer, found := Expired, evidence.Certificate{}
	for _, c := range chain[1:] {
		if c.Subject != chain[0].Issuer {
			continue
		}
		if v := l.Dates(c, at); found.Fingerprint == "" || v < issuer {
			issuer, found = v, c
		}
	}
	if found.Fingerprint != "" && !found.SelfSigned && issuer > worst {
		return issuer, found
	}
	return worst, of
}

// Trust is what is wrong with where a chain leads.
type Trust uint8

// The faults of trust.
const (
	Trusted    Trust = iota
	SelfSigned       // the server's own certificate vouches for itself
	Incomplete       // trusted only with certificates that had to be fetched
	Unknown          // a certificate is missing and could not be fetched
	Private          // it leads to no root that is known
)

// Trusting judges where the chain of a handshake leads. chain is that of [Index.Chain].
func Trusting(h evidence.Handshake, chain []evidence.Certificate) Trust {
	switch h.Trust {
	case evidence.TrustSystem, evidence.TrustConfigured, "":
		return Trusted
	}
	if len(chain) > 0 && len(h.Chain) > 0 && chain[0].Fingerprint == h.Chain[0] && chain[0].SelfSigned {
		return SelfSigned
	}
	switch h.Trust {
	case evidence.TrustCompleted:
		return Incomplete
	case evidence.TrustUnknown:
		return Unknown
	}
	return Private
}

// Misnamed says that the certificate of a handshake is not for the host that was asked for. leaf is the server's own certificate, the zero value when it was not kept.
func Misnamed(h evidence.Handshake, leaf evidence.Certificate) bool {
	if leaf.Fingerprint == "" || leaf.NameCount > len(leaf.Names) {
		return h.NameError != ""
	}
	return !Names(leaf, h.Host)
}

// Names says that a certificate is for a host: one of its DNS names or addresses is that of the host. A wildcard stands for one label. The common name alone does not count.
func Names(c evidence.Certificate, host string) bool {
	if ip, err := netip.ParseAddr(host); err == nil {
		return slices.ContainsFunc(c.Addresses, func(a string) bool {
			other, err := netip.ParseAddr(a)
			return err == nil && other.Unmap() == ip.Unmap()
		})
	}
	host = address.DomainKey(host)
	return slices.ContainsFunc(c.Names, func(name string) bool { return covers(address.DomainKey(name), host) })
}

func covers(pattern, host string) bool {
	if pattern == host {
		return pattern != ""
	}
	below, wild := strings.CutPrefix(pattern, "*.")
	if !wild {
		return false
	}
	label, parent, ok := strings.Cut(host, ".")
	return ok && label != "" && parent == below
}

// Under says that a name is the domain, or lies below it. A wildcard at the front of the name does not matter.
func Under(name, domain string) bool {
	name, domain = strings.TrimPrefix(address.DomainKey(name), "*."), address.DomainKey(domain)
	return domain != "" && (name == domain || strings.HasSuffix(name, "."+domain))
}

// MicrosoftDomains are those that Microsoft's own services have certificates for. Names of the organisation that lead to such a service are served with one of these, which clients expect.
func MicrosoftDomains() []string {
	return []string{
		"lync.com", "outlook.com", "lync.glbdns.microsoft.com", "microsoftonline.com", "microsoft.com", "office365.com", "office.com", "cloud.microsoft", "windows.net", "skype.com",
		"sharepoint.com", "partner.outlook.cn", "partner.lync.cn", "skypeforbusiness.us", "office365.us", "microsoftonline.us",
	}
}

// MicrosoftName says that a host name lies in one of these domains.
func MicrosoftName(name string) bool {
	return slices.ContainsFunc(MicrosoftDomains(), func(d string) bool { return Under(name, d) })
}

// OfMicrosoft says that a server is one of Microsoft's: it serves a certificate for names in Microsoft's domains, which is trusted.
func OfMicrosoft(h evidence.Handshake, leaf evidence.Certificate) bool {
	return h.Trust == evidence.TrustSystem && slices.ContainsFunc(leaf.Names, MicrosoftName)
}
