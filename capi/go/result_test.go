package luminate_test

import (
	"encoding/json"
	"math"
	"reflect"
	"testing"
	"time"

	luminate "github.com/luminate/luminate/capi/go"
)

func TestColumnsComeByNameAndType(t *testing.T) {
	store := open(t)
	writeLatencies(t, store, 2)
	result := query(t, store, luminate.Range("api_latency").Between(at(0), at(2)))
	want := []luminate.Column{{"timestamp", luminate.TypeTime}, {"value", luminate.TypeNumber},
		{"customer_id", luminate.TypeText}}
	if !reflect.DeepEqual(result.Columns(), want) {
		t.Errorf("the columns are %v", result.Columns())
	}
	timestamps := []int64{noon, noon, noon, noon + 1000, noon + 1000, noon + 1000}
	if got := result.Integers("timestamp"); !reflect.DeepEqual(got, timestamps) {
		t.Errorf("timestamps are %v", got)
	}
	if got := result.Times("timestamp"); len(got) != 6 || !got[5].Equal(at(1)) {
		t.Errorf("times are %v", got)
	}
	if got := result.Numbers("value"); !reflect.DeepEqual(got, []float64{1, 2, 3, 11, 12, 13}) {
		t.Errorf("values are %v", got)
	}
	if got := result.Strings("customer_id"); !reflect.DeepEqual(got, []string{"c1", "c2", "c3", "c1", "c2", "c3"}) {
		t.Errorf("customers are %v", got)
	}
	texts := result.Texts("customer_id")
	for row, code := range result.Codes("customer_id") {
		if texts[code] != result.Strings("customer_id")[row] {
			t.Errorf("row %d has the code %d of %v", row, code, texts)
		}
	}
	for _, none := range []string{"no_such", "customer_id"} {
		if result.Integers(none) != nil || result.Numbers(none) != nil || result.Times(none) != nil {
			t.Errorf("there are numbers in %q", none)
		}
	}
	if result.Strings("value") != nil || result.Texts("value") != nil || result.Codes("value") != nil {
		t.Error("there are texts in numbers")
	}
	took := result.ExecutionTime()
	if result.PointsScanned() != 6 || result.Truncated() || took < 0 || took > time.Minute {
		t.Errorf("scanned %d, truncated %v, in %v", result.PointsScanned(), result.Truncated(), took)
	}
}

func TestAnEmptyResultHasNoRows(t *testing.T) {
	store := open(t)
	result := query(t, store, luminate.Range("nobody_wrote").Between(at(0), at(1)))
	if result.Len() != 0 || len(result.Integers("timestamp")) != 0 || len(result.Numbers("value")) != 0 {
		t.Errorf("there are %d rows", result.Len())
	}
	if rows := collect[struct {
		Value float64 `luminate:"value"`
	}](t, result); len(rows) != 0 {
		t.Errorf("got %v", rows)
	}
}

func TestMissingAndUnusualTexts(t *testing.T) {
	store := open(t)
	var batch luminate.Batch
	batch.Add(batch.Series("m"), at(0), 1)
	batch.Add(batch.Series("m", "k", "Zürich ✓ 東京"), at(1), 2)
	batch.Add(batch.Series("m", "value", "a dimension of the name of a column"), at(2), 3)
	write(t, store, &batch)
	type row struct {
		K      string            `luminate:"k"`
		Maybe  *string           `luminate:"k"`
		Absent string            `luminate:"no_such_dimension"`
		Value  float32           `luminate:"value"`
		Labels map[string]string `luminate:"*"`
		Other  int
	}
	rows := collect[row](t, query(t, store, luminate.Range("m").Between(at(0), at(3))))
	text := "Zürich ✓ 東京"
	want := []row{{Value: 1, Labels: map[string]string{}},
		{K: text, Maybe: &text, Value: 2, Labels: map[string]string{"k": text}},
		{Value: 3, Labels: map[string]string{"dimension.value": "a dimension of the name of a column"}}}
	if !reflect.DeepEqual(rows, want) {
		t.Errorf("got %+v", rows)
	}
}

