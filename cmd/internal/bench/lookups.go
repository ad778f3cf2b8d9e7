//go:build unix

package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/miekg/dns"

	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/targets"

	lookup "hybridaudit/sources/dns"
)

// lookupDomains is how many domains are looked up, and lookupDelay how long each server takes for an answer.
const (
	lookupDomains = 500
	lookupDelay   = 20 * time.Millisecond
)

// resolvers are three servers that answer for any domain of the bench, after the delay: an internal, a public and an authoritative one.
type resolvers struct {
	Addresses []string
	Domains   int
	Questions string // file with the questions that were asked: server, name and type in each line
}

// lookups asks about ten records of many domains at three servers, beside the same questions asked one after another. One round: the peer takes minutes.
func (b *bench) lookups(ctx context.Context) (lines []line, err error) {
	s := &sample{}
	if err := s.startAs(ctx, "resolvers"); err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.stop()) }()
	r := resolvers{Addresses: s.DNS, Domains: b.domains, Questions: filepath.Join(b.dir, "questions")}
	ours, peer, err := alternate(ctx, 1, func(ctx context.Context) (cost, error) { return own(ctx, r, "lookups") },
		func(ctx context.Context) (cost, error) { return own(ctx, r, "oneByOne") })
	if err != nil {
		return nil, err
	}
	work := fmt.Sprintf("DNS lookups, %d domains, %s questions, %s an answer", b.domains, count(float64(ours.Units)), lookupDelay)
	const name = "the same questions one after another"
	return []line{elapsed().against(work, ours, peer, name, nil), memory().against(work, ours, peer, name, nil)}, nil
}

func lookupsWork(ctx context.Context, _ []string) (any, error) {
	r, err := input[resolvers]()
	if err != nil {
		return nil, err
	}
	detours, err := targets.ParseDetours([]string{"192.0.2.53:53=" + r.Addresses[2]})
	if err != nil {
		return nil, err
	}
	c := lookup.Config{Site: "bench", Internal: r.Addresses[:1], Public: r.Addresses[1:2], Authoritative: true, Timeout: 3 * time.Second, Detours: detours}
	for i := range r.Domains {
		c.Targets.Domains = append(c.Targets.Domains, targets.Domain{Name: fmt.Sprintf("d%04d.com", i), Verified: true})
	}
	b := evidence.NewBuilder(time.Now())
	began := time.Now()
	if err := lookup.Collect(ctx, c, b); err != nil {
		return nil, err
	}
	k := cost{Wall: time.Since(began)}
	f, err := os.Create(r.Questions)
	if err != nil {
		return nil, err
	}
	w := bufio.NewWriter(f)
	for l := range b.Seal().Lookups() {
		if !l.Told() {
			return nil, fmt.Errorf("%s %s was not answered by %s: %s", l.Name, l.Type, l.Server, l.Status)
		}
		at, ok := detours.Of(strings.TrimSuffix(l.Server, ":53"), 53)
		if !ok {
			at = l.Server
		}
		fmt.Fprintln(w, at, l.Name, l.Type)
		k.Units++
	}
	return k, errors.Join(w.Flush(), f.Close())
}

// oneByOneWork asks the questions of the file.
func oneByOneWork(ctx context.Context, _ []string) (any, error) {
	r, err := input[resolvers]()
	if err != nil {
		return nil, err
	}
	f, err := os.Open(r.Questions)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // only read
	client := &dns.Client{Timeout: 3 * time.Second}
	k := cost{}
	began := time.Now()
	for questions := bufio.NewScanner(f); questions.Scan(); k.Units++ {
		field := strings.Fields(questions.Text())
		if len(field) != 3 {
			return nil, errors.New("the file of questions is damaged")
		}
		m := new(dns.Msg).SetQuestion(dns.Fqdn(field[1]), dns.StringToType[field[2]])
		if _, _, err := client.ExchangeContext(ctx, m, field[0]); err != nil {
			return nil, err
		}
	}
	k.Wall = time.Since(began)
	return k, nil
}

// resolversWork answers until its standard input ends.
func resolversWork(ctx context.Context, _ []string) (any, error) {
	var a address
	var servers []*dns.Server
	for range 3 {
		p, err := (&net.ListenConfig{}).ListenPacket(ctx, "udp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		a.DNS = append(a.DNS, p.LocalAddr().String())
		s := &dns.Server{PacketConn: p, Handler: dns.HandlerFunc(answerSlowly)}
		servers = append(servers, s)
		go func() { _ = s.ActivateAndServe() }() // ends with Shutdown
	}
	if err := json.NewEncoder(os.Stdout).Encode(a); err != nil {
		return nil, err
	}
	_, err := io.Copy(io.Discard, os.Stdin)
	for _, s := range servers {
		err = errors.Join(err, s.Shutdown())
	}
	return struct{}{}, err
}

// answerSlowly is a server of every domain: all names with a label that clients know are there, others are not.
func answerSlowly(w dns.ResponseWriter, q *dns.Msg) {
	time.Sleep(lookupDelay)
	m := new(dns.Msg).SetReply(q)
	m.Authoritative = true
	defer func() { _ = w.WriteMsg(m) }() // who asks has a time-out
	asked := q.Question[0]
	labels := dns.SplitDomainName(asked.Name)
	if len(labels) < 2 {
		m.Rcode = dns.RcodeNameError
		return
	}
	domain := strings.Join(labels[len(labels)-2:], ".") + "."
	soa := record(domain+" 3600 IN SOA ns1.%s hostmaster.%s 1 7200 900 1209600 300", domain, domain)
	add := func(text string, args ...any) {
		m.Answer = append(m.Answer, record(asked.Name+" 3600 IN "+text, args...))
	}
	apex := len(labels) == 2
	switch asked.Qtype {
	case dns.TypeNS:
		if apex {
			add("NS ns1.%s", domain)
		}
	case dns.TypeSOA:
		if apex {
			m.Answer = append(m.Answer, soa)
		}
	case dns.TypeSRV:
		add("SRV 100 1 443 sip.%s", domain)
	case dns.TypeA:
		switch labels[0] {
		case "ns1":
			add("A 192.0.2.53")
		case "lyncdiscover", "lyncdiscoverinternal", "sip", "enterpriseregistration":
			add("A 203.0.113.1")
		default:
			m.Rcode = dns.RcodeNameError
		}
	}
	if len(m.Answer) == 0 {
		m.Ns = append(m.Ns, soa)
	}
}

func record(format string, args ...any) dns.RR {
	rr, err := dns.NewRR(fmt.Sprintf(format, args...))
	if err != nil {
		panic("the bench's own record: " + strconv.Quote(format))
	}
	return rr
}
