package luminate_test

import (
	"path/filepath"
	"testing"

	luminate "github.com/luminate/luminate/capi/go"
)

func TestABackupIsAStore(t *testing.T) {
	folder := t.TempDir()
	store := openURL(t, "sqlite:"+filepath.Join(folder, "m.db"))
	writeLatencies(t, store, 10)
	if err := store.Compact(background); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(folder, "copy.db")
	if err := store.Backup(background, path, false); err != nil {
		t.Fatal(err)
	}
	failure(t, store.Backup(background, path, false), luminate.ErrInvalidRequest)
	if err := store.Backup(background, path, true); err != nil {
		t.Fatal(err)
	}
	readOnly := openURL(t, "sqlite:"+path+"?mode=ro")
	if count := query(t, readOnly, luminate.Range("api_latency").Between(at(0), at(10))).Len(); count != 30 {
		t.Errorf("the copy has %d samples, want 30", count)
	}
	failure(t, open(t).Backup(background, filepath.Join(folder, "other.db"), false), luminate.ErrInvalidRequest)
}
