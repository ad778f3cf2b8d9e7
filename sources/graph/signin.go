package graph

import (
	"regexp"
)

// SignInError says that nobody was let in: the sign-in service refused the application or the person, or what has the credential did not give it. It never holds a
// secret, a token or a device code.
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

// advice says what an administrator can do about a refusal. The codes are those of
// https://learn.microsoft.com/entra/identity-platform/reference-error-codes and of the pages about each flow.
func (r *resolved) advice(code, oauth string) string {
	for _, of := range []func(code, oauth string) string{r.adviceOfMethod, adviceForAll} {
		if text := of(code, oauth); text != "" {
			return text
		}
	}
	switch r.Auth {
	case ByDeviceCode:
		return "see the sign-in log of the tenant, under user sign-ins"
	case ByManagedIdentity:
		return "see the sign-in log of the tenant, under managed identity sign-ins"
	}
	return "see the sign-in log of the tenant, under service principal sign-ins"
}

func adviceForAll(code, _ string) string {
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
	case "AADSTS53003", "AADSTS53000", "AADSTS53011", "AADSTS530003":
		return "conditional access blocks this sign-in: exclude the application or the account, or allow this device and location"
	}
	return ""
}

// adviceOfMethod says what is true for the way to sign in only.
func (r *resolved) adviceOfMethod(code, oauth string) string {
	switch r.Auth {
	case ByWorkloadIdentity:
		return r.adviceOfFederation(code)
	case ByDeviceCode:
		return adviceOfDeviceCode(code, oauth)
	case ByManagedIdentity:
		return r.adviceOfIdentity(oauth)
	case ByAzureCLI:
		return r.adviceOfCLI(oauth)
	}
	return ""
}

func (r *resolved) adviceOfFederation(code string) string {
	const where = ", under certificates & secrets, federated credentials"
	switch code {
	case "AADSTS700024":
		return "the token in " + r.TokenFile + " is past its end: what writes it has to renew it (or the clock of this computer is wrong)"
	case "AADSTS700213", "AADSTS7002138":
		return "the subject of the token in " + r.TokenFile + " is not that of a federated credential of the app registration: make them equal, letter case included" + where
	case "AADSTS700212":
		return "the audience of the token in " + r.TokenFile + " is not that of the federated credential, usually api://AzureADTokenExchange: make them equal" + where
	case "AADSTS700211":
		return "the issuer of the token in " + r.TokenFile + " is not that of the federated credential: make them equal, to the last slash" + where
	case "AADSTS70021", "AADSTS70025":
		return "the app registration has no federated credential for issuer, subject and audience of the token in " + r.TokenFile + ": add one" + where
	case "AADSTS700027", "AADSTS50027", "AADSTS5002730":
		return "the token in " + r.TokenFile + " was not issued by the issuer of the federated credential, or is damaged"
	}
	return ""
}

func adviceOfDeviceCode(code, oauth string) string {
	switch {
	case oauth == "expired_token", code == "AADSTS70019", code == "AADSTS70020":
		return "run it again and enter the new code in time, usually within 15 minutes"
	case oauth == "authorization_declined", oauth == "access_denied":
		return "the person at the browser declined: run it again and accept"
	case oauth == "bad_verification_code", code == "AADSTS70018":
		return "run it again and enter the new code"
	case code == "AADSTS7000218":
		return "allow public client flows in the app registration, under authentication"
	case code == "AADSTS65001", code == "AADSTS90094":
		return "an administrator has to consent to the delegated permissions of the app registration first"
	case code == "AADSTS50105":
		return "assign the account to the application, under enterprise applications"
	}
	return ""
}

func (r *resolved) adviceOfIdentity(oauth string) string {
	switch {
	case oauth == unreachable:
		return "run this on an Azure resource with a managed identity, or choose another way to sign in"
	case r.ClientID != "":
		return "assign the user-assigned identity " + r.ClientID + " to this resource, or check that id"
	}
	return "switch the system-assigned identity of this resource on, or name a user-assigned one by its client id"
}

func (r *resolved) adviceOfCLI(oauth string) string {
	if oauth == notFound {
		return "install it, or choose another way to sign in"
	}
	login := "run: az login --tenant " + r.TenantID + " --allow-no-subscriptions"
	switch r.Cloud {
	case "usgov", "usgovdod":
		return "run: az cloud set --name AzureUSGovernment, and then " + login
	case "china":
		return "run: az cloud set --name AzureChinaCloud, and then " + login
	}
	return login
}
