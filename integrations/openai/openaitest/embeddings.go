package openaitest

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"hash/fnv"
	"math"
	"net/http"
	"slices"
)

// embeddingBody is a request as it comes.
type embeddingBody struct {
	Model          string          `json:"model"`
	Input          json.RawMessage `json:"input"`
	EncodingFormat string          `json:"encoding_format"`
	Dimensions     int             `json:"dimensions"`
}

// maxInputs is how many texts one request may hold.
const maxInputs = 2048

// texts gives the input, one text or a list of them.
func (b embeddingBody) texts() ([]string, bool) {
	var one string
	if json.Unmarshal(b.Input, &one) == nil && string(b.Input) != "null" {
		return []string{one}, true
	}
	var list []*string
	if json.Unmarshal(b.Input, &list) != nil {
		return nil, false
	}
	texts := make([]string, len(list))
	for i, text := range list {
		if text == nil {
			return nil, false
		}
		texts[i] = *text
	}
	return texts, true
}

func (s *Server) checkEmbedding(raw []byte, body *embeddingBody) *apiError {
	if json.Unmarshal(raw, body) != nil {
		return invalid("", "", "We could not parse the JSON body of your request.")
	}
	texts, ok := body.texts()
	switch {
	case body.Model == "":
		return invalid("", "", "you must provide a model parameter")
	case len(s.opt.EmbeddingModels) == 0 && s.opt.Flavour == LlamaCPP:
		return &apiError{
			status:  http.StatusNotImplemented,
			message: "This server does not support embeddings. Start it with `--embeddings`",
		}
	case !s.opt.known(body.Model, s.opt.EmbeddingModels):
		return s.noModel(body.Model)
	case !ok, len(texts) == 0, s.opt.Flavour == OpenAI && slices.Contains(texts, ""):
		return invalid("input", "", "'$.input' is invalid. It must be a text, or a list of texts, none of them empty.")
	case len(texts) > maxInputs:
		return invalid("input", "", "'$.input' is invalid. It may have at most %d texts.", maxInputs)
	case body.EncodingFormat != "" && body.EncodingFormat != "float" && body.EncodingFormat != "base64":
		return invalid("encoding_format", "invalid_value", "Invalid value: '%s'.", body.EncodingFormat)
	case body.Dimensions < 0 || body.Dimensions > s.opt.Dimension:
		return invalid("dimensions", "", "Invalid value for 'dimensions'.")
	}
	return nil
}

func (s *Server) embeddings(request Request, raw []byte) *reply {
	var body embeddingBody
	if refused := s.checkEmbedding(raw, &body); refused != nil {
		return s.refusal(refused)
	}
	dimension := s.opt.Dimension
	if body.Dimensions > 0 {
		dimension = body.Dimensions
	}
	data := []any{}
	used := 0
	for i, text := range request.Input {
		used += Tokens(text)
		var shown any = Vector(text, dimension)
		if body.EncodingFormat == "base64" {
			shown = packed(Vector(text, dimension))
		}
		data = append(data, map[string]any{"object": "embedding", "index": i, "embedding": shown})
	}
	return jsonReply(http.StatusOK, map[string]any{
		"object": "list", "data": data, "model": body.Model,
		"usage": map[string]any{"prompt_tokens": used, "total_tokens": used},
	})
}

// Vector is the embedding of a text: its words' stems, each hashed to a place and a sign, of
// length one. Texts with words in common are near each other.
func Vector(text string, dimension int) []float32 {
	sums := make([]float64, dimension)
	for _, word := range stems(text) {
		h := fnv.New64a()
		_, _ = h.Write([]byte(word))
		hash := h.Sum64()
		sign := 1.0
		if hash>>63 == 1 {
			sign = -1
		}
		sums[hash%uint64(dimension)] += sign //nolint:gosec // a dimension is positive
	}
	length := 0.0
	for _, x := range sums {
		length += x * x
	}
	if length == 0 { // no word: some direction all the same
		sums[0], length = 1, 1
	}
	vector := make([]float32, dimension)
	for i, x := range sums {
		vector[i] = float32(x / math.Sqrt(length))
	}
	return vector
}

func packed(vector []float32) string {
	raw := make([]byte, 0, 4*len(vector))
	for _, x := range vector {
		raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(x))
	}
	return base64.StdEncoding.EncodeToString(raw)
}
