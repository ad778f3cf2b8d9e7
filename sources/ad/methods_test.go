package ad

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/md5"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"math/big"
	"net"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf16"

	ber "github.com/go-asn1-ber/asn1-ber"

	"hybridaudit/sources/evidence"
	ldaplab "hybridaudit/sources/lab/server/ldap"
)

// bindServer is a server that knows rootDSE and how to take a sign-in.
type bindServer struct {
	mechanisms []string
	// bind gets what stands behind the name in a bind request, and gives result code, text and what the server adds: a challenge goes where NTLM has it.
	bind func(auth *ber.Packet) (code int, text string, add []byte)
}

// serve answers on a TLS listener until the test ends, and gives the address.
func (b bindServer) serve(t *testing.T, c *tls.Config) string {
	t.Helper()
	l, err := tls.Listen("tcp", "127.0.0.1:0", c)
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	ctx, stop := context.WithCancel(context.Background())
	all.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			all.Go(func() {
				defer func() { _ = conn.Close() }()
				defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
				b.answer(conn)
			})
		}
	})
	t.Cleanup(func() {
		stop()
		_ = l.Close()
		all.Wait()
	})
	return l.Addr().String()
}

func (b bindServer) answer(conn net.Conn) {
	for {
		request, err := ber.ReadPacket(conn)
		if err != nil || len(request.Children) < 2 {
			return
		}
		id, op := request.Children[0].Value, request.Children[1]
		send := func(answer *ber.Packet) {
			envelope := ber.NewSequence("")
			envelope.AppendChild(ber.NewInteger(ber.ClassUniversal, ber.TypePrimitive, ber.TagInteger, id, ""))
			envelope.AppendChild(answer)
			_, _ = conn.Write(envelope.Bytes())
		}
		switch op.Tag {
		case 0:
			code, text, add := b.bind(op.Children[2])
			matched := ""
			if code == 0 && bytes.HasPrefix(add, []byte("NTLMSSP")) {
				matched = string(add) // that is where the server puts its challenge
			}
			answer := ldapResult(1, code, matched, text)
			if matched == "" && add != nil {
				answer.AppendChild(ber.NewString(ber.ClassContext, ber.TypePrimitive, 7, string(add), ""))
			}
			send(answer)
		case 3:
			if len(op.Children[0].ByteValue) > 0 {
				send(ldapResult(5, 32, "", "no such object"))
				continue
			}
			send(rootEntry(b.mechanisms))
			send(ldapResult(5, 0, "", ""))
		default:
			return
		}
	}
}

func ldapResult(tag ber.Tag, code int, matched, text string) *ber.Packet {
	p := ber.Encode(ber.ClassApplication, ber.TypeConstructed, tag, nil, "")
	p.AppendChild(ber.NewInteger(ber.ClassUniversal, ber.TypePrimitive, ber.TagEnumerated, code, ""))
	p.AppendChild(ber.NewString(ber.ClassUniversal, ber.TypePrimitive, ber.TagOctetString, matched, ""))
	p.AppendChild(ber.NewString(ber.ClassUniversal, ber.TypePrimitive, ber.TagOctetString, text, ""))
	return p
}

func rootEntry(mechanisms []string) *ber.Packet {
	p := ber.Encode(ber.ClassApplication, ber.TypeConstructed, 4, nil, "")
	p.AppendChild(ber.NewString(ber.ClassUniversal, ber.TypePrimitive, ber.TagOctetString, "", ""))
	list := ber.NewSequence("")
	for name, values := range map[string][]string{
		"defaultNamingContext": {testBase}, "rootDomainNamingContext": {testBase}, "configurationNamingContext": {testConfig}, "dnsHostName": {"dc01.contoso.com"},
		"supportedSASLMechanisms": mechanisms,
	} {
		if len(values) == 0 {
			continue
		}
		attribute := ber.NewSequence("")
		attribute.AppendChild(ber.NewString(ber.ClassUniversal, ber.TypePrimitive, ber.TagOctetString, name, ""))
		set := ber.Encode(ber.ClassUniversal, ber.TypeConstructed, ber.TagSet, nil, "")
		for _, value := range values {
			set.AppendChild(ber.NewString(ber.ClassUniversal, ber.TypePrimitive, ber.TagOctetString, value, ""))
		}
		attribute.AppendChild(set)
		list.AppendChild(attribute)
	}
	p.AppendChild(list)
	return p
}

