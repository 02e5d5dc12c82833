// Package evaluation asks a set of questions whose answers are known, and tells how good the
// search in the knowledge and the advisor are: what is found, what is answered, what is left
// unanswered and what hostile questions get through. It posts and stores nothing.
package evaluation
