package graph

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"

	"hybridaudit/sources/evidence/directory"
)

// SignInError says that the sign-in service refused the application. It never holds the secret.
type SignInError struct {
	Code    string // AADSTS7000215, "" when the service named none
	Message string // what the service said, without its trace ids
	Advice  string // what to do
}

func (e *SignInError) Error() string {
	text := "sign-in refused"
	if e.Message != "" {
		text += ": " + e.Message
	} else if e.Code != "" {
		text += ": " + e.Code
	}
	if e.Advice != "" {
		text += " — " + e.Advice
	}
	return text
}

var aadCode = regexp.MustCompile(`AADSTS\d{4,8}`)

// advice says what an administrator can do about a refusal.
func advice(code string) string {
	switch code {
	case "AADSTS7000215":
		return "copy the secret's value (not its id) from the app registration, or make a new secret"
	case "AADSTS7000222":
		return "the secret or certificate is past its end date: make a new one in the app registration"
	case "AADSTS7000218":
		return "the app registration wants a secret or a certificate: configure one"
	case "AADSTS700016":
		return "check the client id, and that the tenant id is the tenant in which the application is registered"
	case "AADSTS90002", "AADSTS900023":
		return "check the tenant id and the cloud"
	case "AADSTS700027", "AADSTS700021", "AADSTS700023":
		return "upload the certificate to the app registration and check that it is the one configured here"
	case "AADSTS700024":
		return "check the clock of this computer"
	case "AADSTS7000112", "AADSTS7000113":
		return "the application is disabled in the tenant: enable it under enterprise applications"
	case "AADSTS500011", "AADSTS1002012", "AADSTS70011":
		return "check that the Graph address and the sign-in address belong to the same cloud"
	case "AADSTS53003", "AADSTS53000", "AADSTS53011":
		return "conditional access for workload identities blocks this application: exclude it or allow this location"
	}
	return "see the sign-in log of the tenant, under service principal sign-ins"
}

// refusal reads an error answer of the sign-in service; nil when the body is not one.
func refusal(resp *http.Response) *SignInError {
	body, err := io.ReadAll(io.LimitReader(resp.Body, 64<<10))
	if err != nil {
		return nil
	}
	var answer struct {
		Error       string `json:"error"`
		Description string `json:"error_description"`
		Codes       []int  `json:"error_codes"`
	}
	if json.Unmarshal(body, &answer) != nil || answer.Error == "" {
		return nil
	}
	e := &SignInError{Code: aadCode.FindString(answer.Description)}
	if e.Code == "" && len(answer.Codes) > 0 {
		e.Code = fmt.Sprintf("AADSTS%d", answer.Codes[0])
	}
	said, _, _ := strings.Cut(answer.Description, "Trace ID:")
	e.Message = directory.Printable(said, 500)
	if e.Message == "" {
		e.Message = directory.Printable(answer.Error, 100)
	}
	e.Advice = advice(e.Code)
	return e
}
