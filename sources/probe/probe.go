// Package probe looks at hosts from the place where it runs: whether they can be reached, directly and through a proxy, which certificates they serve, what their
// web services answer and what time they have. What was seen becomes evidence; nothing is judged here.
//
// It contacts only hosts that the configuration, a directory, a tenant or the list of Microsoft's endpoints names, those that DNS records of these lead to, and, for
// a plain GET without credentials, the addresses that certificates and redirects name. It sends no credentials anywhere.
package probe

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/targets"
)

// Defaults of Config.
const (
	DefaultTimeout = 10 * time.Second
	DefaultTries   = 3
	DefaultWorkers = 32
)

// Resolver tells the addresses of a host, and the names that its aliases lead through.
type Resolver interface {
	Addresses(ctx context.Context, host string) (addresses []netip.Addr, chain []string, err error)
}

// Config says what is looked at and how.
type Config struct {
	// Site is the name of the place that is looked from: the source of every row and coverage.
	Site string
	// Targets are the organisation's domains and hosts.
	Targets targets.Targets
	// Lookups is evidence with what DNS servers answered ([evidence.DNSLookups]): whither records lead. Nil knows nothing.
	Lookups *evidence.Snapshot
	// Resolver finds the addresses that are connected to.
	Resolver Resolver
	// Detours lead connections elsewhere.
	Detours targets.Detours
	// Public are the authorities that everybody trusts, nil those of the system; Own are those that only this organisation's computers trust, nil none.
	Public, Own *x509.CertPool
	// Proxy tells the HTTP proxy for an address, as http.ProxyFromEnvironment does for a request. Nil knows none. Names and passwords in it are never sent.
	Proxy func(*url.URL) (*url.URL, error)
	// ProxySettings are the site's proxy settings, kept as evidence ([evidence.SettingProxyHTTPS] and the like). PAC is the address of its proxy configuration script.
	ProxySettings []evidence.Setting
	PAC           string
	// Private lists hosts and networks that may be connected to at a private address although only records, certificates or redirects name them.
	Private []string
	// Endpoints is the list of Microsoft's endpoints, with its date (2006-01-02) and the file that it was read from, "" for the shipped one.
	Endpoints                    []evidence.Endpoint
	EndpointsDate, EndpointsFile string
	// Firewall is the list of firewall rules that was brought along, from FirewallFile; there is none when that is "".
	Firewall     []evidence.FirewallRule
	FirewallFile string
	// NTPServers are time servers as host or host:port.
	NTPServers []string
	// Idle is how long an idle connection is held; 0 does not.
	Idle time.Duration
	// Mailbox is the address of a mailbox on-premises, of which Exchange Online is asked; "" asks nothing.
	Mailbox string
	// Timeout is for one connection with its handshake, or one HTTP exchange with its whole answer.
	Timeout time.Duration
	// Tries is how often a host is tried; it ends early when most tries cannot end otherwise any more. Workers is how many are tried at a time.
	Tries, Workers int
	// Progress is called after each row, from several goroutines; expected is -1 when unknown.
	Progress func(d evidence.Dataset, rows, expected int)
	// Log gets what a person debugging wants to know. Nil discards.
	Log *slog.Logger
}

// Collect looks at everything and adds rows and the coverage of all probe datasets, without that of firewall rules when none were brought along. What could not
// be reached is evidence and no error. It ends by itself at the context's deadline; the error is the context's, or names what is wrong with the configuration.
func Collect(ctx context.Context, cfg Config, b *evidence.Builder) error {
	p, err := newProber(cfg)
	if err != nil {
		return fmt.Errorf("configuration of the network probes: %w", err)
	}
	p.rows.began = p.now()
	plan := p.plan()
	run := parts(p.cfg)
	defer p.write(ctx, b, run)
	p.connect(ctx, plan)
	p.deaf = p.silent()
	var group sync.WaitGroup
	if !p.deaf {
		group.Go(func() { p.judgeChains(ctx) })
	}
	for _, one := range run {
		if !p.deaf || one.evenSilent {
			group.Go(func() { one.run(p, ctx, plan) })
		}
	}
	group.Wait()
	p.revocation(ctx)
	if ctx.Err() != nil {
		return fmt.Errorf("looking at the network: %w", ctx.Err())
	}
	return nil
}

