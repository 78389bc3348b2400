/* SPDX-License-Identifier: Apache-2.0 */
/* See kernel.h. */
#include "kernel.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>

#include "must.h"
#include "ops.h"
#include "table.h"

#define PATIENCE_S 20
#define MESSAGE_MAX ((size_t)1 << 20)
#define MEMORY_MAX ((size_t)256 << 20)	/* only what is used becomes memory */

/* --- answers --------------------------------------------------------------- */

/* With KERNEL_TRACE set, every request and answer is a line on stderr. */
static bool is_traced(void)
{
	static int traced = -1;

	if (traced < 0)
		traced = getenv("KERNEL_TRACE") != NULL;
	return traced;
}

static size_t put_locked(struct kernel *k, const void *data, size_t len)
{
	must(k->used + len <= MEMORY_MAX);
	if (len)
		memcpy(k->memory + k->used, data, len);
	k->used += len;
	return len;
}

static void take_answer(struct kernel *k, const struct fuse_out_header *h, const struct iovec *iov,
			int count)
{
	struct kernel_answer *a;

	must(h->unique && h->unique <= k->n_sent);
	must(h->error <= 0 && h->error > -512);
	pthread_mutex_lock(&k->lock);
	a = &k->answers[h->unique - 1];
	must(!a->is_there);
	a->error = -h->error;
	a->data.data = k->memory + k->used;
	for (int i = 1; i < count; i++)
		a->data.len += put_locked(k, iov[i].iov_base, iov[i].iov_len);
	if (is_traced())
		fprintf(stderr, "\t%llu: %s, %zu bytes\n", (unsigned long long)h->unique,
			a->error ? strerrorname_np(a->error) : "good", a->data.len);
	/* An error has nothing behind its header. */
	must(!a->error || !a->data.len);
	a->is_there = true;
	pthread_cond_broadcast(&k->wake);
	pthread_mutex_unlock(&k->lock);
}

/* A notification that waits for pages under READ could not be killed. */
static void take_notification(struct kernel *k, const struct fuse_out_header *h,
			      const struct iovec *iov)
{
	const struct fuse_notify_inval_inode_out *inode = iov[1].iov_base;

	if (h->error == FUSE_NOTIFY_INVAL_INODE) {
		struct fly_ino ino = fly_ino_unpack(inode->ino);

		must(inode->off < 0 || fly_file_is_dir(ino.kind, ino.index));
	}
	pthread_mutex_lock(&k->lock);
	k->n_notified++;
	pthread_mutex_unlock(&k->lock);
}

static ssize_t take(int fd, struct iovec *iov, int count, void *userdata)
{
	struct fly_fs *fs = userdata;
	struct kernel *k = fs->stats_arg;
	const struct fuse_out_header *h = iov[0].iov_base;
	size_t total = 0;

	for (int i = 0; i < count; i++)
		total += iov[i].iov_len;
	must(iov[0].iov_len == sizeof(*h) && h->len == total);
	if (h->unique)
		take_answer(k, h, iov, count);
	else
		take_notification(k, h, iov);
	return (ssize_t)total;
}

/* Nobody reads: requests are handed over in memory. */
static ssize_t read_nothing(int fd, void *data, size_t len, void *userdata)
{
	errno = EAGAIN;
	return -1;
}

bool kernel_is_answered(struct kernel *k, uint64_t number)
{
	bool answered;

	pthread_mutex_lock(&k->lock);
	answered = k->answers[number - 1].is_there;
	pthread_mutex_unlock(&k->lock);
	return answered;
}

const struct kernel_answer *kernel_wait(struct kernel *k, uint64_t number)
{
	struct kernel_answer *a = &k->answers[number - 1];
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += PATIENCE_S;
	pthread_mutex_lock(&k->lock);
	while (!a->is_there)
		must(pthread_cond_timedwait(&k->wake, &k->lock, &until) == 0);
	pthread_mutex_unlock(&k->lock);
	return a;
}

/* --- requests --------------------------------------------------------------- */

