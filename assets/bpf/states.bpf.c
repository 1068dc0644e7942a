// SPDX-License-Identifier: MIT OR GPL-2.0-only
//
// What happens to TCP sockets between two readings: one record when one begins to listen or to call, by
// whom, and one when a listener ends or a connection ends in another way than by its close (tracepoint
// `inet_sock_set_state`, Linux 4.16, with the types of its arguments since 5.5; ring buffers, Linux 5.8;
// the cookie for programs of this kind, Linux 5.12).

#include "told.bpf.h"

/* What is worth a record: the close of a connection by its program is told elsewhere, and there are many. */
static inline __attribute__((always_inline)) int is_told(int before, int after, int error)
{
	if (after == LISTEN || (after == SYN_SENT && before == CLOSE))
		return 1;
	if (after != CLOSE || before == CLOSE)
		return 0;
	return error || before == LISTEN || before == ESTABLISHED || before == CLOSE_WAIT;
}

SEC("tp_btf/inet_sock_set_state")
int socket_states(__u64 *ctx)
{
	struct sock *sk = (struct sock *)ctx[0];
	int before = (int)ctx[1], after = (int)ctx[2];
	struct record record = {};

	if (sk->sk_protocol != IPPROTO_TCP || !is_told(before, after, sk->sk_err))
		return 0;
	record.netns = sk->__sk_common.skc_net.net->ns.inum;
	if (is_elsewhere(record.netns))
		return 0;
	record.at_ns = bpf_ktime_get_boot_ns();
	record.cookie = bpf_get_socket_cookie(sk);
	record.interface = sk->__sk_common.skc_bound_dev_if;
	record.error = sk->sk_err;
	record.protocol = IPPROTO_TCP;
	record.family = sk->__sk_common.skc_family;
	record.port = sk->__sk_common.skc_num;
	record.peer_port = __builtin_bswap16(sk->__sk_common.skc_dport);
	record.before = before;
	record.after = after;
	if (record.family == AF_INET) {
		*(__u32 *)record.address = sk->__sk_common.skc_rcv_saddr;
		*(__u32 *)record.peer = sk->__sk_common.skc_daddr;
	} else {
		bpf_probe_read_kernel(record.address, 16, &sk->__sk_common.skc_v6_rcv_saddr);
		bpf_probe_read_kernel(record.peer, 16, &sk->__sk_common.skc_v6_daddr);
	}
	/* What ends may end in an interrupt, in whatever process that came. */
	if (after != CLOSE)
		tell_who(&record);
	tell(&record);
	return 0;
}
