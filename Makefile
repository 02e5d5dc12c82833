.PHONY: help build test test-integration e2e lint generate verify bench fuzz

help: ## this list
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/'

build: ## the program, into bin/
	CGO_ENABLED=0 go build -trimpath -ldflags "$(LDFLAGS)" -o bin/topicpilot ./cmd/topicpilot

test: ## everything that needs no other program
	go test ./...

test-integration: ## with the race detector and a real PostgreSQL (TOPICPILOT_TEST_POSTGRES)
	TOPICPILOT_REQUIRE_POSTGRES=1 go test -race ./...

e2e: ## the built program: browser and kill -9
	TOPICPILOT_REQUIRE_BROWSER=1 TOPICPILOT_REQUIRE_POSTGRES=1 go test -race -tags e2e ./cmd/...

lint: ## what golangci-lint says
	golangci-lint run ./...

generate: ## docs that come from code
	go generate ./...

verify: generate ## fail when generated files are not up to date
	git diff --exit-code -- docs

bench: ## benchmarks
	go test -run '^$$' -bench . ./...

fuzz: ## each fuzz target for ten seconds
	.ci/fuzz 10s
