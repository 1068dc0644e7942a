/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * What is told of a socket, by whichever program here: the record, the ring that it goes into, and who is at work.
 *
 * wire/socket_state.rs reads the records. The maps are made once, and every program that tells gets the same.
 */

#include "kernel.bpf.h"

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct in6_addr {
	__u8 bytes[16];
};

struct sock_common {
	__u32 skc_daddr;
	__u32 skc_rcv_saddr;
	__u16 skc_dport;
	__u16 skc_num;
	__u16 skc_family;
	__u8 skc_state;
	int skc_bound_dev_if;
	possible_net_t skc_net;
	struct in6_addr skc_v6_daddr;
	struct in6_addr skc_v6_rcv_saddr;
};

struct sock {
	struct sock_common __sk_common;
	__u16 sk_protocol;
	__u8 sk_userlocks : 4;
	int sk_err;
};

#pragma clang attribute pop

/* As old loaders have it; of these the sizes are all that is meant. */
struct bpf_map_def {
	__u32 type;
	__u32 key_size;
	__u32 value_size;
	__u32 max_entries;
	__u32 map_flags;
};

/* BPF_MAP_TYPE_RINGBUF: some 8,700 records. */
struct bpf_map_def SEC("maps") told = { 27, 0, 0, 1 << 20, 0 };
/* BPF_MAP_TYPE_ARRAY: how many found no room, the inode of the loader's pid namespace, and that of the network namespace
   of which alone is to be told; 0 for all. */
struct bpf_map_def SEC("maps") shared = { 2, 4, 8, 3, 0 };
enum { LOST, PID_NAMESPACE, ONLY };

static void *(*bpf_map_lookup_elem)(void *map, const void *key) = (void *)1;
static __u64 (*bpf_get_socket_cookie)(void *sk) = (void *)46;
static __u64 (*bpf_ktime_get_boot_ns)(void) = (void *)125;
static long (*bpf_ringbuf_output)(void *ring, void *data, __u64 size, __u64 flags) = (void *)130;

/* net/tcp_states.h */
enum { ESTABLISHED = 1, SYN_SENT = 2, CLOSE = 7, CLOSE_WAIT = 8, LISTEN = 10 };

/* None of the kernel's: UDP has no state for it. */
enum { BOUND = 64 };

enum { AF_INET = 2, IPPROTO_TCP = 6, IPPROTO_UDP = 17, IPPROTO_UDPLITE = 136 };

/* 112 bytes, no padding. */
struct record {
	__u64 at_ns;      /* since boot */
	__u64 cookie;
	__u64 start_ns;   /* of the process, since boot; 0 where none did it */
	__u32 netns;      /* inode of the namespace */
	__u32 pid;        /* as the loader sees it; 0 where none did it, or it cannot be seen */
	__u32 uid;        /* effective */
	__u32 exec_id;    /* counts the programs that the process has become */
	__u32 interface;  /* that it is bound to, or 0 */
	__u32 error;      /* the errno with which it ended, or 0 */
	__u16 family;
	__u16 port;
	__u16 peer_port;
	__u8 before;
	__u8 after;
	__u8 address[16];
	__u8 peer[16];
	char comm[16];
	__u32 protocol;
	__u16 first_port; /* that the kernel chooses from where nobody names one; of UDP alone */
	__u16 last_port;
};

/* MAX_PID_NS_LEVEL (linux/pid_namespace.h) is 32. */
enum { DEEPEST = 32 };

static inline __attribute__((always_inline)) __u64 *shared_at(__u32 place)
{
	return bpf_map_lookup_elem(&shared, &place);
}

static inline __attribute__((always_inline)) int is_elsewhere(__u32 netns)
{
	__u64 *only = shared_at(ONLY);

	return only && *only && *only != netns;
}

/* The number of a process in the pid namespace of the loader; 0 where it has none. */
static inline __attribute__((always_inline)) __u32 number(struct task_struct *task)
{
	struct pid *pid = task->signal->pids[1];
	__u64 *inode = shared_at(PID_NAMESPACE);
	__u32 level = pid->level;
	struct upid upid;
	__u32 i;

	if (!inode)
		return 0;
	for (i = 0; i <= DEEPEST && i <= level; i++) {
		if (bpf_probe_read_kernel(&upid, sizeof(upid), &pid->numbers[i]))
			return 0;
		__u32 inum = 0;
		bpf_probe_read_kernel(&inum, sizeof(inum), &upid.ns->ns.inum);
		if (inum == *inode)
			return upid.nr;
	}
	return 0;
}

/* Who is at work now. */
static inline __attribute__((always_inline)) void tell_who(struct record *record)
{
	struct task_struct *leader = bpf_get_current_task_btf()->group_leader;

	record->start_ns = leader->start_boottime;
	record->pid = number(leader);
	record->uid = leader->cred->euid.val;
	record->exec_id = leader->self_exec_id;
	bpf_probe_read_kernel(record->comm, sizeof(record->comm), leader->comm);
}

static inline __attribute__((always_inline)) void tell(struct record *record)
{
	__u64 *lost;

	if (!bpf_ringbuf_output(&told, record, sizeof(*record), 0))
		return;
	lost = shared_at(LOST);
	if (lost)
		__sync_fetch_and_add(lost, 1);
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
