/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Opening and closing the store: the path, the file, the lock, the parts in their order.
 */
#include "db.h"

#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

static int system_fail(struct fly_why *why, const char *doing, const char *path)
{
	int error = errno;

	return fly_fail(why, error, "can't %s %s: %s", doing, path, strerror(error));
}

/* The absolute path without symlinks, so that two ways to a store meet at one lock. The file
 * itself may be missing; its directory may not. */
static int resolve(const char *path, char **out, struct fly_why *why)
{
	auto_free char *dir_copy = strdup(path), *base_copy = strdup(path), *dir = NULL;

	*out = realpath(path, NULL);
	if (*out)
		return 0;
	if (errno != ENOENT)
		return system_fail(why, "open", path);
	if (!dir_copy || !base_copy)
		return fly_no_memory(why);
	dir = realpath(dirname(dir_copy), NULL);
	if (!dir)
		return system_fail(why, "open", path);
	if (asprintf(out, "%s/%s", strcmp(dir, "/") == 0 ? "" : dir, basename(base_copy)) < 0) {
		*out = NULL;
		return fly_no_memory(why);
	}
	return 0;
}

static int sync_directory_of(const char *path)
{
	auto_free char *copy = strdup(path);
	auto_fd fd = copy ? open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;

	return fd < 0 || fsync(fd) < 0 ? -errno : 0;
}

/* Made here, not by SQLite, so that its mode (and with it that of -wal and -shm) is 0600 whatever
 * the umask, and its name lasts. */
static int make_file(const char *path, struct fly_why *why)
{
	auto_fd fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd < 0)
		return errno == EEXIST ? 0 : system_fail(why, "make", path);
	if (fchmod(fd, 0600) < 0 || sync_directory_of(path) < 0)
		return system_fail(why, "make", path);
	return 0;
}

static int check_file(const char *path, bool read_only, struct fly_why *why)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return system_fail(why, "open", path);
	if (S_ISDIR(st.st_mode))
		return fly_fail(why, EISDIR, "%s is a directory, not a store", path);
	if (!S_ISREG(st.st_mode))
		return fly_fail(why, EINVAL, "%s is not a regular file", path);
	if (access(path, read_only ? R_OK : R_OK | W_OK) < 0)
		return system_fail(why, "open", path);
	return 0;
}

/*
 * SQLite gives -wal and -shm the store's mode: who looked at it while it was write-protected has
 * left them so, and only root could write.
 */
static int open_companion(const char *store, const char *end, struct fly_why *why)
{
	auto_free char *path = NULL, *number = NULL;
	auto_fd fd = -1;
	struct stat st;

	if (asprintf(&path, "%s%s", store, end) < 0) {
		path = NULL;
		return fly_no_memory(why);
	}
	fd = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_uid != geteuid() ||
	    (st.st_mode & 0600) == 0600)
		return 0;
	if (asprintf(&number, "/proc/self/fd/%d", fd) < 0) {
		number = NULL;
		return fly_no_memory(why);
	}
	return chmod(number, (st.st_mode & 07777) | 0600) < 0 ? system_fail(why, "write", path) : 0;
}

static struct fly_store *create(void)
{
	struct fly_store *store = calloc(1, sizeof(*store));

	if (!store)
		return NULL;
	store->lock_fd = -1;
	store->last = &store->first;
	pthread_mutex_init(&store->lock, NULL);
	pthread_mutex_init(&store->scopes.lock, NULL);
	pthread_mutex_init(&store->rows.lock, NULL);
	pthread_cond_init(&store->wake, NULL);
	if (pthread_key_create(&store->reader_key, fly_reader_drop) == 0)
		store->has_reader_key = true;
	return store;
}

static int open_to_write(struct fly_store *store, struct fly_why *why)
{
	int rc = fly_lock_take(store->path, &store->lock_fd, why);

	if (rc == 0)
		rc = make_file(store->path, why);
	if (rc == 0)
		rc = check_file(store->path, false, why);
	if (rc == 0)
		rc = open_companion(store->path, "-wal", why);
	if (rc == 0)
		rc = open_companion(store->path, "-shm", why);
	if (rc == 0)
		rc = fly_db_open(store, SQLITE_OPEN_READWRITE, &store->writer, why);
	if (rc < 0)
		return rc;
	store->writer->is_writer = true;
	rc = fly_schema_prepare(store->writer, why);
	if (rc == 0)
		rc = fly_writer_tune(store->writer, why);
	if (rc == 0)
		rc = fly_ids_load(store, store->writer, why);
	if (rc == 0)
		rc = fly_scopes_load(store, store->writer, why);
	if (rc == 0 && (rc = pthread_create(&store->thread, NULL, fly_writer_thread, store)) != 0)
		rc = fly_fail(why, rc, "can't start the writer thread: %s", strerror(rc));
	else if (rc == 0)
		store->has_thread = true;
	return rc;
}

