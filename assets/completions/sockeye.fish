function __sockeye_fields
    set -l before (commandline -ct | string replace -r -- '^--[a-z]+=' '' | string match -r -- '.*[,-]')
    printf "$before%s\t%s\n" cookie 'The kernel\'s id of the socket, unique until reboot.' netns 'The network namespace, as an nsfs inode.' netns_name 'A name for the network namespace.' inode 'The socket\'s inode; null when no file refers to it.' family 'The address family.' protocol 'The protocol.' type 'The socket type.' state 'The state.' role 'Listener, connection, client (UDP on an ephemeral port) or idle.' role_reason 'Why the role is taken for this one.' local 'The local address and port, or the Unix path.' local_address 'The local address.' local_port 'The local port, port id, PSM or channel.' remote 'The remote address and port.' remote_address 'The remote address; null when connected to nobody.' remote_port 'The remote port; null when connected to nobody.' path 'The Unix name; @ begins an abstract one.' peer_inode 'The inode of the other end of a Unix socket.' peer_cookie 'The other end of the connection, when it is on this host and listed.' peer_owners 'The processes at the other end, at most 64; null when unknown.' interface 'The interface that the socket is bound to.' interface_index 'The index of that interface.' uid 'The user that created the socket; null when no file refers to it.' user 'The name of that user.' recv_q 'Bytes to be read; on a TCP listener, connections to be accepted.' send_q 'Bytes to be sent or acknowledged; on a TCP listener, the backlog.' accept_queue 'Connections that wait to be accepted, on a listener.' backlog 'How many may wait, on a listener; null when not told.' listener_cookie 'The listener in whose queue the connection waits to be accepted.' mptcp 'Whether MPTCP is spoken; null where it does not apply.' scope 'How far the local address reaches.' reach 'The IP versions that the bind serves; null when unknown.' v6only 'The IPV6_V6ONLY option; null when not told.' reuse_address 'SO_REUSEADDR; null where owners are not read through BPF.' reuse_port 'SO_REUSEPORT; null where owners are not read through BPF.' unit 'The systemd unit of the first owner, else of the cgroup.' activates 'The systemd unit that is started when somebody calls; null once it runs, and when unknown.' dnat 'Where rules (DNAT) pass on what comes from outside; null when none does, and when unknown.' container 'The container of the first owner, else of the cgroup: its name, or its id where that is unknown.' cgroup 'The cgroup v2 of the socket\'s creator, as a path.' cgroup_id 'The same as a number: the inode of the cgroup\'s directory.' tos 'IP_TOS, the byte.' tclass 'IPV6_TCLASS, the byte.' class_id 'The net_cls class of the cgroup.' mark 'SO_MARK; null without CAP_NET_ADMIN.' shutdown 'Which directions were shut down.' ip_protocol 'The transport protocol of a raw socket.' ulp 'The upper layer protocol: tls, mptcp, espintcp.' protocol_name 'The kernel\'s name for the protocol of a socket that is in no table.' local_addresses 'Every local address of a multihomed socket.' remote_addresses 'Every remote address of a multihomed socket.' md5_keys 'Peers with a TCP-MD5 key, as prefixes; null without CAP_NET_ADMIN.' bpf_storages 'BPF storages of the socket, by map and size.' owner_status 'Known, or why there is no owner to show.' kernel_use 'What the kernel opened the socket for, where it tells that it did; null for others.' owner_count 'How many processes hold the socket; null when unknown.' owner 'The first process that holds the socket, and how many more.' owners 'The processes that hold the socket, at most 64.' owner_candidates 'Where the descriptor of a socket in flight may be on its way to; null for others.' pid 'The pid of the first owner.' comm 'The name of the first owner.' exe 'The executable of the first owner.' opened_at 'When it was first seen; null for what was there before.' send_rate_bytes_per_s 'Bytes a second that TCP sent between the last two readings; null after a single one.' receive_rate_bytes_per_s 'Bytes a second that TCP received between the last two readings; null after a single one.' timer_name 'What the running timer waits for.' timer_expires_ms 'Milliseconds until it fires.' timer_retransmits 'How often it fired for the segment or probe in question.' rmem_alloc_bytes 'Receive memory in use.' rcvbuf_bytes 'Receive buffer limit.' wmem_alloc_bytes 'Send memory in use by packets on their way.' sndbuf_bytes 'Send buffer limit.' fwd_alloc_bytes 'Memory reserved ahead.' wmem_queued_bytes 'Send memory queued.' optmem_bytes 'Memory for options and filters.' sk_backlog_bytes 'Packets that wait while the socket is locked.' drops 'Packets dropped for want of room.' ca_state 'Congestion state: 0 open, 1 disorder, 2 CWR, 3 recovery, 4 loss.' retransmits 'Retransmission timeouts in a row.' probes 'Unanswered window or keepalive probes.' backoff 'The timeout\'s backoff exponent.' tcp_options 'Bits: 1 timestamps, 2 SACK, 4 window scaling, 8 ECN, 16 ECN seen, 32 SYN data, 64 usec timestamps.' snd_wscale 'Window scale of the peer.' rcv_wscale 'Own window scale.' delivery_rate_app_limited '1 when the sender had too little to send for the rate to mean the path.' fastopen_client_fail 'Why TCP Fast Open failed, 0 if it did not.' rto_us 'Retransmission timeout in microseconds.' ato_us 'Delayed-acknowledgement timeout in microseconds.' snd_mss 'Sending segment size in bytes.' rcv_mss 'Receiving segment size in bytes.' unacked 'Segments sent and not acknowledged; on a listener, connections to be accepted.' sacked 'Segments acknowledged selectively; on a listener, the backlog.' lost 'Segments taken for lost.' retrans 'Segments retransmitted and not acknowledged.' fackets 'Forward-acknowledged segments.' last_data_sent_ms 'Milliseconds since data was sent.' last_ack_sent_ms 'Milliseconds since an acknowledgement was sent; kernels leave it 0.' last_data_recv_ms 'Milliseconds since data was received.' last_ack_recv_ms 'Milliseconds since an acknowledgement was received.' pmtu 'Path MTU in bytes.' rcv_ssthresh 'Receive window clamp in bytes.' rtt_us 'Smoothed round-trip time in microseconds.' rttvar_us 'Its variation in microseconds.' snd_ssthresh 'Slow-start threshold in segments.' snd_cwnd 'Congestion window in segments.' advmss 'Advertised segment size in bytes.' reordering 'Reordering seen, in segments.' rcv_rtt_us 'Round-trip time seen by the receiver in microseconds.' rcv_space 'Receive buffer space in bytes.' total_retrans 'Segments retransmitted in all.' pacing_rate_bytes_per_s 'Pacing rate in bytes per second.' max_pacing_rate_bytes_per_s 'Its limit in bytes per second; all ones means none.' bytes_acked 'Bytes sent and acknowledged.' bytes_received 'Bytes received.' segs_out 'Segments sent.' segs_in 'Segments received.' notsent_bytes 'Bytes written and not yet sent.' min_rtt_us 'Least round-trip time in microseconds; all ones before the first.' data_segs_in 'Segments with data received.' data_segs_out 'Segments with data sent.' delivery_rate_bytes_per_s 'Delivery rate in bytes per second.' busy_time_us 'Microseconds spent with data to send.' rwnd_limited_us 'Of these, microseconds limited by the peer\'s receive window.' sndbuf_limited_us 'Of these, microseconds limited by the own send buffer.' delivered 'Segments delivered.' delivered_ce 'Of these, with a congestion mark.' bytes_sent 'Bytes sent, retransmissions included.' bytes_retrans 'Bytes retransmitted.' dsack_dups 'Duplicates that the peer reported.' reord_seen 'Reordering events.' rcv_ooopack 'Segments received out of order.' snd_wnd 'The peer\'s receive window in bytes.' rcv_wnd 'The own receive window in bytes.' rehash 'Path changes tried after timeouts.' total_rto 'Retransmission timeouts in all.' total_rto_recoveries 'Recoveries from them.' total_rto_time_ms 'Milliseconds spent in them.' received_ce 'Segments received with a congestion mark.' delivered_e1_bytes 'Bytes delivered with ECT(1).' delivered_e0_bytes 'Bytes delivered with ECT(0).' delivered_ce_bytes 'Bytes delivered with a congestion mark.' received_e1_bytes 'Bytes received with ECT(1).' received_e0_bytes 'Bytes received with ECT(0).' received_ce_bytes 'Bytes received with a congestion mark.' accecn_fail_mode 'Why accurate ECN failed, as bits.' accecn_opt_seen 'Accurate ECN options seen, as bits.' congestion_algorithm 'The congestion control algorithm.' bbr_bandwidth_bytes_per_s 'BBR\'s bandwidth estimate in bytes per second.' bbr_min_rtt_us 'BBR\'s least round-trip time in microseconds.' bbr_pacing_gain 'BBR\'s pacing gain, 256 for 1.' bbr_cwnd_gain 'BBR\'s window gain, 256 for 1.' dctcp_enabled '1 when DCTCP is in force.' dctcp_ce_state 'DCTCP\'s congestion mark state.' dctcp_alpha 'DCTCP\'s share of marked bytes, 1024 for all.' dctcp_ab_ecn 'Bytes acknowledged with a congestion mark.' dctcp_ab_tot 'Bytes acknowledged in all.' vegas_enabled '1 when Vegas is in force.' vegas_rtt_count 'Round trips that Vegas measured.' vegas_rtt_us 'Vegas\' round-trip time in microseconds.' vegas_min_rtt_us 'Vegas\' least round-trip time in microseconds.' recverr 'IP_RECVERR.' is_icsk 'It is connection-oriented.' freebind 'IP_FREEBIND.' hdrincl 'IP_HDRINCL.' mc_loop 'IP_MULTICAST_LOOP.' transparent 'IP_TRANSPARENT.' mc_all 'IP_MULTICAST_ALL.' nodefrag 'IP_NODEFRAG.' bind_address_no_port 'IP_BIND_ADDRESS_NO_PORT.' recverr_rfc4884 'IP_RECVERR_RFC4884.' defer_connect 'Its connect is deferred by TCP Fast Open.' tls_version 'The version of TLS.' tls_cipher 'The cipher, by its number in linux/tls.h.' tls_rx 'Who decrypts.' tls_tx 'Who encrypts.' tls_zero_copy 'Files are sent without a copy.' tls_no_pad 'Records without padding are expected.' subflow_token_local 'The token of the connection here.' subflow_token_remote 'The token of the connection there.' subflow_id_local 'The address id here.' subflow_id_remote 'The address id there.' subflow_flags 'Flags, by their bits in linux/mptcp.h.' mptcp_token 'The token of the connection here.' mptcp_flags 'Flags, by their bits in linux/mptcp.h.' subflows 'The cookies of the TCP sockets that carry it.' vfs_inode 'The file that the path named at bind; the path may name another by now.' vfs_device 'The device of that file, as stat(2) numbers it.' pending 'The inodes of connections that wait to be accepted.' packet_version 'TPACKET version.' packet_running 'It receives.' copy_threshold_bytes 'Longer packets are copied beside the ring; 0 is off.' auxdata 'PACKET_AUXDATA.' origdev 'PACKET_ORIGDEV.' vnet_header 'PACKET_VNET_HDR.' loss 'PACKET_LOSS.' fanout_id 'The fanout group.' fanout_mode 'How the group shares, by its number in linux/if_packet.h.' rx_ring_blocks 'Blocks of the receive ring.' rx_ring_block_bytes 'The size of each.' rx_ring_frames 'Frames of the receive ring.' rx_ring_frame_bytes 'The size of each.' rx_ring_retire_ms 'Milliseconds until a block is handed over that is not full.' rx_ring_features 'Features, by their bits in linux/if_packet.h.' tx_ring_blocks 'Blocks of the transmit ring.' tx_ring_block_bytes 'The size of each.' tx_ring_frames 'Frames of the transmit ring.' tx_ring_frame_bytes 'The size of each.' tx_ring_retire_ms 'Milliseconds until a block is handed over that is not full.' tx_ring_features 'Features, by their bits in linux/if_packet.h.' filter 'The classic BPF program attached, one instruction each: code jt jf k; null without CAP_NET_ADMIN.' netlink_groups 'The multicast groups that it hears.' dst_group 'The group that it sends to unasked.' dst_portid 'The port that it sends to unasked.' netlink_flags 'Flags, by their bits in linux/netlink_diag.h.' xdp_queue 'The device queue.' xdp_rx_entries 'Descriptors of the receive ring.' xdp_tx_entries 'Descriptors of the transmit ring.' umem_id 'The memory that it shares.' umem_bytes 'Its size.' xdp_rx_dropped 'Packets dropped.' xdp_rx_invalid 'Receive descriptors that were invalid.' xdp_rx_ring_full 'Times the receive ring was full.' xdp_fill_ring_empty 'Times the fill ring was empty.' xdp_tx_invalid 'Transmit descriptors that were invalid.' xdp_tx_ring_empty 'Times the transmit ring was empty.' smc_mode 'How it carries its data.' smc_fallback_reason 'Why it fell back to TCP, by its number in net/smc/smc_clc.h.'
