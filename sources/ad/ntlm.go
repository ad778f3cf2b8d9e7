package ad

import (
	"encoding/binary"
	"errors"

	"github.com/Azure/go-ntlmssp"
	"github.com/go-ldap/ldap/v3"
)

// ntlmBind signs in with NTLMv2, bound to the TLS connection when there is one.
func (s *session) ntlmBind(name, password string) error {
	_, err := s.conn.NTLMChallengeBind(&ldap.NTLMBindRequest{Username: name, Password: password, Negotiator: ntlm{bindings: channelBindings(s.certificate)}})
	return err
}

// ntlm makes the messages of NTLM, as an ldap.NTLMNegotiator.
type ntlm struct {
	bindings []byte // 16 bytes of channelBindings
}

// Negotiate implements ldap.NTLMNegotiator.
func (n ntlm) Negotiate(domain, workstation string) ([]byte, error) {
	return ntlmssp.NewNegotiateMessage(domain, workstation)
}

// ChallengeResponse implements ldap.NTLMNegotiator. The answer repeats and proves what the challenge tells of the server, so the bindings are put there.
func (n ntlm) ChallengeResponse(challenge []byte, username, hash string) ([]byte, error) {
	bound, err := withBindings(challenge, n.bindings)
	if err != nil {
		return nil, err
	}
	return ntlmssp.NewAuthenticateMessage(bound, username, hash, &ntlmssp.AuthenticateMessageOptions{PasswordHashed: true})
}

// Places in a challenge message (MS-NLMP 2.2.1.2), and kinds of pairs in its target information (2.2.2.1).
const (
	ntlmInfoField  = 40
	ntlmHeaderSize = 48

	avEnd             = 0
	avChannelBindings = 10
)

var errNTLMChallenge = errors.New("the server's NTLM challenge cannot be read")

// withBindings gives a challenge message with channel bindings in its target information. A challenge without target information stays as it is: its server
// knows no bindings.
func withBindings(challenge, bindings []byte) ([]byte, error) {
	if len(challenge) < ntlmHeaderSize {
		return nil, errNTLMChallenge
	}
	length, offset := int(binary.LittleEndian.Uint16(challenge[ntlmInfoField:])), uint64(binary.LittleEndian.Uint32(challenge[ntlmInfoField+4:]))
	if length == 0 {
		return challenge, nil
	}
	if offset+uint64(length) > uint64(len(challenge)) { //nolint:gosec // 16 bits
		return nil, errNTLMChallenge
	}
	info, err := bound(challenge[offset:offset+uint64(length)], bindings) //nolint:gosec // as above
	if err != nil {
		return nil, err
	}
	// The new information stands behind the rest, so that nothing moves.
	message := append(append([]byte{}, challenge...), info...)
	binary.LittleEndian.PutUint16(message[ntlmInfoField:], uint16(len(info)))        //nolint:gosec // bound keeps it small
	binary.LittleEndian.PutUint16(message[ntlmInfoField+2:], uint16(len(info)))      //nolint:gosec // as above
	binary.LittleEndian.PutUint32(message[ntlmInfoField+4:], uint32(len(challenge))) //nolint:gosec // an LDAP answer is bounded
	return message, nil
}

// bound puts the bindings into target information, in the place of any that are there.
func bound(info, bindings []byte) ([]byte, error) {
	var out []byte
	for {
		if len(info) < 4 {
			return nil, errNTLMChallenge
		}
		kind, length := binary.LittleEndian.Uint16(info), int(binary.LittleEndian.Uint16(info[2:]))
		if kind == avEnd {
			break
		}
		if len(info) < 4+length {
			return nil, errNTLMChallenge
		}
		if kind != avChannelBindings {
			out = append(out, info[:4+length]...)
		}
		info = info[4+length:]
	}
	out = binary.LittleEndian.AppendUint16(out, avChannelBindings)
	out = binary.LittleEndian.AppendUint16(out, uint16(len(bindings))) //nolint:gosec // 16
	out = append(append(out, bindings...), 0, 0, 0, 0)
	if len(out) > 1<<15 {
		return nil, errNTLMChallenge
	}
	return out, nil
}