/* The path as a URI that promises SQLite that nobody writes: it then needs no -shm beside it. */
static int make_immutable(struct fly_store *store, struct fly_why *why)
{
	auto_buf uri = {0};
	const char *c;

	fly_buf_puts(&uri, "file:");
	for (c = store->path; *c; c++) {
		if (strchr("%?#", *c))
			fly_buf_printf(&uri, "%%%02X", (unsigned char)*c);
		else
			fly_buf_putc(&uri, *c);
	}
	fly_buf_puts(&uri, "?immutable=1");
	store->uri = fly_buf_take(&uri);
	return store->uri ? 0 : fly_no_memory(why);
}

/* On a read-only file system SQLite can't make the -shm file that it shares with writers; but
 * there can be none. A log that was left behind can't be read there. */
static int prepare_read_only_place(struct fly_store *store, struct fly_why *why)
{
	auto_free char *wal = NULL;
	struct statvfs fs;
	struct stat st;

	if (statvfs(store->path, &fs) < 0)
		return system_fail(why, "open", store->path);
	if (!(fs.f_flag & ST_RDONLY))
		return 0;
	if (asprintf(&wal, "%s-wal", store->path) < 0) {
		wal = NULL;
		return fly_no_memory(why);
	}
	if (stat(wal, &st) == 0 && st.st_size > 0)
		return fly_fail(why, EROFS,
				"the store %s was not closed and lies on a read-only file system: "
				"open it once where it can be written",
				store->path);
	return make_immutable(store, why);
}

static int open_to_read(struct fly_store *store, struct fly_why *why)
{
	struct fly_db *db;
	int rc = check_file(store->path, true, why);

	if (rc == 0)
		rc = prepare_read_only_place(store, why);
	if (rc == 0)
		rc = fly_reader_get(store, &db, why);
	return rc < 0 ? rc : fly_schema_check(db, why);
}

int fly_store_open(const char *path, const struct fly_store_options *options,
		   struct fly_store **out, struct fly_why *why)
{
	struct fly_store *store = create();
	int rc;

	if (!store)
		return fly_no_memory(why);
	store->read_only = options && options->read_only;
	rc = resolve(path, &store->path, why);
	if (rc == 0 && !store->has_reader_key)
		rc = fly_fail(why, EAGAIN, "too many stores are open in this process");
	if (rc == 0)
		rc = store->read_only ? open_to_read(store, why) : open_to_write(store, why);
	if (rc < 0) {
		fly_store_close(store);
		return rc;
	}
	*out = store;
	return 0;
}

static void stop_writer(struct fly_store *store)
{
	pthread_mutex_lock(&store->lock);
	store->closing = true;
	pthread_cond_signal(&store->wake);
	pthread_mutex_unlock(&store->lock);
	pthread_join(store->thread, NULL);
	if (fly_db_exec(store->writer, "BEGIN IMMEDIATE", NULL) < 0)
		return;
	if (fly_scopes_settle(store->writer) < 0 || fly_db_exec(store->writer, "COMMIT", NULL) < 0)
		fly_db_exec(store->writer, "ROLLBACK", NULL);
}

void fly_store_close(struct fly_store *store)
{
	struct fly_db *db;

	if (!store)
		return;
	if (store->has_thread)
		stop_writer(store);
	if (store->has_reader_key)
		pthread_key_delete(store->reader_key);
	while ((db = store->readers)) {
		store->readers = db->next;
		fly_db_close(db);
	}
	/* The last connection to close checkpoints and removes the log. */
	fly_db_close(store->writer);
	if (store->lock_fd >= 0)
		close(store->lock_fd);
	fly_scopes_release(&store->scopes);
	fly_rows_release(&store->rows);
	pthread_cond_destroy(&store->wake);
	pthread_mutex_destroy(&store->scopes.lock);
	pthread_mutex_destroy(&store->rows.lock);
	pthread_mutex_destroy(&store->lock);
	free(store->uri);
	free(store->path);
	free(store);
}

void fly_store_listen(struct fly_store *store, fly_store_listener *listener, void *arg)
{
	store->listener = listener;
	store->listener_arg = arg;
}

const char *fly_store_path(const struct fly_store *store)
{
	return store->path;
}
