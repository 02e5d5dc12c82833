// Package transcript writes what was said in a topic as a file: HTML and Markdown to
// read, JSON for programs, JSONL to train a model with. Messages are read page by page
// and written as they come, so that a topic of any length takes the same memory.
//
// It neither stores nor sends anything. What people wrote is data in each of the formats:
// it can become neither markup nor a line that looks like somebody else's.
package transcript
