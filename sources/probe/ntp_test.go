package probe

import (
	"encoding/binary"
	"errors"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// ntpReply makes the answer of a server whose clock is ahead, and that held the request for some time.
func ntpReply(mark uint64, at time.Time, held time.Duration) []byte {
	b := make([]byte, ntpSize)
	b[0], b[1] = 4<<3|ntpServer, 2
	binary.BigEndian.PutUint32(b[4:], 1<<16/100)  // 10 ms to its source
	binary.BigEndian.PutUint32(b[8:], 1<<16/1000) // 1 ms
	binary.BigEndian.PutUint64(b[24:], mark)
	binary.BigEndian.PutUint64(b[32:], ntpStamp(at))
	binary.BigEndian.PutUint64(b[40:], ntpStamp(at.Add(held)))
	return b
}

func ntpStamp(t time.Time) uint64 {
	return uint64(t.Unix()+ntpEra)<<32 | uint64(t.Nanosecond())<<32/uint64(time.Second)
}

func TestReadNTPAnswer(t *testing.T) {
	sent := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	const mark = 42
	good := func() []byte { return ntpReply(mark, sent.Add(10*time.Second), 0) }
	change := func(at int, values ...byte) []byte {
		b := good()
		copy(b[at:], values)
		return b
	}
	for name, c := range map[string]struct {
		answer []byte
		want   string
	}{
		"good":                   {good(), ""},
		"longer":                 {append(good(), make([]byte, 20)...), ""},
		"short":                  {good()[:47], "not the answer"},
		"empty":                  {nil, "not the answer"},
		"for another request":    {change(24, 1), "not the answer"},
		"our own request":        {newNTPRequest(mark), "not the answer"},
		"of a client":            {change(0, 4<<3|3), "not the answer"},
		"kiss of death":          {change(1, append([]byte{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, "RATE"...)...), "the server does not want to be asked (RATE)"},
		"kiss of death, garbage": {change(1, append([]byte{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, "\x1b[2J"...)...), "the server does not want to be asked (J)"},
		"alarm":                  {change(0, ntpUnsynced<<6|4<<3|ntpServer), "not synchronised"},
		"stratum 16":             {change(1, 16), "not synchronised"},
		"no time":                {change(40, 0, 0, 0, 0, 0, 0, 0, 0), "not synchronised"},
		"vague":                  {change(8, 0, 60), "not sure"},
		"far from its source":    {change(4, 0x7f, 0xff), "not sure"},
		"held for longer":        {ntpReply(mark, sent, time.Minute), "do not fit"},
		"answered before":        {ntpReply(mark, sent, -time.Second), "do not fit"},
	} {
		got, err := readNTPAnswer(c.answer, mark, sent, 100*time.Millisecond)
		switch {
		case c.want == "" && (err != nil || got.Offset < 9900*time.Millisecond || got.Offset > 10*time.Second || got.Uncertainty < 50*time.Millisecond || got.Uncertainty > 60*time.Millisecond):
			t.Errorf("%s: %+v, %v", name, got, err)
		case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%s: %v", name, err)
		}
	}
}

// The true difference always lies within the uncertainty, on whatever part of the way the time goes by, and whatever the era.
func TestNTPUncertaintyHolds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		sent := time.Unix(rapid.Int64Range(1_000_000_000, 4_000_000_000).Draw(t, "sent"), rapid.Int64Range(0, 999_999_999).Draw(t, "nanoseconds"))
		there := time.Duration(rapid.Int64Range(0, int64(3*time.Second)).Draw(t, "there"))
		held := time.Duration(rapid.Int64Range(0, int64(time.Second)).Draw(t, "held"))
		back := time.Duration(rapid.Int64Range(0, int64(3*time.Second)).Draw(t, "back"))
		ahead := time.Duration(rapid.Int64Range(-int64(100_000*time.Hour), int64(100_000*time.Hour)).Draw(t, "ahead"))
		got, err := readNTPAnswer(ntpReply(7, sent.Add(there).Add(ahead), held), 7, sent, there+held+back)
		if err != nil {
			t.Fatal(err)
		}
		if off := (got.Offset - ahead).Abs(); off > got.Uncertainty+time.Microsecond {
			t.Fatalf("%s off, %s at most", off, got.Uncertainty)
		}
	})
}

func FuzzReadNTPAnswer(f *testing.F) {
	sent := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	f.Add(ntpReply(42, sent, time.Millisecond), int64(time.Second))
	f.Add(make([]byte, ntpSize), int64(0))
	f.Fuzz(func(t *testing.T, b []byte, took int64) {
		if len(b) >= ntpSize {
			binary.BigEndian.PutUint64(b[24:], 42)
		}
		took &= int64(time.Hour) - 1
		got, err := readNTPAnswer(b, 42, sent, time.Duration(took))
		if err == nil && (got.Uncertainty < 0 || got.Offset.Abs() > 200*365*24*time.Hour) || errors.Is(err, errNotOurs) && len(b) >= ntpSize && b[0]&7 == ntpServer {
			t.Fatalf("%+v, %v", got, err)
		}
	})
}
