package luminate

// #include "bridge.h"
import "C"

import (
	"context"
	"math"
	"time"
)

// Listing says which names to list. The zero value: the first thousand of whatever the store knows.
type Listing struct {
	Prefix string // Names that start with it.
	Limit  int    // At most so many; 0: 1,000.
	// Only what has samples in [Start, End); both zero: whatever the store knows.
	Start, End time.Time
}

const defaultLimit = 1000

func (l Listing) limit() C.size_t { return limitOr(l.Limit) }

func limitOr(limit int) C.size_t {
	if limit <= 0 {
		return defaultLimit
	}
	return C.size_t(limit)
}

func (l Listing) timeRange() (start, end C.int64_t) {
	if l.Start.IsZero() && l.End.IsZero() {
		return math.MinInt64, math.MaxInt64
	}
	return C.int64_t(l.Start.UnixMilli()), C.int64_t(l.End.UnixMilli())
}

// Metrics lists names of metrics, sorted.
func (s *Store) Metrics(ctx context.Context, listing Listing) ([]string, error) {
	prefix, prefixSize := chars(listing.Prefix)
	start, end := listing.timeRange()
	return names(s.askForTable(ctx, func(a *asked) C.luminate_status {
		return C.luminate_store_metrics(s.handle, prefix, prefixSize, listing.limit(), start, end,
			a.call, &a.table, &a.failure)
	}))
}

// DimensionKeys lists the dimension keys of a metric, sorted. A metric that nobody wrote has none.
func (s *Store) DimensionKeys(ctx context.Context, metric string, listing Listing) ([]string, error) {
	of, ofSize := chars(metric)
	prefix, prefixSize := chars(listing.Prefix)
	start, end := listing.timeRange()
	return names(s.askForTable(ctx, func(a *asked) C.luminate_status {
		return C.luminate_store_dimension_keys(s.handle, of, ofSize, prefix, prefixSize, listing.limit(), start, end,
			a.call, &a.table, &a.failure)
	}))
}

// DimensionValues lists the values of a dimension, by the number of series that carry them, descending, then by name.
func (s *Store) DimensionValues(ctx context.Context, metric, key string, listing Listing) ([]string, error) {
	of, ofSize := chars(metric)
	keyChars, keySize := chars(key)
	prefix, prefixSize := chars(listing.Prefix)
	start, end := listing.timeRange()
	return names(s.askForTable(ctx, func(a *asked) C.luminate_status {
		return C.luminate_store_dimension_values(s.handle, of, ofSize, keyChars, keySize, prefix, prefixSize,
			listing.limit(), start, end, a.call, &a.table, &a.failure)
	}))
}

func names(table *Result, err error) ([]string, error) {
	if err != nil {
		return nil, err
	}
	defer table.Close()
	return table.Strings("name"), nil
}

// SeriesCount is the number of series of a metric; "": of all.
func (s *Store) SeriesCount(ctx context.Context, metric string) (uint64, error) {
	of, ofSize := chars(metric)
	return counted(s.ask(ctx, func(a *asked) C.luminate_status {
		return C.luminate_store_series_count(s.handle, of, ofSize, a.call, &a.count, &a.failure)
	}))
}

// Cardinality is an entry of where series are: of a metric, of a key of it (Key is set), or of a value of that (Value
// is set too).
type Cardinality struct {
	Metric string  `luminate:"metric"`
	Key    *string `luminate:"key"`
	Value  *string `luminate:"value"`
	Values int64   `luminate:"values"` // Distinct ones, of a key.
	Series int64   `luminate:"series"`
}

// Cardinality counts series: of the heaviest metrics, of their keys with most values, and of the values that most
// series carry, at most `limit` of each; of all metrics where `metric` is "".
func (s *Store) Cardinality(ctx context.Context, metric string, limit int) ([]Cardinality, error) {
	of, ofSize := chars(metric)
	return collect[Cardinality](s.askForTable(ctx, func(a *asked) C.luminate_status {
		return C.luminate_store_cardinality(s.handle, of, ofSize, limitOr(limit), a.call, &a.table, &a.failure)
	}))
}

// TenantSeries is how much a tenant has.
type TenantSeries struct {
	Tenant  string `luminate:"tenant"` // "" is the space without a tenant.
	Metrics int64  `luminate:"metrics"`
	Series  int64  `luminate:"series"`
}

// Tenants lists the tenants that have data, at most `limit` of them: those with most series first. Narrowed to a
// tenant: none but it.
func (s *Store) Tenants(ctx context.Context, limit int) ([]TenantSeries, error) {
	return collect[TenantSeries](s.askForTable(ctx, func(a *asked) C.luminate_status {
		return C.luminate_store_tenants(s.handle, limitOr(limit), a.call, &a.table, &a.failure)
	}))
}

// collect is Collect for a table that goes then.
func collect[T any](table *Result, err error) ([]T, error) {
	if err != nil {
		return nil, err
	}
	defer table.Close()
	return Collect[T](table)
}
