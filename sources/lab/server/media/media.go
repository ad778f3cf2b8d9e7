// Package medialab plays media relays: it answers the binding requests of STUN (RFC 8489) over UDP, without credentials, and nothing else.
package medialab

import (
	"context"
	"encoding/binary"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"time"
)

// Options say how a relay answers.
type Options struct {
	Silent bool          // nothing is answered
	Lose   int           // of so many requests the first ones but the last are lost: 5 answers each fifth; 0 loses none
	Delay  time.Duration // before an answer
	// WrongID answers with another request's number, as a forger would who cannot see the request.
	WrongID bool
	// Observe is told of each binding request. It is called from several goroutines.
	Observe func(from net.Addr)
}

// Parts of STUN messages.
const (
	headerLength     = 20
	bindingRequest   = 0x0001
	bindingSuccess   = 0x0101
	magicCookie      = 0x2112A442
	xorMappedAddress = 0x0020
	familyIPv4       = 1
	familyIPv6       = 2
)

// Serve answers until ctx ends; it then closes the socket, waits for all that runs and returns nil. It always closes the socket.
func Serve(ctx context.Context, packets net.PacketConn, o Options) error {
	stop := context.AfterFunc(ctx, func() { _ = packets.Close() })
	defer stop()
	defer packets.Close()
	serving, cancel := context.WithCancel(ctx)
	var work sync.WaitGroup
	defer work.Wait()
	defer cancel()
	buffer := make([]byte, 2048)
	for requests := 1; ; {
		n, from, err := packets.ReadFrom(buffer)
		if err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return fmt.Errorf("media lab: %w", err)
		}
		answer := o.answer(buffer[:n], from)
		if answer == nil {
			continue
		}
		lost := o.Lose > 0 && requests%o.Lose != 0
		requests++
		if o.Observe != nil {
			o.Observe(from)
		}
		if lost || o.Silent {
			continue
		}
		work.Go(func() {
			if rest(serving, o.Delay) {
				_, _ = packets.WriteTo(answer, from)
			}
		})
	}
}

func rest(ctx context.Context, d time.Duration) bool {
	if d == 0 {
		return true
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// answer makes the answer to a binding request, which tells the sender its own address; nil for anything else.
func (o Options) answer(asked []byte, from net.Addr) []byte {
	at, ok := from.(*net.UDPAddr)
	if !ok || len(asked) < headerLength || binary.BigEndian.Uint16(asked) != bindingRequest || binary.BigEndian.Uint32(asked[4:]) != magicCookie ||
		int(binary.BigEndian.Uint16(asked[2:])) != len(asked)-headerLength {
		return nil
	}
	value := mapped(at.AddrPort(), asked[4:headerLength])
	answer := binary.BigEndian.AppendUint16(nil, bindingSuccess)
	answer = binary.BigEndian.AppendUint16(answer, uint16(4+len(value))) //nolint:gosec // 12 or 24
	answer = append(answer, asked[4:headerLength]...)
	if o.WrongID {
		answer[headerLength-1] ^= 0xFF
	}
	answer = binary.BigEndian.AppendUint16(answer, xorMappedAddress)
	answer = binary.BigEndian.AppendUint16(answer, uint16(len(value))) //nolint:gosec // 8 or 20
	return append(answer, value...)
}

// mapped writes an address, combined with the request's cookie and number so that nothing on the way rewrites it.
func mapped(at netip.AddrPort, key []byte) []byte {
	address, family := at.Addr().Unmap(), byte(familyIPv6)
	if address.Is4() {
		family = familyIPv4
	}
	value := binary.BigEndian.AppendUint16([]byte{0, family}, at.Port()^magicCookie>>16)
	for i, b := range address.AsSlice() {
		value = append(value, b^key[i])
	}
	return value
}
