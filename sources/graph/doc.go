// Package graph reads a Microsoft 365 tenant over Microsoft Graph into evidence: the organisation, its domains with the DNS records they should have,
// the subscribed SKUs, the users, the Teams user configurations and the directory synchronisation features. It only ever sends GET requests.
//
// Signing in, request building and telemetry are the SDK's (msgraph-sdk-go-core, azidentity); bodies are decoded here, straight into columns, and
// waiting, repeating and the checking of links are done here too, because what they lead to has to end up in the coverage. See
// docs/adr/0001-graph-sdk-core-only.md.
//
// What a fault in the middle of a read gives:
//
//   - 429, 503 and 504 are waited for as long as Retry-After says, up to Config.MaxWait for one page; beyond that the dataset is Partial.
//   - A 401 fetches a new token once and asks for the same page again; a second one in a row makes the dataset Partial.
//   - A page that is cut, malformed or not JSON, a lost connection, a 500 or a 502: asked for again up to three times, then Partial.
//   - A nextLink that was followed before, or that leaves the scheme, host or port of the Graph root: Partial, the link is not requested.
//
// Partial becomes Failed where not a single row was read. A page is stored only once all of it was read, and an object whose id was stored before is
// dropped and noted, so no row is there twice.
package graph