// secureConfig signs in over LDAPS.
func secureConfig(address string, a authority) Config {
	c := configFor(address)
	c.Servers, c.AllowPlaintext = []string{"ldaps://" + address}, false
	c.RootCAs, c.ServerName = a.pool, "dc01.contoso.com"
	return c
}

// signedIn runs the collector and gives the fault of the sign-in, nil when there was none.
func signedIn(t *testing.T, c Config) *Error {
	t.Helper()
	_, err := collect(t, c)
	var fault *Error
	if err != nil && !errors.As(err, &fault) {
		t.Fatalf("error %v is none of ours", err)
	}
	if fault != nil && strings.Contains(fault.Error(), testPassword) {
		t.Error("the password stands in the error")
	}
	return fault
}

func wants(t *testing.T, fault *Error, kind Kind, text string) {
	t.Helper()
	switch {
	case text == "" && fault != nil:
		t.Errorf("refused: %v", fault)
	case text != "" && (fault == nil || fault.Kind != kind || !strings.Contains(fault.Error(), text)):
		t.Errorf("error %v, want kind %d and %q", fault, kind, text)
	}
}

func TestExternal(t *testing.T) {
	own, foreign := newAuthority(t), newAuthority(t)
	server := own.issue(t, 2*time.Hour, "dc01.contoso.com")
	tests := []struct {
		name        string
		mechanisms  []string
		issuer      authority
		code        int
		data        string
		most        uint16
		kind        Kind
		text        string
		demandsNone bool
	}{
		{name: "accepted", mechanisms: []string{"GSSAPI", "EXTERNAL"}, issuer: own},
		{name: "not offered", mechanisms: []string{"GSSAPI", "GSS-SPNEGO"}, issuer: own, kind: SignInRefused, text: "it offers GSSAPI, GSS-SPNEGO"},
		{name: "no account", mechanisms: []string{"EXTERNAL"}, issuer: own, code: 49, kind: SignInRefused, text: "maps to no account"},
		{name: "unknown certificate", mechanisms: []string{"EXTERNAL"}, issuer: own, code: 49, data: "80090327: LdapErr: comment: AcceptSecurityContext error, data 80090327, v4563", kind: SignInRefused, text: "maps to no account, data 80090327"},
		{name: "not allowed", mechanisms: []string{"EXTERNAL"}, issuer: own, code: 7, kind: SignInRefused, text: "does not take the method external"},
		{name: "untrusted", mechanisms: []string{"EXTERNAL"}, issuer: foreign, kind: SignInRefused, text: "refused the client certificate"},
		{name: "untrusted, TLS 1.2", mechanisms: []string{"EXTERNAL"}, issuer: foreign, most: tls.VersionTLS12, kind: SignInRefused, text: "refused the client certificate"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var mechanism string
			b := bindServer{mechanisms: tt.mechanisms, bind: func(auth *ber.Packet) (int, string, []byte) {
				if auth.Tag == 3 && len(auth.Children) > 0 {
					mechanism = string(auth.Children[0].ByteValue)
				}
				return tt.code, tt.data, nil
			}}
			address := b.serve(t, &tls.Config{
				MinVersion: tls.VersionTLS12, MaxVersion: tt.most, Certificates: []tls.Certificate{server}, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: own.pool,
			})
			shown := clientCertificate(t, tt.issuer)
			c := secureConfig(address, own)
			c.BindName, c.Password, c.Auth = "", nil, Auth{Method: External, ClientCertificate: &shown}
			fault := signedIn(t, c)
			wants(t, fault, tt.kind, tt.text)
			if fault == nil && mechanism != "EXTERNAL" {
				t.Errorf("mechanism %q", mechanism)
			}
		})
	}
}

