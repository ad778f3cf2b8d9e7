package targets

import (
	"fmt"
	"net"
	"strconv"
	"strings"

	"hybridaudit/sources/evidence/address"
)

// Detours say where to connect instead of where DNS leads: an operator's word, which permits the address, too.
type Detours struct{ to map[string]string }

// ParseDetours reads entries of the form HOST:PORT=ADDRESS:PORT, in which HOST is a name, an address or * for any. The error names the entry.
func ParseDetours(entries []string) (Detours, error) {
	d := Detours{to: map[string]string{}}
	for _, e := range entries {
		from, to, ok := strings.Cut(e, "=")
		host, port, err := net.SplitHostPort(strings.TrimSpace(from))
		if !ok || err != nil || !isPort(port) || host == "" {
			return d, fmt.Errorf("%s is not of the form HOST:PORT=ADDRESS:PORT", e)
		}
		at, atPort, err := net.SplitHostPort(strings.TrimSpace(to))
		if err != nil || !isPort(atPort) || !isAddress(at) {
			return d, fmt.Errorf("%s: behind the = stands no ADDRESS:PORT, such as 203.0.113.10:443", e)
		}
		d.to[key(host, port)] = net.JoinHostPort(at, atPort)
	}
	return d, nil
}

// Of gives the address to connect to instead; ok is false when there is none for the host and port.
func (d Detours) Of(host string, port int) (to string, ok bool) {
	for _, h := range []string{host, "*"} {
		if to, ok = d.to[key(h, strconv.Itoa(port))]; ok {
			return to, true
		}
	}
	return "", false
}

func key(host, port string) string { return address.DomainKey(host) + ":" + port }

func isPort(text string) bool {
	n, err := strconv.Atoi(text)
	return err == nil && n > 0 && n < 65536
}
