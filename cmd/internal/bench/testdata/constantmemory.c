/* constantmemory CELLS FILE.xlsx: writes the rows of CELLS into a workbook with libxlsxwriter in its constant memory mode.
   A line is a row, 0x1f stands between its cells; a cell begins with s for text, or with f for a formula, 0x1e and its result. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xlsxwriter.h>

#define COLUMNS 32

int main(int argc, char **argv) {
    if (argc != 3)
        return 2;
    FILE *in = fopen(argv[1], "r");
    if (!in)
        return 1;
    lxw_workbook_options options = {.constant_memory = LXW_TRUE};
    lxw_workbook *book = workbook_new_opt(argv[2], &options);
    lxw_worksheet *sheet = workbook_add_worksheet(book, "Findings");
    lxw_format *formats[COLUMNS];
    for (int i = 0; i < COLUMNS; i++) {
        formats[i] = workbook_add_format(book);
        format_set_font_size(formats[i], 10);
        format_set_align(formats[i], LXW_ALIGN_VERTICAL_TOP);
        format_set_bottom(formats[i], LXW_BORDER_THIN);
        format_set_indent(formats[i], i % 2);
    }
    char *line = NULL;
    size_t room = 0;
    ssize_t length;
    for (lxw_row_t row = 0; (length = getline(&line, &room, in)) > 0; row++) {
        line[length - 1] = 0;
        char *rest = line;
        for (lxw_col_t col = 0; rest && col < COLUMNS; col++) {
            char *cell = strsep(&rest, "\x1f");
            lxw_error fault = LXW_NO_ERROR;
            if (cell[0] == 'f') {
                char *result = cell + 1, *formula = strsep(&result, "\x1e");
                char buffer[512];
                snprintf(buffer, sizeof buffer, "=%s", formula);
                fault = worksheet_write_formula_str(sheet, row, col, buffer, formats[col], result);
            } else if (cell[1]) {
                fault = worksheet_write_string(sheet, row, col, cell + 1, formats[col]);
            } else {
                fault = worksheet_write_blank(sheet, row, col, formats[col]);
            }
            if (fault) {
                fprintf(stderr, "row %u: %s\n", row, lxw_strerror(fault));
                return 1;
            }
        }
    }
    free(line);
    fclose(in);
    return workbook_close(book) ? 1 : 0;
}
