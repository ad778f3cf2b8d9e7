package hosts

import (
	"strconv"
	"strings"
	"time"

	"hybridaudit/sources/evidence"
)

// lines gathers what is known of an observation, as "name: value".
type lines []string

func (l *lines) add(name, value string) {
	if value != "" {
		*l = append(*l, name+": "+value)
	}
}

func (l *lines) number(name string, n int) {
	if n != 0 {
		l.add(name, strconv.Itoa(n))
	}
}

func (l *lines) time(name string, at time.Time) {
	if !at.IsZero() {
		l.add(name, at.UTC().Format(time.RFC3339))
	}
}

func (l *lines) list(name string, values []string) { l.add(name, strings.Join(values, ", ")) }

// Attempt shows an attempt to reach a host as evidence: what is known, one property in each line.
func Attempt(c evidence.Connection) []string {
	var l lines
	l.add("site", c.Site)
	if c.URL != "" {
		l.add("url", c.URL)
	} else {
		l.add("host", Key(c.Host, c.Port))
	}
	l.add("protocol", c.Protocol)
	l.add("via", c.Via)
	l.add("proxy", c.Proxy)
	l.add("address", c.Address)
	l.add("tries", strconv.Itoa(c.Tries))
	l.add("answers", strconv.Itoa(c.Answers))
	l.add("ended at", c.Stage)
	l.add("failure", c.Failure)
	l.number("status", c.Status)
	l.add("location", c.Location)
	l.add("answer", c.Answer)
	if c.Took > 0 {
		l.add("fastest", c.Took.String())
	}
	l.time("asked", c.Asked)
	return l
}

// RevocationAttempt shows an attempt to reach an address for checking revocation as evidence.
func RevocationAttempt(r evidence.Revocation) []string {
	var l lines
	l.add("site", r.Site)
	l.add("url", r.URL)
	l.add("kind", r.Kind)
	l.add("via", r.Via)
	l.add("ended at", r.Stage)
	l.add("failure", r.Failure)
	l.number("status", r.Status)
	return l
}

// Handshake shows a TLS handshake as evidence, without its certificates.
func Handshake(h evidence.Handshake) []string {
	var l lines
	l.add("site", h.Site)
	l.add("host", Key(h.Host, h.Port))
	l.add("via", h.Via)
	l.add("address", h.Address)
	l.add("failure", h.Failure)
	l.add("version", h.Version)
	l.add("cipher", h.Cipher)
	l.list("versions accepted", h.Versions)
	l.list("versions tried", h.Tried)
	l.add("trust", h.Trust)
	l.add("trust error", h.TrustError)
	l.add("root", h.Root)
	l.list("not sent", h.Missing)
	l.add("name error", h.NameError)
	l.add("stapled", h.Stapled)
	l.time("asked", h.Asked)
	return l
}

// Certificate shows a certificate as evidence.
func Certificate(c evidence.Certificate) []string {
	var l lines
	l.add("subject", c.Subject)
	l.add("issuer", c.Issuer)
	l.time("from", c.Begins)
	l.time("until", c.Ends)
	l.add("names", names(c))
	l.add("serial", c.Serial)
	l.add("fingerprint", c.Fingerprint)
	l.add("signature", c.Signature)
	if c.Key != "" {
		l.add("key", strings.TrimSuffix(c.Key+" "+strconv.Itoa(c.Bits), " 0"))
	}
	l.list("issuer to be had at", c.Issuers)
	l.list("revocation lists", c.CRL)
	l.list("OCSP", c.OCSP)
	return l
}

// shownNames is how many names of a certificate are evidence enough.
const shownNames = 20

func names(c evidence.Certificate) string {
	all := append(append([]string{}, c.Names...), c.Addresses...)
	total := max(c.NameCount, len(c.Names)) + len(c.Addresses)
	if len(all) > shownNames {
		all = all[:shownNames]
	}
	text := strings.Join(all, ", ")
	if total > len(all) {
		text += " … (+" + strconv.Itoa(total-len(all)) + ")"
	}
	return text
}