uint64_t kernel_send(struct kernel *k, enum fuse_opcode op, uint64_t node,
		     const struct kernel_part *parts, size_t n)
{
	struct fuse_in_header h = {
		.opcode = op, .nodeid = node, .uid = k->uid, .gid = k->gid, .pid = (uint32_t)k->pid,
	};
	struct fuse_buf buf = {0};
	uint8_t *message;

	must(k->n_sent < KERNEL_REQUESTS_MAX);
	h.unique = ++k->n_sent;
	h.len = sizeof(h);
	for (size_t i = 0; i < n; i++)
		h.len += (uint32_t)parts[i].len;
	pthread_mutex_lock(&k->lock);
	k->used = (k->used + 15) & ~(size_t)15;
	message = k->memory + k->used;
	put_locked(k, &h, sizeof(h));
	for (size_t i = 0; i < n; i++)
		put_locked(k, parts[i].data, parts[i].len);
	k->used = (k->used + 15) & ~(size_t)15;
	pthread_mutex_unlock(&k->lock);
	if (is_traced())
		fprintf(stderr, "%llu: op %d node %llx %.*s\n", (unsigned long long)h.unique, op,
			(unsigned long long)node, n ? (int)parts[n - 1].len : 0,
			n ? (const char *)parts[n - 1].data : "");
	buf.size = h.len;
	buf.mem = message;
	fuse_session_process_buf(k->fs->session, &buf);
	/* Whoever parks a request keeps what it needs of it: a real buffer is used again. */
	memset(message, 0xa5, h.len);
	return h.unique;
}

static const struct kernel_answer *ask(struct kernel *k, enum fuse_opcode op, uint64_t node,
				       const struct kernel_part *parts, size_t n)
{
	return kernel_wait(k, kernel_send(k, op, node, parts, n));
}

static struct kernel_part part_of(const char *text)
{
	return (struct kernel_part){text, strlen(text) + 1};
}

static int entry_of(const struct kernel_answer *a, struct fuse_entry_out *out)
{
	if (a->error)
		return -a->error;
	must(a->data.len == sizeof(*out));
	memcpy(out, a->data.data, sizeof(*out));
	must(!out->nodeid || out->attr.ino == out->nodeid);
	must(out->attr.nlink || !out->nodeid);
	return 0;
}

int kernel_lookup(struct kernel *k, uint64_t dir, const char *name, struct fuse_entry_out *out)
{
	struct kernel_part parts[] = {part_of(name)};
	int rc = entry_of(ask(k, FUSE_LOOKUP, dir, parts, 1), out);

	/* A node of zero: it is not there, which the kernel may remember. */
	return rc ? rc : out->nodeid ? 0 : -ENOENT;
}

static int attr_of(const struct kernel_answer *a, struct fuse_attr *out)
{
	const struct fuse_attr_out *attr = (const void *)a->data.data;

	if (a->error)
		return -a->error;
	must(a->data.len == sizeof(*attr));
	*out = attr->attr;
	return 0;
}

int kernel_getattr(struct kernel *k, uint64_t node, struct fuse_attr *out)
{
	const struct fuse_getattr_in in = {0};
	struct kernel_part parts[] = {{&in, sizeof(in)}};
	int rc = attr_of(ask(k, FUSE_GETATTR, node, parts, 1), out);

	must(rc || out->ino == node);
	return rc;
}

int kernel_setattr(struct kernel *k, uint64_t node, const struct fuse_setattr_in *in,
		   struct fuse_attr *out)
{
	struct kernel_part parts[] = {{in, sizeof(*in)}};
	int rc = attr_of(ask(k, FUSE_SETATTR, node, parts, 1), out);

	must(rc || out->ino == node);
	return rc;
}

int kernel_readlink(struct kernel *k, uint64_t node, struct fly_bytes *out)
{
	const struct kernel_answer *a = ask(k, FUSE_READLINK, node, NULL, 0);

	if (a->error)
		return -a->error;
	must(a->data.len && a->data.len <= 4096);
	*out = a->data;
	return 0;
}

int kernel_mkdir(struct kernel *k, uint64_t dir, const char *name, mode_t mode,
		 struct fuse_entry_out *out)
{
	const struct fuse_mkdir_in in = {.mode = S_IFDIR | mode, .umask = 022};
	struct kernel_part parts[] = {{&in, sizeof(in)}, part_of(name)};
	int rc = entry_of(ask(k, FUSE_MKDIR, dir, parts, 2), out);

	must(rc || (out->nodeid && S_ISDIR(out->attr.mode)));
	return rc;
}

int kernel_create(struct kernel *k, uint64_t dir, const char *name, mode_t mode,
		  struct fuse_entry_out *out)
{
	const struct fuse_create_in in = {
		.flags = O_CREAT | O_RDWR, .mode = S_IFREG | mode, .umask = 022,
	};
	struct kernel_part parts[] = {{&in, sizeof(in)}, part_of(name)};
	const struct kernel_answer *a = ask(k, FUSE_CREATE, dir, parts, 2);

