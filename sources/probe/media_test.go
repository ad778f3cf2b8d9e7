package probe

import (
	"context"
	"encoding/binary"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hybridaudit/sources/evidence"
)

// stunReply answers a binding request.
func stunReply(request []byte) []byte {
	b := append([]byte{1, 1, 0, 12}, request[4:stunHeader]...)
	b = append(b, 0, 0x20, 0, 8, 0, 1, 0x0d, 0x96)
	return binary.BigEndian.AppendUint32(b, 0xC0000201)
}

var relayRows = []evidence.Endpoint{
	{Host: "52.112.0.0/14", Ports: "3478-3479", Protocol: "udp", Purpose: evidence.ForMedia, Group: "11", Current: true, Probes: []string{"relay.example.com"}},
	{Host: "relay.example.com", Ports: "443", Protocol: "tcp", Purpose: evidence.ForMedia, Group: "12", Current: true, Probes: []string{"relay.example.com"}},
	{Host: "*", Ports: "50000-59999", Protocol: "tcp+udp", Purpose: evidence.ForMedia},
}

func TestMedia(t *testing.T) {
	t.Parallel()
	var asked atomic.Int32
	good := datagrams(t, func(request []byte) [][]byte {
		if asked.Add(1) == 2 { // one is lost
			return nil
		}
		return [][]byte{[]byte("noise"), stunReply(make([]byte, stunHeader)), stunReply(request)}
	})
	odd := datagrams(t, func(request []byte) [][]byte {
		reply := stunReply(request)
		reply[3] = 200
		return [][]byte{reply}
	})
	p := proberFor(t, Config{Endpoints: relayRows, Timeout: 500 * time.Millisecond}, via(3478, good), via(3479, odd))
	p.media(t.Context(), plan{})
	want := []evidence.Connection{
		{Host: "relay.example.com", Port: 3478, Protocol: "stun", Purposes: []string{"media"}, Group: "11", Via: "direct", Tries: 5, Answers: 4},
		{Host: "relay.example.com", Port: 3479, Protocol: "stun", Purposes: []string{"media"}, Group: "11", Via: "direct", Tries: 5, Stage: evidence.StageUDP, Failure: "the length of the answer is wrong"},
	}
	if diff := cmp.Diff(want, connections(t, p)); diff != "" {
		t.Error(diff)
	}
	for _, c := range seen[evidence.Connection](t, p) {
		if strings.Contains(c.Answer, "192.0.2.1") {
			t.Errorf("the address that the relay saw is kept: %q", c.Answer)
		}
	}
	if p.silent() {
		t.Error("an answer was not heard")
	}
}

func TestMediaSilent(t *testing.T) {
	t.Parallel()
	silent := datagrams(t, func([]byte) [][]byte { return nil })
	closed, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	p := proberFor(t, Config{Endpoints: relayRows, Timeout: 250 * time.Millisecond}, via(3478, silent), via(3479, closed.LocalAddr().String()))
	p.media(t.Context(), plan{})
	got := connections(t, p)
	if len(got) != 2 || got[0].Tries != 5 || got[0].Failure != "no answer to 5 requests" || got[1].Stage != evidence.StageUDP || got[1].Through() || !p.silent() {
		t.Errorf("%+v", got)
	}
	unknown := proberFor(t, Config{Endpoints: relayRows, Resolver: everywhere{"relay.example.com"}})
	unknown.media(t.Context(), plan{})
	for _, c := range connections(t, unknown) {
		if c.Stage != evidence.StageName || c.Tries != 1 {
			t.Errorf("%+v", c)
		}
	}
}

func TestMediaEndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	silent := datagrams(t, func([]byte) [][]byte { cancel(); return nil })
	p := proberFor(t, Config{Endpoints: relayRows, Timeout: time.Minute}, via(3478, silent), via(3479, silent))
	began := time.Now()
	p.media(ctx, plan{})
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("it took %s", took)
	}
	if got := connections(t, p); len(got) != 0 {
		t.Errorf("%+v", got)
	}
	if c := coverageOf(t, p, evidence.ProbeConnections); c.State != evidence.Failed || !strings.Contains(c.Reason, "in time") {
		t.Errorf("%+v", c)
	}
}

func TestFirstPorts(t *testing.T) {
	for list, want := range map[string][]int{
		"443;80": {443, 80}, "3478-3481": {3478, 3479, 3480, 3481}, "50000-59999": {50000, 50001, 50002, 50003}, "65535-65535;x;1-y": {65535}, "": nil,
	} {
		if diff := cmp.Diff(want, firstPorts(list, 4)); diff != "" {
			t.Errorf("%s: %s", list, diff)
		}
	}
}
