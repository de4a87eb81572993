# midge: make demo shows it, make test checks it.

GO      ?= go
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
LDFLAGS  = -s -w -X main.build=$(VERSION)
FUZZTIME ?= 3s

.PHONY: help demo test check unit blackbox bench fuzz lint build image man conformance conformance-update clean

help: ## what there is
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-20s %s\n", $$1, $$2}'

demo: build ## start a small system, send a traced message through it, print its path
	@./midge demo

test: ## everything that CI runs
	@.ci/test

check: ## format, vet and the rules of the house
	@test -z "$$(gofmt -l .)" || { echo "not formatted:"; gofmt -l .; exit 1; }
	$(GO) vet ./...
	$(GO) test ./internal/lint

unit: ## unit tests with the race detector
	$(GO) test -race $$($(GO) list ./... | grep -v /test/)

blackbox: ## tests of the program from outside
	$(GO) test ./test/...

bench: ## benchmarks
	$(GO) test -run '^$$' -bench . -benchmem ./...

fuzz: ## each fuzz target for FUZZTIME
	@.ci/fuzz $(FUZZTIME)

lint: ## staticcheck, pinned in internal/tools
	$(GO) build -C internal/tools -o ../../.staticcheck honnef.co/go/tools/cmd/staticcheck
	./.staticcheck ./...

build: ## the static binary ./midge
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags '$(LDFLAGS)' -o midge ./cmd/midge

image: build ## a container image around the binary, from scratch
	docker build -t midge:$(VERSION) -t midge:latest .

man: build ## man pages in ./man
	mkdir -p man && ./midge man man

conformance: build ## recorded scenarios, where the runner is beside the repository
	@.ci/conformance

conformance-update: build ## note which scenarios pass now
	@.ci/conformance --update

clean: ## what was built
	rm -rf midge man .staticcheck
