package render

import (
	"bytes"
	"testing"

	"github.com/midge-nats/midge/trace"
)

func TestMermaid(t *testing.T) {
	var out bytes.Buffer
	if err := Mermaid(&out, everything(t)); err != nil {
		t.Fatal(err)
	}
	golden(t, "everything.mmd", out.Bytes())
}

// A name cannot end its label and add a line of its own.
func TestMermaidLabelsAreInert(t *testing.T) {
	for in, want := range map[string]string{
		`a"]; click n0`:   "a#34;#93;#59; click n0",
		"<script>":        "#60;script>",
		"a\nb\x1b":        "a\ufffdb\ufffd",
		"orders.*.>":      "orders.*.>",
		"#quot; & %%{}%%": "#35;quot#59; #38; #37;#37;#123;#125;#37;#37;",
	} {
		if got := label(in); got != want {
			t.Errorf("label(%q) = %q, want %q", in, got, want)
		}
	}
	if got := caption("", trace.Client.String(), 7); got != "client 7" {
		t.Errorf("a nameless client is %q", got)
	}
}
