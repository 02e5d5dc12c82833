package telegram

import (
	"context"

	"github.com/mymmrac/telego"
)

// maxCallbackText is the Bot API's limit of a notification, in characters.
const maxCallbackText = 200

// AnswerCallback ends the waiting mark on a pressed button and shows text, if any, as a
// notification; more than 200 characters are cut. An answer that comes too late to be shown is no
// error. Other errors: as Client says.
func (c *Client) AnswerCallback(ctx context.Context, id, text string) error {
	params := telego.AnswerCallbackQueryParams{CallbackQueryID: id, Text: cutUnits(text, maxCallbackText)}
	_, err := c.call(ctx, "answerCallbackQuery", &params)
	if refusedWith(err, 400, "query is too old") || refusedWith(err, 400, "query ID is invalid") {
		return nil
	}
	return err
}
