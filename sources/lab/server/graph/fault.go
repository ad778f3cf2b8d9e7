package graphlab

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// FaultKind is one way in which an answer goes wrong.
type FaultKind int

// The kinds of faults. Those that give an error answer leave the position in the collection untouched: the same page can be asked for again.
const (
	NoFault            FaultKind = iota
	Throttled                    // 429 TooManyRequests
	Unavailable                  // 503 serviceNotAvailable
	GatewayTimeout               // 504
	InternalError                // 500
	BadGateway                   // 502
	Unauthorized                 // 401, and the presented token is revoked
	LinkToSelf                   // the page's nextLink is the page's own address
	LinkCycle                    // two pages whose nextLinks point at each other
	LinkElsewhere                // nextLink has Fault.Origin in place of the server's own scheme, host and port
	LinkNotURL                   // nextLink is no URL
	TruncatedJSON                // the body ends in the middle of the JSON, Content-Length fits the shortened body
	ConnectionClosed             // the connection is closed before the announced Content-Length was sent
	ConnectionReset              // the connection is reset without any answer
	HTMLPage                     // 200 with a proxy's HTML page
	WrongContentType             // the right JSON as text/plain
	EmptyPage                    // an empty page with a nextLink to where the reader is
	RepeatedObjects              // the page begins with the last objects of the page before
	Slow                         // the answer starts after Fault.Delay
	Redirected                   // 302 to Fault.Origin
	ErrorWithoutMember           // 400 with a JSON body that has no "error" member
	NoValue                      // 200 with a JSON object without "value"
	Gone                         // 410: changes can no longer be told
	MissingPart                  // a part of a batch has no answer; outside of a batch nothing happens
	UnknownValues                // enumeration values that nobody documented
	MissingProperties            // the objects of the page lack Fault.Members
	Padded                       // each object of the page has a further member of Fault.Size bytes
	Forbidden                    // 403
	NotFound                     // 404
	lastFaultKind
)

// RetryForm is how the Retry-After header is written.
type RetryForm int

// The forms of Retry-After.
const (
	RetrySeconds  RetryForm = iota // whole seconds, rounded up
	RetryFraction                  // seconds with a fraction
	RetryDate                      // HTTP date
	RetryMissing                   // no header
)

// Fault is one fault and when it strikes: once After answers with status 200 were given for Path, at most Times times. Path is a collection path or
// one of its sub-paths ("users", "users/$count", "domains/contoso.com/serviceConfigurationRecords"; * stands for any one segment of several), "token" for the token endpoint,
// "$batch" for a batch as a whole, "*" for any Graph path. The first fault of the list that is due takes the request.
type Fault struct {
	Path  string
	Kind  FaultKind
	After int
	// Times is how often the fault strikes; 0 means once, a negative number always.
	Times int
	// RetryAfter and RetryForm make the Retry-After header of Throttled, Unavailable and GatewayTimeout.
	RetryAfter time.Duration
	RetryForm  RetryForm
	// Origin is scheme://host[:port] for LinkElsewhere and Redirected.
	Origin string
	// Delay is for Slow.
	Delay time.Duration
	// Members are for MissingProperties.
	Members []string
	// Size is for Padded.
	Size int
	// Claims is sent as a claims challenge with Unauthorized, as after a revoked session; empty for a plain 401.
	Claims string
}

func (f Fault) validate() error {
	switch {
	case f.Kind <= NoFault || f.Kind >= lastFaultKind:
		return fmt.Errorf("unknown kind %d", f.Kind)
	case f.Path == "":
		return errors.New("no path")
	case (f.Kind == LinkElsewhere || f.Kind == Redirected) && !strings.Contains(f.Origin, "://"):
		return fmt.Errorf("origin %q is not scheme://host", f.Origin)
	case f.Kind == Slow && f.Delay <= 0:
		return errors.New("slow without a delay")
	case f.Kind == MissingProperties && len(f.Members) == 0, f.Kind == Padded && f.Size <= 0:
		return errors.New("neither members nor a size")
	}
	return nil
}

func (f Fault) matches(target string) bool {
	if f.Path == "*" {
		return target != targetToken && target != targetDeviceCode && target != targetDiscovery
	}
	return matchesPath(strings.ToLower(f.Path), target)
}

// retryAfter gives the header's value, "" for none.
func (f Fault) retryAfter(now time.Time) string {
	switch f.RetryForm {
	case RetryMissing:
		return ""
	case RetryFraction:
		return strconv.FormatFloat(f.RetryAfter.Seconds(), 'f', -1, 64)
	case RetryDate:
		return now.Add(f.RetryAfter).UTC().Format(http.TimeFormat)
	default:
		return strconv.Itoa(int((f.RetryAfter + time.Second - 1) / time.Second))
	}
}

// faultBook counts what was answered and which faults struck.
type faultBook struct {
	mu       sync.Mutex
	faults   []Fault
	struck   []int
	answered map[string]int
}

func newFaultBook(faults []Fault) *faultBook {
	return &faultBook{faults: append([]Fault(nil), faults...), struck: make([]int, len(faults)), answered: map[string]int{}}
}

// due takes the fault that strikes a request for target, if any.
func (b *faultBook) due(target string) (Fault, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i, f := range b.faults {
		times := f.Times
		if times == 0 {
			times = 1
		}
		if !f.matches(target) || b.answered[target] < f.After || (times > 0 && b.struck[i] >= times) {
			continue
		}
		b.struck[i]++
		return f, true
	}
	return Fault{}, false
}

// answer notes a 200 for target.
func (b *faultBook) answer(target string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.answered[target]++
}
