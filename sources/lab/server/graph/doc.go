// Package graphlab plays the sign-in service and Microsoft Graph for one sample tenant, in process, so that the real collector, the real
// credential library and a real TLS connection can be tried without a tenant. It answers what the public service documents: tokens for the client
// credentials flow, paged collections, $select, $top, counts, OData errors. Faults can be planted into any answer.
//
// It is not a simulator of Graph: there is no $filter, $search, $orderby, $expand and no way to change anything.
package graphlab
