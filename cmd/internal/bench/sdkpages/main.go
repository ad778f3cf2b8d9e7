//go:build sdkcontract

// Command sdkpages is the peer of the Graph collector in the benchmarks: it reads all users of a tenant with the typed SDK and its PageIterator, looks at the id of each and
// prints how many there were. It stands apart since the SDK's models take minutes to compile.
package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	abs "github.com/microsoft/kiota-abstractions-go"
	"github.com/microsoft/kiota-abstractions-go/serialization"
	khttp "github.com/microsoft/kiota-http-go"
	jsonserialization "github.com/microsoft/kiota-serialization-json-go"
	core "github.com/microsoftgraph/msgraph-sdk-go-core"
	coreauth "github.com/microsoftgraph/msgraph-sdk-go-core/authentication"
	"github.com/microsoftgraph/msgraph-sdk-go/models"
	"github.com/microsoftgraph/msgraph-sdk-go/users"
)

func main() {
	n, err := read(context.Background())
	if err != nil {
		fmt.Fprintln(os.Stderr, "sdkpages:", err)
		os.Exit(1)
	}
	fmt.Println(n)
}

func read(ctx context.Context) (int, error) {
	var in struct {
		Graph, TenantID, Client, Secret, Select string
		CA                                      []byte
	}
	if err := json.NewDecoder(os.Stdin).Decode(&in); err != nil {
		return 0, err
	}
	root, err := url.Parse(in.Graph)
	if err != nil {
		return 0, err
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(in.CA)
	transport, ok := http.DefaultTransport.(*http.Transport)
	if !ok {
		return 0, errors.New("the default HTTP transport was replaced")
	}
	transport = transport.Clone()
	transport.TLSClientConfig = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
	client := &http.Client{Transport: transport}
	cred, err := azidentity.NewClientSecretCredential(in.TenantID, in.Client, in.Secret, &azidentity.ClientSecretCredentialOptions{
		ClientOptions: azcore.ClientOptions{Cloud: cloud.Configuration{ActiveDirectoryAuthorityHost: in.Graph}, Transport: client}, DisableInstanceDiscovery: true,
	})
	if err != nil {
		return 0, err
	}
	auth, err := coreauth.NewAzureIdentityAuthenticationProviderWithScopesAndValidHosts(cred, []string{in.Graph + "/.default"}, []string{root.Hostname()})
	if err != nil {
		return 0, err
	}
	options := core.GraphClientOptions{GraphServiceVersion: "v1.0"}
	abs.RegisterDefaultDeserializer(func() serialization.ParseNodeFactory { return jsonserialization.NewJsonParseNodeFactory() })
	adapter, err := core.NewGraphRequestAdapterBaseWithParseNodeFactoryAndSerializationWriterFactoryAndHttpClient(auth, options, nil, nil,
		&http.Client{Transport: khttp.NewCustomTransportWithParentTransport(transport, core.NewGraphTelemetryHandler(&options))})
	if err != nil {
		return 0, err
	}
	adapter.SetBaseUrl(in.Graph + "/v1.0")
	top := int32(999)
	first, err := users.NewUsersRequestBuilderInternal(map[string]string{"baseurl": adapter.GetBaseUrl()}, adapter).Get(ctx, &users.UsersRequestBuilderGetRequestConfiguration{
		QueryParameters: &users.UsersRequestBuilderGetQueryParameters{Top: &top, Select: strings.Split(in.Select, ",")},
	})
	if err != nil {
		return 0, err
	}
	pages, err := core.NewPageIterator[models.Userable](first, adapter, models.CreateUserCollectionResponseFromDiscriminatorValue)
	if err != nil {
		return 0, err
	}
	n := 0
	err = pages.Iterate(ctx, func(u models.Userable) bool {
		if u.GetId() != nil {
			n++
		}
		return true
	})
	return n, err
}
