package commands

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const secretPrefix = "whsec_"

var errSecret = errors.New("want whsec_ and 24 to 64 random bytes in base64")

// signingKey reads a secret of the Standard Webhooks form; nil for none.
func signingKey(secret string) ([]byte, error) {
	if secret == "" {
		return nil, nil
	}
	encoded, ok := strings.CutPrefix(secret, secretPrefix)
	if !ok {
		return nil, errSecret
	}
	key, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		key, err = base64.RawStdEncoding.DecodeString(encoded)
	}
	if err != nil || len(key) == 0 {
		return nil, errSecret
	}
	return key, nil
}

// sign sets the headers of Standard Webhooks (github.com/standard-webhooks, spec): the
// signature covers id, time of this attempt and the exact bytes of the body. id must
// not hold a ".".
func sign(header http.Header, key []byte, id string, at time.Time, body []byte) {
	timestamp := strconv.FormatInt(at.Unix(), 10)
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(id + "." + timestamp + "."))
	mac.Write(body)
	header.Set("webhook-id", id)
	header.Set("webhook-timestamp", timestamp)
	header.Set("webhook-signature", "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)))
}

// IdempotencyKey makes the key under which an effect takes place once, from what asked
// for it: the same parts give the same key, other parts another one. It holds letters,
// digits and "_" only and tells nothing of its parts.
func IdempotencyKey(parts ...string) string {
	sum := sha256.New()
	for _, part := range parts {
		sum.Write([]byte(strconv.Itoa(len(part)) + ":" + part))
	}
	return "tp_" + hex.EncodeToString(sum.Sum(nil)[:20])
}
