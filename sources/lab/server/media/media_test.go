package medialab

import (
	"context"
	"encoding/binary"
	"net"
	"net/netip"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func run(t *testing.T, host string, o Options) net.Addr {
	t.Helper()
	p, err := net.ListenPacket("udp", net.JoinHostPort(host, "0"))
	if err != nil {
		t.Skipf("no %s here: %v", host, err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- Serve(ctx, p, o) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return p.LocalAddr()
}

func request(id byte) []byte {
	m := binary.BigEndian.AppendUint16(nil, bindingRequest)
	m = binary.BigEndian.AppendUint16(m, 0)
	m = binary.BigEndian.AppendUint32(m, magicCookie)
	return append(m, id, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11)
}

// exchange sends a message and gives the answer, nil when none comes in time.
func exchange(t *testing.T, conn net.Conn, message []byte, wait time.Duration) []byte {
	t.Helper()
	if _, err := conn.Write(message); err != nil {
		t.Fatal(err)
	}
	if err := conn.SetReadDeadline(time.Now().Add(wait)); err != nil {
		t.Fatal(err)
	}
	buffer := make([]byte, 2048)
	n, err := conn.Read(buffer)
	if err != nil {
		return nil
	}
	return buffer[:n]
}

func dial(t *testing.T, at net.Addr) net.Conn {
	t.Helper()
	conn, err := net.Dial("udp", at.String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

const (
	long  = 5 * time.Second
	brief = 60 * time.Millisecond
)

// own reads the address out of an answer.
func own(t *testing.T, answer []byte) netip.AddrPort {
	t.Helper()
	if len(answer) < headerLength+8 || binary.BigEndian.Uint16(answer) != bindingSuccess || int(binary.BigEndian.Uint16(answer[2:])) != len(answer)-headerLength ||
		binary.BigEndian.Uint16(answer[headerLength:]) != xorMappedAddress {
		t.Fatalf("the answer is %x", answer)
	}
	value := answer[headerLength+4:]
	address := make([]byte, len(value)-4)
	for i := range address {
		address[i] = value[4+i] ^ answer[4+i]
	}
	a, ok := netip.AddrFromSlice(address)
	if !ok {
		t.Fatalf("the address is %x", address)
	}
	return netip.AddrPortFrom(a, binary.BigEndian.Uint16(value[2:])^0x2112)
}

func TestBindingRequest(t *testing.T) {
	for _, host := range []string{"127.0.0.1", "::1"} {
		t.Run(host, func(t *testing.T) {
			conn := dial(t, run(t, host, Options{}))
			answer := exchange(t, conn, request(7), long)
			if got := own(t, answer).String(); got != conn.LocalAddr().String() || string(answer[4:headerLength]) != string(request(7)[4:]) {
				t.Errorf("%s instead of %s", got, conn.LocalAddr())
			}
		})
	}
}

func TestOnlyBindingRequestsAreAnswered(t *testing.T) {
	conn := dial(t, run(t, "127.0.0.1", Options{}))
	allocate, cookie, length := request(1), request(1), request(1)
	allocate[1], cookie[4], length[3] = 3, 0, 4
	for _, m := range [][]byte{{}, []byte("GET / HTTP/1.1\r\n\r\n"), request(1)[:19], allocate, cookie, length} {
		if answer := exchange(t, conn, m, brief/2); answer != nil {
			t.Errorf("%x is answered", m)
		}
	}
}

func TestFaults(t *testing.T) {
	t.Run("silent", func(t *testing.T) {
		seen := make(chan net.Addr, 1)
		conn := dial(t, run(t, "127.0.0.1", Options{Silent: true, Observe: func(from net.Addr) { seen <- from }}))
		if answer := exchange(t, conn, request(1), brief); answer != nil {
			t.Error("it answers")
		}
		if from := <-seen; from.String() != conn.LocalAddr().String() {
			t.Errorf("observed %s", from)
		}
	})
	t.Run("loss", func(t *testing.T) {
		conn := dial(t, run(t, "127.0.0.1", Options{Lose: 3}))
		var answered []int
		for i := range 6 {
			if exchange(t, conn, request(byte(i)), brief) != nil {
				answered = append(answered, i)
			}
		}
		if len(answered) != 2 || answered[0] != 2 || answered[1] != 5 {
			t.Errorf("answered %v", answered)
		}
	})
	t.Run("delay and another number", func(t *testing.T) {
		conn := dial(t, run(t, "127.0.0.1", Options{Delay: brief, WrongID: true}))
		began := time.Now()
		answer := exchange(t, conn, request(1), long)
		if time.Since(began) < brief || string(answer[4:headerLength]) == string(request(1)[4:]) {
			t.Errorf("%x after %s", answer, time.Since(began))
		}
	})
}
