package luminate_test

import (
	"strconv"
	"strings"
	"testing"

	luminate "github.com/luminate/luminate/capi/go"
)

func TestAnUnknownOptionNamesTheNearest(t *testing.T) {
	_, err := luminate.Open("memory:", luminate.WithOption("query_limits.max_result_point", "1"))
	failed := failure(t, err, luminate.ErrInvalidOption)
	if !strings.Contains(failed.Message, "query_limits.max_result_points") {
		t.Errorf("got %v", err)
	}
	_, err = luminate.Open("memory:", luminate.WithOption("query_limits.max_result_points", "many"))
	failure(t, err, luminate.ErrInvalidOption)
}

func TestAllOptionsAreListedAndTakeTheirDefaults(t *testing.T) {
	keys := luminate.OptionKeys()
	if len(keys) < 20 {
		t.Fatalf("there are %d", len(keys))
	}
	var options []luminate.Option
	for _, key := range keys {
		if key.Key == "" || key.Meaning == "" {
			t.Errorf("got %+v", key)
		}
		options = append(options, luminate.WithOption(key.Key, key.Default))
	}
	validator, err := luminate.NewValidator(options...)
	if err != nil {
		t.Fatal(err)
	}
	validator.Close()
}

func TestALoggerIsTold(t *testing.T) {
	type line struct {
		level   luminate.Level
		message string
	}
	told := make(chan line, 100)
	store := open(t, luminate.WithOption("cardinality_limits.max_unique_series_per_metric", "10"),
		luminate.WithLogger(func(level luminate.Level, message string) { told <- line{level, message} }))
	var batch luminate.Batch
	for i := 0; i < 9; i++ {
		batch.Add(batch.Series("crowded", "id", strconv.Itoa(i)), at(0), 1)
	}
	write(t, store, &batch)
	store.Close()
	close(told)
	for line := range told {
		if line.level == luminate.LevelWarning && strings.Contains(line.message, `"crowded" has 9 series`) {
			return
		}
	}
	t.Error("nobody said that the metric has nearly too many series")
}

func TestTheLibraryHasAVersion(t *testing.T) {
	if version := luminate.Version(); strings.Count(version, ".") != 2 {
		t.Errorf("got %q", version)
	}
}
