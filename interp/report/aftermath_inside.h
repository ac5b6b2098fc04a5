// The inside of what is said of an end, for the files that make it up: aftermath.c (lists),
// aftermath_story.c (one step), aftermath_head.c (what it came to), aftermath_next.c (commands).

#pragma once

#include "report/aftermath.h"

void aftermath_headline(const struct history *h, struct page *p);
