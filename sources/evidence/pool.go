package evidence

import (
	"iter"

	"hybridaudit/sources/evidence/directory"
)

// Columns of the table of pools.
const (
	poolGUID = iota
	poolDN
	poolForest
	poolHost
	poolDisplayName
	poolVersion
	poolType
	poolBackEnd
	poolFrontEnds
)

var poolSchema = Schema{
	poolGUID:        {Name: "objectGUID", Kind: GUID},
	poolDN:          {Name: "distinguishedName", Kind: Text},
	poolForest:      {Name: ADForestColumn, Kind: Name},
	poolHost:        {Name: "dNSHostName", Kind: Text},
	poolDisplayName: {Name: "msRTCSIP-PoolDisplayName", Kind: Text},
	poolVersion:     {Name: "msRTCSIP-PoolVersion", Kind: Int},
	poolType:        {Name: "msRTCSIP-PoolType", Kind: Int},
	poolBackEnd:     {Name: "msRTCSIP-BackEndServer", Kind: Text},
	poolFrontEnds:   {Name: "msRTCSIP-FrontEndServers", Kind: List},
}

// Pool is an msRTCSIP-Pool object of a forest's RTC Service container.
type Pool struct {
	t   *Table
	row int
}

// GUID is objectGUID.
func (p Pool) GUID() directory.GUID { return p.t.guid(poolGUID, p.row) }

// DN is distinguishedName.
func (p Pool) DN() string { return p.t.str(poolDN, p.row) }

// Forest is the DNS name of the forest.
func (p Pool) Forest() string { return p.t.str(poolForest, p.row) }

// Host is dNSHostName.
func (p Pool) Host() string { return p.t.str(poolHost, p.row) }

// DisplayName is msRTCSIP-PoolDisplayName.
func (p Pool) DisplayName() string { return p.t.str(poolDisplayName, p.row) }

// Version is msRTCSIP-PoolVersion: 3 OCS 2007, 4 OCS 2007 R2, 5 Lync 2010; newer values are not published. ok is false when absent.
func (p Pool) Version() (v int64, ok bool) { return p.t.number(poolVersion, p.row) }

// Type is msRTCSIP-PoolType: 5 Standard Edition, 10 Enterprise Edition; ok is false when absent.
func (p Pool) Type() (v int64, ok bool) { return p.t.number(poolType, p.row) }

// BackEnd is msRTCSIP-BackEndServer as stored.
func (p Pool) BackEnd() string { return p.t.str(poolBackEnd, p.row) }

// FrontEnds iterates over the DNs of the computers in msRTCSIP-FrontEndServers, a back-link.
func (p Pool) FrontEnds() iter.Seq[string] { return p.t.list(poolFrontEnds, p.row) }
