// Package lint is a test of the repository: package boundaries, comments,
// rules of the house that a compiler does not know, and the requirement marks
// of comments. It has no code of its own; run it with
//
//	go test ./internal/lint
//
// A dispute about style is settled by changing this test.
package lint
