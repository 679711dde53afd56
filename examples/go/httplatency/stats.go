package main

import (
	"errors"
	"fmt"
	"net/http"
	"text/tabwriter"
	"time"

	luminate "github.com/luminate/luminate/capi/go"
)

// Stats is a page of the customers whose requests take longest: p95 and number by customer, over the last hour or
// ?last=30m. It ends with the request's context, should the reader go away.
func Stats(store *luminate.Store, recorder *Recorder) http.HandlerFunc {
	return func(w http.ResponseWriter, request *http.Request) {
		last := time.Hour
		if text := request.URL.Query().Get("last"); text != "" {
			given, err := time.ParseDuration(text)
			if err != nil {
				http.Error(w, err.Error(), http.StatusBadRequest)
				return
			}
			last = given
		}
		query := luminate.Aggregate(metric, luminate.P95, luminate.Max).Last(last).By("customer_id").Top(20)
		result, err := store.Query(request.Context(), query)
		if err != nil {
			http.Error(w, err.Error(), statusOf(err))
			return
		}
		defer result.Close()
		type row struct {
			Customer string  `luminate:"customer_id"`
			P95      float64 `luminate:"p95"`
			Max      float64 `luminate:"max"`
			Requests int     `luminate:"count"`
		}
		rows, err := luminate.Collect[row](result)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		table := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
		fmt.Fprintln(table, "customer\trequests\tp95 ms\tmax ms\t")
		for _, r := range rows {
			fmt.Fprintf(table, "%s\t%d\t%.3f\t%.3f\t\n", r.Customer, r.Requests, r.P95, r.Max)
		}
		table.Flush()
		if lost := recorder.Lost(); lost > 0 {
			fmt.Fprintf(w, "%d requests were not recorded\n", lost)
		}
	}
}

func statusOf(err error) int {
	switch {
	case errors.Is(err, luminate.ErrInvalidQuery):
		return http.StatusBadRequest
	case errors.Is(err, luminate.ErrQueryTimeout):
		return http.StatusGatewayTimeout
	default:
		return http.StatusServiceUnavailable
	}
}
