// Package luminate is the metrics store for high-cardinality data, for Go programs.
//
// A metrics store keeps numbers with a time and dimensions: the latency of an API by customer, the load of a host by
// region. Luminate is made for very many series, such as one for every customer. It runs inside your program, on a file
// of its own, or against PostgreSQL.
//
//	store, err := luminate.Open("sqlite:metrics.db")
//	if err != nil {
//		return err
//	}
//	defer store.Close()
//
//	var batch luminate.Batch
//	batch.Add(batch.Series("api_latency", "customer_id", "c1"), time.Now(), 12.5)
//	if _, err := store.Write(ctx, &batch); err != nil { // returned nil: durable
//		return err
//	}
//
//	query := luminate.Aggregate("api_latency", luminate.P95).Last(time.Hour).By("customer_id").Top(10)
//	result, err := store.Query(ctx, query)
//	if err != nil {
//		return err
//	}
//	defer result.Close()
//	type row struct {
//		Customer string  `luminate:"customer_id"`
//		P95      float64 `luminate:"p95"`
//	}
//	rows, err := luminate.Collect[row](result)
//
// # Building
//
// The package calls libluminate-c through cgo and finds it by pkg-config as luminate-c: it needs a C compiler,
// pkg-config and what libluminate-dev installs, and no other Go module.
//
// # Contexts
//
// Calls that may take long take a context first. Its deadline and its cancellation end the call, queries within 50 ms.
// The error then is an [*Error] for which errors.Is also finds context.DeadlineExceeded or context.Canceled.
//
// # Errors
//
// Every error is an [*Error]. Its code can be asked for by errors.Is:
//
//	if errors.Is(err, luminate.ErrQueryTimeout) { ... }
//
// Points that break a rule of the data model are no error: Write stores the others and reports them.
//
// # Lifetimes and goroutines
//
// Stores, queries, results and validators may be used by any number of goroutines; a batch and a stream belong to one
// at a time. What has a Close should be closed; what was forgotten is cleaned up with the garbage, in any order, but for
// a [Result] that lent a column. A store that was closed answers every call with [ErrStoreClosed].
//
// Times are Unix milliseconds in the store: what is finer is cut off. Ranges are half-open, [start, end).
package luminate
