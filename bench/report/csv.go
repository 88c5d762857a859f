package report

import (
	"encoding/csv"
	"fmt"
	"io"
	"reflect"
	"strconv"
	"strings"
	"time"

	"bbftp/bench/trial"
)

// CSV writes a row for each trial, warm-ups and failures included, with every
// figure of a record that is not a course over time. Columns says what they are.
func CSV(w io.Writer, f *trial.File) error {
	out := csv.NewWriter(w)
	fields := scalars(reflect.TypeFor[trial.Record](), "", nil)
	names := make([]string, len(fields))
	for i, field := range fields {
		names[i] = field.name
	}
	if err := out.Write(names); err != nil {
		return err
	}
	for _, r := range f.Records {
		row := make([]string, len(fields))
		for i, field := range fields {
			row[i] = cell(reflect.ValueOf(r).FieldByIndex(field.index))
		}
		if err := out.Write(row); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// Column is one of the CSV file's.
type Column struct{ Name, Meaning string }

// Columns are those of CSV in its order.
func Columns() []Column {
	var all []Column
	for _, f := range scalars(reflect.TypeFor[trial.Record](), "", nil) {
		all = append(all, Column{f.name, meaning(f.name)})
	}
	return all
}

// field is a figure of a record, named as in its JSON line.
type field struct {
	name  string
	index []int
}

// scalars walks a record; embedded parts are flat in JSON, and named ones have
// their name before those of their fields.
func scalars(t reflect.Type, prefix string, at []int) []field {
	var all []field
	for i := range t.NumField() {
		f := t.Field(i)
		index := append(append([]int(nil), at...), i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case f.Type == reflect.TypeFor[trial.Progress]():
			continue
		case f.Anonymous:
			all = append(all, scalars(f.Type, prefix, index)...)
		case f.Type.Kind() == reflect.Struct && f.Type != reflect.TypeFor[time.Time]():
			all = append(all, scalars(f.Type, strings.TrimSuffix(name, "link"), index)...)
		case f.Type.Kind() == reflect.Slice && f.Type.Elem().Kind() != reflect.String:
			continue // a series
		case name != "type":
			all = append(all, field{prefix + name, index})
		}
	}
	return all
}

// cell is a value as spreadsheets and data frames read it.
func cell(v reflect.Value) string {
	switch x := v.Interface().(type) {
	case time.Time:
		return x.UTC().Format(time.RFC3339Nano)
	case float64:
		return strconv.FormatFloat(x, 'g', -1, 64)
	case string:
		return harmless(x)
	case []string:
		return harmless(strings.Join(x, "; "))
	case *trial.Verdict:
		if x == nil {
			return ""
		}
		return harmless(fmt.Sprintf("%s %.3g", x.Limit, x.Share))
	case map[string]string:
		return harmless(strings.Join(pairs(x), "; "))
	default:
		return fmt.Sprint(x)
	}
}

// pairs are the entries of m in order.
func pairs(m map[string]string) []string {
	var words []string
	for _, name := range sorted(m) {
		words = append(words, clean(name+"="+m[name]))
	}
	return words
}

// harmless keeps a spreadsheet from taking text of a peer for a formula.
func harmless(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		return "'" + s
	}
	return s
}
