package protocol

import "testing"

const noScope = `origin="" acc="" `

// [route.md 11]
func TestRouteMessages(t *testing.T) {
	p := *linkParser(Route)
	for args, want := range map[string]string{
		"RMSG $G a 2":              `MSG leaf=false origin="" acc="$G" "a" reply="" hdr=0/"" size=2/"2" wire="hi\r\n" queues=[]`,
		"RMSG $G a r 002":          `MSG leaf=false origin="" acc="$G" "a" reply="r" hdr=0/"" size=2/"002" wire="hi\r\n" queues=[]`,
		"RMSG $G a | q 2":          `MSG leaf=false origin="" acc="$G" "a" reply="" hdr=0/"" size=2/"2" wire="hi\r\n" queues=["q"]`,
		"RMSG $G a | q1 q2 q3 2":   `MSG leaf=false origin="" acc="$G" "a" reply="" hdr=0/"" size=2/"2" wire="hi\r\n" queues=["q1" "q2" "q3"]`,
		"RMSG $G a + r q1 q2 2":    `MSG leaf=false origin="" acc="$G" "a" reply="r" hdr=0/"" size=2/"2" wire="hi\r\n" queues=["q1" "q2"]`,
		"RMSG $G a + r 2":          `MSG leaf=false origin="" acc="$G" "a" reply="r" hdr=0/"" size=2/"2" wire="hi\r\n" queues=[]`,
		"RMSG $G a | 2":            `MSG leaf=false origin="" acc="$G" "a" reply="|" hdr=0/"" size=2/"2" wire="hi\r\n" queues=[]`,
		"rmsg  $G\ta   r  2 ":      `MSG leaf=false origin="" acc="$G" "a" reply="r" hdr=0/"" size=2/"2" wire="hi\r\n" queues=[]`,
		"HMSG $G a 1 2":            `HMSG leaf=false origin="" acc="$G" "a" reply="" hdr=1/"1" size=2/"2" wire="hi\r\n" queues=[]`,
		"HMSG $G a r 1 2":          `HMSG leaf=false origin="" acc="$G" "a" reply="r" hdr=1/"1" size=2/"2" wire="hi\r\n" queues=[]`,
		"HMSG $G a | q1 q2 1 2":    `HMSG leaf=false origin="" acc="$G" "a" reply="" hdr=1/"1" size=2/"2" wire="hi\r\n" queues=["q1" "q2"]`,
		"HMSG $G a + r q1 1 2":     `HMSG leaf=false origin="" acc="$G" "a" reply="r" hdr=1/"1" size=2/"2" wire="hi\r\n" queues=["q1"]`,
		"LMSG SPC $G a 0 2":        `HMSG leaf=true origin="SPC" acc="$G" "a" reply="" hdr=0/"" size=2/"2" wire="hi\r\n" queues=[]`,
		"LMSG SPC $G a r.2 0 2":    `HMSG leaf=true origin="SPC" acc="$G" "a" reply="r.2" hdr=0/"" size=2/"2" wire="hi\r\n" queues=[]`,
		"LMSG SPC $G a | q1 1 2":   `HMSG leaf=true origin="SPC" acc="$G" "a" reply="" hdr=1/"1" size=2/"2" wire="hi\r\n" queues=["q1"]`,
		"LMSG SPC $G a + r q1 0 2": `HMSG leaf=true origin="SPC" acc="$G" "a" reply="r" hdr=0/"" size=2/"2" wire="hi\r\n" queues=["q1"]`,
	} {
		expect(t, p, args+"\r\nhi\r\nPING\r\n", want, "PING")
	}
	expect(t, p, "RMSG A s 0\r\n\r\n", `MSG leaf=false origin="" acc="A" "s" reply="" hdr=0/"" size=0/"0" wire="\r\n" queues=[]`)
}

// [route.md 7.4]
func TestDedicatedRouteHasNoAccount(t *testing.T) {
	p := *linkParser(Route)
	p.Dedicated, p.UnsubOrigin = true, true
	expect(t, p, "RMSG pin.a 1\r\nx\r\nLMSG O a 0 1\r\nx\r\n",
		`MSG leaf=false `+noScope+`"pin.a" reply="" hdr=0/"" size=1/"1" wire="x\r\n" queues=[]`,
		`HMSG leaf=true origin="O" acc="" "a" reply="" hdr=0/"" size=1/"1" wire="x\r\n" queues=[]`)
	expect(t, p, "RS+ a\r\nRS+ a q 3\r\nRS- a q\r\nLS+ O a\r\nLS- O a q\r\n",
		`S+ leaf=false `+noScope+`"a" queue="" weight=0 key="a"`,
		`S+ leaf=false `+noScope+`"a" queue="q" weight=3 key="a q"`,
		`S- leaf=false `+noScope+`"a" queue="q" weight=0 key="a q"`,
		`S+ leaf=true origin="O" acc="" "a" queue="" weight=0 key="O a"`,
		`S- leaf=true origin="O" acc="" "a" queue="q" weight=0 key="O a q"`)
	expect(t, p, "RS+ a q\r\n", badArguments)
}

