package dnslab

import (
	"context"
	"encoding/binary"
	"io"
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/miekg/dns"
)

// raw sends a question and reads what comes, whatever it is.
func raw(t *testing.T, at string, m *dns.Msg, wait time.Duration) []byte {
	t.Helper()
	conn, err := net.Dial("udp", at)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	packed, err := m.Pack()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Write(packed); err != nil {
		t.Fatal(err)
	}
	if err := conn.SetReadDeadline(time.Now().Add(wait)); err != nil {
		t.Fatal(err)
	}
	buffer := make([]byte, maxMessage)
	n, err := conn.Read(buffer)
	if err != nil {
		return nil
	}
	return buffer[:n]
}

const (
	long  = 5 * time.Second
	brief = 100 * time.Millisecond
)

func TestFaults(t *testing.T) {
	at := run(t, Options{Role: Resolver, Outside: outside(), Faults: []Fault{
		{Kind: Delayed, Name: "late.contoso.com", After: 60 * time.Millisecond},
		{Kind: Dropped, Name: "dropped.contoso.com", Network: "udp"},
		{Kind: Truncated, Name: "www.contoso.com", Type: "A"},
		{Kind: Coded, Name: "once.contoso.com", Code: dns.RcodeServerFailure, Times: 1},
		{Kind: Looping, Name: "loop.contoso.com", Size: 3},
		{Kind: Huge, Name: "huge.contoso.com", Size: 64000},
		{Kind: Garbled, Name: "garbled.contoso.com"},
		{Kind: WrongID, Name: "id.contoso.com"},
		{Kind: WrongQuestion, Name: "question.contoso.com"},
	}})

	t.Run("delayed", func(t *testing.T) {
		began := time.Now()
		if r := ask(t, at, "udp", question("late.contoso.com", "A")); r.Rcode != dns.RcodeNameError || time.Since(began) < 60*time.Millisecond {
			t.Errorf("%s after %s", dns.RcodeToString[r.Rcode], time.Since(began))
		}
	})
	t.Run("dropped over UDP", func(t *testing.T) {
		if got := raw(t, at, question("dropped.contoso.com", "A"), brief); got != nil {
			t.Errorf("%d bytes came", len(got))
		}
		ask(t, at, "tcp", question("dropped.contoso.com", "A"))
	})
	t.Run("truncated", func(t *testing.T) {
		if r := ask(t, at, "udp", question("www.contoso.com", "A")); !r.Truncated || len(r.Answer) != 0 {
			t.Errorf("UDP: %v", r)
		}
		if r := ask(t, at, "tcp", question("www.contoso.com", "A")); r.Truncated || len(r.Answer) != 1 {
			t.Errorf("TCP: %v", r)
		}
	})
	t.Run("a code, once", func(t *testing.T) {
		var codes []int
		for range 2 {
			codes = append(codes, ask(t, at, "udp", question("once.contoso.com", "A")).Rcode)
		}
		if diff := cmp.Diff([]int{dns.RcodeServerFailure, dns.RcodeNameError}, codes); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("loop", func(t *testing.T) {
		got := short(ask(t, at, "udp", question("loop.contoso.com", "A")))
		want := []string{"loop.contoso.com CNAME loop1.loop.contoso.com.", "loop1.loop.contoso.com CNAME loop2.loop.contoso.com.", "loop2.loop.contoso.com CNAME loop.contoso.com."}
		if diff := cmp.Diff(want, got.Answer); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("huge", func(t *testing.T) {
		for _, kind := range []string{"A", "TXT", "SRV", "NS"} {
			m := question("huge.contoso.com", kind)
			if r := ask(t, at, "udp", m); !r.Truncated {
				t.Errorf("%s over UDP is not truncated", kind)
			}
			r := ask(t, at, "tcp", m)
			r.Compress = true
			if size := r.Len(); size < 60000 || size > 65535 {
				t.Errorf("%s over TCP has %d bytes", kind, size)
			}
		}
	})
	t.Run("garbled", func(t *testing.T) {
		got := raw(t, at, question("garbled.contoso.com", "A"), long)
		if err := new(dns.Msg).Unpack(got); got == nil || err == nil {
			t.Errorf("%d bytes, %v", len(got), err)
		}
	})
	t.Run("another number, another question", func(t *testing.T) {
		m := question("id.contoso.com", "A")
		var r dns.Msg
		if err := r.Unpack(raw(t, at, m, long)); err != nil || r.Id == m.Id {
			t.Errorf("number %d for %d, %v", r.Id, m.Id, err)
		}
		if err := r.Unpack(raw(t, at, question("question.contoso.com", "A"), long)); err != nil || r.Question[0].Name != "other.example." {
			t.Errorf("%v, %v", r.Question, err)
		}
	})
}

func TestDripEndsWithTheServer(t *testing.T) {
	seen := make(chan Query, 1)
	s, err := New(Options{Outside: outside(), Faults: []Fault{{Kind: Dripped, Every: time.Hour}}, Observe: func(q Query) { seen <- q }})
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(ctx, p, l) }()
	conn, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	packed, err := question("www.contoso.com", "A").Pack()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(packed))), packed...)); err != nil {
		t.Fatal(err)
	}
	if q := <-seen; q.Network != "tcp" || q.Name != "www.contoso.com" || q.Type != "A" || q.EDNS != 1232 || q.From != conn.LocalAddr().String() {
		t.Errorf("observed %+v", q)
	}
	if _, err := io.ReadFull(conn, make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	stop()
	select {
	case err := <-ended:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(long):
		t.Fatal("the server goes on")
	}
}

func TestManyAtOnce(t *testing.T) {
	var mu sync.Mutex
	var names []string
	at := run(t, Options{Role: Resolver, Outside: outside(), Observe: func(q Query) {
		mu.Lock()
		defer mu.Unlock()
		names = append(names, q.Name)
	}, Faults: []Fault{{Kind: Delayed, After: 20 * time.Millisecond}}})
	var asking sync.WaitGroup
	began := time.Now()
	for range 100 {
		asking.Go(func() {
			c := dns.Client{Timeout: long}
			if _, _, err := c.Exchange(question("sip.contoso.com", "A"), at); err != nil {
				t.Error(err)
			}
		})
	}
	asking.Wait()
	if took := time.Since(began); took > time.Second {
		t.Errorf("100 questions with a delay of 20 ms took %s", took)
	}
	mu.Lock()
	defer mu.Unlock()
	if len(names) != 100 || slices.ContainsFunc(names, func(n string) bool { return n != "sip.contoso.com" }) {
		t.Errorf("%d questions were observed", len(names))
	}
}

func TestFaultsThatAreNone(t *testing.T) {
	for _, f := range []Fault{{}, {Kind: lastFaultKind}, {Kind: Delayed}, {Kind: Dripped}, {Kind: Coded}, {Kind: Coded, Code: 99}, {Kind: Huge}, {Kind: Dropped, Network: "icmp"}} {
		if _, err := New(Options{Faults: []Fault{f}}); err == nil {
			t.Errorf("%+v is taken", f)
		}
	}
}
