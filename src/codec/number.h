/* SPDX-License-Identifier: Apache-2.0 */
/*
 * number: numbers as JSON spells them, read exactly and without regard to the locale. Knows no
 * JSON but the grammar of a number.
 */
#ifndef FLYTEFS_CODEC_NUMBER_H
#define FLYTEFS_CODEC_NUMBER_H

#include "flytefs/base.h"

/** Is the whole text a number by JSON's grammar (no '+', no leading zeros, no blanks)? */
bool fly_number_valid(const char *text, size_t len);

/*
 * Values of a text that is a valid number. Exact: 1.0, 1e2 and 150e-1 are whole, 1.5 is not
 * (-EDOM); what does not fit is -ERANGE. Only a double is rounded, to the nearest (-ERANGE: it
 * would be infinite; -ENOMEM).
 */
int fly_number_int64(const char *text, size_t len, int64_t *out);
int fly_number_uint64(const char *text, size_t len, uint64_t *out);
int fly_number_double(const char *text, size_t len, double *out);

#endif