// [route.md 9.3]
func TestRouteInterest(t *testing.T) {
	p := *linkParser(Route)
	expect(t, p, "RS+ $G a\r\nRS+  $G  foo.* q 12 \r\nRS+ $G a q 0\r\nRS+ $G a q x\r\nRS- $G a\r\nRS- $G  foo.* q\r\n",
		`S+ leaf=false origin="" acc="$G" "a" queue="" weight=0 key="$G a"`,
		`S+ leaf=false origin="" acc="$G" "foo.*" queue="q" weight=12 key="$G  foo.* q"`,
		`S+ leaf=false origin="" acc="$G" "a" queue="q" weight=1 key="$G a q"`,
		`S+ leaf=false origin="" acc="$G" "a" queue="q" weight=1 key="$G a q"`,
		`S- leaf=false origin="" acc="$G" "a" queue="" weight=0 key="$G a"`,
		`S- leaf=false origin="" acc="$G" "foo.*" queue="q" weight=0 key="$G  foo.* q"`)
	expect(t, p, "A+ ACC\r\nA- ACC\r\n", `A+ "ACC"`, `A- "ACC"`)
}

//
func TestOriginOfLeafInterest(t *testing.T) {
	p := *linkParser(Route)
	p.UnsubOrigin = true
	expect(t, p, "LS+ SPC $G a q 2\r\nLS- SPC $G a q\r\nLS+ _ $G a\r\nLS- _ $G a\r\n",
		`S+ leaf=true origin="SPC" acc="$G" "a" queue="q" weight=2 key="SPC $G a q"`,
		`S- leaf=true origin="SPC" acc="$G" "a" queue="q" weight=0 key="SPC $G a q"`,
		`S+ leaf=true origin="_" acc="$G" "a" queue="" weight=0 key="_ $G a"`,
		`S- leaf=true origin="_" acc="$G" "a" queue="" weight=0 key="_ $G a"`)
	expect(t, p, "LS- $G a\r\n", badArguments)

	// An old peer leaves the origin out of LS-, perhaps with its blank left
	// behind. The keys still agree.
	p.UnsubOrigin = false
	expect(t, p, "LS+ SPC $G a q 2\r\nLS- $G a q\r\nLS+ SPC $G a\r\nLS-  $G a\r\n",
		`S+ leaf=true origin="SPC" acc="$G" "a" queue="q" weight=2 key="$G a q"`,
		`S- leaf=true origin="" acc="$G" "a" queue="q" weight=0 key="$G a q"`,
		`S+ leaf=true origin="SPC" acc="$G" "a" queue="" weight=0 key="$G a"`,
		`S- leaf=true origin="" acc="$G" "a" queue="" weight=0 key="$G a"`)
}

func TestBadLinkArguments(t *testing.T) {
	for _, input := range []string{
		"RMSG \r\n", "RMSG $G\r\n", "RMSG $G a\r\n", "RMSG $G a x\r\n", "RMSG $G a -1\r\n", "RMSG $G a * q 2\r\n",
		"RMSG $G a r q 2\r\n", "RMSG $G a || q 2\r\n", "RMSG $G a 0000000001\r\n", "HMSG $G a 2\r\n", "HMSG $G a 3 2\r\n",
		"HMSG $G a x 2\r\n", "LMSG O $G a 2\r\n", "LMSG O $G a 3 2\r\n", "LMSG O\r\n",
		"RS+ $G\r\n", "RS+ $G a q\r\n", "RS+ $G a q 1 2\r\n", "RS- $G\r\n", "RS- $G a q 1\r\n", "RS+ \r\n", "RS- \r\n",
		"LS+ O $G\r\n", "LS+ O $G a q\r\n", "LS+ O $G a q 1 2\r\n", "LS+ \r\n", "LS- $G\r\n", "LS- \r\n", "A+ \r\n", "A- A B\r\n",
	} {
		expect(t, *linkParser(Route), input, badArguments)
	}
}

