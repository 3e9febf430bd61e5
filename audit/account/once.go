package account

import (
	"reflect"
	"time"
)

// texts are those of a snapshot, equal ones once: an ARN stands in several lists, and a policy's wherever it is attached.
// That is most of all that is kept of a large account, and looked at each time garbage is collected.
type texts map[string]string

// once lets all texts in a value be those.
func (t texts) once(v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		text := v.String()
		kept, known := t[text]
		if !known {
			t[text] = text
			return
		}
		v.SetString(kept)
	case reflect.Pointer:
		if !v.IsNil() {
			t.once(v.Elem())
		}
	case reflect.Slice:
		for i := range v.Len() {
			t.once(v.Index(i))
		}
	case reflect.Map:
		if v.Type().Elem().Kind() == reflect.Pointer { // what else stands in a map can't be set
			for each := v.MapRange(); each.Next(); {
				t.once(each.Value())
			}
		}
	case reflect.Struct:
		if v.Type() != reflect.TypeFor[time.Time]() {
			for i := range v.NumField() {
				t.once(v.Field(i))
			}
		}
	}
}
