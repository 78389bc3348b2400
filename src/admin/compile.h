/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The workflow compiler, seen by its own files. One compilation collects every fault it finds; one
 * graph is one workflow (the primary one or a subworkflow) on its way to nodes and connections.
 * A rule that fails counts a fault; whether a part was good is whether the count stood still.
 * Source: flyte-engine §1.5.
 */
#ifndef FLYTEFS_ADMIN_COMPILE_H
#define FLYTEFS_ADMIN_COMPILE_H

#include "admin_private.h"
#include "name_index.h"

#define COMPILE_START "start-node"
#define COMPILE_END "end-node"
/* Of subworkflows in subworkflows, and of nodes whose interface hangs on that of others. */
#define COMPILE_DEPTH_MAX 64

struct compile_fault {
	const char *code, *node, *text;
};

enum compile_state { COMPILE_RAW = 0, COMPILE_UNDER_WAY, COMPILE_GOOD, COMPILE_BAD };

struct compile_sub {
	Flyteidl__Core__CompiledWorkflow *workflow;
	enum compile_state state;
	bool walked;			/* its requirements were collected */
};

struct compile {
	struct fly_arena *arena;
	struct compile_fault *faults;
	size_t n_faults, cap_faults;
	size_t n_found;			/* all faults, the muted ones too */
	unsigned muted;			/* > 0: trying something out, faults are only counted */
	unsigned depth;
	bool out_of_memory;
	struct name_index subs;		/* compile_id_key -> struct compile_sub */
	struct name_index tasks;	/* -> Flyteidl__Core__TaskTemplate */
	struct name_index plans;	/* -> struct fly_compile_plan */
};

struct graph_node {
	Flyteidl__Core__Node *core;
	Flyteidl__Core__TypedInterface *interface;	/* once COMPILE_GOOD */
	enum compile_state state;			/* of the interface */
	struct graph_node **children;			/* of a branch, an array */
	size_t n_children;
	struct name_index outputs;			/* name, aliases applied -> Variable */
	struct name_index inputs;			/* name -> Variable */
	bool outputs_known, inputs_known;
};

struct graph_edges {
	const char *from;
	const char **to;
	size_t n, cap;
};

/* Neighbours by node id, one direction. Ids that no node has may occur. */
struct graph_side {
	struct name_index by_id;		/* -> struct graph_edges */
	struct graph_edges **lists;		/* in order of appearance */
	size_t n, cap;
};

enum graph_direction {
	GRAPH_BOTH,
	GRAPH_UPSTREAM,		/* branch children, failure nodes: not walked from the start node */
};

struct graph {
	struct compile *c;
	Flyteidl__Core__WorkflowTemplate *workflow;
	struct graph_node **nodes;
	size_t n_nodes;
	struct name_index by_id;		/* -> struct graph_node */
	struct graph_side up, down;
};

/* compile_fault.c */
void compile_fault(struct compile *c, const char *code, const char *node, const char *format, ...)
	FLY_PRINTF(4, 5);
/** Count a fault that is told elsewhere already. */
void compile_fault_known(struct compile *c);
/** Refuse with all faults, sorted; 0 when there is none. */
int compile_verdict(struct compile *c, const Flyteidl__Core__Identifier *id, struct fly_why *why);
/** Grow an array in the arena to hold one more; false (and out_of_memory) without memory. */
bool compile_grow(struct compile *c, void *array, size_t *cap, size_t n, size_t size);
/** qsort's order of texts. */
int compile_order_text(const void *a, const void *b);
/** A type in words, in the arena. */
const char *compile_type_words(struct compile *c, const Flyteidl__Core__LiteralType *type);

/* compile_needs.c */
/** Names an identifier in a table; NULL (and out_of_memory) without memory. */
const char *compile_id_key(struct compile *c, const Flyteidl__Core__Identifier *id);
const char *compile_id_words(struct compile *c, const Flyteidl__Core__Identifier *id);
void compile_index_subs(struct compile *c, Flyteidl__Core__CompiledWorkflow **list, size_t n);
void compile_collect_needs(struct compile *c, const Flyteidl__Core__WorkflowTemplate *primary,
			   struct fly_compile_needs *out);

/* compile_graph.c */
void graph_add_edge(struct graph *g, const char *from, const char *to,
		    enum graph_direction direction);
bool graph_has_edges(const struct graph_side *side, const char *id);
/** Sort the neighbours, check that every node is reached and none twice in a path. */
void graph_check_paths(struct graph *g);
Flyteidl__Core__ConnectionSet *graph_connections(struct graph *g);

/* compile_interface.c */
struct graph_node *graph_new_node(struct graph *g, Flyteidl__Core__Node *core);
/** The effective interface of a node, computed on first use; NULL when it is faulty. */
Flyteidl__Core__TypedInterface *graph_interface(struct graph *g, struct graph_node *n);
/** Every variable has a name and a type. */
void compile_check_interface(struct compile *c, const char *node,
			     Flyteidl__Core__TypedInterface *interface);
/** An input of a node whose interface is known; NULL when it has none of this name. */
const Flyteidl__Core__Variable *graph_input(struct graph *g, struct graph_node *n,
					    const char *name);
/** An output of a node by its name or alias; a fault on the node when it has none. */
const Flyteidl__Core__Variable *graph_output(struct graph *g, struct graph_node *n,
					     const char *name);
/** The outputs under their aliases; faults for aliases of nothing. */
void graph_know_outputs(struct graph *g, struct graph_node *n);
Flyteidl__Core__VariableMap *compile_no_variables(struct compile *c);

/* compile_branch.c */
Flyteidl__Core__TypedInterface *branch_interface(struct graph *g, struct graph_node *n);
/** Conditions and children of a branch; true when all is good. */
bool branch_check(struct graph *g, struct graph_node *n);

/* compile_condition.c */
void condition_check(struct graph *g, struct graph_node *n,
		     const Flyteidl__Core__BooleanExpression *e);

/* compile_binding.c */
/**
 * Check a node's bindings against params; adds the edges that they mean.
 * @typed     false: names and types are taken as they come (branches, approvals)
 * @resolved  when not NULL: what each bound variable's type is
 */
void graph_check_bindings(struct graph *g, struct graph_node *n,
			  const Flyteidl__Core__VariableMap *params, bool typed,
			  enum graph_direction direction,
			  Flyteidl__Core__VariableMap **resolved);

/* compile_node.c */
/** Interface, aliases and inner parts of a node; true when all is good. */
bool graph_check_node(struct graph *g, struct graph_node *n);
void graph_add_node_edges(struct graph *g, struct graph_node *n, enum graph_direction direction);
/** Compile one workflow in place: nodes, connections. */
void compile_graph(struct compile *c, Flyteidl__Core__CompiledWorkflow *workflow);

#endif
