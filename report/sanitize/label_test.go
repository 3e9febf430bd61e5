package sanitize_test

import (
	"testing"

	"sekisho/report/sanitize"
)

func TestLabels(t *testing.T) {
	t.Parallel()
	for in, want := range map[string][2]sanitize.Label{
		"role/Deploy-1_a.b, c":      {"role/Deploy-1_a.b, c", "role/Deploy-1_a.b, c"},
		"管理者 é":                     {"管理者 é", "管理者 é"},
		`a"];n1->n2`:                {"a&#34;&#93;&#59;n1-&#62;n2", "a#34;#93;#59;n1-#62;n2"},
		"&quot;#34;":                {"&#38;quot&#59;&#35;34&#59;", "#38;quot#59;#35;34#59;"},
		"%%{init}%%":                {"&#37;&#37;&#123;init&#125;&#37;&#37;", "#37;#37;#123;init#125;#37;#37;"},
		"style:x":                   {"style&#58;x", "style#58;x"},
		"`**b**`<b>":                {"&#96;&#42;&#42;b&#42;&#42;&#96;&#60;b&#62;", "#96;#42;#42;b#42;#42;#96;#60;b#62;"},
		"\\N\n\x1b[31m\u202e\u200b": {`&#92;N&#92;n&#92;u001b&#91;31m&#92;u202e&#92;u200b`, `#92;N#92;n#92;u001b#91;31m#92;u202e#92;u200b`},
	} {
		if got := [2]sanitize.Label{sanitize.DOT(in), sanitize.Mermaid(in)}; got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}
