package ad

import (
	"bytes"
	"errors"
	"net"
	"strings"
	"testing"

	ber "github.com/go-asn1-ber/asn1-ber"
	"github.com/go-ldap/ldap/v3"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"hybridaudit/sources/evidence/entries"
)

// plain is an entry that can be compared.
type plain struct {
	DN         string
	Attributes []plainAttribute
}

type plainAttribute struct {
	Name   string
	Values []string
}

func plainOf(e entries.Entry) plain {
	p := plain{DN: string(e.DN)}
	for _, a := range e.Attributes {
		var values []string
		for _, v := range a.Values {
			values = append(values, string(v))
		}
		p.Attributes = append(p.Attributes, plainAttribute{string(a.Name), values})
	}
	return p
}

// packet encodes an entry with the library that is not under test.
func (p plain) packet() *ber.Packet {
	text := func(s string) *ber.Packet {
		return ber.NewString(ber.ClassUniversal, ber.TypePrimitive, ber.TagOctetString, s, "")
	}
	list := ber.NewSequence("")
	for _, a := range p.Attributes {
		set := ber.Encode(ber.ClassUniversal, ber.TypeConstructed, ber.TagSet, nil, "")
		for _, v := range a.Values {
			set.AppendChild(text(v))
		}
		one := ber.NewSequence("")
		one.AppendChild(text(a.Name))
		one.AppendChild(set)
		list.AppendChild(one)
	}
	e := ber.Encode(ber.ClassApplication, ber.TypeConstructed, ldap.ApplicationSearchResultEntry, nil, "")
	e.AppendChild(text(p.DN))
	e.AppendChild(list)
	return e
}

// drawn is a random entry: short and long values of any bytes, none at all, and names of any kind.
func drawn(t *rapid.T) plain {
	p := plain{DN: rapid.String().Draw(t, "dn")}
	size := rapid.OneOf(rapid.IntRange(0, 40), rapid.SampledFrom([]int{127, 128, 255, 256, 65535, 65536, 70000}))
	for range rapid.IntRange(0, 12).Draw(t, "attributes") {
		a := plainAttribute{Name: rapid.StringN(0, 30, -1).Draw(t, "name")}
		for range rapid.IntRange(0, 5).Draw(t, "values") {
			seed := rapid.SliceOfN(rapid.Byte(), 1, 8).Draw(t, "bytes")
			n := size.Draw(t, "size")
			a.Values = append(a.Values, string(bytes.Repeat(seed, n/len(seed)+1)[:n]))
		}
		p.Attributes = append(p.Attributes, a)
	}
	return p
}

// throughLibrary lets go-ldap read the entries from a server that sends them in answer to one search.
func throughLibrary(t *rapid.T, all []plain) []plain {
	client, server := net.Pipe()
	conn := ldap.NewConn(client, false)
	conn.Start()
	defer func() { _ = conn.Close() }()
	served := make(chan error, 1)
	go func() {
		request, err := ber.ReadPacket(server)
		if err == nil {
			var out []byte
			for _, e := range all {
				out = append(out, framed(request.Children[0], e.packet())...)
			}
			done := ber.Encode(ber.ClassApplication, ber.TypeConstructed, ldap.ApplicationSearchResultDone, nil, "")
			done.AppendChild(ber.NewInteger(ber.ClassUniversal, ber.TypePrimitive, ber.TagEnumerated, 0, ""))
			done.AppendChild(ber.NewString(ber.ClassUniversal, ber.TypePrimitive, ber.TagOctetString, "", ""))
			done.AppendChild(ber.NewString(ber.ClassUniversal, ber.TypePrimitive, ber.TagOctetString, "", ""))
			_, err = server.Write(append(out, framed(request.Children[0], done)...))
		}
		served <- err
	}()
	got, err := conn.Search(ldap.NewSearchRequest("", ldap.ScopeWholeSubtree, 0, 0, 0, false, "(a=b)", nil, nil))
	if err := errors.Join(err, <-served); err != nil {
		t.Fatal(err)
	}
	var out []plain
	for _, e := range got.Entries {
		out = append(out, plainOf(plainEntry(e)))
	}
	return out
}

func framed(id, operation *ber.Packet) []byte {
	p := ber.NewSequence("")
	p.AppendChild(ber.NewInteger(ber.ClassUniversal, ber.TypePrimitive, ber.TagInteger, id.Value, ""))
	p.AppendChild(operation)
	return p.Bytes()
}

// TestDecoderAgreesWithLibrary reads random entries with go-ldap and with ours.
func TestDecoderAgreesWithLibrary(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var all, ours []plain
		d := new(decoder) // one for all: what it keeps from one entry must not show in the next
		for range rapid.IntRange(1, 5).Draw(t, "entries") {
			all = append(all, drawn(t))
		}
		for _, e := range all {
			got, err := d.entry(e.packet().Bytes())
			if err != nil {
				t.Fatal(err)
			}
			ours = append(ours, plainOf(got))
		}
		if diff := cmp.Diff(throughLibrary(t, all), ours); diff != "" {
			t.Errorf("go-ldap and ours differ (-go-ldap +ours):\n%s", diff)
		}
		if diff := cmp.Diff(all, ours); diff != "" {
			t.Errorf("what was encoded differs (-want +got):\n%s", diff)
		}
	})
}

