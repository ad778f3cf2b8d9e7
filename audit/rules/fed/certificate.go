package fed

import (
	"crypto/sha1" //nolint:gosec // thumbprints are SHA-1: Windows shows certificates so
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"strings"
	"time"
)

// certificate is what a person needs to recognise a certificate, and when it is good.
type certificate struct {
	Subject     string // in the form of RFC 2253; "" when it cannot be read
	Thumbprint  string // SHA-1 in upper-case hexadecimal digits
	From, Until time.Time
}

// The beginning of a certificate (RFC 5280, section 4.1). The parser of the standard library knows the network, which rules must not.
type envelope struct {
	Raw       asn1.RawContent
	Body      body
	Algorithm asn1.RawValue
	Signature asn1.BitString
}

type body struct {
	Version   int `asn1:"optional,explicit,default:0,tag:0"`
	Serial    asn1.RawValue
	Algorithm asn1.RawValue
	Issuer    asn1.RawValue
	Validity  struct{ From, Until time.Time }
	Subject   asn1.RawValue
	Key       asn1.RawValue
}

// mostText is longer than the base64 form of any certificate that a federation service signs with.
const mostText = 1 << 17

var (
	errMissing = errors.New("there is none")
	errLong    = errors.New("it is too long for a certificate")
	errBase64  = errors.New("it is not base64")
	errDER     = errors.New("it is not a certificate in DER form")
)

// parseCertificate reads the base64 form of a certificate in DER form; line breaks and the lines of PEM may be there. The errors repeat nothing of the text.
func parseCertificate(text string) (certificate, error) {
	if len(text) > mostText {
		return certificate{}, errLong
	}
	for _, line := range []string{"-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"} {
		text = strings.ReplaceAll(text, line, "")
	}
	text = strings.Join(strings.Fields(text), "")
	if text == "" {
		return certificate{}, errMissing
	}
	der, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(text, "="))
	if err != nil {
		return certificate{}, errBase64
	}
	var e envelope
	if rest, err := asn1.Unmarshal(der, &e); err != nil || len(rest) > 0 {
		return certificate{}, errDER
	}
	sum := sha1.Sum(der) //nolint:gosec // as above
	c := certificate{Thumbprint: strings.ToUpper(hex.EncodeToString(sum[:])), From: e.Body.Validity.From.UTC(), Until: e.Body.Validity.Until.UTC()}
	var name pkix.RDNSequence
	if rest, err := asn1.Unmarshal(e.Body.Subject.FullBytes, &name); err == nil && len(rest) == 0 {
		c.Subject = name.String()
	}
	return c, nil
}
