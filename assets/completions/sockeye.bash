_sockeye() {
    local i cur prev opts cmd
    COMPREPLY=()
    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
        cur="$2"
    else
        cur="${COMP_WORDS[COMP_CWORD]}"
    fi
    prev="$3"
    cmd=""
    opts=""

    for i in "${COMP_WORDS[@]:0:COMP_CWORD}"
    do
        case "${cmd},${i}" in
            ",$1")
                cmd="sockeye"
                ;;
            sockeye,assert)
                cmd="sockeye__subcmd__assert"
                ;;
            sockeye,check)
                cmd="sockeye__subcmd__check"
                ;;
            sockeye,close)
                cmd="sockeye__subcmd__close"
                ;;
            sockeye,completions)
                cmd="sockeye__subcmd__completions"
                ;;
            sockeye,config)
                cmd="sockeye__subcmd__config"
                ;;
            sockeye,doctor)
                cmd="sockeye__subcmd__doctor"
                ;;
            sockeye,events)
                cmd="sockeye__subcmd__events"
                ;;
            sockeye,kill)
                cmd="sockeye__subcmd__kill"
                ;;
            sockeye,man)
                cmd="sockeye__subcmd__man"
                ;;
            sockeye,metrics)
                cmd="sockeye__subcmd__metrics"
                ;;
            sockeye,policy)
                cmd="sockeye__subcmd__policy"
                ;;
            sockeye,schema)
                cmd="sockeye__subcmd__schema"
                ;;
            sockeye,top)
                cmd="sockeye__subcmd__top"
                ;;
            sockeye,wait-for)
                cmd="sockeye__subcmd__wait__subcmd__for"
                ;;
            sockeye,watch)
                cmd="sockeye__subcmd__watch"
                ;;
            sockeye,who)
                cmd="sockeye__subcmd__who"
                ;;
            sockeye__subcmd__policy,approve)
                cmd="sockeye__subcmd__policy__subcmd__approve"
                ;;
            sockeye__subcmd__policy,diff)
                cmd="sockeye__subcmd__policy__subcmd__diff"
                ;;
            sockeye__subcmd__policy,learn)
                cmd="sockeye__subcmd__policy__subcmd__learn"
                ;;
            sockeye__subcmd__policy,reject)
                cmd="sockeye__subcmd__policy__subcmd__reject"
                ;;
            sockeye__subcmd__policy,show)
                cmd="sockeye__subcmd__policy__subcmd__show"
                ;;
            *)
                ;;
        esac
    done

    case "${cmd}" in
        sockeye)
            opts="-t -u -x -w -d -S -M -0 -A -f -l -a -B -4 -6 -n -r -p -T -Z -z -q -H -e -o -m -i -b -O -s -E -K -N -F -h -V --tcp --udp --unix --raw --dccp --sctp --mptcp --packet --udplite --icmp --netlink --vsock --xdp --tipc --smc --bluetooth --other --query --family --listening --all --bound-inactive --ipv4 --ipv6 --numeric --resolve --processes --threads --context --contexts --quiet --no-header --extended --options --memory --info --bpf --tos --cgroup --inet-sockopt --oneline --summary --events --for --count --kill --yes --json --ndjson --csv --format --group --wide --color --ascii --source --owners --all-netns --net --ask-runtimes --filter --columns --sort --help --version accecn_fail_mode accecn_opt_seen accept_queue activates addr address advmss age ato_us autobound auxdata backlog backoff bbr_bandwidth_bytes_per_s bbr_cwnd_gain bbr_min_rtt_us bbr_pacing_gain big bind_address_no_port bluetooth bound bucket busy_time_us bytes_acked bytes_received bytes_retrans bytes_sent ca_state cc cgroup cgroup_id class_id client close-wait closed closing cmdline comm congestion_algorithm connected connection container cookie copy_threshold_bytes cwnd data_segs_in data_segs_out dccp dctcp_ab_ecn dctcp_ab_tot dctcp_alpha dctcp_ce_state dctcp_enabled defer_connect deleted delivered delivered_ce delivered_ce_bytes delivered_e0_bytes delivered_e1_bytes delivery_rate_app_limited delivery_rate_bytes_per_s dev dport drops dsack_dups dst dst_group dst_portid established exclude exe exposed fackets family fanout_id fanout_mode fastopen_client_fail fin-wait-1 fin-wait-2 freebind fwd_alloc_bytes fwmark hci hdrincl icmp idle inet inet6 inode interface interface_index ip ip_protocol ipv4 ipv6 is_icsk kernel_use l2cap last-ack last_ack_recv_ms last_ack_sent_ms last_data_recv_ms last_data_sent_ms link listen listener listener_cookie listening local local_address local_port loopback loss lost lport mark max_pacing_rate_bytes_per_s mc_all mc_loop min_rtt_us minrtt mptcp mptcp_flags mptcp_token netlink netlink_flags netns netns_name new nodefrag not notsent_bytes optmem_bytes origdev orphan owner owner_count owner_status owner_user pacing_rate_bytes_per_s packet packet_running packet_version path peer_cookie peer_inode pid pmtu port private probes proc process proto protocol protocol_name public rate raw rcv_mss rcv_ooopack rcv_rtt_us rcv_space rcv_ssthresh rcv_wnd rcv_wscale rcvbuf_bytes reach receive_rate_bytes_per_s received_ce received_ce_bytes received_e0_bytes received_e1_bytes recv_q recverr recverr_rfc4884 rehash remote remote_address remote_port reord_seen reordering retrans retransmits reuse_address reuse_port rfcomm rmem_alloc_bytes role role_reason rport rto rto_us rtt rtt_us rttvar_us rwnd_limited_us rx_ring_block_bytes rx_ring_blocks rx_ring_features rx_ring_frame_bytes rx_ring_frames rx_ring_retire_ms rxq sacked sco scope sctp segs_in segs_out send_q send_rate_bytes_per_s shutdown sk_backlog_bytes smc smc_fallback_reason smc_mode snd_cwnd snd_mss snd_ssthresh snd_wnd snd_wscale sndbuf_bytes sndbuf_limited_us sport src state subflow_flags subflow_id_local subflow_id_remote subflow_token_local subflow_token_remote syn-rcv syn-recv syn-sent synchronized tclass tcp tcp_options time-wait timer_expires_ms timer_name timer_retransmits tipc tls_cipher tls_no_pad tls_rx tls_tx tls_version tls_zero_copy tos total_retrans total_rto total_rto_recoveries total_rto_time_ms transparent tx_ring_block_bytes tx_ring_blocks tx_ring_features tx_ring_frame_bytes tx_ring_frames tx_ring_retire_ms txq type udp udplite uid ulp umem_bytes umem_id unacked unconnected unit unix unowned user v6only vegas_enabled vegas_min_rtt_us vegas_rtt_count vegas_rtt_us vfs_device vfs_inode vnet_header vsock wmem_alloc_bytes wmem_queued_bytes xdp xdp_fill_ring_empty xdp_queue xdp_rx_dropped xdp_rx_entries xdp_rx_invalid xdp_rx_ring_full xdp_tx_entries xdp_tx_invalid xdp_tx_ring_empty top who kill close check watch events wait-for assert metrics doctor policy schema completions man config"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 1 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --query)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                -A)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --family)
                    COMPREPLY=($(compgen -W "inet inet6 unix link netlink vsock tipc xdp" -- "${cur}"))
                    return 0
                    ;;
                -f)
                    COMPREPLY=($(compgen -W "inet inet6 unix link netlink vsock tipc xdp" -- "${cur}"))
                    return 0
                    ;;
                --for)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --count)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --format)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --group)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --color)
                    COMPREPLY=($(compgen -W "auto always never" -- "${cur}"))
                    return 0
                    ;;
                --source)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --owners)
                    COMPREPLY=($(compgen -W "auto bpf proc none" -- "${cur}"))
                    return 0
                    ;;
                --net)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                -N)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --filter)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                -F)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --columns)
                    COMPREPLY=($(compgen -P "${cur%"${cur##*[,-]}"}" -W "cookie netns netns_name inode family protocol type state role role_reason local local_address local_port remote remote_address remote_port path peer_inode peer_cookie peer_owners interface interface_index uid user recv_q send_q accept_queue backlog listener_cookie mptcp scope reach v6only reuse_address reuse_port unit activates dnat container cgroup cgroup_id tos tclass class_id mark shutdown ip_protocol ulp protocol_name local_addresses remote_addresses md5_keys bpf_storages owner_status kernel_use owner_count owner owners owner_candidates pid comm exe opened_at send_rate_bytes_per_s receive_rate_bytes_per_s timer_name timer_expires_ms timer_retransmits rmem_alloc_bytes rcvbuf_bytes wmem_alloc_bytes sndbuf_bytes fwd_alloc_bytes wmem_queued_bytes optmem_bytes sk_backlog_bytes drops ca_state retransmits probes backoff tcp_options snd_wscale rcv_wscale delivery_rate_app_limited fastopen_client_fail rto_us ato_us snd_mss rcv_mss unacked sacked lost retrans fackets last_data_sent_ms last_ack_sent_ms last_data_recv_ms last_ack_recv_ms pmtu rcv_ssthresh rtt_us rttvar_us snd_ssthresh snd_cwnd advmss reordering rcv_rtt_us rcv_space total_retrans pacing_rate_bytes_per_s max_pacing_rate_bytes_per_s bytes_acked bytes_received segs_out segs_in notsent_bytes min_rtt_us data_segs_in data_segs_out delivery_rate_bytes_per_s busy_time_us rwnd_limited_us sndbuf_limited_us delivered delivered_ce bytes_sent bytes_retrans dsack_dups reord_seen rcv_ooopack snd_wnd rcv_wnd rehash total_rto total_rto_recoveries total_rto_time_ms received_ce delivered_e1_bytes delivered_e0_bytes delivered_ce_bytes received_e1_bytes received_e0_bytes received_ce_bytes accecn_fail_mode accecn_opt_seen congestion_algorithm bbr_bandwidth_bytes_per_s bbr_min_rtt_us bbr_pacing_gain bbr_cwnd_gain dctcp_enabled dctcp_ce_state dctcp_alpha dctcp_ab_ecn dctcp_ab_tot vegas_enabled vegas_rtt_count vegas_rtt_us vegas_min_rtt_us recverr is_icsk freebind hdrincl mc_loop transparent mc_all nodefrag bind_address_no_port recverr_rfc4884 defer_connect tls_version tls_cipher tls_rx tls_tx tls_zero_copy tls_no_pad subflow_token_local subflow_token_remote subflow_id_local subflow_id_remote subflow_flags mptcp_token mptcp_flags subflows vfs_inode vfs_device pending packet_version packet_running copy_threshold_bytes auxdata origdev vnet_header loss fanout_id fanout_mode rx_ring_blocks rx_ring_block_bytes rx_ring_frames rx_ring_frame_bytes rx_ring_retire_ms rx_ring_features tx_ring_blocks tx_ring_block_bytes tx_ring_frames tx_ring_frame_bytes tx_ring_retire_ms tx_ring_features filter netlink_groups dst_group dst_portid netlink_flags xdp_queue xdp_rx_entries xdp_tx_entries umem_id umem_bytes xdp_rx_dropped xdp_rx_invalid xdp_rx_ring_full xdp_fill_ring_empty xdp_tx_invalid xdp_tx_ring_empty smc_mode smc_fallback_reason help" -- "${cur##*[,-]}"))
                    return 0
                    ;;
                --sort)
                    COMPREPLY=($(compgen -P "${cur%"${cur##*[,-]}"}" -W "cookie netns netns_name inode family protocol type state role role_reason local local_address local_port remote remote_address remote_port path peer_inode peer_cookie peer_owners interface interface_index uid user recv_q send_q accept_queue backlog listener_cookie mptcp scope reach v6only reuse_address reuse_port unit activates dnat container cgroup cgroup_id tos tclass class_id mark shutdown ip_protocol ulp protocol_name local_addresses remote_addresses md5_keys bpf_storages owner_status kernel_use owner_count owner owners owner_candidates pid comm exe opened_at send_rate_bytes_per_s receive_rate_bytes_per_s timer_name timer_expires_ms timer_retransmits rmem_alloc_bytes rcvbuf_bytes wmem_alloc_bytes sndbuf_bytes fwd_alloc_bytes wmem_queued_bytes optmem_bytes sk_backlog_bytes drops ca_state retransmits probes backoff tcp_options snd_wscale rcv_wscale delivery_rate_app_limited fastopen_client_fail rto_us ato_us snd_mss rcv_mss unacked sacked lost retrans fackets last_data_sent_ms last_ack_sent_ms last_data_recv_ms last_ack_recv_ms pmtu rcv_ssthresh rtt_us rttvar_us snd_ssthresh snd_cwnd advmss reordering rcv_rtt_us rcv_space total_retrans pacing_rate_bytes_per_s max_pacing_rate_bytes_per_s bytes_acked bytes_received segs_out segs_in notsent_bytes min_rtt_us data_segs_in data_segs_out delivery_rate_bytes_per_s busy_time_us rwnd_limited_us sndbuf_limited_us delivered delivered_ce bytes_sent bytes_retrans dsack_dups reord_seen rcv_ooopack snd_wnd rcv_wnd rehash total_rto total_rto_recoveries total_rto_time_ms received_ce delivered_e1_bytes delivered_e0_bytes delivered_ce_bytes received_e1_bytes received_e0_bytes received_ce_bytes accecn_fail_mode accecn_opt_seen congestion_algorithm bbr_bandwidth_bytes_per_s bbr_min_rtt_us bbr_pacing_gain bbr_cwnd_gain dctcp_enabled dctcp_ce_state dctcp_alpha dctcp_ab_ecn dctcp_ab_tot vegas_enabled vegas_rtt_count vegas_rtt_us vegas_min_rtt_us recverr is_icsk freebind hdrincl mc_loop transparent mc_all nodefrag bind_address_no_port recverr_rfc4884 defer_connect tls_version tls_cipher tls_rx tls_tx tls_zero_copy tls_no_pad subflow_token_local subflow_token_remote subflow_id_local subflow_id_remote subflow_flags mptcp_token mptcp_flags subflows vfs_inode vfs_device pending packet_version packet_running copy_threshold_bytes auxdata origdev vnet_header loss fanout_id fanout_mode rx_ring_blocks rx_ring_block_bytes rx_ring_frames rx_ring_frame_bytes rx_ring_retire_ms rx_ring_features tx_ring_blocks tx_ring_block_bytes tx_ring_frames tx_ring_frame_bytes tx_ring_retire_ms tx_ring_features filter netlink_groups dst_group dst_portid netlink_flags xdp_queue xdp_rx_entries xdp_tx_entries umem_id umem_bytes xdp_rx_dropped xdp_rx_invalid xdp_rx_ring_full xdp_fill_ring_empty xdp_tx_invalid xdp_tx_ring_empty smc_mode smc_fallback_reason" -- "${cur##*[,-]}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        sockeye__subcmd__assert)
            opts="-q -N -F -h --none --count --json --quiet --color --ascii --source --owners --all-netns --net --filter --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 2 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --count)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --color)
                    COMPREPLY=($(compgen -W "auto always never" -- "${cur}"))
                    return 0
                    ;;
                --source)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --owners)
                    COMPREPLY=($(compgen -W "auto bpf proc none" -- "${cur}"))
                    return 0
                    ;;
                --net)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                -N)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --filter)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                -F)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        sockeye__subcmd__check)
            opts="-N -h --policy --json --color --ascii --source --owners --all-netns --net --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 2 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --policy)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --color)
                    COMPREPLY=($(compgen -W "auto always never" -- "${cur}"))
                    return 0
                    ;;
                --source)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --owners)
                    COMPREPLY=($(compgen -W "auto bpf proc none" -- "${cur}"))
                    return 0
                    ;;
                --net)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                -N)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        sockeye__subcmd__close)
            opts="-t -u -l -a -n -N -F -h --tcp --udp --listening --all --numeric --yes --json --source --owners --all-netns --net --filter --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 2 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --source)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --owners)
                    COMPREPLY=($(compgen -W "auto bpf proc none" -- "${cur}"))
                    return 0
                    ;;
                --net)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                -N)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --filter)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                -F)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        sockeye__subcmd__completions)
            opts="-h --help bash zsh fish"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 2 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        sockeye__subcmd__config)
            opts="-h --explain --json --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 2 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        sockeye__subcmd__doctor)
            opts="-N -h --json --source --owners --all-netns --net --ask-runtimes --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 2 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --source)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --owners)
                    COMPREPLY=($(compgen -W "auto bpf proc none" -- "${cur}"))
                    return 0
                    ;;
                --net)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                -N)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        sockeye__subcmd__events)
            opts="-N -h --json --for --count --color --ascii --interval --source --owners --all-netns --net --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 2 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --for)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --count)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --color)
                    COMPREPLY=($(compgen -W "auto always never" -- "${cur}"))
                    return 0
                    ;;
                --interval)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --source)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --owners)
                    COMPREPLY=($(compgen -W "auto bpf proc none" -- "${cur}"))
                    return 0
                    ;;
                --net)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                -N)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        sockeye__subcmd__kill)
            opts="-s -N -h --signal --stop --yes --dry-run --wait --json --source --owners --all-netns --net --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 2 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --signal)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                -s)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --wait)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --source)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --owners)
                    COMPREPLY=($(compgen -W "auto bpf proc none" -- "${cur}"))
                    return 0
                    ;;
                --net)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                -N)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        sockeye__subcmd__man)
            opts="-h --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 2 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        sockeye__subcmd__metrics)
            opts="-N -h --output --source --owners --all-netns --net --ask-runtimes --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 2 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --output)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --source)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --owners)
                    COMPREPLY=($(compgen -W "auto bpf proc none" -- "${cur}"))
                    return 0
                    ;;
                --net)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                -N)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        sockeye__subcmd__policy)
            opts="-h --help show diff learn approve reject"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 2 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        sockeye__subcmd__policy__subcmd__approve)
            opts="-N -h --yes --dry-run --policy --source --owners --all-netns --net --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 3 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --policy)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --source)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --owners)
                    COMPREPLY=($(compgen -W "auto bpf proc none" -- "${cur}"))
                    return 0
                    ;;
                --net)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                -N)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        sockeye__subcmd__policy__subcmd__diff)
            opts="-N -h --policy --json --color --ascii --source --owners --all-netns --net --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 3 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --policy)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --color)
                    COMPREPLY=($(compgen -W "auto always never" -- "${cur}"))
                    return 0
                    ;;
                --source)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --owners)
                    COMPREPLY=($(compgen -W "auto bpf proc none" -- "${cur}"))
                    return 0
                    ;;
                --net)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                -N)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        sockeye__subcmd__policy__subcmd__learn)
            opts="-N -h --policy --for --dry-run --source --owners --all-netns --net --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 3 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --policy)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --for)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --source)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --owners)
                    COMPREPLY=($(compgen -W "auto bpf proc none" -- "${cur}"))
                    return 0
                    ;;
                --net)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                -N)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        sockeye__subcmd__policy__subcmd__reject)
            opts="-N -h --yes --dry-run --policy --source --owners --all-netns --net --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 3 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --policy)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --source)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --owners)
                    COMPREPLY=($(compgen -W "auto bpf proc none" -- "${cur}"))
                    return 0
                    ;;
                --net)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                -N)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        sockeye__subcmd__policy__subcmd__show)
            opts="-h --policy --json --color --ascii --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 3 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --policy)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --color)
                    COMPREPLY=($(compgen -W "auto always never" -- "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        sockeye__subcmd__schema)
            opts="-h --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 2 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        sockeye__subcmd__top)
            opts="-N -F -h --source --owners --all-netns --net --ask-runtimes --policy --interval --color --ascii --theme --no-mouse --view --no-state --read-only --filter --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 2 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --source)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --owners)
                    COMPREPLY=($(compgen -W "auto bpf proc none" -- "${cur}"))
                    return 0
                    ;;
                --net)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                -N)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --policy)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --interval)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --color)
                    COMPREPLY=($(compgen -W "auto always never" -- "${cur}"))
                    return 0
                    ;;
                --theme)
                    COMPREPLY=($(compgen -W "terminal dark light colorblind-dark colorblind-light mono" -- "${cur}"))
                    return 0
                    ;;
                --view)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --filter)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                -F)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        sockeye__subcmd__wait__subcmd__for)
            opts="-q -N -F -h --timeout --gone --interval --count --json --quiet --color --ascii --source --owners --all-netns --net --filter --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 2 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --timeout)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --interval)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --count)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --color)
                    COMPREPLY=($(compgen -W "auto always never" -- "${cur}"))
                    return 0
                    ;;
                --source)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --owners)
                    COMPREPLY=($(compgen -W "auto bpf proc none" -- "${cur}"))
                    return 0
                    ;;
                --net)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                -N)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --filter)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                -F)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        sockeye__subcmd__watch)
            opts="-N -h --policy --json --sinks --store --cooldown --remind --interval --color --ascii --source --owners --all-netns --net --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 2 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --policy)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --sinks)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --store)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --cooldown)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --remind)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --interval)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --color)
                    COMPREPLY=($(compgen -W "auto always never" -- "${cur}"))
                    return 0
                    ;;
                --source)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --owners)
                    COMPREPLY=($(compgen -W "auto bpf proc none" -- "${cur}"))
                    return 0
                    ;;
                --net)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                -N)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        sockeye__subcmd__who)
            opts="-N -h --json --color --ascii --source --owners --all-netns --net --ask-runtimes --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 2 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --color)
                    COMPREPLY=($(compgen -W "auto always never" -- "${cur}"))
                    return 0
                    ;;
                --source)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --owners)
                    COMPREPLY=($(compgen -W "auto bpf proc none" -- "${cur}"))
                    return 0
                    ;;
                --net)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                -N)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
    esac
}

if [[ "${BASH_VERSINFO[0]}" -eq 4 && "${BASH_VERSINFO[1]}" -ge 4 || "${BASH_VERSINFO[0]}" -gt 4 ]]; then
    complete -F _sockeye -o nosort -o bashdefault -o default sockeye
else
    complete -F _sockeye -o bashdefault -o default sockeye
fi
