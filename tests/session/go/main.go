// The session through the Go package: session URL CASES. session_test.py says what CASES and the answers look like.
package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"sort"
	"strconv"
	"strings"
	"time"

	luminate "github.com/luminate/luminate/capi/go"
)

type object = map[string]any

// call is a line of the table. What it does not have is nil.
type call struct {
	Do      string
	Tenant  *string
	URL     string
	Options map[string]string
	Points  []json.RawMessage
	Text    string
	Query   query
	Metric  *string
	Key     string
	Prefix  string
	Limit   int
	Start   *int64
	End     *int64
	Filters filters
	DryRun  bool `json:"dry_run"`
	Pattern string
	KeepMs  int64 `json:"keep_ms"`
}

type query struct {
	QueryType  string
	MetricName string
	TimeRange  struct {
		Start, End int64
		Relative   string
	}
	Filters      filters
	Aggregation  string
	Aggregations []string
	GroupBy      []string
	Interval     *string
	Limit        *int
	Order        string
	Timeout      *string
}

// filters are conditions in the order of the table: a text, a list, or an object of operators.
type filters map[string]any

func (f filters) add(q luminate.Query) luminate.Query {
	keys := make([]string, 0, len(f))
	for key := range f {
		keys = append(keys, key)
	}
	sort.Strings(keys)
	for _, key := range keys {
		switch condition := f[key].(type) {
		case string:
			q = q.Where(key, condition)
		case []any:
			values := make([]string, len(condition))
			for i, value := range condition {
				values[i] = value.(string)
			}
			q = q.Where(key, values...)
		case object:
			for kind, operand := range condition {
				switch kind {
				case "not":
					q = q.WhereNot(key, operand.(string))
				case "regex":
					q = q.WhereMatches(key, operand.(string))
				case "notRegex":
					q = q.WhereNotMatches(key, operand.(string))
				}
			}
		}
	}
	return q
}

// duration reads what the table has: one number and a unit, of which Go does not know days.
func duration(text string) time.Duration {
	if days := strings.TrimSuffix(text, "d"); days != text {
		count, err := strconv.Atoi(days)
		must(err)
		return time.Duration(count) * 24 * time.Hour
	}
	length, err := time.ParseDuration(text)
	must(err)
	return length
}

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "session:", err)
		os.Exit(2)
	}
}

// build makes a query by the functions of the package, as a program would.
func (q query) build() luminate.Query {
	var built luminate.Query
	switch q.QueryType {
	case "range":
		built = luminate.Range(q.MetricName)
	case "rate":
		built = luminate.Rate(q.MetricName)
	default:
		names := q.Aggregations
		if q.Aggregation != "" {
			names = []string{q.Aggregation}
		}
		aggregations := make([]luminate.Aggregation, len(names))
		for i, name := range names {
			aggregations[i] = luminate.Aggregation(name)
		}
		built = luminate.Aggregate(q.MetricName, aggregations...)
	}
	if q.TimeRange.Relative != "" {
		built = built.Last(duration(q.TimeRange.Relative))
	} else {
		built = built.BetweenMillis(q.TimeRange.Start, q.TimeRange.End)
	}
	built = q.Filters.add(built).By(q.GroupBy...)
	if q.Interval != nil {
		built = built.Every(duration(*q.Interval))
	}
	if q.Limit != nil {
		built = built.Top(*q.Limit)
	}
	if q.Order == "asc" {
		built = built.Ascending()
	}
	if q.Timeout != nil {
		built = built.Timeout(duration(*q.Timeout))
	}
	return built
}

func number(value float64) any {
	if math.IsInf(value, 0) || math.IsNaN(value) {
		return nil
	}
	return value
}

// dimensions gives every text of a row that is there.
func dimensions(result *luminate.Result, row int) object {
	found := object{}
	for _, column := range result.Columns() {
		if column.Type != luminate.TypeText {
			continue
		}
		if code := result.Codes(column.Name)[row]; code >= 0 {
			found[strings.TrimPrefix(column.Name, "dimension.")] = result.Texts(column.Name)[code]
		}
	}
	return found
}

func samples(result *luminate.Result) []any {
	rows := make([]any, 0, result.Len())
	for i := 0; i < result.Len(); i++ {
		rows = append(rows, []any{result.Integers("timestamp")[i], number(result.Numbers("value")[i]), dimensions(result, i)})
	}
	return rows
}

