package luminate_test

import (
	"context"
	"errors"
	"testing"
	"time"

	luminate "github.com/luminate/luminate/capi/go"
)

var background = context.Background()

// noon is when the samples of most tests begin: long ago, so that stores have to be opened for history.
const noon = int64(1_760_000_400_000)

func at(second int64) time.Time { return time.UnixMilli(noon + second*1000) }

// open gives a store in memory that takes samples of any age.
func open(t testing.TB, options ...luminate.Option) *luminate.Store {
	t.Helper()
	return openURL(t, "memory:", options...)
}

func openURL(t testing.TB, url string, options ...luminate.Option) *luminate.Store {
	t.Helper()
	options = append([]luminate.Option{luminate.WithOption("batch_write.max_age", "36500d")}, options...)
	store, err := luminate.Open(url, options...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	return store
}

func write(t testing.TB, store *luminate.Store, batch *luminate.Batch) {
	t.Helper()
	report, err := store.Write(background, batch)
	if err != nil {
		t.Fatal(err)
	}
	if len(report.Refused) > 0 {
		t.Fatal(report.Refused[0])
	}
	if report.Accepted != uint64(batch.Len()) {
		t.Fatalf("%d of %d points were accepted", report.Accepted, batch.Len())
	}
}

// writeLatencies writes, for the customers c1 to c3, a sample a second: customer n has n, n+10, n+20 ...
func writeLatencies(t testing.TB, store *luminate.Store, seconds int64) {
	t.Helper()
	var batch luminate.Batch
	for customer, name := range []string{"c1", "c2", "c3"} {
		series := batch.Series("api_latency", "customer_id", name)
		for second := int64(0); second < seconds; second++ {
			batch.Add(series, at(second), float64(customer+1)+10*float64(second))
		}
	}
	write(t, store, &batch)
}

func query(t testing.TB, store *luminate.Store, query luminate.Query) *luminate.Result {
	t.Helper()
	result, err := store.Query(background, query)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { result.Close() })
	return result
}

func collect[T any](t testing.TB, result *luminate.Result) []T {
	t.Helper()
	rows, err := luminate.Collect[T](result)
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// failure takes an error apart, which has to be of the code.
func failure(t testing.TB, err error, code luminate.Code) *luminate.Error {
	t.Helper()
	var failed *luminate.Error
	if !errors.As(err, &failed) {
		t.Fatalf("got the error %v, want %v", err, code)
	}
	if !errors.Is(err, code) || failed.Code != code {
		t.Fatalf("got the error %v, want %v", err, code)
	}
	if failed.Message == "" {
		t.Fatalf("%v says nothing", err)
	}
	return failed
}
