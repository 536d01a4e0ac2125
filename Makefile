# make test is all that must pass. It takes a few minutes.

FUZZTIME ?= 60000x

.PHONY: test need format vet race fuzz tidy cover bench

test: need format vet race fuzz

need:
	@.ci/need gcc curl python3 chromium

format:
	@unformatted=$$(gofmt -l .); test -z "$$unformatted" || { echo "gofmt would change:"; echo "$$unformatted"; exit 1; }

vet:
	go vet work
	go tool staticcheck ./... ./browsertest/... ./cmd/cookiesession/... ./bench/...

race:
	go test -race -shuffle=on work

fuzz:
	.ci/fuzz $(FUZZTIME)

# The checks above leave go.mod as it is; this one asks for the network.
tidy:
	GOWORK=off go mod tidy -diff
	cd tools && GOWORK=off go mod tidy -diff
	cd browsertest && GOWORK=off go mod tidy -diff
	cd cmd/cookiesession && GOWORK=off go mod tidy -diff
	cd bench && GOWORK=off go mod tidy -diff

cover:
	go test -coverpkg=./keys/...,./cookiesession/...,./middleware/... -coverprofile=coverage.out ./...
	go tool cover -func=coverage.out

# Side by side with the peers, in about two minutes. Leave the machine alone meanwhile.
bench:
	cd bench && go run . -plots ../docs/images
