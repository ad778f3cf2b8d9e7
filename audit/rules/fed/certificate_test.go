package fed

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// made signs a certificate with its own key, as federation services do.
func made(t testing.TB, from, until time.Time, organisation string) []byte {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(7), Subject: pkix.Name{CommonName: "ADFS Signing - sts.contoso.com", Organization: []string{organisation}},
		NotBefore: from, NotAfter: until,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

// What the standard library makes and reads is read alike, with dates on both sides of 2050, where their form changes.
func TestParseCertificate(t *testing.T) {
	from := time.Date(2025, 12, 1, 8, 0, 0, 0, time.UTC)
	for _, until := range []time.Time{time.Date(2026, 12, 1, 8, 0, 0, 0, time.UTC), time.Date(2062, 12, 1, 8, 0, 0, 0, time.UTC)} {
		der := made(t, from, until, "Contoso, Ltd. 株式会社")
		parsed, err := x509.ParseCertificate(der)
		if err != nil {
			t.Fatal(err)
		}
		sum := sha1.Sum(der)
		want := certificate{parsed.Subject.String(), strings.ToUpper(hex.EncodeToString(sum[:])), parsed.NotBefore, parsed.NotAfter}
		plain := base64.StdEncoding.EncodeToString(der)
		for name, text := range map[string]string{
			"plain": plain, "without padding": strings.TrimRight(plain, "="), "in lines": strings.ReplaceAll(plain, "M", "M\r\n"),
			"PEM": string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})),
		} {
			got, err := parseCertificate(text)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", name, diff)
			}
		}
	}
}

func TestParseCertificateOfRSA(t *testing.T) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Unix(0, 0), NotAfter: time.Unix(1000, 0)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	got, err := parseCertificate(base64.StdEncoding.EncodeToString(der))
	if err != nil || !got.Until.Equal(time.Unix(1000, 0)) || got.Subject != "" {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestBadCertificates(t *testing.T) {
	der := made(t, time.Unix(0, 0), time.Unix(1000, 0), "Contoso")
	for _, c := range []struct {
		name, text string
		want       error
	}{
		{"nothing", "", errMissing},
		{"blanks", " \r\n", errMissing},
		{"lines of PEM alone", "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----", errMissing},
		{"words", "the certificate!", errBase64},
		{"cut", base64.StdEncoding.EncodeToString(der[:len(der)-1]), errDER},
		{"something behind it", base64.StdEncoding.EncodeToString(append(der, 0)), errDER},
		{"a key", base64.StdEncoding.EncodeToString([]byte{0x30, 0x03, 0x02, 0x01, 0x00}), errDER},
		{"much too long", strings.Repeat("A", mostText+1), errLong},
	} {
		if got, err := parseCertificate(c.text); !errors.Is(err, c.want) {
			t.Errorf("%s: %+v, %v, want %v", c.name, got, err, c.want)
		}
	}
}

// Whatever the tenant holds, the parser ends, and agrees with the standard library where that reads it too.
func FuzzParseCertificate(f *testing.F) {
	f.Add(made(f, time.Unix(0, 0), time.Unix(1000, 0), "Contoso"))
	f.Add([]byte{0x30, 0x80})
	f.Add([]byte("not a certificate"))
	f.Fuzz(func(t *testing.T, der []byte) {
		if _, err := parseCertificate(string(der)); err != nil && err.Error() == "" {
			t.Error("an error without words")
		}
		got, err := parseCertificate(base64.StdEncoding.EncodeToString(der))
		if want, fault := x509.ParseCertificate(der); fault == nil && err == nil && (!want.NotAfter.Equal(got.Until) || !want.NotBefore.Equal(got.From)) {
			t.Errorf("from %s until %s, want %s and %s", got.From, got.Until, want.NotBefore, want.NotAfter)
		} else if fault == nil && err != nil {
			t.Errorf("refused: %v", err)
		}
	})
}
