package luminate

import (
	"fmt"
	"reflect"
	"time"
)

// Collect copies the rows of a result, or of a piece of a stream, into structs. The tag `luminate:"NAME"` of a field
// says which column it receives; other fields stay zero. A text goes into a string, or a *string that is nil where it
// is missing; an integer into any kind of integer that holds it; a number into a float64 or float32; a time into a
// time.Time, or an int64 as Unix milliseconds. `luminate:"*"` on a map[string]string receives all dimensions: every
// text column that is not missing.
//
// A text column that there is not leaves its fields empty: a dimension may occur in one answer and not in the next.
// Other columns have to be there.
//
//	type sample struct {
//		Time   time.Time         `luminate:"timestamp"`
//		Value  float64           `luminate:"value"`
//		Labels map[string]string `luminate:"*"`
//	}
//	samples, err := luminate.Collect[sample](result)
func Collect[T any](result *Result) ([]T, error) {
	if !result.uses.begin() {
		return nil, newError(ErrInvalidRequest, "", "the result was closed")
	}
	defer result.endUse()
	rows := make([]T, result.Len())
	row := reflect.TypeOf(rows).Elem()
	if row.Kind() != reflect.Struct {
		return nil, newError(ErrInvalidRequest, "", fmt.Sprintf("rows are collected into structs, and %v is none", row))
	}
	all := reflect.ValueOf(rows)
	for i := 0; i < row.NumField(); i++ {
		field := row.Field(i)
		name, tagged := field.Tag.Lookup("luminate")
		if !tagged {
			continue
		}
		if !field.IsExported() {
			return nil, newError(ErrInvalidRequest, name, fmt.Sprintf("field %s of %v is not exported", field.Name, row))
		}
		set, err := setter(result, name, field.Type)
		if err != nil {
			return nil, newError(ErrInvalidRequest, name, fmt.Sprintf("field %s of %v: %v", field.Name, row, err))
		}
		for k := range rows {
			set(all.Index(k).Field(i), k)
		}
	}
	return rows, nil
}

// setter gives what fills the fields of one type from one column.
func setter(r *Result, name string, into reflect.Type) (func(field reflect.Value, row int), error) {
	if name == "*" {
		return setDimensions(r, into)
	}
	column := -1
	for i, there := range r.names {
		if there.Name == name {
			column = i
		}
	}
	if column < 0 {
		if into == stringType || into == pointerType {
			return func(reflect.Value, int) {}, nil
		}
		return nil, fmt.Errorf("there is no column %q", name)
	}
	switch r.names[column].Type {
	case TypeText:
		return setText(r, column, into)
	case TypeNumber:
		return setNumber(r, column, into)
	case TypeTime:
		if into == timeType {
			values := view[int64](r, column)
			return func(field reflect.Value, row int) {
				field.Set(reflect.ValueOf(time.UnixMilli(values[row])))
			}, nil
		}
		if into.Kind() == reflect.Int64 {
			return setInteger(r, column, into)
		}
	case TypeInteger:
		return setInteger(r, column, into)
	}
	return nil, mismatch(r, column, into)
}

var (
	stringType  = reflect.TypeOf("")
	pointerType = reflect.TypeOf((*string)(nil))
	timeType    = reflect.TypeOf(time.Time{})
	labelsType  = reflect.TypeOf(map[string]string(nil))
)

func mismatch(r *Result, column int, into reflect.Type) error {
	kinds := map[Type]string{TypeInteger: "integers", TypeNumber: "numbers", TypeTime: "times", TypeText: "texts"}
	kind, known := kinds[r.names[column].Type]
	if !known {
		kind = "of a newer type"
	}
	return fmt.Errorf("column %q is %s, which %v does not hold", r.names[column].Name, kind, into)
}

func setText(r *Result, column int, into reflect.Type) (func(reflect.Value, int), error) {
	codes, texts := view[int32](r, column), r.texts(column)
	switch into {
	case stringType:
		return func(field reflect.Value, row int) {
			if code := codes[row]; code >= 0 {
				field.SetString(texts[code])
			}
		}, nil
	case pointerType:
		return func(field reflect.Value, row int) {
			if code := codes[row]; code >= 0 {
				text := texts[code]
				field.Set(reflect.ValueOf(&text))
			}
		}, nil
	}
	return nil, mismatch(r, column, into)
}

func setNumber(r *Result, column int, into reflect.Type) (func(reflect.Value, int), error) {
	if into.Kind() != reflect.Float64 && into.Kind() != reflect.Float32 {
		return nil, mismatch(r, column, into)
	}
	values := view[float64](r, column)
	return func(field reflect.Value, row int) { field.SetFloat(values[row]) }, nil
}

func setInteger(r *Result, column int, into reflect.Type) (func(reflect.Value, int), error) {
	values := view[int64](r, column)
	zero := reflect.Zero(into)
	for _, value := range values {
		tooLarge := zero.CanInt() && zero.OverflowInt(value)
		if tooLarge || (zero.CanUint() && (value < 0 || zero.OverflowUint(uint64(value)))) {
			return nil, fmt.Errorf("column %q has the value %d, which %v does not hold", r.names[column].Name, value, into)
		}
	}
	switch {
	case zero.CanInt():
		return func(field reflect.Value, row int) { field.SetInt(values[row]) }, nil
	case zero.CanUint():
		return func(field reflect.Value, row int) { field.SetUint(uint64(values[row])) }, nil
	}
	return nil, mismatch(r, column, into)
}

// setDimensions gives every row a map of its own.
func setDimensions(r *Result, into reflect.Type) (func(reflect.Value, int), error) {
	if into != labelsType {
		return nil, fmt.Errorf("all dimensions go into a %v, and not into a %v", labelsType, into)
	}
	type dimension struct {
		name  string
		codes []int32
		texts []string
	}
	var dimensions []dimension
	for i, there := range r.names {
		if there.Type == TypeText {
			dimensions = append(dimensions, dimension{there.Name, view[int32](r, i), r.texts(i)})
		}
	}
	return func(field reflect.Value, row int) {
		labels := make(map[string]string, len(dimensions))
		for _, d := range dimensions {
			if code := d.codes[row]; code >= 0 {
				labels[d.name] = d.texts[code]
			}
		}
		field.Set(reflect.ValueOf(labels))
	}, nil
}
