// What a program in Go gets, for run.py, which says what is measured: go_client write SHAPE URL BATCHES prints one line
// of JSON, as native_client's.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"syscall"
	"time"

	luminate "github.com/luminate/luminate/capi/go"
)

const (
	batchSize = 10_000
	start     = 1_767_225_600_000
)

var series = map[string]int{"column": 1, "columns": 10, "table": 100, "points": batchSize}

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "go_client:", err)
		os.Exit(1)
	}
}

func cpuSeconds() float64 {
	var used syscall.Rusage
	must(syscall.Getrusage(syscall.RUSAGE_SELF, &used))
	return float64(used.Utime.Nano()+used.Stime.Nano()) / 1e9
}

func main() {
	if len(os.Args) != 5 || os.Args[1] != "write" || series[os.Args[2]] == 0 {
		must(fmt.Errorf("usage: go_client write column|columns|table|points URL BATCHES"))
	}
	shape, url := os.Args[2], os.Args[3]
	batches, err := strconv.Atoi(os.Args[4])
	must(err)
	count := series[shape]
	samples := batchSize / count
	customers, regions := make([]string, count), make([]string, count)
	for i := range customers {
		customers[i], regions[i] = "customer_"+strconv.Itoa(i), "region_"+strconv.Itoa(i%4)
	}
	values := make([]float64, batchSize)
	for i := range values {
		values[i] = float64(i*7919%10007) / 10
	}
	times := make([]int64, (batches+1)*samples)
	for i := range times {
		times[i] = start + int64(i)*1000
	}

	store, err := luminate.Open(url, luminate.WithOption("batch_write.max_age", "36500d"),
		luminate.WithOption("storage.durability", "normal"))
	must(err)
	var batch luminate.Batch
	write := func(number int) {
		batch.Reset()
		when := times[number*samples : (number+1)*samples]
		for i := 0; i < count; i++ {
			one := batch.Series("api_latency", "customer_id", customers[i], "endpoint", "/v1", "region", regions[i])
			if shape == "column" || shape == "columns" {
				batch.Append(one, when, values[i*samples:(i+1)*samples])
				continue
			}
			for j, at := range when { // As a program adds what it measures.
				batch.AddMillis(one, at, values[i*samples+j])
			}
		}
		report, err := store.Write(context.Background(), &batch)
		must(err)
		if report.Accepted != batchSize {
			must(fmt.Errorf("points were refused"))
		}
	}
	write(0)
	begin, used := time.Now(), cpuSeconds()
	for i := 1; i <= batches; i++ {
		write(i)
	}
	must(json.NewEncoder(os.Stdout).Encode(map[string]float64{"points": float64(batches * batchSize),
		"seconds": time.Since(begin).Seconds(), "cpu_seconds": cpuSeconds() - used}))
	must(store.Close())
}
