package probe

import (
	"bytes"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"
)

// What a document may hold at most. That of AD FS has some 60 KiB, a dozen levels and two or three signing certificates.
const (
	maxDocument      = 1 << 20
	maxDepth         = 64
	maxSigning       = 32
	maxIssuingPlaces = 100
	maxCertificate   = 32 << 10
	maxAddress       = 2048
	metadataElement  = "EntityDescriptor"
)

// metadata is what a federation service says of itself.
type metadata struct {
	EntityID     string
	Certificates []string // token signing, base64 of DER
	Endpoints    []string // addresses at which tokens are issued, of a WS-MetadataExchange document those of its services
}

// readMetadata reads the metadata document of SAML 2.0 and WS-Federation, or the answer to WS-MetadataExchange. A document type, another root and what is larger or
// deeper than such documents are is an error.
func readMetadata(document []byte) (metadata, error) {
	r := metadataReader{in: xml.NewDecoder(bytes.NewReader(document))}
	if err := r.all(); err != nil {
		return metadata{}, err
	}
	if r.root == metadataElement && r.found.EntityID == "" {
		return metadata{}, errors.New("the document names no entity")
	}
	return r.found, nil
}

type metadataReader struct {
	in      *xml.Decoder
	root    string
	open    []string // names of the elements that are open
	signing bool     // the key descriptor that is open is one of token signing
	text    strings.Builder
	found   metadata
}

func (r *metadataReader) all() error {
	for {
		t, err := r.in.RawToken()
		switch {
		case errors.Is(err, io.EOF) && r.root == "":
			return errors.New("the document is empty")
		case errors.Is(err, io.EOF) && len(r.open) > 0:
			return errors.New("the document ends in the middle")
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return fmt.Errorf("the document is no XML: %w", err)
		}
		switch t := t.(type) {
		case xml.Directive:
			return errors.New("the document declares a document type")
		case xml.StartElement:
			err = r.begin(t)
		case xml.EndElement:
			err = r.end(t)
		case xml.CharData:
			if !r.keeps() {
				continue
			}
			if r.text.Write(t); r.text.Len() > maxCertificate {
				return fmt.Errorf("the document has a value of more than %d KiB", maxCertificate>>10)
			}
		}
		if err != nil {
			return err
		}
	}
}

func (r *metadataReader) begin(e xml.StartElement) error {
	name := e.Name.Local
	if len(r.open) == 0 {
		if err := r.rooted(name); err != nil {
			return err
		}
	}
	if len(r.open) == maxDepth {
		return fmt.Errorf("the document has more than %d levels", maxDepth)
	}
	r.open = append(r.open, name)
	r.text.Reset()
	switch name {
	case metadataElement:
		if r.found.EntityID != "" {
			return errors.New("the document describes several entities")
		}
		r.found.EntityID = strings.TrimSpace(attribute(e, "entityID"))
	case "KeyDescriptor":
		use := attribute(e, "use")
		r.signing = (use == "signing" || use == "") && (r.within("RoleDescriptor") || r.within("IDPSSODescriptor"))
	case "SingleSignOnService":
		return r.address(attribute(e, "Location"))
	case "address": // of a port in a service description
		return r.address(attribute(e, "location"))
	}
	return nil
}

// rooted takes the first element.
func (r *metadataReader) rooted(name string) error {
	if r.root != "" {
		return errors.New("the document has more than one root")
	}
	r.root = name
	switch name {
	case metadataElement, "EntitiesDescriptor", "definitions", "Envelope", "Metadata":
		return nil
	}
	return fmt.Errorf("the document is no metadata: it begins with %.40q", name)
}

func (r *metadataReader) end(e xml.EndElement) error {
	name := e.Name.Local
	if len(r.open) == 0 || r.open[len(r.open)-1] != name {
		return fmt.Errorf("the document is no XML: %.40q ends what did not begin", name)
	}
	keeps := r.keeps()
	r.open = r.open[:len(r.open)-1]
	if !keeps {
		if name == "KeyDescriptor" {
			r.signing = false
		}
		return nil
	}
	if name == "Address" {
		return r.address(r.text.String())
	}
	return r.certificate(r.text.String())
}

// keeps says that the text of the element that is open is wanted.
func (r *metadataReader) keeps() bool {
	if len(r.open) == 0 {
		return false
	}
	switch r.open[len(r.open)-1] {
	case "X509Certificate":
		return r.signing
	case "Address":
		return r.within("PassiveRequestorEndpoint") || r.within("SecurityTokenServiceEndpoint")
	}
	return false
}

func (r *metadataReader) within(element string) bool { return slices.Contains(r.open, element) }

func (r *metadataReader) certificate(text string) error {
	text = strings.Map(func(c rune) rune {
		switch c {
		case ' ', '\t', '\r', '\n':
			return -1
		}
		return c
	}, text)
	if _, err := base64.StdEncoding.DecodeString(text); err != nil || text == "" {
		return errors.New("a token-signing certificate in the document is no base64")
	}
	if slices.Contains(r.found.Certificates, text) {
		return nil
	}
	if len(r.found.Certificates) == maxSigning {
		return fmt.Errorf("the document has more than %d token-signing certificates", maxSigning)
	}
	r.found.Certificates = append(r.found.Certificates, text)
	return nil
}

func (r *metadataReader) address(text string) error {
	text = cleanAddress(text)
	if text == "" || slices.Contains(r.found.Endpoints, text) {
		return nil
	}
	if len(r.found.Endpoints) == maxIssuingPlaces {
		return fmt.Errorf("the document has more than %d addresses", maxIssuingPlaces)
	}
	r.found.Endpoints = append(r.found.Endpoints, text)
	return nil
}

// attribute gives the value of an attribute whatever its name space.
func attribute(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// cleanAddress gives an http or https address without user name, password and fragment; "" for anything else.
func cleanAddress(text string) string {
	text = strings.TrimSpace(text)
	if len(text) > maxAddress {
		return ""
	}
	u, err := url.Parse(text)
	if err != nil || u.Hostname() == "" || !strings.EqualFold(u.Scheme, "https") && !strings.EqualFold(u.Scheme, "http") {
		return ""
	}
	u.User, u.Fragment, u.RawFragment = nil, "", ""
	return u.String()
}
