//go:build sonic && !stdjson

package main

// bareJSON is the JSON library that telego is built with here.
const bareJSON = "sonic"
