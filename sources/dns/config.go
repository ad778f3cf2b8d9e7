package dns

import (
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"time"

	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/targets"
)

// Defaults of Config, and the most workers that may be.
const (
	DefaultTimeout = 3 * time.Second
	DefaultTries   = 2
	DefaultWorkers = 32
	MaxWorkers     = 256
	// DefaultPerSecond is a third of what public servers let one address ask before they leave questions unanswered, because others ask from there as well.
	DefaultPerSecond = 500
)

// port is where DNS servers listen.
const port = 53

// Config says which servers are asked, what about, and how.
type Config struct {
	// Site is the name of the place that is looked from. It is in every row, and the source of the coverage.
	Site string
	// Internal and Public are the servers of these roles as address:port; port 53 when none is given. A role without servers is not asked.
	Internal, Public []string
	// Authoritative also asks the servers of the organisation's zones. They are found through the public servers, or the internal ones when there are no public ones.
	Authoritative bool
	// Timeout is for one answer. Tries is how often a question is sent to one server that does not answer it.
	Timeout time.Duration
	Tries   int
	// Workers is how many questions are on their way at a time, each on a socket of its own: 1 to 256.
	Workers int
	// PerSecond is how many questions a second are sent to one server that is not the network's own: a public one, or one of a zone.
	PerSecond int
	// Targets are the domains and hosts that are asked about.
	Targets targets.Targets
	// Detours say where to ask instead of the address of an authoritative server and port 53. They permit any address.
	Detours targets.Detours
	// Progress is called after each question, never twice at a time; expected grows while answers name further hosts.
	Progress func(d evidence.Dataset, rows, expected int)
	// Log gets servers that are given up; nothing that names a person. Nil discards.
	Log *slog.Logger
}

// resolved is a checked configuration with everything filled in.
type resolved struct {
	Config
	internal, public []netip.AddrPort
}

// Validate gives every fault of the configuration at once.
func (c Config) Validate() error {
	_, err := c.resolve()
	return err
}

func (c Config) resolve() (resolved, error) {
	r := resolved{Config: c}
	var faults []error
	list := func(role string, texts []string) (all []netip.AddrPort) {
		for _, text := range texts {
			at, err := parseServer(text)
			if err != nil {
				faults = append(faults, fmt.Errorf("%s server: %w", role, err))
				continue
			}
			all = append(all, at)
		}
		return all
	}
	r.internal = list(evidence.ResolverInternal, c.Internal)
	r.public = list(evidence.ResolverPublic, c.Public)
	if c.Workers < 0 || c.Workers > MaxWorkers {
		faults = append(faults, fmt.Errorf("%d workers are not between 1 and %d", c.Workers, MaxWorkers))
	}
	if c.Timeout < 0 || c.Tries < 0 || c.PerSecond < 0 {
		faults = append(faults, errors.New("timeouts and numbers of tries and questions cannot be negative"))
	}
	r.fill()
	return r, errors.Join(faults...)
}

// fill sets the defaults, also in place of what cannot be.
func (r *resolved) fill() {
	if r.Timeout <= 0 {
		r.Timeout = DefaultTimeout
	}
	if r.Tries <= 0 {
		r.Tries = DefaultTries
	}
	if r.Workers <= 0 {
		r.Workers = DefaultWorkers
	}
	r.Workers = min(r.Workers, MaxWorkers)
	if r.PerSecond <= 0 {
		r.PerSecond = DefaultPerSecond
	}
	if r.Log == nil {
		r.Log = slog.New(slog.DiscardHandler)
	}
	if r.Progress == nil {
		r.Progress = func(evidence.Dataset, int, int) {}
	}
}

// parseServer reads address:port, or an address alone.
func parseServer(text string) (netip.AddrPort, error) {
	if at, err := netip.ParseAddrPort(text); err == nil && at.Port() != 0 {
		return at, nil
	}
	if a, err := netip.ParseAddr(text); err == nil {
		return netip.AddrPortFrom(a, port), nil
	}
	return netip.AddrPort{}, fmt.Errorf("%q is not an address with or without a port, such as 192.0.2.53 or [2001:db8::53]:53", text)
}
