package luminate

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// What this package does without, and why.
var unused = map[string]string{
	"luminate_batch_clear":       "a batch lives in C for the length of one write",
	"luminate_batch_size":        "a batch lives in C for the length of one write",
	"luminate_batch_series":      "luminate_batch_append_columns takes the series too",
	"luminate_batch_add":         "luminate_batch_append_columns takes all points",
	"luminate_batch_append":      "luminate_batch_append_columns takes all points",
	"luminate_options_get":       "options live in C while a store is opened",
	"luminate_result_text":       "luminate_result_texts gives all of a column",
	"luminate_result_text_count": "luminate_result_texts gives all of a column",
	"luminate_result_arrow":      "Go's Arrow is a module of its own, and this one has no dependencies",
}

func TestEveryFunctionOfTheHeaderIsUsedOrListed(t *testing.T) {
	header, err := os.ReadFile("../include/luminate.h")
	if os.IsNotExist(err) {
		t.Skip("this is not Luminate's source tree")
	}
	if err != nil {
		t.Fatal(err)
	}
	text := regexp.MustCompile(`(?s)/\*.*?\*/`).ReplaceAllString(string(header), "")
	declared := map[string]bool{}
	for _, match := range regexp.MustCompile(`\b(luminate_[a-z_]+)\(`).FindAllStringSubmatch(text, -1) {
		declared[match[1]] = true
	}
	if len(declared) < 80 {
		t.Fatalf("found %d functions in the header", len(declared))
	}
	used := map[string]bool{}
	sources, err := filepath.Glob("*.*")
	if err != nil {
		t.Fatal(err)
	}
	for _, source := range sources {
		if strings.HasSuffix(source, "_test.go") {
			continue
		}
		code, err := os.ReadFile(source)
		if err != nil {
			t.Fatal(err)
		}
		for _, match := range regexp.MustCompile(`\b(luminate_[a-z_]+)\(`).FindAllStringSubmatch(string(code), -1) {
			used[match[1]] = true
		}
	}
	for name := range declared {
		if used[name] == (unused[name] != "") {
			t.Errorf("%s is used: %v, and listed as unused: %v", name, used[name], unused[name] != "")
		}
	}
	for name := range unused {
		if !declared[name] {
			t.Errorf("%s is listed as unused, and there is no such function", name)
		}
	}
	for _, constant := range regexp.MustCompile(`\bLUMINATE_[A-Z_]+\b`).FindAllString(text, -1) {
		switch constant {
		case "LUMINATE_API", "LUMINATE_H", "LUMINATE_NUL", "LUMINATE_HEADER_VERSION", "LUMINATE_OK":
			continue
		}
		found := false
		for _, source := range sources {
			code, _ := os.ReadFile(source)
			found = found || strings.Contains(string(code), "C."+constant) || strings.Contains(string(code), "case "+constant)
		}
		if !found && constant != "LUMINATE_LOG_INFO" { // Which is whatever is none of the others.
			t.Errorf("%s is not known to Go", constant)
		}
	}
}
