package luminate_test

import (
	"errors"
	"math"
	"reflect"
	"strconv"
	"testing"

	luminate "github.com/luminate/luminate/capi/go"
)

func TestTheSameSeriesGetsTheSameNumber(t *testing.T) {
	var batch luminate.Batch
	a := batch.Series("cpu", "host", "a")
	b := batch.Series("cpu", "host", "b")
	if a == b {
		t.Error("two series have one number")
	}
	if again := batch.Series("cpu", "host", "a"); again != a {
		t.Errorf("the first series is %d, and then %d", a, again)
	}
	if again := batch.SeriesOf("cpu", map[string]string{"host": "b"}); again != b {
		t.Errorf("the second series is %d, and from a map %d", b, again)
	}
	// Texts that make the same bytes when they stand one behind the other.
	seen := map[luminate.Series]bool{a: true, b: true}
	for _, series := range []luminate.Series{
		batch.Series("cpuhost", "a", ""), batch.Series("cpuhosta"), batch.Series("cpuh", "os", "ta"), batch.Series("cpu"),
	} {
		if seen[series] {
			t.Errorf("number %d stands for two series", series)
		}
		seen[series] = true
	}
}

func TestMapsInAnyOrderAreOneSeries(t *testing.T) {
	var batch luminate.Batch
	dimensions := map[string]string{}
	for i := 0; i < 20; i++ {
		dimensions["key"+strconv.Itoa(i)] = "value"
	}
	first := batch.SeriesOf("m", dimensions)
	for i := 0; i < 20; i++ {
		if again := batch.SeriesOf("m", dimensions); again != first {
			t.Fatalf("the series is %d, and then %d", first, again)
		}
	}
}

func TestManySeriesOfOneBatchComeBack(t *testing.T) {
	store := open(t)
	var batch luminate.Batch
	const count = 5000
	for i := 0; i < count; i++ {
		batch.Add(batch.Series("m", "id", strconv.Itoa(i)), at(0), float64(i))
	}
	write(t, store, &batch)
	result := query(t, store, luminate.Range("m").Between(at(0), at(1)))
	ids, values := result.Strings("id"), result.Numbers("value")
	if len(ids) != count {
		t.Fatalf("found %d samples, want %d", len(ids), count)
	}
	for i := range ids {
		if ids[i] != strconv.Itoa(int(values[i])) {
			t.Fatalf("series %q has the value %v", ids[i], values[i])
		}
	}
}

func TestPointsComeByEveryWay(t *testing.T) {
	store := open(t)
	var batch luminate.Batch
	series := batch.Series("m", "k", "v")
	batch.Add(series, at(0), 1)
	batch.AddMillis(series, noon+1000, 2)
	batch.Append(series, []int64{noon + 2000, noon + 3000}, []float64{3, 4})
	batch.AddPoint(luminate.Point{Metric: "m", Time: at(4), Value: 5, Dimensions: map[string]string{"k": "v"}})
	if batch.Len() != 5 {
		t.Errorf("the batch has %d points, want 5", batch.Len())
	}
	write(t, store, &batch)
	result := query(t, store, luminate.Range("m").Where("k", "v").Between(at(0), at(5)))
	for i, value := range result.Numbers("value") {
		if value != float64(i+1) || result.Integers("timestamp")[i] != noon+int64(i)*1000 {
			t.Errorf("sample %d is %v at %d", i, value, result.Integers("timestamp")[i])
		}
	}
	if result.Len() != 5 {
		t.Errorf("found %d samples, want 5", result.Len())
	}
}

func TestABatchIsUsedAgain(t *testing.T) {
	store := open(t)
	var batch luminate.Batch
	for round := int64(0); round < 3; round++ {
		batch.Reset()
		if batch.Len() != 0 {
			t.Fatalf("%d points are left", batch.Len())
		}
		for i := 0; i < 10; i++ {
			batch.Add(batch.Series("m", "id", strconv.Itoa(i)), at(round), 1)
		}
		write(t, store, &batch)
	}
	if count := query(t, store, luminate.Range("m").Between(at(0), at(3))).Len(); count != 30 {
		t.Errorf("found %d samples, want 30", count)
	}
}