func TestDecoderRefuses(t *testing.T) {
	good := plain{"CN=x", []plainAttribute{{"mail", []string{"a", "bb"}}, {"cn", []string{"x"}}}}.packet().Bytes()
	if _, err := new(decoder).entry(good); err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct{ element, text string }{
		"nothing":              {"", "an entry that is missing"},
		"other operation":      {"\x65\x00", "an entry with the tag 0x65"},
		"indefinite":           {"\x64\x80\x00\x00", "an indefinite length"},
		"no length":            {"\x64", "missing"},
		"length cut off":       {"\x64\x84\x00\x00", "cut off"},
		"length of nine bytes": {"\x64\x89\x00\x00\x00\x00\x00\x00\x00\x00\x01\x00", "a length of 9 bytes"},
		"length that wraps":    {"\x64\x88\xff\xff\xff\xff\xff\xff\xff\xff\x04\x00", "bytes where 2 are left"},
		"longer than it is":    {"\x64\x05\x04\x01x", "an entry of 5 bytes where 3 are left"},
		"name is a sequence":   {"\x64\x04\x30\x00\x30\x00", "an entry's name with the tag 0x30"},
		"no attributes":        {"\x64\x02\x04\x00", "an entry's attributes that is missing"},
		"constructed text":     {"\x64\x0b\x24\x07\x04\x01a\x04\x02bc\x30\x00", "an entry's name with the tag 0x24"},
		"name ends behind":     {"\x64\x04\x04\x03\x30\x00", "an entry's name of 3 bytes where 2 are left"},
		"values are octets":    {"\x64\x0b\x04\x00\x30\x07\x30\x05\x04\x01m\x04\x00", "an attribute's values with the tag 0x04"},
		"value ends behind":    {"\x64\x0e\x04\x00\x30\x0a\x30\x08\x04\x01m\x31\x03\x04\x02x", "a value of 2 bytes where 1 are left"},
		"too many attributes":  {large(maxAttributes+1, "\x30\x04\x04\x00\x31\x00", ""), "more than 10000 attributes"},
		"too many values":      {large(maxValues+1, "\x04\x00", "m"), "more than 1000000 values"},
	} {
		if _, err := new(decoder).entry([]byte(tt.element)); !errors.As(err, new(*malformedError)) || !strings.Contains(err.Error(), tt.text) {
			t.Errorf("%s: error %v, want %q", name, err, tt.text)
		}
	}
	for i := range good { // cut anywhere
		if _, err := new(decoder).entry(good[:i]); err == nil {
			t.Errorf("the first %d of %d bytes pass for an entry", i, len(good))
		}
	}
}

// large is an entry with n elements of one kind: attributes, or values of the attribute of that name.
func large(n int, element, of string) string {
	wrap := func(tag byte, s string) string {
		return string([]byte{tag, 0x84, byte(len(s) >> 24), byte(len(s) >> 16), byte(len(s) >> 8), byte(len(s))}) + s
	}
	inner := strings.Repeat(element, n)
	if of != "" {
		inner = wrap(tagSequence, wrap(tagOctets, of)+wrap(tagSet, inner))
	}
	return wrap(tagEntry, "\x04\x00"+wrap(tagSequence, inner))
}

func TestDecoderAllocatesNothing(t *testing.T) {
	e := plain{DN: "CN=x"}
	for _, name := range strings.Fields("mail cn sn displayName proxyAddresses userAccountControl") {
		e.Attributes = append(e.Attributes, plainAttribute{name, []string{"one", "two", strings.Repeat("three", 100)}})
	}
	b, d := e.packet().Bytes(), new(decoder)
	if got := testing.AllocsPerRun(100, func() {
		if _, err := d.entry(b); err != nil {
			t.Fatal(err)
		}
	}); got > 0 {
		t.Errorf("%v allocations an entry", got)
	}
}

func BenchmarkDecoder(b *testing.B) {
	e := plain{DN: "CN=User 00001,OU=Staff,DC=contoso,DC=com"}
	for range 25 {
		e.Attributes = append(e.Attributes, plainAttribute{"msRTCSIP-PrimaryUserAddress", []string{"sip:u00001@contoso.com"}})
	}
	element, d := e.packet().Bytes(), new(decoder)
	b.ReportAllocs()
	b.SetBytes(int64(len(element)))
	for b.Loop() {
		if _, err := d.entry(element); err != nil {
			b.Fatal(err)
		}
	}
}

// FuzzEntry holds the decoder against the BER library: what both take they read alike, and nothing makes ours fail otherwise than with an error.
func FuzzEntry(f *testing.F) {
	f.Add(plain{"CN=x", []plainAttribute{{"mail", []string{"a", ""}}, {"", nil}}}.packet().Bytes())
	f.Add(plain{}.packet().Bytes())
	f.Add([]byte("\x64\x88\xff\xff\xff\xff\xff\xff\xff\xff\x04\x00"))
	f.Add([]byte("\x64\x80\x04\x00\x30\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, element []byte) {
		e, err := new(decoder).entry(element)
		if err != nil {
			if !errors.As(err, new(*malformedError)) {
				t.Errorf("error %v", err)
			}
			return
		}
		got := plainOf(e)
		size := len(got.DN)
		for _, a := range got.Attributes {
			size += len(a.Name)
			for _, v := range a.Values {
				size += len(v)
			}
		}
		if size > len(element) {
			t.Errorf("%d bytes out of %d", size, len(element))
		}
		p, err := ber.DecodePacketErr(element)
		if err != nil {
			return // something behind what we look at
		}
		want := plain{DN: string(p.Children[0].ByteValue)}
		for _, a := range p.Children[1].Children {
			one := plainAttribute{Name: string(a.Children[0].ByteValue)}
			for _, v := range a.Children[1].Children {
				one.Values = append(one.Values, string(v.ByteValue))
			}
			want.Attributes = append(want.Attributes, one)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("the BER library reads something else (-library +ours):\n%s", diff)
		}
	})
}
