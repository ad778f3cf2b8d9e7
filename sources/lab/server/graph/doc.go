// Package graphlab plays the sign-in service and Microsoft Graph for one sample tenant, in process, so that the real collector, the real
// credential library and a real TLS connection can be tried without a tenant. It answers what the public service documents: tokens for several
// flows, paged collections, $select, $top, counts, batches, delta queries, OData errors. Faults can be planted into any answer, and objects changed
// while it answers.
//
// It is not a simulator of Graph: $filter is understood for the issues of services alone, and only in its simplest form; there is no $search, $orderby
// or $expand, and nothing can be written through the API.
package graphlab
