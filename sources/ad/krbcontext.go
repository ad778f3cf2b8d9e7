package ad

import (
	"bytes"
	"encoding/asn1"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/jcmturner/gokrb5/v8/asn1tools"
	"github.com/jcmturner/gokrb5/v8/crypto"
	"github.com/jcmturner/gokrb5/v8/gssapi"
	"github.com/jcmturner/gokrb5/v8/iana/chksumtype"
	"github.com/jcmturner/gokrb5/v8/iana/flags"
	"github.com/jcmturner/gokrb5/v8/iana/keyusage"
	"github.com/jcmturner/gokrb5/v8/messages"
	"github.com/jcmturner/gokrb5/v8/types"
)

// What a token of the Kerberos mechanism begins with (RFC 4121 4.1): the mechanism 1.2.840.113554.1.2.2, and the kind of message.
var (
	krb5Mechanism = []byte{0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x12, 0x01, 0x02, 0x02}
	tokenRequest  = []byte{1, 0}
	tokenReply    = []byte{2, 0}
	tokenError    = []byte{3, 0}
)

// errLayerDemanded says that a server wants to sign or encrypt what follows itself.
var errLayerDemanded = errors.New("the server demands that the LDAP messages be signed")

// errNotProven says that a server let us in without having shown that it is the one that was meant.
var errNotProven = errors.New("the server did not prove who it is")

// gssContext signs in with a ticket, as an ldap.GSSAPIClient: SASL mechanism GSSAPI (RFC 4752), without security layer, with mutual authentication and with
// channel bindings.
type gssContext struct {
	ticket   ticket
	bindings []byte // 16 bytes of channelBindings

	stage    stage
	sent     time.Time // the time in our request, which the reply must repeat
	micros   int
	sequence uint64
	key      types.EncryptionKey
	acceptor bool // the key is the server's choice
}

type stage int

const (
	fresh stage = iota
	requested
	proven
	done
)

// InitSecContext implements ldap.GSSAPIClient.
func (g *gssContext) InitSecContext(target string, input []byte) ([]byte, bool, error) {
	return g.InitSecContextWithOptions(target, input, nil)
}

// InitSecContextWithOptions implements ldap.GSSAPIClient. The ticket decides on the target, and the options are always the same.
func (g *gssContext) InitSecContextWithOptions(_ string, input []byte, _ []int) (output []byte, more bool, err error) {
	err = parsed(func() error {
		switch {
		case g.stage == fresh && len(input) == 0:
			output, err = g.request()
			g.stage, more = requested, true
			return err
		case g.stage == requested && len(input) > 0:
			g.stage = proven
			return g.reply(input)
		}
		return errNotProven
	})
	if err != nil {
		g.stage = done
		return nil, false, err
	}
	return output, more, nil
}

// request is the first token: the ticket, and a proof that it is ours.
func (g *gssContext) request() ([]byte, error) {
	proof, err := types.NewAuthenticator(g.ticket.realm, g.ticket.client)
	if err != nil {
		return nil, fmt.Errorf("making the sign-in: %w", err)
	}
	g.sent, g.micros, g.sequence = proof.CTime.Truncate(time.Second), proof.Cusec, uint64(proof.SeqNumber) //nolint:gosec // 30 bits
	// RFC 4121 4.1.1: the length of the bindings, the bindings, and what is asked of the context.
	sum := append(binary.LittleEndian.AppendUint32(nil, uint32(len(g.bindings))), g.bindings...) //nolint:gosec // 16
	sum = binary.LittleEndian.AppendUint32(sum, gssapi.ContextFlagMutual|gssapi.ContextFlagInteg)
	proof.Cksum = types.Checksum{CksumType: chksumtype.GSSAPI, Checksum: sum}
	message, err := messages.NewAPReq(g.ticket.ticket, g.ticket.key, proof)
	if err != nil {
		return nil, fmt.Errorf("making the sign-in: %w", err)
	}
	types.SetFlag(&message.APOptions, flags.APOptionMutualRequired)
	data, err := message.Marshal()
	if err != nil {
		return nil, fmt.Errorf("making the sign-in: %w", err)
	}
	return asn1tools.AddASNAppTag(bytes.Join([][]byte{krb5Mechanism, tokenRequest, data}, nil), 0), nil
}