func groups(kind string, result *luminate.Result) []any {
	rows := make([]any, 0, result.Len())
	for i := 0; i < result.Len(); i++ {
		var bucket any
		if buckets := result.Integers("bucket"); buckets != nil {
			bucket = buckets[i]
		}
		if kind == "rate" {
			rows = append(rows, []any{bucket, dimensions(result, i), number(result.Numbers("rate")[i])})
			continue
		}
		values := []any{}
		for _, column := range result.Columns() {
			if column.Type == luminate.TypeNumber {
				values = append(values, number(result.Numbers(column.Name)[i]))
			}
		}
		var count any
		if counts := result.Integers("count"); counts != nil {
			count = counts[i]
		} else { // It is one of the aggregations.
			count = result.Numbers("count")[i]
		}
		rows = append(rows, []any{bucket, dimensions(result, i), values, count})
	}
	return rows
}

func answer(kind string, result *luminate.Result, err error) (object, error) {
	if err != nil {
		return nil, err
	}
	defer result.Close()
	if kind == "range" {
		return object{"rows": samples(result), "truncated": result.Truncated(), "scanned": result.PointsScanned()}, nil
	}
	return object{"rows": groups(kind, result), "scanned": result.PointsScanned()}, nil
}

func report(written luminate.WriteReport, err error) (object, error) {
	refused := []any{}
	for _, one := range written.Refused {
		refused = append(refused, []any{one.Index, one.Metric, one.Code.String(), one.Message})
	}
	return object{"accepted": written.Accepted, "refused": refused}, err
}

func names(found []string, err error) (object, error) {
	if found == nil {
		found = []string{}
	}
	return object{"names": found}, err
}

func write(ctx context.Context, store *luminate.Store, points []json.RawMessage) (object, error) {
	var batch luminate.Batch
	for _, raw := range points {
		var metric string
		var labels map[string]string
		var timestamp int64
		var value any
		must(json.Unmarshal(raw, &[]any{&metric, &labels, &timestamp, &value}))
		sample, isNumber := value.(float64)
		if !isNumber {
			var err error
			sample, err = strconv.ParseFloat(value.(string), 64)
			must(err)
		}
		batch.Append(batch.SeriesOf(metric, labels), []int64{timestamp}, []float64{sample})
	}
	return report(store.Write(ctx, &batch))
}

func stream(ctx context.Context, store *luminate.Store, query luminate.Query) (object, error) {
	pieces, err := store.Stream(ctx, query)
	if err != nil {
		return nil, err
	}
	defer pieces.Close()
	rows := []any{}
	for pieces.Next() {
		rows = append(rows, samples(pieces.Piece())...)
	}
	return object{"rows": rows, "truncated": pieces.Truncated(), "scanned": pieces.PointsScanned()}, pieces.Err()
}

func cardinality(found []luminate.Cardinality, err error) (object, error) {
	metrics, keys, values := []any{}, []any{}, []any{}
	for _, entry := range found {
		switch {
		case entry.Key == nil:
			metrics = append(metrics, []any{entry.Metric, entry.Series})
		case entry.Value == nil:
			keys = append(keys, []any{entry.Metric, *entry.Key, entry.Values, entry.Series})
		default:
			values = append(values, []any{entry.Metric, *entry.Key, *entry.Value, entry.Series})
		}
	}
	return object{"metrics": metrics, "keys": keys, "values": values}, err
}

type session struct {
	url     string
	options map[string]string
	store   *luminate.Store
}

func open(url string, options map[string]string) (*luminate.Store, error) {
	var with []luminate.Option
	for key, value := range options {
		with = append(with, luminate.WithOption(key, value))
	}
	return luminate.Open(url, with...)
}

func (s *session) run(c call) (object, error) {
	var err error
	switch c.Do {
	case "open":
		s.options = c.Options
		s.store, err = open(s.url, s.options)
		return object{}, err
	case "reopen":
		must(s.store.Close())
		s.store, err = open(s.url, s.options)
		return object{}, err
	case "open_another":
		another, err := open(c.URL, c.Options)
		if err == nil {
			err = another.Close()
		}
		return object{}, err
	case "close":
		return object{}, s.store.Close()
	}
	store := s.store
	if c.Tenant != nil {
		if store, err = s.store.Tenant(*c.Tenant); err != nil {
			return nil, err
		}
	}
	return s.with(store, c)
}

