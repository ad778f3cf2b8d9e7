package ad

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"math"
	"math/big"
	"strings"

	"github.com/jcmturner/gokrb5/v8/crypto"
	"github.com/jcmturner/gokrb5/v8/iana"
	"github.com/jcmturner/gokrb5/v8/iana/flags"
	"github.com/jcmturner/gokrb5/v8/iana/keyusage"
	"github.com/jcmturner/gokrb5/v8/iana/msgtype"
	"github.com/jcmturner/gokrb5/v8/iana/nametype"
	"github.com/jcmturner/gokrb5/v8/iana/patype"
	"github.com/jcmturner/gokrb5/v8/messages"
	"github.com/jcmturner/gokrb5/v8/types"
)

// serviceTicket gets the ticket for a service for a granting ticket (RFC 4120 3.3). A domain controller of another domain belongs to another realm: ours sends
// us there, over as many realms as lie between them (RFC 6806 8).
func (k *kerberos) serviceTicket(ctx context.Context, granting ticket, spn string) (ticket, error) {
	realm := granting.realm
	for range maxReferrals {
		got, err := k.exchange(ctx, granting, realm, spn)
		if err != nil {
			return ticket{}, err
		}
		name := got.ticket.SName.NameString
		if len(name) != 2 || name[0] != "krbtgt" {
			return got, nil
		}
		if strings.EqualFold(name[1], realm) {
			return ticket{}, errors.New("the KDC gives another ticket than was asked for")
		}
		granting, realm = got, name[1]
	}
	return ticket{}, errors.New("the KDCs send us from realm to realm")
}

// exchange asks one realm for the ticket for a service.
func (k *kerberos) exchange(ctx context.Context, granting ticket, realm, spn string) (ticket, error) {
	request, err := k.serviceRequest(granting, realm, spn)
	if err != nil {
		return ticket{}, fmt.Errorf("making the request for a ticket: %w", err)
	}
	data, err := request.Marshal()
	if err != nil {
		return ticket{}, fmt.Errorf("making the request for a ticket: %w", err)
	}
	answer, err := k.ask(ctx, realm, data)
	if err != nil {
		return ticket{}, err
	}
	var reply messages.TGSRep
	if err := reply.Unmarshal(answer); err != nil {
		return ticket{}, fmt.Errorf("the KDC's answer cannot be read: %w", err)
	}
	if err := reply.DecryptEncPart(granting.key); err != nil {
		return ticket{}, fmt.Errorf("the KDC's answer cannot be decrypted: %w", err)
	}
	part := reply.DecryptedEncPart
	if part.Nonce != request.ReqBody.Nonce {
		return ticket{}, errors.New("the KDC answers another question than was asked")
	}
	return ticket{ticket: reply.Ticket, key: part.Key, client: granting.client, realm: granting.realm, end: part.EndTime}, nil
}

func (k *kerberos) serviceRequest(granting ticket, realm, spn string) (messages.TGSReq, error) {
	nonce, err := rand.Int(rand.Reader, big.NewInt(math.MaxInt32))
	if err != nil {
		return messages.TGSReq{}, err
	}
	request := messages.TGSReq{KDCReqFields: messages.KDCReqFields{
		PVNO: iana.PVNO, MsgType: msgtype.KRB_TGS_REQ,
		ReqBody: messages.KDCReqBody{
			KDCOptions: types.NewKrbFlags(), Realm: realm, SName: types.NewPrincipalName(nametype.KRB_NT_SRV_INST, spn),
			Till: k.config.Clock.Now().UTC().Add(k.settings.LibDefaults.TicketLifetime), Nonce: int(nonce.Int64()), EType: k.settings.LibDefaults.DefaultTGSEnctypeIDs,
		},
	}}
	types.SetFlag(&request.ReqBody.KDCOptions, flags.Canonicalize) // without it there are no referrals
	body, err := request.ReqBody.Marshal()
	if err != nil {
		return messages.TGSReq{}, err
	}
	kind, err := crypto.GetEtype(granting.key.KeyType)
	if err != nil {
		return messages.TGSReq{}, err
	}
	sum, err := kind.GetChecksumHash(granting.key.KeyValue, body, keyusage.TGS_REQ_PA_TGS_REQ_AP_REQ_AUTHENTICATOR_CHKSUM)
	if err != nil {
		return messages.TGSReq{}, err
	}
	// The library would put the realm of the granting ticket here, which after a referral is not the account's.
	proof, err := types.NewAuthenticator(granting.realm, granting.client)
	if err != nil {
		return messages.TGSReq{}, err
	}
	proof.Cksum = types.Checksum{CksumType: kind.GetHashID(), Checksum: sum}
	shown, err := messages.NewAPReq(granting.ticket, granting.key, proof)
	if err != nil {
		return messages.TGSReq{}, err
	}
	value, err := shown.Marshal()
	if err != nil {
		return messages.TGSReq{}, err
	}
	request.PAData = types.PADataSequence{{PADataType: patype.PA_TGS_REQ, PADataValue: value}}
	return request, nil
}