func TestRefusedPointsAreReportedAndTheOthersStored(t *testing.T) {
	store := open(t)
	var batch luminate.Batch
	good := batch.Series("m")
	batch.Add(good, at(0), 1)
	batch.Add(batch.Series("not a name"), at(0), 1)
	batch.Add(good, at(1), math.NaN())
	batch.Add(batch.Series("m", "_tenant_id", "acme"), at(0), 1)
	batch.Add(good, at(2), 2)
	report, err := store.Write(background, &batch)
	if err != nil {
		t.Fatal(err)
	}
	if report.Accepted != 2 {
		t.Errorf("%d points were accepted, want 2", report.Accepted)
	}
	want := []struct {
		index  int
		metric string
		code   luminate.Code
	}{{1, "not a name", luminate.ErrInvalidMetricName}, {2, "m", luminate.ErrInvalidValue},
		{3, "m", luminate.ErrReservedDimension}}
	if len(report.Refused) != len(want) {
		t.Fatalf("got %v", report.Refused)
	}
	for i, refusal := range report.Refused {
		if refusal.Index != want[i].index || refusal.Metric != want[i].metric || refusal.Code != want[i].code ||
			refusal.Message == "" || !errors.Is(refusal, want[i].code) {
			t.Errorf("refusal %d is %+v, want %+v", i, refusal, want[i])
		}
	}
}

func TestABatchThatWasBuiltWronglyIsNotWritten(t *testing.T) {
	store := open(t)
	for name, build := range map[string]func(*luminate.Batch){
		"a key without a value": func(b *luminate.Batch) { b.Add(b.Series("m", "k"), at(0), 1) },
		"columns of two lengths": func(b *luminate.Batch) {
			b.Append(b.Series("m"), []int64{noon, noon + 1}, []float64{1})
		},
		"a key that comes twice": func(b *luminate.Batch) { b.Add(b.Series("m", "k", "1", "k", "2"), at(0), 1) },
		"a series of no batch":   func(b *luminate.Batch) { b.Add(luminate.Series(7), at(0), 1) },
	} {
		var batch luminate.Batch
		batch.Add(batch.Series("m"), at(0), 1)
		build(&batch)
		_, err := store.Write(background, &batch)
		if !errors.Is(err, luminate.ErrInvalidRequest) {
			t.Errorf("%s: got %v", name, err)
		}
		batch.Reset()
		if _, err := store.Write(background, &batch); err != nil {
			t.Errorf("%s, reset: %v", name, err)
		}
	}
	if count, _ := store.SeriesCount(background, ""); count != 0 {
		t.Errorf("%d series were stored", count)
	}
}

func TestABatchMayBeAsLargeAsTheOptionSays(t *testing.T) {
	store := open(t, luminate.WithOption("batch_write.max_batch_size", "10"))
	var batch luminate.Batch
	series := batch.Series("m")
	for i := int64(0); i < 10; i++ {
		batch.Add(series, at(i), 1)
	}
	write(t, store, &batch)
	batch.Add(series, at(10), 1)
	_, err := store.Write(background, &batch)
	failure(t, err, luminate.ErrBatchTooLarge)
}

func TestAnEmptyBatchIsWrittenWithoutEffect(t *testing.T) {
	write(t, open(t), new(luminate.Batch))
}

