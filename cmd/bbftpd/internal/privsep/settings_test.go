package privsep

import (
	"reflect"
	"testing"

	"bbftp/engine/admission"
	"bbftp/engine/server"
)

// TestSettingsPass has every setting of a server reach the processes that serve, and
// nothing of what serves them.
func TestSettingsPass(t *testing.T) {
	var full server.Config
	fill(reflect.ValueOf(&full).Elem())
	full.Gate = admission.New(admission.Limits{}) // as a caller may leave one
	want := full
	want.Gate = nil
	ours, theirs := channels(t)
	sent := make(chan error, 1)
	go func() { sent <- ours.send(order{Door: &doorOrder{Settings: Settings{Server: full}.passable()}}) }()
	said, err := (&master{channel: theirs}).receive()
	if err != nil {
		t.Fatal(err)
	}
	if err := <-sent; err != nil {
		t.Fatal(err)
	}
	got := said.Door.Settings.Server
	if !reflect.DeepEqual(got, want) {
		t.Errorf("passed on:\n%+v\nwant\n%+v", got, want)
	}
}

// fill sets all that is plain.
func fill(v reflect.Value) {
	for i := range v.NumField() {
		switch f := v.Field(i); {
		case f.Kind() == reflect.Struct:
			fill(f)
		case f.CanInt():
			f.SetInt(int64(i + 1))
		case f.CanUint():
			f.SetUint(uint64(i + 1))
		case f.Kind() == reflect.Bool:
			f.SetBool(true)
		case f.Kind() == reflect.String:
			f.SetString(v.Type().Field(i).Name)
		}
	}
}
