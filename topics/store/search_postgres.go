package store

import "context"

func (p *postgresEngine) index(ctx context.Context, wait bool) (bool, error) { return false, nil }
