/* SPDX-License-Identifier: Apache-2.0 */
/* Identifiers in what is written at a place of the tree, and that place. */
#ifndef FLYTEFS_ADMIN_PLACE_H
#define FLYTEFS_ADMIN_PLACE_H

#include "entity.h"

/**
 * Give every identifier of a message that names something the place's project, domain and version
 * where it has none: serialized packages leave them out, or have "{{ registration.version }}".
 */
void fly_place_fill(ProtobufCMessage *m, const Flyteidl__Core__Identifier *place);
/**
 * Does an identifier of the thing itself agree with the place (version aside)? NULL, or the field
 * that does not: "name", with given and wanted texts.
 */
const char *fly_place_disagrees(const Flyteidl__Core__Identifier *id,
				const Flyteidl__Core__Identifier *place, const char **given,
				const char **wanted);
/** The identifier of the thing itself inside its spec; NULL when it has none (launch plans). */
Flyteidl__Core__Identifier *fly_place_own_id(enum fly_kind kind, ProtobufCMessage *spec);

#endif