end
# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_sockeye_global_optspecs
    string join \n t/tcp u/udp x/unix w/raw d/dccp S/sctp M/mptcp 0/packet udplite icmp netlink vsock xdp tipc smc bluetooth other A/query= f/family= l/listening a/all B/bound-inactive 4/ipv4 6/ipv6 n/numeric r/resolve p/processes T/threads Z/context z/contexts q/quiet H/no-header e/extended o/options m/memory i/info b/bpf tos cgroup inet-sockopt O/oneline s/summary E/events for= count= K/kill yes json ndjson csv format= group= wide color= ascii source= owners= all-netns N/net= ask-runtimes F/filter= columns= sort= h/help V/version
end

function __fish_sockeye_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_sockeye_global_optspecs) -- $cmd 2>/dev/null
    or return 0
    if contains -- "$argv[1]" top who kill close check watch events wait-for assert metrics doctor policy schema completions man config
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_sockeye_using_subcommand
    set -l cmd (__fish_sockeye_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c sockeye -n "__fish_sockeye_needs_command" -s A -l query -d 'Tables by the names of ss, such as tcp,unix_stream or all,!inet' -r
complete -c sockeye -n "__fish_sockeye_needs_command" -s f -l family -d 'Sockets of one family' -r -f -a "inet\t'IPv4, as -4'
inet6\t'IPv6, as -6'
unix\t''
link\t'Packet sockets'
netlink\t''
vsock\t''
tipc\t''
xdp\t''"
complete -c sockeye -n "__fish_sockeye_needs_command" -l for -d 'With -E: end after this time, such as 10s' -r
complete -c sockeye -n "__fish_sockeye_needs_command" -l count -d 'With -E: end after so many sockets' -r
complete -c sockeye -n "__fish_sockeye_needs_command" -l format -d 'A line for each socket, such as \'{pid} {local_port}\'' -r
complete -c sockeye -n "__fish_sockeye_needs_command" -l group -d 'A heading for each value of a field, such as unit or remote_address' -r
complete -c sockeye -n "__fish_sockeye_needs_command" -l color -d 'Colours by meaning: always, never, or auto, on a terminal unless NO_COLOR is set [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c sockeye -n "__fish_sockeye_needs_command" -l source -d 'How sockets are read: auto, netlink, procfs, portable [default: auto]' -r
complete -c sockeye -n "__fish_sockeye_needs_command" -l owners -d 'How owners are found [default: auto]' -r -f -a "auto\t'The best way there is'
bpf\t'Let the kernel tell, through BPF'
proc\t'Scan /proc'
none\t'Do not look for owners'"
complete -c sockeye -n "__fish_sockeye_needs_command" -s N -l net -d 'One network namespace: by its name, by a process in it, or by its inode' -r
complete -c sockeye -n "__fish_sockeye_needs_command" -s F -l filter -d 'A filter in a file, beside that of the arguments; - is stdin' -r -F
complete -c sockeye -n "__fish_sockeye_needs_command" -l columns -d 'Only these fields, such as local,owner,unit; `help` lists them all' -r -f -a "(__sockeye_fields) help"
complete -c sockeye -n "__fish_sockeye_needs_command" -l sort -d 'The order, such as -recv_q,local; a minus turns it round' -r -f -a "(__sockeye_fields)"
complete -c sockeye -n "__fish_sockeye_needs_command" -s t -l tcp -d 'TCP sockets'
complete -c sockeye -n "__fish_sockeye_needs_command" -s u -l udp -d 'UDP sockets'
complete -c sockeye -n "__fish_sockeye_needs_command" -s x -l unix -d 'Unix sockets'
complete -c sockeye -n "__fish_sockeye_needs_command" -s w -l raw -d 'Raw sockets'
complete -c sockeye -n "__fish_sockeye_needs_command" -s d -l dccp -d 'DCCP sockets'
complete -c sockeye -n "__fish_sockeye_needs_command" -s S -l sctp -d 'SCTP sockets'
complete -c sockeye -n "__fish_sockeye_needs_command" -s M -l mptcp -d 'MPTCP connections'
complete -c sockeye -n "__fish_sockeye_needs_command" -s 0 -l packet -d 'Packet sockets'
complete -c sockeye -n "__fish_sockeye_needs_command" -l udplite -d 'UDP-Lite sockets'
complete -c sockeye -n "__fish_sockeye_needs_command" -l icmp -d 'Ping sockets'
complete -c sockeye -n "__fish_sockeye_needs_command" -l netlink -d 'Netlink sockets'
complete -c sockeye -n "__fish_sockeye_needs_command" -l vsock -d 'vsock sockets'
complete -c sockeye -n "__fish_sockeye_needs_command" -l xdp -d 'XDP sockets'
complete -c sockeye -n "__fish_sockeye_needs_command" -l tipc -d 'TIPC sockets'
complete -c sockeye -n "__fish_sockeye_needs_command" -l smc -d 'SMC sockets'
complete -c sockeye -n "__fish_sockeye_needs_command" -l bluetooth -d 'Bluetooth sockets'
complete -c sockeye -n "__fish_sockeye_needs_command" -l other -d 'Sockets that are in no table of the kernel'
complete -c sockeye -n "__fish_sockeye_needs_command" -s l -l listening -d 'Only sockets that listen, or wait unconnected'
complete -c sockeye -n "__fish_sockeye_needs_command" -s a -l all -d 'Sockets in every state'
complete -c sockeye -n "__fish_sockeye_needs_command" -s B -l bound-inactive -d 'Only TCP sockets that are bound and no more: they neither listen nor are connected'
complete -c sockeye -n "__fish_sockeye_needs_command" -s 4 -l ipv4 -d 'Only IPv4'
complete -c sockeye -n "__fish_sockeye_needs_command" -s 6 -l ipv6 -d 'Only IPv6'
complete -c sockeye -n "__fish_sockeye_needs_command" -s n -l numeric -d 'Port numbers instead of service names'
complete -c sockeye -n "__fish_sockeye_needs_command" -s r -l resolve -d 'Names of hosts instead of addresses, as far as the resolver knows them within five seconds'
complete -c sockeye -n "__fish_sockeye_needs_command" -s p -l processes -d 'The processes that hold each socket'
complete -c sockeye -n "__fish_sockeye_needs_command" -s T -l threads -d 'Every thread that holds each socket; implies -p'
complete -c sockeye -n "__fish_sockeye_needs_command" -s Z -l context -d 'Security contexts of the processes, and with -T of threads; implies -p'
complete -c sockeye -n "__fish_sockeye_needs_command" -s z -l contexts -d 'Security contexts of sockets, too, by their inodes; implies -Z, needs SELinux'
complete -c sockeye -n "__fish_sockeye_needs_command" -s q -l quiet -d 'Print nothing: exit 0 when some socket passes, 1 when none does, 2 when that cannot be said'
complete -c sockeye -n "__fish_sockeye_needs_command" -s H -l no-header -d 'No header line'
complete -c sockeye -n "__fish_sockeye_needs_command" -s e -l extended -d 'User, inode, cookie, mark, cgroup, IPv6 only, shut down directions; rings and groups'
complete -c sockeye -n "__fish_sockeye_needs_command" -s o -l options -d 'The running timer'
complete -c sockeye -n "__fish_sockeye_needs_command" -s m -l memory -d 'Memory and drops, on a second line'
complete -c sockeye -n "__fish_sockeye_needs_command" -s i -l info -d 'The insides of TCP: round trips, windows, amounts, rates; on a second line'
complete -c sockeye -n "__fish_sockeye_needs_command" -s b -l bpf -d 'The packet filter of packet sockets'
complete -c sockeye -n "__fish_sockeye_needs_command" -l tos -d 'Type of service, traffic class, class of the cgroup'
complete -c sockeye -n "__fish_sockeye_needs_command" -l cgroup -d 'The cgroup'
complete -c sockeye -n "__fish_sockeye_needs_command" -l inet-sockopt -d 'Socket options'
complete -c sockeye -n "__fish_sockeye_needs_command" -s O -l oneline -d 'One line for each socket, whatever is told of it'
complete -c sockeye -n "__fish_sockeye_needs_command" -s s -l summary -d 'All sockets in numbers: by protocol, state, scope, unit; with --json one object'
complete -c sockeye -n "__fish_sockeye_needs_command" -s E -l events -d 'Tell TCP and UDP sockets as they close, with their last counts, until stopped'
complete -c sockeye -n "__fish_sockeye_needs_command" -s K -l kill -d 'Close the TCP and UDP sockets that pass, after asking'
complete -c sockeye -n "__fish_sockeye_needs_command" -l yes -d 'With -K: close without asking'
complete -c sockeye -n "__fish_sockeye_needs_command" -l json -d 'One JSON document'
complete -c sockeye -n "__fish_sockeye_needs_command" -l ndjson -d 'One JSON object a line for each socket, and one for the coverage'
complete -c sockeye -n "__fish_sockeye_needs_command" -l csv -d 'Comma-separated values, of all fields or of those of --columns'
complete -c sockeye -n "__fish_sockeye_needs_command" -l wide -d 'Every column, however narrow the terminal'
complete -c sockeye -n "__fish_sockeye_needs_command" -l ascii -d 'ASCII characters only'
complete -c sockeye -n "__fish_sockeye_needs_command" -l all-netns -d 'Every network namespace, not only the own one'
complete -c sockeye -n "__fish_sockeye_needs_command" -l ask-runtimes -d 'Ask Docker and Podman for names of containers that their files do not tell (in JSON, metrics and the dashboard). Off unless given: a daemon may be slow, and who may open its socket is as good as root'
complete -c sockeye -n "__fish_sockeye_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c sockeye -n "__fish_sockeye_needs_command" -s V -l version -d 'Print version'
complete -c sockeye -n "__fish_sockeye_needs_command" -f -a "top" -d 'The live dashboard'
complete -c sockeye -n "__fish_sockeye_needs_command" -f -a "who" -d 'Who holds a port, an address or a Unix socket, and why; or what a process holds'
complete -c sockeye -n "__fish_sockeye_needs_command" -f -a "kill" -d 'Send a signal to who holds a port, an address or a Unix socket, after asking'
complete -c sockeye -n "__fish_sockeye_needs_command" -f -a "close" -d 'Close TCP and UDP sockets, after asking; their holders live on. The same as -K'
complete -c sockeye -n "__fish_sockeye_needs_command" -f -a "check" -d 'Compare what is there with the policy, once: for CI and cron'
complete -c sockeye -n "__fish_sockeye_needs_command" -f -a "watch" -d 'Watch, and report what the policy does not expect or its rules find; SIGHUP reads the policy and the sinks again'
complete -c sockeye -n "__fish_sockeye_needs_command" -f -a "events" -d 'Tell what opens, closes and changes, as it is noticed'
complete -c sockeye -n "__fish_sockeye_needs_command" -f -a "wait-for" -d 'Wait until a socket passes a filter, or none does any more: for scripts'
complete -c sockeye -n "__fish_sockeye_needs_command" -f -a "assert" -d 'Whether a socket passes a filter, or none does, as an exit code: for scripts'
complete -c sockeye -n "__fish_sockeye_needs_command" -f -a "metrics" -d 'The sockets in numbers for Prometheus, once'
complete -c sockeye -n "__fish_sockeye_needs_command" -f -a "doctor" -d 'What this user on this host can see, what not, why, and what mends it'
complete -c sockeye -n "__fish_sockeye_needs_command" -f -a "policy" -d 'Write, show and keep the policy file'
complete -c sockeye -n "__fish_sockeye_needs_command" -f -a "schema" -d 'The JSON schema of all JSON that is printed'
complete -c sockeye -n "__fish_sockeye_needs_command" -f -a "completions" -d 'Completions for a shell'
complete -c sockeye -n "__fish_sockeye_needs_command" -f -a "man" -d 'The manual page'
complete -c sockeye -n "__fish_sockeye_needs_command" -f -a "config" -d 'The configuration file to begin with; or what is configured, and where'
complete -c sockeye -n "__fish_sockeye_using_subcommand top" -l source -d 'How sockets are read: auto, netlink, procfs, portable [default: auto]' -r
complete -c sockeye -n "__fish_sockeye_using_subcommand top" -l owners -d 'How owners are found [default: auto]' -r -f -a "auto\t'The best way there is'
bpf\t'Let the kernel tell, through BPF'
proc\t'Scan /proc'
none\t'Do not look for owners'"
complete -c sockeye -n "__fish_sockeye_using_subcommand top" -s N -l net -d 'One network namespace: by its name, by a process in it, or by its inode' -r
complete -c sockeye -n "__fish_sockeye_using_subcommand top" -l policy -d 'The policy file [default: /etc/sockeye/policy.toml for root, else ~/.config/sockeye/policy.toml]' -r -F
complete -c sockeye -n "__fish_sockeye_using_subcommand top" -l interval -d 'Time between two readings, such as 500ms or 2s [default: 1s]' -r
complete -c sockeye -n "__fish_sockeye_using_subcommand top" -l color -d 'Colours by meaning: always, never, or auto, on a terminal unless NO_COLOR is set [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c sockeye -n "__fish_sockeye_using_subcommand top" -l theme -d 'The colours; T takes the next ones [default: terminal]' -r -f -a "terminal\t''
dark\t''
light\t''
colorblind-dark\t''
colorblind-light\t''
mono\t''"
complete -c sockeye -n "__fish_sockeye_using_subcommand top" -l view -d 'The view to begin with: one that was saved, or listeners, connections, processes, peers, unix, events or namespaces' -r
complete -c sockeye -n "__fish_sockeye_using_subcommand top" -s F -l filter -d 'A filter in a file, beside that of the arguments; - is stdin' -r -F
complete -c sockeye -n "__fish_sockeye_using_subcommand top" -l all-netns -d 'Every network namespace, not only the own one'
complete -c sockeye -n "__fish_sockeye_using_subcommand top" -l ask-runtimes -d 'Ask Docker and Podman for names of containers that their files do not tell (in JSON, metrics and the dashboard). Off unless given: a daemon may be slow, and who may open its socket is as good as root'
complete -c sockeye -n "__fish_sockeye_using_subcommand top" -l ascii -d 'ASCII characters only'
complete -c sockeye -n "__fish_sockeye_using_subcommand top" -l no-mouse -d 'Leave the mouse to the terminal'
complete -c sockeye -n "__fish_sockeye_using_subcommand top" -l no-state -d 'Begin as at first, and remember nothing of this run'
complete -c sockeye -n "__fish_sockeye_using_subcommand top" -l read-only -d 'Do nothing to sockets and processes: no signals, no closing, and not the rights for that'
complete -c sockeye -n "__fish_sockeye_using_subcommand top" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c sockeye -n "__fish_sockeye_using_subcommand who" -l color -d 'Colours by meaning: always, never, or auto, on a terminal unless NO_COLOR is set [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c sockeye -n "__fish_sockeye_using_subcommand who" -l source -d 'How sockets are read: auto, netlink, procfs, portable [default: auto]' -r
complete -c sockeye -n "__fish_sockeye_using_subcommand who" -l owners -d 'How owners are found [default: auto]' -r -f -a "auto\t'The best way there is'
bpf\t'Let the kernel tell, through BPF'
proc\t'Scan /proc'
none\t'Do not look for owners'"
complete -c sockeye -n "__fish_sockeye_using_subcommand who" -s N -l net -d 'One network namespace: by its name, by a process in it, or by its inode' -r
complete -c sockeye -n "__fish_sockeye_using_subcommand who" -l json -d 'One JSON object a line for each target'
complete -c sockeye -n "__fish_sockeye_using_subcommand who" -l ascii -d 'ASCII characters only'
complete -c sockeye -n "__fish_sockeye_using_subcommand who" -l all-netns -d 'Every network namespace, not only the own one'
complete -c sockeye -n "__fish_sockeye_using_subcommand who" -l ask-runtimes -d 'Ask Docker and Podman for names of containers that their files do not tell (in JSON, metrics and the dashboard). Off unless given: a daemon may be slow, and who may open its socket is as good as root'
complete -c sockeye -n "__fish_sockeye_using_subcommand who" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c sockeye -n "__fish_sockeye_using_subcommand kill" -s s -l signal -d 'TERM, KILL, INT, QUIT, HUP, USR1, USR2, STOP or CONT, or the number of one' -r
complete -c sockeye -n "__fish_sockeye_using_subcommand kill" -l wait -d 'How long to wait for the end of those that get it' -r
complete -c sockeye -n "__fish_sockeye_using_subcommand kill" -l source -d 'How sockets are read: auto, netlink, procfs, portable [default: auto]' -r
complete -c sockeye -n "__fish_sockeye_using_subcommand kill" -l owners -d 'How owners are found [default: auto]' -r -f -a "auto\t'The best way there is'
bpf\t'Let the kernel tell, through BPF'
proc\t'Scan /proc'
none\t'Do not look for owners'"
complete -c sockeye -n "__fish_sockeye_using_subcommand kill" -s N -l net -d 'One network namespace: by its name, by a process in it, or by its inode' -r
complete -c sockeye -n "__fish_sockeye_using_subcommand kill" -l stop -d 'Stop the unit or the container of who holds it, through systemctl, docker or podman, and send no signal'
complete -c sockeye -n "__fish_sockeye_using_subcommand kill" -l yes -d 'Send without asking'
complete -c sockeye -n "__fish_sockeye_using_subcommand kill" -l dry-run -d 'Tell who would get it, and send nothing'
complete -c sockeye -n "__fish_sockeye_using_subcommand kill" -l json -d 'One JSON object a line for each process, and for each socket'
complete -c sockeye -n "__fish_sockeye_using_subcommand kill" -l all-netns -d 'Every network namespace, not only the own one'
complete -c sockeye -n "__fish_sockeye_using_subcommand kill" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c sockeye -n "__fish_sockeye_using_subcommand close" -l source -d 'How sockets are read: auto, netlink, procfs, portable [default: auto]' -r
complete -c sockeye -n "__fish_sockeye_using_subcommand close" -l owners -d 'How owners are found [default: auto]' -r -f -a "auto\t'The best way there is'
bpf\t'Let the kernel tell, through BPF'
proc\t'Scan /proc'
none\t'Do not look for owners'"
complete -c sockeye -n "__fish_sockeye_using_subcommand close" -s N -l net -d 'One network namespace: by its name, by a process in it, or by its inode' -r
complete -c sockeye -n "__fish_sockeye_using_subcommand close" -s F -l filter -d 'A filter in a file, beside that of the arguments; - is stdin' -r -F
complete -c sockeye -n "__fish_sockeye_using_subcommand close" -s t -l tcp -d 'TCP sockets'
complete -c sockeye -n "__fish_sockeye_using_subcommand close" -s u -l udp -d 'UDP sockets'
complete -c sockeye -n "__fish_sockeye_using_subcommand close" -s l -l listening -d 'Only sockets that listen, or wait unconnected'
complete -c sockeye -n "__fish_sockeye_using_subcommand close" -s a -l all -d 'Sockets in every state'
complete -c sockeye -n "__fish_sockeye_using_subcommand close" -s n -l numeric -d 'Port numbers instead of service names'
complete -c sockeye -n "__fish_sockeye_using_subcommand close" -l yes -d 'Close without asking'
complete -c sockeye -n "__fish_sockeye_using_subcommand close" -l json -d 'One JSON object a line for each socket'
complete -c sockeye -n "__fish_sockeye_using_subcommand close" -l all-netns -d 'Every network namespace, not only the own one'
complete -c sockeye -n "__fish_sockeye_using_subcommand close" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c sockeye -n "__fish_sockeye_using_subcommand check" -l policy -d 'The policy file [default: /etc/sockeye/policy.toml for root, else ~/.config/sockeye/policy.toml]' -r -F
complete -c sockeye -n "__fish_sockeye_using_subcommand check" -l color -d 'Colours by meaning: always, never, or auto, on a terminal unless NO_COLOR is set [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c sockeye -n "__fish_sockeye_using_subcommand check" -l source -d 'How sockets are read: auto, netlink, procfs, portable [default: auto]' -r
complete -c sockeye -n "__fish_sockeye_using_subcommand check" -l owners -d 'How owners are found [default: auto]' -r -f -a "auto\t'The best way there is'
bpf\t'Let the kernel tell, through BPF'
proc\t'Scan /proc'
none\t'Do not look for owners'"
complete -c sockeye -n "__fish_sockeye_using_subcommand check" -s N -l net -d 'One network namespace: by its name, by a process in it, or by its inode' -r
complete -c sockeye -n "__fish_sockeye_using_subcommand check" -l json -d 'One JSON object per line: alerts, then a summary'
complete -c sockeye -n "__fish_sockeye_using_subcommand check" -l ascii -d 'ASCII characters only'
complete -c sockeye -n "__fish_sockeye_using_subcommand check" -l all-netns -d 'Every network namespace, not only the own one'
complete -c sockeye -n "__fish_sockeye_using_subcommand check" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c sockeye -n "__fish_sockeye_using_subcommand watch" -l policy -d 'The policy file [default: /etc/sockeye/policy.toml for root, else ~/.config/sockeye/policy.toml]' -r -F
complete -c sockeye -n "__fish_sockeye_using_subcommand watch" -l sinks -d 'Where alerts go besides stdout [default: /etc/sockeye/sinks.toml, or sinks.toml in the user\'s configuration directory, if there is one]' -r -F
complete -c sockeye -n "__fish_sockeye_using_subcommand watch" -l store -d 'Keep alerts until they are delivered, and what was told, in this SQLite file; a watch that is started again goes on from there' -r -F
complete -c sockeye -n "__fish_sockeye_using_subcommand watch" -l cooldown -d 'How long alerts that are alike are counted before one stands for all; 0: each is told' -r
complete -c sockeye -n "__fish_sockeye_using_subcommand watch" -l remind -d 'Tell again what has stood for so long; 0: never' -r
complete -c sockeye -n "__fish_sockeye_using_subcommand watch" -l interval -d 'Time between two readings, such as 500ms or 2s [default: 1s]' -r
complete -c sockeye -n "__fish_sockeye_using_subcommand watch" -l color -d 'Colours by meaning: always, never, or auto, on a terminal unless NO_COLOR is set [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c sockeye -n "__fish_sockeye_using_subcommand watch" -l source -d 'How sockets are read: auto, netlink, procfs, portable [default: auto]' -r
complete -c sockeye -n "__fish_sockeye_using_subcommand watch" -l owners -d 'How owners are found [default: auto]' -r -f -a "auto\t'The best way there is'
bpf\t'Let the kernel tell, through BPF'
proc\t'Scan /proc'
none\t'Do not look for owners'"
complete -c sockeye -n "__fish_sockeye_using_subcommand watch" -s N -l net -d 'One network namespace: by its name, by a process in it, or by its inode' -r
complete -c sockeye -n "__fish_sockeye_using_subcommand watch" -l json -d 'One JSON object per line'
complete -c sockeye -n "__fish_sockeye_using_subcommand watch" -l ascii -d 'ASCII characters only'
complete -c sockeye -n "__fish_sockeye_using_subcommand watch" -l all-netns -d 'Every network namespace, not only the own one'
complete -c sockeye -n "__fish_sockeye_using_subcommand watch" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c sockeye -n "__fish_sockeye_using_subcommand events" -l for -d 'End after this time, such as 10s' -r
complete -c sockeye -n "__fish_sockeye_using_subcommand events" -l count -d 'End after so many events' -r
complete -c sockeye -n "__fish_sockeye_using_subcommand events" -l color -d 'Colours by meaning: always, never, or auto, on a terminal unless NO_COLOR is set [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c sockeye -n "__fish_sockeye_using_subcommand events" -l interval -d 'Time between two readings, such as 500ms or 2s [default: 1s]' -r
complete -c sockeye -n "__fish_sockeye_using_subcommand events" -l source -d 'How sockets are read: auto, netlink, procfs, portable [default: auto]' -r
complete -c sockeye -n "__fish_sockeye_using_subcommand events" -l owners -d 'How owners are found [default: auto]' -r -f -a "auto\t'The best way there is'
bpf\t'Let the kernel tell, through BPF'
proc\t'Scan /proc'
none\t'Do not look for owners'"
complete -c sockeye -n "__fish_sockeye_using_subcommand events" -s N -l net -d 'One network namespace: by its name, by a process in it, or by its inode' -r
complete -c sockeye -n "__fish_sockeye_using_subcommand events" -l json -d 'One JSON object per line'
complete -c sockeye -n "__fish_sockeye_using_subcommand events" -l ascii -d 'ASCII characters only'
complete -c sockeye -n "__fish_sockeye_using_subcommand events" -l all-netns -d 'Every network namespace, not only the own one'
complete -c sockeye -n "__fish_sockeye_using_subcommand events" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c sockeye -n "__fish_sockeye_using_subcommand wait-for" -l timeout -d 'How long to wait; at least one look is taken' -r
complete -c sockeye -n "__fish_sockeye_using_subcommand wait-for" -l interval -d 'Time between two readings; where the kernel tells what begins and ends, it is noticed sooner' -r
complete -c sockeye -n "__fish_sockeye_using_subcommand wait-for" -l count -d 'At least so many must pass [default: 1]' -r
complete -c sockeye -n "__fish_sockeye_using_subcommand wait-for" -l color -d 'Colours by meaning: always, never, or auto, on a terminal unless NO_COLOR is set [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c sockeye -n "__fish_sockeye_using_subcommand wait-for" -l source -d 'How sockets are read: auto, netlink, procfs, portable [default: auto]' -r
complete -c sockeye -n "__fish_sockeye_using_subcommand wait-for" -l owners -d 'How owners are found [default: auto]' -r -f -a "auto\t'The best way there is'
bpf\t'Let the kernel tell, through BPF'
proc\t'Scan /proc'
none\t'Do not look for owners'"
complete -c sockeye -n "__fish_sockeye_using_subcommand wait-for" -s N -l net -d 'One network namespace: by its name, by a process in it, or by its inode' -r
complete -c sockeye -n "__fish_sockeye_using_subcommand wait-for" -s F -l filter -d 'A filter in a file, beside that of the arguments; - is stdin' -r -F
complete -c sockeye -n "__fish_sockeye_using_subcommand wait-for" -l gone -d 'Wait until no socket passes'
complete -c sockeye -n "__fish_sockeye_using_subcommand wait-for" -l json -d 'What passes as one JSON document, as of a listing'
complete -c sockeye -n "__fish_sockeye_using_subcommand wait-for" -s q -l quiet -d 'Print nothing but what went wrong'
complete -c sockeye -n "__fish_sockeye_using_subcommand wait-for" -l ascii -d 'ASCII characters only'
complete -c sockeye -n "__fish_sockeye_using_subcommand wait-for" -l all-netns -d 'Every network namespace, not only the own one'
complete -c sockeye -n "__fish_sockeye_using_subcommand wait-for" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c sockeye -n "__fish_sockeye_using_subcommand assert" -l count -d 'At least so many must pass [default: 1]' -r
complete -c sockeye -n "__fish_sockeye_using_subcommand assert" -l color -d 'Colours by meaning: always, never, or auto, on a terminal unless NO_COLOR is set [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c sockeye -n "__fish_sockeye_using_subcommand assert" -l source -d 'How sockets are read: auto, netlink, procfs, portable [default: auto]' -r
complete -c sockeye -n "__fish_sockeye_using_subcommand assert" -l owners -d 'How owners are found [default: auto]' -r -f -a "auto\t'The best way there is'
bpf\t'Let the kernel tell, through BPF'
proc\t'Scan /proc'
none\t'Do not look for owners'"
complete -c sockeye -n "__fish_sockeye_using_subcommand assert" -s N -l net -d 'One network namespace: by its name, by a process in it, or by its inode' -r
complete -c sockeye -n "__fish_sockeye_using_subcommand assert" -s F -l filter -d 'A filter in a file, beside that of the arguments; - is stdin' -r -F
complete -c sockeye -n "__fish_sockeye_using_subcommand assert" -l none -d 'No socket may pass'
complete -c sockeye -n "__fish_sockeye_using_subcommand assert" -l json -d 'What passes as one JSON document, as of a listing'
complete -c sockeye -n "__fish_sockeye_using_subcommand assert" -s q -l quiet -d 'Print nothing but what went wrong'
complete -c sockeye -n "__fish_sockeye_using_subcommand assert" -l ascii -d 'ASCII characters only'
complete -c sockeye -n "__fish_sockeye_using_subcommand assert" -l all-netns -d 'Every network namespace, not only the own one'
complete -c sockeye -n "__fish_sockeye_using_subcommand assert" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c sockeye -n "__fish_sockeye_using_subcommand metrics" -l output -d 'Replace this file as a whole, such as sockeye.prom for the textfile collector of node_exporter' -r -F
complete -c sockeye -n "__fish_sockeye_using_subcommand metrics" -l source -d 'How sockets are read: auto, netlink, procfs, portable [default: auto]' -r
complete -c sockeye -n "__fish_sockeye_using_subcommand metrics" -l owners -d 'How owners are found [default: auto]' -r -f -a "auto\t'The best way there is'
bpf\t'Let the kernel tell, through BPF'
proc\t'Scan /proc'
none\t'Do not look for owners'"
complete -c sockeye -n "__fish_sockeye_using_subcommand metrics" -s N -l net -d 'One network namespace: by its name, by a process in it, or by its inode' -r
complete -c sockeye -n "__fish_sockeye_using_subcommand metrics" -l all-netns -d 'Every network namespace, not only the own one'
complete -c sockeye -n "__fish_sockeye_using_subcommand metrics" -l ask-runtimes -d 'Ask Docker and Podman for names of containers that their files do not tell (in JSON, metrics and the dashboard). Off unless given: a daemon may be slow, and who may open its socket is as good as root'
complete -c sockeye -n "__fish_sockeye_using_subcommand metrics" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c sockeye -n "__fish_sockeye_using_subcommand doctor" -l source -d 'How sockets are read: auto, netlink, procfs, portable [default: auto]' -r
complete -c sockeye -n "__fish_sockeye_using_subcommand doctor" -l owners -d 'How owners are found [default: auto]' -r -f -a "auto\t'The best way there is'
bpf\t'Let the kernel tell, through BPF'
proc\t'Scan /proc'
none\t'Do not look for owners'"
complete -c sockeye -n "__fish_sockeye_using_subcommand doctor" -s N -l net -d 'One network namespace: by its name, by a process in it, or by its inode' -r
complete -c sockeye -n "__fish_sockeye_using_subcommand doctor" -l json -d 'The coverage as JSON'
complete -c sockeye -n "__fish_sockeye_using_subcommand doctor" -l all-netns -d 'Every network namespace, not only the own one'
complete -c sockeye -n "__fish_sockeye_using_subcommand doctor" -l ask-runtimes -d 'Ask Docker and Podman for names of containers that their files do not tell (in JSON, metrics and the dashboard). Off unless given: a daemon may be slow, and who may open its socket is as good as root'
complete -c sockeye -n "__fish_sockeye_using_subcommand doctor" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c sockeye -n "__fish_sockeye_using_subcommand policy; and not __fish_seen_subcommand_from show diff learn approve reject" -s h -l help -d 'Print help'
complete -c sockeye -n "__fish_sockeye_using_subcommand policy; and not __fish_seen_subcommand_from show diff learn approve reject" -f -a "show" -d 'The policy in force, as it is understood'
complete -c sockeye -n "__fish_sockeye_using_subcommand policy; and not __fish_seen_subcommand_from show diff learn approve reject" -f -a "diff" -d 'Compare it with what listens now: what is there, gone, different and unexpected, and how that is approved'
complete -c sockeye -n "__fish_sockeye_using_subcommand policy; and not __fish_seen_subcommand_from show diff learn approve reject" -f -a "learn" -d 'Add an entry for every listener that the policy does not cover yet'
complete -c sockeye -n "__fish_sockeye_using_subcommand policy; and not __fish_seen_subcommand_from show diff learn approve reject" -f -a "approve" -d 'Expect a listener from now on, after showing what is written and asking'
complete -c sockeye -n "__fish_sockeye_using_subcommand policy; and not __fish_seen_subcommand_from show diff learn approve reject" -f -a "reject" -d 'Expect a listener no more, after showing what is written and asking'
complete -c sockeye -n "__fish_sockeye_using_subcommand policy; and __fish_seen_subcommand_from show" -l policy -d 'The policy file [default: /etc/sockeye/policy.toml for root, else ~/.config/sockeye/policy.toml]' -r -F
complete -c sockeye -n "__fish_sockeye_using_subcommand policy; and __fish_seen_subcommand_from show" -l color -d 'Colours by meaning: always, never, or auto, on a terminal unless NO_COLOR is set [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c sockeye -n "__fish_sockeye_using_subcommand policy; and __fish_seen_subcommand_from show" -l json -d 'One JSON object'
complete -c sockeye -n "__fish_sockeye_using_subcommand policy; and __fish_seen_subcommand_from show" -l ascii -d 'ASCII characters only'
complete -c sockeye -n "__fish_sockeye_using_subcommand policy; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help'
complete -c sockeye -n "__fish_sockeye_using_subcommand policy; and __fish_seen_subcommand_from diff" -l policy -d 'The policy file [default: /etc/sockeye/policy.toml for root, else ~/.config/sockeye/policy.toml]' -r -F
complete -c sockeye -n "__fish_sockeye_using_subcommand policy; and __fish_seen_subcommand_from diff" -l color -d 'Colours by meaning: always, never, or auto, on a terminal unless NO_COLOR is set [default: auto]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c sockeye -n "__fish_sockeye_using_subcommand policy; and __fish_seen_subcommand_from diff" -l source -d 'How sockets are read: auto, netlink, procfs, portable [default: auto]' -r
complete -c sockeye -n "__fish_sockeye_using_subcommand policy; and __fish_seen_subcommand_from diff" -l owners -d 'How owners are found [default: auto]' -r -f -a "auto\t'The best way there is'
bpf\t'Let the kernel tell, through BPF'
proc\t'Scan /proc'
none\t'Do not look for owners'"
complete -c sockeye -n "__fish_sockeye_using_subcommand policy; and __fish_seen_subcommand_from diff" -s N -l net -d 'One network namespace: by its name, by a process in it, or by its inode' -r
complete -c sockeye -n "__fish_sockeye_using_subcommand policy; and __fish_seen_subcommand_from diff" -l json -d 'One JSON object per line: listeners and entries, then a summary'
complete -c sockeye -n "__fish_sockeye_using_subcommand policy; and __fish_seen_subcommand_from diff" -l ascii -d 'ASCII characters only'
complete -c sockeye -n "__fish_sockeye_using_subcommand policy; and __fish_seen_subcommand_from diff" -l all-netns -d 'Every network namespace, not only the own one'
complete -c sockeye -n "__fish_sockeye_using_subcommand policy; and __fish_seen_subcommand_from diff" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c sockeye -n "__fish_sockeye_using_subcommand policy; and __fish_seen_subcommand_from learn" -l policy -d 'The policy file [default: /etc/sockeye/policy.toml for root, else ~/.config/sockeye/policy.toml]' -r -F
complete -c sockeye -n "__fish_sockeye_using_subcommand policy; and __fish_seen_subcommand_from learn" -l for -d 'Learn from all that listens within this time, however short, and not from one look' -r
complete -c sockeye -n "__fish_sockeye_using_subcommand policy; and __fish_seen_subcommand_from learn" -l source -d 'How sockets are read: auto, netlink, procfs, portable [default: auto]' -r
complete -c sockeye -n "__fish_sockeye_using_subcommand policy; and __fish_seen_subcommand_from learn" -l owners -d 'How owners are found [default: auto]' -r -f -a "auto\t'The best way there is'
bpf\t'Let the kernel tell, through BPF'
proc\t'Scan /proc'
none\t'Do not look for owners'"
complete -c sockeye -n "__fish_sockeye_using_subcommand policy; and __fish_seen_subcommand_from learn" -s N -l net -d 'One network namespace: by its name, by a process in it, or by its inode' -r
complete -c sockeye -n "__fish_sockeye_using_subcommand policy; and __fish_seen_subcommand_from learn" -l dry-run -d 'Print the new entries instead of writing them'
complete -c sockeye -n "__fish_sockeye_using_subcommand policy; and __fish_seen_subcommand_from learn" -l all-netns -d 'Every network namespace, not only the own one'
complete -c sockeye -n "__fish_sockeye_using_subcommand policy; and __fish_seen_subcommand_from learn" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c sockeye -n "__fish_sockeye_using_subcommand policy; and __fish_seen_subcommand_from approve" -l policy -d 'The policy file [default: /etc/sockeye/policy.toml for root, else ~/.config/sockeye/policy.toml]' -r -F
complete -c sockeye -n "__fish_sockeye_using_subcommand policy; and __fish_seen_subcommand_from approve" -l source -d 'How sockets are read: auto, netlink, procfs, portable [default: auto]' -r
complete -c sockeye -n "__fish_sockeye_using_subcommand policy; and __fish_seen_subcommand_from approve" -l owners -d 'How owners are found [default: auto]' -r -f -a "auto\t'The best way there is'
bpf\t'Let the kernel tell, through BPF'
proc\t'Scan /proc'
none\t'Do not look for owners'"
complete -c sockeye -n "__fish_sockeye_using_subcommand policy; and __fish_seen_subcommand_from approve" -s N -l net -d 'One network namespace: by its name, by a process in it, or by its inode' -r
complete -c sockeye -n "__fish_sockeye_using_subcommand policy; and __fish_seen_subcommand_from approve" -l yes -d 'Write without asking'
complete -c sockeye -n "__fish_sockeye_using_subcommand policy; and __fish_seen_subcommand_from approve" -l dry-run -d 'Print what would be written, and write nothing'
complete -c sockeye -n "__fish_sockeye_using_subcommand policy; and __fish_seen_subcommand_from approve" -l all-netns -d 'Every network namespace, not only the own one'
complete -c sockeye -n "__fish_sockeye_using_subcommand policy; and __fish_seen_subcommand_from approve" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c sockeye -n "__fish_sockeye_using_subcommand policy; and __fish_seen_subcommand_from reject" -l policy -d 'The policy file [default: /etc/sockeye/policy.toml for root, else ~/.config/sockeye/policy.toml]' -r -F
complete -c sockeye -n "__fish_sockeye_using_subcommand policy; and __fish_seen_subcommand_from reject" -l source -d 'How sockets are read: auto, netlink, procfs, portable [default: auto]' -r
complete -c sockeye -n "__fish_sockeye_using_subcommand policy; and __fish_seen_subcommand_from reject" -l owners -d 'How owners are found [default: auto]' -r -f -a "auto\t'The best way there is'
bpf\t'Let the kernel tell, through BPF'
proc\t'Scan /proc'
none\t'Do not look for owners'"
complete -c sockeye -n "__fish_sockeye_using_subcommand policy; and __fish_seen_subcommand_from reject" -s N -l net -d 'One network namespace: by its name, by a process in it, or by its inode' -r
complete -c sockeye -n "__fish_sockeye_using_subcommand policy; and __fish_seen_subcommand_from reject" -l yes -d 'Write without asking'
complete -c sockeye -n "__fish_sockeye_using_subcommand policy; and __fish_seen_subcommand_from reject" -l dry-run -d 'Print what would be written, and write nothing'
complete -c sockeye -n "__fish_sockeye_using_subcommand policy; and __fish_seen_subcommand_from reject" -l all-netns -d 'Every network namespace, not only the own one'
complete -c sockeye -n "__fish_sockeye_using_subcommand policy; and __fish_seen_subcommand_from reject" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c sockeye -n "__fish_sockeye_using_subcommand schema" -s h -l help -d 'Print help'
complete -c sockeye -n "__fish_sockeye_using_subcommand completions" -s h -l help -d 'Print help'
complete -c sockeye -n "__fish_sockeye_using_subcommand man" -s h -l help -d 'Print help'
complete -c sockeye -n "__fish_sockeye_using_subcommand config" -l explain -d 'Tell every setting, where its value came from, and which files are looked at'
complete -c sockeye -n "__fish_sockeye_using_subcommand config" -l json -d 'The same as one JSON object'
complete -c sockeye -n "__fish_sockeye_using_subcommand config" -s h -l help -d 'Print help'
complete -c sockeye -n "__fish_sockeye_needs_command" -f -a "accecn_fail_mode accecn_opt_seen accept_queue activates addr address advmss age ato_us autobound auxdata backlog backoff bbr_bandwidth_bytes_per_s bbr_cwnd_gain bbr_min_rtt_us bbr_pacing_gain big bind_address_no_port bluetooth bound bucket busy_time_us bytes_acked bytes_received bytes_retrans bytes_sent ca_state cc cgroup cgroup_id class_id client close-wait closed closing cmdline comm congestion_algorithm connected connection container cookie copy_threshold_bytes cwnd data_segs_in data_segs_out dccp dctcp_ab_ecn dctcp_ab_tot dctcp_alpha dctcp_ce_state dctcp_enabled defer_connect deleted delivered delivered_ce delivered_ce_bytes delivered_e0_bytes delivered_e1_bytes delivery_rate_app_limited delivery_rate_bytes_per_s dev dport drops dsack_dups dst dst_group dst_portid established exclude exe exposed fackets family fanout_id fanout_mode fastopen_client_fail fin-wait-1 fin-wait-2 freebind fwd_alloc_bytes fwmark hci hdrincl icmp idle inet inet6 inode interface interface_index ip ip_protocol ipv4 ipv6 is_icsk kernel_use l2cap last-ack last_ack_recv_ms last_ack_sent_ms last_data_recv_ms last_data_sent_ms link listen listener listener_cookie listening local local_address local_port loopback loss lost lport mark max_pacing_rate_bytes_per_s mc_all mc_loop min_rtt_us minrtt mptcp mptcp_flags mptcp_token netlink netlink_flags netns netns_name new nodefrag not notsent_bytes optmem_bytes origdev orphan owner owner_count owner_status owner_user pacing_rate_bytes_per_s packet packet_running packet_version path peer_cookie peer_inode pid pmtu port private probes proc process proto protocol protocol_name public rate raw rcv_mss rcv_ooopack rcv_rtt_us rcv_space rcv_ssthresh rcv_wnd rcv_wscale rcvbuf_bytes reach receive_rate_bytes_per_s received_ce received_ce_bytes received_e0_bytes received_e1_bytes recv_q recverr recverr_rfc4884 rehash remote remote_address remote_port reord_seen reordering retrans retransmits reuse_address reuse_port rfcomm rmem_alloc_bytes role role_reason rport rto rto_us rtt rtt_us rttvar_us rwnd_limited_us rx_ring_block_bytes rx_ring_blocks rx_ring_features rx_ring_frame_bytes rx_ring_frames rx_ring_retire_ms rxq sacked sco scope sctp segs_in segs_out send_q send_rate_bytes_per_s shutdown sk_backlog_bytes smc smc_fallback_reason smc_mode snd_cwnd snd_mss snd_ssthresh snd_wnd snd_wscale sndbuf_bytes sndbuf_limited_us sport src state subflow_flags subflow_id_local subflow_id_remote subflow_token_local subflow_token_remote syn-rcv syn-recv syn-sent synchronized tclass tcp tcp_options time-wait timer_expires_ms timer_name timer_retransmits tipc tls_cipher tls_no_pad tls_rx tls_tx tls_version tls_zero_copy tos total_retrans total_rto total_rto_recoveries total_rto_time_ms transparent tx_ring_block_bytes tx_ring_blocks tx_ring_features tx_ring_frame_bytes tx_ring_frames tx_ring_retire_ms txq type udp udplite uid ulp umem_bytes umem_id unacked unconnected unit unix unowned user v6only vegas_enabled vegas_min_rtt_us vegas_rtt_count vegas_rtt_us vfs_device vfs_inode vnet_header vsock wmem_alloc_bytes wmem_queued_bytes xdp xdp_fill_ring_empty xdp_queue xdp_rx_dropped xdp_rx_entries xdp_rx_invalid xdp_rx_ring_full xdp_tx_entries xdp_tx_invalid xdp_tx_ring_empty"
complete -c sockeye -n "__fish_sockeye_using_subcommand completions" -f -a "bash zsh fish"
