package luminate_test

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	luminate "github.com/luminate/luminate/capi/go"
)

// openPostgres gives an empty store on the server that LUMINATE_TEST_PG_URL names. There answers really come in pieces.
func openPostgres(t *testing.T) *luminate.Store {
	url := os.Getenv("LUMINATE_TEST_PG_URL")
	if url == "" {
		t.Skip("LUMINATE_TEST_PG_URL names no PostgreSQL server")
	}
	separator := "?"
	if strings.Contains(url, "?") {
		separator = "&"
	}
	store := openURL(t, url+separator+"schema=test_go", large()...)
	empty := func() {
		metrics, err := store.Metrics(background, luminate.Listing{})
		if err != nil {
			t.Fatal(err)
		}
		for _, metric := range metrics {
			if _, err := store.Remove(background, luminate.Range(metric).Always()); err != nil {
				t.Fatal(err)
			}
		}
	}
	empty()
	t.Cleanup(empty) // Before it is closed.
	return store
}

func TestPostgresStreamsPieceByPiece(t *testing.T) {
	store := openPostgres(t)
	const count = 60_000
	writeMany(t, store, "m", count)
	everything := luminate.Range("m").Between(at(0), at(count/1000))
	stream, err := store.Stream(background, everything)
	if err != nil {
		t.Fatal(err)
	}
	defer stream.Close()
	next, pieces := 0, 0
	var before *luminate.Result
	for stream.Next() {
		if before != nil && before.Numbers("value") != nil {
			t.Fatal("the piece before was not ended")
		}
		before = stream.Piece()
		pieces++
		for _, value := range before.Numbers("value") {
			if value != float64(next) {
				t.Fatalf("sample %d has the value %v", next, value)
			}
			next++
		}
	}
	if stream.Err() != nil || next != count || pieces < 2 {
		t.Errorf("got %d samples in %d pieces (%v)", next, pieces, stream.Err())
	}

	ctx, cancel := context.WithCancel(background)
	defer cancel()
	cut, err := store.Stream(ctx, everything)
	if err != nil || !cut.Next() {
		t.Fatal(err)
	}
	defer cut.Close()
	cancel()
	if cut.Next() || !errors.Is(cut.Err(), context.Canceled) {
		t.Errorf("a cancelled stream ends with %v", cut.Err())
	}
}

func TestPostgresCallsEndWithTheirContext(t *testing.T) {
	store := openPostgres(t)
	writeMany(t, store, "m", 200_000)
	ask := luminate.Aggregate("m", luminate.P50, luminate.P95, luminate.P99, luminate.StdDev).
		Between(at(0), at(200)).Every(time.Millisecond)
	ctx, cancel := context.WithTimeout(background, 20*time.Millisecond)
	defer cancel()
	_, err := store.Query(ctx, ask)
	failure(t, err, luminate.ErrQueryTimeout)
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}
