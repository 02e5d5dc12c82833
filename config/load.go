package config

import (
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"strings"
	"syscall"

	"github.com/knadh/koanf/v2"
)

// maxFile bounds the settings file, maxSecretFile a file named by `<key>_file`.
const (
	maxFile       = 1 << 20
	maxSecretFile = 64 << 10
)

// delimiter separates levels inside koanf; no key of a file can contain it.
const delimiter = "\x00"

// Load reads the settings: defaults under the file at path (none when empty;
// at most 1 MiB) under the environment, given as os.Environ returns it. It
// checks everything and reports all that is wrong at once: the error, if any, is
// Problems. Files named by `<key>_file` are read here, up to 64 KiB each.
func Load(path string, env []string) (*Config, error) {
	vars := environment(env)
	d := decoder{vars: vars}
	k := koanf.New(delimiter)
	if path != "" {
		data, err := readFile(path)
		if err != nil {
			d.add(path, "cannot be read: "+err.Error()+"; give the settings file with --config")
			return nil, d.err()
		}
		tree := parseYAML(data, path, &d.collector)
		if tree == nil {
			return nil, d.err()
		}
		if err := k.Load(layer(tree), nil); err != nil {
			d.add(path, "cannot be used: "+err.Error())
		}
	}
	overlay := vars.tree(&d.collector)
	if err := k.Load(layer(overlay), nil, koanf.WithMergeFunc(d.overlay)); err != nil {
		d.add("environment", "cannot be used: "+err.Error())
	}
	c := new(Config)
	d.value("", vars.expand(k.Raw(), "", &d.collector), reflect.ValueOf(c).Elem(), options{})
	check := checker{decoder: d}
	check.all(c)
	if err := check.err(); err != nil {
		return nil, err
	}
	return c, nil
}

// layer is a koanf provider for a tree that is already there.
type layer map[string]any

func (l layer) Read() (map[string]any, error) { return l, nil }

func (l layer) ReadBytes() ([]byte, error) { return nil, errors.New("a layer has no bytes") }

func readFile(path string) ([]byte, error) { return readBounded(path, maxFile) }

// readBounded returns errors without the path: where a secret was given instead
// of a file name, the path is the secret.
func readBounded(path string, limit int64) ([]byte, error) {
	f, err := os.Open(path) //nolint:gosec // the deployer names the file
	if err != nil {
		return nil, withoutPath(err)
	}
	defer func() { _ = f.Close() }()
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, withoutPath(err)
	}
	if int64(len(data)) > limit {
		return nil, fmt.Errorf("is larger than %d KiB", limit>>10)
	}
	return data, nil
}

func withoutPath(err error) error {
	if errno, ok := errors.AsType[syscall.Errno](err); ok {
		return errno
	}
	if pathErr, ok := errors.AsType[*os.PathError](err); ok {
		return pathErr.Err
	}
	return err
}

// readSecretFile returns the file's text without one line end at its end.
func readSecretFile(path string) (string, error) {
	data, err := readBounded(path, maxSecretFile)
	if err != nil {
		return "", err
	}
	return strings.TrimSuffix(strings.TrimSuffix(string(data), "\n"), "\r"), nil
}
