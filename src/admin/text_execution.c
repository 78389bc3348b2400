/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The texts of an execution's files that follow from its row: messages as JSON and wire bytes, its
 * phase, its error; and the sizes of them all. status and graph.dot have files of their own.
 * Source: DESIGN §3.
 */
#include "admin_private.h"
#include "text.h"
#include "text_tree.h"

#define UNMEASURED UINT32_MAX

/* How a text comes from the row. */
enum recipe {
	BLOB_JSON,	/* one blob's message as JSON */
	BLOB_PB,	/* one blob as it is */
	EXECUTION_JSON,
	EXECUTION_PB,
	ERROR_JSON,
	ERROR_TEXT,
	ABORT_JSON,
	STATUS,
	GRAPH,
	DATA_JSON,
	ID_JSON,
	PHASE_TEXT,
};

struct text {
	enum recipe recipe;
	unsigned parts;		/* blobs needed */
	size_t blob;		/* BLOB_*: offset of the struct fly_bytes in the row */
	const ProtobufCMessageDescriptor *type;	/* BLOB_JSON */
};

#define BLOB(field) offsetof(struct fly_execution, field)
#define SPEC FLY_EXECUTION_SPEC, BLOB(spec), &flyteidl__admin__execution_spec__descriptor
#define CLOSURE \
	FLY_EXECUTION_CLOSURE, BLOB(closure), &flyteidl__admin__execution_closure__descriptor
#define INPUTS FLY_EXECUTION_INPUTS, BLOB(inputs), &flyteidl__core__literal_map__descriptor
#define OUTPUTS FLY_EXECUTION_OUTPUTS, BLOB(outputs), &flyteidl__core__literal_map__descriptor

static const struct text texts[] = {
	[FLY_TEXT_SPEC_JSON] = {BLOB_JSON, SPEC},
	[FLY_TEXT_SPEC_PB] = {BLOB_PB, SPEC},
	[FLY_TEXT_CLOSURE_JSON] = {BLOB_JSON, CLOSURE},
	[FLY_TEXT_CLOSURE_PB] = {BLOB_PB, CLOSURE},
	[FLY_TEXT_EXECUTION_JSON] = {EXECUTION_JSON, FLY_EXECUTION_SPEC | FLY_EXECUTION_CLOSURE},
	[FLY_TEXT_EXECUTION_PB] = {EXECUTION_PB, FLY_EXECUTION_SPEC | FLY_EXECUTION_CLOSURE},
	[FLY_TEXT_INPUTS_JSON] = {BLOB_JSON, INPUTS},
	[FLY_TEXT_INPUTS_PB] = {BLOB_PB, INPUTS},
	[FLY_TEXT_OUTPUTS_JSON] = {BLOB_JSON, OUTPUTS},
	[FLY_TEXT_OUTPUTS_PB] = {BLOB_PB, OUTPUTS},
	[FLY_TEXT_ERROR_JSON] = {ERROR_JSON, FLY_EXECUTION_CLOSURE},
	[FLY_TEXT_ERROR] = {ERROR_TEXT, FLY_EXECUTION_CLOSURE},
	[FLY_TEXT_ABORT_JSON] = {ABORT_JSON, FLY_EXECUTION_CLOSURE},
	[FLY_TEXT_STATUS] = {STATUS, FLY_EXECUTION_CLOSURE},
	[FLY_TEXT_GRAPH_DOT] = {GRAPH, FLY_EXECUTION_HEAD},
	[FLY_TEXT_DATA_JSON] = {DATA_JSON, FLY_EXECUTION_INPUTS | FLY_EXECUTION_OUTPUTS},
	[FLY_TEXT_ID_JSON] = {ID_JSON, FLY_EXECUTION_HEAD},
	[FLY_TEXT_PHASE] = {PHASE_TEXT, FLY_EXECUTION_HEAD},
};

unsigned fly_execution_text_parts(enum fly_execution_text text)
{
	return texts[text].parts;
}

bool fly_execution_text_exists(enum fly_execution_text text, const struct fly_execution *e)
{
	switch (text) {
	case FLY_TEXT_OUTPUTS_JSON:
	case FLY_TEXT_OUTPUTS_PB:
		return e->phase == FLYTEIDL__CORE__WORKFLOW_EXECUTION__PHASE__SUCCEEDED;
	case FLY_TEXT_ERROR_JSON:
	case FLY_TEXT_ERROR:
		return e->phase == FLYTEIDL__CORE__WORKFLOW_EXECUTION__PHASE__FAILED ||
		       e->phase == FLYTEIDL__CORE__WORKFLOW_EXECUTION__PHASE__TIMED_OUT;
	case FLY_TEXT_ABORT_JSON:
		return e->phase == FLYTEIDL__CORE__WORKFLOW_EXECUTION__PHASE__ABORTED;
	default:
		return true;
	}
}

