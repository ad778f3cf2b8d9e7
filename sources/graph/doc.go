// Package graph reads a Microsoft 365 tenant over Microsoft Graph into evidence: the organisation, its domains with their records and federation, SKUs, users,
// groups, contacts, deleted users, Teams, service health, role assignments, hybrid applications and synchronisation features. It sends GET requests, by themselves
// or as parts of a batch, and changes nothing.
//
// Signing in, request building and telemetry are the SDK's (msgraph-sdk-go-core, azidentity); bodies are decoded here, straight into columns, and
// waiting, repeating and the checking of links are done here too, because what they lead to has to end up in the coverage. See
// docs/adr/0001-graph-sdk-core-only.md, and docs/adr/0008-reading-the-tenant.md for batches, the shared budget and delta queries.
//
// What a fault in the middle of a read gives:
//
//   - 429, 503 and 504 are waited for as long as Retry-After says, up to Config.MaxWait for one page; beyond that the dataset is Partial.
//     The other streams that ask the same service are held back meanwhile.
//   - A 401 fetches a new token once and asks for the same page again; a second one in a row makes the dataset Partial.
//   - A page that is cut, malformed or not JSON, a lost connection, a 500 or a 502: asked for again up to three times, then Partial.
//   - A nextLink that was followed before, or that leaves the scheme, host or port of the Graph root: Partial, the link is not requested.
//   - A link to the next page that the service has forgotten: the listing is begun again, once.
//   - In a batch all of this holds for each part by itself.
//   - Changes since an earlier run that cannot be told, or do not fit: everything is read.
//
// Partial becomes Failed where not a single row was read. A page is stored only once all of it was read, and an object whose id was stored before is
// dropped and noted, so no row is there twice.
package graph
