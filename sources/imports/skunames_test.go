package imports_test

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"hybridaudit/sources/imports"
)

const licenceNames = "Product_Display_Name,String_Id,GUID,Service_Plan_Name,Service_Plan_Id,Service_Plans_Included_Friendly_Names\r\n" +
	"Microsoft 365 E3,SPE_E3,05E9A617-0261-4CEE-BB44-138D3EF5D965,TEAMS1,57ff2da0-773e-42df-b2af-ffb7a2317929,Microsoft Teams\r\n" +
	"Microsoft 365 E3,SPE_E3,05e9a617-0261-4cee-bb44-138d3ef5d965,MCOSTANDARD,0feaeb32-d00e-4d66-bd5a-43b5b83db82c, \"Skype, Plan 2\"\r\n" +
	"Another name,SPE_E3,05e9a617-0261-4cee-bb44-138d3ef5d965,X,not a GUID,Nobody\r\n" +
	"Café – “Teams”,CAFE,6fd2c87f-b296-42f0-b197-1e91e994b900\r\n" +
	",EMPTY,c7df2760-2c81-4ef7-b578-5b5392b571df,Y,f47330e9-c134-43b3-9993-e7f004506889,\r\n"

func TestReadLicenceNames(t *testing.T) {
	want := imports.LicenceNames{
		SKUs:  map[string]string{"05e9a617-0261-4cee-bb44-138d3ef5d965": "Microsoft 365 E3", "6fd2c87f-b296-42f0-b197-1e91e994b900": "Café – “Teams”"},
		Plans: map[string]string{"57ff2da0-773e-42df-b2af-ffb7a2317929": "Microsoft Teams", "0feaeb32-d00e-4d66-bd5a-43b5b83db82c": `"Skype, Plan 2"`},
	}
	encoded := func(s string, err error) string {
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	quoted := strings.ReplaceAll(licenceNames, ` "Skype, Plan 2"`, `"""Skype, Plan 2"""`)
	for name, text := range map[string]string{
		"UTF-8": quoted, "with a mark": "\ufeff" + quoted, "Windows-1252": encoded(charmap.Windows1252.NewEncoder().String(quoted)),
		"UTF-16":                 encoded(unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().String(quoted)),
		"saved by a spreadsheet": strings.ReplaceAll(strings.ReplaceAll(strings.ReplaceAll(quoted, `"""Skype, Plan 2"""`, `"""Skype| Plan 2"""`), ",", ";"), "|", ","),
	} {
		got, err := imports.ReadLicenceNames(strings.NewReader(text), "names.csv")
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestBadLicenceNames(t *testing.T) {
	header, _, _ := strings.Cut(licenceNames, "\r\n")
	for name, c := range map[string]struct{ text, want string }{
		"empty":         {"", "lacks the columns Product_Display_Name, GUID"},
		"another file":  {"Identity,Mode\nGlobal,Islands\n", "names.csv: it is not Microsoft's list"},
		"a column lost": {strings.ReplaceAll(licenceNames, "Service_Plan_Id", "x"), "lacks the columns Service_Plan_Id"},
		"no row":        {header + "\n", "names no subscription"},
		"many rows":     {header + "\n" + strings.Repeat("a,b,c\n", 200_001), "more than 200000 rows"},
		"large":         {strings.Repeat("x", 16<<20+1), "larger than the 16 MiB"},
		"open quotes":   {header + "\nA,\"B", "names no subscription"},
	} {
		_, err := imports.ReadLicenceNames(strings.NewReader(c.text), "names.csv")
		var fault *imports.ExportError
		if !errors.As(err, &fault) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
	if _, err := imports.ReadLicenceNames(iotest.ErrReader(io.ErrUnexpectedEOF), "names.csv"); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("a source that fails: %v", err)
	}
}

func FuzzReadLicenceNames(f *testing.F) {
	for _, s := range []string{"", licenceNames, "\ufeff" + licenceNames, "\xff\xfeP", "GUID;Service_Plan_Id;Product_Display_Name;Service_Plans_Included_Friendly_Names\n\x80;;;\n"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		names, err := imports.ReadLicenceNames(strings.NewReader(string(text)), "names.csv")
		if err == nil && len(names.SKUs) == 0 {
			t.Error("no names and no error")
		}
		for id, n := range names.SKUs {
			if len(id) != 36 || n == "" || len(n) > 500 {
				t.Errorf("%q is called %q", id, n)
			}
		}
	})
}
