// Package telegramtest is a fake Telegram Bot API server together with the groups it pretends to
// serve. Tests, the demo and the load command drive the real bot against it.
//
// Two sides meet in a [Server]. The bot talks HTTP to it as to api.telegram.org; people in the
// group are played through Go methods: [Server.AddGroup], [Server.CreateTopic], [Server.Post],
// [Server.Press], [Server.SetMember]. What the bot did is read back with [Server.Messages],
// [Server.Sent], [Server.Subscribe] and [Server.WaitFor]. Faults are switched on with
// [Server.Fail], [Server.StealPolling], [Server.SetNetwork] and Limits.
//
// It is stricter than the real server in one way: a parameter or field that Bot API 10.2 (the
// embedded botapi.json) does not know, a missing required one or a wrong basic type is refused with
// 400 and recorded in [Server.Violations]; the real server ignores unknown parameters.
//
// It does not simulate parse_mode, automatic links in the bot's texts, the 3 s hold of repeated
// getUpdates calls, uploads by URL, or any method it does not list as simulated ([Simulated]).
//
// All methods are safe for concurrent use. The clock behind dates, flood windows and expiry is
// Options.Clock; waiting (long poll, webhook backoff, faults) uses real time.
package telegramtest
