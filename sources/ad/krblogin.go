package ad

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/jcmturner/gokrb5/v8/crypto"
	"github.com/jcmturner/gokrb5/v8/iana/errorcode"
	"github.com/jcmturner/gokrb5/v8/iana/flags"
	"github.com/jcmturner/gokrb5/v8/iana/keyusage"
	"github.com/jcmturner/gokrb5/v8/iana/nametype"
	"github.com/jcmturner/gokrb5/v8/iana/patype"
	"github.com/jcmturner/gokrb5/v8/keytab"
	"github.com/jcmturner/gokrb5/v8/messages"
	"github.com/jcmturner/gokrb5/v8/types"

	"hybridaudit/sources/evidence/directory"
)

// maxRounds bounds how often a password is hashed for a key: a KDC that asks for more keeps us busy. Active Directory asks for 4096.
const maxRounds = 1 << 20

// maxReferrals bounds how often a realm may send us on to another.
const maxReferrals = 8

// secret makes an account's keys: from its password, or out of a keytab.
type secret struct {
	client   types.PrincipalName
	realm    string
	password string
	keytab   *keytab.Keytab
}

// logIn gets the granting ticket of the account (RFC 4120 3.1).
func (k *kerberos) logIn(ctx context.Context) (ticket, error) {
	account, err := k.account()
	if err != nil {
		return ticket{}, err
	}
	for referrals := 0; ; referrals++ {
		got, err := k.logInAt(ctx, account)
		var refused messages.KRBError
		if errors.As(err, &refused) && refused.ErrorCode == errorcode.KDC_ERR_WRONG_REALM && refused.CRealm != "" && referrals < maxReferrals {
			account.realm = refused.CRealm
			continue
		}
		return got, err
	}
}

// logInAt asks one realm: without a proof first, because the answer says with which salt the proof is to be made.
func (k *kerberos) logInAt(ctx context.Context, account secret) (ticket, error) {
	request, err := messages.NewASReqForTGT(account.realm, k.settings, account.client)
	if err != nil {
		return ticket{}, fmt.Errorf("making the request for a ticket: %w", err)
	}
	if account.client.NameType == nametype.KRB_NT_ENTERPRISE {
		types.SetFlag(&request.ReqBody.KDCOptions, flags.Canonicalize)
	}
	var hints types.PADataSequence
	answer, err := k.askFor(ctx, account.realm, &request)
	var refused messages.KRBError
	if errors.As(err, &refused) && refused.ErrorCode == errorcode.KDC_ERR_PREAUTH_REQUIRED {
		if err := hints.Unmarshal(refused.EData); err != nil {
			return ticket{}, fmt.Errorf("the KDC does not say how to sign in: %w", err)
		}
		proof, err := account.proof(k.settings.LibDefaults.DefaultTktEnctypeIDs, hints)
		if err != nil {
			return ticket{}, err
		}
		request.PAData = append(request.PAData, proof)
		answer, err = k.askFor(ctx, account.realm, &request)
		if err != nil {
			return ticket{}, err
		}
	} else if err != nil {
		return ticket{}, err
	}
	return account.opened(answer, request, hints)
}

func (k *kerberos) askFor(ctx context.Context, realm string, request *messages.ASReq) ([]byte, error) {
	data, err := request.Marshal()
	if err != nil {
		return nil, fmt.Errorf("making the request for a ticket: %w", err)
	}
	return k.ask(ctx, realm, data)
}

// opened decrypts the answer to the request for a granting ticket.
func (a secret) opened(answer []byte, request messages.ASReq, hints types.PADataSequence) (ticket, error) {
	var reply messages.ASRep
	if err := reply.Unmarshal(answer); err != nil {
		return ticket{}, fmt.Errorf("the KDC's answer cannot be read: %w", err)
	}
	if len(reply.PAData) > 0 {
		hints = append(slices.Clone(types.PADataSequence(reply.PAData)), hints...)
	}
	key, _, err := a.key(reply.EncPart.EType, hints)
	if err != nil {
		return ticket{}, err
	}
	var part messages.EncKDCRepPart
	plain, err := crypto.DecryptEncPart(reply.EncPart, key, keyusage.AS_REP_ENCPART)
	if err != nil {
		// An account without pre-authentication gets a ticket whoever asks; whether the password is right shows here.
		return ticket{}, messages.NewKRBError(reply.CName, reply.CRealm, errorcode.KDC_ERR_PREAUTH_FAILED, "")
	}
	if err := part.Unmarshal(plain); err != nil {
		return ticket{}, fmt.Errorf("the KDC's answer cannot be read: %w", err)
	}
	if part.Nonce != request.ReqBody.Nonce || len(part.SName.NameString) == 0 || part.SName.NameString[0] != "krbtgt" {
		return ticket{}, errors.New("the KDC answers another question than was asked")
	}
	return ticket{ticket: reply.Ticket, key: part.Key, client: reply.CName, realm: reply.CRealm, end: part.EndTime}, nil
}