/* --- rendering ---------------------------------------------------------- */

static struct fly_bytes blob_of(const struct fly_execution *e, const struct text *t)
{
	return *(const struct fly_bytes *)((const char *)e + t->blob);
}

int fly_blob_json(const ProtobufCMessageDescriptor *type, struct fly_bytes blob, struct fly_buf *b)
{
	auto_arena arena = {0};
	ProtobufCMessage *m;
	int rc = fly_admin_unpack(type, blob, &arena, &m, NULL);

	if (rc < 0)
		return rc;
	fly_json_print(m, FLY_JSON_PRETTY, b);
	return 0;
}

static int put_id(const struct fly_execution *e, struct fly_buf *b)
{
	auto_arena arena = {0};
	Flyteidl__Core__WorkflowExecutionIdentifier *id = fly_execution_identifier(e, &arena);

	if (!id)
		return -ENOMEM;
	fly_json_print(&id->base, FLY_JSON_PRETTY, b);
	return 0;
}

static int put_execution(const struct fly_execution *e, bool json, struct fly_buf *b)
{
	Flyteidl__Admin__Execution *m;
	auto_arena arena = {0};
	int rc = fly_execution_message(e, &arena, &m, NULL);

	if (rc < 0)
		return rc;
	if (json)
		fly_json_print(&m->base, FLY_JSON_PRETTY, b);
	else
		fly_wire_print(&m->base, b);
	return 0;
}

static int put_data(const struct fly_execution *e, struct fly_buf *b)
{
	Flyteidl__Admin__WorkflowExecutionGetDataResponse *m;
	auto_arena arena = {0};
	int rc = fly_execution_data(e->inputs, e->outputs, &arena, &m, NULL);

	if (rc >= 0)
		fly_json_print(&m->base, FLY_JSON_PRETTY, b);
	return rc;
}

/*
 * The closure's result as one of its messages; where it has another one, an empty message is
 * shown.
 */
static int put_result(const struct fly_execution *e, enum recipe recipe, struct fly_buf *b)
{
	Flyteidl__Core__ExecutionError no_error = FLYTEIDL__CORE__EXECUTION_ERROR__INIT;
	Flyteidl__Admin__AbortMetadata no_abort = FLYTEIDL__ADMIN__ABORT_METADATA__INIT;
	const Flyteidl__Core__ExecutionError *error = &no_error;
	const Flyteidl__Admin__AbortMetadata *abort = &no_abort;
	Flyteidl__Admin__ExecutionClosure *closure;
	auto_arena arena = {0};
	int rc = fly_admin_unpack(&flyteidl__admin__execution_closure__descriptor, e->closure,
				  &arena, (ProtobufCMessage **)&closure, NULL);

	if (rc < 0)
		return rc;
	if (closure->output_result_case == FLYTEIDL__ADMIN__EXECUTION_CLOSURE__OUTPUT_RESULT_ERROR)
		error = closure->error;
	if (closure->output_result_case ==
	    FLYTEIDL__ADMIN__EXECUTION_CLOSURE__OUTPUT_RESULT_ABORT_METADATA)
		abort = closure->abort_metadata;
	if (recipe == ABORT_JSON)
		fly_json_print(&abort->base, FLY_JSON_PRETTY, b);
	else if (recipe == ERROR_JSON)
		fly_json_print(&error->base, FLY_JSON_PRETTY, b);
	else
		fly_put_line(b, error->message);
	return 0;
}

void fly_put_line(struct fly_buf *b, const char *text)
{
	size_t len = strlen(text);

	fly_buf_add(b, text, len);
	if (!len || text[len - 1] != '\n')
		fly_buf_putc(b, '\n');
}

void fly_put_phase(struct fly_buf *b, const char *name, int phase)
{
	if (name)
		fly_buf_printf(b, "%s\n", name);
	else
		fly_buf_printf(b, "%d\n", phase);
}

int fly_execution_text(enum fly_execution_text text, struct fly_db *db,
		       const struct fly_execution *e, struct fly_buf *b)
{
	const struct text *t = &texts[text];
	int rc = 0;

	switch (t->recipe) {
	case BLOB_JSON:
		rc = fly_blob_json(t->type, blob_of(e, t), b);
		break;
	case BLOB_PB:
		fly_buf_add(b, blob_of(e, t).data, blob_of(e, t).len);
		break;
	case EXECUTION_JSON:
	case EXECUTION_PB:
		rc = put_execution(e, t->recipe == EXECUTION_JSON, b);
		break;
	case ERROR_JSON:
	case ERROR_TEXT:
	case ABORT_JSON:
		rc = put_result(e, t->recipe, b);
		break;
	case STATUS:
		rc = fly_status_text(db, e, b);
		break;
	case GRAPH:
		rc = fly_execution_graph(db, e, b);
		break;
	case DATA_JSON:
		rc = put_data(e, b);
		break;
	case ID_JSON:
		rc = put_id(e, b);
		break;
	case PHASE_TEXT:
		fly_put_phase(b, fly_phase_name(e->phase), e->phase);
		break;
	}
	return rc < 0 ? rc : b->failed ? -ENOMEM : 0;
}

