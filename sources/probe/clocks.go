package probe

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"hybridaudit/sources/evidence"
)

// webClocks is how many of Microsoft's hosts are asked for the time: two that agree are worth more than one.
const webClocks = 3

// clock is a web server that is asked for the time.
type clock struct {
	host string
	port int
}

// clocks compares the clock of this host with those of web servers and time servers.
func (p *prober) clocks(ctx context.Context, plan plan) {
	var web []clock
	if !p.silent() {
		web = p.clockHosts(plan)
	}
	servers := p.cfg.NTPServers
	p.tried(evidence.ProbeClocks)
	left := p.each(ctx, len(web)+len(servers), func(ctx context.Context, i int) {
		if i < len(web) {
			p.webClock(ctx, web[i])
		} else {
			p.timeServer(ctx, servers[i-len(web)])
		}
	})
	if left > 0 {
		p.fault(evidence.ProbeClocks, "%d clocks were not asked in time", left)
	}
}

// clockHosts are some of Microsoft's hosts and the organisation's federation services.
func (p *prober) clockHosts(plan plan) []clock {
	var all []clock
	for _, purpose := range []string{evidence.ForMicrosoft, evidence.ForIdentity, evidence.ForExchange} {
		for _, at := range plan.places {
			c := clock{at.host, at.port}
			if len(all) < webClocks && at.tls && at.port == 443 && !at.own && slices.Contains(at.purposes, purpose) && !slices.Contains(all, c) {
				all = append(all, c)
			}
		}
	}
	for _, h := range p.cfg.Targets.Hosts {
		if c := (clock{h.Name, h.Port}); h.Purpose == evidence.ForFederation && !slices.Contains(all, c) {
			all = append(all, c)
		}
	}
	return all
}

// webClock reads the time in a web server's answer, by the first way on which it can be had.
func (p *prober) webClock(ctx context.Context, c clock) {
	address := httpsURL(c.host, c.port) + "/"
	row := evidence.Clock{Host: c.host, Method: "http"}
	for _, via := range p.vias(address) {
		a := p.persist(ctx, request{url: address, via: via, limit: 1})
		if a.interrupted {
			p.fault(evidence.ProbeClocks, "the clock of %s was not asked in time", c.host)
			return
		}
		row.Via, row.Asked, row.Failure = via, a.row.Asked, a.row.Failure
		if !a.row.Through() {
			continue
		}
		var err error
		if row.Offset, row.Uncertainty, err = dateOffset(a.header, a.began, a.ended); err == nil {
			row.Failure = ""
			break
		}
		row.Failure = err.Error()
	}
	record(p, row)
}

// dateOffset compares the Date of an answer with the time when it was written: between sending the request and reading the answer. Date has whole seconds.
func dateOffset(h http.Header, began, ended time.Time) (offset, uncertainty time.Duration, err error) {
	if cached(h) {
		return 0, 0, errors.New("the answer comes from a cache: its date is old")
	}
	if h.Get("Date") == "" {
		return 0, 0, errors.New("the answer has no date")
	}
	date, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		return 0, 0, errors.New("the date of the answer cannot be read")
	}
	trip := max(ended.Sub(began), 0)
	return date.Add(time.Second / 2).Sub(began.Add(trip / 2)), time.Second + trip/2, nil
}

// cached says that an answer was not made by its server just now: it has an age, or a cache on the way says that it knew it.
func cached(h http.Header) bool {
	if age := strings.TrimSpace(h.Get("Age")); strings.Trim(age, "0") != "" {
		return true
	}
	for _, name := range []string{"X-Cache", "X-Cache-Lookup", "X-Cache-Status", "Cf-Cache-Status", "Via"} {
		for _, v := range h.Values(name) {
			for word := range strings.FieldsFuncSeq(strings.ToUpper(v), func(r rune) bool { return r < 'A' || r > 'Z' }) {
				if word == "HIT" {
					return true
				}
			}
		}
	}
	return false
}
