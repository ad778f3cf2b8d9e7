package ad

import (
	"bytes"
	"context"
	"encoding/asn1"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	ber "github.com/go-asn1-ber/asn1-ber"
	"github.com/jcmturner/gokrb5/v8/asn1tools"
	"github.com/jcmturner/gokrb5/v8/crypto"
	"github.com/jcmturner/gokrb5/v8/gssapi"
	"github.com/jcmturner/gokrb5/v8/iana/errorcode"
	"github.com/jcmturner/gokrb5/v8/iana/etypeID"
	"github.com/jcmturner/gokrb5/v8/iana/keyusage"
	"github.com/jcmturner/gokrb5/v8/iana/msgtype"
	"github.com/jcmturner/gokrb5/v8/keytab"
	"github.com/jcmturner/gokrb5/v8/messages"
	"github.com/jcmturner/gokrb5/v8/types"
)

// kdcLab is a KDC for one realm. It has one account, svc-audit@CONTOSO.COM with testPassword.
type kdcLab struct {
	realm string
	keys  *keytab.Keytab // of all services of all realms
	// elsewhere is the realm to which requests for services are sent on; "" when it is this one.
	elsewhere string
	// answer replaces the answer to a request, unless it gives nil.
	answer func(request []byte) []byte
	life   time.Duration

	mu       sync.Mutex
	requests []string
}

// services makes the keys of the realms' own services and of one domain controller.
func services(t *testing.T, names ...string) *keytab.Keytab {
	t.Helper()
	keys := keytab.New()
	for _, name := range names {
		principal, realm, _ := strings.Cut(name, "@")
		if err := keys.AddEntry(principal, realm, "key of "+name, time.Now(), 1, etypeID.AES256_CTS_HMAC_SHA1_96); err != nil {
			t.Fatal(err)
		}
	}
	return keys
}

