package ad

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	ber "github.com/go-asn1-ber/asn1-ber"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	ldaplab "hybridaudit/sources/lab/server/ldap"
)

// script is a connection on which stands already what will be read.
type script struct {
	net.Conn
	in io.Reader
}

func (s script) Read(b []byte) (int, error) { return s.in.Read(b) }
func (s script) Close() error               { return nil }

// pieces gives what it reads in pieces of drawn sizes.
type pieces struct {
	in   io.Reader
	next func() int
}

func (p pieces) Read(b []byte) (int, error) { return p.in.Read(b[:min(len(b), p.next())]) }

// said is a message with an operation of that tag.
func said(id int64, tag byte, content string) []byte {
	p := ber.NewSequence("")
	p.AppendChild(ber.NewInteger(ber.ClassUniversal, ber.TypePrimitive, ber.TagInteger, id, ""))
	operation := ber.Encode(ber.Class(tag&0xc0), ber.Type(tag&0x20), ber.Tag(tag&0x1f), nil, "")
	operation.Data.WriteString(content)
	p.AppendChild(operation)
	return p.Bytes()
}

// TestGuardSplits sends messages for the library and for two searches of ours, mixed, in pieces of any size: each gets its own, in order.
func TestGuardSplits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var stream, library []byte
		want := [2][]string{}
		references := [2]int{}
		size := rapid.OneOf(rapid.IntRange(0, 50), rapid.SampledFrom([]int{127, 128, 65535, 100_000}))
		for range rapid.IntRange(0, 20).Draw(t, "messages") {
			content := strings.Repeat("x", size.Draw(t, "size"))
			switch to := rapid.IntRange(0, 6).Draw(t, "to"); to {
			case 0, 1:
				stream = append(stream, said(firstOwnID+1+int64(to), tagEntry, content)...)
				want[to] = append(want[to], content)
			case 2:
				stream = append(stream, said(firstOwnID+1, tagReference, content)...)
				references[0]++
			case 3:
				stream = append(stream, said(firstOwnID+2, tagMiddle, content)...)
			case 4: // nobody waits for it
				stream = append(stream, said(firstOwnID+99, tagEntry, content)...)
			case 5: // unsolicited, and not known
				stream = append(stream, said(0, tagMiddle, content[:len(content)&0x3f])...)
			case 6:
				m := said(rapid.Int64Range(1, firstOwnID).Draw(t, "id"), rapid.SampledFrom([]byte{tagEntry, tagDone, 0x61}).Draw(t, "tag"), content)
				stream, library = append(stream, m...), append(library, m...)
			}
		}
		stream = append(stream, said(firstOwnID+1, tagDone, "first")...)
		end := said(5, tagDone, "end")
		stream, library = append(stream, end...), append(library, end...)
		sizes := rapid.IntRange(1, 3000)
		g := newGuard(script{in: pieces{bytes.NewReader(stream), func() int { return sizes.Draw(t, "piece") }}})
		var answers [2]answer
		for i := range answers {
			answers[i].reset()
			if id, err := g.expect(&answers[i]); err != nil || id != firstOwnID+1+int64(i) {
				t.Fatal(id, err)
			}
		}
		got, err := io.ReadAll(g)
		if !bytes.Equal(got, library) || err != nil {
			t.Errorf("the library got %d bytes, want %d: %v", len(got), len(library), err)
		}
		for i := range answers {
			<-answers[i].finished
			var entries []string
			for n := range answers[i].entries() {
				content, _, err := element(answers[i].entry(n), tagEntry, "an entry")
				if err != nil {
					t.Fatal(err)
				}
				entries = append(entries, string(content))
			}
			if diff := cmp.Diff(want[i], entries); diff != "" || answers[i].referrals != references[i] {
				t.Errorf("search %d (-want +got):\n%s", i, diff)
			}
		}
		if answers[0].err != nil || !strings.HasSuffix(string(answers[0].done), "first") {
			t.Errorf("first search: %v %q", answers[0].err, answers[0].done)
		}
		if !errors.Is(answers[1].err, io.EOF) || answers[1].torn {
			t.Errorf("second search: %v", answers[1].err)
		}
	})
}

// through reads a stream with one search waiting, and gives how that ended.
func through(stream []byte, wrap func(io.Reader) io.Reader) (*guard, *answer) {
	g := newGuard(script{in: wrap(bytes.NewReader(stream))})
	a := &answer{}
	a.reset()
	_, _ = g.expect(a) // a new guard takes it
	_, _ = io.Copy(io.Discard, g)
	<-a.finished
	return g, a
}

