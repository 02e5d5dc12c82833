package store

import (
	"context"
	"errors"
)

func (s *Store) openPostgres(context.Context, string) error {
	return errors.New("store.url: PostgreSQL is not built in")
}