// proof is the time encrypted with the account's key (RFC 4120 5.2.7.2).
func (a secret) proof(allowed []int32, hints types.PADataSequence) (types.PAData, error) {
	kind, err := a.kind(allowed, hints)
	if err != nil {
		return types.PAData{}, err
	}
	key, version, err := a.key(kind, hints)
	if err != nil {
		return types.PAData{}, err
	}
	stamp, err := types.GetPAEncTSEncAsnMarshalled()
	if err != nil {
		return types.PAData{}, fmt.Errorf("making the proof: %w", err)
	}
	sealed, err := crypto.GetEncryptedData(stamp, key, keyusage.AS_REQ_PA_ENC_TIMESTAMP, version)
	if err != nil {
		return types.PAData{}, fmt.Errorf("making the proof: %w", err)
	}
	value, err := sealed.Marshal()
	if err != nil {
		return types.PAData{}, fmt.Errorf("making the proof: %w", err)
	}
	return types.PAData{PADataType: patype.PA_ENC_TIMESTAMP, PADataValue: value}, nil
}

// kind chooses the encryption type: the first that the KDC offers, that is allowed and of which there is a key.
func (a secret) kind(allowed []int32, hints types.PADataSequence) (int32, error) {
	var offered []int32
	for _, e := range offers(hints) {
		offered = append(offered, e.EType)
	}
	if len(offered) == 0 {
		// The KDC wants a proof of another kind: a smart card.
		return 0, messages.NewKRBError(a.client, a.realm, errorcode.KDC_ERR_PADATA_TYPE_NOSUPP, "")
	}
	for _, kind := range offered {
		if !slices.Contains(allowed, kind) {
			continue
		}
		if a.keytab == nil {
			return kind, nil
		}
		if _, _, err := a.keytab.GetEncryptionKey(a.client, a.realm, 0, kind); err == nil {
			return kind, nil
		}
	}
	if a.keytab != nil {
		return 0, credentialError("the keytab has no key of an encryption type that the account may use", "export the keytab anew, with AES keys", nil)
	}
	return 0, messages.NewKRBError(a.client, a.realm, errorcode.KDC_ERR_ETYPE_NOSUPP, "")
}

// offers are the encryption types with their salts that a KDC names, the newer form first.
func offers(hints types.PADataSequence) []types.ETypeInfo2Entry {
	var old []types.ETypeInfo2Entry
	for i := range hints {
		switch hints[i].PADataType {
		case patype.PA_ETYPE_INFO2:
			if list, err := hints[i].GetETypeInfo2(); err == nil && len(list) > 0 {
				return list
			}
		case patype.PA_ETYPE_INFO:
			list, err := hints[i].GetETypeInfo()
			for _, e := range list {
				if err == nil {
					old = append(old, types.ETypeInfo2Entry{EType: e.EType, Salt: string(e.Salt)})
				}
			}
		}
	}
	return old
}

