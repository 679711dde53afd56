package luminate_test

import (
	"math"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	luminate "github.com/luminate/luminate/capi/go"
)

func TestRangeGivesTheSamples(t *testing.T) {
	store := open(t)
	writeLatencies(t, store, 3)
	type sample struct {
		Time     time.Time `luminate:"timestamp"`
		Value    float64   `luminate:"value"`
		Customer string    `luminate:"customer_id"`
	}
	got := collect[sample](t, query(t, store, luminate.Range("api_latency").Between(at(0), at(2))))
	want := []sample{{at(0), 1, "c1"}, {at(0), 2, "c2"}, {at(0), 3, "c3"}, {at(1), 11, "c1"}, {at(1), 12, "c2"},
		{at(1), 13, "c3"}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %v", got)
	}
}

func TestAggregateGivesGroups(t *testing.T) {
	store := open(t)
	writeLatencies(t, store, 101)
	type group struct {
		Customer string  `luminate:"customer_id"`
		Avg      float64 `luminate:"avg"`
		P95      float64 `luminate:"p95"`
		P90      float64 `luminate:"quantile(0.9)"`
		Max      float64 `luminate:"max"`
		Count    int     `luminate:"count"`
	}
	ask := luminate.Aggregate("api_latency", luminate.Avg, luminate.Quantile(0.95), luminate.Quantile(0.9), luminate.Max).
		Between(at(0), at(101)).By("customer_id")
	c1, c2, c3 := group{"c1", 501, 951, 901, 1001, 101}, group{"c2", 502, 952, 902, 1002, 101},
		group{"c3", 503, 953, 903, 1003, 101}
	for name, test := range map[string]struct {
		query luminate.Query
		want  []group
	}{
		"largest first":  {ask, []group{c3, c2, c1}},
		"smallest first": {ask.Ascending(), []group{c1, c2, c3}},
		"top":            {ask.Top(1), []group{c3}},
		"one value":      {ask.Where("customer_id", "c2"), []group{c2}},
		"any value":      {ask.Where("customer_id", "c1", "c2", "c9"), []group{c2, c1}},
		"not":            {ask.WhereNot("customer_id", "c3"), []group{c2, c1}},
		"matches":        {ask.WhereMatches("customer_id", "c[12]"), []group{c2, c1}},
		"matches not":    {ask.WhereNotMatches("customer_id", "c[12]"), []group{c3}},
		"both":           {ask.WhereNotMatches("customer_id", "c1").WhereNot("customer_id", "c2"), []group{c3}},
	} {
		if got := collect[group](t, query(t, store, test.query)); !reflect.DeepEqual(got, test.want) {
			t.Errorf("%s: got %v, want %v", name, got, test.want)
		}
	}
}

