package config

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
)

// fileSuffix makes the twin of a secret: token_file names a file with the token.
const fileSuffix = "_file"

// twin settles a secret that may be given as itself or as a file.
func (d *decoder) twin(path string, own, file any) (node any, given bool) {
	l, isLeaf := own.(leaf)
	empty := own == nil || isLeaf && (l.Tag == tagNull || l.Text == "")
	name, isLeaf := file.(leaf)
	switch {
	case file == nil || isLeaf && (name.Tag == tagNull || name.Text == ""):
		return own, own != nil
	case !isLeaf:
		d.add(path+fileSuffix, "must be the name of a file")
		return nil, false
	case !empty:
		d.add(path, fmt.Sprintf("is given twice, %s and as `%s` %s; keep one", origin(l), path+fileSuffix, origin(name)))
		return nil, false
	}
	text, err := readSecretFile(name.Text)
	if err != nil {
		d.add(path+fileSuffix, secretFileError(name.Text, err))
		// The secret itself must not be reported as missing too.
		return leaf{Tag: tagNull}, false
	}
	return leaf{Text: text, Tag: tagStr, Env: "file"}, true
}

func origin(l leaf) string {
	if l.Env != "" {
		return "in the environment (" + l.Env + ")"
	}
	return "in the settings file"
}

// errEmpty is a secret file without a secret.
var errEmpty = errors.New("is empty")

// readSecretFile returns the file's text without one line end at its end.
func readSecretFile(path string) (string, error) {
	data, err := readBounded(path, maxSecretFile)
	if err != nil {
		return "", err
	}
	text := strings.TrimSuffix(strings.TrimSuffix(string(data), "\n"), "\r")
	if strings.TrimSpace(text) == "" {
		return "", errEmpty
	}
	return text, nil
}

// fileName is what can be told from a secret by its looks: a path from the root
// or from here, a name with an extension, or a path in small letters.
var fileName = regexp.MustCompile(`^(\.{0,2}(/[A-Za-z0-9_.-]{1,40}){2,}|\.{1,2}/[A-Za-z0-9_.-]{1,40}|` +
	`([A-Za-z0-9_-]{1,32}/){0,8}[A-Za-z0-9_-]{1,32}\.[a-z]{2,6}|([a-z0-9_.-]{1,32}/){1,8}[a-z0-9_.-]{1,32})$`)

// secretFileError names a file that is there, or whose name looks like one;
// anything else may be the secret itself, put in the wrong place.
func secretFileError(name string, err error) string {
	quoted := fmt.Sprintf("the file %q ", name)
	switch {
	case errors.Is(err, errEmpty):
		return quoted + "is empty; write the secret into it"
	case errors.Is(err, fs.ErrPermission):
		return quoted + "may not be read by the bot's user; change its owner or mode"
	case errors.Is(err, syscall.EISDIR):
		return quoted + "is a directory; name the file in it"
	case errors.Is(err, errLarge):
		return quoted + err.Error() + "; is it the right one?"
	case !fileName.MatchString(name):
		return "the file cannot be used: " + err.Error() + "; give the name of a file here, not the secret itself"
	case errors.Is(err, fs.ErrNotExist) && !filepath.IsAbs(name):
		return quoted + "does not exist; a relative name counts from the working directory"
	case errors.Is(err, fs.ErrNotExist):
		return quoted + "does not exist; make it or mend the name"
	default:
		return quoted + "cannot be used: " + err.Error()
	}
}
