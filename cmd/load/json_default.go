//go:build !stdjson && !sonic

package main

// bareJSON is the JSON library that telego is built with here.
const bareJSON = "go-json"