func TestIntervalsGiveBuckets(t *testing.T) {
	store := open(t)
	writeLatencies(t, store, 120)
	type bucket struct {
		Start time.Time `luminate:"bucket"`
		Count uint32    `luminate:"count"`
	}
	got := collect[bucket](t, query(t, store, luminate.Aggregate("api_latency", luminate.Sum).
		Between(at(0), at(120)).Every(time.Minute)))
	if want := []bucket{{at(0), 180}, {at(60), 180}}; !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestRateGivesIncreasePerSecond(t *testing.T) {
	store := open(t)
	writeLatencies(t, store, 61)
	type rate struct {
		Bucket int64   `luminate:"bucket"`
		Rate   float64 `luminate:"rate"`
	}
	got := collect[rate](t, query(t, store, luminate.Rate("api_latency").Where("customer_id", "c1").
		Between(at(0), at(61)).Every(time.Minute)))
	if want := []rate{{noon, 59 * 10 / 60.0}, {noon + 60_000, 10 / 60.0}}; !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestLastEndsNow(t *testing.T) {
	store := open(t)
	var batch luminate.Batch
	series := batch.Series("m")
	now := time.Now()
	batch.Add(series, now.Add(-2*time.Minute), 1)
	batch.Add(series, now, 2)
	write(t, store, &batch)
	values := query(t, store, luminate.Range("m").Last(time.Minute)).Numbers("value")
	if len(values) != 1 || values[0] != 2 {
		t.Errorf("got %v", values)
	}
}

func TestAQueryIsAValue(t *testing.T) {
	store := open(t)
	writeLatencies(t, store, 2)
	base := luminate.Range("api_latency").Between(at(0), at(2)).Where("customer_id", "c1", "c2")
	one, two := base.WhereNot("customer_id", "c1"), base.WhereNot("customer_id", "c2")
	var readers sync.WaitGroup
	for name, query := range map[string]luminate.Query{"c2": one, "c1": two} {
		for i := 0; i < 4; i++ {
			readers.Add(1)
			go func(name string, query luminate.Query) {
				defer readers.Done()
				result, err := store.Query(background, query)
				if err != nil {
					t.Error(err)
					return
				}
				defer result.Close()
				if got := result.Strings("customer_id"); !reflect.DeepEqual(got, []string{name, name}) {
					t.Errorf("got %v, want %s twice", got, name)
				}
			}(name, query)
		}
	}
	readers.Wait()
	if count := query(t, store, base).Len(); count != 4 {
		t.Errorf("the beginning that both share gives %d samples, want 4", count)
	}
}

func TestJSONGivesAQueryThatCanBeExtended(t *testing.T) {
	store := open(t)
	writeLatencies(t, store, 3)
	parsed, err := luminate.ParseQuery([]byte(`{"queryType": "range", "metricName": "api_latency",
		"timeRange": {"start": 1760000400000, "end": 1760000403000}, "filters": {"customer_id": "c1"}}`))
	if err != nil {
		t.Fatal(err)
	}
	if count := query(t, store, parsed).Len(); count != 3 {
		t.Errorf("found %d samples, want 3", count)
	}
	if cut := query(t, store, parsed.Top(2)); cut.Len() != 2 || !cut.Truncated() {
		t.Errorf("found %d samples, want 2 and that there are more", cut.Len())
	}
	_, err = luminate.ParseQuery([]byte(`{"queryType": "range", "metricNam": "m"}`))
	failure(t, err, luminate.ErrInvalidQuery)
}

func TestAWrongQuerySaysWhichFieldIsWrong(t *testing.T) {
	store := open(t)
	some := luminate.Range("m").Between(at(0), at(1))
	for name, test := range map[string]struct {
		query luminate.Query
		field string
	}{
		"empty":                     {luminate.Query{}, "queryType"},
		"no range":                  {luminate.Range("m"), "timeRange"},
		"range that ends before":    {luminate.Range("m").Between(at(1), at(0)), "timeRange.start"},
		"metric":                    {luminate.Range("not a name").Between(at(0), at(1)), "metricName"},
		"expression":                {some.WhereMatches("k", "("), "filters.k"},
		"no values":                 {some.Where("k"), "filters.k"},
		"limit":                     {some.Top(0), "limit"},
		"limit below 0":             {some.Top(-1), "limit"},
		"interval of no whole ms":   {luminate.Rate("m").Between(at(0), at(1)).Every(time.Microsecond), "interval"},
		"timeout of no whole ms":    {some.Timeout(1500 * time.Microsecond), "timeout"},
		"length of no whole ms":     {luminate.Range("m").Last(time.Nanosecond), "timeRange.relative"},
		"no aggregation":            {luminate.Aggregate("m").Between(at(0), at(1)), "aggregation"},
		"quantile above 1":          {luminate.Aggregate("m", luminate.Quantile(1.5)).Between(at(0), at(1)), ""},
		"quantile of no number":     {luminate.Aggregate("m", luminate.Quantile(math.NaN())).Between(at(0), at(1)), ""},
		"aggregation there is none": {luminate.Aggregate("m", "median").Between(at(0), at(1)), ""},
	} {
		_, err := store.Query(background, test.query)
		failed := failure(t, err, luminate.ErrInvalidQuery)
		if !strings.HasPrefix(failed.Field, test.field) {
			t.Errorf("%s: field is %q, want %q (%v)", name, failed.Field, test.field, err)
		}
	}
}

func TestRemoveDeletesWhatARangeQuerySelects(t *testing.T) {
	store := open(t)
	writeLatencies(t, store, 10)
	what := luminate.Range("api_latency").Where("customer_id", "c1").Between(at(0), at(5))
	if count, err := store.CountRemovable(background, what); count != 5 || err != nil {
		t.Errorf("%d would go (%v), want 5", count, err)
	}
	if count, err := store.Remove(background, what); count != 5 || err != nil {
		t.Errorf("%d went (%v), want 5", count, err)
	}
	if count, err := store.Remove(background, luminate.Range("api_latency").Always()); count != 25 || err != nil {
		t.Errorf("%d went (%v), want 25", count, err)
	}
	if count, err := store.SeriesCount(background, "api_latency"); count != 0 || err != nil {
		t.Errorf("%d series are left (%v)", count, err)
	}
	_, err := store.Remove(background, luminate.Rate("api_latency").Always())
	failure(t, err, luminate.ErrInvalidQuery)
	_, err = store.Remove(background, luminate.Range("api_latency").Always().Top(1))
	failure(t, err, luminate.ErrInvalidQuery)
}