// reply checks that the server could read the ticket.
func (g *gssContext) reply(input []byte) error {
	var token asn1.RawValue
	rest, err := asn1.Unmarshal(input, &token)
	if err != nil || len(rest) > 0 || token.Class != asn1.ClassApplication || token.Tag != 0 || !bytes.HasPrefix(token.Bytes, krb5Mechanism) {
		return errors.New("the server's answer is none of Kerberos")
	}
	body := token.Bytes[len(krb5Mechanism):]
	switch {
	case bytes.HasPrefix(body, tokenError):
		var refused messages.KRBError
		if err := refused.Unmarshal(body[len(tokenError):]); err != nil {
			return fmt.Errorf("the server's refusal cannot be read: %w", err)
		}
		return refused
	case !bytes.HasPrefix(body, tokenReply):
		return errors.New("the server's answer is none of Kerberos")
	}
	var message messages.APRep
	if err := message.Unmarshal(body[len(tokenReply):]); err != nil {
		return fmt.Errorf("the server's answer cannot be read: %w", err)
	}
	plain, err := crypto.DecryptEncPart(message.EncPart, g.ticket.key, keyusage.AP_REP_ENCPART)
	if err != nil {
		return errNotProven
	}
	var part messages.EncAPRepPart
	if err := part.Unmarshal(plain); err != nil {
		return fmt.Errorf("the server's answer cannot be read: %w", err)
	}
	if !part.CTime.Equal(g.sent) || part.Cusec != g.micros {
		return errNotProven
	}
	g.key, g.acceptor = g.ticket.key, len(part.Subkey.KeyValue) > 0
	if g.acceptor {
		g.key = part.Subkey
	}
	return nil
}

// Flags of a wrap token (RFC 4121 4.2.2), and the security layers that a server may offer (RFC 4752 3.3).
const (
	sentByAcceptor = 1
	sealed         = 2
	acceptorSubkey = 4

	noLayer = 1
)

// NegotiateSaslAuth implements ldap.GSSAPIClient: it takes the server's offer of security layers and chooses none.
func (g *gssContext) NegotiateSaslAuth(input []byte, authzid string) (output []byte, err error) {
	err = parsed(func() error {
		if g.stage != proven {
			return errNotProven
		}
		g.stage = done
		offer, err := g.unwrap(input)
		if err != nil {
			return err
		}
		if len(offer) != 4 {
			return errors.New("the server's offer of security layers cannot be read")
		}
		if offer[0]&noLayer == 0 {
			return errLayerDemanded
		}
		output, err = g.wrap(append([]byte{noLayer, 0, 0, 0}, authzid...))
		return err
	})
	return output, err
}

// unwrap checks a wrap token that is signed and not encrypted, and gives its content.
func (g *gssContext) unwrap(token []byte) ([]byte, error) {
	if len(token) < gssapi.HdrLen || token[0] != 5 || token[1] != 4 || token[3] != gssapi.FillerByte || token[2]&(sentByAcceptor|sealed) != sentByAcceptor {
		return nil, errors.New("the server's offer of security layers cannot be read")
	}
	if (token[2]&acceptorSubkey != 0) != g.acceptor {
		return nil, errNotProven
	}
	length, rotated, body := int(binary.BigEndian.Uint16(token[4:])), int(binary.BigEndian.Uint16(token[6:])), token[gssapi.HdrLen:]
	if length > len(body) {
		return nil, errors.New("the server's offer of security layers cannot be read")
	}
	// Content and checksum may have been rotated to the right (RFC 4121 4.2.5).
	rotated %= max(1, len(body))
	body = append(bytes.Clone(body[rotated:]), body[:rotated]...)
	wrapped := gssapi.WrapToken{
		Flags: token[2], EC: binary.BigEndian.Uint16(token[4:]), SndSeqNum: binary.BigEndian.Uint64(token[8:]),
		Payload: body[:len(body)-length], CheckSum: body[len(body)-length:],
	}
	if ok, err := wrapped.Verify(g.key, keyusage.GSSAPI_ACCEPTOR_SEAL); !ok || err != nil {
		return nil, errNotProven
	}
	return wrapped.Payload, nil
}

// wrap signs a content.
func (g *gssContext) wrap(content []byte) ([]byte, error) {
	kind, err := crypto.GetEtype(g.key.KeyType)
	if err != nil {
		return nil, fmt.Errorf("making the sign-in: %w", err)
	}
	token := gssapi.WrapToken{EC: uint16(kind.GetHMACBitLength() / 8), SndSeqNum: g.sequence, Payload: content} //nolint:gosec // at most 24
	if g.acceptor {
		token.Flags = acceptorSubkey
	}
	if err := token.SetCheckSum(g.key, keyusage.GSSAPI_INITIATOR_SEAL); err != nil {
		return nil, fmt.Errorf("making the sign-in: %w", err)
	}
	return token.Marshal()
}

// DeleteSecContext implements ldap.GSSAPIClient.
func (g *gssContext) DeleteSecContext() error {
	g.key, g.stage = types.EncryptionKey{}, done
	return nil
}