func TestJSONIsWrittenAndItsErrorsArePlaced(t *testing.T) {
	store := open(t)
	report, err := store.WriteJSON(background, []byte(`{"metrics": [
		{"name": "m", "timestamp": 1760000400000, "value": 1, "dimensions": {"k": "v"}},
		{"name": "not a name", "timestamp": 1760000400000, "value": 1}]}`))
	if err != nil {
		t.Fatal(err)
	}
	if report.Accepted != 1 || len(report.Refused) != 1 || report.Refused[0].Index != 1 {
		t.Errorf("got %+v", report)
	}
	_, err = store.WriteJSON(background, []byte(`{"metrics": [{"name": "m", "timestamp": 1760000400000, "value": 1},
		{"name": "m", "timestamp": 1760000400000, "value": "1"}]}`))
	if failed := failure(t, err, luminate.ErrInvalidRequest); failed.Field != "metrics[1].value" || failed.Index != 1 {
		t.Errorf("got %+v", failed)
	}
	_, err = store.WriteJSON(background, nil)
	failure(t, err, luminate.ErrInvalidRequest)
}

func TestAValidatorJudgesWithoutAStore(t *testing.T) {
	validator, err := luminate.NewValidator(luminate.WithOption("cardinality_limits.max_dimension_value_length", "3"))
	if err != nil {
		t.Fatal(err)
	}
	defer validator.Close()
	var batch luminate.Batch
	batch.Add(batch.Series("m", "k", "abc"), at(0), 1)
	batch.Add(batch.Series("m", "k", "abcd"), at(0), 1)
	batch.Add(batch.Series("m"), at(-8*24*3600), 1)
	refused, err := validator.Check(&batch, at(0))
	if err != nil {
		t.Fatal(err)
	}
	if len(refused) != 2 || refused[0].Code != luminate.ErrInvalidDimensionValue || refused[0].Index != 1 ||
		refused[1].Code != luminate.ErrInvalidTimestamp || refused[1].Index != 2 {
		t.Errorf("got %v", refused)
	}
	validator.Close()
	validator.Close()
	_, err = validator.Check(&batch, at(0))
	failure(t, err, luminate.ErrInvalidRequest)
	_, err = luminate.NewValidator(luminate.WithOption("no_such", "key"))
	failure(t, err, luminate.ErrInvalidOption)
}

func TestSeriesKeepTheirOwnDimensions(t *testing.T) {
	store := open(t)
	var batch luminate.Batch
	runs := [][]string{{"a", "1", "b", "2"}, {"a", "3", "b", "4"}, {"b", "5", "a", "6"}, {"b", "", "a", "7"}, {"a", "8"},
		{}, {"a", "9", "b", "10"}, {"c", "11", "b", "12"}, {"c", "13"}}
	for i, run := range runs {
		batch.AddMillis(batch.Series("m", run...), noon+int64(i), 0)
	}
	batch.Add(batch.Series("other"), at(0), 0)
	report, err := store.Write(background, &batch)
	if err != nil {
		t.Fatal(err)
	}
	if len(report.Refused) != 1 || report.Refused[0].Index != 3 { // A value must not be empty.
		t.Fatalf("refused: %v", report.Refused)
	}
	type row struct {
		Time   int64             `luminate:"timestamp"`
		Labels map[string]string `luminate:"*"`
	}
	rows := collect[row](t, query(t, store, luminate.Range("m").Between(at(0), at(1))))
	if len(rows) != len(runs)-1 {
		t.Fatalf("found %v", rows)
	}
	for _, r := range rows {
		want := map[string]string{}
		for run := runs[r.Time-noon]; len(run) > 0; run = run[2:] {
			want[run[0]] = run[1]
		}
		if !reflect.DeepEqual(r.Labels, want) {
			t.Errorf("series %d has %v, want %v", r.Time-noon, r.Labels, want)
		}
	}

	batch.Reset()
	batch.Add(batch.Series("m", "a", "1", "b", "2"), at(0), 0)
	batch.Add(batch.Series("m", "a", "1", "a", "1"), at(0), 0)
	_, err = store.Write(background, &batch)
	if failed := failure(t, err, luminate.ErrInvalidRequest); failed.Index != 1 {
		t.Errorf("got %+v", failed)
	}
}
