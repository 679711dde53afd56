package luminate_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"time"

	luminate "github.com/luminate/luminate/capi/go"
)

// The examples are of a fixed day, so that they always print the same.
var (
	day     = time.Date(2026, time.January, 31, 12, 0, 0, 0, time.UTC)
	history = luminate.WithOption("batch_write.max_age", "36500d")
)

// latencies gives a store in which three customers have a sample a second for a minute.
func latencies() *luminate.Store {
	store, err := luminate.Open("memory:", history)
	if err != nil {
		log.Fatal(err)
	}
	var batch luminate.Batch
	for second := 0; second < 60; second++ {
		for customer := 1; customer <= 3; customer++ {
			series := batch.Series("api_latency", "customer_id", fmt.Sprint("c", customer), "region", "eu")
			batch.Add(series, day.Add(time.Duration(second)*time.Second), float64(customer*(second+1)))
		}
	}
	if _, err := store.Write(context.Background(), &batch); err != nil {
		log.Fatal(err)
	}
	return store
}

func Example() {
	folder, err := os.MkdirTemp("", "luminate")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(folder)
	ctx := context.Background()

	store, err := luminate.Open("sqlite:" + filepath.Join(folder, "metrics.db"))
	if err != nil {
		log.Fatal(err)
	}
	defer store.Close()

	var batch luminate.Batch
	for customer, latency := range map[string]float64{"acme": 12.5, "zenith": 31} {
		batch.Add(batch.Series("api_latency", "customer_id", customer), time.Now(), latency)
	}
	if _, err := store.Write(ctx, &batch); err != nil { // It returned nil: the points are on the disk.
		log.Fatal(err)
	}

	query := luminate.Aggregate("api_latency", luminate.P95).Last(time.Hour).By("customer_id").Top(10)
	result, err := store.Query(ctx, query)
	if err != nil {
		log.Fatal(err)
	}
	defer result.Close()

	type row struct {
		Customer string  `luminate:"customer_id"`
		P95      float64 `luminate:"p95"`
	}
	rows, err := luminate.Collect[row](result)
	if err != nil {
		log.Fatal(err)
	}
	for _, r := range rows {
		fmt.Println(r.Customer, r.P95)
	}
	// Output:
	// zenith 31
	// acme 12.5
}

func ExampleStore_Write() {
	store, err := luminate.Open("memory:", history)
	if err != nil {
		log.Fatal(err)
	}
	defer store.Close()

	var batch luminate.Batch
	batch.AddPoint(luminate.Point{Metric: "api_latency", Time: day, Value: 12.5,
		Dimensions: map[string]string{"customer_id": "c1"}})
	batch.AddPoint(luminate.Point{Metric: "api latency", Time: day, Value: 12.5})

	report, err := store.Write(context.Background(), &batch)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(report.Accepted, "stored")
	for _, refusal := range report.Refused {
		fmt.Println("point", refusal.Index, "refused:", refusal.Code.String())
	}
	// Output:
	// 1 stored
	// point 1 refused: INVALID_METRIC_NAME
}

func ExampleStore_Query() {
	store := latencies()
	defer store.Close()

	query := luminate.Aggregate("api_latency", luminate.Avg, luminate.Quantile(0.9)).
		Between(day, day.Add(time.Minute)).Where("region", "eu").By("customer_id").Top(2)
	result, err := store.Query(context.Background(), query)
	if err != nil {
		log.Fatal(err)
	}
	defer result.Close()

	// Columns, without a copy: valid until the result is closed.
	customers := result.Strings("customer_id")
	averages, quantiles := result.Numbers("avg"), result.Numbers("quantile(0.9)")
	for i := range customers {
		fmt.Printf("%s %.1f %.1f\n", customers[i], averages[i], quantiles[i])
	}
	// Output:
	// c3 91.5 162.3
	// c2 61.0 108.2
}

func ExampleStore_Stream() {
	store := latencies()
	defer store.Close()

	stream, err := store.Stream(context.Background(), luminate.Range("api_latency").Between(day, day.Add(time.Minute)))
	if err != nil {
		log.Fatal(err)
	}
	defer stream.Close()
	count, sum := 0, 0.0
	for stream.Next() {
		for _, value := range stream.Piece().Numbers("value") {
			count++
			sum += value
		}
	}
	if err := stream.Err(); err != nil {
		log.Fatal(err)
	}
	fmt.Println(count, sum)
	// Output: 180 10980
}

func ExampleStore_Tenant() {
	store := latencies()
	defer store.Close()
	acme, err := store.Tenant("acme")
	if err != nil {
		log.Fatal(err)
	}
	for _, view := range []*luminate.Store{store, acme} {
		series, err := view.SeriesCount(context.Background(), "")
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(series)
	}
	// Output:
	// 3
	// 0
}

func ExampleStore_DimensionValues() {
	store := latencies()
	defer store.Close()
	customers, err := store.DimensionValues(context.Background(), "api_latency", "customer_id",
		luminate.Listing{Prefix: "c", Limit: 2})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(customers)
	// Output: [c1 c2]
}

func ExampleCollect() {
	store := latencies()
	defer store.Close()
	query := luminate.Range("api_latency").Between(day, day.Add(time.Minute)).Top(2)
	result, err := store.Query(context.Background(), query)
	if err != nil {
		log.Fatal(err)
	}
	defer result.Close()

	type sample struct {
		Time   time.Time         `luminate:"timestamp"`
		Value  float64           `luminate:"value"`
		Labels map[string]string `luminate:"*"`
	}
	samples, err := luminate.Collect[sample](result)
	if err != nil {
		log.Fatal(err)
	}
	for _, s := range samples {
		fmt.Println(s.Time.UTC().Format(time.RFC3339), s.Value, s.Labels)
	}
	// Output:
	// 2026-01-31T12:00:00Z 1 map[customer_id:c1 region:eu]
	// 2026-01-31T12:00:00Z 2 map[customer_id:c2 region:eu]
}

func ExampleError() {
	store := latencies()
	defer store.Close()

	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err := store.Query(ctx, luminate.Range("api_latency").Last(time.Hour))
	fmt.Println(errors.Is(err, luminate.ErrCancelled), errors.Is(err, context.Canceled))

	_, err = store.Query(context.Background(), luminate.Range("api_latency").Last(time.Hour).WhereMatches("region", "("))
	var failed *luminate.Error
	if errors.As(err, &failed) {
		fmt.Println(failed.Code.String(), failed.Field)
	}
	// Output:
	// true true
	// INVALID_QUERY filters.region
}

func ExampleWithOption() {
	_, err := luminate.Open("memory:", luminate.WithOption("query_limits.max_group_by", "100"))
	fmt.Println(errors.Is(err, luminate.ErrInvalidOption))

	store, err := luminate.Open("memory:", luminate.WithOption("query_limits.max_group_by_cardinality", "100"))
	if err != nil {
		log.Fatal(err)
	}
	defer store.Close()
	// Output: true
}

func ExampleValidator() {
	validator, err := luminate.NewValidator()
	if err != nil {
		log.Fatal(err)
	}
	defer validator.Close()
	var batch luminate.Batch
	batch.Add(batch.Series("api_latency"), day.AddDate(0, 0, -8), 1)
	refused, err := validator.Check(&batch, day)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(errors.Is(refused[0], luminate.ErrInvalidTimestamp))
	// Output: true
}