/* --- sizes -------------------------------------------------------------- */

int64_t fly_execution_text_size(enum fly_execution_text text, struct fly_db *db,
				const struct fly_execution *e)
{
	struct fly_execution full = *e;
	auto_arena arena = {0};
	auto_buf b = {0};
	int rc = 0;

	if (text < FLY_N_EXECUTION_TEXTS && e->sizes_version == FLY_TEXT_VERSION &&
	    e->sizes[text] != UNMEASURED)
		return e->sizes[text];
	if (texts[text].parts)	/* e may be a head */
		rc = fly_execution_get_id(db, e->id, texts[text].parts, &arena, &full);
	if (rc >= 0)
		rc = fly_execution_text(text, db, &full, &b);
	return rc < 0 ? rc : (int64_t)b.len;
}

static void forget_sizes(struct fly_execution *e)
{
	size_t i;

	for (i = 0; i < FLY_EXECUTION_SIZES; i++)
		e->sizes[i] = UNMEASURED;
	e->sizes_version = FLY_TEXT_VERSION;
}

static void measure(enum fly_execution_text text, struct fly_db *db, struct fly_execution *e,
		    struct fly_buf *b)
{
	size_t len;

	e->sizes[text] = UNMEASURED;
	if (!fly_execution_text_exists(text, e))
		return;
	if (texts[text].recipe == BLOB_PB) {
		len = blob_of(e, &texts[text]).len;
	} else {
		fly_buf_clear(b);
		if (fly_execution_text(text, db, e, b) < 0)
			return;
		len = b->len;
	}
	if (len < UNMEASURED)
		e->sizes[text] = (uint32_t)len;
}

void fly_execution_measure(struct fly_execution *e, unsigned parts)
{
	auto_buf b = {0};
	int i;

	if (e->sizes_version != FLY_TEXT_VERSION)
		forget_sizes(e);
	for (i = 0; i < FLY_TEXT_STATUS; i++) {
		if (!(texts[i].parts & parts))
			continue;
		/* These are not listed: their sizes cost nothing until somebody asks. */
		if (texts[i].recipe == EXECUTION_JSON || texts[i].recipe == EXECUTION_PB)
			e->sizes[i] = UNMEASURED;
		else
			measure((enum fly_execution_text)i, NULL, e, &b);
	}
}

static void measure_message(struct fly_execution *e, enum fly_execution_text json,
			    enum fly_execution_text wire, const ProtobufCMessage *m,
			    struct fly_bytes blob, struct fly_buf *b)
{
	fly_buf_clear(b);
	fly_json_print(m, FLY_JSON_PRETTY, b);
	e->sizes[json] = !b->failed && b->len < UNMEASURED ? (uint32_t)b->len : UNMEASURED;
	e->sizes[wire] = blob.len < UNMEASURED ? (uint32_t)blob.len : UNMEASURED;
}

void fly_execution_measure_new(struct fly_execution *e, const Flyteidl__Admin__ExecutionSpec *spec,
			       const Flyteidl__Admin__ExecutionClosure *closure,
			       const Flyteidl__Core__LiteralMap *inputs)
{
	auto_buf b = {0};

	forget_sizes(e);
	measure_message(e, FLY_TEXT_SPEC_JSON, FLY_TEXT_SPEC_PB, &spec->base, e->spec, &b);
	measure_message(e, FLY_TEXT_CLOSURE_JSON, FLY_TEXT_CLOSURE_PB, &closure->base, e->closure,
			&b);
	measure_message(e, FLY_TEXT_INPUTS_JSON, FLY_TEXT_INPUTS_PB, &inputs->base, e->inputs, &b);
}

void fly_execution_forget_tree(struct fly_execution *e)
{
	e->sizes[FLY_TEXT_STATUS] = e->sizes[FLY_TEXT_GRAPH_DOT] = UNMEASURED;
}

void fly_execution_measure_tree(struct fly_db *db, struct fly_execution *e)
{
	auto_buf b = {0};

	if (e->sizes_version != FLY_TEXT_VERSION)
		forget_sizes(e);
	fly_execution_forget_tree(e);
	if (!fly_phase_is_terminal(e->phase))
		return;
	measure(FLY_TEXT_STATUS, db, e, &b);
	measure(FLY_TEXT_GRAPH_DOT, db, e, &b);
}
