/* SPDX-License-Identifier: Apache-2.0 */
/* identity: become the user of a task. Knows no files. */
#include "supervisor.h"

#include <grp.h>
#include <sys/prctl.h>

int fly_identity_drop(const struct fly_job *job)
{
	if (!job->switch_user)
		return 0;
	if (setgroups(job->n_groups, job->groups) < 0 ||
	    setresgid(job->gid, job->gid, job->gid) < 0 ||
	    setresuid(job->uid, job->uid, job->uid) < 0)
		return -errno;
	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	/* A shared daemon lends nobody a way up; a task's private mounts would be one. */
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -errno;
	return 0;
}

int fly_identity_become(uid_t uid, gid_t gid)
{
	if (setgroups(1, &gid) < 0 || setresgid(gid, gid, gid) < 0 || setresuid(uid, uid, uid) < 0)
		return -errno;
	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	return 0;
}

int fly_identity_borrow(const struct fly_job *job)
{
	if (!job->switch_user)
		return 0;
	if (setgroups(job->n_groups, job->groups) < 0 || setegid(job->gid) < 0 ||
	    seteuid(job->uid) < 0)
		return -errno;
	return 0;
}

int fly_identity_return(void)
{
	if (seteuid(getuid()) < 0 || setegid(getgid()) < 0)
		return -errno;
	return 0;
}
