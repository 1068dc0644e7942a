// SPDX-License-Identifier: MIT OR GPL-2.0-only
//
// UDP sockets that bind, by whom, and the end of those that asked for their port: one record each (programs of a
// cgroup: `post_bind4` and `post_bind6`, `sock_release`, Linux 5.9; the task as it is now, Linux 5.11).
//
// The kernel runs the first two at bind(2) alone: a socket that is given a port because it sends or connects does
// not pass here. They are told of, and decide nothing: whatever happens, the bind goes on.

#include "told.bpf.h"

/* The front of what such a program is given (uapi linux/bpf.h). All else is read from the socket that it stands for. */
struct bpf_sock {
	__u32 bound_dev_if;
	__u32 family;
	__u32 type;
	__u32 protocol;
};

/* SOCK_BINDPORT_LOCK (net/sock.h): its program named the port. It is set once the programs of the bind have run. */
enum { PORT_WAS_NAMED = 8 };

/* The two ports as Linux 6.8 keeps them. */
enum { ONE_NUMBER = 4 };

static inline __attribute__((always_inline)) void tell_range(struct record *record, struct net *net)
{
	__u32 warned = LOOKED_UP(((struct local_ports *)0)->warned, BYTE_OFFSET);
	void *end = (void *)&net->ipv4.ip_local_ports + warned;
	__u32 one = 0, two[2] = {};

	if (warned == ONE_NUMBER) {
		bpf_probe_read_kernel(&one, sizeof(one), end - sizeof(one));
		record->first_port = one;
		record->last_port = one >> 16;
	} else {
		bpf_probe_read_kernel(two, sizeof(two), end - sizeof(two));
		record->first_port = two[0];
		record->last_port = two[1];
	}
}

/* What a record tells of any of them. 0 of a socket of which nothing is to be told. */
static inline __attribute__((always_inline)) int tell_socket(struct record *record, struct bpf_sock *ctx)
{
	struct sock *sk = (struct sock *)ctx;
	struct net *net = NULL;

	record->protocol = ctx->protocol;
	if (record->protocol != IPPROTO_UDP && record->protocol != IPPROTO_UDPLITE)
		return 0;
	bpf_probe_read_kernel(&net, sizeof(net), &sk->__sk_common.skc_net.net);
	bpf_probe_read_kernel(&record->netns, sizeof(record->netns), &net->ns.inum);
	if (is_elsewhere(record->netns))
		return 0;
	record->at_ns = bpf_ktime_get_boot_ns();
	record->cookie = bpf_get_socket_cookie(ctx);
	record->family = ctx->family;
	bpf_probe_read_kernel(&record->interface, 4, &sk->__sk_common.skc_bound_dev_if);
	bpf_probe_read_kernel(&record->before, sizeof(record->before), &sk->__sk_common.skc_state);
	bpf_probe_read_kernel(&record->port, sizeof(record->port), &sk->__sk_common.skc_num);
	bpf_probe_read_kernel(&record->peer_port, sizeof(record->peer_port), &sk->__sk_common.skc_dport);
	record->peer_port = __builtin_bswap16(record->peer_port);
	if (record->family == AF_INET) {
		bpf_probe_read_kernel(record->address, 4, &sk->__sk_common.skc_rcv_saddr);
		bpf_probe_read_kernel(record->peer, 4, &sk->__sk_common.skc_daddr);
	} else {
		bpf_probe_read_kernel(record->address, 16, &sk->__sk_common.skc_v6_rcv_saddr);
		bpf_probe_read_kernel(record->peer, 16, &sk->__sk_common.skc_v6_daddr);
	}
	tell_range(record, net);
	return 1;
}

static inline __attribute__((always_inline)) int bound(struct bpf_sock *ctx)
{
	struct record record = {};

	if (tell_socket(&record, ctx)) {
		record.after = BOUND;
		tell_who(&record);
		tell(&record);
	}
	return 1;
}

SEC("cgroup/post_bind4")
int udp_bound4(struct bpf_sock *ctx)
{
	return bound(ctx);
}

SEC("cgroup/post_bind6")
int udp_bound6(struct bpf_sock *ctx)
{
	return bound(ctx);
}

/* Of the others nobody was told, or they are clients: there are many. */
SEC("cgroup/sock_release")
int udp_released(struct bpf_sock *ctx)
{
	struct record record = {};

	if ((BITS((struct sock *)ctx, sk_userlocks) & PORT_WAS_NAMED) && tell_socket(&record, ctx)) {
		record.after = CLOSE;
		tell(&record);
	}
	return 1;
}
