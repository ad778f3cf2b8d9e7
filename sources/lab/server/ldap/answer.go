package ldaplab

import (
	"bytes"
	"context"
	"net"
	"time"
)

// search answers one search request. An error means that the connection is of no more use.
func (c *connection) search(ctx context.Context, id int64, r searchRequest, controls requestControls) error {
	seen := Request{
		Operation: "search", Base: r.base, Scope: r.scope, Filter: r.filter.String(), Attributes: r.attributes, NextPage: controls.cookie != "",
	}
	if controls.paged {
		seen.PageSize = controls.pageSize
	}
	c.observe(seen)
	done := func(o outcome) error { return c.send(result(id, tagSearchDone, o, nil, nil)) }
	root := r.base == "" && r.scope == 0
	switch {
	case c.who == "" && (!root || controls.paged):
		return done(outcomeUnbound)
	case controls.unknown != "":
		return done(outcomeControl)
	case root:
		return c.send(message(id, c.server.rootDSE(r, c.tree)), result(id, tagSearchDone, outcome{}, nil, nil))
	}
	set, known := (*resultSet)(nil), false
	if controls.cookie == "" {
		var bad *outcome
		if set, bad = c.tree.evaluate(ctx, r, controls, c.server.options.Directory.ForestName); bad != nil {
			return done(*bad)
		}
	} else if set, known = c.take(controls.cookie); !known {
		return done(outcomeCookie)
	} else if controls.pageSize == 0 {
		return done(outcome{}) // the client gives the rest up (RFC 2696 3)
	}
	p := c.pageOf(set, controls)
	if c.server.options.Answered != nil {
		c.server.options.Answered(seen, len(p.entries))
	}
	return c.sendPage(ctx, id, p)
}

// sendPage writes the entries, and on the last page the referrals, in between what the planted faults demand.
func (c *connection) sendPage(ctx context.Context, id int64, p page) error {
	tree, s := c.tree, p.set.selection
	for _, f := range p.faults {
		switch f.Kind {
		case Refused:
			return c.send(result(id, tagSearchDone, outcome{code: f.Code, text: faultTexts[f.Code]}, nil, nil))
		case Silence:
			<-ctx.Done()
			return nil
		case SlowDrip:
			return c.drip(ctx, c.wholePage(id, p), f)
		}
	}
	for i := 0; i <= len(p.entries); i++ {
		if ctx.Err() != nil {
			return nil // abandoned, or the server ends
		}
		next := c.ending(id, p)
		if i < len(p.entries) {
			next = message(id, tree.entry(p.entries[i], s))
		}
		for _, f := range p.faults {
			if min(f.Entries, len(p.entries)) != i {
				continue
			}
			var stop bool
			var err error
			if next, stop, err = c.strike(f, id, next, p, i); stop || err != nil {
				return err
			}
		}
		if err := c.queue(next); err != nil {
			return err
		}
	}
	return c.send()
}

// strike lets a fault happen before the next message is written; it may change that message, or end the answer.
func (c *connection) strike(f Fault, id int64, next []byte, p page, i int) (changed []byte, stop bool, err error) {
	switch f.Kind {
	case CutConnection:
		err := c.send(next[:len(next)/2])
		if err == nil {
			err = errClosedByFault
		}
		return nil, true, err
	case ResetByServer:
		if tcp, ok := c.raw.(*net.TCPConn); ok {
			_ = tcp.SetLinger(0)
		}
		return nil, true, errClosedByFault
	case MalformedBER:
		if next = f.Malformed.bytes(id, next); f.Malformed < LongName {
			return nil, true, c.send(next)
		}
	case EndedEarly:
		return nil, true, c.send(result(id, tagSearchDone, outcome{code: f.Code, text: faultTexts[f.Code]}, nil, nil))
	case HugeValue:
		if i < len(p.entries) {
			extra := attribute{name: f.Names[0], values: [][]byte{bytes.Repeat([]byte("x"), f.Size)}}
			next = message(id, c.tree.encode(&c.tree.nodes[p.entries[i]], p.set.selection, &extra))
		}
	}
	return next, false, nil
}

// ending is what follows the entries of a page.
func (c *connection) ending(id int64, p page) []byte {
	var out []byte
	if p.last {
		for _, reference := range p.set.referrals {
			var w wire
			at := w.open(tagSearchReference)
			w.text(tagOctets, reference)
			w.shut(at)
			out = append(out, message(id, w.buf)...)
		}
	}
	var controls func(*wire)
	if p.paged {
		controls = func(w *wire) { c.pagingControl(w, p) }
	}
	return append(out, result(id, tagSearchDone, p.end, nil, controls)...)
}

func (c *connection) pagingControl(w *wire, p page) {
	var value wire
	at := value.open(tagSequence)
	estimate := 0
	if c.server.options.Estimate {
		estimate = len(p.set.matches)
	}
	value.integer(tagInteger, int64(estimate))
	value.text(tagOctets, p.cookie)
	value.shut(at)
	at = w.open(tagSequence)
	w.text(tagOctets, oidPaged)
	w.octets(tagOctets, value.buf)
	w.shut(at)
}

// wholePage is the page in one piece.
func (c *connection) wholePage(id int64, p page) []byte {
	var out []byte
	for _, at := range p.entries {
		out = append(out, message(id, c.tree.entry(at, p.set.selection))...)
	}
	return append(out, c.ending(id, p)...)
}

// drip sends slowly.
func (c *connection) drip(ctx context.Context, out []byte, f Fault) error {
	tick := time.NewTicker(f.Every)
	defer tick.Stop()
	for len(out) > 0 {
		n := min(f.Size, len(out))
		if err := c.send(out[:n]); err != nil {
			return err
		}
		out = out[n:]
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
	}
	return nil
}
