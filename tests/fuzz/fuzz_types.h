/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The messages that the fuzz targets of the codec read: the first byte of an input chooses.
 */
#ifndef FLYTEFS_TESTS_FUZZ_TYPES_H
#define FLYTEFS_TESTS_FUZZ_TYPES_H

#include <fly_proto.h>

#include "must.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static inline const ProtobufCMessageDescriptor *fuzz_type(uint8_t choice)
{
	static const char *const names[] = {
		"flyteidl.admin.ExecutionSpec", "flyteidl.admin.Execution",
		"flyteidl.core.LiteralMap", "google.protobuf.Struct", "google.rpc.Status",
		"flyteidl.core.WorkflowTemplate", "flyteidl.admin.TaskSpec",
		"flyteidl.event.TaskExecutionEvent",
	};

	return fly_proto_find(names[choice % (sizeof(names) / sizeof(names[0]))]);
}

#endif