func clientCertificate(t *testing.T, a authority) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(3), Subject: pkix.Name{CommonName: "svc-audit"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.certificate, key.Public(), a.key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// ntHash is the MD4 of testPassword in UTF-16, computed elsewhere.
const ntHash = "7e355194216861490db3a81866986c9c"

// challengeOf makes the server's message of NTLM, with target information that holds a domain's name.
func challengeOf(info []byte) []byte {
	m := append([]byte("NTLMSSP\x00"), 2, 0, 0, 0)
	m = append(m, make([]byte, 8)...)                               // no target name
	m = binary.LittleEndian.AppendUint32(m, 1|1<<9|1<<19|1<<23)     // Unicode, NTLM, extended session security, target information
	m = append(m, 1, 2, 3, 4, 5, 6, 7, 8)                           // the challenge
	m = append(m, make([]byte, 8)...)                               //
	m = binary.LittleEndian.AppendUint16(m, uint16(len(info)))      // target information
	m = binary.LittleEndian.AppendUint16(m, uint16(len(info)))      //
	m = binary.LittleEndian.AppendUint32(m, uint32(ntlmHeaderSize)) //
	return append(m, info...)
}

func utf16le(s string) []byte {
	var b []byte
	for _, u := range utf16.Encode([]rune(s)) {
		b = binary.LittleEndian.AppendUint16(b, u)
	}
	return b
}

func pair(kind uint16, value []byte) []byte {
	b := binary.LittleEndian.AppendUint16(nil, kind)
	return append(binary.LittleEndian.AppendUint16(b, uint16(len(value))), value...)
}

// provenPairs checks an NTLMv2 answer as a server does, and gives the pairs that it proves.
func provenPairs(message []byte) (map[uint16][]byte, bool) {
	field := func(at int) []byte {
		length, offset := int(binary.LittleEndian.Uint16(message[at:])), int(binary.LittleEndian.Uint32(message[at+4:]))
		return message[offset : offset+length]
	}
	response, domain, user := field(20), field(28), field(36)
	key, err := hex.DecodeString(ntHash)
	if err != nil || len(response) < 44 {
		return nil, false
	}
	sum := func(key []byte, parts ...[]byte) []byte {
		h := hmac.New(md5.New, key)
		for _, p := range parts {
			_, _ = h.Write(p)
		}
		return h.Sum(nil)
	}
	upper := utf16le(strings.ToUpper(string(utf16.Decode(units(user)))))
	if !hmac.Equal(response[:16], sum(sum(key, upper, domain), []byte{1, 2, 3, 4, 5, 6, 7, 8}, response[16:])) {
		return nil, false
	}
	pairs := map[uint16][]byte{}
	for rest := response[44:]; len(rest) >= 4; {
		kind, length := binary.LittleEndian.Uint16(rest), int(binary.LittleEndian.Uint16(rest[2:]))
		if kind == 0 {
			break
		}
		pairs[kind] = rest[4 : 4+length]
		rest = rest[4+length:]
	}
	return pairs, true
}

func units(b []byte) []uint16 {
	var out []uint16
	for i := 0; i+1 < len(b); i += 2 {
		out = append(out, binary.LittleEndian.Uint16(b[i:]))
	}
	return out
}

func TestNTLM(t *testing.T) {
	own := newAuthority(t)
	server := own.issue(t, 2*time.Hour, "dc01.contoso.com")
	leaf, err := x509.ParseCertificate(server.Certificate[0])
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name, account, password, refusal string
		kind                             Kind
		text                             string
	}{
		{name: "accepted", account: `CONTOSO\svc-audit`, password: testPassword},
		{name: "user principal name", account: "svc-audit@contoso.com", password: testPassword},
		{name: "wrong password", account: `CONTOSO\svc-audit`, password: "wrong", kind: SignInRefused, text: "wrong account name or password, data 52e"},
		{name: "no NTLM", account: `CONTOSO\svc-audit`, password: testPassword, refusal: "8009030C: LdapErr: DSID-0C0906B5, comment: AcceptSecurityContext error, data 0, v4563", kind: SignInRefused, text: "denied the sign-in"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var pairs map[uint16][]byte
			b := bindServer{bind: func(auth *ber.Packet) (int, string, []byte) {
				switch {
				case auth.Tag == 10: // sicilyNegotiate
					return 0, "", challengeOf(append(pair(2, utf16le("CONTOSO")), 0, 0, 0, 0))
				case auth.Tag != 11: // sicilyResponse
					return 7, "", nil
				case tt.refusal != "":
					return 49, tt.refusal, nil
				}
				var ok bool
				if pairs, ok = provenPairs(auth.Data.Bytes()); !ok {
					return 49, "80090308: LdapErr: DSID-0C090447, comment: AcceptSecurityContext error, data 52e, v4563\x00", nil
				}
				return 0, "", nil
			}}
			c := secureConfig(b.serve(t, &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{server}}), own)
			c.Auth.Method, c.BindName, c.Password = NTLM, tt.account, func() (string, error) { return tt.password, nil }
			wants(t, signedIn(t, c), tt.kind, tt.text)
			if tt.text == "" && (!bytes.Equal(pairs[avChannelBindings], channelBindings(leaf)) || string(utf16.Decode(units(pairs[2]))) != "CONTOSO") {
				t.Errorf("proved %v", pairs)
			}
		})
	}
}

