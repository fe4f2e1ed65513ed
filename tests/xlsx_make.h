#ifndef TESTS_XLSX_MAKE_H
#define TESTS_XLSX_MAKE_H

#include "base/scope.h"

/*
 * XLSX files by hand, for shapes no writer makes: parts are put into a ZIP in
 * memory as they are given.
 */
struct xlsx_part {
    const char *name;
    struct str content;
};

/* The bytes of the archive, in scope. */
struct str xlsx_make(struct scope *scope, const struct xlsx_part *parts, int count);
/* A whole file with one sheet "Data" of the given <sheetData> content and optional parts. */
struct xlsx_shape {
    const char *rows;         /* "<row r=\"1\">...</row>..." */
    const char *strings;      /* "<si>...</si>..." or NULL: no shared strings */
    const char *formats;      /* "<numFmt .../>..." or NULL */
    const char *styles;       /* "<xf numFmtId=\"14\"/>..." or NULL: no styles part */
    const char *workbook_pr;  /* attributes of <workbookPr>, or NULL */
};
struct str xlsx_make_sheet(struct scope *scope, const struct xlsx_shape *shape);

#endif
