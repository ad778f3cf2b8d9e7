# Targets for people and for .ci/run. "make" alone builds the program.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules

GO      ?= go
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
LDFLAGS := -s -w -X hybridaudit/cmd/internal/cli.version=$(VERSION)

CACHE         := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/hybridaudit-ci
GOLANGCI      := v2.15.0
GOLANGCI_LINT := $(CACHE)/golangci-lint-$(GOLANGCI)/golangci-lint

TESTFLAGS ?=
FUZZTIME  ?= 20s
PLATFORMS := linux/amd64 linux/arm64 darwin/arm64 windows/amd64

.PHONY: build
build: ## the program, ./hybridaudit
	$(GO) build -trimpath -ldflags "$(LDFLAGS)" -o hybridaudit ./cmd/hybridaudit

.PHONY: test
test: ## all tests; says at the end which were left out for want of a real peer
	$(GO) test -json $(TESTFLAGS) ./... | $(GO) run ./cmd/internal/testsummary

.PHONY: peers
peers: ## installs what the tests with real peers need (Debian, as root)
	.ci/peers

.PHONY: race
race: ## all tests but the end-to-end ones under the race detector
	$(GO) test -race $(TESTFLAGS) $$($(GO) list ./... | grep -v /cmd/internal/e2e)

.PHONY: contract
contract: ## our decoding of Graph's bodies against that of the typed SDK (minutes to compile, 5 GB of memory)
	$(GO) test -tags sdkcontract $(TESTFLAGS) ./sources/graph/...

.PHONY: fuzz
fuzz: ## each fuzz target for FUZZTIME
	.ci/fuzz $(FUZZTIME)

.PHONY: lint
lint: $(GOLANGCI_LINT) ## gofmt, go vet, golangci-lint
	@unformatted=$$(gofmt -l $$(git ls-files --cached --others --exclude-standard '*.go')); \
	  if [ -n "$$unformatted" ]; then printf 'not gofmt-clean:\n%s\n' "$$unformatted"; exit 1; fi
	$(GO) vet ./...
	$(GOLANGCI_LINT) run ./...

$(GOLANGCI_LINT):
	GOBIN=$(@D) $(GO) install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI)

.PHONY: bench
bench: ## speed and memory beside the peers, as one table
	$(GO) run ./cmd/internal/bench $(BENCHFLAGS)

.PHONY: dist
dist: ## stripped programs for all platforms, with their check sums
	rm -rf dist; mkdir dist
	for platform in $(PLATFORMS); do \
	  name=dist/hybridaudit-$${platform/\//-}; [[ $$platform != windows/* ]] || name+=.exe; \
	  echo "$$name"; \
	  CGO_ENABLED=0 GOOS=$${platform%/*} GOARCH=$${platform#*/} $(GO) build -trimpath -ldflags "$(LDFLAGS)" -o "$$name" ./cmd/hybridaudit; \
	done
	cd dist && sha256sum hybridaudit-* > SHA256SUMS

.PHONY: docs
docs: ## what is generated: the list of rules, their documentation, the example configuration
	$(GO) generate ./...
	$(GO) run ./cmd/hybridaudit rules docs > docs/rules.md.new && mv docs/rules.md.new docs/rules.md
	$(GO) run ./cmd/hybridaudit config example > config.example.yaml.new && mv config.example.yaml.new config.example.yaml

.PHONY: clean
clean:
	rm -rf hybridaudit hybridaudit.exe dist bench

.PHONY: help
help: ## this list
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 12
