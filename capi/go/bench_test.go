package luminate_test

import (
	"path/filepath"
	"strconv"
	"testing"
	"time"

	luminate "github.com/luminate/luminate/capi/go"
)

const benchPoints = 10_000 // As many as a batch may have by default.

// fill adds the points of one batch, of so many series in turns, from a time on.
func fill(batch *luminate.Batch, customers []string, start int64) {
	series := make([]luminate.Series, len(customers))
	for i, customer := range customers {
		series[i] = batch.Series("api_latency", "customer_id", customer, "endpoint", "/api/v1/users", "region", "eu-west")
	}
	for i := 0; i < benchPoints; i++ {
		batch.AddMillis(series[i%len(series)], start+int64(i/len(series)), float64(i%1000)/10)
	}
}

func customers(count int) []string {
	names := make([]string, count)
	for i := range names {
		names[i] = "cust_" + strconv.Itoa(i)
	}
	return names
}

// reportPoints is for the end of a benchmark whose rounds are of `points` points each.
func reportPoints(b *testing.B, points int, begin time.Time) {
	b.ReportMetric(float64(b.N)*float64(points)/time.Since(begin).Seconds(), "points/s")
}

func BenchmarkFill(b *testing.B) {
	for _, series := range []int{100, benchPoints} {
		b.Run(strconv.Itoa(series)+"-series", func(b *testing.B) {
			names := customers(series)
			var batch luminate.Batch
			begin := time.Now()
			for i := 0; i < b.N; i++ {
				batch.Reset()
				fill(&batch, names, noon)
			}
			reportPoints(b, benchPoints, begin)
		})
	}
}

func BenchmarkWrite(b *testing.B) {
	for _, backend := range []string{"memory", "sqlite"} {
		for _, series := range []int{100, benchPoints} {
			b.Run(backend+"/"+strconv.Itoa(series)+"-series", func(b *testing.B) {
				url := "memory:"
				if backend == "sqlite" {
					url = "sqlite:" + filepath.Join(b.TempDir(), "m.db")
				}
				store := openURL(b, url)
				names := customers(series)
				var batch luminate.Batch
				b.ResetTimer()
				begin := time.Now()
				for i := 0; i < b.N; i++ {
					batch.Reset()
					fill(&batch, names, noon+int64(i)*benchPoints/int64(series))
					write(b, store, &batch)
				}
				reportPoints(b, benchPoints, begin)
			})
		}
	}
}

func BenchmarkQuery(b *testing.B) {
	store := open(b)
	var batch luminate.Batch
	fill(&batch, customers(100), noon)
	write(b, store, &batch)
	b.Run("one-series", func(b *testing.B) {
		ask := luminate.Aggregate("api_latency", luminate.Avg).Between(at(0), at(1)).Where("customer_id", "cust_7")
		benchmarkQuery(b, store, ask)
	})
	b.Run("100-groups", func(b *testing.B) {
		ask := luminate.Aggregate("api_latency", luminate.P95).Between(at(0), at(1)).By("customer_id")
		benchmarkQuery(b, store, ask)
	})
	b.Run("10000-samples", func(b *testing.B) {
		benchmarkQuery(b, store, luminate.Range("api_latency").Between(at(0), at(1)))
	})
}

func benchmarkQuery(b *testing.B, store *luminate.Store, ask luminate.Query) {
	b.ReportAllocs()
	for i := 0; i < b.N; i++ {
		result, err := store.Query(background, ask)
		if err != nil {
			b.Fatal(err)
		}
		result.Close()
	}
}

func BenchmarkCollect(b *testing.B) {
	store := open(b)
	var batch luminate.Batch
	fill(&batch, customers(100), noon)
	write(b, store, &batch)
	result, err := store.Query(background, luminate.Range("api_latency").Between(at(0), at(1)))
	if err != nil {
		b.Fatal(err)
	}
	defer result.Close()
	type sample struct {
		Time     time.Time `luminate:"timestamp"`
		Value    float64   `luminate:"value"`
		Customer string    `luminate:"customer_id"`
	}
	b.ResetTimer()
	begin := time.Now()
	for i := 0; i < b.N; i++ {
		if _, err := luminate.Collect[sample](result); err != nil {
			b.Fatal(err)
		}
	}
	reportPoints(b, benchPoints, begin)
}