func TestGuardRefuses(t *testing.T) {
	const own = firstOwnID + 1
	entry := said(own, tagEntry, "content")
	tests := map[string]struct {
		stream  string
		text    string
		entries int
	}{
		"closed":              {"", "EOF", 0},
		"closed behind one":   {string(entry), "EOF", 1},
		"cut in the tag":      {string(entry) + "\x30", "unexpected EOF", 1},
		"cut in the length":   {string(entry) + "\x30\x84\x00", "unexpected EOF", 1},
		"cut in the ID":       {string(entry) + "\x30\x0c\x02\x04", "unexpected EOF", 1},
		"cut in the content":  {string(entry) + string(entry[:len(entry)-1]), "unexpected EOF", 1},
		"other tag":           {"\x31\x05\x02\x01\x01\x64\x00", "begins with the byte 0x31", 0},
		"indefinite":          {"\x30\x80\x02\x01\x01\x64\x00\x00\x00", "an indefinite length", 0},
		"length of 9 bytes":   {"\x30\x89\x00\x00\x00\x00\x00\x00\x00\x00\x05\x02\x01\x01\x64\x00", "a length of 9 bytes", 0},
		"very long":           {"\x30\x84\x04\x00\x00\x01\x02\x01\x01\x64", "larger than the collector takes", 0},
		"length that wraps":   {"\x30\x88\xff\xff\xff\xff\xff\xff\xff\xff\x02\x01\x01\x64", "larger than the collector takes", 0},
		"empty":               {"\x30\x00\x30\x00", "a message of 0 bytes", 0},
		"no ID":               {"\x30\x05\x04\x01\x01\x64\x00", "without a message ID", 0},
		"ID without bytes":    {"\x30\x05\x02\x00\x64\x01\x00", "without a message ID", 0},
		"ID of 9 bytes":       {"\x30\x0d\x02\x09\x00\x00\x00\x00\x00\x00\x00\x00\x01\x64\x00", "without a message ID", 0},
		"ID longer than all":  {"\x30\x05\x02\x04\x01\x01\x01\x01\x64\x00", "without a message ID", 0},
		"negative ID":         {"\x30\x0c\x02\x08\xff\xff\xff\xff\xff\xff\xff\xff\x64\x00", "a negative message ID", 0},
		"other operation":     {string(entry) + string(said(own, 0x6b, "")), "the tag 0x6b", 1},
		"end of 2 MB":         {string(said(own, tagDone, strings.Repeat("x", 2<<20))), "larger than the collector takes", 0},
		"notice of 100 KB":    {string(said(0, tagExtended, strings.Repeat("x", 100<<10))), "larger than the collector takes", 0},
		"notice":              {string(entry) + string(said(0, tagExtended, "\x0a\x01\x34\x04\x00\x04\x08too busy\x8a\x01x")), "ended it with Unavailable (52): too busy", 1},
		"notice without text": {string(said(0, tagExtended, "")), "EOF", 0},
		"broken notice":       {string(said(0, tagExtended, "\x0a\x05\x34")), "a notice that cannot be read", 0},
	}
	for name, tt := range tests {
		for how, wrap := range map[string]func(io.Reader) io.Reader{"at once": func(r io.Reader) io.Reader { return r }, "byte by byte": iotest.OneByteReader} {
			g, a := through([]byte(tt.stream), wrap)
			if a.err == nil || !strings.Contains(a.err.Error(), tt.text) || a.entries() != tt.entries || a.torn {
				t.Errorf("%s, %s: %v with %d entries, want %q", name, how, a.err, a.entries(), tt.text)
			}
			if _, err := g.expect(&answer{}); err == nil || !errors.Is(g.broken(), a.err) {
				t.Errorf("%s: a broken connection takes another search", name)
			}
		}
	}
}

func TestGuardBoundsAnswers(t *testing.T) {
	const room = 1 << 20 // below the bound, so as not to send all of it
	long := strings.Repeat("x", 100_000)
	for name, stream := range map[string]io.Reader{
		"long": repeat(said(firstOwnID+1, tagEntry, long), room/len(long)+1), "many": repeat(said(firstOwnID+1, tagEntry, ""), room/overhead),
		"for the library": repeat(said(3, tagEntry, long), room/len(long)+1),
	} {
		g := newGuard(script{in: stream})
		g.left.Store(room)
		a := &answer{}
		a.reset()
		a.counted = maxAnswer - room
		if _, err := g.expect(a); err != nil {
			t.Fatal(err)
		}
		n, err := io.Copy(io.Discard, g)
		if <-a.finished; !errors.Is(err, errTooLarge) || !errors.Is(a.err, errTooLarge) || n > room || len(a.slab) > room || a.entries() > room/overhead {
			t.Errorf("%s: %v after %d bytes and %d entries", name, err, len(a.slab), a.entries())
		}
	}
}

