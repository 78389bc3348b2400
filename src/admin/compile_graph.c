/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The edges of one workflow: who waits for whom, whether every node is reached and no path comes
 * back, and the connections as the closure has them. It knows no node's kind.
 */
#include "compile.h"

static struct graph_edges *edges_of(struct graph *g, struct graph_side *side, const char *from)
{
	struct graph_edges *e = name_index_get(&side->by_id, from);

	if (e)
		return e;
	e = fly_arena_zalloc(g->c->arena, 1, sizeof(*e));
	if (!e || !name_index_put(&side->by_id, g->c->arena, from, e) ||
	    !compile_grow(g->c, &side->lists, &side->cap, side->n, sizeof(*side->lists))) {
		g->c->out_of_memory = true;
		return NULL;
	}
	e->from = from;
	side->lists[side->n++] = e;
	return e;
}

static void add(struct graph *g, struct graph_side *side, const char *from, const char *to)
{
	struct graph_edges *e = edges_of(g, side, from);

	if (!e || (e->n && !strcmp(e->to[e->n - 1], to)) ||
	    !compile_grow(g->c, &e->to, &e->cap, e->n, sizeof(*e->to)))
		return;
	e->to[e->n++] = to;
}

void graph_add_edge(struct graph *g, const char *from, const char *to,
		    enum graph_direction direction)
{
	if (!*from)
		from = COMPILE_START;
	add(g, &g->up, to, from);
	if (direction == GRAPH_BOTH)
		add(g, &g->down, from, to);
}

bool graph_has_edges(const struct graph_side *side, const char *id)
{
	return name_index_get(&side->by_id, id) != NULL;
}

static int order_edges(const void *a, const void *b)
{
	const struct graph_edges *const *p = a, *const *q = b;

	return strcmp((*p)->from, (*q)->from);
}

static void sort_side(struct graph_side *side)
{
	size_t i, j, kept;

	for (i = 0; i < side->n; i++) {
		struct graph_edges *e = side->lists[i];

		qsort(e->to, e->n, sizeof(*e->to), compile_order_text);
		for (j = kept = 0; j < e->n; j++) {
			if (!kept || strcmp(e->to[kept - 1], e->to[j]))
				e->to[kept++] = e->to[j];
		}
		e->n = kept;
	}
	if (side->n)
		qsort(side->lists, side->n, sizeof(*side->lists), order_edges);
}

/* --- paths -------------------------------------------------------------------------- */

/* One id on the way of a depth-first walk. */
struct step {
	const char *id;
	struct graph_edges *edges;
	size_t next;
	bool on_path;
};

struct paths {
	struct graph *g;
	struct graph_side *side;
	struct name_index seen;		/* id -> struct step */
	struct step **path;
	size_t n, cap;
};

static struct step *enter(struct paths *p, const char *id)
{
	struct compile *c = p->g->c;
	struct step *s = fly_arena_zalloc(c->arena, 1, sizeof(*s));

	if (!s || !name_index_put(&p->seen, c->arena, id, s) ||
	    !compile_grow(c, &p->path, &p->cap, p->n, sizeof(*p->path))) {
		c->out_of_memory = true;
		return NULL;
	}
	s->id = id;
	s->edges = name_index_get(&p->side->by_id, id);
	s->on_path = true;
	p->path[p->n++] = s;
	return s;
}

/* Walk on from an id; the id met twice on one path, or NULL. The path stands as it was then. */
static const char *walk(struct paths *p, const char *from)
{
	if (!enter(p, from))
		return NULL;
	while (p->n) {
		struct step *s = p->path[p->n - 1], *met;
		const char *to;

		if (!s->edges || s->next == s->edges->n) {
			s->on_path = false;
			p->n--;
			continue;
		}
		to = s->edges->to[s->next++];
		met = name_index_get(&p->seen, to);
		if (met && met->on_path)
			return to;
		if (!met && !enter(p, to))
			return NULL;
	}
	return NULL;
}

static void path_words(const struct paths *p, const char *again, struct fly_buf *b)
{
	size_t i;

	for (i = 0; i < p->n; i++)
		fly_buf_printf(b, "%s > ", p->path[i]->id);
	fly_buf_puts(b, again);
}

