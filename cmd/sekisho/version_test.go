package main

import (
	"runtime/debug"
	"testing"
)

func TestVersionOf(t *testing.T) {
	t.Parallel()
	settings := []debug.BuildSetting{{Key: "vcs.revision", Value: "0123456789abcdef0123456789abcdef01234567"}, {Key: "vcs.modified", Value: "true"}}
	tests := map[string]struct {
		info debug.BuildInfo
		want string
	}{
		"a release":         {debug.BuildInfo{Main: debug.Module{Version: "v1.2.3"}}, "v1.2.3"},
		"a changed commit":  {debug.BuildInfo{Main: debug.Module{Version: "(devel)"}, Settings: settings}, "devel-0123456789ab+dirty"},
		"a commit":          {debug.BuildInfo{Settings: settings[:1]}, "devel-0123456789ab"},
		"nothing is known":  {debug.BuildInfo{}, "devel"},
		"a release of work": {debug.BuildInfo{Main: debug.Module{Version: "v1.2.3"}, Settings: settings}, "v1.2.3"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := versionOf(&test.info); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}