func TestCollectRefusesFieldsThatDoNotFit(t *testing.T) {
	store := open(t)
	writeLatencies(t, store, 1)
	result := query(t, store, luminate.Aggregate("api_latency", luminate.Avg).
		Between(at(0), at(1)).By("customer_id").Every(time.Second))
	check := func(name, field string, err error) {
		t.Helper()
		if failed := failure(t, err, luminate.ErrInvalidRequest); failed.Field != field {
			t.Errorf("%s: field is %q, want %q", name, failed.Field, field)
		}
	}
	_, err := luminate.Collect[struct {
		A int `luminate:"avg"`
	}](result)
	check("number into int", "avg", err)
	_, err = luminate.Collect[struct {
		A float64 `luminate:"count"`
	}](result)
	check("integer into float", "count", err)
	_, err = luminate.Collect[struct {
		A string `luminate:"bucket"`
	}](result)
	check("time into string", "bucket", err)
	_, err = luminate.Collect[struct {
		A int32 `luminate:"bucket"`
	}](result)
	check("time into int32", "bucket", err)
	_, err = luminate.Collect[struct {
		A []byte `luminate:"customer_id"`
	}](result)
	check("text into bytes", "customer_id", err)
	_, err = luminate.Collect[struct {
		A float64 `luminate:"p95"`
	}](result)
	check("column that there is not", "p95", err)
	_, err = luminate.Collect[struct {
		a float64 `luminate:"avg"`
	}](result)
	check("field that is not exported", "avg", err)
	_, err = luminate.Collect[struct {
		A map[string]int `luminate:"*"`
	}](result)
	check("dimensions into numbers", "*", err)
	_, err = luminate.Collect[float64](result)
	check("no struct", "", err)
}

func TestIntegersThatDoNotFitAreRefused(t *testing.T) {
	store := open(t)
	writeLatencies(t, store, 100)
	result := query(t, store, luminate.Aggregate("api_latency", luminate.Avg).Between(at(0), at(100)))
	_, err := luminate.Collect[struct {
		Count int8 `luminate:"count"`
	}](result)
	failure(t, err, luminate.ErrInvalidRequest)
	rows := collect[struct {
		Count uint16 `luminate:"count"`
	}](t, result)
	if rows[0].Count != 300 {
		t.Errorf("got %v", rows)
	}
}

func TestSumsBeyondTheRangeAreInfinite(t *testing.T) {
	store := open(t)
	var batch luminate.Batch
	batch.Append(batch.Series("m"), []int64{noon, noon + 1}, []float64{math.MaxFloat64, math.MaxFloat64})
	write(t, store, &batch)
	result := query(t, store, luminate.Aggregate("m", luminate.Sum).Between(at(0), at(1)))
	if sum := result.Numbers("sum"); !math.IsInf(sum[0], 1) {
		t.Errorf("got %v", sum)
	}
}

func TestAResultIsTheJSONOfHTTP(t *testing.T) {
	store := open(t)
	writeLatencies(t, store, 1)
	result := query(t, store, luminate.Range("api_latency").Between(at(0), at(1)).Top(1))
	text, err := result.JSON()
	if err != nil {
		t.Fatal(err)
	}
	var answer struct {
		QueryType string
		Results   []struct {
			Timestamp  int64
			Value      float64
			Dimensions map[string]string
		}
		Truncated bool
	}
	if err := json.Unmarshal(text, &answer); err != nil {
		t.Fatal(err)
	}
	if answer.QueryType != "range" || len(answer.Results) != 1 || answer.Results[0].Timestamp != noon ||
		answer.Results[0].Dimensions["customer_id"] != "c1" || !answer.Truncated {
		t.Errorf("got %s", text)
	}
}

func TestAClosedResultHasNoColumns(t *testing.T) {
	store := open(t)
	writeLatencies(t, store, 1)
	result := query(t, store, luminate.Range("api_latency").Between(at(0), at(1)))
	customers := result.Strings("customer_id")
	for i := 0; i < 2; i++ {
		if err := result.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if result.Integers("timestamp") != nil || result.Numbers("value") != nil || result.Codes("customer_id") != nil ||
		result.Texts("customer_id") != nil || result.Strings("customer_id") != nil || result.Times("timestamp") != nil {
		t.Error("a closed result has columns")
	}
	_, err := result.JSON()
	failure(t, err, luminate.ErrInvalidRequest)
	_, err = luminate.Collect[struct{}](result)
	failure(t, err, luminate.ErrInvalidRequest)
	if !reflect.DeepEqual(customers, []string{"c1", "c2", "c3"}) {
		t.Errorf("strings did not outlive their result: %v", customers)
	}
}

func TestAResultOutlivesItsStore(t *testing.T) {
	store := open(t)
	writeLatencies(t, store, 1)
	result := query(t, store, luminate.Range("api_latency").Between(at(0), at(1)))
	store.Close()
	if got := result.Numbers("value"); !reflect.DeepEqual(got, []float64{1, 2, 3}) {
		t.Errorf("got %v", got)
	}
}
