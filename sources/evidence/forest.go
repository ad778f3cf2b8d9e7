package evidence

import (
	"iter"

	"hybridaudit/sources/evidence/directory"
)

// Columns of the table of forests.
const (
	forestName = iota
	forestGUID
	forestRoot
	forestConfiguration
	forestServer
	forestInvocation
	forestClock
	forestDomains
	forestSuffixes
	forestRTC
	forestRTCSchema
	forestExchangeSchema
)

var forestSchema = Schema{
	forestName:           {Name: "name", Kind: Text},
	forestGUID:           {Name: "guid", Kind: GUID},
	forestRoot:           {Name: "rootDomainNamingContext", Kind: Text},
	forestConfiguration:  {Name: "configurationNamingContext", Kind: Text},
	forestServer:         {Name: "dnsHostName", Kind: Text},
	forestInvocation:     {Name: "invocationId", Kind: GUID},
	forestClock:          {Name: "currentTime", Kind: Time},
	forestDomains:        {Name: "domains", Kind: List},
	forestSuffixes:       {Name: "uPNSuffixes", Kind: List},
	forestRTC:            {Name: "rtcService", Kind: Text},
	forestRTCSchema:      {Name: "rtcSchemaVersion", Kind: Int},
	forestExchangeSchema: {Name: "exchangeSchemaVersion", Kind: Int},
}

// Forest is a forest that was asked.
type Forest struct {
	t   *Table
	row int
}

// Name is the DNS name of the forest's root domain.
func (f Forest) Name() string { return f.t.str(forestName, f.row) }

// GUID is the objectGUID of the forest's root domain.
func (f Forest) GUID() directory.GUID { return f.t.guid(forestGUID, f.row) }

// Server is dnsHostName of the domain controller that answered.
func (f Forest) Server() string { return f.t.str(forestServer, f.row) }

// Domains iterates over the DNS names of the forest's domains.
func (f Forest) Domains() iter.Seq[string] { return f.t.list(forestDomains, f.row) }

// UPNSuffixes iterates over the additional UPN suffixes of the forest.
func (f Forest) UPNSuffixes() iter.Seq[string] { return f.t.list(forestSuffixes, f.row) }

// RTCService is the DN of the RTC Service container, "" when the forest has none.
func (f Forest) RTCService() string { return f.t.str(forestRTC, f.row) }

// RTCSchema is the version of the Skype for Business schema extension (rangeUpper of ms-RTC-SIP-SchemaVersion): 1150 since Lync 2013; ok is false when the schema was
// never extended.
func (f Forest) RTCSchema() (v int64, ok bool) { return f.t.number(forestRTCSchema, f.row) }

// ExchangeSchema is the version of Exchange's schema extension (rangeUpper of ms-Exch-Schema-Version-Pt).
func (f Forest) ExchangeSchema() (v int64, ok bool) { return f.t.number(forestExchangeSchema, f.row) }