// [gateway.md 1, G-36]
func TestGatewayHasNoLeafVerbs(t *testing.T) {
	p := *linkParser(Gateway)
	expect(t, p, "RMSG A s | q 1\r\nx\r\nHMSG A s 1 1\r\nx\r\nRS+ A s q 1\r\nRS- A s\r\nA+ A\r\nA- A\r\n",
		`MSG leaf=false origin="" acc="A" "s" reply="" hdr=0/"" size=1/"1" wire="x\r\n" queues=["q"]`,
		`HMSG leaf=false origin="" acc="A" "s" reply="" hdr=1/"1" size=1/"1" wire="x\r\n" queues=[]`,
		`S+ leaf=false origin="" acc="A" "s" queue="q" weight=1 key="A s q"`,
		`S- leaf=false origin="" acc="A" "s" queue="" weight=0 key="A s"`, `A+ "A"`, `A- "A"`)
	for _, input := range []string{"LS+ a\r\n", "LS- a\r\n", "LMSG O A a 0 1\r\n", "SUB a 1\r\n", "PUB a 1\r\n"} {
		expect(t, p, input, unknownOp)
	}
}

// [leafnode.md 1]
func TestLeafnodeOperations(t *testing.T) {
	p := *linkParser(Leaf)
	message := `MSG leaf=true ` + noScope + `"a" reply="" hdr=0/"" size=1/"1" wire="x\r\n" queues=[]`
	expect(t, p, "LMSG a 1\r\nx\r\nMSG a 1\r\nx\r\nRMSG a 1\r\nx\r\n", message, message, message)
	expect(t, p, "LMSG a + r q1 q2 1\r\nx\r\nHMSG a | q 1 1\r\nx\r\n",
		`MSG leaf=true `+noScope+`"a" reply="r" hdr=0/"" size=1/"1" wire="x\r\n" queues=["q1" "q2"]`,
		`HMSG leaf=true `+noScope+`"a" reply="" hdr=1/"1" size=1/"1" wire="x\r\n" queues=["q"]`)
	added := `S+ leaf=true ` + noScope + `"a" queue="q" weight=2 key="a q"`
	expect(t, p, "LS+ a q 2\r\nSUB a q 2\r\nRS+ a q 2\r\n", added, added, added)
	removed := `S- leaf=true ` + noScope + `"a" queue="" weight=0 key="a"`
	expect(t, p, "LS- a\r\nUNSUB a\r\nRS- a\r\n", removed, removed, removed)
	expect(t, p, "LS+ a q\r\n", badArguments) // [L-34]
	expect(t, p, "A+ A\r\n", unknownOp)
	expect(t, p, "-ERR 'Loop detected'\r\nPING\r\n", `-ERR "Loop detected"`, "PING") // [L-27]

	p.MaxPayload = 10
	expect(t, p, "LMSG a 11\r\n", maxPayload)
	expect(t, p, "HMSG a 2 11\r\n", maxPayload)
	route := *linkParser(Route)
	route.MaxPayload = 10
	expect(t, route, "RMSG A a 11\r\n01234567890\r\n",
		`MSG leaf=false origin="" acc="A" "a" reply="" hdr=0/"" size=11/"11" wire="01234567890\r\n" queues=[]`)
}

// [route.md 11] Client verbs on a route are read, and have no effect there.
func TestRouteToleratesClientVerbs(t *testing.T) {
	expect(t, *linkParser(Route), "PUB a 1\r\nx\r\nSUB a 1\r\nUNSUB 1\r\n-ERR 'x'\r\n",
		pubA1x, `SUB "a" queue="" sid="1"`, `UNSUB sid="1" max=0/false`, `-ERR "x"`)
}

// [client.md 1.1]
func TestLinkControlLineIsSixteenfold(t *testing.T) {
	p := *linkParser(Route)
	p.MaxControlLine = 2
	expect(t, p, "RS+ $G 45678901234567890123456789012\r\n",
		`S+ leaf=false origin="" acc="$G" "45678901234567890123456789012" queue="" weight=0 key="$G 45678901234567890123456789012"`)
	expect(t, p, "RS+ $G 456789012345678901234567890123\r\n", controlLine)
}

// One line with very many groups must not keep its memory.
func TestQueueListIsNotKept(t *testing.T) {
	line := []byte("RMSG A a | ")
	for range 1000 {
		line = append(line, "q "...)
	}
	p := linkParser(Route)
	if _, _, err := p.Next(append(line, "0\r\n\r\n"...)); err != nil || len(p.Queues) != 1000 {
		t.Fatal(err, len(p.Queues))
	}
	if _, _, err := p.Next([]byte("RMSG A a 0\r\n\r\n")); err != nil || cap(p.Queues) > maxKeptQueues {
		t.Error(err, cap(p.Queues))
	}
}
