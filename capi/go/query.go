package luminate

// #include "bridge.h"
import "C"

import (
	"fmt"
	"math"
	"strconv"
	"time"
)

// Query is a question about one metric over one range of time. It is a value: each method gives a new one and leaves
// the old as it was, so that a query may be the beginning of many, and be shared by goroutines. A query needs a time
// range, an aggregate an aggregation; what is wrong with it is said when a store runs it, with [ErrInvalidQuery] and
// the field by its name in the JSON form.
//
//	query := luminate.Aggregate("api_latency", luminate.Avg, luminate.P95).
//		Last(24 * time.Hour).Where("region", "eu").By("customer_id").Top(10)
type Query struct {
	steps []step
	err   error
}

// step is one call that makes the query in the library, as bridge.h has it.
type step struct {
	what, kind    C.int32_t
	first, second int64
	texts         []string
}

// Aggregation is a number that is computed of the samples of a group.
type Aggregation string

const (
	Avg      Aggregation = "avg"
	Sum      Aggregation = "sum"
	Count    Aggregation = "count"
	Min      Aggregation = "min"
	Max      Aggregation = "max"
	First    Aggregation = "first"
	Last     Aggregation = "last"
	StdDev   Aggregation = "stddev"
	Integral Aggregation = "integral"
	P50      Aggregation = "p50"
	P95      Aggregation = "p95"
	P99      Aggregation = "p99"
)

// Quantile is the exact quantile q, 0 to 1. Its column in a result is called "quantile(0.9)", with the shortest digits
// for q; that of 0.5, 0.95 and 0.99 "p50", "p95" and "p99".
func Quantile(q float64) Aggregation {
	return Aggregation("quantile(" + strconv.FormatFloat(q, 'f', -1, 64) + ")")
}

// Range asks for the samples themselves, ascending by time. The columns of the answer are "timestamp" (time), "value"
// (number), and a text column for every dimension that occurs, by name.
func Range(metric string) Query { return create(C.LUMINATE_RANGE, metric) }

// Aggregate asks for one value, or several, per group, and per bucket of time if there is an interval. The first
// aggregation orders the answer. The columns are "bucket" (time) if there is an interval, a text column for every
// dimension of the group, a number column for every aggregation, by its name, and "count" (integer): samples that went
// in. Where Count is among the aggregations, that is the "count", and a number.
func Aggregate(metric string, aggregations ...Aggregation) Query {
	query := create(C.LUMINATE_AGGREGATE, metric)
	for _, aggregation := range aggregations {
		query = query.with(step{what: C.LUMINATE_GO_AGGREGATION, texts: []string{string(aggregation)}})
	}
	return query
}

// Rate asks for the increase of counters per second, by bucket of time and group. The columns are "bucket" (time), a
// text column for every dimension of the group, and "rate" (number).
func Rate(metric string) Query { return create(C.LUMINATE_RATE, metric) }

// ParseQuery reads the JSON form of a query.
func ParseQuery(json []byte) (Query, error) {
	query := Query{}.with(step{what: C.LUMINATE_GO_JSON, texts: []string{string(json)}})
	if err := query.check(); err != nil {
		return Query{}, err
	}
	return query, nil
}

// Between asks about the samples of [start, end).
func (q Query) Between(start, end time.Time) Query {
	return q.BetweenMillis(start.UnixMilli(), end.UnixMilli())
}

// BetweenMillis is Between for Unix milliseconds.
func (q Query) BetweenMillis(start, end int64) Query {
	return q.with(step{what: C.LUMINATE_GO_BETWEEN, first: start, second: end})
}

// Always is for Remove: samples of any time.
func (q Query) Always() Query { return q.BetweenMillis(math.MinInt64, math.MaxInt64) }

// Last asks about the time up to now, seen from when the query runs.
func (q Query) Last(length time.Duration) Query {
	return q.withDuration(C.LUMINATE_GO_LAST, "timeRange.relative", length)
}

// Where keeps the series whose dimension equals one of the values.
func (q Query) Where(key string, values ...string) Query {
	return q.filter(C.LUMINATE_ANY_OF, key, values...)
}

// WhereNot keeps the series whose dimension differs from the value, or that lack it, unless the value is "".
func (q Query) WhereNot(key, value string) Query { return q.filter(C.LUMINATE_IS_NOT, key, value) }

// WhereMatches keeps the series the whole value of whose dimension the RE2 expression matches.
func (q Query) WhereMatches(key, expression string) Query {
	return q.filter(C.LUMINATE_MATCHES, key, expression)
}

// WhereNotMatches keeps the series the whole value of whose dimension the RE2 expression does not match.
func (q Query) WhereNotMatches(key, expression string) Query {
	return q.filter(C.LUMINATE_MATCHES_NOT, key, expression)
}

// By groups the answer by the values of dimensions.
func (q Query) By(keys ...string) Query {
	for _, key := range keys {
		q = q.with(step{what: C.LUMINATE_GO_GROUP_BY, texts: []string{key}})
	}
	return q
}

// Every cuts the answer into buckets of time.
func (q Query) Every(interval time.Duration) Query {
	return q.withDuration(C.LUMINATE_GO_INTERVAL, "interval", interval)
}

// Top limits the answer to the first samples of a range query, to the groups with the largest values of the others.
func (q Query) Top(limit int) Query {
	if limit < 0 {
		return q.failed("limit", fmt.Sprintf("limit is %d, and must be at least 1", limit))
	}
	return q.with(step{what: C.LUMINATE_GO_LIMIT, first: int64(limit)})
}

// Ascending has the smallest value come first, instead of the largest. Not for range queries.
func (q Query) Ascending() Query { return q.with(step{what: C.LUMINATE_GO_ASCENDING, first: 1}) }

// Timeout says how long the query may take; of this and the context's deadline the earlier holds.
func (q Query) Timeout(timeout time.Duration) Query {
	return q.withDuration(C.LUMINATE_GO_TIMEOUT, "timeout", timeout)
}

func create(kind C.int32_t, metric string) Query {
	return Query{}.with(step{what: C.LUMINATE_GO_CREATE, kind: kind, texts: []string{metric}})
}

func (q Query) filter(kind C.int32_t, key string, operands ...string) Query {
	return q.with(step{what: C.LUMINATE_GO_FILTER, kind: kind, texts: append([]string{key}, operands...)})
}

func (q Query) withDuration(what C.int32_t, field string, length time.Duration) Query {
	if length%time.Millisecond != 0 {
		return q.failed(field, fmt.Sprintf("%s is %v, and must be a whole number of milliseconds", field, length))
	}
	return q.with(step{what: what, first: length.Milliseconds()})
}

// with adds a step behind a copy: what shares the beginning must not see it.
func (q Query) with(next step) Query {
	q.steps = append(q.steps[:len(q.steps):len(q.steps)], next)
	return q
}

func (q Query) failed(field, message string) Query {
	if q.err == nil {
		q.err = newError(ErrInvalidQuery, field, message)
	}
	return q
}
