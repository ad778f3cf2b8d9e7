package ad

import (
	"crypto"
	"crypto/md5" //nolint:gosec // RFC 4121 4.1.1.2 and MS-NLMP 2.2.2.1 prescribe it
	"crypto/sha256"
	_ "crypto/sha512" // for crypto.SHA384 and crypto.SHA512
	"crypto/x509"
	"encoding/binary"
)

// endPointHash is the hash of a server's certificate that RFC 5929 section 4.1 calls tls-server-end-point: with the hash function of the certificate's
// signature, SHA-256 in the place of MD5 and SHA-1. Nil when the signature has no single hash function, for which the binding is not defined.
func endPointHash(c *x509.Certificate) []byte {
	switch c.SignatureAlgorithm {
	case x509.MD5WithRSA, x509.SHA1WithRSA, x509.DSAWithSHA1, x509.ECDSAWithSHA1, x509.SHA256WithRSA, x509.SHA256WithRSAPSS, x509.DSAWithSHA256, x509.ECDSAWithSHA256:
		sum := sha256.Sum256(c.Raw)
		return sum[:]
	case x509.SHA384WithRSA, x509.SHA384WithRSAPSS, x509.ECDSAWithSHA384:
		return hashed(crypto.SHA384, c.Raw)
	case x509.SHA512WithRSA, x509.SHA512WithRSAPSS, x509.ECDSAWithSHA512:
		return hashed(crypto.SHA512, c.Raw)
	}
	return nil
}

func hashed(h crypto.Hash, data []byte) []byte {
	w := h.New()
	_, _ = w.Write(data) // a hash never fails
	return w.Sum(nil)
}

// channelBindings ties a sign-in to the TLS connection to a server: the MD5 of a gss_channel_bindings_struct without addresses, 16 bytes (RFC 4121 4.1.1.2;
// MS-NLMP has the same in MsvAvChannelBindings). Zeros, which mean that there is no binding, without TLS.
func channelBindings(c *x509.Certificate) []byte {
	if c == nil {
		return make([]byte, md5.Size)
	}
	hash := endPointHash(c)
	if hash == nil {
		return make([]byte, md5.Size)
	}
	data := append([]byte("tls-server-end-point:"), hash...)
	// Types and lengths of the initiator's and the acceptor's address, all zero, and the length of the data.
	structure := binary.LittleEndian.AppendUint32(make([]byte, 16, 20+len(data)), uint32(len(data))) //nolint:gosec // under a hundred
	sum := md5.Sum(append(structure, data...))                                                       //nolint:gosec // as above
	return sum[:]
}