// part is one kind of thing that is looked at once connections were tried.
type part struct {
	// datasets are those whose coverage is the part's.
	datasets []evidence.Dataset
	// evenSilent says that the part runs, too, where no host answered any connection. The others are left out then, and their datasets Failed.
	evenSilent bool
	run        func(p *prober, ctx context.Context, plan plan)
}

// prober is one run.
type prober struct {
	cfg    Config
	guard  guard
	now    func() time.Time
	slots  chan struct{} // one for each worker
	answer atomic.Bool   // something answered
	// deaf says that no host had answered once all were connected to: there is no use in asking them anything.
	deaf    bool
	rows    rows
	names   memo[whereabouts]
	issuers memo[[]*x509.Certificate]
	seen    certificates
	// shaken are the handshakes that went through, until their chains are judged.
	shaken []*shaken
	notes  notes
	mute   mute
	dialer func(ctx context.Context, network, address string) (net.Conn, error)
	// rootless says that the system trusts nobody, so that no chain can be judged.
	rootless bool
}

func newProber(cfg Config) (*prober, error) {
	if cfg.Resolver == nil {
		return nil, errors.New("no resolver")
	}
	if cfg.Timeout < 0 || cfg.Tries < 0 || cfg.Workers < 0 || cfg.Idle < 0 {
		return nil, errors.New("times, tries and workers cannot be negative")
	}
	private, err := parsePrivate(cfg.Private)
	if err != nil {
		return nil, err
	}
	orDefault(&cfg.Timeout, DefaultTimeout)
	orDefault(&cfg.Tries, DefaultTries)
	orDefault(&cfg.Workers, DefaultWorkers)
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Progress == nil {
		cfg.Progress = func(evidence.Dataset, int, int) {}
	}
	if cfg.Proxy == nil {
		cfg.Proxy = func(*url.URL) (*url.URL, error) { return nil, nil } //nolint:nilnil // no proxy, as http.ProxyFromEnvironment says it
	}
	if cfg.Lookups == nil {
		cfg.Lookups = evidence.NewBuilder(time.Time{}).Seal()
	}
	p := &prober{cfg: cfg, now: time.Now, slots: make(chan struct{}, cfg.Workers), dialer: new(net.Dialer).DialContext}
	p.guard = newGuard(cfg, private)
	if cfg.Public == nil {
		pool, err := x509.SystemCertPool()
		p.rootless = err != nil || pool.Equal(x509.NewCertPool())
	}
	return p, nil
}

func orDefault[T comparable](v *T, value T) {
	var zero T
	if *v == zero {
		*v = value
	}
}

// heard notes that something answered: the network is there.
func (p *prober) heard() { p.answer.Store(true) }

// silent says that nothing has answered so far.
func (p *prober) silent() bool { return !p.answer.Load() }

// each runs do for 0 to n-1, no more than Workers at a time over everything that runs side by side, and returns when all have ended. Once the context has ended none
// is begun any more: it returns how many were not. It must not be nested: the inner one would wait for the slots of the outer one.
func (p *prober) each(ctx context.Context, n int, do func(ctx context.Context, i int)) (left int) {
	var group sync.WaitGroup
	defer group.Wait()
	for i := range n {
		select {
		case <-ctx.Done():
			return n - i
		case p.slots <- struct{}{}:
		}
		if ctx.Err() != nil { // both were ready
			<-p.slots
			return n - i
		}
		group.Go(func() {
			defer func() { <-p.slots }()
			do(ctx, i)
		})
	}
	return 0
}

// stageError says at which stage a connection ended, and why in words that are the same each time.
type stageError struct {
	stage   string // one of evidence.StageTCP and the like
	failure string
	status  int // of the HTTP answer, the proxy's own one at evidence.StageProxy
	// interrupted says that the context ended, not the attempt: this tells nothing about the host.
	interrupted bool
}

func (e *stageError) Error() string { return e.stage + ": " + e.failure }
