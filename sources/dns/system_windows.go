package dns

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"unsafe"

	"golang.org/x/sys/windows"
)

// System lists the DNS servers of the operating system as address:port: those of the network adapters that are up, in the order in which Windows lists them.
func System() ([]string, error) {
	first, err := adapters()
	if err != nil {
		return nil, fmt.Errorf("finding the system's DNS servers: %w", err)
	}
	var servers []string
	for a := first; a != nil; a = a.Next {
		if a.OperStatus != windows.IfOperStatusUp || a.IfType == windows.IF_TYPE_SOFTWARE_LOOPBACK {
			continue
		}
		for s := a.FirstDnsServerAddress; s != nil; s = s.Next {
			if at, ok := serverOf(s, a.Ipv6IfIndex); ok && !slices.Contains(servers, at) {
				servers = append(servers, at)
			}
		}
	}
	if len(servers) == 0 {
		return nil, errors.New("finding the system's DNS servers: no network adapter names one")
	}
	return servers, nil
}

// serverOf leaves out the site-local addresses that Windows shows for adapters without a server of their own.
func serverOf(s *windows.IpAdapterDnsServerAdapter, zone uint32) (string, bool) {
	a, ok := netip.AddrFromSlice(s.Address.IP())
	if !ok {
		return "", false
	}
	a = a.Unmap()
	if netip.MustParsePrefix("fec0::/10").Contains(a) {
		return "", false
	}
	if a.Is6() && a.IsLinkLocalUnicast() {
		a = a.WithZone(strconv.FormatUint(uint64(zone), 10))
	}
	return netip.AddrPortFrom(a, port).String(), true
}

// adapters asks Windows for its network adapters. How much room they need is only known once it was too little.
func adapters() (*windows.IpAdapterAddresses, error) {
	const flags = windows.GAA_FLAG_SKIP_UNICAST | windows.GAA_FLAG_SKIP_ANYCAST | windows.GAA_FLAG_SKIP_MULTICAST | windows.GAA_FLAG_SKIP_FRIENDLY_NAME
	for size, try := uint32(15000), 0; ; try++ {
		buffer := make([]byte, size)
		first := (*windows.IpAdapterAddresses)(unsafe.Pointer(&buffer[0])) //nolint:gosec // the system writes the list into the buffer
		err := windows.GetAdaptersAddresses(windows.AF_UNSPEC, flags, 0, first, &size)
		switch {
		case err == nil && size == 0:
			return nil, nil
		case err == nil:
			return first, nil
		case !errors.Is(err, windows.ERROR_BUFFER_OVERFLOW) || try == 3:
			return nil, err
		}
	}
}
