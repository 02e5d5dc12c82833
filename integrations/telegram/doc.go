// Package telegram is the gateway to the Bot API: it receives raw updates (by webhook or
// by its own long polling) and hands them to a journal before they are acknowledged, turns
// one update into the domain's terms, and is the only place from which anything is sent
// into a group.
//
// It knows nothing of commands, customers and the store. Types of telego and fasthttp do not
// leave it, fasthttp's request context of the webhook handler excepted.
//
// The bot's token stands in the address of every request. It is put there by the
// transport alone, as the request is written: telego never gets it, and no error or log line
// can hold it.
package telegram