func repeat(b []byte, n int) io.Reader {
	var all []io.Reader
	for range n {
		all = append(all, bytes.NewReader(b))
	}
	return io.MultiReader(all...)
}

// TestPromisesCostNothing sends a header that promises 60 MB, and closes.
func TestPromisesCostNothing(t *testing.T) {
	stream := "\x30\x84\x03\xc0\x00\x00\x02\x04\x40\x00\x00\x01\x64"
	if _, a := through([]byte(stream), func(r io.Reader) io.Reader { return r }); !errors.Is(a.err, io.ErrUnexpectedEOF) || cap(a.slab) > 4*growth {
		t.Errorf("%v, %d bytes", a.err, cap(a.slab))
	}
}

// TestGuardClosed ends a search whose connection is closed from this side, while the other side is silent.
func TestGuardClosed(t *testing.T) {
	for name, shut := range map[string]func(*guard){"closed": func(g *guard) { _ = g.Close() }, "broken": func(g *guard) { g.snap(errLate) }} {
		client, server := net.Pipe()
		g := newGuard(client)
		a := &answer{}
		a.reset()
		if _, err := g.expect(a); err != nil {
			t.Fatal(err)
		}
		read := make(chan error, 1)
		go func() {
			_, err := g.Read(make([]byte, 10))
			read <- err
		}()
		shut(g)
		for _, c := range []<-chan struct{}{a.finished, ended(read)} {
			select {
			case <-c:
			case <-time.After(10 * time.Second):
				t.Fatalf("%s: it still waits", name)
			}
		}
		if want := map[string]error{"closed": net.ErrClosed, "broken": errLate}[name]; !errors.Is(a.err, want) {
			t.Errorf("%s: %v, want %v", name, a.err, want)
		}
		_ = server.Close()
	}
}

func ended(errs <-chan error) <-chan struct{} {
	c := make(chan struct{})
	go func() {
		defer close(c)
		<-errs
	}()
	return c
}

func FuzzGuard(f *testing.F) {
	f.Add(said(firstOwnID+1, tagEntry, "content"), 1)
	f.Add(append(said(5, tagDone, "x"), said(firstOwnID+1, tagDone, "x")...), 3)
	f.Add(said(0, tagExtended, "\x0a\x01\x34\x04\x00\x04\x00"), 7)
	for _, m := range ldaplab.Malformations() {
		f.Add(fmt.Append(nil, m), 2)
	}
	f.Fuzz(func(t *testing.T, stream []byte, piece int) {
		g := newGuard(script{in: pieces{bytes.NewReader(stream), func() int { return 1 + piece&0xff }}})
		a := &answer{}
		a.reset()
		if _, err := g.expect(a); err != nil {
			t.Fatal(err)
		}
		n, err := io.Copy(io.Discard, g)
		<-a.finished
		if int(n) > len(stream) || len(a.slab) > len(stream) || a.err == nil && a.done == nil || err == nil && g.broken() == nil {
			t.Errorf("%d of %d bytes, slab %d: %v %v", n, len(stream), len(a.slab), err, a.err)
		}
		if a.err == nil {
			_, _ = a.result() // must not fail otherwise
		}
	})
}

// TestGuardClosedInTheMiddle closes the connection while the last message of a search is arriving: it ends once, and what it holds is not to be used.
func TestGuardClosedInTheMiddle(t *testing.T) {
	message := said(firstOwnID+1, tagDone, "\x0a\x01\x00\x04\x00\x04\x00")
	client, server := net.Pipe()
	defer func() { _ = server.Close() }()
	first := make(chan struct{})
	rest := make(chan struct{})
	g := newGuard(script{Conn: client, in: io.MultiReader(bytes.NewReader(message[:len(message)-2]), gate{first, rest}, bytes.NewReader(message[len(message)-2:]))})
	a := &answer{}
	a.reset()
	if _, err := g.expect(a); err != nil {
		t.Fatal(err)
	}
	read := make(chan error, 1)
	go func() {
		_, err := g.Read(make([]byte, 10))
		read <- err
	}()
	<-first // the reader stands in the middle of the message
	_ = g.Close()
	<-a.finished
	close(rest) // now the rest of it comes after all
	if err := <-read; !errors.Is(err, net.ErrClosed) || !errors.Is(a.err, net.ErrClosed) || !a.torn {
		t.Errorf("the reader ends with %v, the search with %v, torn %v", err, a.err, a.torn)
	}
}

// gate is a reader that says that it was reached, and lets nobody pass before it is opened.
type gate struct{ reached, open chan struct{} }

func (g gate) Read([]byte) (int, error) {
	close(g.reached)
	<-g.open
	return 0, io.EOF
}
