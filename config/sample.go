package config

import _ "embed" // for the sample

// Sample is a complete, commented settings file. It loads without errors when
// the environment variables it names are set.
//
//go:embed sample.yml
var Sample string
