// SPDX-License-Identifier: MIT OR GPL-2.0-only
//
// Who holds which socket: one record for every socket in a descriptor table, in one pass over all
// tasks (bpf iterator `task_file`, Linux 5.8; `bpf_sock_from_file`, Linux 5.11).
//
// wire/task_file.rs reads the records.

#include "kernel.bpf.h"

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct inode {
	unsigned long i_ino;
};

struct file {
	struct inode *f_inode;
};

typedef struct {
	__s64 counter;
} atomic64_t;

struct sock_common {
	__u16 skc_family;
	__u8 skc_reuse : 4;
	__u8 skc_reuseport : 1;
	possible_net_t skc_net;
	atomic64_t skc_cookie;
};

struct sock {
	struct sock_common __sk_common;
};

struct socket {
	struct sock *sk;
};

struct seq_file;

struct bpf_iter_meta {
	struct seq_file *seq;
};

struct bpf_iter__task_file {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
	__u32 fd;
	struct file *file;
};

#pragma clang attribute pop

static long (*bpf_seq_write)(struct seq_file *seq, const void *data, __u32 len) = (void *)127;
static struct socket *(*bpf_sock_from_file)(struct file *file) = (void *)162;

/* 72 bytes, no padding. */
struct record {
	__u64 inode;
	__u64 cookie;    /* 0 where nobody has asked for it yet */
	__u64 start_ns;  /* of the process, since boot */
	__u32 pid;       /* of the process */
	__u32 tid;       /* of the thread whose table it is; that of the process but for an unshared table */
	__u32 fd;
	__u32 netns;     /* inode of the namespace that the socket belongs to */
	__u32 uid;       /* effective, of the process */
	__u32 exec_id;   /* counts the programs that the process has become */
	char comm[16];   /* of the process */
	__u16 family;
	__u8 reuse;      /* SO_REUSEADDR */
	__u8 reuse_port; /* SO_REUSEPORT */
	__u16 reserved[2];
};

/* The number of a process in the pid namespace of the reader, which lies that deep. */
static __u32 number(struct pid *pid, __u32 level, __u32 global)
{
	int nr = 0;

	if (level == 0)
		return global;
	if (bpf_probe_read_kernel(&nr, sizeof(nr), &pid->numbers[level & 31].nr))
		return 0;
	return nr;
}

SEC("iter/task_file")
int socket_owners(struct bpf_iter__task_file *ctx)
{
	struct task_struct *task = ctx->task;
	struct file *file = ctx->file;
	struct record record = {};
	struct task_struct *leader;
	struct socket *socket;
	struct sock *sk;
	__u32 level;

	if (!task || !file)
		return 0;
	socket = bpf_sock_from_file(file);
	if (!socket)
		return 0;
	leader = task->group_leader;
	record.inode = file->f_inode->i_ino;
	record.start_ns = leader->start_boottime;
	level = bpf_get_current_task_btf()->thread_pid->level;
	record.pid = number(task->signal->pids[1], level, task->tgid);
	record.tid = number(task->thread_pid, level, task->pid);
	record.fd = ctx->fd;
	record.uid = leader->cred->euid.val;
	record.exec_id = leader->self_exec_id;
	bpf_probe_read_kernel(record.comm, sizeof(record.comm), leader->comm);
	sk = socket->sk;
	if (sk) {
		record.cookie = sk->__sk_common.skc_cookie.counter;
		record.netns = sk->__sk_common.skc_net.net->ns.inum;
		record.family = sk->__sk_common.skc_family;
		record.reuse = BITS(&sk->__sk_common, skc_reuse) != 0;
		record.reuse_port = BITS(&sk->__sk_common, skc_reuseport);
	}
	/* When the buffer is full the kernel calls again for the same descriptor. */
	bpf_seq_write(ctx->meta->seq, &record, sizeof(record));
	return 0;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
