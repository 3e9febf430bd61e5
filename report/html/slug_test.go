package html

import "testing"

func TestSlug(t *testing.T) {
	t.Parallel()
	for id, want := range map[string]string{"az-09": "az-09", "user/é AZ": "user-----", `"><x`: "---x"} {
		if got := string(slug(id)); got != want {
			t.Errorf("slug(%q): got %q, want %q", id, got, want)
		}
	}
}
