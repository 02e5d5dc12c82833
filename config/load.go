package config

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
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
			d.add(path, "cannot be read: "+err.Error()+"; "+fileRemedy(path, err))
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
	tree := vars.expand(k.Raw(), "", &d.collector)
	d.value("", tree, reflect.ValueOf(c).Elem(), options{})
	check := checker{decoder: d}
	check.all(c)
	originsOf(tree).name(check.problems)
	if err := check.err(); err != nil {
		return nil, err
	}
	return c, nil
}

// layer is a koanf provider for a tree that is already there.
type layer map[string]any

func (l layer) Read() (map[string]any, error) { return l, nil }

func (l layer) ReadBytes() ([]byte, error) { return nil, errors.New("a layer has no bytes") }

// errLarge is a file that nobody means to be read here.
var errLarge = errors.New("is larger")

// fileRemedy tells what to do about a settings file that cannot be read.
func fileRemedy(path string, err error) string {
	switch {
	case errors.Is(err, fs.ErrPermission):
		return "let the user the bot runs as read it"
	case errors.Is(err, syscall.EISDIR):
		return "name the file in it, as " + filepath.Join(path, "topicpilot.yml")
	case errors.Is(err, errLarge):
		return "settings are small: is it the right file?"
	case errors.Is(err, fs.ErrNotExist):
		if other := Namesake(path); other != "" {
			return "did you mean " + other + "?"
		}
	}
	return "give the settings file with --config"
}

// Namesake is the file beside path that has the other ending of YAML, or empty
// when there is none.
func Namesake(path string) string {
	for from, to := range map[string]string{".yml": ".yaml", ".yaml": ".yml"} {
		base, ok := strings.CutSuffix(path, from)
		if !ok {
			continue
		}
		if info, err := os.Stat(base + to); err == nil && info.Mode().IsRegular() {
			return base + to
		}
	}
	return ""
}

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
		return nil, fmt.Errorf("%w than %d KiB", errLarge, limit>>10)
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
