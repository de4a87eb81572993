package subject

import (
	"slices"
	"strconv"
	"strings"
)

// function is what a step does with the tokens of a subject.
type function uint8

const (
	literal function = iota
	wildcard
	partition
	random
	split
	splitFromLeft
	splitFromRight
	sliceFromLeft
	sliceFromRight
	left
	right
)

// step makes one token of the rewritten subject.
type step struct {
	function function
	// token is the position (from 0) of the subject's token it works on.
	token int
	// number is the function's numeric argument: buckets, bytes or a position.
	number int
	// text is the literal token, or the delimiter of split.
	text []byte
	// keys are the token positions that partition hashes; none for the whole subject.
	keys []int
}

// signature describes one function of the mapping language.
type signature struct {
	// words make up the name. Only their first letters may be of either case.
	words    []string
	function function
	// min and max are the numbers of arguments it takes; max -1 is any.
	min, max int
}

var signatures = []signature{
	{[]string{"wildcard"}, wildcard, 1, 1},
	{[]string{"partition"}, partition, 1, -1},
	{[]string{"random"}, random, 1, 1},
	{[]string{"split"}, split, 2, 2},
	{[]string{"split", "from", "left"}, splitFromLeft, 2, 2},
	{[]string{"split", "from", "right"}, splitFromRight, 2, 2},
	{[]string{"slice", "from", "left"}, sliceFromLeft, 2, 2},
	{[]string{"slice", "from", "right"}, sliceFromRight, 2, 2},
	{[]string{"left"}, left, 2, 2},
	{[]string{"right"}, right, 2, 2},
}

// reference writes the n-th wildcard, counted from 1, in the mapping language.
func reference(n int) string { return "$" + strconv.Itoa(n) }

// compile turns the destination into steps.
func (t *Transform) compile(forImport bool) error {
	// A function with a dot among its arguments falls apart into literal tokens,
	// as in the reference.
	tokens := slices.Collect(Tokens(t.destination))
	full := tokens[len(tokens)-1] == ">"
	if full != (t.tail >= 0) {
		// Unless the destination has a worse problem, which the reference names.
		for _, token := range tokens {
			if _, err := t.parse(token, forImport); err != nil {
				return err
			}
		}
		return ErrInvalidSubject
	}
	if full {
		tokens = tokens[:len(tokens)-1]
	}
	for _, token := range tokens {
		s, err := t.parse(token, forImport)
		if err != nil {
			return err
		}
		if s.function == literal && !ValidLiteral(token) {
			return ErrInvalidSubject
		}
		t.steps = append(t.steps, s)
	}
	return nil
}

// parse compiles one destination token.
func (t *Transform) parse(token string, forImport bool) (step, error) {
	s := step{function: literal, text: []byte(token)}
	if n, ok := strings.CutPrefix(token, "$"); ok {
		index, err := strconv.Atoi(n)
		if err != nil {
			return s, nil // `$x` is an ordinary token
		}
		s = step{function: wildcard}
		s.token, err = t.position(index, token)
		return s, err
	}
	call, opened := strings.CutPrefix(token, "{{")
	call, closed := strings.CutSuffix(call, "}}")
	if !opened || !closed || call == "" {
		return s, nil
	}
	name, list, ok := strings.Cut(strings.TrimSpace(call), "(")
	list, closed = strings.CutSuffix(list, ")")
	if !ok || !closed {
		return s, &DestinationError{Problem: ProblemFunction, Token: token}
	}
	return t.parseCall(token, strings.TrimSpace(name), list, forImport)
}

// parseCall compiles a function with its arguments. list is what stands between
// the parentheses.
func (t *Transform) parseCall(token, name, list string, forImport bool) (step, error) {
	fail := func(problem string) (step, error) {
		return step{}, &DestinationError{Problem: problem, Token: token}
	}
	i := slices.IndexFunc(signatures, func(s signature) bool { return isNamed(name, s.words) })
	if i < 0 {
		return fail(ProblemFunction)
	}
	var args []string
	if strings.TrimSpace(list) != "" {
		args = strings.Split(list, ",")
	}
	for i := range args {
		args[i] = strings.TrimSpace(args[i])
	}
	called := &signatures[i]
	switch {
	case forImport && called.function != wildcard:
		return fail(ProblemNotImport)
	case len(args) < called.min:
		return fail(ProblemTooFew)
	case called.max >= 0 && len(args) > called.max:
		return fail(ProblemTooMany)
	}
	return t.parseArguments(token, called.function, args)
}

// parseArguments fills a step of the given function.
func (t *Transform) parseArguments(token string, f function, args []string) (step, error) {
	s := step{function: f}
	numbers := make([]int, len(args))
	for i, arg := range args {
		if f == split && i == 1 {
			if strings.ContainsAny(arg, " \t\r\n") {
				return s, &DestinationError{Problem: ProblemArgument, Token: token}
			}
			s.text = []byte(arg)
			continue
		}
		n, err := strconv.ParseInt(arg, 10, 32)
		if err != nil {
			return s, &DestinationError{Problem: ProblemArgument, Token: token}
		}
		numbers[i] = int(n)
	}
	var err error
	switch f {
	case partition, random:
		if numbers[0] < 0 {
			return s, &DestinationError{Problem: ProblemArgument, Token: token}
		}
		s.number = numbers[0]
		for _, n := range numbers[1:] {
			key, err := t.position(n, token)
			if err != nil {
				return s, err
			}
			s.keys = append(s.keys, key)
		}
	case wildcard, split:
		s.token, err = t.position(numbers[0], token)
	default:
		s.token, err = t.position(numbers[0], token)
		s.number = numbers[1]
	}
	return s, err
}

// position returns where in the subject the n-th wildcard, from 1, stands.
func (t *Transform) position(n int, token string) (int, error) {
	if n < 1 || n > len(t.wildcards) {
		return 0, &DestinationError{Problem: ProblemIndex, Token: token, Index: n}
	}
	return t.wildcards[n-1], nil
}

// isNamed reports whether name consists of the words, the first letter of each
// in either case: splitFromLeft, but not SPLITFROMLEFT.
func isNamed(name string, words []string) bool {
	for _, word := range words {
		if len(name) < len(word) || strings.ToLower(name[:1]) != word[:1] || name[1:len(word)] != word[1:] {
			return false
		}
		name = name[len(word):]
	}
	return name == ""
}
