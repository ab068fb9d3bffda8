module github.com/caddy-consent/caddy-consent/bench/scanners

go 1.26.0

require (
	github.com/caddy-consent/caddy-consent v0.0.0
	github.com/tdewolff/parse/v2 v2.8.20
	golang.org/x/net v0.60.0
)

require (
	github.com/andybalholm/brotli v1.3.0 // indirect
	github.com/klauspost/compress v1.20.4 // indirect
	golang.org/x/text v0.42.0 // indirect
)

replace github.com/caddy-consent/caddy-consent => ../..