// serveTCP calls a function with each connection until the test ends.
func serveTCP(t *testing.T, serve func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	var all sync.WaitGroup
	all.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			all.Go(func() {
				defer func() { _ = c.Close() }()
				defer context.AfterFunc(ctx, func() { _ = c.Close() })()
				serve(c)
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

// start gives the address at which the KDC answers until the test ends.
func (k *kdcLab) start(t *testing.T) string {
	t.Helper()
	return serveTCP(t, func(c net.Conn) {
		var length [4]byte
		if _, err := io.ReadFull(c, length[:]); err != nil {
			return
		}
		request := make([]byte, binary.BigEndian.Uint32(length[:]))
		if _, err := io.ReadFull(c, request); err != nil {
			return
		}
		answer, err := k.reply(request)
		if err != nil {
			t.Errorf("KDC: %v", err)
			return
		}
		_, _ = c.Write(append(binary.BigEndian.AppendUint32(nil, uint32(len(answer))), answer...))
	})
}

func (k *kdcLab) reply(request []byte) ([]byte, error) {
	kind := map[byte]string{0x6a: "AS", 0x6c: "TGS"}[request[0]]
	k.mu.Lock()
	k.requests = append(k.requests, kind)
	k.mu.Unlock()
	if k.answer != nil {
		if answer := k.answer(request); answer != nil {
			return answer, nil
		}
	}
	if kind == "AS" {
		return k.granting(request)
	}
	return k.service(request)
}

// granting answers without asking for a proof.
func (k *kdcLab) granting(request []byte) ([]byte, error) {
	var r messages.ASReq
	if err := r.Unmarshal(request); err != nil {
		return nil, err
	}
	if r.ReqBody.CName.PrincipalNameString() != "svc-audit" || r.ReqBody.Realm != "CONTOSO.COM" {
		refused := messages.NewKRBError(r.ReqBody.SName, k.realm, errorcode.KDC_ERR_C_PRINCIPAL_UNKNOWN, "")
		return refused.Marshal()
	}
	key, _, err := crypto.GetKeyFromPassword(testPassword, r.ReqBody.CName, k.realm, etypeID.AES256_CTS_HMAC_SHA1_96, nil)
	if err != nil {
		return nil, err
	}
	fields, err := k.issue(r.ReqBody, "krbtgt/"+k.realm, r.ReqBody.CName, k.realm, key, keyusage.AS_REP_ENCPART)
	if err != nil {
		return nil, err
	}
	fields.MsgType = msgtype.KRB_AS_REP
	reply := messages.ASRep{KDCRepFields: fields}
	return reply.Marshal()
}

func (k *kdcLab) service(request []byte) ([]byte, error) {
	var r messages.TGSReq
	if err := r.Unmarshal(request); err != nil {
		return nil, err
	}
	var shown messages.APReq
	if err := shown.Unmarshal(r.PAData[0].PADataValue); err != nil {
		return nil, err
	}
	if err := shown.Ticket.DecryptEncPart(k.keys, &shown.Ticket.SName); err != nil {
		return nil, err
	}
	owner := shown.Ticket.DecryptedEncPart
	if err := shown.DecryptAuthenticator(owner.Key); err != nil {
		return nil, err
	}
	if shown.Authenticator.CRealm != owner.CRealm || !shown.Authenticator.CName.Equal(owner.CName) {
		return nil, fmt.Errorf("the proof is of %s in %s", shown.Authenticator.CName.PrincipalNameString(), shown.Authenticator.CRealm)
	}
	name := r.ReqBody.SName.PrincipalNameString()
	if k.elsewhere != "" {
		name = "krbtgt/" + k.elsewhere
	}
	fields, err := k.issue(r.ReqBody, name, owner.CName, owner.CRealm, owner.Key, keyusage.TGS_REP_ENCPART_SESSION_KEY)
	if err != nil {
		refused := messages.NewKRBError(r.ReqBody.SName, k.realm, errorcode.KDC_ERR_S_PRINCIPAL_UNKNOWN, "")
		return refused.Marshal()
	}
	fields.MsgType = msgtype.KRB_TGS_REP
	reply := messages.TGSRep{KDCRepFields: fields}
	return reply.Marshal()
}

// issue makes a ticket and the part of the answer that only its owner can read.
func (k *kdcLab) issue(r messages.KDCReqBody, name string, client types.PrincipalName, realm string, key types.EncryptionKey, usage uint32) (messages.KDCRepFields, error) {
	now := time.Now().UTC().Truncate(time.Second)
	end := now.Add(k.life)
	sname := types.NewPrincipalName(2, name)
	issued, session, err := messages.NewTicket(client, realm, sname, k.realm, types.NewKrbFlags(), k.keys, etypeID.AES256_CTS_HMAC_SHA1_96, 1, now, now, end, end)
	if err != nil {
		return messages.KDCRepFields{}, err
	}
	part := messages.EncKDCRepPart{
		Key: session, LastReqs: []messages.LastReq{{LRValue: now}}, Nonce: r.Nonce, Flags: types.NewKrbFlags(), AuthTime: now, StartTime: now, EndTime: end,
		RenewTill: end, SRealm: k.realm, SName: sname,
	}
	plain, err := part.Marshal()
	if err != nil {
		return messages.KDCRepFields{}, err
	}
	sealed, err := crypto.GetEncryptedData(plain, key, usage, 1)
	if err != nil {
		return messages.KDCRepFields{}, err
	}
	return messages.KDCRepFields{PVNO: 5, CRealm: realm, CName: client, Ticket: issued, EncPart: sealed}, nil
}

// acceptor takes sign-ins with tickets for the domain controller, as the server's side of GSSAPI within SASL.
type acceptor struct {
	keys     *keytab.Keytab
	bindings []byte

	// What a server may do otherwise than it should.
	atOnce, strange, layersOnly, noSubkey, refuses bool
	rotation                                       int

	mu     sync.Mutex
	taken  int // sign-ins to their end
	key    types.EncryptionKey
	subkey bool
	next   string
	fault  error
}

// bind is for bindServer.
func (a *acceptor) bind(auth *ber.Packet) (int, string, []byte) {
	a.mu.Lock()
	defer a.mu.Unlock()
	var token []byte
	if auth.Tag != 3 || len(auth.Children) == 0 || string(auth.Children[0].ByteValue) != "GSSAPI" {
		return 7, "", nil
	}
	if len(auth.Children) > 1 {
		token = auth.Children[1].ByteValue
	}
	code, answer, err := a.step(token)
	if err != nil {
		a.fault, a.next = err, ""
		return 49, "80090308: LdapErr: DSID-0C0906B5, comment: AcceptSecurityContext error, data 57, v4563", nil
	}
	return code, "", answer
}

func (a *acceptor) step(token []byte) (int, []byte, error) {
	switch {
	case len(token) > 0 && token[0] == 0x60:
		if a.atOnce {
			return 0, nil, nil
		}
		reply, err := a.accept(token)
		a.next = "offer"
		return 14, reply, err
	case len(token) == 0 && a.next == "offer":
		offer, err := a.offer()
		a.next = "choice"
		return 14, offer, err
	case a.next == "choice":
		a.next = ""
		var choice gssapi.WrapToken
		if err := choice.Unmarshal(token, false); err != nil {
			return 0, nil, err
		}
		if ok, err := choice.Verify(a.key, keyusage.GSSAPI_INITIATOR_SEAL); !ok {
			return 0, nil, err
		}
		if !bytes.Equal(choice.Payload, []byte{noLayer, 0, 0, 0}) || (choice.Flags == acceptorSubkey) != a.subkey {
			return 0, nil, fmt.Errorf("choice %x with flags %d", choice.Payload, choice.Flags)
		}
		a.taken++
		return 0, nil, nil
	}
	return 0, nil, errors.New("out of turn")
}

// accept reads the ticket and checks the bindings.
func (a *acceptor) accept(token []byte) ([]byte, error) {
	var outer asn1.RawValue
	if _, err := asn1.Unmarshal(token, &outer); err != nil {
		return nil, err
	}
	if a.refuses {
		refused := messages.NewKRBError(types.NewPrincipalName(2, "ldap/dc01.contoso.com"), "CONTOSO.COM", errorcode.KRB_AP_ERR_MODIFIED, "")
		data, err := refused.Marshal()
		return gssToken(tokenError, data), err
	}
	var request messages.APReq
	if err := request.Unmarshal(outer.Bytes[len(krb5Mechanism)+2:]); err != nil {
		return nil, err
	}
	if err := request.Ticket.DecryptEncPart(a.keys, &request.Ticket.SName); err != nil {
		return nil, err
	}
	session := request.Ticket.DecryptedEncPart.Key
	if err := request.DecryptAuthenticator(session); err != nil {
		return nil, err
	}
	sum := request.Authenticator.Cksum
	if sum.CksumType != 0x8003 || len(sum.Checksum) != 24 || !bytes.Equal(sum.Checksum[4:20], a.bindings) || binary.LittleEndian.Uint32(sum.Checksum[20:]) != 2|32 {
		return nil, fmt.Errorf("checksum %x", sum.Checksum)
	}
	type key struct {
		Kind  int32  `asn1:"explicit,tag:0"`
		Value []byte `asn1:"explicit,tag:1"`
	}
	part := struct {
		Time   time.Time `asn1:"generalized,explicit,tag:0"`
		Micros int       `asn1:"explicit,tag:1"`
		Subkey key       `asn1:"explicit,optional,tag:2"`
	}{Time: request.Authenticator.CTime, Micros: request.Authenticator.Cusec}
	a.key, a.subkey = session, !a.noSubkey
	if a.strange {
		part.Micros++
	}
	if a.subkey {
		part.Subkey = key{session.KeyType, bytes.Repeat([]byte{0x5a}, 32)}
		a.key = types.EncryptionKey{KeyType: session.KeyType, KeyValue: part.Subkey.Value}
	}
	plain, err := asn1.Marshal(part)
	if err != nil {
		return nil, err
	}
	sealed, err := crypto.GetEncryptedData(asn1tools.AddASNAppTag(plain, 27), session, keyusage.AP_REP_ENCPART, 0)
	if err != nil {
		return nil, err
	}
	data, err := sealed.Marshal()
	if err != nil {
		return nil, err
	}
	reply, err := asn1.Marshal(struct {
		Version int `asn1:"explicit,tag:0"`
		Kind    int `asn1:"explicit,tag:1"`
		Sealed  asn1.RawValue
	}{5, msgtype.KRB_AP_REP, asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: 2, IsCompound: true, Bytes: data}})
	return gssToken(tokenReply, asn1tools.AddASNAppTag(reply, 15)), err
}

func gssToken(kind, data []byte) []byte {
	return asn1tools.AddASNAppTag(bytes.Join([][]byte{krb5Mechanism, kind, data}, nil), 0)
}

// offer wraps the security layers.
func (a *acceptor) offer() ([]byte, error) {
	layers := byte(1 | 2 | 4)
	if a.layersOnly {
		layers = 2 | 4
	}
	token := gssapi.WrapToken{Flags: sentByAcceptor, EC: 12, SndSeqNum: 7, Payload: []byte{layers, 0, 0xff, 0xff}}
	if a.subkey {
		token.Flags |= acceptorSubkey
	}
	if err := token.SetCheckSum(a.key, keyusage.GSSAPI_ACCEPTOR_SEAL); err != nil {
		return nil, err
	}
	data, err := token.Marshal()
	if err != nil {
		return nil, err
	}
	binary.BigEndian.PutUint16(data[6:], uint16(a.rotation))
	body := data[gssapi.HdrLen:]
	n := len(body) - a.rotation%len(body)
	return append(bytes.Clone(data[:gssapi.HdrLen]), append(bytes.Clone(body[n:]), body[:n]...)...), nil
}

// krb5Conf writes a configuration that names the KDCs of realms.
func krb5Conf(t *testing.T, realms map[string]string) string {
	t.Helper()
	text := "[libdefaults]\n default_realm = CONTOSO.COM\n[realms]\n"
	for realm, address := range realms {
		text += " " + realm + " = {\n  kdc = " + address + "\n }\n"
	}
	path := filepath.Join(t.TempDir(), "krb5.conf")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