func FuzzNTLMChallenge(f *testing.F) {
	f.Add(challengeOf(append(pair(2, utf16le("CONTOSO")), 0, 0, 0, 0)))
	f.Add(challengeOf(append(pair(avChannelBindings, make([]byte, 16)), 0, 0, 0, 0)))
	f.Add(challengeOf(nil))
	f.Fuzz(func(t *testing.T, challenge []byte) {
		bindings := bytes.Repeat([]byte{7}, 16)
		message, err := withBindings(challenge, bindings)
		if err != nil || bytes.Equal(message, challenge) {
			return
		}
		if n := bytes.Count(message[len(challenge):], append([]byte{avChannelBindings, 0, 16, 0}, bindings...)); n < 1 {
			t.Errorf("%d bindings in %x", n, message)
		}
	})
}

// TestAnswers is about what the results of a bind mean for each method.
func TestAnswers(t *testing.T) {
	own := newAuthority(t)
	server := own.issue(t, 2*time.Hour, "dc01.contoso.com")
	tests := []struct {
		method string
		code   int
		text   string
		kind   Kind
		want   string
	}{
		{SimpleBind, 8, "", SecureOnly, "even within TLS"},
		{SimpleBind, 13, "", SecureOnly, "even within TLS"},
		{SimpleBind, 51, "", Unreachable, "Busy"},
		{SimpleBind, 53, "0000001F", SignInRefused, "must be allowed a simple bind"},
		{SimpleBind, 49, "80090308: LdapErr: DSID-0C090447, comment: AcceptSecurityContext error, data 568, v4563", SignInRefused, "too many groups"},
		{NTLM, 53, "", SignInRefused, "must be allowed to sign in with ntlm"},
		{NTLM, 7, "", SignInRefused, "does not take the method ntlm"},
		{NTLM, 49, "80090346: LdapErr: DSID-0C0906B5, comment: AcceptSecurityContext error, data 80090346, v4563", SignInRefused, "channel binding"},
		{NTLM, 49, "80090324: LdapErr: DSID-0C0906B5, comment: AcceptSecurityContext error, data 0, v4563", SignInRefused, "clocks"},
		{NTLM, 49, "80090312: LdapErr: DSID-0C0906B5, comment: AcceptSecurityContext error, data 80090312, v4563", SignInRefused, "broken off"},
		{NTLM, 49, "80090308: LdapErr: DSID-0C0906B5, comment: AcceptSecurityContext error, data 57, v4563", SignInRefused, "could not read the sign-in, data 57"},
	}
	for _, tt := range tests {
		t.Run(tt.method+" "+tt.want, func(t *testing.T) {
			b := bindServer{bind: func(*ber.Packet) (int, string, []byte) { return tt.code, tt.text, nil }}
			c := secureConfig(b.serve(t, &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{server}}), own)
			c.Auth.Method = tt.method
			wants(t, signedIn(t, c), tt.kind, tt.want)
		})
	}
}

// TestLabRefusesOtherMethods shows that methods do not fall back on one another.
func TestLabRefusesOtherMethods(t *testing.T) {
	own := newAuthority(t)
	c := secureConfig(start(t, ldaplab.Options{Certificate: own.issue(t, 2*time.Hour, "dc01.contoso.com")}, true), own)
	c.Auth.Method = NTLM
	fault := signedIn(t, c)
	wants(t, fault, SignInRefused, "does not take the method ntlm")
	if s, _ := collect(t, c); coverage(t, s, evidence.ADUsers).State != evidence.Failed {
		t.Error("something was read")
	}
}
