// Package commands is what people type in a group, and what comes of it: slash
// commands as data (name, arguments, help, role, function), their parsing, the rules
// of who may run them where, and the requests that they make to outside systems.
//
// One ordered list feeds dispatch, help, Telegram's menu and the docs. To add a
// command, write commands/<name>.go and add a line to All.
//
// It is not a client of Telegram: a command is given a Request and returns a Reply;
// reading updates and sending answers is others' work.
package commands
