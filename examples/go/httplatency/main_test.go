package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	luminate "github.com/luminate/luminate/capi/go"
)

func open(t *testing.T, url string) *luminate.Store {
	t.Helper()
	store, err := luminate.Open(url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	return store
}

// counts gives the requests that were recorded, by customer.
func counts(t *testing.T, store *luminate.Store) map[string]int {
	t.Helper()
	now := time.Now() // Requests of one millisecond may stand a little later than they were.
	result, err := store.Query(context.Background(),
		luminate.Aggregate(metric, luminate.Max).Between(now.Add(-time.Hour), now.Add(time.Hour)).By("customer_id"))
	if err != nil {
		t.Fatal(err)
	}
	defer result.Close()
	found := map[string]int{}
	counts := result.Integers("count")
	for i, customer := range result.Strings("customer_id") {
		found[customer] = int(counts[i])
	}
	return found
}

func get(t *testing.T, url, customer string) (int, string) {
	t.Helper()
	request, err := http.NewRequest("GET", url, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("X-Customer", customer)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Error(err)
		return 0, ""
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Error(err)
	}
	return response.StatusCode, string(body)
}

func TestTheProgramKeepsWhatItAnswered(t *testing.T) {
	url := "sqlite:" + filepath.Join(t.TempDir(), "latency.db")
	ctx, cancel := context.WithCancel(context.Background())
	reader, writer := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		err := run(ctx, []string{"-listen", "127.0.0.1:0", "-store", url}, writer)
		writer.CloseWithError(io.EOF)
		ended <- err
	}()
	line, err := bufio.NewReader(reader).ReadString('\n')
	if err != nil {
		t.Fatal(err, <-ended)
	}
	address := strings.TrimSpace(strings.TrimPrefix(line, "serving "))

	var customers sync.WaitGroup
	for customer, requests := range map[string]int{"acme": 40, "zenith": 25} {
		customers.Add(1)
		go func(customer string, requests int) {
			defer customers.Done()
			for i := 0; i < requests; i++ {
				if status, body := get(t, address+"/hello", customer); status != 200 || body != "Hello, "+customer+"\n" {
					t.Errorf("got %d %q", status, body)
				}
			}
		}(customer, requests)
	}
	customers.Wait()
	get(t, address+"/no/such/page", "acme")

	// Of the last moment, and so perhaps only in the queue: ending the program writes it.
	cancel()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	store := open(t, url)
	if found := counts(t, store); found["acme"] != 41 || found["zenith"] != 25 || len(found) != 2 {
		t.Errorf("found %v", found)
	}
	routes, err := store.DimensionValues(context.Background(), metric, "route", luminate.Listing{})
	if err != nil || len(routes) != 2 {
		t.Errorf("the routes are %v (%v): paths should not be among them", routes, err)
	}
}

func TestStatsShowsEveryCustomer(t *testing.T) {
	store := open(t, "memory:")
	recorder := NewRecorder(store, 1000, 100, time.Hour, t.Logf)
	for i := 1; i <= 100; i++ {
		for customer, factor := range map[string]int{"quick": 1, "slow": 10} {
			recorder.Record(Request{Customer: customer, Route: "/", Status: 200, At: time.Now().Add(time.Duration(i-101) * time.Second),
				Latency: time.Duration(i*factor) * time.Millisecond})
		}
	}
	if err := recorder.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(Stats(store, recorder))
	defer server.Close()
	status, page := get(t, server.URL, "")
	want := "customer requests p95 ms max ms slow 100 950.500 1000.000 quick 100 95.050 100.000"
	if status != 200 || strings.Join(strings.Fields(page), " ") != want {
		t.Errorf("got %d\n%s", status, page)
	}
	for _, last := range []string{"yesterday", "-1h", "1ns"} {
		if status, page := get(t, server.URL+"?last="+last, ""); status != 400 {
			t.Errorf("%s: got %d %s", last, status, page)
		}
	}
	store.Close()
	if status, page := get(t, server.URL, ""); status != 503 {
		t.Errorf("got %d %s", status, page)
	}
}

func TestRequestsOfOneMillisecondAreAllKept(t *testing.T) {
	store := open(t, "memory:")
	recorder := NewRecorder(store, 1000, 100, time.Hour, t.Logf)
	now := time.Now()
	for i := 0; i < 1000; i++ {
		recorder.Record(Request{Customer: "acme", Route: "/", Status: 200, At: now, Latency: time.Millisecond})
	}
	if err := recorder.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	result, err := store.Query(context.Background(), luminate.Range(metric).Between(now, now.Add(time.Hour)))
	if err != nil {
		t.Fatal(err)
	}
	defer result.Close()
	if kept := result.Len() + int(recorder.Lost()); kept != 1000 {
		t.Errorf("%d requests were kept, and %d are known to be lost", result.Len(), recorder.Lost())
	}
}

func TestAFullQueueLosesAndCounts(t *testing.T) {
	store := open(t, "memory:")
	r := &Recorder{store: store, queue: make(chan Request, 3)} // Nobody takes anything out of it.
	for i := 0; i < 10; i++ {
		r.Record(Request{})
	}
	if r.Lost() != 7 {
		t.Errorf("%d are lost, want 7", r.Lost())
	}
}

func TestWhatTheStoreRefusesIsCountedAndTold(t *testing.T) {
	store := open(t, "memory:")
	var told []string
	recorder := NewRecorder(store, 10, 10, time.Hour,
		func(format string, arguments ...any) { told = append(told, fmt.Sprintf(format, arguments...)) })
	recorder.Record(Request{Customer: "no\ncustomer", Route: "/", Status: 200, At: time.Now()})
	recorder.Record(Request{Customer: "acme", Route: "/", Status: 200, At: time.Now()})
	if err := recorder.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	if found := counts(t, store); found["acme"] != 1 || recorder.Lost() != 1 || len(told) != 1 ||
		!strings.Contains(told[0], "INVALID_DIMENSION_VALUE") {
		t.Errorf("found %v, lost %d, told %q", found, recorder.Lost(), told)
	}
}

func TestAPanicIsRecordedAndGoesOn(t *testing.T) {
	store := open(t, "memory:")
	recorder := NewRecorder(store, 10, 10, time.Hour, t.Logf)
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(http.ResponseWriter, *http.Request) { panic("on purpose") })
	func() {
		defer func() {
			if recover() != "on purpose" {
				t.Error("the panic was swallowed")
			}
		}()
		Measure(recorder, customerOf, mux).ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil))
	}()
	if err := recorder.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	statuses, err := store.DimensionValues(context.Background(), metric, "status", luminate.Listing{})
	if err != nil || len(statuses) != 1 || statuses[0] != "5xx" {
		t.Errorf("got %v (%v)", statuses, err)
	}
}
