package knowledge

import (
	"path"
	"slices"
	"sort"
	"strings"
	"unicode"
	"unicode/utf8"

	"topicpilot/topics/words"
)

// How much a word counts by where it stands; 1 is a word of a text of middle length.
const (
	ownTitle   = 4.0 // the last heading
	aboveTitle = 2.0 // headings that other chunks may share
	pathTitle  = 0.7 // folders' and file's names
	// saturation and lengthShare are k1 and b of BM25.
	saturation  = 1.2
	lengthShare = 0.6
	// maxText bounds the words of a chunk; they are fewer.
	maxText = 4096
)

// posting tells that a word stands in a document, and how much it counts there.
type posting struct {
	doc    uint32
	weight float32
}

// wordIndex finds chunks by their words. It does not change.
type wordIndex struct {
	// docs are the chunks' places in the list of all, those that everybody may read first;
	// public is how many those are.
	docs   []uint32
	public int
	// terms are the stems, sorted; the postings of terms[i] end at ends[i].
	terms    []string
	ends     []uint32
	postings []posting
	// sounds are the terms by how they sound, backwards by their letters from the last on.
	sounds    sounds
	backwards sounds
	trigrams  trigrams
	// languages are those of the documents, articles number what they are parts of.
	languages []string
	articles  []uint32
}

func newWordIndex(list []entry) *wordIndex {
	x := &wordIndex{docs: make([]uint32, 0, len(list))}
	for _, internal := range []bool{false, true} {
		for i := range list {
			if list[i].Internal == internal {
				x.docs = append(x.docs, uint32(i))
			}
		}
		if !internal {
			x.public = len(x.docs)
		}
	}
	x.build(list)
	x.sounds = newSounds(x.terms, func(term string) string { return soundOf([]rune(term)) })
	x.backwards = newSounds(x.terms, reversed)
	x.trigrams = newTrigrams(x.sounds)
	x.group(list)
	return x
}

// build makes the postings, in the order of the documents.
func (x *wordIndex) build(list []entry) {
	var total int
	for i := range list {
		total += len(list[i].Text)
	}
	middle := float64(max(total, 1)) / float64(max(len(list), 1))
	byTerm := make(map[string]*[]posting)
	count := 0
	weights := make(map[string]float64)
	for doc, at := range x.docs {
		clear(weights)
		read := words.Of(list[at].Text, maxText)
		x.languages = append(x.languages, words.Language(read))
		weigh(weights, &list[at], read, middle)
		for term, w := range weights {
			of := byTerm[term]
			if of == nil {
				of = new([]posting)
				byTerm[term] = of
			}
			weight := w * (saturation + 1) / (w + saturation)
			*of = append(*of, posting{uint32(doc), float32(weight)})
		}
		count += len(weights)
	}
	x.terms = make([]string, 0, len(byTerm))
	for term := range byTerm {
		x.terms = append(x.terms, term)
	}
	slices.Sort(x.terms)
	x.ends = make([]uint32, 0, len(x.terms))
	x.postings = make([]posting, 0, count)
	for _, term := range x.terms {
		x.postings = append(x.postings, *byTerm[term]...)
		x.ends = append(x.ends, uint32(len(x.postings))) //nolint:gosec // at most maxChunks × maxText
	}
}

// group tells which documents are parts of one article.
func (x *wordIndex) group(list []entry) {
	type article struct {
		folder int
		file   string
		row    int
	}
	numbers := make(map[article]uint32)
	for _, at := range x.docs {
		e := &list[at]
		a := article{folder: e.folder, file: e.File}
		if e.row {
			a.row = int(at)
		}
		if _, ok := numbers[a]; !ok {
			numbers[a] = uint32(len(numbers)) //nolint:gosec // at most maxChunks
		}
		x.articles = append(x.articles, numbers[a])
	}
}

// weigh adds up what each word of a chunk counts.
func weigh(weights map[string]float64, e *entry, read []words.Word, middle float64) {
	share := float64(len(e.Text)) / middle
	once := 1 / (1 - lengthShare + lengthShare*share)
	eachTerm(e.Text, read, func(term string) { weights[term] += once })
	add := func(text string, weight float64) {
		eachTerm(text, words.Of(text, maxText), func(term string) { weights[term] += weight })
	}
	add(e.own, ownTitle)
	for _, heading := range e.above {
		add(heading, aboveTitle)
	}
	for _, heading := range e.inner {
		add(heading, aboveTitle)
	}
	add(strings.TrimSuffix(e.File, path.Ext(e.File)), pathTitle)
}

// eachTerm calls yield with what the words read of a text are compared by, leaving out those
// that say nothing. Two words with a hyphen are also one, as e-mail is.
func eachTerm(text string, read []words.Word, yield func(term string)) {
	var former words.Word
	for i, w := range read {
		if i > 0 && joinedBy(text[former.To:w.From]) && areLetters(former.Letters) && areLetters(w.Letters) {
			yield(string(words.Stem(slices.Concat(former.Letters, w.Letters))))
		}
		if !empty(w.Letters) {
			yield(string(words.Stem(w.Letters)))
		}
		former = w
	}
}

func joinedBy(between string) bool { return between == "-" || between == "‑" || between == "‐" }

// empty reports whether a word says nothing of what a text is about.
func empty(word []rune) bool {
	return len(word) == 1 && word[0] < 0x0e00 && !unicode.IsDigit(word[0]) || words.Stop(word)
}

func areLetters(word []rune) bool { return !slices.ContainsFunc(word, unicode.IsDigit) }

// termAt finds a term, or -1.
func (x *wordIndex) termAt(term string) int {
	if at, ok := slices.BinarySearch(x.terms, term); ok {
		return at
	}
	return -1
}

// of gives the postings of a term among the first visible documents.
func (x *wordIndex) of(term, visible int) []posting {
	begin := uint32(0)
	if term > 0 {
		begin = x.ends[term-1]
	}
	list := x.postings[begin:x.ends[term]]
	if visible == len(x.docs) {
		return list
	}
	n := sort.Search(len(list), func(i int) bool { return int(list[i].doc) >= visible })
	return list[:n]
}

// beginning calls yield with the terms that begin with some letters; not with too many.
func (x *wordIndex) beginning(letters string, yield func(term int)) {
	at, _ := slices.BinarySearch(x.terms, letters)
	for n := 0; n < maxScanned && at < len(x.terms) && strings.HasPrefix(x.terms[at], letters); n++ {
		yield(at)
		at++
	}
}

// shared is how many characters two words begin with in common.
func shared(a, b string) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	for n > 0 && n < len(a) && !utf8.RuneStart(a[n]) {
		n--
	}
	return utf8.RuneCountInString(a[:n])
}
