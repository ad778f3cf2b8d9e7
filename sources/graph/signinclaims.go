package graph

import (
	"encoding/base64"
	"encoding/json"
	"strings"

	"hybridaudit/sources/evidence/directory"
)

// tokenClaims is what is shown of an access token. Nobody has verified it: Graph does, and nothing is decided by it here but what to tell people.
type tokenClaims struct {
	Tenant      string   // tid
	Application string   // appid, the client id
	Name        string   // app_displayname
	Principal   string   // oid: the service principal of an application, the account of a person
	Person      string   // upn
	Roles       []string // application permissions
	Scopes      []string // delegated permissions
}

// maxClaims is far more than the claims of a token.
const maxClaims = 256 << 10

// parseToken reads the claims; ok is false for a token that is opaque to us, as those of Graph may become at any time.
func parseToken(token string) (c tokenClaims, ok bool) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 || len(parts[1]) > maxClaims {
		return c, false
	}
	raw, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return c, false
	}
	var wire struct {
		Tenant string   `json:"tid"`
		App    string   `json:"appid"`
		Azp    string   `json:"azp"`
		Name   string   `json:"app_displayname"`
		Object string   `json:"oid"`
		UPN    string   `json:"upn"`
		Roles  []string `json:"roles"`
		Scopes string   `json:"scp"`
	}
	if json.Unmarshal(raw, &wire) != nil || wire.Tenant == "" && wire.App == "" && wire.Azp == "" {
		return c, false
	}
	if wire.App == "" {
		wire.App = wire.Azp
	}
	c = tokenClaims{
		Tenant: directory.Printable(wire.Tenant, 60), Application: directory.Printable(wire.App, 60), Name: directory.Printable(wire.Name, 200),
		Principal: directory.Printable(wire.Object, 60), Person: directory.Printable(wire.UPN, 200), Roles: wire.Roles, Scopes: strings.Fields(wire.Scopes),
	}
	return c, true
}
