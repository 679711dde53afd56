package luminate_test

import (
	"reflect"
	"testing"
	"time"

	luminate "github.com/luminate/luminate/capi/go"
)

func discoveryStore(t *testing.T) *luminate.Store {
	store := open(t)
	var batch luminate.Batch
	batch.Add(batch.Series("cpu", "host", "a", "region", "eu"), at(0), 1)
	batch.Add(batch.Series("cpu", "host", "b", "region", "eu"), at(0), 1)
	batch.Add(batch.Series("cpu", "host", "c", "region", "us"), at(0), 1)
	batch.Add(batch.Series("cpu_steal", "host", "a"), at(3600), 1)
	batch.Add(batch.Series("memory"), at(0), 1)
	write(t, store, &batch)
	acme, err := store.Tenant("acme")
	if err != nil {
		t.Fatal(err)
	}
	writeLatencies(t, acme, 1)
	return store
}

func TestNamesAreListed(t *testing.T) {
	store := discoveryStore(t)
	check := func(what string, want ...string) func([]string, error) {
		return func(got []string, err error) {
			t.Helper()
			if err != nil || len(got) != len(want) || (len(want) > 0 && !reflect.DeepEqual(got, want)) {
				t.Errorf("%s: got %v (%v), want %v", what, got, err, want)
			}
		}
	}
	check("metrics", "cpu", "cpu_steal", "memory")(store.Metrics(background, luminate.Listing{}))
	check("prefix", "cpu", "cpu_steal")(store.Metrics(background, luminate.Listing{Prefix: "cpu"}))
	check("limit", "cpu", "cpu_steal")(store.Metrics(background, luminate.Listing{Limit: 2}))
	check("range", "cpu_steal")(store.Metrics(background, luminate.Listing{Start: at(3600), End: at(3601)}))
	check("keys", "host", "region")(store.DimensionKeys(background, "cpu", luminate.Listing{}))
	check("keys of nothing")(store.DimensionKeys(background, "nobody_wrote", luminate.Listing{}))
	check("values", "eu", "us")(store.DimensionValues(background, "cpu", "region", luminate.Listing{}))
	check("values by prefix", "us")(store.DimensionValues(background, "cpu", "region", luminate.Listing{Prefix: "u"}))
}

func TestSeriesAreCounted(t *testing.T) {
	store := discoveryStore(t)
	for metric, want := range map[string]uint64{"": 5, "cpu": 3, "nobody_wrote": 0} {
		if got, err := store.SeriesCount(background, metric); got != want || err != nil {
			t.Errorf("%q has %d series (%v), want %d", metric, got, err, want)
		}
	}
	tenants, err := store.Tenants(background, 10)
	if want := []luminate.TenantSeries{{"", 3, 5}, {"acme", 1, 3}}; err != nil || !reflect.DeepEqual(tenants, want) {
		t.Errorf("got %v (%v), want %v", tenants, err, want)
	}
	entries, err := store.Cardinality(background, "cpu", 1)
	if err != nil {
		t.Fatal(err)
	}
	var metrics, keys, values int
	for _, entry := range entries {
		switch {
		case entry.Key == nil:
			metrics++
			if entry.Metric != "cpu" || entry.Series != 3 {
				t.Errorf("got %+v", entry)
			}
		case entry.Value == nil:
			keys++
			if *entry.Key != "host" || entry.Values != 3 || entry.Series != 3 {
				t.Errorf("got %+v of %q", entry, *entry.Key)
			}
		default:
			values++
			if *entry.Key != "region" || *entry.Value != "eu" || entry.Series != 2 {
				t.Errorf("got %+v of %q = %q", entry, *entry.Key, *entry.Value)
			}
		}
	}
	if metrics != 1 || keys != 1 || values != 1 {
		t.Errorf("got %d metrics, %d keys, %d values", metrics, keys, values)
	}
}

func TestTheStateOfAStore(t *testing.T) {
	store := discoveryStore(t)
	statistics, err := store.Statistics(background)
	if err != nil || statistics.Metrics != 4 || statistics.Series != 8 || statistics.Samples != 8 {
		t.Errorf("got %+v (%v)", statistics, err)
	}
	health, err := store.Health(background)
	if want := (luminate.Health{Healthy: true, Backend: "memory", Status: "ok"}); health != want || err != nil {
		t.Errorf("got %+v (%v)", health, err)
	}
}

func TestPoliciesOfRetention(t *testing.T) {
	store := open(t)
	writeLatencies(t, store, 10)
	policies := []luminate.RetentionPolicy{{Pattern: "*", Keep: 0}, {Pattern: "api_*", Keep: 24 * time.Hour}}
	for _, policy := range policies {
		if err := store.SetRetention(background, policy); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := store.Retention(background); err != nil || !reflect.DeepEqual(got, policies) {
		t.Errorf("got %v (%v)", got, err)
	}
	if dropped, err := store.EnforceRetention(background); dropped != 30 || err != nil {
		t.Errorf("%d were dropped (%v), want 30", dropped, err)
	}
	for _, want := range []bool{true, false} {
		if existed, err := store.RemoveRetention(background, "api_*"); existed != want || err != nil {
			t.Errorf("existed: %v (%v), want %v", existed, err, want)
		}
	}
	for _, policy := range []luminate.RetentionPolicy{{Pattern: "not a name", Keep: time.Hour},
		{Pattern: "m", Keep: -time.Hour}, {Pattern: "m", Keep: time.Microsecond}} {
		failure(t, store.SetRetention(background, policy), luminate.ErrInvalidRequest)
	}
}
