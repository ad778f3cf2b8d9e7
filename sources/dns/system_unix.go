//go:build !windows

package dns

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"

	miekg "github.com/miekg/dns"
)

// resolvConf is where Unix systems, macOS among them, list their DNS servers.
const resolvConf = "/etc/resolv.conf"

// System lists the DNS servers of the operating system as address:port.
func System() ([]string, error) {
	f, err := os.Open(resolvConf)
	if err != nil {
		return nil, fmt.Errorf("finding the system's DNS servers: %w", err)
	}
	defer f.Close()
	servers, err := readResolvConf(io.LimitReader(f, 1<<20))
	if err != nil {
		return nil, fmt.Errorf("finding the system's DNS servers: %s: %w", resolvConf, err)
	}
	return servers, nil
}

func readResolvConf(r io.Reader) ([]string, error) {
	conf, err := miekg.ClientConfigFromReader(r)
	if err != nil {
		return nil, err
	}
	var servers []string
	for _, s := range conf.Servers {
		if at, err := parseServer(net.JoinHostPort(s, conf.Port)); err == nil {
			servers = append(servers, at.String())
		}
	}
	if len(servers) == 0 {
		return nil, errors.New("it names no server")
	}
	return servers, nil
}