/* Nodes that wait for each other: found by walking from one of them, without the way to it. */
static void cycle_words(struct graph *g, const char *from, struct fly_buf *b)
{
	struct paths p = {.g = g, .side = &g->down};
	const char *again = walk(&p, from);
	size_t i = 0;

	if (!again)
		return;
	while (strcmp(p.path[i]->id, again))
		i++;
	fly_buf_puts(b, ": they wait for each other in a cycle, ");
	for (; i < p.n; i++)
		fly_buf_printf(b, "%s > ", p.path[i]->id);
	fly_buf_puts(b, again);
}

static void check_reached(struct graph *g, const struct paths *p)
{
	auto_buf names = {0};
	const char *first = NULL;
	size_t i;

	for (i = 0; i < g->n_nodes; i++) {
		const char *id = g->nodes[i]->core->id;

		if (!strcmp(id, COMPILE_END) || name_index_get(&p->seen, id))
			continue;
		fly_buf_printf(&names, "%s%s", first ? ", " : "", id);
		if (!first)
			first = id;
	}
	if (!first)
		return;
	cycle_words(g, first, &names);
	if (names.failed)
		g->c->out_of_memory = true;
	else
		compile_fault(g->c, "UnreachableNodes", COMPILE_START,
			      "nothing ever starts %s", names.data);
}

void graph_check_paths(struct graph *g)
{
	struct paths p = {.g = g, .side = &g->down};
	auto_buf words = {0};
	const char *again;

	sort_side(&g->up);
	sort_side(&g->down);
	again = walk(&p, COMPILE_START);
	if (!again) {
		if (!g->c->out_of_memory)
			check_reached(g, &p);
		return;
	}
	path_words(&p, again, &words);
	if (words.failed)
		g->c->out_of_memory = true;
	else
		compile_fault(g->c, "CycleDetected", COMPILE_START,
			      "the nodes wait for each other in a cycle, %s", words.data);
}

/* --- connections -------------------------------------------------------------------- */

static Flyteidl__Core__ConnectionSet__IdList *id_list(struct compile *c, struct graph_edges *e)
{
	Flyteidl__Core__ConnectionSet__IdList *list =
		fly_admin_new(Flyteidl__Core__ConnectionSet__IdList,
			      flyteidl__core__connection_set__id_list, c->arena);

	if (!list) {
		c->out_of_memory = true;
		return NULL;
	}
	list->n_ids = e->n;
	list->ids = (char **)e->to;
	return list;
}

Flyteidl__Core__ConnectionSet *graph_connections(struct graph *g)
{
	struct fly_arena *arena = g->c->arena;
	Flyteidl__Core__ConnectionSet *set =
		fly_admin_new(Flyteidl__Core__ConnectionSet, flyteidl__core__connection_set, arena);
	size_t i;

	if (set) {
		set->upstream = fly_arena_zalloc(arena, g->up.n + 1, sizeof(*set->upstream));
		set->downstream = fly_arena_zalloc(arena, g->down.n + 1, sizeof(*set->downstream));
	}
	if (!set || !set->upstream || !set->downstream) {
		g->c->out_of_memory = true;
		return NULL;
	}
	for (i = 0; i < g->up.n; i++) {
		Flyteidl__Core__ConnectionSet__UpstreamEntry *e =
			fly_admin_new(Flyteidl__Core__ConnectionSet__UpstreamEntry,
				      flyteidl__core__connection_set__upstream_entry, arena);

		if (!e || !(e->value = id_list(g->c, g->up.lists[i])))
			return NULL;
		e->key = (char *)g->up.lists[i]->from;
		set->upstream[set->n_upstream++] = e;
	}
	for (i = 0; i < g->down.n; i++) {
		Flyteidl__Core__ConnectionSet__DownstreamEntry *e =
			fly_admin_new(Flyteidl__Core__ConnectionSet__DownstreamEntry,
				      flyteidl__core__connection_set__downstream_entry, arena);

		if (!e || !(e->value = id_list(g->c, g->down.lists[i])))
			return NULL;
		e->key = (char *)g->down.lists[i]->from;
		set->downstream[set->n_downstream++] = e;
	}
	return set;
}