	if (a->error)
		return -a->error;
	must(a->data.len == sizeof(*out) + sizeof(struct fuse_open_out));
	memcpy(out, a->data.data, sizeof(*out));
	must(out->nodeid && S_ISREG(out->attr.mode));
	return 0;
}

int kernel_mknod(struct kernel *k, uint64_t dir, const char *name, mode_t mode,
		 struct fuse_entry_out *out)
{
	const struct fuse_mknod_in in = {.mode = mode, .umask = 022};
	struct kernel_part parts[] = {{&in, sizeof(in)}, part_of(name)};
	int rc = entry_of(ask(k, FUSE_MKNOD, dir, parts, 2), out);

	must(rc || (out->nodeid && (out->attr.mode & S_IFMT) == (mode & S_IFMT)));
	return rc;
}

int kernel_link(struct kernel *k, uint64_t node, uint64_t dir, const char *name)
{
	const struct fuse_link_in in = {.oldnodeid = node};
	struct kernel_part parts[] = {{&in, sizeof(in)}, part_of(name)};
	struct fuse_entry_out out;

	return entry_of(ask(k, FUSE_LINK, dir, parts, 2), &out);
}

int kernel_open(struct kernel *k, uint64_t node, bool is_dir)
{
	const struct fuse_open_in in = {.flags = O_RDONLY};
	struct kernel_part parts[] = {{&in, sizeof(in)}};

	return -ask(k, is_dir ? FUSE_OPENDIR : FUSE_OPEN, node, parts, 1)->error;
}

int kernel_symlink(struct kernel *k, uint64_t dir, const char *name, const char *target,
		   struct fuse_entry_out *out)
{
	struct kernel_part parts[] = {part_of(name), part_of(target)};
	int rc = entry_of(ask(k, FUSE_SYMLINK, dir, parts, 2), out);

	must(rc || (out->nodeid && S_ISLNK(out->attr.mode)));
	return rc;
}

/* An answer without content. */
static int bare(const struct kernel_answer *a)
{
	must(!a->data.len);
	return -a->error;
}

int kernel_unlink(struct kernel *k, uint64_t dir, const char *name)
{
	struct kernel_part parts[] = {part_of(name)};

	return bare(ask(k, FUSE_UNLINK, dir, parts, 1));
}

int kernel_rmdir(struct kernel *k, uint64_t dir, const char *name)
{
	struct kernel_part parts[] = {part_of(name)};

	return bare(ask(k, FUSE_RMDIR, dir, parts, 1));
}

int kernel_rename(struct kernel *k, uint64_t dir, const char *name, uint64_t newdir,
		  const char *newname, unsigned flags)
{
	const struct fuse_rename2_in in = {.newdir = newdir, .flags = flags};
	struct kernel_part parts[] = {{&in, sizeof(in)}, part_of(name), part_of(newname)};

	return bare(ask(k, FUSE_RENAME2, dir, parts, 3));
}

int kernel_read(struct kernel *k, uint64_t node, uint64_t off, size_t size, struct fly_bytes *out)
{
	const struct fuse_read_in in = {
		.offset = off, .size = size > MESSAGE_MAX ? MESSAGE_MAX : (uint32_t)size,
	};
	struct kernel_part parts[] = {{&in, sizeof(in)}};
	const struct kernel_answer *a = ask(k, FUSE_READ, node, parts, 1);

	must(a->data.len <= in.size);
	*out = a->data;
	return -a->error;
}

int kernel_write(struct kernel *k, uint64_t node, uint64_t off, const void *data, size_t size)
{
	const struct fuse_write_in in = {.offset = off, .size = (uint32_t)size};
	struct kernel_part parts[] = {{&in, sizeof(in)}, {data, size}};
	const struct kernel_answer *a = ask(k, FUSE_WRITE, node, parts, 2);
	struct fuse_write_out out;

	if (a->error)
		return -a->error;
	must(a->data.len == sizeof(out));
	memcpy(&out, a->data.data, sizeof(out));
	/* Short writes are retried by nobody where a document is concerned. */
	must(out.size == size);
	return (int)out.size;
}