// key gives the account's key of a type, and its version, 0 when that is not known.
func (a secret) key(kind int32, hints types.PADataSequence) (types.EncryptionKey, int, error) {
	if a.keytab != nil {
		key, version, err := a.keytab.GetEncryptionKey(a.client, a.realm, 0, kind)
		if err != nil {
			return key, 0, credentialError("the keytab has no key of an encryption type that the account may use", "export the keytab anew, with AES keys", nil)
		}
		return key, version, nil
	}
	et, err := crypto.GetEtype(kind)
	if err != nil {
		return types.EncryptionKey{}, 0, messages.NewKRBError(a.client, a.realm, errorcode.KDC_ERR_ETYPE_NOSUPP, "")
	}
	salt, parameters := a.client.GetSalt(a.realm), et.GetDefaultStringToKeyParams()
	for _, e := range offers(hints) {
		if e.EType != kind {
			continue
		}
		if e.Salt != "" {
			salt = e.Salt
		}
		if len(e.S2KParams) == 4 {
			parameters = hex.EncodeToString(e.S2KParams)
		}
		break
	}
	if rounds, err := strconv.ParseUint(parameters, 16, 32); len(parameters) == 8 && (err != nil || rounds == 0 || rounds > maxRounds) {
		return types.EncryptionKey{}, 0, errors.New("the KDC wants the password hashed more often than is done here")
	}
	value, err := et.StringToKey(a.password, salt, parameters)
	if err != nil {
		return types.EncryptionKey{}, 0, errors.New("no key can be made of the password")
	}
	return types.EncryptionKey{KeyType: kind, KeyValue: value}, 0, nil
}

// account finds out who signs in, and with what.
func (k *kerberos) account() (secret, error) {
	auth := k.config.Auth
	name, realm, _ := strings.Cut(auth.Principal, "@")
	for _, given := range []string{auth.Realm, k.settings.LibDefaults.DefaultRealm} {
		if realm == "" {
			realm = given
		}
	}
	suffix := ""
	if name == "" {
		name = k.config.BindName
		if _, account, ok := strings.Cut(name, `\`); ok {
			name = account
		} else if i := strings.LastIndex(name, "@"); i >= 0 {
			name, suffix = name[:i], name[i+1:]
		}
	}
	if auth.Keytab != "" {
		return keytabSecret(auth.Keytab, name, realm, auth.Realm != "" || strings.Contains(auth.Principal, "@"))
	}
	password, err := k.config.Password()
	if err == nil && password == "" {
		err = errors.New("the password is empty")
	}
	if err != nil {
		return secret{}, &Error{Kind: CredentialError, What: "the password is not available: " + err.Error(), Err: err}
	}
	client := types.NewPrincipalName(nametype.KRB_NT_PRINCIPAL, name)
	if suffix != "" && !strings.EqualFold(suffix, realm) {
		// The suffix of a user principal name need not be a domain: the KDC looks it up.
		client = types.PrincipalName{NameType: nametype.KRB_NT_ENTERPRISE, NameString: []string{name + "@" + suffix}}
	}
	return secret{client: client, realm: realm, password: password}, nil
}

// keytabSecret finds the account in a keytab, in its spelling. A realm that was not asked for expressly may be another in the keytab.
func keytabSecret(path, name, realm string, strict bool) (secret, error) {
	data, err := os.ReadFile(path) //nolint:gosec // the configuration names it
	if err != nil {
		return secret{}, credentialError("the keytab cannot be read", "check its path and who may read it", err)
	}
	keys := keytab.New()
	if err := parsed(func() error { return keys.Unmarshal(data) }); err != nil {
		// The library's message quotes the file, and with it the keys.
		return secret{}, credentialError("the keytab is damaged", "export it anew", nil)
	}
	found := map[string]secret{}
	var held []string
	for _, e := range keys.Entries {
		principal := strings.Join(e.Principal.Components, "/")
		full := principal + "@" + e.Principal.Realm
		if !slices.Contains(held, full) {
			held = append(held, full)
		}
		if name == "" || strings.EqualFold(principal, name) && (!strict || strings.EqualFold(e.Principal.Realm, realm)) {
			client := types.PrincipalName{NameType: nametype.KRB_NT_PRINCIPAL, NameString: e.Principal.Components}
			found[full] = secret{client: client, realm: e.Principal.Realm, keytab: keys}
		}
	}
	if len(found) > 1 {
		for full := range found {
			if !strings.HasSuffix(strings.ToLower(full), "@"+strings.ToLower(realm)) {
				delete(found, full)
			}
		}
	}
	if len(found) != 1 {
		what := "the keytab does not hold the account"
		if name == "" {
			what = "the keytab holds several accounts, and none is named"
		}
		return secret{}, credentialError(what, "it holds "+directory.Printable(strings.Join(held, ", "), 300), nil)
	}
	for _, one := range found {
		return one, nil
	}
	return secret{}, nil
}

// parsed calls a decoder that trusts the lengths it reads.
func parsed(decode func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("it cannot be read: %v", p)
		}
	}()
	return decode()
}
