/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * What the programs here know of the kernel.
 *
 * The structs name only the members that are read. Their offsets are looked up in the running kernel's BTF
 * when a program is loaded (CO-RE), so one object serves every kernel and neither kernel headers nor libbpf
 * are needed.
 */

typedef unsigned char __u8;
typedef unsigned short __u16;
typedef unsigned int __u32;
typedef unsigned long long __u64;
typedef long long __s64;

#define SEC(name) __attribute__((section(name), used))
#define NULL ((void *)0)

/* Whole: which of the numbers is meant is known at run time, so its size is not looked up. */
struct upid {
	int nr;
	struct pid_namespace *ns;
};

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct pid {
	__u32 level;
	struct upid numbers[1];
};

/* kuid_t */
typedef struct {
	__u32 val;
} kuid_t;

struct cred {
	kuid_t euid;
};

/* PIDTYPE_TGID is 1 (linux/pid_types.h). */
struct signal_struct {
	struct pid *pids[2];
};

struct task_struct {
	int pid;
	int tgid;
	struct pid *thread_pid;
	struct task_struct *group_leader;
	struct signal_struct *signal;
	__u64 start_boottime;
	__u32 self_exec_id;
	const struct cred *cred;
	char comm[16];
};

struct ns_common {
	__u32 inum;
};

struct pid_namespace {
	struct ns_common ns;
};

/* Before `warned` stand the ports that the kernel chooses from: since Linux 6.8 as one number, before as two. */
struct local_ports {
	_Bool warned;
};

struct netns_ipv4 {
	struct local_ports ip_local_ports;
};

struct net {
	struct ns_common ns;
	struct netns_ipv4 ipv4;
};

typedef struct {
	struct net *net;
} possible_net_t;

#pragma clang attribute pop

static long (*bpf_probe_read_kernel)(void *to, __u32 size, const void *from) = (void *)113;
static struct task_struct *(*bpf_get_current_task_btf)(void) = (void *)158;

/* BPF_CORE_FIELD_* (linux/bpf.h): what is looked up of a field that has no byte of its own. */
enum { BYTE_OFFSET, BYTE_SIZE, LEFT_SHIFT = 4, RIGHT_SHIFT = 5 };
#define LOOKED_UP(field, what) __builtin_preserve_field_info(field, what)

/* A field of some bits; 0 where it cannot be read. */
#define BITS(from, field)                                                                     \
	({                                                                                    \
		__u64 bits = 0;                                                               \
		bpf_probe_read_kernel(&bits, LOOKED_UP((from)->field, BYTE_SIZE),             \
				      (void *)(from) + LOOKED_UP((from)->field, BYTE_OFFSET)); \
		bits << LOOKED_UP((from)->field, LEFT_SHIFT)                                  \
			>> LOOKED_UP((from)->field, RIGHT_SHIFT);                             \
	})