int kernel_readdir(struct kernel *k, uint64_t dir, uint64_t off, size_t size,
		   struct fly_bytes *out)
{
	const struct fuse_read_in in = {.offset = off, .size = (uint32_t)size};
	struct kernel_part parts[] = {{&in, sizeof(in)}};
	const struct kernel_answer *a = ask(k, FUSE_READDIRPLUS, dir, parts, 1);

	must(a->data.len <= size);
	*out = a->data;
	return -a->error;
}

int kernel_statfs(struct kernel *k, uint64_t node)
{
	return -ask(k, FUSE_STATFS, node, NULL, 0)->error;
}

int kernel_poll(struct kernel *k, uint64_t node, bool notify)
{
	const struct fuse_poll_in in = {
		.kh = node, .flags = notify ? FUSE_POLL_SCHEDULE_NOTIFY : 0, .events = 1,
	};
	struct kernel_part parts[] = {{&in, sizeof(in)}};

	return -ask(k, FUSE_POLL, node, parts, 1)->error;
}

/* Nothing is to come to such a request. */
static void is_not_answered(struct kernel *k, uint64_t number)
{
	pthread_mutex_lock(&k->lock);
	must(!k->answers[number - 1].is_there);
	k->answers[number - 1].is_there = true;
	pthread_mutex_unlock(&k->lock);
}

void kernel_forget(struct kernel *k, uint64_t node, uint64_t count)
{
	const struct fuse_forget_in in = {.nlookup = count};
	struct kernel_part parts[] = {{&in, sizeof(in)}};

	is_not_answered(k, kernel_send(k, FUSE_FORGET, node, parts, 1));
}

void kernel_forget_both(struct kernel *k, uint64_t a, uint64_t a_count, uint64_t b,
			uint64_t b_count)
{
	const struct fuse_batch_forget_in in = {.count = 2};
	const struct fuse_forget_one both[] = {{a, a_count}, {b, b_count}};
	struct kernel_part parts[] = {{&in, sizeof(in)}, {both, sizeof(both)}};

	is_not_answered(k, kernel_send(k, FUSE_BATCH_FORGET, 0, parts, 2));
}

void kernel_interrupt(struct kernel *k, uint64_t number)
{
	const struct fuse_interrupt_in in = {.unique = number};
	struct kernel_part parts[] = {{&in, sizeof(in)}};

	is_not_answered(k, kernel_send(k, FUSE_INTERRUPT, 0, parts, 1));
}

/* --- the session -------------------------------------------------------------- */

static int init(struct kernel *k)
{
	const struct fuse_init_in in = {
		.major = FUSE_KERNEL_VERSION, .minor = FUSE_KERNEL_MINOR_VERSION,
		.max_readahead = 128 << 10, .flags = ~(uint32_t)FUSE_INIT_EXT,
	};
	struct kernel_part parts[] = {{&in, sizeof(in)}};
	const struct kernel_answer *a = ask(k, FUSE_INIT, 0, parts, 1);

	return -a->error;
}

int kernel_begin(struct kernel *k, struct fly_fs *fs)
{
	static const struct fuse_custom_io io = {.writev = take, .read = read_nothing};
	char *words[] = {(char *)"flytefs", NULL};
	struct fuse_args args = FUSE_ARGS_INIT(1, words);
	struct fuse_session *session;
	pthread_condattr_t attr;
	int rc;

	*k = (struct kernel){.fs = fs, .uid = getuid(), .gid = getgid(), .pid = getpid()};
	k->memory = mmap(NULL, MEMORY_MAX, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (k->memory == MAP_FAILED)
		return -errno;
	pthread_mutex_init(&k->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&k->wake, &attr);
	pthread_condattr_destroy(&attr);
	fs->stats_arg = k;
	session = fuse_session_new(&args, &fly_fs_ops, sizeof(fly_fs_ops), fs);
	fuse_opt_free_args(&args);
	if (!session)
		return -ENOMEM;
	rc = fuse_session_custom_io(session, &io, open("/dev/null", O_RDWR | O_CLOEXEC));
	fs->session = session;
	return rc < 0 ? rc : init(k);
}

void kernel_end(struct kernel *k)
{
	fly_fs_unmount(k->fs, false);
	for (uint64_t i = 0; i < k->n_sent; i++)
		kernel_wait(k, i + 1);
	munmap(k->memory, MEMORY_MAX);
	pthread_cond_destroy(&k->wake);
	pthread_mutex_destroy(&k->lock);
}
