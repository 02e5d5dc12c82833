package advice

import "topicpilot/topics/words"

// Likeness is how much two texts say the same, from 0 to 1: by their words, or by what these
// are spelled with, so that mistakes in typing count little; whichever is more. Order counts
// little.
func Likeness(a, b string) float64 {
	wordsA, wordsB := words.Of(a, maxWords), words.Of(b, maxWords)
	if len(wordsA) == 0 || len(wordsB) == 0 {
		if a == b && a != "" {
			return 1
		}
		return 0
	}
	byWord := func(word []rune, add func(string)) { add(string(word)) }
	return max(shared(wordsA, wordsB, byWord), shared(wordsA, wordsB, byTriple))
}

// byTriple spells a word in three letters each, with its beginning and its end.
func byTriple(word []rune, add func(string)) {
	whole := []rune(" " + string(word) + " ")
	for i := range len(whole) - 2 {
		add(string(whole[i : i+3]))
	}
}

// shared is the share of parts that two texts have together (Sørensen–Dice), each as often as
// it stands there.
func shared(a, b []words.Word, split func([]rune, func(string))) float64 {
	count := map[string]int{}
	sizeA, sizeB, same := 0, 0, 0
	for _, w := range a {
		split(w.Letters, func(part string) {
			count[part]++
			sizeA++
		})
	}
	for _, w := range b {
		split(w.Letters, func(part string) {
			sizeB++
			if count[part] > 0 {
				count[part]--
				same++
			}
		})
	}
	if sizeA+sizeB == 0 {
		return 0
	}
	return 2 * float64(same) / float64(sizeA+sizeB)
}
