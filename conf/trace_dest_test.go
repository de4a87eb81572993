package conf

import (
	"fmt"
	"testing"
)

// Every form of an account's trace destination gives it, under both names. [T-12]
func TestTraceDest(t *testing.T) {
	for value, want := range map[string]int{
		`"acct.trace"`: 100, `{ dest: "acct.trace" }`: 100, `{ dest: "acct.trace", sampling: 20 }`: 20, `{ DEST: acct.trace, Sampling: 20% }`: 20,
		`{ sampling: "20%", dest: "acct.trace" }`: 20, `{ dest: acct.trace, sampling: 1 }`: 1, `{ dest: acct.trace, sampling: 100 }`: 100,
	} {
		for _, key := range []string{"msg_trace", "trace_dest", "Msg_Trace"} {
			o, r, err := Parse(fmt.Sprintf("accounts { A { %s: %s } }", key, value), "x.conf")
			if err != nil || len(r.Warnings) > 0 {
				t.Errorf("%s %s: %v, warnings %v", key, value, err, r.Warnings)
			} else if a := o.Accounts[0]; a.TraceDest != "acct.trace" || a.TraceSampling != want {
				t.Errorf("%s %s gives %q and %d %%, want %d %%", key, value, a.TraceDest, a.TraceSampling, want)
			}
		}
	}
}

// What cannot be a trace destination is told in the reference's words. [T-12]
func TestTraceDestProblems(t *testing.T) {
	saying(t, [][2]string{
		{`accounts {A {msg_trace: "foo.*"}}`, `1:13: Trace destination "foo.*" is not valid`},
		{`accounts {A {msg_trace: ""}}`, `1:13: Trace destination "" is not valid`},
		{`accounts {A {msg_trace {dest: "a..b"}}}`, `1:24: Trace destination "a..b" is not valid`},
		{`accounts {A {msg_trace {dest: 5}}}`, `1:24: Field "dest" should be a string, got int64`},
		{`accounts {A {msg_trace {dest: a, sampling: 0}}}`, "1:33: Ttrace destination sampling value 0 is invalid, needs to be [1..100]"},
		{`accounts {A {msg_trace {dest: a, sampling: -5}}}`, "1:33: Ttrace destination sampling value -5 is invalid, needs to be [1..100]"},
		{`accounts {A {msg_trace {dest: a, sampling: "101%"}}}`, "1:33: Ttrace destination sampling value 101 is invalid, needs to be [1..100]"},
		{`accounts {A {msg_trace {dest: a, sampling: abc}}}`, `1:33: Invalid trace destination sampling value "abc"`},
		{`accounts {A {msg_trace {dest: a, sampling: 1.5}}}`, `1:33: Trace destination sampling field "sampling" should be an integer or a percentage, got float64`},
		{`accounts {A {msg_trace {bogus: 1}}}`, `1:24: Unknown field "bogus" parsing account message trace map/struct "msg_trace"`},
		{`accounts {A {msg_trace: 5}}`, `1:13: Expected account message trace "msg_trace" to be a string or a map/struct, got int64`},
		{`accounts {A {msg_trace {sampling: 20}}}`, "1:13: Trace destination sampling ignored since no destination was set"},
	})
	o, _, err := Parse("accounts {A {msg_trace {sampling: 20}}}", "x.conf")
	if err != nil || o.Accounts[0].TraceSampling != 0 {
		t.Errorf("sampling without a destination: %v, %+v", err, o)
	}
}
