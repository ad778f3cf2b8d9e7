package targets

import "net/netip"

// reserved are the networks in which no public server stands.
var reserved = []struct {
	network netip.Prefix
	what    string
}{
	{netip.MustParsePrefix("0.0.0.0/8"), "no address of a host"},
	{netip.MustParsePrefix("10.0.0.0/8"), "a private address"},
	{netip.MustParsePrefix("100.64.0.0/10"), "a private address of a provider"},
	{netip.MustParsePrefix("127.0.0.0/8"), "the audit host itself"},
	{netip.MustParsePrefix("169.254.0.0/16"), "a link-local address"},
	{netip.MustParsePrefix("172.16.0.0/12"), "a private address"},
	{netip.MustParsePrefix("192.0.0.0/24"), "a reserved address"},
	{netip.MustParsePrefix("192.168.0.0/16"), "a private address"},
	{netip.MustParsePrefix("198.18.0.0/15"), "an address for measurements"},
	{netip.MustParsePrefix("224.0.0.0/4"), "a multicast address"},
	{netip.MustParsePrefix("240.0.0.0/4"), "a reserved address"},
	{netip.MustParsePrefix("::/128"), "no address of a host"},
	{netip.MustParsePrefix("::1/128"), "the audit host itself"},
	{netip.MustParsePrefix("64:ff9b:1::/48"), "a private address behind a translator"},
	{netip.MustParsePrefix("100::/64"), "an address that leads nowhere"},
	{netip.MustParsePrefix("fc00::/7"), "a private address"},
	{netip.MustParsePrefix("fe80::/10"), "a link-local address"},
	{netip.MustParsePrefix("fec0::/10"), "a private address"},
	{netip.MustParsePrefix("ff00::/8"), "a multicast address"},
}

// Forms in which an IPv6 address holds an IPv4 one that packets end up at.
var (
	nat64      = netip.MustParsePrefix("64:ff9b::/96") // RFC 6052
	compatible = netip.MustParsePrefix("::/96")        // RFC 4291 2.5.5.1
	sixToFour  = netip.MustParsePrefix("2002::/16")    // RFC 3056
	teredo     = netip.MustParsePrefix("2001::/32")    // RFC 4380
	translated = netip.MustParsePrefix("::ffff:0:0:0/96")
)

// Special tells what kind of address it is when no public server stands there; "" otherwise.
func Special(at netip.Addr) string {
	at = at.WithZone("").Unmap()
	if !at.IsValid() {
		return "no address"
	}
	for _, r := range reserved {
		if r.network.Contains(at) {
			return r.what
		}
	}
	b := at.As16()
	inner := func(i int, flip byte) string {
		return Special(netip.AddrFrom4([4]byte{b[i] ^ flip, b[i+1] ^ flip, b[i+2] ^ flip, b[i+3] ^ flip}))
	}
	switch {
	case at.Is4():
		return ""
	case nat64.Contains(at), compatible.Contains(at), translated.Contains(at):
		return inner(12, 0)
	case sixToFour.Contains(at):
		return inner(2, 0)
	case teredo.Contains(at):
		return inner(12, 0xff)
	}
	return ""
}
