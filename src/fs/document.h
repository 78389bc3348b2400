/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Documents written over an existing file (project.json): collected by inode until they are
 * complete, since there is no open and no close. Bounded; what nobody completes falls out.
 */
#ifndef FLYTEFS_FS_DOCUMENT_H
#define FLYTEFS_FS_DOCUMENT_H

#include "tree.h"

struct fly_documents;

int fly_documents_create(struct fly_documents **out);
void fly_documents_destroy(struct fly_documents *documents);
/** Truncated to nothing: what came so far is forgotten. */
void fly_document_reset(struct fly_fs *fs, uint64_t number);
/**
 * A WRITE. 1: the document is complete, its text is in *text (the caller frees, *len bytes); 0:
 * more has to come; -EINVAL …: file names it in the sentence.
 */
int fly_document_write(struct fly_request *r, uint64_t number, const char *file,
		       struct fly_bytes bytes, uint64_t off, char **text, size_t *len);

#endif
