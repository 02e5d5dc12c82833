package store_test

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"topicpilot/topics/store"
	"topicpilot/topics/store/storetest"
)

func open(t *testing.T, address string, options store.Options) *store.Store {
	t.Helper()
	s, err := store.Open(context.Background(), address, options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func TestSQLite(t *testing.T) {
	storetest.Run(t, func(t *testing.T) storetest.Backend {
		file := filepath.Join(t.TempDir(), "a b%41?#.db")
		return storetest.Backend{Open: func(t *testing.T, options store.Options) *store.Store {
			return open(t, "sqlite:"+file, options)
		}}
	})
}

func TestPostgres(t *testing.T) {
	server := postgresServer(t)
	storetest.Run(t, func(t *testing.T) storetest.Backend {
		address := newDatabase(t, server)
		return storetest.Backend{
			Open: func(t *testing.T, options store.Options) *store.Store { return open(t, address, options) },
			Disconnect: func(t *testing.T, instance string) {
				t.Helper()
				execute(t, address, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
					WHERE datname = current_database() AND application_name LIKE $1`, "topicpilot "+instance+" %")
			},
		}
	})
}

// postgresServer gives the address of the server for tests.
func postgresServer(t testing.TB) string {
	t.Helper()
	address := os.Getenv("TOPICPILOT_TEST_POSTGRES")
	if address != "" {
		return address
	}
	if os.Getenv("TOPICPILOT_REQUIRE_POSTGRES") == "1" {
		t.Fatal("TOPICPILOT_TEST_POSTGRES is not set")
	}
	t.Skip("TOPICPILOT_TEST_POSTGRES is not set")
	return ""
}

func newDatabase(t testing.TB, server string) string {
	t.Helper()
	name := fmt.Sprintf("topicpilot_test_%d_%d", os.Getpid(), time.Now().UnixNano())
	execute(t, server, "CREATE DATABASE "+name)
	t.Cleanup(func() { execute(t, server, "DROP DATABASE "+name+" WITH (FORCE)") })
	u, err := url.Parse(server)
	if err != nil {
		t.Fatal("TOPICPILOT_TEST_POSTGRES is no url")
	}
	u.Path = "/" + name
	return u.String()
}

func execute(t testing.TB, address, statement string, args ...any) {
	t.Helper()
	driver := "pgx"
	if file, ok := strings.CutPrefix(address, "sqlite:"); ok {
		driver, address = "sqlite", file
	}
	db, err := sql.Open(driver, address)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(statement, args...); err != nil {
		t.Fatal(err)
	}
}
