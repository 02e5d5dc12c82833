package knowledge

import (
	"crypto/sha256"
	"encoding/binary"
	"math"
)

// hash names the text that a vector was made of.
type hash [sha256.Size]byte

// embeddedText is what a chunk's vector is made of.
func (e *entry) embeddedText() string { return e.Title + "\n" + e.Text }

// vector is one of length 1: numbers times scale.
type vector struct {
	scale   float32
	numbers []int8
}

// newVector makes one of length 1 in the direction of others. A vector that has none, or
// holds what is no number, is none.
func newVector(raw []float32) (vector, bool) {
	unit, ok := unitOf(raw)
	if !ok {
		return vector{}, false
	}
	var most float32
	for _, f := range unit {
		most = max(most, f, -f)
	}
	v := vector{scale: most / math.MaxInt8, numbers: make([]int8, len(unit))}
	for i, f := range unit {
		v.numbers[i] = int8(math.Round(float64(f / v.scale)))
	}
	return v, true
}

// unitOf is the vector of length 1 in the same direction.
func unitOf(raw []float32) ([]float32, bool) {
	var sum float64
	for _, f := range raw {
		sum += float64(f) * float64(f)
	}
	length := math.Sqrt(sum)
	if len(raw) > maxDimension || math.IsNaN(length) || math.IsInf(length, 0) || length < 1e-12 {
		return nil, false
	}
	unit := make([]float32, len(raw))
	for i, f := range raw {
		unit[i] = float32(float64(f) / length)
	}
	return unit, true
}

// maxDimension is how many numbers a vector may have; models have up to 4,096.
const maxDimension = 16_384

// dot is the cosine with another vector of length 1, of the same dimension.
func (v vector) dot(unit []float32) float32 {
	var a, b, c, d float32
	n := v.numbers[:len(unit)]
	i := 0
	for ; i+4 <= len(n); i += 4 {
		a += float32(n[i]) * unit[i]
		b += float32(n[i+1]) * unit[i+1]
		c += float32(n[i+2]) * unit[i+2]
		d += float32(n[i+3]) * unit[i+3]
	}
	for ; i < len(n); i++ {
		a += float32(n[i]) * unit[i]
	}
	return (a + b + c + d) * v.scale
}

// encode is the form in which a vector is kept: the scale, then the numbers.
func (v vector) encode() []byte {
	data := binary.LittleEndian.AppendUint32(make([]byte, 0, 4+len(v.numbers)), math.Float32bits(v.scale))
	for _, n := range v.numbers {
		data = append(data, byte(n)) //nolint:gosec // the same eight bits
	}
	return data
}

func decodeVector(data []byte, dimension int) (vector, bool) {
	if dimension <= 0 || dimension > maxDimension || len(data) != 4+dimension {
		return vector{}, false
	}
	v := vector{
		scale:   math.Float32frombits(binary.LittleEndian.Uint32(data)),
		numbers: make([]int8, dimension),
	}
	for i, b := range data[4:] {
		v.numbers[i] = int8(b) //nolint:gosec // the same eight bits
	}
	ok := v.scale > 0 && !math.IsInf(float64(v.scale), 0) // also not for what is no number
	return v, ok
}
