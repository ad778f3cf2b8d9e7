package server

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"

	"hybridaudit/sources/lab"
	dnslab "hybridaudit/sources/lab/server/dns"
	medialab "hybridaudit/sources/lab/server/media"
	proxylab "hybridaudit/sources/lab/server/proxy"
	weblab "hybridaudit/sources/lab/server/web"
)

// Network is what an organisation and its subsidiary show of themselves on the network: DNS servers, hosts, media relays, and a proxy.
type Network struct {
	// Internal and Public are the addresses of the two resolvers, host:port for UDP and TCP. The first one stands in the organisation's network.
	Internal, Public string
	// Authoritative is the server of all zones outside, which Detours lead to in place of the addresses that its zones give it.
	Authoritative string
	// Detours lead every host to these servers, in the form of the configuration's network.connectTo: "*:443=127.0.0.1:1234". Names that DNS knows and that no host has
	// lead to a port that refuses connections.
	Detours []string
	// PublicCA and OwnCA are the certificates (PEM) of the authority that all the world trusts, and of the organisation's own one.
	PublicCA, OwnCA []byte
	Proxy           string // host:port of an HTTP proxy, for https (CONNECT) and http addresses; Detours lead lab.ProxyName to it
}

// NetworkOptions are the faults of the network's servers, and who is told of what they are asked.
type NetworkOptions struct {
	// Internal, Public and Authoritative change the DNS servers: Faults, Observe and Log of them count.
	Internal, Public, Authoritative dnslab.Options
	// Web changes the hosts: all but Hosts and Drift of it count. Idle goes before what the network says.
	Web weblab.Options
	// Media changes all media relays.
	Media medialab.Options
	// Proxy changes the proxy: all but Dial of it count. Its Credentials are what it demands, user:password; a network whose proxy asks has others that nobody knows.
	Proxy proxylab.Options
}

// networkServers are the servers of a network before and while they run.
type networkServers struct {
	sockets                         *sockets
	authoritative, public, internal *dnslab.Server
	web                             *weblab.Server
	proxy                           *proxylab.Server
	media                           map[int]medialab.Options
	detours                         map[string]string // by host:port
}

// startNetwork makes the servers of the merged networks and runs them in a group of their own.
func startNetwork(ctx context.Context, n lab.Network, o Options, port int) (*Network, *part, error) {
	s := &networkServers{media: map[int]medialab.Options{}}
	for _, p := range mediaPorts(n) {
		m := o.Network.Media
		m.Silent = m.Silent || !slices.Contains(n.Media, p)
		s.media[p] = m
	}
	if err := s.makeServers(n, o.Network); err != nil {
		return nil, nil, err
	}
	var err error
	if s.sockets, err = openSockets(ctx, o.Host, port, mediaPorts(n)); err != nil {
		return nil, nil, err
	}
	s.detours = detours(n, s.sockets, s.web.Answers)
	s.detours[lab.ProxyName] = s.sockets.proxy.Addr().String()
	network := &Network{
		Internal: s.sockets.internal.address(), Public: s.sockets.public.address(), Authoritative: s.sockets.authoritative.address(),
		Detours: listed(s.detours), PublicCA: s.web.PublicCA(), OwnCA: s.web.OwnCA(), Proxy: s.sockets.proxy.Addr().String(),
	}
	return network, s.run(ctx), nil
}

func (s *networkServers) makeServers(n lab.Network, o NetworkOptions) error {
	var errs [5]error
	s.authoritative, errs[0] = dnslab.New(dnslab.Options{
		Role: dnslab.Authoritative, Outside: n.Outside, Faults: o.Authoritative.Faults, Observe: o.Authoritative.Observe, Log: o.Authoritative.Log,
	})
	s.public, errs[1] = dnslab.New(dnslab.Options{
		Role: dnslab.Resolver, Outside: n.Outside, Cached: n.Cached, Faults: o.Public.Faults, Observe: o.Public.Observe, Log: o.Public.Log,
	})
	s.internal, errs[2] = dnslab.New(dnslab.Options{
		Role: dnslab.Resolver, Outside: n.Outside, Inside: n.Inside, Faults: o.Internal.Faults, Observe: o.Internal.Observe, Log: o.Internal.Log,
	})
	o.Web.Hosts, o.Web.Drift, o.Web.Idle = n.Hosts, n.Drift, cmp.Or(o.Web.Idle, n.IdleCut)
	if o.Proxy.Credentials == "" && n.ProxyAsks {
		o.Proxy.Credentials = AccountName + ":" + secret()
	}
	s.web, errs[3] = weblab.New(o.Web)
	o.Proxy.Dial = s.dial
	s.proxy, errs[4] = proxylab.New(o.Proxy)
	return errors.Join(errs[:]...)
}

// run serves all sockets until the part is stopped.
func (s *networkServers) run(ctx context.Context) *part {
	p, serving := newPart(ctx)
	for server, at := range map[*dnslab.Server]pair{s.authoritative: s.sockets.authoritative, s.public: s.sockets.public, s.internal: s.sockets.internal} {
		p.group.Go(func() error { return server.Serve(serving, at.packets, at.streams) })
	}
	for web, l := range s.sockets.web {
		p.group.Go(func() error { return s.web.Serve(serving, l, web) })
	}
	for media, at := range s.sockets.media {
		p.group.Go(func() error { return medialab.Serve(serving, at, s.media[media]) })
	}
	p.group.Go(func() error { return s.proxy.Serve(serving, s.sockets.proxy) })
	p.group.Go(func() error {
		<-serving.Done()
		return s.sockets.closed.Close()
	})
	return p
}

// dial connects the proxy with a host, as detours say. The proxy never reaches beyond the sample organisation.
func (s *networkServers) dial(ctx context.Context, network, at string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(at)
	if err != nil {
		return nil, err
	}
	n, err := strconv.Atoi(port)
	if err != nil || !s.web.Answers(host, n) {
		return nil, fmt.Errorf("%s is not there", at)
	}
	return (&net.Dialer{}).DialContext(ctx, network, s.detours["*:"+port])
}

// merged puts what servers show of the networks of an organisation and its subsidiary together. Zones of one name become one in the servers.
func merged(org lab.Organisation) lab.Network {
	var all lab.Network
	for _, o := range org.All() {
		n := o.Network
		all.Outside, all.Cached, all.Inside = append(all.Outside, n.Outside...), append(all.Cached, n.Cached...), append(all.Inside, n.Inside...)
		all.Hosts, all.Media = append(all.Hosts, n.Hosts...), append(all.Media, n.Media...)
		all.ProxyAsks = all.ProxyAsks || n.ProxyAsks
		all.Drift, all.IdleCut = cmp.Or(all.Drift, n.Drift), cmp.Or(all.IdleCut, n.IdleCut)
	}
	issuers := lab.Zone{Name: weblab.IssuerHost, Records: []lab.Record{{Name: weblab.IssuerHost, Type: "A", Value: issuerAddress}}}
	if !slices.ContainsFunc(all.Outside, func(z lab.Zone) bool { return strings.EqualFold(z.Name, issuers.Name) }) {
		all.Outside = append(slices.Clip(all.Outside), issuers)
	}
	return all
}

// issuerAddress is that of [weblab.IssuerHost].
const issuerAddress = "192.0.2.80"

// mediaPorts lists the ports at which media relays answer or could.
func mediaPorts(n lab.Network) []int {
	ports := append([]int{3478, 3479, 3480, 3481}, n.Media...)
	slices.Sort(ports)
	return slices.Compact(ports)
}