func (s *session) with(store *luminate.Store, c call) (object, error) {
	ctx := context.Background()
	switch c.Do {
	case "write":
		return write(ctx, store, c.Points)
	case "write_json":
		return report(store.WriteJSON(ctx, []byte(c.Text)))
	case "query":
		result, err := store.Query(ctx, c.Query.build())
		return answer(c.Query.QueryType, result, err)
	case "query_json":
		parsed, err := luminate.ParseQuery([]byte(c.Text))
		if err != nil {
			return nil, err
		}
		var form query
		must(json.Unmarshal([]byte(c.Text), &struct{ QueryType *string }{&form.QueryType}))
		result, err := store.Query(ctx, parsed)
		return answer(form.QueryType, result, err)
	case "stream":
		return stream(ctx, store, c.Query.build())
	case "late":
		late, cancel := context.WithDeadline(ctx, time.Now().Add(-time.Second))
		defer cancel()
		result, err := store.Query(late, c.Query.build())
		return answer("range", result, err)
	case "cancelled":
		given, cancel := context.WithCancel(ctx)
		cancel()
		result, err := store.Query(given, c.Query.build())
		return answer("range", result, err)
	case "remove":
		start, end := int64(math.MinInt64), int64(math.MaxInt64)
		if c.Start != nil {
			start = *c.Start
		}
		if c.End != nil {
			end = *c.End
		}
		what := c.Filters.add(luminate.Range(*c.Metric).BetweenMillis(start, end))
		remove := store.Remove
		if c.DryRun {
			remove = store.CountRemovable
		}
		removed, err := remove(ctx, what)
		return object{"removed": removed}, err
	}
	return s.look(ctx, store, c)
}

func (s *session) look(ctx context.Context, store *luminate.Store, c call) (object, error) {
	listing := luminate.Listing{Prefix: c.Prefix, Limit: c.Limit}
	if c.Start != nil && c.End != nil {
		listing.Start, listing.End = time.UnixMilli(*c.Start), time.UnixMilli(*c.End)
	}
	metric := ""
	if c.Metric != nil {
		metric = *c.Metric
	}
	switch c.Do {
	case "metrics":
		return names(store.Metrics(ctx, listing))
	case "keys":
		return names(store.DimensionKeys(ctx, metric, listing))
	case "values":
		return names(store.DimensionValues(ctx, metric, c.Key, listing))
	case "series":
		count, err := store.SeriesCount(ctx, metric)
		return object{"series": count}, err
	case "cardinality":
		return cardinality(store.Cardinality(ctx, metric, c.Limit))
	case "tenants":
		found, err := store.Tenants(ctx, 0)
		tenants := []any{}
		for _, one := range found {
			tenants = append(tenants, []any{one.Tenant, one.Metrics, one.Series})
		}
		return object{"tenants": tenants}, err
	case "health":
		health, err := store.Health(ctx)
		return object{"healthy": health.Healthy, "backend": health.Backend, "status": health.Status}, err
	case "retain":
		keep := time.Duration(c.KeepMs) * time.Millisecond
		return object{}, store.SetRetention(ctx, luminate.RetentionPolicy{Pattern: c.Pattern, Keep: keep})
	case "unretain":
		existed, err := store.RemoveRetention(ctx, c.Pattern)
		return object{"existed": existed}, err
	case "retention":
		found, err := store.Retention(ctx)
		policies := []any{}
		for _, policy := range found {
			policies = append(policies, []any{policy.Pattern, policy.Keep.Milliseconds()})
		}
		return object{"policies": policies}, err
	}
	return nil, fmt.Errorf("there is no call %q", c.Do)
}

func main() {
	if len(os.Args) != 3 {
		must(errors.New("usage: session URL CASES"))
	}
	cases, err := os.Open(os.Args[2])
	must(err)
	s := session{url: os.Args[1]}
	out := json.NewEncoder(os.Stdout)
	out.SetEscapeHTML(false)
	lines := bufio.NewScanner(cases)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var c call
		decoder := json.NewDecoder(bytes.NewReader(lines.Bytes()))
		must(decoder.Decode(&c))
		said, err := s.run(c)
		var failure *luminate.Error
		switch {
		case errors.As(err, &failure):
			said = object{"error": failure.Code.String(), "field": failure.Field, "message": failure.Message}
		case err != nil:
			must(err)
		}
		must(out.Encode(said))
	}
	must(lines.Err())
}
