/* SPDX-License-Identifier: Apache-2.0 */
/* Texts of the root that are the same in every mount. */
#ifndef FLYTEFS_FS_STATIC_H
#define FLYTEFS_FS_STATIC_H

#include <stddef.h>

extern const char fly_readme[];
extern const size_t fly_readme_len;

#endif
