package probe

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"time"
)

// SNTP (RFC 4330): one request, one answer, with four times.
const (
	ntpSize        = 48
	ntpClient      = 4<<3 | 3 // version 4, mode 3
	ntpServer      = 4        // mode of an answer
	ntpUnsynced    = 3        // leap indicator
	ntpLastStratum = 15
	ntpEra         = 2208988800 // seconds from 1900 to 1970
	ntpEraLength   = 1 << 32    // seconds until the counting starts anew, in 2036
	// maxDispersion is the most that a server may be unsure of its own clock: one that is vaguer tells nothing about a limit of minutes.
	maxDispersion = 30 * time.Second
	// ntpGrain is how coarse a server's clock may be.
	ntpGrain = 50 * time.Millisecond
)

// ntpAnswer is what a time server told.
type ntpAnswer struct {
	Offset      time.Duration // positive when the server's clock is ahead
	Uncertainty time.Duration
}

// newNTPRequest makes a request. The time that it carries is random: the server sends it back, which shows that it answers us, and learns nothing about our clock.
func newNTPRequest(mark uint64) []byte {
	b := make([]byte, ntpSize)
	b[0] = ntpClient
	binary.BigEndian.PutUint64(b[40:], mark)
	return b
}

// readNTPAnswer reads the answer to the request with the mark that was sent and received at a time of our clock; took is the time until it arrived.
func readNTPAnswer(b []byte, mark uint64, sent time.Time, took time.Duration) (ntpAnswer, error) {
	if len(b) < ntpSize || binary.BigEndian.Uint64(b[24:]) != mark || b[0]&7 != ntpServer {
		return ntpAnswer{}, errNotOurs
	}
	leap, stratum := b[0]>>6, b[1]
	dispersion := ntpShort(b[8:])
	delay := ntpShort(b[4:])
	received, answered := binary.BigEndian.Uint64(b[32:]), binary.BigEndian.Uint64(b[40:])
	switch {
	case stratum == 0:
		return ntpAnswer{}, fmt.Errorf("the server does not want to be asked (%s)", kissCode(b[12:16]))
	case leap == ntpUnsynced, stratum > ntpLastStratum, received == 0, answered == 0:
		return ntpAnswer{}, errors.New("the server's own clock is not synchronised")
	case dispersion > maxDispersion || delay > maxDispersion:
		return ntpAnswer{}, errors.New("the server is not sure of its own clock")
	}
	t2, t3 := ntpTime(received, sent), ntpTime(answered, sent)
	held := t3.Sub(t2)
	if held < 0 || held > took+ntpGrain {
		return ntpAnswer{}, errors.New("the times of the answer do not fit together")
	}
	back := sent.Add(took)
	offset := (t2.Sub(sent) + t3.Sub(back)) / 2
	return ntpAnswer{Offset: offset, Uncertainty: max(took-held, 0)/2 + dispersion + delay/2}, nil
}

// kissCode is the word with which a server says why it does not answer.
func kissCode(b []byte) string {
	code := strings.Map(func(r rune) rune {
		if r < 'A' || r > 'Z' {
			return -1
		}
		return r
	}, string(b))
	if code == "" {
		return "no reason given"
	}
	return code
}

// ntpShort reads a duration of 16 bits before and 16 behind the point.
func ntpShort(b []byte) time.Duration {
	return time.Duration(binary.BigEndian.Uint32(b)) * time.Second >> 16
}

// ntpTime reads a time stamp, of the era in which it is nearest to another time.
func ntpTime(stamp uint64, near time.Time) time.Time {
	seconds, fraction := int64(stamp>>32)-ntpEra, int64(stamp&0xffffffff)
	for near.Unix()-seconds > ntpEraLength/2 {
		seconds += ntpEraLength
	}
	return time.Unix(seconds, fraction*int64(time.Second)>>32)
}
